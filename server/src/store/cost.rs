//! Tests of the cost of queries: each statement is served by an index, and no request on a finished state costs more than a constant.
//!
//! The statements and their steps are observed on the connections of a store, with SQLite's own counters.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use rand::rngs::SysRng;
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use rusqlite::{Connection, StatementStatus, params};
use uuid::Uuid;

use super::tests::Database;
use super::*;
use crate::audit::Origin;
use crate::bootstrap::bootstrap;
use crate::idempotency::{Fingerprint, Key, Sealed};
use crate::tokens::{Denied, Limits, NewToken, PlainToken, RefusalReason, Scopes, State, TokenRecord, Update};

/// The steps of SQLite's virtual machine, by statement.
pub(super) type Steps = Arc<Mutex<BTreeMap<String, i64>>>;

/// Observes the statements of every connection of a store.
pub(super) async fn observe(store: &Store) -> Steps {
    let steps = Steps::default();
    let writer = Arc::clone(&steps);
    store.write(move |connection| observe_connection(connection, &writer)).await.unwrap();
    // Each job waits for all others, so every connection gets one.
    let barrier = Arc::new(std::sync::Barrier::new(sqlite::READERS));
    let readers = (0..sqlite::READERS).map(|_| {
        let (barrier, steps) = (Arc::clone(&barrier), Arc::clone(&steps));
        store.read(move |connection| {
            barrier.wait();
            observe_connection(connection, &steps)
        })
    });
    for observed in futures::future::join_all(readers).await {
        observed.unwrap();
    }
    store.readers.snapshots.each_connection(|connection| observe_connection(connection, &steps).unwrap());
    steps
}

fn observe_connection(connection: &mut Connection, steps: &Steps) -> Result<(), StoreError> {
    let steps = Arc::clone(steps);
    // The counter of a statement that is kept goes on from its last use.
    let mut before = HashMap::<String, i64>::new();
    let observe = move |event: TraceEvent<'_>| {
        if let TraceEvent::Profile(statement, _) = event {
            let sql = statement.sql().split_whitespace().collect::<Vec<_>>().join(" ");
            let count = i64::from(statement.get_status(StatementStatus::VmStep));
            let last = before.insert(sql.clone(), count).filter(|last| *last <= count).unwrap_or_default();
            *steps.lock().unwrap().entry(sql).or_default() += count - last;
        }
    };
    Ok(connection.trace_v2(TraceEventCodes::SQLITE_TRACE_PROFILE, Some(observe))?)
}

/// An organization with tokens in every state, and with a caller of every kind.
struct Finished {
    database: Database,
    /// The root of a tree of revoked tokens.
    dead_root: Uuid,
    /// An active token that created expired ones.
    creator: Uuid,
    /// A predecessor after its grace period.
    rotated: Uuid,
    key: Key,
    request: Fingerprint,
}

impl Finished {
    async fn new(dead: usize) -> Self {
        let database = Database::new().await;
        let (key, request) = (Key::new("k"), Fingerprint::of(&serde_json::json!("request")));
        let dead_root = database.token().await.id;
        let creator = database.token().await.id;
        let rotated = database.token().await.id;
        let finished = Self { database, dead_root, creator, rotated, key, request };
        finished.create(&finished.context(), true).await.unwrap();
        finished.rotate().await.unwrap();
        insert_children(&finished.database, dead_root, dead, None);
        insert_children(&finished.database, creator, dead, Some(1));
        assert_eq!(finished.revoke(finished.dead_root, true).await.unwrap(), dead + 1);
        finished
    }

    fn store(&self) -> &Store {
        &self.database.store
    }

    fn organization(&self) -> Uuid {
        self.database.owner.organization_id
    }

    fn context(&self) -> ChangeContext {
        self.database.context(self.database.owner.token_id)
    }

    async fn create(&self, context: &ChangeContext, with_key: bool) -> Result<(), ChangeError> {
        let seal = |(): &()| Ok(Sealed { salt: [0; 32], ciphertext: vec![0] });
        let idempotency =
            with_key.then(|| Idempotency { key: self.key.hash(), request: self.request, seal: Box::new(seal) });
        let limits = Limits { tokens: Some(if with_key { 100 } else { 1 }), life: None };
        self.store()
            .create_token(context.clone(), self.database.new_token(), limits, idempotency, |_| ())
            .await
            .map(drop)
    }

    async fn rotate(&self) -> Result<(), ChangeError> {
        let token = PlainToken::generate(&mut SysRng).unwrap();
        let rotation = Rotation { target: self.rotated, token, grace: 0 };
        let limits = Limits { tokens: Some(100), life: None };
        self.store().rotate_token(self.context(), rotation, limits, None, |_| ()).await.map(drop)
    }

    async fn revoke(&self, target: Uuid, descendants: bool) -> Result<usize, ChangeError> {
        self.store().revoke_token(self.context(), target, descendants).await
    }

    async fn update(&self, target: Uuid) -> Result<(), ChangeError> {
        self.store().update_token(self.context(), target, Update::default()).await.map(drop)
    }

    async fn list(&self, state: Option<State>, name_prefix: Option<&str>) -> Page<TokenRecord> {
        let state = state.map(|state| (state, self.store().clock.now()));
        let filter = Filter { state, name_prefix: name_prefix.map(str::to_owned) };
        self.store().tokens(self.organization(), filter, None, 50).await.unwrap()
    }
}

/// Inserts tokens as the server would have written them.
pub(super) fn insert_children(database: &Database, creator: Uuid, count: usize, expires_at: Option<i64>) {
    let mut other = database.other();
    let transaction = other.transaction().unwrap();
    for _ in 0..count {
        let sql = "INSERT INTO api_tokens (org_id, id, name, prefix, hash, scopes, created_at, expires_at, created_by) \
                   VALUES (?, ?, 'child', 'aether_00000000', randomblob(32), '', 0, ?, ?)";
        let arguments = params![database.owner.organization_id, Uuid::now_v7(), expires_at, creator];
        transaction.execute(sql, arguments).unwrap();
    }
    transaction.commit().unwrap();
}

fn is(denied: &Denied) -> impl Fn(ChangeError) -> bool {
    let expected = denied.clone();
    move |error| matches!(error, ChangeError::Denied(denied) if denied == expected)
}

/// Repeats a request, and checks the mean number of steps and that nothing is written.
macro_rules! repeat {
    ($finished:expr, $observed:expr, $name:literal, $limit:expr, $request:expr) => {{
        $observed.lock().unwrap().clear();
        let rows = async || $finished.store().write(|it| Ok::<_, StoreError>(it.total_changes())).await.unwrap();
        let before = rows().await;
        for _ in 0..REPETITIONS {
            $request;
        }
        let written = rows().await - before;
        let steps = $observed.lock().unwrap().values().sum::<i64>() / REPETITIONS;
        assert!(steps <= $limit, "{} takes {steps} steps: {:?}", $name, $observed.lock().unwrap());
        assert!(written <= WRITTEN, "{} writes {written} rows", $name);
    }};
}

const REPETITIONS: i64 = 1_000;

/// The rows of the refusals and uses of a minute, whatever the number of requests.
const WRITTEN: u64 = 8;

/// The limit of a request that reads a few rows, and of one that reads a page.
const FEW: i64 = 1_000;
const PAGE: i64 = 50_000;

/// A row of a list takes less.
const STEPS_OF_A_ROW: i64 = 64;

#[tokio::test]
async fn requests_on_a_finished_state_cost_a_constant() {
    const DEAD: usize = 400;
    let finished = Finished::new(DEAD).await;
    let observed = observe(finished.store()).await;
    let (store, organization) = (finished.store(), finished.organization());
    let dead_caller = finished.database.context(finished.dead_root);
    let caller_is_inactive = is(&Denied::CallerInactive);
    let owner = finished.database.owner.token.hash();
    let tokens = i64::try_from(2 * DEAD + 10).unwrap();

    repeat!(finished, observed, "the authentication of a caller", FEW, {
        let caller = store.find_token(owner).await.unwrap().unwrap();
        store.record_use(&caller, store.clock.now());
    });
    repeat!(finished, observed, "a refused credential", FEW, {
        let dead = finished.database.read(finished.dead_root).await;
        store.record_refusal(&dead, RefusalReason::Revoked, Origin::default(), store.clock.now());
    });
    repeat!(finished, observed, "an observed expiry", FEW, {
        store.mark_expired(organization, finished.rotated, store.clock.now()).await.unwrap();
    });
    repeat!(finished, observed, "createApiToken with a used key", FEW, {
        finished.create(&finished.context(), true).await.unwrap();
        store.replay(organization, finished.database.owner.token_id, finished.key.hash()).await.unwrap().unwrap();
    });
    repeat!(finished, observed, "createApiToken at the limit", FEW, {
        assert!(is(&Denied::LimitReached)(finished.create(&finished.context(), false).await.unwrap_err()));
    });
    repeat!(finished, observed, "createApiToken of a dead caller", FEW, {
        assert!(caller_is_inactive(finished.create(&dead_caller, true).await.unwrap_err()));
    });
    repeat!(finished, observed, "getApiToken", FEW, drop(finished.database.read(finished.dead_root).await));
    repeat!(finished, observed, "updateApiToken without a change", FEW, {
        finished.update(finished.creator).await.unwrap();
    });
    repeat!(finished, observed, "updateApiToken of a revoked token", FEW, {
        assert!(is(&Denied::Revoked)(finished.update(finished.dead_root).await.unwrap_err()));
    });
    repeat!(finished, observed, "rotateApiToken of a rotated token", FEW, {
        assert!(is(&Denied::Rotated)(finished.rotate().await.unwrap_err()));
    });
    repeat!(finished, observed, "revokeApiToken of a revoked token", FEW, {
        assert_eq!(finished.revoke(finished.dead_root, false).await.unwrap(), 0);
    });
    repeat!(finished, observed, "revokeApiToken of a revoked tree", FEW, {
        assert_eq!(finished.revoke(finished.dead_root, true).await.unwrap(), 0);
    });
    repeat!(finished, observed, "the operator's revocation of a revoked tree", FEW, {
        let context = ChangeContext::without_caller(organization);
        assert_eq!(store.revoke_token_as_operator(context, finished.dead_root, true).await.unwrap(), 0);
    });
    repeat!(finished, observed, "revokeCurrentApiToken of a dead caller", FEW, {
        let revoked = store.revoke_token(dead_caller.clone(), finished.dead_root, false).await;
        assert!(caller_is_inactive(revoked.unwrap_err()));
    });
    repeat!(finished, observed, "listAuditEvents", PAGE, drop(store.events(organization, None, 50).await.unwrap()));
    repeat!(finished, observed, "listApiTokens", PAGE, drop(finished.list(None, None).await));
    // A filter reads the tokens that it skips, up to a window. The following tests go beyond it.
    repeat!(finished, observed, "listApiTokens by state", STEPS_OF_A_ROW * tokens, {
        drop(finished.list(Some(State::Active), None).await);
    });
    repeat!(finished, observed, "listApiTokens by name", STEPS_OF_A_ROW * tokens, {
        drop(finished.list(Some(State::Revoked), Some("none")).await);
    });
    repeat!(finished, observed, "a purge of nothing", FEW, {
        assert_eq!(store.purge(Retention { seconds: i64::MAX / 1000 }, store.clock.now()).await.unwrap(), 0);
    });
    // The first revocation of a creator passes its expired tokens, and later ones do not.
    assert_eq!(finished.revoke(finished.creator, true).await.unwrap(), 1);
    repeat!(finished, observed, "revokeApiToken of a tree that a walk has passed", FEW, {
        assert_eq!(finished.revoke(finished.creator, true).await.unwrap(), 0);
    });
    let owner = finished.database.owner.token_id;
    observed.lock().unwrap().clear();
    let revoked = finished.revoke(owner, true).await.unwrap();
    assert_eq!(revoked, 2, "the owner and the successor");
    let steps: i64 = observed.lock().unwrap().values().sum();
    assert!(steps < 20 * FEW, "the revocation of the owner passes no dead tree: {steps} steps");
}

#[tokio::test]
async fn filtered_page_reads_a_bounded_number_of_tokens() {
    const TOKENS: usize = 12_000;
    let database = Database::new().await;
    insert_children(&database, database.owner.token_id, TOKENS, Some(1));
    let last = database.token().await.id;
    let observed = observe(&database.store).await;
    let filter = Filter { state: Some((State::Active, database.store.clock.now())), name_prefix: Some("token".into()) };
    let (mut found, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        observed.lock().unwrap().clear();
        let page = database.store.tokens(database.owner.organization_id, filter.clone(), after, 10).await.unwrap();
        let steps: i64 = observed.lock().unwrap().values().sum();
        assert!(steps < 5_000 * STEPS_OF_A_ROW, "a page takes {steps} steps");
        found.extend(page.items.into_iter().map(|record| record.id));
        pages += 1;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((found, pages), (vec![last], 3), "the empty pages have a cursor");
}

/// The revocation of a tree takes steps in proportion to its size.
#[tokio::test]
async fn revocation_of_a_tree_is_linear() {
    let mut steps_of_a_token = Vec::new();
    for size in [300, 3_000] {
        let database = Database::new().await;
        let root = database.token().await.id;
        insert_children(&database, root, size, None);
        let observed = observe(&database.store).await;
        let revoked = database.store.revoke_token(database.context(database.owner.token_id), root, true).await;
        assert_eq!(revoked.unwrap(), size + 1);
        let steps: i64 = observed.lock().unwrap().values().sum();
        steps_of_a_token.push(steps / i64::try_from(size).unwrap());
    }
    let [small, large] = steps_of_a_token[..] else { unreachable!("two sizes") };
    assert!(large <= small + small / 10, "{small} steps for each of 300 tokens, {large} for each of 3,000");
}

/// The statements that read whole tables or organizations, with the reason.
const SCANS: &[(&str, &str)] = &[
    ("FROM organizations ORDER BY created_at, id", "the operator lists all organizations"),
    ("SELECT id FROM organizations", "a purge visits all organizations"),
    ("FROM organizations CROSS JOIN api_tokens", "the operator selects a token by its id alone"),
    ("EXISTS (SELECT 1 FROM organizations)", "one row is read"),
    ("SELECT max(id) FROM api_tokens", "the last row of the organization is read"),
    ("AS matches FROM api_tokens", "a page reads a bounded number of tokens in the order of their ids"),
    ("FROM audit_events WHERE org_id = ? ORDER BY sequence", "the operator verifies whole chains"),
    ("ORDER BY token_id, sequence", "the operator compares all events with the tokens"),
    ("tree_revoked FROM api_tokens WHERE org_id = ? ORDER BY id", "the operator compares all tokens with the events"),
    ("FROM api_tokens child INDEXED BY", "the operator compares all tokens with their creators"),
    ("SELECT min(sequence) FROM audit_events", "the operator exports all events before a time"),
];

#[tokio::test]
async fn every_statement_is_served_by_an_index() {
    let finished = Finished::new(3).await;
    let observed = observe(finished.store()).await;
    exercise(&finished).await;
    let statements: BTreeSet<String> = observed.lock().unwrap().keys().cloned().collect();
    let connection = finished.database.other();
    let mut scans = BTreeSet::new();
    for sql in statements.iter().filter(|sql| is_query(sql)) {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let plan = statement.raw_query().mapped(|row| row.get::<_, String>("detail"));
        let plan: Vec<_> = plan.collect::<Result<_, _>>().unwrap();
        let scanning: Vec<_> = plan.iter().filter(|step| is_scan(step)).collect();
        match SCANS.iter().find(|(part, _)| sql.contains(part)) {
            Some((part, _)) => drop(scans.insert(part)),
            None => assert!(scanning.is_empty(), "{sql}\n{plan:#?}"),
        }
    }
    assert_eq!(scans.len(), SCANS.len(), "an exception is not needed: {scans:?}");
    // Every statement in the sources was executed, so no plan was left out.
    for (file, parts) in statements_in_sources() {
        let is_executed = statements.iter().any(|sql| contains_in_order(sql, &parts));
        assert!(is_executed, "{file}: a statement was not executed by this test: {parts:?}");
    }
}

/// Executes every statement.
async fn exercise(finished: &Finished) {
    let (store, organization) = (finished.store(), finished.organization());
    let database = &finished.database;
    let now = store.clock.now();
    let owner = store.find_token(database.owner.token.hash()).await.unwrap().unwrap();
    store.record_use(&owner, now);
    let dead = database.read(finished.dead_root).await;
    store.record_refusal(&dead, RefusalReason::Revoked, Origin::default(), now);
    for state in [None, Some(State::Active), Some(State::Expired), Some(State::Revoked)] {
        finished.list(state, Some("t")).await;
    }
    let events = store.events(organization, None, 1).await.unwrap();
    store.events(organization, events.next, 1).await.unwrap();
    store.event_count(organization).await.unwrap();
    store.older_events(organization, 0, now, 1).await.unwrap();
    let newest = store.newest_older_event(organization, Timestamp::from_millis(i64::MAX)).await.unwrap();
    assert!(store.has_event(organization, newest).await.unwrap());
    store.orphans().await.unwrap();
    store.verify_events(organization, std::sync::Arc::default(), || ()).await.unwrap();
    store.organizations(now).await.unwrap();
    store.organization_of(owner.id).await.unwrap();
    let names = store.organization_names().await.unwrap();
    store.rename_organization(names[0].0, "renamed".to_owned()).await.unwrap();
    store.has_organization().await.unwrap();
    store.record_finished(Task::Purge, now).await.unwrap();
    store.last_finished(Task::Purge).await.unwrap();
    bootstrap(store, "other".to_owned(), |_, _| Ok(())).await.unwrap();
    store
        .create_owner_token(ChangeContext::without_caller(organization), database.new_token(), |_| Ok(()))
        .await
        .unwrap();
    let other = database.context(finished.creator);
    finished.create(&other, true).await.unwrap();
    store.replay(organization, owner.id, finished.key.hash()).await.unwrap();
    let renamed = Update { name: Some("b".into()), ..Update::default() };
    store.update_token(finished.context(), finished.creator, renamed).await.unwrap();
    finished.rotate().await.unwrap_err();
    let expired = NewToken { expires_at: Some(now.plus_seconds(1)), scopes: Scopes::default(), ..database.new_token() };
    let expired = database.create(expired).await.unwrap().id;
    database.set_clock(now.plus_seconds(2));
    store.mark_expired(organization, expired, now.plus_seconds(2)).await.unwrap();
    finished.revoke(finished.creator, false).await.unwrap();
    finished.revoke(finished.creator, true).await.unwrap();
    let context = ChangeContext::without_caller(organization);
    store.revoke_token_as_operator(context, finished.dead_root, true).await.unwrap();
    // Everything is old.
    let late = now.plus_seconds(100 * 86_400);
    assert!(store.purge(Retention { seconds: 86_400 }, late).await.unwrap() > 0);
}

/// Whether the planner has to choose how to find rows.
fn is_query(sql: &str) -> bool {
    ["SELECT", "UPDATE", "DELETE", "INSERT", "WITH"].iter().any(|verb| sql.starts_with(verb))
}

/// Whether a step of a plan reads a whole table, an organization of it, or sorts.
fn is_scan(step: &str) -> bool {
    let is_whole = step.starts_with("SCAN") && !step.starts_with("SCAN CONSTANT ROW") && !is_subquery(step);
    // Of a primary key, only the last column may be a range, and only for pages in its order.
    let is_organization = ["(org_id=?)", "PRIMARY KEY (org_id=? AND id>?)"].iter().any(|it| step.contains(it));
    is_whole || is_organization || step.contains("AUTOMATIC") || step.contains("TEMP B-TREE")
}

/// Whether a step reads the rows of a subquery, whose own steps are in the plan as well.
fn is_subquery(step: &str) -> bool {
    step.contains("(subquery")
}

/// The fragments of each string with SQL in the modules of queries, with the name of the file. What is inserted is between them.
fn statements_in_sources() -> Vec<(String, Vec<String>)> {
    // These have no queries of a request: they open, identify, check, migrate and copy databases, and run jobs.
    const WITHOUT_QUERIES: &[&str] = &[
        "backup.rs",
        "batch.rs",
        "check.rs",
        "connection.rs",
        "fair_queue.rs",
        "identity.rs",
        "lost.rs",
        "migrations.rs",
        "observations.rs",
        "pool.rs",
        "probe.rs",
        "turn.rs",
        "writer.rs",
    ];
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/sqlite");
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if WITHOUT_QUERIES.contains(&name.as_str()) {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        // No string contains a quote.
        let strings = source.lines().filter(|line| !line.trim_start().starts_with("//")).fold(
            String::new(),
            |mut source, line| {
                let _ = writeln!(source, "{line}");
                source
            },
        );
        for string in strings.split('"').skip(1).step_by(2).filter(|string| is_query(string.trim_start())) {
            let text = string.replace("\\\n", " ").split_whitespace().collect::<Vec<_>>().join(" ");
            let fragments = text.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest));
            let fragments = fragments.map(|part| part.trim().to_owned()).filter(|part| !part.is_empty());
            found.push((name.clone(), fragments.collect()));
        }
    }
    assert!(found.len() > 20, "the sources have statements");
    found
}

fn contains_in_order(sql: &str, parts: &[String]) -> bool {
    parts.iter().try_fold(sql, |rest, part| rest.find(part.as_str()).map(|at| &rest[at + part.len()..])).is_some()
}
