//! Disk space that is kept for revocations.
//!
//! On a full disk, the write-ahead log cannot grow. It could be written from its beginning again, but only after it was moved to the
//! database file, which may have to grow for that. So a server keeps a file next to the database, the reserve. When a write fails for want
//! of space, the server gives up a step of the reserve and moves the log. From then on, it issues no tokens, so the rest of the reserve
//! is left for revocations and for what they record. A probe fills the reserve again as soon as there is room; until then, the server is
//! not ready.
//!
//! Another program that fills the disk can take what is given up, so it is given up in steps.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rand::TryRng;
use rand::rngs::SysRng;
use tracing::warn;

/// The size of the reserve: more than the log adds to the database file at once (4 MB), with as much again for later.
const SIZE: u64 = 8 * STEP;
/// The size that is given up at once.
const STEP: u64 = 1024 * 1024;

/// The reserve next to a database. Its size tells whether a part of it was given up, by the server or a command.
#[derive(Debug)]
pub(super) struct Reserve(PathBuf);

impl Reserve {
    /// Fills the reserve at `path`, for a server. Returns `None` if the disk is too small for it.
    pub(super) fn open(path: PathBuf) -> Option<Self> {
        let was_filled = size(&path) > 0;
        let reserve = Self(path);
        let Err(error) = reserve.fill() else { return Some(reserve) };
        if was_filled {
            warn!(%error, "the reserve of disk space for revocations is in use");
            return Some(reserve);
        }
        warn!(%error, "there is no room for a reserve of disk space for revocations");
        let _ = fs::remove_file(&reserve.0);
        None
    }

    /// The reserve at `path`, for a command. It fills none.
    pub(super) fn existing(path: PathBuf) -> Option<Self> {
        path.exists().then_some(Self(path))
    }

    /// Whether a part of the reserve was given up.
    pub(super) fn is_tapped(&self) -> bool {
        size(&self.0) < SIZE
    }

    /// Fills the reserve. On an error, it is as it was.
    pub(super) fn fill(&self) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&self.0)?;
        let size = file.metadata()?.len();
        if size >= SIZE {
            return Ok(());
        }
        let extended = extend(&mut file, size);
        if extended.is_err() {
            let _ = file.set_len(size);
        }
        extended
    }

    /// Gives up a step. Returns whether there was one.
    pub(super) fn give_up_step(&self) -> bool {
        let size = size(&self.0);
        let cut = |file: File| file.set_len(size.saturating_sub(STEP));
        size > 0 && OpenOptions::new().write(true).open(&self.0).and_then(cut).is_ok()
    }
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

/// Extends the file to the size of the reserve. Its contents are random, so that a file system cannot compress them.
fn extend(file: &mut File, mut size: u64) -> io::Result<()> {
    let mut block = vec![0; 64 * 1024];
    SysRng.try_fill_bytes(&mut block).map_err(io::Error::other)?;
    file.seek(SeekFrom::Start(size))?;
    while size < SIZE {
        let length = usize::try_from(SIZE - size).map_or(block.len(), |left| left.min(block.len()));
        file.write_all(&block[..length])?;
        size += length as u64;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserve_is_given_up_in_steps_and_filled_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("reserve");
        let reserve = Reserve::open(path.clone()).unwrap();
        let size = || fs::metadata(&path).unwrap().len();
        assert_eq!((size(), reserve.is_tapped()), (SIZE, false));
        let steps = (0..100).take_while(|_| reserve.give_up_step()).count();
        assert_eq!((steps as u64, size(), reserve.is_tapped()), (SIZE / STEP, 0, true));
        assert!(Reserve::existing(path.clone()).unwrap().is_tapped(), "a command sees it, too");
        reserve.fill().unwrap();
        assert_eq!((size(), reserve.is_tapped()), (SIZE, false));
        assert!(Reserve::open(directory.path().join("no/such/directory")).is_none());
        assert!(Reserve::existing(directory.path().join("missing")).is_none());
    }
}
