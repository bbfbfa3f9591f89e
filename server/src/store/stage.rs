//! The stages of work on a whole database, for reports of progress.

/// A stage of a backup or a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The copy of a file.
    Copying {
        /// The copied part, in the unit of `total`.
        done: u64,
        /// The whole: pages in a backup, bytes in a restore.
        total: u64,
    },
    /// The check of the structure of the copy.
    Checking,
}
