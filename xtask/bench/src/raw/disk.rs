//! Durable writes without a database.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use super::repeat;
use crate::Result;
use crate::measure::{Sample, Subject};

/// The bytes of one write to the disk: a small commit in a write-ahead log.
const BLOCK: usize = 16 * 1024;

/// The bytes after which the writes to the disk start again: the size of the write-ahead log.
const RING: u64 = 4 * 1024 * 1024;

/// The disk alone: writes of one block, each with `fdatasync`.
#[derive(Debug)]
pub struct Disk {
    file: File,
    at: u64,
}

impl Disk {
    /// Creates a file in a directory.
    ///
    /// # Errors
    /// Fails if there is no room.
    pub fn open(directory: &Path) -> Result<Self> {
        let file = tempfile::tempfile_in(directory)?;
        file.write_all_at(&vec![0; usize::try_from(RING)?], 0)?;
        file.sync_all()?;
        Ok(Self { file, at: 0 })
    }
}

impl Subject for Disk {
    fn name(&self) -> String {
        "fdatasync alone".into()
    }

    fn measure(&mut self, time: Duration) -> Result<Sample> {
        let block = [1; BLOCK];
        repeat(time, 1, || {
            self.file.write_all_at(&block, self.at)?;
            self.file.sync_data()?;
            self.at = (self.at + BLOCK as u64) % RING;
            Ok(())
        })
    }
}
