//! The identity of a database file, by which a start recognizes a write-ahead log of another file.
//!
//! SQLite applies a `-wal` file to whatever database file is next to it. The log has no reference to its database. If a server was
//! killed, and a backup was copied over its database file, the log that the server left belongs to the file before the restore:
//! applied to the backup, it makes a mixture of two databases, or silently the state before the restore.
//!
//! So every start of a server writes a new random identity into the database file, and into the lock file next to it. A database file has
//! a [`Mark`]: the identity in the file itself, read without its log. `backup` marks its copies as copies. A start, and every command,
//! that finds a log with contents compares the file's mark with the marks in the lock file, before SQLite opens anything.
//!
//! The order of a start makes the marks in the lock file a superset of those that the file can have, at each moment that a crash or
//! `kill -9` can choose:
//!
//! 1. Take the lock. Read the mark `a` of the file. If there is a log, refuse unless `a` is recorded.
//! 2. Record `{a, b}` in the lock file, where `b` is new, and sync it. Nothing was written to the database yet.
//! 3. Open, apply the log, check, migrate. The file still has the mark `a`, whatever is in the log.
//! 4. Write `b` to its table and checkpoint. During the checkpoint, the file has the mark `a` or `b`: it is in one page.
//! 5. Read the mark of the file. If it is `b`, record `{b}` and sync. If a reader of another program held up the checkpoint, the record
//!    stays `{a, b}`, and the next start tries again.
//!
//! The cases:
//!
//! - **Kill, start.** The mark is recorded. The log is applied, and the database is checked.
//! - **Kill, copy of a backup over the file, start.** The mark of a copy is recorded only by a start on that copy: refused.
//! - **Clean stop, restore, start.** There is no log, so nothing is compared, and the lock file is written anew.
//! - **Lock file missing or unreadable** (removed, not copied, of a version without it). The log of a copy is refused: a copy is made
//!   without a log, and the first start records it. Any other log is applied, and the check of the database has to find the damage: an operator
//!   who removed the lock file must not lose the committed changes in the log.
//! - **All files copied or moved to another place.** The marks move along. Device and inode are not compared, because they change.
//! - **Only the database file and its log moved next to another lock file.** Refused, and the message names the way out.
//! - **The file is missing or empty, and there is a log.** SQLite would delete the log: refused.
//! - **A file without the table of identities** (of an older version, or not migrated yet) has the mark `None`, which is recorded and compared
//!   as any other.
//! - **A mark that cannot be read** (a checkpoint of a migration was interrupted, or the file is damaged) decides nothing, for the log may
//!   repair it; the check decides.
//! - **A command that is killed** leaves a log, and the mark of the last server. Commands write no identity.
//!
//! A copy that another program made of the same file since the last start has the same mark. Its log is then at worst one of the same file
//! at another time, and the check has to find the damage.
//!
//! The server also reads the identity with every probe, uncached: a file that was overwritten in place has another one.

use std::fmt;
use std::str::FromStr;

use rand::TryRng;
use rand::rngs::{SysError, SysRng};
use serde::{Deserialize, Serialize};

/// The identity that a start writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity(pub(super) [u8; 16]);

impl Identity {
    /// The identity of copies.
    pub(super) const COPY: Self = Self([0; 16]);

    /// A random identity.
    pub(super) fn random() -> Result<Self, SysError> {
        let mut bytes = [0; 16];
        SysRng.try_fill_bytes(&mut bytes)?;
        Ok(Self(bytes))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The identity in a database file, without its write-ahead log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) enum Mark {
    /// The file has no identity yet.
    None,
    /// The file is a copy that no server has used.
    Copy,
    /// The identity of the last start.
    Of(Identity),
    /// The file cannot be read without its log.
    Unknown,
}

impl From<Identity> for Mark {
    fn from(identity: Identity) -> Self {
        if identity == Identity::COPY { Self::Copy } else { Self::Of(identity) }
    }
}

impl From<Mark> for String {
    fn from(mark: Mark) -> Self {
        match mark {
            Mark::None => "none".to_owned(),
            Mark::Copy => "copy".to_owned(),
            Mark::Of(identity) => hex::encode(identity.0),
            Mark::Unknown => "unknown".to_owned(),
        }
    }
}

impl TryFrom<String> for Mark {
    type Error = hex::FromHexError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for Mark {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "none" => Self::None,
            "copy" => Self::Copy,
            "unknown" => Self::Unknown,
            digits => {
                let mut bytes = [0; 16];
                hex::decode_to_slice(digits, &mut bytes)?;
                Self::Of(Identity(bytes))
            }
        })
    }
}

/// Whether a write-ahead log belongs to the database file next to it, as far as the marks tell. `recorded` are the marks in the lock file.
pub(super) fn log_belongs_to(file: Mark, recorded: Option<&[Mark]>) -> bool {
    match (file, recorded) {
        (Mark::Copy, None) => false,
        (Mark::Unknown, _) | (_, None) => true,
        (file, Some(recorded)) => recorded.contains(&file) || recorded.contains(&Mark::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Mark = Mark::Of(Identity([1; 16]));
    const B: Mark = Mark::Of(Identity([2; 16]));

    #[test]
    fn log_belongs_to_a_recorded_file() {
        for (file, recorded, expected) in [
            // A crash at each step of a start.
            (A, Some(&[A][..]), true),
            (A, Some(&[A, B]), true),
            (B, Some(&[A, B]), true),
            (B, Some(&[B]), true),
            (Mark::None, Some(&[Mark::None, B]), true),
            (Mark::Copy, Some(&[Mark::Copy, B]), true),
            // Another file.
            (A, Some(&[B]), false),
            (Mark::Copy, Some(&[B]), false),
            (Mark::None, Some(&[B]), false),
            // No record.
            (A, None, true),
            (Mark::None, None, true),
            (Mark::Copy, None, false),
            // An unreadable file.
            (Mark::Unknown, Some(&[B]), true),
            (Mark::Unknown, None, true),
            (A, Some(&[Mark::Unknown, B]), true),
        ] {
            assert_eq!(log_belongs_to(file, recorded), expected, "{file:?} {recorded:?}");
        }
    }

    #[test]
    fn mark_is_one_word_of_text() {
        for mark in [Mark::None, Mark::Copy, Mark::Unknown, A] {
            let text = String::from(mark);
            assert_eq!(text.parse(), Ok(mark));
            assert_eq!(serde_json::to_string(&mark).unwrap(), format!("{text:?}"));
        }
        assert!("0101".parse::<Mark>().is_err());
    }
}
