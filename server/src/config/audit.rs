//! The arguments of the commands on the audit log.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::Database;
use super::selection::organization_id;
use super::values::past_time;
use crate::audit::Hash;
use crate::timestamp::Timestamp;

/// The commands on the audit log.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Verify that no event was altered, removed or inserted, and that the tokens agree with their events
    ///
    /// Prints one JSON object per organization with `organization_id`, `events` and `hash`, the hash of the newest event;
    /// `problems` lists the altered events and the differences between the events and the tokens. The exit status is 1 if there
    /// is a problem. Keep the output in another place: a log that is rewritten completely is consistent, but has other
    /// hashes, and `--expect` finds that.
    Verify(VerifyAudit),
    /// Write the events that are older than a time as JSON lines
    ///
    /// For each organization, the output has a line with the two ends of its part of the chain (`organization_id`, `after`
    /// and `last`), and then a line for each event, oldest first. `audit verify --archive` verifies it without the database.
    /// Nothing is removed.
    Export(ExportAudit),
}

/// The arguments of `audit verify`.
#[derive(Debug, Clone, Args)]
pub struct VerifyAudit {
    /// A kept hash, which an event has to have; repeatable
    #[arg(long, value_name = "HASH")]
    pub expect: Vec<Hash>,
    /// A file with kept hashes: earlier output of this command, an archive, or one hash in each line; repeatable
    #[arg(long, value_name = "PATH")]
    pub expect_from: Vec<PathBuf>,
    /// An archive of `audit export` to verify in place of the database; repeatable, each continues the one before
    #[arg(long, value_name = "PATH", conflicts_with = "database")]
    pub archive: Vec<PathBuf>,
    /// The database.
    #[command(flatten)]
    pub database: Database,
}

/// The arguments of `audit export`.
#[derive(Debug, Clone, Args)]
pub struct ExportAudit {
    /// The time that the events are older than: `2026-01-31T00:00:00Z`, or their age, for example 90d
    #[arg(long, value_name = "TIME|AGE", value_parser = past_time)]
    pub before: Timestamp,
    /// The organization; without it, all organizations
    #[arg(long, value_name = "ORGANIZATION_ID", value_parser = organization_id)]
    pub organization: Option<Uuid>,
    /// An earlier archive: the export continues where it ends
    #[arg(long, value_name = "ARCHIVE")]
    pub after: Option<PathBuf>,
    /// The file to write, which must not exist; without it, standard output
    #[arg(long, value_name = "PATH")]
    pub output: Option<PathBuf>,
    /// The database.
    #[command(flatten)]
    pub database: Database,
}
