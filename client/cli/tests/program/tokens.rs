//! The commands on tokens.

use aether_client::chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::home::Home;

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} is missing"))
}

#[test]
fn secret_is_alone_on_standard_output() {
    let home = Home::start();
    let created = home.run(&["token", "create", "deploy", "-s", "deploy:*", "-s", "b"]).succeeded();
    let secret = created.stdout.strip_suffix('\n').expect("a line");
    assert!(secret.starts_with("aether_") && secret.len() == 79);
    for part in ["deploy:* b", &secret[..15], "never", "Store the secret now"] {
        assert!(created.stderr.contains(part), "{part}: {}", created.stderr);
    }
    assert!(!created.stderr.contains(secret));
    assert_eq!(home.run_as(secret, &["token", "current", "-o", "json"]).json()["name"], "deploy");
}

#[test]
fn issued_token_in_json_has_the_members_of_the_contract() {
    let home = Home::start();
    let issued = home.run(&["token", "create", "a", "-s", "b", "--expires-in", "90d", "-o", "json"]).succeeded();
    assert_eq!(issued.stderr, "");
    let issued = issued.json();
    let members: Vec<_> = issued.as_object().unwrap().keys().collect();
    assert_eq!(members, ["id", "org_id", "name", "prefix", "scopes", "expires_at", "created_at", "token"]);
    let expiry: DateTime<Utc> = text(&issued, "expires_at").parse().unwrap();
    assert!((expiry - Utc::now() - TimeDelta::days(90)).num_minutes().abs() < 10);
    let at = home.run(&["token", "create", "a", "--expires-at", "2100-01-01T00:00:00+01:00", "-o", "json"]).json();
    assert_eq!(text(&at, "expires_at").parse(), "2099-12-31T23:00:00Z".parse::<DateTime<Utc>>());
}

#[test]
fn same_key_creates_the_same_token() {
    let home = Home::start();
    let create = || home.run(&["token", "create", "once", "--idempotency-key", "k"]).succeeded().stdout;
    assert_eq!(create(), create());
    home.run(&["token", "create", "twice", "--idempotency-key", "k"]).failed(6, "use another key");
}

#[test]
fn token_is_named_by_id_or_prefix_or_as_current() {
    let home = Home::start();
    let token = home.create("named", &[]);
    let prefix = text(&token, "prefix");
    for name in [text(&token, "id"), prefix, &prefix[..14], &prefix.to_uppercase().replace("AETHER", "aether")] {
        assert_eq!(home.run(&["token", "show", name, "-o", "json"]).json()["id"], token["id"], "{name}");
    }
    let own = home.run_as(text(&token, "token"), &["token", "show", "current", "-o", "json"]);
    assert_eq!(own.json()["id"], token["id"]);
    home.run(&["token", "show", "00000000-0000-0000-0000-000000000000"]).failed(5, "`aether token list`");
    // A prefix of every token is not of the owner alone.
    home.server.insert_children(home.server.owner.id, 7);
    home.run(&["token", "show", "aether_00000000"])
        .failed(2, "7 tokens begin with aether_00000000; pass the id of one");
    home.run(&["token", "revoke", "aether_00000000", "--yes"]).failed(2, "(child)");
    let absent = ["aether_ffffffff", "aether_eeeeeeee"].into_iter().find(|absent| !prefix.starts_with(absent));
    home.run(&["token", "show", absent.unwrap()]).failed(5, "no token of the organization begins with");
    let unknown = home.run(&["token", "show", "named"]);
    assert_eq!(unknown.status, 2);
    assert!(unknown.stderr.contains("must be an id, a prefix"), "{unknown:?}");
}

#[test]
fn list_is_filtered_and_read_to_its_end() {
    let home = Home::start();
    home.server.insert_children(home.server.owner.id, 150);
    let token = home.create("deploy eu", &[]);
    home.run(&["token", "revoke", text(&token, "id"), "--yes"]).succeeded();
    let count = |arguments: &[&str]| {
        let arguments: Vec<_> = ["token", "list", "--output=json"].iter().chain(arguments).copied().collect();
        home.run(&arguments).json_lines().len()
    };
    assert_eq!(count(&[]), 152);
    assert_eq!(count(&["--state", "active"]), 151);
    assert_eq!(count(&["--state", "revoked", "--name-prefix", "deploy"]), 1);
    let none = home.run(&["token", "list", "--state", "expired"]).succeeded();
    assert_eq!((none.stdout.as_str(), none.stderr.as_str()), ("", "no tokens\n"));
}

#[test]
fn absent_scopes_are_kept_and_no_scopes_removes_them() {
    let home = Home::start();
    let token = home.create("a", &["a", "b:*"]);
    let update = |options: &[&str]| {
        let arguments: Vec<_> =
            ["token", "update", text(&token, "id"), "--output=json"].iter().chain(options).copied().collect();
        home.run(&arguments).json()
    };
    let renamed = update(&["--name", "b"]);
    assert_eq!((&renamed["name"], &renamed["scopes"]), (&json!("b"), &json!(["a", "b:*"])));
    assert_eq!(update(&["--yes", "--scope", "a", "--scope", "b:c"])["scopes"], json!(["a", "b:c"]));
    let limited = update(&["--yes", "--expires-at", "2100-01-01T00:00:00Z"]);
    assert_eq!((&limited["expires_at"], &limited["scopes"]), (&json!("2100-01-01T00:00:00Z"), &json!(["a", "b:c"])));
    assert_eq!(update(&["--yes", "--no-scopes"])["scopes"], json!([]));
    home.run(&["token", "update", text(&token, "id")]).failed(2, "nothing to update");
    let both = home.run(&["token", "update", text(&token, "id"), "--no-scopes", "--scope", "a"]);
    assert_eq!(both.status, 2);
}

#[test]
fn successor_replaces_the_predecessor_after_the_grace_period() {
    let home = Home::start();
    let (kept, replaced) = (home.create("kept", &[]), home.create("replaced", &[]));
    let rotate = |token: &Value, option: &str| {
        home.run(&["token", "rotate", text(token, "id"), option]).succeeded().stdout.trim().to_owned()
    };
    let current = ["token", "current"];
    let successor = rotate(&kept, "--grace=1h");
    home.run_as(&successor, &current).succeeded();
    home.run_as(text(&kept, "token"), &current).succeeded();
    let successor = rotate(&replaced, "--yes");
    home.run_as(&successor, &current).succeeded();
    home.run_as(text(&replaced, "token"), &current)
        .failed(3, "the token in AETHER_TOKEN is unknown, revoked or expired");
    home.run(&["token", "rotate", text(&kept, "id"), "--yes"]).failed(6, "`aether token show`");
}

#[test]
fn own_token_of_a_profile_is_rotated_and_saved() {
    let home = Home::start();
    let rotated = home.run(&["token", "rotate", "current"]).succeeded();
    assert!(rotated.stderr.contains("The profile default has the predecessor"), "{rotated:?}");
    home.run_with_input(&["login"], &rotated.stdout).succeeded();
    let successor = home.run(&["token", "current", "-o", "json"]).json();
    assert_eq!(successor["prefix"], rotated.stdout[..15]);
    let predecessor = home.run(&["token", "show", &home.server.owner.id.to_string(), "-o", "json"]).json();
    assert_eq!(predecessor["rotated_to"], successor["id"]);
}

#[test]
fn revocation_reports_the_number_of_tokens() {
    let home = Home::start();
    let parent = home.create("parent", &["*"]);
    let child = home.run_as(text(&parent, "token"), &["token", "create", "child", "-o", "json"]).json();
    let revoke = |options: &[&str]| {
        let arguments: Vec<_> = ["token", "revoke"].iter().chain(options).copied().collect();
        home.run(&arguments).succeeded().stdout
    };
    let all = revoke(&[text(&parent, "prefix"), "--descendants", "--yes"]);
    assert_eq!(all, format!("revoked {} (parent) and 1 of its descendants\n", text(&parent, "prefix")));
    let again = revoke(&[text(&child, "id"), "--yes"]);
    assert_eq!(again, format!("{} was not active any more\n", text(&child, "id")));
    let json: Value = serde_json::from_str(&revoke(&[text(&child, "id"), "--yes", "--output=json"])).unwrap();
    assert_eq!(json, json!({"id": child["id"], "revoked": 0}));
}

#[test]
fn own_token_is_revoked_without_a_scope() {
    let home = Home::start();
    let token = home.create("own", &[]);
    home.run_with_input(&["login", "--profile=own", &home.url()], text(&token, "token")).succeeded();
    let revoked = home.run(&["token", "revoke", "current", "--yes", "--profile=own"]).succeeded();
    assert!(revoked.stderr.contains("`aether logout --profile own` removes it"), "{revoked:?}");
    home.run(&["token", "current", "--profile=own"]).failed(3, "run `aether login --profile own`");
}

#[test]
fn introspection_exits_with_the_verdict() {
    let home = Home::start();
    let token = home.create("presented", &["a", "b"]);
    let introspect = |token: &str, form: &str| home.run_with_input(&["token", "introspect", form], token);
    let active = introspect(text(&token, "token"), "--output=json").json();
    assert_eq!((&active["active"], &active["scope"], &active["sub"]), (&json!(true), &json!("a b"), &token["id"]));
    let text_form = introspect(text(&token, "token"), "--output=text").succeeded().stdout;
    assert!(text_form.contains(text(&token, "id")) && text_form.contains("a b"), "{text_form}");
    home.run(&["token", "revoke", text(&token, "id"), "--yes"]).succeeded();
    let inactive = introspect(text(&token, "token"), "--output=json");
    assert_eq!((inactive.status, inactive.stdout.as_str()), (1, "{\"active\":false}\n"));
    assert_eq!(introspect("nonsense", "--output=text").status, 1);
}
