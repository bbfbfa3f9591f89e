//! Tests of the probe of readiness.

use std::time::Instant;

use super::*;

/// The number of pages that `write` commits.
async fn pages_of(database: &Database, write: impl AsyncFnOnce()) -> u64 {
    const HEADER: u64 = 32;
    const FRAME: u64 = 24 + 4096;
    let truncate = "PRAGMA wal_checkpoint(TRUNCATE)";
    database.other().query_row(truncate, [], |row| row.get::<_, i64>(0)).map(|busy| assert_eq!(busy, 0)).unwrap();
    write().await;
    let log = std::fs::metadata(database.directory.path().join("aether.db-wal")).unwrap();
    (log.len() - HEADER) / FRAME
}

// The trees of a database with many tokens are deep, and a revocation can split their pages.
#[tokio::test]
async fn probe_commits_more_pages_than_a_revocation() {
    let database = Database::new().await;
    let organization = database.owner.organization_id;
    let fill = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
        INSERT INTO api_tokens (org_id, id, name, prefix, hash, scopes, created_at, expires_at, created_by)
        SELECT ?1, randomblob(16), 'token', 'aether_00000000', randomblob(32), '', i, 4102444800000 + i, ?2 FROM n";
    database.other().execute(fill, (organization, database.owner.token_id)).unwrap();
    let sample = "SELECT id FROM api_tokens WHERE name = 'token' ORDER BY hash LIMIT 100";
    let ids: Vec<Uuid> = {
        let other = database.other();
        let mut statement = other.prepare(sample).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let mut revocation = 0;
    for id in ids {
        let revoke = async || database.revoke(id, Timestamp::now()).await.unwrap();
        revocation = revocation.max(pages_of(&database, revoke).await);
    }
    let probe = async || database.store.write(|connection| sqlite::probe::write(connection)).await.unwrap();
    let first = pages_of(&database, probe).await;
    let again = pages_of(&database, probe).await;
    let size = || std::fs::metadata(database.path()).unwrap().len();
    let before = size();
    let third = pages_of(&database, probe).await;
    assert!(revocation > 5, "{revocation}");
    assert!([first, again, third].iter().all(|pages| *pages > revocation), "{first}, {again}, {third}; {revocation}");
    assert_eq!(size(), before, "the pages of the row are reused");
}

#[tokio::test]
async fn probes_are_shared_and_at_most_one_a_second() {
    let database = Database::new().await;
    let start = Instant::now();
    let ready = futures::future::join_all((0..50).map(|_| database.store.readiness())).await;
    assert!(ready.iter().all(Result::is_ok), "{ready:?}");
    let content = || database.other().query_row("SELECT content FROM readiness_probe", [], |row| row.get(0));
    let first: Vec<u8> = content().unwrap();
    let mut latest = first.clone();
    while latest == first {
        database.store.readiness().await.unwrap();
        latest = content().unwrap();
    }
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test]
async fn failed_write_is_reported_at_once_until_a_probe_passes() {
    let database = Database::new().await;
    database.store.readiness().await.unwrap();
    let full = |_: &mut Connection| Err::<(), _>(StoreError::Unwritable(Fault::DiskFull));
    database.store.write(full).await.unwrap_err();
    assert_eq!(database.store.readiness().await, Err(Fault::DiskFull));
    // A denial and a busy database are no faults of the disk.
    while database.store.readiness().await.is_err() {}
    database.store.write(|_| Err::<(), _>(StoreError::Busy)).await.unwrap_err();
    database.store.write(|_| Err::<(), _>(ChangeError::Denied(Denied::NotFound))).await.unwrap_err();
    assert_eq!(database.store.readiness().await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn stuck_writer_is_reported_in_bounded_time() {
    let database = Database::new().await;
    let store = Store::open(&database.path(), Duration::from_millis(100)).await.unwrap();
    let (release, stuck) = std::sync::mpsc::channel::<()>();
    let blocked = store.clone();
    let hang = move |_: &mut Connection| {
        let released = stuck.recv();
        assert!(released.is_err(), "the sender is dropped");
        Ok::<_, StoreError>(())
    };
    let job = tokio::spawn(async move { blocked.write(hang).await });
    let start = Instant::now();
    let reason = loop {
        if let Err(reason) = store.readiness().await {
            break reason;
        }
    };
    assert!(matches!(reason, Fault::Stuck | Fault::Busy), "{reason}");
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    drop(release);
    job.await.unwrap().unwrap();
    while store.readiness().await.is_err() {}
}

#[tokio::test]
async fn log_shrinks_without_a_change_after_a_long_reader() {
    let database = Database::new().await;
    let size = || std::fs::metadata(database.directory.path().join("aether.db-wal")).unwrap().len();
    let other = database.other();
    other.execute_batch("BEGIN; SELECT count(*) FROM api_tokens").unwrap();
    let limit = u64::from(sqlite::LOG_SIZE);
    while size() <= 2 * limit {
        database.store.write(|connection| sqlite::probe::write(connection)).await.unwrap();
    }
    database.store.shrink_log().await;
    assert!(size() > 2 * limit, "the reader holds it");
    other.execute_batch("COMMIT").unwrap();
    database.store.shrink_log().await;
    assert!(size() <= limit, "{}", size());
}
