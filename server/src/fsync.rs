//! Durability of directory entries.

use std::fs::File;
use std::io;
use std::path::Path;

/// Syncs the directory of `path`: the name of a file is stored in its directory and has to reach the disk, too.
pub(crate) fn sync_parent_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}
