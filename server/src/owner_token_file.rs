//! The file to which the first start writes the owner token.
//!
//! It is synced before the organization is committed: a superfluous file is better than an organization whose owner token is lost.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::directory;

/// A written file. It is removed when this is dropped, unless it is kept.
#[derive(Debug)]
pub(crate) struct OwnerTokenFile {
    path: PathBuf,
    kept: bool,
}

impl OwnerTokenFile {
    /// Writes `token` to a new file at `path`, readable by its owner alone.
    ///
    /// # Errors
    /// Fails if the file exists, or cannot be written and synced.
    pub(crate) fn write(path: &Path, token: &str) -> io::Result<Self> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|error| {
            let message = match error.kind() {
                io::ErrorKind::AlreadyExists => {
                    "the file already exists; move it away, or set --owner-token-file to another path".to_owned()
                }
                _ => error.to_string(),
            };
            io::Error::new(error.kind(), format!("cannot write the owner token to {}: {message}", path.display()))
        })?;
        // From here on the file is removed on an error.
        let written = Self { path: path.to_owned(), kept: false };
        file.write_all(token.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        directory::sync_parent(path)?;
        Ok(written)
    }

    /// Keeps the file.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for OwnerTokenFile {
    fn drop(&mut self) {
        if !self.kept && fs::remove_file(&self.path).is_ok() {
            // Best effort: the token is worthless, because its organization was not committed.
            let _ = directory::sync_parent(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn file_is_private_and_is_removed_unless_kept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("owner.token");
        let file = OwnerTokenFile::write(&path, "secret").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "secret\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(file);
        assert!(!path.exists());
        OwnerTokenFile::write(&path, "secret").unwrap().keep();
        assert!(path.exists());
        let error = OwnerTokenFile::write(&path, "other").unwrap_err();
        assert!(error.to_string().contains("already exists"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "secret\n", "the existing file is untouched");
    }
}
