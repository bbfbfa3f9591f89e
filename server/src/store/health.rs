//! The readiness of the store: whether it can write, as the last probe and the last writes showed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::time::timeout;
use tracing::{info, warn};

use super::error::AsStoreError;
use super::files::{DatabaseFiles, OpenFiles};
use super::identity::Identity;
use super::lock_file::LockFile;
use super::recent_pass::RecentPass;
use super::reserve::Reserve;
use super::sqlite::{Guard, Lane};
use super::{Fault, Store, StoreError, sqlite};

/// The time for which the result of a probe is valid.
const VALID: Duration = Duration::from_secs(1);
/// The time that a probe has beyond the busy timeout. A thread that hangs in a call of the file system exceeds it.
const MARGIN: Duration = Duration::from_secs(1);

/// The readiness of an open database.
#[derive(Debug)]
pub(super) struct Health {
    files: OpenFiles,
    /// The lock, if this is a server's store. It ends with this.
    lock: Mutex<Option<LockFile>>,
    /// The identity that the server wrote at its start.
    identity: Option<Identity>,
    /// Whether the database file has another identity. A write or a checkpoint would mix two databases then, so this is final.
    overwritten: AtomicBool,
    /// The disk space for revocations, if there is room.
    reserve: Option<Reserve>,
    /// The checks of the files and of the reserve, as writes make them.
    files_verified: RecentPass,
    reserve_is_full: RecentPass,
    state: Mutex<State>,
    /// Held by the probe, so that there is one at a time.
    probing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    /// The last result and its time.
    last: Option<(Instant, Result<(), Fault>)>,
    /// The number of failed reads and writes, by which a probe notices one during its time.
    failures: u64,
}

impl Health {
    /// The readiness of a server, which has the lock, an identity and a reserve.
    pub(super) fn for_server(files: OpenFiles, lock: LockFile, identity: Option<Identity>) -> Self {
        let reserve = Reserve::open(files.paths().reserve.clone());
        Self { lock: Mutex::new(Some(lock)), identity, reserve, ..Self::for_command(files) }
    }

    /// The readiness of a command.
    pub(super) fn for_command(files: OpenFiles) -> Self {
        let reserve = files.paths().reserve.clone();
        Self {
            files,
            lock: Mutex::default(),
            identity: None,
            overwritten: AtomicBool::new(false),
            reserve: Reserve::existing(reserve),
            files_verified: RecentPass::default(),
            reserve_is_full: RecentPass::default(),
            state: Mutex::default(),
            probing: tokio::sync::Mutex::default(),
        }
    }

    /// Makes a write, unless it would be lost. A failure by the disk or the files makes the store not ready.
    pub(super) fn write<T, E: From<StoreError> + AsStoreError>(
        &self,
        connection: &mut Connection,
        write: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let written = self.verify().map_err(E::from).and_then(|()| write(connection));
        if let Some(error) = written.as_ref().err().and_then(AsStoreError::as_store_error) {
            self.react(connection, error);
        }
        written
    }

    /// Makes room for the next write on a full disk: a log that is moved to the database file is written from its beginning.
    fn make_room(&self, connection: &Connection) {
        let give_up_step = || {
            self.reserve_is_full.forget();
            self.reserve.as_ref().is_some_and(Reserve::give_up_step)
        };
        let mut is_moved = sqlite::checkpoint(connection);
        while is_moved.is_err() && give_up_step() {
            is_moved = sqlite::checkpoint(connection);
        }
        // A reader can keep the log from being moved, so it has to grow.
        if matches!(is_moved, Ok(false)) {
            give_up_step();
        }
    }

    /// Whether a part of the reserve was given up.
    fn is_tapped(&self) -> bool {
        self.reserve.as_ref().is_some_and(Reserve::is_tapped)
    }

    /// Fills the reserve again, if a part of it was given up.
    fn fill_reserve(&self) -> Result<(), StoreError> {
        let tapped = self.reserve.as_ref().filter(|reserve| reserve.is_tapped());
        tapped.map_or(Ok(()), |reserve| reserve.fill().map_err(|_| StoreError::Unwritable(Fault::DiskFull)))
    }

    /// Records the fault that a result reports.
    pub(super) fn observe<T>(&self, result: &Result<T, StoreError>) {
        if let Err(error) = result {
            self.record(error);
        }
    }

    /// Records the fault that an error reports.
    fn record(&self, error: &StoreError) -> Option<Fault> {
        let fault = error.fault()?;
        self.state().failures += 1;
        self.set(Err(fault));
        Some(fault)
    }

    /// Fails if a write would go to a file that has lost its name, or that has other contents.
    fn verify_files(&self) -> Result<(), Fault> {
        if self.overwritten.load(Ordering::Relaxed) { Err(Fault::FileReplaced) } else { self.files.verify() }
    }

    /// The paths of the files.
    pub(super) fn paths(&self) -> &DatabaseFiles {
        self.files.paths()
    }

    /// Lets another server use the database.
    pub(super) fn unlock(&self) {
        lock(&self.lock).take();
    }

    /// The valid result, if there is one.
    fn recent(&self) -> Option<Result<(), Fault>> {
        self.state().last.filter(|(at, _)| at.elapsed() < VALID).map(|(_, result)| result)
    }

    fn set(&self, result: Result<(), Fault>) {
        let last = self.state().last.replace((Instant::now(), result)).map(|(_, result)| result);
        match result {
            Err(fault) if last != Some(result) => warn!(reason = %fault, "the server is not ready"),
            Ok(()) if last.is_some_and(|it| it.is_err()) => info!("the server is ready again"),
            _ => {}
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Guard for Health {
    fn verify(&self) -> Result<(), StoreError> {
        self.files_verified.check(|| self.verify_files()).map_err(StoreError::Unwritable)
    }

    fn react(&self, connection: &Connection, error: &StoreError) {
        match self.record(error) {
            // SQLite tried the write, rather than the store refused it.
            Some(Fault::DiskFull) if matches!(error, StoreError::Database(_)) => self.make_room(connection),
            // Best effort: it makes room, if a limit of the log's size is the reason.
            Some(Fault::Disk) => drop(sqlite::checkpoint(connection)),
            _ => {}
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    /// Whether the store can write: the result of a probe that is at most a second old, or of a write that failed since.
    ///
    /// A probe reads from each table, and commits a change as large as that of a revocation. It takes at most the busy timeout and a
    /// second.
    ///
    /// # Errors
    /// The reason why it cannot.
    pub async fn readiness(&self) -> Result<(), Fault> {
        if let Some(recent) = self.health.recent() {
            return recent;
        }
        let store = self.clone();
        // A task of its own, so a caller that leaves does not stop the probe that others wait for.
        tokio::spawn(async move { store.probe_once().await }).await.unwrap_or(Err(Fault::Other))
    }

    async fn probe_once(&self) -> Result<(), Fault> {
        let _turn = self.health.probing.lock().await;
        if let Some(recent) = self.health.recent() {
            return recent;
        }
        let failures = self.health.state().failures;
        let result = timeout(self.busy_timeout + MARGIN, self.probe()).await.unwrap_or(Err(Fault::Stuck));
        // A write that failed during the probe counts.
        if self.health.state().failures == failures || result.is_err() {
            self.health.set(result);
        }
        self.health.recent().unwrap_or(result)
    }

    async fn probe(&self) -> Result<(), Fault> {
        self.health.verify_files()?;
        if lock(&self.health.lock).as_ref().is_some_and(|lock| !lock.is_in_place()) {
            return Err(Fault::LockLost);
        }
        let reason = |error: StoreError| match error {
            StoreError::Busy => Fault::Busy,
            error => error.fault().unwrap_or(Fault::Other),
        };
        self.probe_reads().await.map_err(reason)?;
        // On the thread that writes, so it takes no room from a revocation.
        let health = Arc::clone(&self.health);
        let write = move |connection: &mut Connection| {
            health.fill_reserve()?;
            sqlite::probe::write(connection)
        };
        self.write(write).await.map_err(reason)
    }

    /// Fails if the disk is full and the rest of the reserve is kept for revocations.
    pub(super) async fn verify_room(&self) -> Result<(), StoreError> {
        // A probe fills the reserve, if there is room by now.
        let is_full = || if self.health.is_tapped() { Err(()) } else { Ok(()) };
        let seems_tapped = self.health.reserve_is_full.check(is_full).is_err();
        if seems_tapped && self.readiness().await.is_err() && self.health.is_tapped() {
            return Err(StoreError::Unwritable(Fault::DiskFull));
        }
        Ok(())
    }

    async fn probe_reads(&self) -> Result<(), StoreError> {
        let identity = self.health.identity;
        let read = self.read(move |connection| sqlite::probe::read(connection, identity)).await;
        if matches!(read, Err(StoreError::Unwritable(Fault::FileReplaced))) {
            self.health.overwritten.store(true, Ordering::Relaxed);
        }
        read
    }

    /// Keeps the write-ahead log when the store is closed, if the database file was overwritten or cannot be read: SQLite would move the log
    /// to the file. The next start decides whether the log belongs to it.
    pub(super) async fn keep_log_of_replaced_file(&self) {
        if self.health.identity.is_none() || self.probe_reads().await.is_ok() {
            return;
        }
        match self.writer.call(Lane::Own, |connection, _| sqlite::keep_log_on_close(connection)).await {
            Ok::<_, StoreError>(()) => {
                warn!("the log is kept, because the database file was replaced or cannot be read");
            }
            Err(error) => warn!(%error, "the write-ahead log could not be kept"),
        }
    }

    /// Shrinks the write-ahead log, if a reader made it grow beyond its normal size and no write has shrunk it since.
    pub(crate) async fn shrink_log(&self) {
        let is_large = |size| size > u64::from(sqlite::LOG_SIZE);
        if !self.health.files.paths().log_size().is_ok_and(is_large) {
            return;
        }
        let health = Arc::clone(&self.health);
        let shrunk = self.write(move |connection| {
            sqlite::checkpoint(connection)?;
            // The log is cut when it is written from its beginning.
            sqlite::probe::write(connection)?;
            Ok::<_, StoreError>(health.files.paths().log_size().unwrap_or_default())
        });
        match shrunk.await {
            Ok(bytes) if is_large(bytes) => warn!(bytes, "another program reads the database for long; its log grows"),
            Ok(bytes) => info!(bytes, "the write-ahead log was shrunk"),
            Err(error) => warn!(%error, "the write-ahead log was not shrunk; it will be tried again"),
        }
    }
}
