//! Directories, and the durability of their entries.

use std::fs::File;
use std::io;
use std::path::Path;

/// The directory of `path`.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Syncs the names of the files in a directory.
pub(crate) fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Syncs the directory of `path`: the name of a file is stored in its directory and has to reach the disk, too.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    sync(parent(path))
}
