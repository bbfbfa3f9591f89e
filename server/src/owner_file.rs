//! The file that the first start writes the owner token to.
//!
//! It is there, and on the disk, before the organization is committed: an organization whose token nobody has would be
//! worse than a file too many.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A file that was written, and is removed again unless it is kept.
#[derive(Debug)]
pub struct OwnerFile {
    path: PathBuf,
    kept: bool,
}

impl OwnerFile {
    /// Writes `token` to a new file at `path` that its owner alone can read.
    ///
    /// # Errors
    /// Where something lies there already, or it cannot be written and synced.
    pub fn write(path: &Path, token: &str) -> io::Result<Self> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|error| {
            let message = match error.kind() {
                io::ErrorKind::AlreadyExists => {
                    "it is there already; move it away, or point --owner-token-file somewhere else".to_owned()
                }
                _ => error.to_string(),
            };
            io::Error::new(error.kind(), format!("cannot write the owner token to {}: {message}", path.display()))
        })?;
        // From here on the file is removed on the way out.
        let written = Self { path: path.to_owned(), kept: false };
        file.write_all(token.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        sync_folder(path)?;
        Ok(written)
    }

    /// Lets the file stay.
    pub fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for OwnerFile {
    fn drop(&mut self) {
        if !self.kept && fs::remove_file(&self.path).is_ok() {
            // Best effort: the token in it is worth nothing, since its organization was not committed.
            let _ = sync_folder(&self.path);
        }
    }
}

/// The name of a file is in its folder, and has to reach the disk like the file.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_file_is_private_and_goes_unless_it_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("owner.token");
        let file = OwnerFile::write(&path, "secret").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "secret\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(file);
        assert!(!path.exists());
        OwnerFile::write(&path, "secret").unwrap().keep();
        assert!(path.exists());
        let error = OwnerFile::write(&path, "other").unwrap_err();
        assert!(error.to_string().contains("it is there already"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "secret\n", "what lay there is untouched");
    }
}
