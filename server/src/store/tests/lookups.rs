//! Look-ups of tokens by hash: they come from memory, and are as exact as the database.

use std::sync::atomic::AtomicBool;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;
use crate::store::cost::observe;
use crate::store::sqlite::tokens::find_by_hash;
use crate::tokens::HashedToken;

/// The number of random steps.
const STEPS: usize = 2_000;

/// The token as the database has it, and as the store finds it.
async fn both(database: &Database, hash: HashedToken) -> [String; 2] {
    let stored = find_by_hash(&database.other(), hash).unwrap();
    let found = database.store.find_token(hash).await.unwrap();
    [stored, found].map(|record| format!("{record:?}"))
}

#[tokio::test]
async fn found_token_is_the_stored_one_after_any_changes() {
    let database = Database::of_server().await;
    // Another process, as far as the store can tell.
    let command = Store::open(&database.path(), BUSY_TIMEOUT).await.unwrap();
    let organization = database.owner.organization_id;
    let seed = rand::random();
    let mut random = StdRng::seed_from_u64(seed);
    let mut tokens: Vec<(Uuid, HashedToken)> = Vec::new();
    let mut now = Timestamp::now();
    for step in 0..STEPS {
        now = now.plus_seconds(random.random_range(1..100));
        database.set_clock(now);
        let choice = random.random_range(0..12);
        let index = random.random_range(0..tokens.len().max(1));
        if choice < 2 || tokens.len() < 5 {
            let new = database.new_token();
            let hash = new.hash;
            tokens.push((database.create(new).await.unwrap().id, hash));
            continue;
        }
        let (id, hash) = tokens[index];
        match choice {
            2 => drop(database.revoke(id, now).await),
            3 => {
                let update = Update { name: Some(format!("step {step}")), ..Update::default() };
                drop(database.store.update_token(database.change(now), id, update).await);
            }
            4 => {
                let Some(record) = database.store.find_token(hash).await.unwrap() else { continue };
                database.store.record_use(&record, now);
                database.wait_for_observations().await;
            }
            5 => {
                let update = Update { expires_at: Some(now.plus_seconds(1)), ..Update::default() };
                drop(database.store.update_token(database.change(now), id, update).await);
                database.store.mark_expired(organization, id, now.plus_seconds(2)).await.unwrap();
            }
            6 => {
                let sql = "DELETE FROM api_tokens WHERE id = ?1 AND NOT EXISTS \
                           (SELECT 1 FROM api_tokens WHERE created_by = ?1 OR rotated_to = ?1)";
                database
                    .store
                    .write(move |connection| Ok::<_, StoreError>(connection.execute(sql, [id])?))
                    .await
                    .unwrap();
            }
            7 => {
                let sql = "UPDATE api_tokens SET name = 'by another program' WHERE id = ?";
                database.other().execute(sql, [id]).unwrap();
            }
            8 => drop(command.revoke_token_as_operator(ChangeContext::without_caller(organization), id, false).await),
            9 => database.store.readers.snapshots.release(),
            _ => {}
        }
        for (_, hash) in [tokens[index], tokens[random.random_range(0..tokens.len())]] {
            let [stored, found] = both(&database, hash).await;
            assert_eq!(stored, found, "choice {choice} in step {step} with the seed {seed}");
        }
    }
}

#[tokio::test]
async fn known_token_is_found_in_memory_until_it_changes() {
    let database = Database::of_server().await;
    let [mine, other] = [database.new_token(), database.new_token()];
    let hash = mine.hash;
    let (mine, other) = (database.create(mine).await.unwrap(), database.create(other).await.unwrap());
    let steps = observe(&database.store).await;
    let queries = async || {
        database.store.find_token(hash).await.unwrap();
        let steps = steps.lock().unwrap();
        steps.iter().find(|(sql, _)| sql.contains("WHERE hash")).map_or(0, |(_, steps)| *steps)
    };
    let first = queries().await;
    assert!(first > 0, "it is not known yet");
    assert_eq!(queries().await, first);
    database.revoke(other.id, Timestamp::now()).await.unwrap();
    assert_eq!(queries().await, first, "a change of another token");
    database.token().await;
    assert_eq!(queries().await, first, "a new token");
    database.revoke(mine.id, Timestamp::now()).await.unwrap();
    let second = queries().await;
    assert!(second > first, "it has changed");
    assert_eq!(queries().await, second);
    database.other().execute("UPDATE api_tokens SET name = 'a' WHERE id = ?", [other.id]).unwrap();
    assert!(queries().await > second, "another program has changed something");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn revocation_holds_for_every_look_up_that_begins_after_it() {
    let database = Arc::new(Database::of_server().await);
    let command = Store::open(&database.path(), BUSY_TIMEOUT).await.unwrap();
    let organization = database.owner.organization_id;
    for round in 0..100 {
        let new = database.new_token();
        let hash = new.hash;
        let id = database.create(new).await.unwrap().id;
        let revoked = Arc::new(AtomicBool::new(false));
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let (database, revoked) = (Arc::clone(&database), Arc::clone(&revoked));
                tokio::spawn(async move {
                    loop {
                        let acknowledged = revoked.load(Ordering::SeqCst);
                        let record = database.store.find_token(hash).await.unwrap().unwrap();
                        assert!(!acknowledged || record.revoked_at.is_some());
                        if acknowledged {
                            return;
                        }
                        tokio::task::yield_now().await;
                    }
                })
            })
            .collect();
        if round % 2 == 0 {
            database.revoke(id, Timestamp::now()).await.unwrap();
        } else {
            command.revoke_token_as_operator(ChangeContext::without_caller(organization), id, false).await.unwrap();
        }
        revoked.store(true, Ordering::SeqCst);
        for reader in readers {
            reader.await.unwrap();
        }
    }
}
