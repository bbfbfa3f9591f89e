//! The store's verbs on a real database.

use std::path::PathBuf;

use rand::rngs::SysRng;
use tempfile::TempDir;

use super::*;
use crate::audit::{Origin, Reason};
use crate::bootstrap::{Owned, bootstrap};
use crate::idempotency::{Fingerprint, Key, Sealed};
use crate::tokens::{self, Actor, Denied, Limits, NewToken, Scopes, State, TokenRecord, Updated};

const PATIENCE: Duration = Duration::from_secs(5);

struct Database {
    folder: TempDir,
    store: Store,
    owner: Owned<()>,
}

impl Database {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("aether.db"), PATIENCE).await.unwrap();
        let owner = bootstrap(&store, "acme".into(), |_, _| Ok(())).await.unwrap();
        Self { folder, store, owner }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("aether.db")
    }

    /// The same file, opened by somebody else.
    fn other(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }

    /// A change that the owner asks for.
    fn change(&self, now: Timestamp) -> Change {
        let origin = Origin { actor: Some(self.owner.token_id), ..Origin::default() };
        Change { organization_id: self.owner.organization_id, now, origin }
    }

    async fn create(&self, new: NewToken) -> Result<TokenRecord, ChangeError> {
        self.create_within(new, Limits::default()).await
    }

    async fn create_within(&self, new: NewToken, limits: Limits) -> Result<TokenRecord, ChangeError> {
        let change = self.change(new.created_at);
        match self.store.create_token(change, new, limits, None, tokens::still_grantable).await? {
            Issued::Made(record) => Ok(record),
            Issued::Kept(kept) => panic!("nothing was kept: {kept:?}"),
        }
    }

    async fn revoke(&self, id: Uuid, now: Timestamp) -> Result<(), ChangeError> {
        self.store.revoke_token(self.change(now), id, false, |_, _| true).await
    }

    fn new_token(&self) -> NewToken {
        let organization = self.owner.organization_id;
        let now = Timestamp::now();
        let made = tokens::issue(organization, None, "token".into(), Scopes::default(), None, now, &mut SysRng);
        NewToken { created_by: Some(self.owner.token_id), ..made.unwrap().1 }
    }

    async fn token(&self) -> TokenRecord {
        self.create(self.new_token()).await.unwrap()
    }

    async fn read(&self, id: Uuid) -> TokenRecord {
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
    // Each reader waits for all others, so each connection is asked once.
    let meet = Arc::new(std::sync::Barrier::new(READERS));
    let readers = (0..READERS).map(|_| {
        let meet = Arc::clone(&meet);
        database.store.read(move |connection| {
            meet.wait();
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
async fn the_files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let database = Database::new().await;
    let modes = std::fs::read_dir(database.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().permissions().mode() & 0o777);
    assert_eq!(modes.collect::<Vec<_>>(), [0o600; 3]);
}

#[tokio::test]
async fn a_database_from_the_future_and_a_foreign_one_are_refused() {
    let database = Database::new().await;
    database.store.close().await;
    database.other().pragma_update(None, "user_version", 99).unwrap();
    let error = Store::open(&database.path(), PATIENCE).await.unwrap_err();
    assert!(matches!(error, StoreError::Future { found: 99, known: 2 }), "{error}");

    for sql in ["CREATE TABLE mine (x)", "PRAGMA application_id = 1", "PRAGMA user_version = 1"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.db");
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(Store::open(&path, PATIENCE).await.unwrap_err(), StoreError::Foreign), "{sql}");
        assert_eq!(std::fs::read(&path).unwrap(), before, "a foreign file is not touched");
    }
}

#[tokio::test]
async fn what_was_written_is_there_when_it_is_opened_again() {
    let database = Database::new().await;
    let token = database.token().await;
    database.store.close().await;
    assert!(matches!(database.store.ping().await, Err(StoreError::Stopped)));
    let again = Store::open(&database.path(), PATIENCE).await.unwrap();
    assert!(again.has_organization().await.unwrap());
    let found = again.token(database.owner.organization_id, token.id).await.unwrap().unwrap();
    assert_eq!((found.prefix, found.created_at), (token.prefix, token.created_at));
}

#[tokio::test]
async fn every_look_up_but_the_one_by_hash_is_bound_to_an_organization() {
    let database = Database::new().await;
    let store = &database.store;
    let foreign = bootstrap(store, "other".into(), |_, _| Ok(())).await.unwrap();
    let id = database.token().await.id;
    assert!(store.token(foreign.organization_id, id).await.unwrap().is_none());
    let page = store.tokens(foreign.organization_id, Filter::default(), None, 100).await.unwrap();
    assert_eq!(page.records.iter().map(|record| record.id).collect::<Vec<_>>(), [foreign.token_id]);
    let now = Timestamp::now();
    let origin = Origin { actor: Some(foreign.token_id), ..Origin::default() };
    let change = Change { organization_id: foreign.organization_id, now, origin };
    let denials = [
        store.revoke_token(change.clone(), id, true, |_, _| true).await.err(),
        store.update_token(change.clone(), id, |_, _| panic!("it is not there")).await.err(),
        store.rotate_token(change.clone(), id, Limits::default(), None, |_, _| panic!("it is not there")).await.err(),
        store.revoke_token_as_operator(change.clone(), id, true).await.err(),
    ];
    for denied in denials {
        assert!(matches!(denied, Some(ChangeError::Denied(Denied::Absent))), "{denied:?}");
    }
    // Nor can the token of one organization ask for a change in another.
    let strayed = Change { organization_id: database.owner.organization_id, ..change };
    let denied = store.revoke_token(strayed, id, true, |_, _| true).await.err();
    assert!(matches!(denied, Some(ChangeError::Denied(Denied::CallerDead))), "{denied:?}");
    assert!(store.events(foreign.organization_id, None, 100).await.unwrap().events.iter().all(|it| it.token_id != id));
    store.mark_expired(foreign.organization_id, id, Timestamp::now()).await.unwrap();
    assert_eq!(database.read(id).await.state(Timestamp::now()), State::Live);
    assert_eq!(store.find_token(foreign.token.hash()).await.unwrap().unwrap().id, foreign.token_id);
}

#[tokio::test]
async fn an_organization_is_committed_only_when_its_token_is_kept() {
    let database = Database::new().await;
    let store = &database.store;
    let failed = bootstrap(store, "other".into(), |_, _| Err::<(), _>(std::io::Error::other("full"))).await;
    assert_eq!(failed.unwrap_err().to_string(), "full");
    bootstrap(store, "other".into(), |_, _| Ok(())).await.expect("the name is free still");
    let taken = bootstrap(store, "other".into(), |_, _| Ok(())).await.unwrap_err();
    assert_eq!(taken.to_string(), "an organization named \"other\" exists already");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_ids_is_the_order_of_commits() {
    let database = Arc::new(Database::new().await);
    let made = (0..64).map(|_| {
        let database = Arc::clone(&database);
        tokio::spawn(async move { database.token().await.id })
    });
    let mut ids = vec![];
    for task in made.collect::<Vec<_>>() {
        ids.push(task.await.unwrap());
    }
    let organization = database.owner.organization_id;
    let by_id = database.store.tokens(organization, Filter::default(), None, 100).await.unwrap();
    let by_id: Vec<_> = by_id.records.iter().map(|record| record.id).skip(1).collect();
    ids.sort_unstable();
    assert_eq!(by_id, ids);
    // A clock that steps back does not take the ids with it.
    let late = NewToken { created_at: Timestamp::from_millis(0), ..database.new_token() };
    let late = database.create(late).await.unwrap();
    assert!(late.id > *ids.last().unwrap());
    // And the events are in that order, too, each with its own place.
    let events = database.store.events(organization, None, 100).await.unwrap().events;
    assert_eq!(events.iter().map(|event| event.sequence).collect::<Vec<_>>(), (1..=66).collect::<Vec<_>>());
    let created: Vec<_> = events.iter().map(|event| event.token_id).skip(1).take(64).collect();
    assert_eq!(created, ids);
}

#[tokio::test]
async fn a_maker_that_died_or_became_less_meanwhile_makes_nothing() {
    let database = Database::new().await;
    let (owner, now) = (database.owner.token_id, Timestamp::now());
    let new = NewToken { scopes: Scopes::parse("a").unwrap(), ..database.new_token() };
    let updated = |scopes: &str| {
        let scopes = Scopes::parse(scopes).unwrap();
        move |_: &Actor, target: &TokenRecord| {
            let (name, expires_at) = (target.name.clone(), target.expires_at);
            Ok(Updated { name, scopes, expires_at, changed: vec!["scopes"] })
        }
    };
    database.store.update_token(database.change(now), owner, updated("b")).await.unwrap();
    let refused = database.create(new.clone()).await.unwrap_err();
    assert!(matches!(refused, ChangeError::Denied(Denied::NotCovered)), "{refused}");
    database.store.update_token(database.change(now), owner, updated("a")).await.unwrap();
    database.create(new.clone()).await.unwrap();
    database.revoke(owner, now).await.unwrap();
    let new = NewToken { hash: database.new_token().hash, ..new };
    let refused = database.create(new).await.unwrap_err();
    assert!(matches!(refused, ChangeError::Denied(Denied::CallerDead)), "{refused}");
}

#[tokio::test]
async fn a_revocation_is_decided_on_what_is_there_and_keeps_its_time() {
    let database = Database::new().await;
    let id = database.token().await.id;
    let at = Timestamp::from_millis;
    let refused = database.store.revoke_token(database.change(at(1)), id, false, |_, _| false).await.unwrap_err();
    assert!(matches!(refused, ChangeError::Denied(Denied::NotCovered)), "{refused}");
    assert_eq!(database.read(id).await.revoked_at, None);
    for now in [2, 3] {
        database.revoke(id, at(now)).await.unwrap();
        assert_eq!(database.read(id).await.revoked_at, Some(at(2)));
    }
    let events = database.store.events(database.owner.organization_id, None, 100).await.unwrap().events;
    assert_eq!(events.iter().filter(|event| event.action == "api_token.revoked").count(), 1);
}

#[tokio::test]
async fn somebody_elses_write_makes_it_busy() {
    const SHORT: Duration = Duration::from_millis(100);
    let database = Database::new().await;
    let impatient = Store::open(&database.path(), SHORT).await.unwrap();
    let other = database.other();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Those that wait behind one another wait at the same time.
    let waiting = (0..50).map(|_| {
        let (change, new) = (database.change(Timestamp::now()), database.new_token());
        impatient.create_token(change, new, Limits::default(), None, tokens::still_grantable)
    });
    let begun = std::time::Instant::now();
    for refused in futures::future::join_all(waiting).await {
        assert!(matches!(refused, Err(ChangeError::Store(StoreError::Busy))), "{refused:?}");
    }
    assert!(begun.elapsed() < 25 * SHORT, "{:?}", begun.elapsed());
    other.execute_batch("ROLLBACK").unwrap();
    database.token().await;
}

#[tokio::test]
async fn uses_are_recorded_beside_and_never_go_back() {
    let database = Database::new().await;
    let id = database.token().await.id;
    let mut last = None;
    for (now, expected) in
        [(1_000_000, 1_000_000), (1_059_999, 1_000_000), (1_060_000, 1_060_000), (500_000, 1_060_000)]
    {
        let record = database.read(id).await;
        assert_eq!(record.last_used_at, last);
        database.store.record_use(&record, Timestamp::from_millis(now));
        // Whatever was handed in before has been done when this has.
        database.store.write(|_| Ok(())).await.unwrap();
        last = Some(Timestamp::from_millis(expected));
        assert_eq!(database.read(id).await.last_used_at, last, "at {now}");
    }
    // What is waiting is done before the store closes.
    let record = database.read(id).await;
    database.store.record_use(&record, Timestamp::from_millis(2_000_000));
    database.store.close().await;
    let kept: i64 =
        database.other().query_row("SELECT last_used_at FROM api_tokens WHERE id = ?", [id], |row| row.get(0)).unwrap();
    assert_eq!(kept, 2_000_000);
}

#[tokio::test]
async fn a_verb_that_panics_takes_nothing_with_it() {
    let database = Database::new().await;
    let panicked: Result<(), _> = database.store.write(|_| panic!("on purpose")).await;
    assert!(matches!(panicked, Err(StoreError::Stopped)));
    database.token().await;
}

#[tokio::test]
async fn a_chain_tells_what_was_done_to_it() {
    let database = Database::new().await;
    for _ in 0..4 {
        database.token().await;
    }
    let organization = database.owner.organization_id;
    let whole = database.store.verify_events(organization, || ()).await.unwrap();
    let Chain::Whole { end } = whole else { panic!("nothing was done to it: {whole:?}") };
    assert_eq!(end.sequence, 5);
    for sql in ["UPDATE audit_events SET action = 'x'", "DELETE FROM audit_events"] {
        let refused = database.other().execute(sql, []).unwrap_err().to_string();
        assert!(refused.starts_with("audit events are not"), "{refused}");
    }
    for (damage, expected) in [
        ("UPDATE audit_events SET address = '192.0.2.1' WHERE sequence = 3", Chain::Broken { sequence: 3 }),
        ("UPDATE audit_events SET occurred_at = occurred_at + 1 WHERE sequence = 1", Chain::Broken { sequence: 1 }),
        ("UPDATE audit_events SET hash = zeroblob(32) WHERE sequence = 5", Chain::Broken { sequence: 5 }),
        ("DELETE FROM audit_events WHERE sequence = 2", Chain::Broken { sequence: 2 }),
        ("UPDATE organizations SET audit_sequence = 4", Chain::Broken { sequence: 4 }),
        ("UPDATE organizations SET audit_hash = zeroblob(32)", Chain::Broken { sequence: 5 }),
        ("SELECT 1", Chain::Whole { end }),
    ] {
        let (found, _) = damaged(&database, damage).await;
        assert_eq!(found, expected, "{damage}");
    }
    let (found, folder) = damaged(&database, "DELETE FROM audit_events WHERE sequence > 3").await;
    assert!(
        matches!(found, Chain::CutOff { end: left, expected } if left.sequence == 3 && expected == end),
        "{found:?}"
    );
    drop(folder);
}

/// What is said of a copy that somebody who can write to the file has damaged.
async fn damaged(database: &Database, damage: &str) -> (Chain, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    backup(&database.path(), &copy, PATIENCE, |_, _| ()).unwrap();
    let other = Connection::open(&copy).unwrap();
    other
        .execute_batch("DROP TRIGGER audit_events_are_not_changed; DROP TRIGGER audit_events_are_not_removed")
        .unwrap();
    other.execute_batch(damage).unwrap();
    let store = Store::open(&copy, PATIENCE).await.unwrap();
    (store.verify_events(database.owner.organization_id, || ()).await.unwrap(), folder)
}

#[tokio::test]
async fn refusals_become_events_and_wait_for_nobody() {
    let database = Database::new().await;
    let token = database.token().await;
    let refuse = |now| {
        database.store.record_refusal(&token, Reason::Revoked, Origin::default(), Timestamp::from_millis(now));
    };
    let recorded = async || {
        // Whatever was handed in before has been done when this has.
        database.store.write(|_| Ok(())).await.unwrap();
        let events = database.store.events(database.owner.organization_id, None, 100).await.unwrap().events;
        events.into_iter().filter(|it| it.action == "api_token.refused").map(|it| it.count.unwrap()).collect::<Vec<_>>()
    };
    refuse(1_000);
    refuse(2_000);
    refuse(3_000);
    assert_eq!(recorded().await, [1]);
    database.store.flush_refusals(Timestamp::from_millis(60_999), false);
    assert_eq!(recorded().await, [1]);
    database.store.flush_refusals(Timestamp::from_millis(61_000), false);
    assert_eq!(recorded().await, [1, 2]);
    // What cannot be recorded now is kept for later.
    let other = database.other();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    refuse(200_000);
    other.execute_batch("ROLLBACK").unwrap();
    refuse(200_001);
    database.store.flush_refusals(Timestamp::from_millis(300_000), true);
    assert_eq!(recorded().await.iter().sum::<i64>(), 5);
    // And what waits when the store closes is recorded first.
    refuse(400_000);
    refuse(400_001);
    database.store.close().await;
    let counted: i64 = database
        .other()
        .query_row("SELECT sum(count) FROM audit_events WHERE action = 'api_token.refused'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(counted, 7);
}

#[tokio::test]
async fn what_is_over_is_purged_in_batches_and_leaves_first() {
    let database = Database::new().await;
    let organization = database.owner.organization_id;
    let day = |days: i64| Timestamp::from_millis(days * 86_400_000);
    let month = Retention { seconds: 30 * 86_400 };
    let new = |expires_at, created_by| NewToken {
        created_at: day(0),
        expires_at,
        created_by: Some(created_by),
        ..database.new_token()
    };
    let owner = database.owner.token_id;
    let parent = database.create(new(Some(day(1)), owner)).await.unwrap().id;
    // Its child lives longer, as one from before the parent was shortened does.
    database
        .store
        .write(move |connection| Ok(connection.execute("UPDATE api_tokens SET expires_at = NULL", [])?))
        .await
        .unwrap();
    let child = {
        let change = Change { origin: Origin { actor: Some(parent), ..Origin::default() }, ..database.change(day(0)) };
        let made = database.store.create_token(change, new(None, parent), Limits::default(), None, |_, _| Ok(())).await;
        let Issued::Made(record) = made.unwrap() else { panic!("nothing was kept") };
        record.id
    };
    database.store.revoke_token(database.change(day(1)), parent, false, |_, _| true).await.unwrap();
    let mut short = Vec::new();
    for _ in 0..450 {
        short.push(database.create(new(Some(day(2)), owner)).await.unwrap().id);
    }
    let left = async || {
        let count =
            |c: &mut Connection| Ok(c.query_row("SELECT count(*) FROM api_tokens", [], |row| row.get::<_, i64>(0))?);
        database.store.read(count).await.unwrap()
    };
    assert_eq!(database.store.purge(month, day(32)).await.unwrap(), 0, "not a millisecond early");
    assert_eq!(database.store.purge(month, day(33)).await.unwrap(), 450);
    assert_eq!(left().await, 3, "the parent is still the way to its child");
    database.store.revoke_token(database.change(day(33)), child, false, |_, _| true).await.unwrap();
    assert_eq!(database.store.purge(month, day(64)).await.unwrap(), 2, "then both go, one after the other");
    assert_eq!(left().await, 1);
    let events = database.store.verify_events(organization, || ()).await.unwrap();
    assert!(matches!(events, Chain::Whole { .. }), "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_race_gets_past_the_limits() {
    let database = Arc::new(Database::new().await);
    let limits = Limits { life: Some(3600), tokens: Some(5) };
    let now = Timestamp::now();
    let short = |database: &Database| NewToken {
        created_at: now,
        expires_at: Some(now.plus_seconds(3600)),
        ..database.new_token()
    };
    let racing: Vec<_> = (0..50)
        .map(|_| {
            let (database, new) = (Arc::clone(&database), short(&database));
            tokio::spawn(async move { database.create_within(new, limits).await })
        })
        .collect();
    let mut made = Vec::new();
    for task in racing {
        match task.await.unwrap() {
            Ok(record) => made.push(record.id),
            Err(refused) => assert!(matches!(refused, ChangeError::Denied(Denied::LimitReached)), "{refused}"),
        }
    }
    assert_eq!(made.len(), 4, "the owner is one of the five");
    // A rotation that leaves one more live token is one too many; one that does not is none.
    let rotate = async |grace: i32| {
        let successor = short(&database);
        let decide = move |_: &Actor, target: &TokenRecord| {
            Ok(Succession { successor, predecessor_expires_at: tokens::last_moment(target, grace, now) })
        };
        database.store.rotate_token(database.change(now), made[0], limits, None, decide).await
    };
    assert!(matches!(rotate(60).await, Err(ChangeError::Denied(Denied::LimitReached))));
    rotate(0).await.unwrap();
    // One that dies makes room.
    database.revoke(made[1], now).await.unwrap();
    database.create_within(short(&database), limits).await.unwrap();
    let long = NewToken { expires_at: Some(now.plus_seconds(3601)), ..short(&database) };
    database.revoke(made[2], now).await.unwrap();
    assert!(database.create_within(long, limits).await.is_err());
}

/// Whoever looked before the first one was done, and comes after it, is given its answer all the same.
#[tokio::test]
async fn of_two_requests_under_a_key_the_second_makes_nothing() {
    let database = Database::new().await;
    let (key, request) = (Key::new("k"), Fingerprint::of(&serde_json::json!("request")));
    let issue = async |salt: u8| {
        let seal = Box::new(move |_: &TokenRecord| Ok(Sealed { salt: [salt; 32], ciphertext: vec![salt] }));
        let keep = Some(Keep { key: key.hash(), request, seal });
        let (change, new) = (database.change(Timestamp::now()), database.new_token());
        database.store.create_token(change, new, Limits::default(), keep, tokens::still_grantable).await.unwrap()
    };
    assert!(matches!(issue(1).await, Issued::Made(_)));
    let Issued::Kept(kept) = issue(2).await else { panic!("a second one was made") };
    assert_eq!((kept.request, kept.sealed.ciphertext), (request, vec![1]));
    let organization = database.owner.organization_id;
    let page = database.store.tokens(organization, Filter::default(), None, 100).await.unwrap();
    assert_eq!(page.records.len(), 2);
}

#[tokio::test]
async fn an_older_database_is_brought_to_this_version() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("tests/version_1.sql")).unwrap();
    drop(old);
    let store = Store::open(&path, PATIENCE).await.unwrap();
    let organization = store.organizations(Timestamp::now()).await.unwrap().remove(0);
    let page = store.tokens(organization.id, Filter::default(), None, 100).await.unwrap();
    assert_eq!((page.records.len(), organization.live_tokens), (1, 1));
    let change = Change { organization_id: organization.id, now: Timestamp::now(), origin: Origin::default() };
    store.revoke_token_as_operator(change, page.records[0].id, false).await.unwrap();
    let chain = store.verify_events(organization.id, || ()).await.unwrap();
    assert!(matches!(chain, Chain::Whole { end } if end.sequence == 1), "{chain:?}");
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 24, failure_persistence: None, ..Default::default() })]

    /// However pages, creations, revocations and renamings follow one another: a token that existed throughout, and was
    /// in the filter throughout, is on exactly one page.
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
            let (mut found, mut after, mut made) = (Vec::new(), None, Vec::new());
            for (limit, inserts, revoke) in between {
                let page = database.store.tokens(organization, filter.clone(), after, limit).await.unwrap();
                proptest::prop_assert!(page.records.len() <= limit as usize);
                found.extend(page.records.iter().map(|record| record.id));
                if !page.more {
                    break;
                }
                after = page.records.last().map(|record| record.id);
                for _ in 0..inserts {
                    made.push(database.token().await.id);
                }
                if let Some(id) = made.pop().filter(|_| revoke) {
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
