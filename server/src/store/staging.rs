//! A new database file that gets its name when it is complete.
//!
//! It is written in a directory of its own next to its destination, which only this user can open. SQLite looks for a `-journal` and a
//! `-wal` file next to a database and applies them, so no other user may be able to put one there. In the directory of the destination,
//! others may have the right to.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::files::{FileId, file_id_of};
use crate::directory;

/// The name of the file in its directory.
const NAME: &str = "aether.db";

/// A file with a directory of its own. Both are removed when this is dropped.
#[derive(Debug)]
pub(super) struct Staging {
    directory: TempDir,
    file: File,
    id: FileId,
}

impl Staging {
    /// Creates an empty file, which only this user can read, in a new directory next to `destination`. The name of the directory begins with
    /// `prefix`.
    pub(super) fn create(destination: &Path, prefix: &str) -> io::Result<Self> {
        let parent = directory::parent(destination);
        let private = Permissions::from_mode(0o700);
        let create = || {
            let directory = tempfile::Builder::new().prefix(prefix).permissions(private.clone()).tempdir_in(parent)?;
            if fs::symlink_metadata(&directory)?.permissions().mode() & 0o777 != 0o700 {
                fs::set_permissions(&directory, private)?;
            }
            let path = directory.path().join(NAME);
            let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)?;
            // Whatever the umask is.
            file.set_permissions(Permissions::from_mode(0o600))?;
            let id = file_id_of(&file.metadata()?);
            Ok(Self { directory, file, id })
        };
        create().map_err(|error: io::Error| io::Error::new(error.kind(), format!("{}: {}", parent.display(), error)))
    }

    /// The path of the file.
    pub(super) fn path(&self) -> PathBuf {
        self.directory.path().join(NAME)
    }

    /// The file.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Device and inode of the file.
    pub(super) fn id(&self) -> FileId {
        self.id
    }

    /// Requires that the file has contents. After the first write of a program that opened it by its path, this tells that it opened this
    /// file: no other user can write to it.
    pub(super) fn require_contents(&self) -> io::Result<()> {
        if self.file.metadata()?.len() > 0 { Ok(()) } else { Err(replaced()) }
    }

    /// Gives the file to a user and a group, as far as the system allows it.
    pub(super) fn give_to(&self, user: u32, group: u32) {
        // Only root can. Otherwise it is this user, who may use the file all the same.
        let _ = fchown(&self.file, Some(user), Some(group));
    }

    /// Syncs the file and its entry in its directory.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()?;
        directory::sync_parent(&self.path())
    }

    /// Syncs the file and gives it its name. A file with that name, also a link, is an error.
    pub(super) fn publish(self, destination: &Path) -> io::Result<()> {
        self.file.set_permissions(Permissions::from_mode(0o600))?;
        self.file.sync_all()?;
        // Unlike a rename, a link does not replace a file that was created meanwhile.
        fs::hard_link(self.path(), destination)?;
        if file_id_of(&fs::symlink_metadata(destination)?) != self.id {
            return Err(replaced());
        }
        self.directory.close()?;
        directory::sync_parent(destination)
    }
}

fn replaced() -> io::Error {
    io::Error::other(
        "another program replaced the directory of the new file; write to a directory that only this user can change",
    )
}
