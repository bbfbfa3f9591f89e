//! Files with secrets that other users can read.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The permissions of the group and of others.
const OTHERS: u32 = 0o077;

/// A warning if users other than the program's own can read a file, or could make it readable. A file that does not exist, and one that is
/// no regular file, has none.
pub(crate) fn exposure(path: &Path) -> Option<String> {
    let file = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    warning(file.mode(), file.uid(), rustix::process::geteuid().as_raw())
        .map(|warning| format!("{}: {warning}", path.display()))
}

fn warning(mode: u32, owner: u32, user: u32) -> Option<String> {
    // The administrator reads every file anyway, and service managers hand files over as the administrator's.
    if owner != user && owner != 0 {
        return Some(format!("the file has a secret and belongs to another user (uid {owner}); run chown on it"));
    }
    let readable = mode & OTHERS != 0;
    readable.then(|| {
        format!("the file has a secret, and other users can access it (mode {:o}); run chmod 600 on it", mode & 0o7777)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_is_exposed_by_its_mode_or_its_owner() {
        for (mode, owner, expected) in [
            (0o100_600, 7, None),
            (0o100_400, 7, None),
            (0o100_400, 0, None),
            (0o100_640, 7, Some("mode 640")),
            (0o100_604, 7, Some("mode 604")),
            (0o100_620, 7, Some("mode 620")),
            (0o100_444, 0, Some("mode 444")),
            (0o100_600, 8, Some("another user (uid 8)")),
        ] {
            let found = warning(mode, owner, 7);
            assert_eq!(found.is_some(), expected.is_some(), "{mode:o} {owner}");
            assert!(found.unwrap_or_default().contains(expected.unwrap_or_default()), "{mode:o} {owner}");
        }
    }

    #[test]
    fn other_files_have_no_warning() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(exposure(&directory.path().join("missing")), None);
        assert_eq!(exposure(directory.path()), None);
        assert_eq!(exposure(Path::new("/dev/null")), None);
    }
}
