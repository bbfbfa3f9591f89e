//! Tests of the store on a real database.

mod lookups;
mod readiness;

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};

use rand::rngs::{StdRng, SysRng};
use rand::{RngExt, SeedableRng};
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::audit::Origin;
use crate::bootstrap::{CreatedOrganization, bootstrap};
use crate::idempotency::{Fingerprint, Key, Sealed};
use crate::timestamp::Timestamp;
use crate::tokens::{self, Denied, Limits, NewToken, PlainToken, RefusalReason, Scopes, State, TokenRecord, Update};

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) struct Database {
    directory: TempDir,
    pub(super) store: Store,
    pub(super) owner: CreatedOrganization<()>,
}

impl Database {
    pub(super) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("aether.db"), BUSY_TIMEOUT).await.unwrap();
        Self::of(directory, store).await
    }

    /// The database of a server, which keeps tokens in memory.
    pub(super) async fn of_server() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let settings = ServerSettings { check_timeout: BUSY_TIMEOUT, token_cache: 1 << 20 };
        let path = directory.path().join("aether.db");
        let store = Store::open_for_server(&path, BUSY_TIMEOUT, settings).await.unwrap();
        Self::of(directory, store).await
    }

    async fn of(directory: TempDir, mut store: Store) -> Self {
        store.clock = Clock::Manual(Arc::new(AtomicI64::new(Timestamp::now().as_millis())));
        let owner = bootstrap(&store, "acme".into(), |_, _| Ok(())).await.unwrap();
        Self { directory, store, owner }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.directory.path().join("aether.db")
    }

    /// A connection of another program.
    pub(super) fn other(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }

    /// Sets the clock.
    pub(super) fn set_clock(&self, now: Timestamp) {
        let Clock::Manual(clock) = &self.store.clock else { panic!("the clock is the system's") };
        clock.store(now.as_millis(), Ordering::SeqCst);
    }

    /// A change by the owner, and sets the clock.
    pub(super) fn change(&self, now: Timestamp) -> ChangeContext {
        self.change_by(self.owner.token_id, now)
    }

    pub(super) fn change_by(&self, actor: Uuid, now: Timestamp) -> ChangeContext {
        self.set_clock(now);
        self.context(actor)
    }

    pub(super) fn context(&self, actor: Uuid) -> ChangeContext {
        let origin = Origin { actor: Some(actor), ..Origin::default() };
        ChangeContext { origin, ..ChangeContext::without_caller(self.owner.organization_id) }
    }

    pub(super) async fn create(&self, new: NewToken) -> Result<TokenRecord, ChangeError> {
        self.create_within(new, Limits::default()).await
    }

    pub(super) async fn create_within(&self, new: NewToken, limits: Limits) -> Result<TokenRecord, ChangeError> {
        self.create_by(self.owner.token_id, new, limits).await
    }

    pub(super) async fn create_by(
        &self,
        actor: Uuid,
        new: NewToken,
        limits: Limits,
    ) -> Result<TokenRecord, ChangeError> {
        let new = NewToken { created_by: Some(actor), ..new };
        let context = self.context(actor);
        let render = TokenRecord::clone;
        match self.store.create_token(context, new, limits, None, render).await? {
            Issued::Created(record) => Ok(record),
            Issued::Replayed(record) => panic!("no response was stored: {record:?}"),
        }
    }

    pub(super) async fn revoke(&self, id: Uuid, now: Timestamp) -> Result<(), ChangeError> {
        self.store.revoke_token(self.change(now), id, false).await.map(drop)
    }

    pub(super) fn new_token(&self) -> NewToken {
        let organization = self.owner.organization_id;
        tokens::issue(organization, None, "token".into(), Scopes::default(), None, &mut SysRng).unwrap().1
    }

    pub(super) async fn token(&self) -> TokenRecord {
        self.create(self.new_token()).await.unwrap()
    }

    /// Waits until the uses and refusals are recorded.
    pub(super) async fn wait_for_observations(&self) {
        while self.store.uses.is_submitted() || self.store.refusals.is_submitted() {
            self.store.write(|_| Ok::<_, StoreError>(())).await.unwrap();
        }
    }

    pub(super) async fn read(&self, id: Uuid) -> TokenRecord {
        self.store.token(self.owner.organization_id, id).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn every_connection_is_durable() {
    let database = Database::new().await;
    let pragmas = |connection: &mut Connection| {
        let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let journal: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
        Ok((journal, number("synchronous")?, number("foreign_keys")?))
    };
    let expected = ("wal".to_owned(), 2, 1);
    assert_eq!(database.store.write(pragmas).await.unwrap(), expected);
    // Each job waits for all others, so every connection gets one.
    let barrier = Arc::new(std::sync::Barrier::new(sqlite::READERS));
    let readers = (0..sqlite::READERS).map(|_| {
        let barrier = Arc::clone(&barrier);
        database.store.read(move |connection| {
            barrier.wait();
            pragmas(connection)
        })
    });
    for found in futures::future::join_all(readers).await {
        assert_eq!(found.unwrap(), expected);
    }
    let written = database.store.read(|connection| Ok(connection.execute("DELETE FROM api_tokens", [])?)).await;
    assert!(written.is_err(), "a reader cannot write");
}

#[tokio::test]
async fn database_files_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let database = Database::new().await;
    let modes = std::fs::read_dir(database.directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().permissions().mode() & 0o777);
    assert_eq!(modes.collect::<Vec<_>>(), [0o600; 3]);
}

#[tokio::test]
async fn newer_and_foreign_databases_are_rejected_untouched() {
    let database = Database::new().await;
    database.store.close().await;
    database.other().pragma_update(None, "user_version", 99).unwrap();
    let error = Store::open(&database.path(), BUSY_TIMEOUT).await.unwrap_err();
    assert!(matches!(error, StoreError::Future { found: 99, known } if known < 99), "{error}");

    for sql in ["CREATE TABLE mine (x)", "PRAGMA application_id = 1", "PRAGMA user_version = 1"] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("other.db");
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(Store::open(&path, BUSY_TIMEOUT).await.unwrap_err(), StoreError::Foreign), "{sql}");
        assert_eq!(std::fs::read(&path).unwrap(), before, "a foreign file is untouched");
    }
}

#[tokio::test]
async fn reopened_database_has_the_committed_rows() {
    let database = Database::new().await;
    let token = database.token().await;
    database.store.close().await;
    assert!(matches!(database.store.has_organization().await, Err(StoreError::Stopped)));
    let reopened = Store::open(&database.path(), BUSY_TIMEOUT).await.unwrap();
    assert!(reopened.has_organization().await.unwrap());
    let found = reopened.token(database.owner.organization_id, token.id).await.unwrap().unwrap();
    assert_eq!((found.prefix, found.created_at), (token.prefix, token.created_at));
}

#[tokio::test]
async fn queries_and_changes_are_bound_to_an_organization() {
    let database = Database::new().await;
    let store = &database.store;
    let foreign = bootstrap(store, "other".into(), |_, _| Ok(())).await.unwrap();
    let id = database.token().await.id;
    assert!(store.token(foreign.organization_id, id).await.unwrap().is_none());
    let page = store.tokens(foreign.organization_id, Filter::default(), None, 100).await.unwrap();
    assert_eq!(page.items.iter().map(|record| record.id).collect::<Vec<_>>(), [foreign.token_id]);
    let origin = Origin { actor: Some(foreign.token_id), ..Origin::default() };
    let context = ChangeContext { origin, ..ChangeContext::without_caller(foreign.organization_id) };
    let rotation = Rotation { target: id, token: PlainToken::generate(&mut SysRng).unwrap(), grace: 0 };
    let render = |_: &TokenRecord| ();
    let denials = [
        store.revoke_token(context.clone(), id, true).await.err(),
        store.update_token(context.clone(), id, Update::default()).await.err(),
        store.rotate_token(context.clone(), rotation, Limits::default(), None, render).await.err(),
        store.revoke_token_as_operator(context.clone(), id, true).await.err(),
    ];
    for denied in denials {
        assert!(matches!(denied, Some(ChangeError::Denied(Denied::NotFound))), "{denied:?}");
    }
    // A caller cannot change another organization.
    let other = ChangeContext { organization_id: database.owner.organization_id, ..context };
    let denied = store.revoke_token(other, id, true).await.err();
    assert!(matches!(denied, Some(ChangeError::Denied(Denied::CallerInactive))), "{denied:?}");
    assert!(store.events(foreign.organization_id, None, 100).await.unwrap().items.iter().all(|it| it.token_id != id));
    store.mark_expired(foreign.organization_id, id, Timestamp::now()).await.unwrap();
    assert_eq!(database.read(id).await.state(Timestamp::now()), State::Active);
    assert_eq!(store.find_token(foreign.token.hash()).await.unwrap().unwrap().id, foreign.token_id);
}

#[tokio::test]
async fn organization_is_committed_only_after_delivery_of_its_token() {
    let database = Database::new().await;
    let store = &database.store;
    let failed = bootstrap(store, "other".into(), |_, _| Err::<(), _>(std::io::Error::other("full"))).await;
    assert_eq!(failed.unwrap_err().to_string(), "full");
    bootstrap(store, "other".into(), |_, _| Ok(())).await.expect("the name is still free");
    let taken = bootstrap(store, "other".into(), |_, _| Ok(())).await.unwrap_err();
    assert_eq!(taken.to_string(), "an organization named \"other\" already exists");
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_and_events_have_the_order_of_commits() {
    let database = Arc::new(Database::new().await);
    let tasks = (0..64).map(|_| {
        let database = Arc::clone(&database);
        tokio::spawn(async move { database.token().await.id })
    });
    let mut ids = vec![];
    for task in tasks.collect::<Vec<_>>() {
        ids.push(task.await.unwrap());
    }
    let organization = database.owner.organization_id;
    let by_id = database.store.tokens(organization, Filter::default(), None, 100).await.unwrap();
    let by_id: Vec<_> = by_id.items.iter().map(|record| record.id).skip(1).collect();
    ids.sort_unstable();
    assert_eq!(by_id, ids);
    // Ids do not go back when the clock does.
    database.set_clock(Timestamp::from_millis(0));
    let late = database.create(database.new_token()).await.unwrap();
    assert!(late.id > *ids.last().unwrap());
    // Events have the same order, without gaps.
    let events = database.store.events(organization, None, 100).await.unwrap().items;
    assert_eq!(events.iter().map(|event| event.sequence).collect::<Vec<_>>(), (1..=66).collect::<Vec<_>>());
    let created: Vec<_> = events.iter().map(|event| event.token_id).skip(1).take(64).collect();
    assert_eq!(created, ids);
}

#[tokio::test]
async fn narrowed_or_revoked_creator_creates_nothing() {
    let database = Database::new().await;
    let now = Timestamp::now();
    let new = |scopes: &str| NewToken { scopes: Scopes::parse(scopes).unwrap(), ..database.new_token() };
    let creator = database.create(new("a b")).await.unwrap().id;
    let create = async |scopes: &str| database.create_by(creator, new(scopes), Limits::default()).await;
    create("a").await.unwrap();
    let narrowed = Update { scopes: Some(vec!["b".to_owned()]), ..Update::default() };
    database.store.update_token(database.change(now), creator, narrowed).await.unwrap();
    let denied = create("a").await.unwrap_err();
    let ChangeError::Denied(Denied::Invalid(violations)) = denied else { panic!("{denied}") };
    assert_eq!(violations, [("scopes[0]".to_owned(), tokens::SCOPE_EXCEEDS_GRANT)]);
    create("b").await.unwrap();
    database.revoke(creator, now).await.unwrap();
    let denied = create("b").await.unwrap_err();
    assert!(matches!(denied, ChangeError::Denied(Denied::CallerInactive)), "{denied}");
}

#[tokio::test]
async fn revocation_requires_cover_and_keeps_its_first_time() {
    let database = Database::new().await;
    let at = Timestamp::from_millis;
    let new = NewToken { scopes: Scopes::parse("a").unwrap(), ..database.new_token() };
    let (id, other) = (database.create(new).await.unwrap().id, database.token().await.id);
    let denied = database.store.revoke_token(database.change_by(other, at(1)), id, false).await.unwrap_err();
    assert!(matches!(denied, ChangeError::Denied(Denied::NotCovered)), "{denied}");
    assert_eq!(database.read(id).await.revoked_at, None);
    for now in [2, 3] {
        database.revoke(id, at(now)).await.unwrap();
        assert_eq!(database.read(id).await.revoked_at, Some(at(2)));
    }
    let events = database.store.events(database.owner.organization_id, None, 100).await.unwrap().items;
    assert_eq!(events.iter().filter(|event| event.action == "api_token.revoked").count(), 1);
}

#[tokio::test]
async fn write_of_another_program_makes_changes_busy() {
    const SHORT: Duration = Duration::from_millis(100);
    let database = Database::new().await;
    let store = Store::open(&database.path(), SHORT).await.unwrap();
    let other = database.other();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Queued changes wait at the same time, not one after the other.
    let waiting = (0..50).map(|_| {
        let (context, new) = (database.change(Timestamp::now()), database.new_token());
        let render = |_: &TokenRecord| ();
        store.create_token(context, new, Limits::default(), None, render)
    });
    let start = std::time::Instant::now();
    for denied in futures::future::join_all(waiting).await {
        assert!(matches!(denied, Err(ChangeError::Store(StoreError::Busy))), "{denied:?}");
    }
    assert!(start.elapsed() < 25 * SHORT, "{:?}", start.elapsed());
    other.execute_batch("ROLLBACK").unwrap();
    database.token().await;
}

#[tokio::test]
async fn very_long_busy_timeout_is_accepted() {
    let database = Database::new().await;
    let store = Store::open(&database.path(), Duration::MAX).await.unwrap();
    assert!(store.has_organization().await.unwrap());
    let context = ChangeContext::without_caller(database.owner.organization_id);
    store.revoke_token_as_operator(context, database.owner.token_id, true).await.unwrap();
}

#[tokio::test]
async fn last_use_is_recorded_at_most_once_a_minute_and_never_goes_back() {
    let database = Database::new().await;
    let id = database.token().await.id;
    let mut last = None;
    for (now, expected) in [
        (1_000_000, 1_000_000),
        (1_059_999, 1_000_000),
        (1_060_000, 1_060_000),
        // The clock steps back: the recorded time is later than now, and gives way.
        (500_000, 500_000),
        (559_999, 500_000),
        (560_000, 560_000),
    ] {
        database.set_clock(Timestamp::from_millis(now));
        let record = database.read(id).await;
        assert_eq!(record.last_used_at, last);
        database.store.record_use(&record, Timestamp::from_millis(now));
        database.wait_for_observations().await;
        last = Some(Timestamp::from_millis(expected));
        assert_eq!(database.read(id).await.last_used_at, last, "at {now}");
    }
    // A use that waited does not replace a later one.
    let record = TokenRecord { last_used_at: None, ..database.read(id).await };
    database.store.record_use(&record, Timestamp::from_millis(400_000));
    database.wait_for_observations().await;
    assert_eq!(database.read(id).await.last_used_at, last);
    // Waiting uses are recorded before the store closes.
    let record = database.read(id).await;
    database.store.record_use(&record, Timestamp::from_millis(2_000_000));
    database.store.close().await;
    let stored: i64 =
        database.other().query_row("SELECT last_used_at FROM api_tokens WHERE id = ?", [id], |row| row.get(0)).unwrap();
    assert_eq!(stored, 2_000_000);
}

#[tokio::test]
async fn uses_of_many_tokens_are_recorded_together_with_changes_in_between() {
    const TOKENS: usize = 500;
    let database = Database::new().await;
    let (root, organization) = (database.token().await.id, database.owner.organization_id);
    super::cost::insert_children(&database, root, TOKENS, None);
    let sql = "SELECT count(*) FROM api_tokens WHERE last_used_at = 7";
    let used = async || {
        let count = move |connection: &mut Connection| Ok(connection.query_row(sql, [], |row| row.get::<_, i64>(0))?);
        usize::try_from(database.store.read(count).await.unwrap()).unwrap()
    };
    let page = database.store.tokens(organization, Filter::default(), None, 1000).await.unwrap();
    for record in page.items {
        database.store.record_use(&record, Timestamp::from_millis(7));
    }
    database.token().await;
    database.wait_for_observations().await;
    assert_eq!(used().await, TOKENS + 2, "the owner and the creator as well");
}

#[tokio::test]
async fn panicking_job_does_not_stop_the_store() {
    let database = Database::new().await;
    let panicked: Result<(), _> = database.store.write(|_| panic!("on purpose")).await;
    assert!(matches!(panicked, Err(StoreError::Stopped)));
    database.token().await;
}

#[tokio::test]
async fn damaged_chain_is_reported_with_its_place() {
    let database = Database::new().await;
    for _ in 0..4 {
        database.token().await;
    }
    let organization = database.owner.organization_id;
    let verified = database.store.verify_events(organization, Arc::default(), || ()).await.unwrap();
    assert_eq!(verified.differences, Vec::<String>::new());
    let status = verified.chain;
    let ChainStatus::Intact { head } = status else { panic!("the chain is unaltered: {status:?}") };
    assert_eq!(head.sequence, 5);
    for sql in ["UPDATE audit_events SET action = 'x'", "DELETE FROM audit_events"] {
        let denied = database.other().execute(sql, []).unwrap_err().to_string();
        assert!(denied.starts_with("audit events are not"), "{denied}");
    }
    for (damage, expected) in [
        ("UPDATE audit_events SET address = '192.0.2.1' WHERE sequence = 3", ChainStatus::Broken { sequence: 3 }),
        (
            "UPDATE audit_events SET occurred_at = occurred_at + 1 WHERE sequence = 1",
            ChainStatus::Broken { sequence: 1 },
        ),
        ("UPDATE audit_events SET hash = zeroblob(32) WHERE sequence = 5", ChainStatus::Broken { sequence: 5 }),
        ("DELETE FROM audit_events WHERE sequence = 2", ChainStatus::Broken { sequence: 2 }),
        ("UPDATE organizations SET audit_sequence = 4", ChainStatus::Broken { sequence: 4 }),
        ("UPDATE organizations SET audit_hash = zeroblob(32)", ChainStatus::Broken { sequence: 5 }),
        ("SELECT 1", ChainStatus::Intact { head }),
    ] {
        let (found, _) = damaged(&database, damage).await;
        assert_eq!(found, expected, "{damage}");
    }
    let (found, _) = damaged(&database, "DELETE FROM audit_events WHERE sequence > 3").await;
    assert!(
        matches!(found, ChainStatus::Truncated { head: left, expected } if left.sequence == 3 && expected == head),
        "{found:?}"
    );
}

/// The status of the chain in a copy of the database after `damage`.
async fn damaged(database: &Database, damage: &str) -> (ChainStatus, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let copy = directory.path().join("copy.db");
    backup(&database.path(), &copy, BUSY_TIMEOUT, &Arc::default(), |_| ()).unwrap();
    let other = Connection::open(&copy).unwrap();
    other
        .execute_batch("DROP TRIGGER audit_events_are_not_changed; DROP TRIGGER audit_events_are_not_removed")
        .unwrap();
    other.execute_batch(damage).unwrap();
    let store = Store::open(&copy, BUSY_TIMEOUT).await.unwrap();
    (store.verify_events(database.owner.organization_id, Arc::default(), || ()).await.unwrap().chain, directory)
}

#[tokio::test]
async fn refusals_become_events_in_the_background() {
    let database = Database::new().await;
    let token = database.token().await;
    let record = |now| {
        database.store.record_refusal(&token, RefusalReason::Revoked, Origin::default(), Timestamp::from_millis(now));
    };
    let recorded = async || {
        database.wait_for_observations().await;
        let events = database.store.events(database.owner.organization_id, None, 100).await.unwrap().items;
        events.into_iter().filter(|it| it.action == "api_token.refused").map(|it| it.count.unwrap()).collect::<Vec<_>>()
    };
    record(1_000);
    record(2_000);
    record(3_000);
    assert_eq!(recorded().await, [1]);
    database.store.flush_refusals(Timestamp::from_millis(60_999), false);
    assert_eq!(recorded().await, [1]);
    database.store.flush_refusals(Timestamp::from_millis(61_000), false);
    assert_eq!(recorded().await, [1, 2]);
    // A refusal that cannot be recorded now is recorded later.
    let other = database.other();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    record(200_000);
    other.execute_batch("ROLLBACK").unwrap();
    record(200_001);
    database.store.flush_refusals(Timestamp::from_millis(300_000), true);
    assert_eq!(recorded().await.iter().sum::<i64>(), 5);
    // Waiting refusals are recorded before the store closes.
    record(400_000);
    record(400_001);
    database.store.close().await;
    let counted: i64 = database
        .other()
        .query_row("SELECT sum(count) FROM audit_events WHERE action = 'api_token.refused'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(counted, 7);
}

#[tokio::test]
async fn inactive_tokens_are_purged_in_batches_after_their_descendants() {
    let database = Database::new().await;
    let organization = database.owner.organization_id;
    let day = |days: i64| Timestamp::from_millis(days * 86_400_000);
    let month = Retention { seconds: 30 * 86_400 };
    database.set_clock(day(0));
    let new = |expires_at| NewToken { expires_at, ..database.new_token() };
    let parent = database.create(new(Some(day(1)))).await.unwrap().id;
    // The child expires later, as if it was created before the parent's expiry was shortened.
    database
        .store
        .write(|connection| Ok::<_, StoreError>(connection.execute("UPDATE api_tokens SET expires_at = NULL", [])?))
        .await
        .unwrap();
    let child = database.create_by(parent, new(None), Limits::default()).await.unwrap().id;
    database.revoke(parent, day(1)).await.unwrap();
    database.set_clock(day(0));
    let mut short = Vec::new();
    for _ in 0..450 {
        short.push(database.create(new(Some(day(2)))).await.unwrap().id);
    }
    let left = async || {
        let count =
            |c: &mut Connection| Ok(c.query_row("SELECT count(*) FROM api_tokens", [], |row| row.get::<_, i64>(0))?);
        database.store.read(count).await.unwrap()
    };
    assert_eq!(database.store.purge(month, day(32)).await.unwrap(), 0, "not a millisecond early");
    assert_eq!(database.store.purge(month, day(33)).await.unwrap(), 450);
    assert_eq!(left().await, 3, "the parent stays until its child is removed");
    database.revoke(child, day(33)).await.unwrap();
    assert_eq!(database.store.purge(month, day(64)).await.unwrap(), 2, "the child and then the parent");
    assert_eq!(left().await, 1);
    let events = database.store.verify_events(organization, Arc::default(), || ()).await.unwrap();
    assert!(events.is_intact(), "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_creations_do_not_exceed_the_limits() {
    let database = Arc::new(Database::new().await);
    let limits = Limits { life: Some(3600), tokens: Some(5) };
    let now = Timestamp::now();
    database.set_clock(now);
    let short = |database: &Database| NewToken { expires_at: Some(now.plus_seconds(3600)), ..database.new_token() };
    let racing: Vec<_> = (0..50)
        .map(|_| {
            let (database, new) = (Arc::clone(&database), short(&database));
            tokio::spawn(async move { database.create_within(new, limits).await })
        })
        .collect();
    let mut created = Vec::new();
    for task in racing {
        match task.await.unwrap() {
            Ok(record) => created.push(record.id),
            Err(denied) => assert!(matches!(denied, ChangeError::Denied(Denied::LimitReached)), "{denied}"),
        }
    }
    assert_eq!(created.len(), 4, "the owner is one of the five");
    // A successor counts in place of its predecessor, and the predecessor counts again when the successor is rotated.
    let rotate = async |target: Uuid, grace: i32| {
        let rotation = Rotation { target, token: PlainToken::generate(&mut SysRng).unwrap(), grace };
        let render = |record: &TokenRecord| record.id;
        match database.store.rotate_token(database.change(now), rotation, limits, None, render).await? {
            Issued::Created(id) => Ok(id),
            Issued::Replayed(_) => panic!("the request has no key"),
        }
    };
    let full = |denied: Result<_, _>| matches!(denied, Err(ChangeError::Denied(Denied::LimitReached)));
    let successor = rotate(created[0], 60).await.unwrap();
    assert!(full(rotate(successor, 60).await) && full(rotate(successor, 0).await));
    let ended = rotate(created[1], 0).await.unwrap();
    rotate(ended, 60).await.unwrap();
    assert!(full(database.create_within(short(&database), limits).await.map(|record| record.id)));
    // The revocation of a successor makes no room, because its predecessor counts again; that of both does.
    database.revoke(successor, now).await.unwrap();
    assert!(full(database.create_within(short(&database), limits).await.map(|record| record.id)));
    database.revoke(created[0], now).await.unwrap();
    database.create_within(short(&database), limits).await.unwrap();
    let long = NewToken { expires_at: Some(now.plus_seconds(3601)), ..short(&database) };
    database.revoke(created[2], now).await.unwrap();
    assert!(database.create_within(long, limits).await.is_err());
}

/// The second request looked for a stored response before the first was committed.
#[tokio::test]
async fn second_request_with_a_key_gets_the_stored_response() {
    let database = Database::new().await;
    let (key, request) = (Key::new("k"), Fingerprint::of(&serde_json::json!("request")));
    let issue = async |salt: u8| {
        let seal = move |(): &()| Ok(Sealed { salt: [salt; 32], ciphertext: vec![salt] });
        let key = Some(Idempotency { key: key.hash(), request, seal: Box::new(seal) });
        let (context, new) = (database.change(Timestamp::now()), database.new_token());
        database.store.create_token(context, new, Limits::default(), key, |_| ()).await.unwrap()
    };
    assert!(matches!(issue(1).await, Issued::Created(())));
    // The caller is narrowed meanwhile. A replay is decided by its present scopes.
    let (organization, owner) = (database.owner.organization_id, database.owner.token_id);
    let narrowed = Update { scopes: Some(vec!["a".to_owned()]), ..Update::default() };
    database.store.update_token(database.change(Timestamp::now()), owner, narrowed).await.unwrap();
    let Issued::Replayed(stored) = issue(2).await else { panic!("a second token was created") };
    assert_eq!((stored.record.request, stored.record.sealed.ciphertext), (request, vec![1]));
    let found = database.store.replay(organization, owner, key.hash()).await.unwrap().unwrap();
    assert_eq!([stored.scopes.to_string(), found.scopes.to_string()], ["a", "a"]);
    let page = database.store.tokens(organization, Filter::default(), None, 100).await.unwrap();
    assert_eq!(page.items.len(), 2);
}

#[tokio::test]
async fn older_database_is_migrated() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("old.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("fixtures/version_1.sql")).unwrap();
    drop(old);
    let store = Store::open(&path, BUSY_TIMEOUT).await.unwrap();
    let organization = store.organizations(Timestamp::now()).await.unwrap().remove(0);
    let page = store.tokens(organization.id, Filter::default(), None, 100).await.unwrap();
    assert_eq!((page.items.len(), organization.active_tokens), (1, 1));
    let context = ChangeContext::without_caller(organization.id);
    store.revoke_token_as_operator(context, page.items[0].id, false).await.unwrap();
    let verified = store.verify_events(organization.id, Arc::default(), || ()).await.unwrap();
    assert!(matches!(verified.chain, ChainStatus::Intact { head } if head.sequence == 1), "{verified:?}");
    assert!(verified.is_intact(), "tokens can be older than the log: {verified:?}");
}

/// A database of version 2, with a token of every kind: rotated, revoked, with scopes that are no longer valid in requests.
#[tokio::test]
async fn tokens_of_version_2_stay_readable() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("old.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("fixtures/version_2.sql")).unwrap();
    drop(old);
    let store = Store::open(&path, BUSY_TIMEOUT).await.unwrap();
    let organization = store.organizations(Timestamp::now()).await.unwrap().remove(0);
    let page = store.tokens(organization.id, Filter::default(), None, 100).await.unwrap();
    let found: Vec<_> = page.items.iter().map(|it| (it.name.as_str(), it.scopes.to_string())).collect();
    let expected = [("owner", "*"), ("predecessor", "a"), ("successor", "a"), ("old scopes", "a,b c&d;e")];
    assert_eq!(found, expected.map(|(name, scopes)| (name, scopes.to_owned())));
    let successor = page.items[2].id;
    let counted = move |connection: &mut Connection| {
        let predecessor = sqlite::tokens::predecessor(connection, organization.id, successor)?;
        let now = Timestamp::parse("2030-01-01T00:00:00Z").unwrap();
        let count = sqlite::tokens::count_toward_limit(connection, organization.id, now, 100)?;
        Ok((predecessor.map(|it| it.name), count))
    };
    assert_eq!(store.read(counted).await.unwrap(), (Some("predecessor".to_owned()), 3), "without the predecessor");
    let context = ChangeContext::without_caller(organization.id);
    assert_eq!(store.revoke_token_as_operator(context, page.items[3].id, true).await.unwrap(), 1);
}

/// A database of version 3, whose dead tokens are not marked.
#[tokio::test]
async fn descendants_of_version_3_are_revoked() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("old.db");
    Connection::open(&path).unwrap().execute_batch(include_str!("fixtures/version_3.sql")).unwrap();
    let store = Store::open(&path, BUSY_TIMEOUT).await.unwrap();
    let organization = store.organizations(Timestamp::now()).await.unwrap().remove(0);
    let page = store.tokens(organization.id, Filter::default(), None, 100).await.unwrap();
    let ids: Vec<_> = page.items.iter().map(|it| it.id).collect();
    let context = ChangeContext::without_caller(organization.id);
    // The revoked parent, with an active child; then everything else.
    assert_eq!(store.revoke_token_as_operator(context.clone(), ids[3], true).await.unwrap(), 1);
    assert_eq!(store.revoke_token_as_operator(context.clone(), ids[0], true).await.unwrap(), 3);
    assert_eq!(store.revoke_token_as_operator(context, ids[0], true).await.unwrap(), 0);
    let page = store.tokens(organization.id, Filter::default(), None, 100).await.unwrap();
    assert!(page.items.iter().all(|it| it.revoked_at.is_some() && it.tree_revoked));
    let first = Some(Timestamp::from_millis(1_700_000_001_000));
    assert_eq!([page.items[3].revoked_at, page.items[5].revoked_at], [first; 2], "the first time is kept");
    store.close().await;
}

/// The third transaction of the revocation fails.
#[tokio::test]
async fn failed_revocation_leaves_revoked_and_a_repetition_continues() {
    let database = Database::new().await;
    let root = database.token().await.id;
    super::cost::insert_children(&database, root, 1_000, None);
    let trigger = "CREATE TRIGGER stop BEFORE UPDATE ON api_tokens \
                   WHEN (SELECT count(*) FROM api_tokens WHERE revoked_at IS NOT NULL) >= 600 \
                   BEGIN SELECT RAISE(ABORT, 'stop'); END";
    database.other().execute_batch(trigger).unwrap();
    let owner = database.owner.token_id;
    let revoke = async || database.store.revoke_token(database.context(owner), root, true).await;
    assert!(matches!(revoke().await, Err(ChangeError::Store(StoreError::Database(_)))));
    assert!(database.read(root).await.revoked_at.is_some(), "the root is first");
    let revoked = async || {
        let sql = "SELECT count(*) FROM api_tokens WHERE revoked_at IS NOT NULL";
        let count = move |connection: &mut Connection| Ok(connection.query_row(sql, [], |row| row.get::<_, i64>(0))?);
        usize::try_from(database.store.read(count).await.unwrap()).unwrap()
    };
    let first = revoked().await;
    assert!((2..600).contains(&first), "{first} tokens are revoked");
    database.other().execute_batch("DROP TRIGGER stop").unwrap();
    assert_eq!(revoke().await.unwrap(), 1_001 - first);
    assert_eq!(revoked().await, 1_001);
    let organization = database.owner.organization_id;
    let verified = database.store.verify_events(organization, Arc::default(), || ()).await.unwrap();
    // The tokens that SQL inserted have no creation in the log.
    assert!(matches!(verified.chain, ChainStatus::Intact { .. }), "{verified:?}");
}

/// The caller is narrowed or revoked between two transactions of its revocation.
#[tokio::test]
async fn caller_that_loses_power_during_a_revocation_is_denied() {
    for (change, expected) in [
        ("revoked_at = 1", Denied::CallerInactive),
        ("scopes = 'b'", Denied::NotCovered),
        ("expires_at = 1", Denied::CallerInactive),
    ] {
        let database = Database::new().await;
        let new = |scopes: &str| NewToken { scopes: Scopes::parse(scopes).unwrap(), ..database.new_token() };
        let (caller, root) = (database.create(new("a")).await.unwrap().id, database.create(new("a")).await.unwrap().id);
        super::cost::insert_children(&database, root, 1_000, None);
        let hex = caller.simple();
        let trigger = format!(
            "CREATE TRIGGER narrow AFTER UPDATE OF revoked_at ON api_tokens WHEN NEW.id = X'{}' \
             BEGIN UPDATE api_tokens SET {change} WHERE id = X'{hex}'; END",
            root.simple()
        );
        database.other().execute_batch(&trigger).unwrap();
        let denied = database.store.revoke_token(database.context(caller), root, true).await.unwrap_err();
        assert!(matches!(&denied, ChangeError::Denied(denied) if *denied == expected), "{change}: {denied:?}");
        assert!(database.read(root).await.revoked_at.is_some(), "the first transaction was committed");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 24, failure_persistence: None, ..Default::default() })]

    /// The queries of the limit agree with its definition, on any sequence of rotations, revocations and expiries.
    #[test]
    fn queries_of_the_limit_agree_with_its_definition(
        steps in proptest::collection::vec((0..4_u8, 0..20_usize, 0..3_i32), 1..30),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let database = Database::new().await;
            let organization = database.owner.organization_id;
            let mut now = Timestamp::now();
            for (verb, target, number) in steps {
                let tokens = database.store.tokens(organization, Filter::default(), None, 100).await.unwrap().items;
                let target = tokens[target % tokens.len()].id;
                // A denied step changes nothing.
                match verb {
                    0 => {
                        database.set_clock(now);
                        drop(database.create(database.new_token()).await);
                    }
                    1 if target != database.owner.token_id => {
                        let token = PlainToken::generate(&mut SysRng).unwrap();
                        let rotation = Rotation { target, token, grace: 10 * number };
                        let context = database.change(now);
                        drop(database.store.rotate_token(context, rotation, Limits::default(), None, |_| ()).await);
                    }
                    2 if target != database.owner.token_id => drop(database.revoke(target, now).await),
                    _ => now = now.plus_seconds(7),
                }
                let tokens = database.store.tokens(organization, Filter::default(), None, 100).await.unwrap().items;
                let is_active = |it: &&TokenRecord| it.state(now) == State::Active;
                let is_replaced = |it: &TokenRecord| tokens.iter().filter(is_active).any(|successor| {
                    it.rotated_to == Some(successor.id) && successor.rotated_to.is_none()
                });
                let active = u32::try_from(tokens.iter().filter(is_active).count()).unwrap();
                let counted = tokens.iter().filter(is_active).filter(|it| !is_replaced(it)).count();
                let ids: Vec<_> = tokens.iter().map(|it| it.id).collect();
                let (found, found_active, predecessors) = database.store.read(move |connection| {
                    let counted = sqlite::tokens::count_toward_limit(connection, organization, now, 1000)?;
                    let predecessors = ids.into_iter().map(|id| sqlite::tokens::predecessor(connection, organization, id));
                    let active = sqlite::tokens::count_active(connection, organization, now)?;
                    Ok((counted, active, predecessors.collect::<Result<Vec<_>, _>>()?))
                }).await.unwrap();
                proptest::prop_assert_eq!((found as usize, found_active), (counted, active));
                for (token, predecessor) in tokens.iter().zip(predecessors) {
                    let expected = tokens.iter().find(|it| it.rotated_to == Some(token.id)).map(|it| it.id);
                    proptest::prop_assert_eq!(predecessor.map(|it| it.id), expected);
                }
            }
            Ok(())
        })?;
    }

    /// A token that exists and matches the filter throughout is on exactly one page, whatever else is created and revoked.
    #[test]
    fn paging_never_loses_or_repeats_a_token(
        existing in 1..20_usize,
        between in proptest::collection::vec((1..6_u32, 0..3_usize, proptest::bool::ANY), 40),
        filtered in proptest::bool::ANY,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let database = Database::new().await;
            let organization = database.owner.organization_id;
            let mut throughout = Vec::new();
            for _ in 0..existing {
                throughout.push(database.token().await.id);
            }
            let filter = Filter { name_prefix: filtered.then(|| "tok".to_owned()), state: None };
            let (mut found, mut after, mut created) = (Vec::new(), None, Vec::new());
            for (limit, inserts, revoke) in between {
                let page = database.store.tokens(organization, filter.clone(), after, limit).await.unwrap();
                proptest::prop_assert!(page.items.len() <= limit as usize);
                found.extend(page.items.iter().map(|record| record.id));
                if page.next.is_none() {
                    break;
                }
                after = page.next;
                for _ in 0..inserts {
                    created.push(database.token().await.id);
                }
                if let Some(id) = created.pop().filter(|_| revoke) {
                    database.revoke(id, Timestamp::now()).await.unwrap();
                }
            }
            for id in throughout {
                let times = found.iter().filter(|found| **found == id).count();
                proptest::prop_assert_eq!(times, 1, "{} was found {} times", id, times);
            }
            let mut once = found.clone();
            once.dedup();
            proptest::prop_assert_eq!(once, found);
            Ok(())
        })?;
    }
}

/// A long random life: creations by any token, updates, rotations, revocations with and without descendants, refusals, purges, and a clock
/// that also steps back.
#[tokio::test]
async fn log_and_tables_agree_after_a_long_random_life() {
    for seed in 0..2 {
        live_randomly(StdRng::seed_from_u64(seed)).await;
    }
}

async fn live_randomly(mut random: StdRng) {
    let database = Database::new().await;
    let (organization, day) = (database.owner.organization_id, 86_400);
    let (mut ids, mut now, mut purged) = (vec![database.owner.token_id], Timestamp::now(), 0);
    for round in 0..400 {
        now = now.plus_seconds(random.random_range(-60..day / 4));
        let (actor, target) = (ids[random.random_range(0..ids.len())], ids[random.random_range(0..ids.len())]);
        let (by_actor, by_owner) = (database.change_by(actor, now), database.change(now));
        // Each can be denied by a rule.
        match random.random_range(0..9) {
            0..=2 => {
                let expires_at = random.random_bool(0.5).then(|| now.plus_seconds(random.random_range(1..30 * day)));
                let new = NewToken { expires_at, ..database.new_token() };
                // Most tokens are not active any more.
                let creator = if random.random_bool(0.5) { actor } else { database.owner.token_id };
                ids.extend(database.create_by(creator, new, Limits::default()).await.ok().map(|record| record.id));
            }
            // The owner stays, so that the life goes on.
            3 if target != database.owner.token_id => {
                let expires_at = Some(now.plus_seconds(random.random_range(1..10 * day)));
                let update = Update { name: Some(format!("name {round}")), expires_at, ..Update::default() };
                let _ = database.store.update_token(by_actor, target, update).await;
            }
            4 | 5 if target != database.owner.token_id => {
                let token = PlainToken::generate(&mut SysRng).unwrap();
                let rotation = Rotation { target, token, grace: [0, 300, 604_800][random.random_range(0..3)] };
                let render = TokenRecord::clone;
                let rotated = database.store.rotate_token(by_owner, rotation, Limits::default(), None, render).await;
                if let Ok(Issued::Created(successor)) = rotated {
                    ids.push(successor.id);
                }
            }
            6 if target != database.owner.token_id => {
                let _ = database.store.revoke_token(by_owner, target, random.random_bool(0.5)).await;
            }
            7 => {
                if let Some(record) = database.store.token(organization, target).await.unwrap()
                    && let Some(reason) = record.refusal_reason(now)
                {
                    database.store.mark_expired(organization, target, now).await.unwrap();
                    database.store.record_refusal(&record, reason, Origin::default(), now);
                    database.wait_for_observations().await;
                }
            }
            _ => purged += database.store.purge(Retention { seconds: 5 * day }, now).await.unwrap(),
        }
        if round % 40 == 39 {
            let verified = database.store.verify_events(organization, Arc::default(), || ()).await.unwrap();
            assert!(verified.is_intact(), "round {round}: {verified:?}");
        }
    }
    assert!(purged > 0 && ids.len() > 50, "{purged} {}", ids.len());
}
