//! Profiles.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use aether_tests::Options;
use aether_tests::fault_proxy::Fault;

use crate::home::{Home, Outcome};

#[test]
fn accepted_token_is_saved_in_a_private_file() {
    let home = Home::with(Options::default());
    let saved = home.run_with_input(&["login", &home.url()], &format!("  {}\n", home.server.owner.secret)).succeeded();
    assert!(saved.stdout.contains("owner") && saved.stdout.contains(&home.server.organization_id.to_string()));
    assert!(saved.stderr.contains("as the profile default"), "{saved:?}");
    assert_eq!(fs::metadata(home.profiles()).unwrap().permissions().mode() & 0o777, 0o600);
    let current = home.run(&["token", "current", "--output", "json"]).json();
    assert_eq!(current["id"], home.server.owner.id.to_string());
}

#[test]
fn rejected_token_is_not_saved() {
    let home = Home::with(Options::default());
    let login = |token: &str| home.run_with_input(&["login", &home.url()], token);
    login("aether_0123").failed(3, "the token is unknown, revoked or expired; nothing was saved");
    login(" \n").failed(2, "no token was given");
    login(&"x".repeat(70_000)).failed(2, "is not a token");
    login("a\nb").failed(2, "characters other than visible ASCII");
    home.run(&["login", "127.0.0.1:8080"]).failed(2, "no scheme");
    home.run(&["login"]).failed(2, "pass the URL of the server");
    assert!(!home.profiles().exists());
}

#[test]
fn profile_keeps_its_url_for_another_token() {
    let home = Home::start();
    let token = home.create("another", &["api-tokens:read"]);
    home.run_with_input(&["login"], token["token"].as_str().unwrap()).succeeded();
    assert_eq!(home.run(&["token", "current", "-o", "json"]).json()["id"], token["id"]);
}

#[test]
fn argument_comes_before_the_environment_and_that_before_the_profile() {
    let home = Home::start();
    let secret = |name: &str| home.create(name, &[])["token"].as_str().unwrap().to_owned();
    home.run_with_input(&["login", &home.url(), "--profile", "other"], &secret("other")).succeeded();
    let name = |outcome: Outcome| outcome.json()["name"].as_str().unwrap().to_owned();
    let current = ["token", "current", "--output=json"];
    let with_other = ["token", "current", "--output=json", "--profile=other"];
    assert_eq!(name(home.run(&current)), "owner");
    assert_eq!(name(home.run(&with_other)), "other");
    assert_eq!(name(home.run_as(&secret("third"), &current)), "third");
    assert_eq!(name(home.run_as(&secret("third"), &with_other)), "other");
    let named = home.command(&current).env("AETHER_PROFILE", "other").output().unwrap();
    assert!(String::from_utf8(named.stdout).unwrap().contains("\"name\":\"other\""));
    home.run(&["token", "list", "--profile", "missing"]).failed(2, "(profiles: default, other)");
}

#[test]
fn variables_that_hide_the_new_profile_are_named() {
    let home = Home::with(Options::default());
    let url = home.url();
    let mut login = home.command(&["login", &url]);
    let file = home.directory.path().join("token");
    fs::write(&file, &home.server.owner.secret).unwrap();
    login.env("AETHER_URL", home.url()).env("AETHER_TOKEN_FILE", &file).stdin(fs::File::open(&file).unwrap());
    let stderr = String::from_utf8(login.output().unwrap().stderr).unwrap();
    assert!(stderr.contains("AETHER_URL and AETHER_TOKEN_FILE in the environment comes before"), "{stderr}");
}

#[test]
fn logout_removes_the_profile_and_leaves_the_token() {
    let home = Home::start();
    assert!(home.run(&["logout"]).succeeded().stderr.contains("Its token stays active"));
    home.run(&["token", "list"]).failed(2, "run `aether login`");
    home.run(&["logout"]).failed(5, "no profile \"default\"");
    home.run_as(&home.server.owner.secret, &["token", "current"]).succeeded();
}

#[test]
fn profile_saves_the_request_for_the_organization() {
    let home = Home::start();
    let proxy = home.proxy(|_| Fault::None);
    home.run_with_input(&["login", &proxy.url()], &home.server.owner.secret).succeeded();
    assert_eq!(proxy.requests(), 1);
    home.run(&["token", "list"]).succeeded();
    assert_eq!(proxy.requests(), 2);
    home.run(&["token", "create", "a"]).succeeded();
    assert_eq!(proxy.requests(), 3);
    home.run(&["scope", "covers", "a", "a"]).succeeded();
    assert_eq!(proxy.requests(), 3);
    let agent = format!("user-agent: aether/{0} aether-client/{0}\r\n", env!("CARGO_PKG_VERSION"));
    assert!(proxy.heads().iter().all(|head| head.contains(&agent)), "{:?}", proxy.heads().len());
}
