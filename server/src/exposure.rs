//! Files with secrets that other users can read.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The permissions of the group and of others.
const OTHERS: u32 = 0o077;

/// The permission of the group to read.
const GROUP_READS: u32 = 0o040;

/// A warning if users other than the program's own can read a file, or could make it readable. A file that does not exist, and one that is
/// no regular file, has none.
pub(crate) fn exposure(path: &Path) -> Option<String> {
    let file = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    warning(file.mode(), (file.uid(), file.gid()), (user, group))
        .map(|warning| format!("{}: {warning}", path.display()))
}

fn warning(mode: u32, (owner, owning_group): (u32, u32), (user, group): (u32, u32)) -> Option<String> {
    // The administrator reads every file anyway, and service managers hand files over as the administrator's.
    if owner != user && owner != 0 {
        return Some(format!("the file has a secret and belongs to another user (uid {owner}); run chown on it"));
    }
    // The administrator hands a file over to the group of the program, or as systemd's `LoadCredential` to its user: in the mode of a file
    // with an access control list, the group has the permissions of the list.
    let is_handed_over = owner == 0 && user != 0 && [0, group].contains(&owning_group);
    let readable = mode & if is_handed_over { OTHERS & !GROUP_READS } else { OTHERS } != 0;
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
            let found = warning(mode, (owner, 9), (7, 8));
            assert_eq!(found.is_some(), expected.is_some(), "{mode:o} {owner}");
            assert!(found.unwrap_or_default().contains(expected.unwrap_or_default()), "{mode:o} {owner}");
        }
    }

    #[test]
    fn administrator_hands_a_file_over_to_the_group_of_the_program() {
        for (mode, owning_group) in [(0o100_640, 8), (0o100_440, 0)] {
            assert_eq!(warning(mode, (0, owning_group), (7, 8)), None);
        }
        for (mode, owner) in [
            (0o100_660, (0, 8)),
            (0o100_644, (0, 8)),
            (0o100_640, (0, 9)),
            (0o100_640, (7, 8)),
            (0o100_640, (7, 0)),
            (0o100_444, (0, 0)),
        ] {
            assert!(warning(mode, owner, (7, 8)).is_some(), "{mode:o} {owner:?}");
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
