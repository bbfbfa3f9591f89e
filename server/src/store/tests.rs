//! The store's verbs on a real database.

use std::path::PathBuf;

use rand::rngs::SysRng;
use tempfile::TempDir;

use super::*;
use crate::bootstrap::{Owned, bootstrap};
use crate::tokens::{self, NewToken, Scopes, State, TokenRecord};

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

    fn new_token(&self) -> NewToken {
        let organization = self.owner.organization_id;
        let now = Timestamp::now();
        let made = tokens::issue(organization, None, "token".into(), Scopes::default(), None, now, &mut SysRng);
        NewToken { created_by: Some(self.owner.token_id), ..made.unwrap().1 }
    }

    async fn token(&self) -> TokenRecord {
        self.store.insert_token(self.new_token()).await.unwrap().unwrap()
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
    assert!(matches!(error, StoreError::Future { found: 99, known: 1 }), "{error}");

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
    let page = store.tokens(foreign.organization_id, None, 100).await.unwrap();
    assert_eq!(page.records.iter().map(|record| record.id).collect::<Vec<_>>(), [foreign.token_id]);
    let revoked = store.revoke_token(foreign.organization_id, id, true, Timestamp::now(), |_| true).await.unwrap();
    assert_eq!(revoked, Revocation::Absent);
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
    let database = Database::new().await;
    let made = (0..64).map(|_| {
        let (store, new) = (database.store.clone(), database.new_token());
        tokio::spawn(async move { store.insert_token(new).await.unwrap().unwrap().id })
    });
    let mut ids = vec![];
    for task in made.collect::<Vec<_>>() {
        ids.push(task.await.unwrap());
    }
    let by_id = database.store.tokens(database.owner.organization_id, None, 100).await.unwrap();
    let by_id: Vec<_> = by_id.records.iter().map(|record| record.id).skip(1).collect();
    ids.sort_unstable();
    assert_eq!(by_id, ids);
    // A clock that steps back does not take the ids with it.
    let late = NewToken { created_at: Timestamp::from_millis(0), ..database.new_token() };
    let late = database.store.insert_token(late).await.unwrap().unwrap();
    assert!(late.id > *ids.last().unwrap());
}

#[tokio::test]
async fn a_maker_that_died_meanwhile_makes_nothing() {
    let database = Database::new().await;
    let (organization, owner) = (database.owner.organization_id, database.owner.token_id);
    let new = database.new_token();
    database.store.revoke_token(organization, owner, false, Timestamp::now(), |_| true).await.unwrap();
    assert!(database.store.insert_token(new).await.unwrap().is_none());
}

#[tokio::test]
async fn a_revocation_is_decided_on_what_is_there_and_keeps_its_time() {
    let database = Database::new().await;
    let (organization, id) = (database.owner.organization_id, database.token().await.id);
    let revoke = |now, permit| {
        database.store.revoke_token(organization, id, false, Timestamp::from_millis(now), move |_| permit)
    };
    assert_eq!(revoke(1, false).await.unwrap(), Revocation::Refused);
    assert_eq!(database.read(id).await.revoked_at, None);
    for now in [2, 3] {
        assert_eq!(revoke(now, true).await.unwrap(), Revocation::Done);
        assert_eq!(database.read(id).await.revoked_at, Some(Timestamp::from_millis(2)));
    }
}

#[tokio::test]
async fn somebody_elses_write_makes_it_busy() {
    const SHORT: Duration = Duration::from_millis(100);
    let database = Database::new().await;
    let impatient = Store::open(&database.path(), SHORT).await.unwrap();
    let other = database.other();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Those that wait behind one another wait at the same time.
    let waiting = (0..50).map(|_| impatient.insert_token(database.new_token()));
    let begun = std::time::Instant::now();
    for refused in futures::future::join_all(waiting).await {
        assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
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
