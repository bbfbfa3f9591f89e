//! Exit statuses and messages.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use aether_tests::Options;
use aether_tests::fault_proxy::Fault;

use crate::home::Home;

#[test]
fn each_failure_has_its_status_and_the_next_step() {
    let home = Home::start();
    let (reader, writer) = (home.create("reader", &["api-tokens:read"]), home.create("writer", &["api-tokens:write"]));
    let (reader, writer) = (reader["token"].as_str().unwrap(), writer["token"].as_str().unwrap());
    let owner = home.server.owner.id.to_string();
    home.run_as("aether_unknown", &["token", "list"]).failed(3, "in AETHER_TOKEN is unknown, revoked or expired");
    home.run_as(reader, &["token", "create", "a"]).failed(4, "the command needs the scope api-tokens:write");
    home.run_as(reader, &["audit", "list"]).failed(4, "the command needs the scope audit-events:read");
    home.run_as(writer, &["token", "revoke", &owner, "--yes"]).failed(4, "do not cover those of the other token");
    let revoked = home.create("revoked", &[])["id"].as_str().unwrap().to_owned();
    home.run(&["token", "revoke", &revoked, "--yes"]).succeeded();
    home.run(&["token", "update", &revoked, "--name", "b"]).failed(6, "token_revoked");
    let past = "--expires-at=2020-01-01T00:00:00Z";
    home.run(&["token", "create", "a", past]).failed(7, "expires_at: Must be in the future.");
    home.run(&["token", "create", ""]).failed(7, "name: shorter than 1");
    home.run_as(writer, &["token", "create", "a", "-s", "b"]).failed(7, "Must be covered by the caller's scopes");
}

#[test]
fn incomplete_settings_are_a_usage_error() {
    let home = Home::with(Options::default());
    home.run(&["token", "list"]).failed(2, "(profiles: none); set AETHER_URL and AETHER_TOKEN, or run `aether login`");
    let url = home.command(&["token", "list"]).env("AETHER_URL", home.url()).output().unwrap();
    assert_eq!(url.status.code(), Some(2));
    let stderr = String::from_utf8(url.stderr).unwrap();
    assert_eq!(stderr, "aether: AETHER_URL is set, but neither AETHER_TOKEN nor AETHER_TOKEN_FILE\n");
    home.run_at("http://", "x", &["token", "list"]).failed(2, "the URL cannot be used");
}

#[test]
fn unreachable_server_is_named() {
    let home = Home::with(Options::default());
    // The port of a listener that is closed again.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{address}");
    home.run_at(&url, "x", &["token", "list"]).failed(8, &format!("is a server running at {url}?"));
}

#[test]
fn untrusted_certificate_is_explained_and_can_be_trusted() {
    let directory = tempfile::tempdir().unwrap();
    let certificate = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (chain, key) = (directory.path().join("chain.pem"), directory.path().join("key.pem"));
    fs::write(&chain, certificate.cert.pem()).unwrap();
    fs::write(&key, certificate.signing_key.serialize_pem()).unwrap();
    let option = |name: &str, path: &Path| format!("--tls-{name}={}", path.display());
    let home = Home::with(Options::default().and(&option("certificate", &chain)).and(&option("key", &key)));
    let url = home.url().replace("http://", "https://");
    let current = ["token", "current"];
    home.run_at(&url, &home.server.owner.secret, &current).failed(9, "in SSL_CERT_FILE");
    let mut trusting = home.command(&current);
    trusting.env("AETHER_URL", &url).env("AETHER_TOKEN", &home.server.owner.secret).env("SSL_CERT_FILE", &chain);
    assert!(trusting.status().unwrap().success());
}

#[test]
fn rate_limit_is_reported_with_the_time_to_wait() {
    let home = Home::with(Options::arguments(&["--rate-limit=1", "--rate-limit-burst=1"]));
    let current = || home.run_as(&home.server.owner.secret, &["token", "current"]);
    current().succeeded();
    let limited = current().failed(8, "429 rate_limited");
    assert!(limited.stderr.contains("; try again in "), "{limited:?}");
}

#[test]
fn ambiguous_creation_names_the_key_that_repeats_it() {
    let home = Home::start();
    let proxy = home.proxy(|number| if number == 0 { Fault::None } else { Fault::ResetAfter });
    home.run_with_input(&["login", &proxy.url()], &home.server.owner.secret).succeeded();
    let failed = home.run(&["token", "create", "once"]).failed(8, "does it once");
    let (_, rest) = failed.stderr.split_once("--idempotency-key ").expect("a key");
    let key = rest.split(' ').next().unwrap();
    home.run_with_input(&["login", &home.url()], &home.server.owner.secret).succeeded();
    home.run(&["token", "create", "once", "--idempotency-key", key]).succeeded();
    assert_eq!(home.run(&["token", "list", "--name-prefix=once", "-o", "json"]).json()["name"], "once");
}

#[test]
fn other_server_is_suspected_after_a_redirect() {
    let home = Home::with(Options::default());
    let proxy = home.proxy(|_| Fault::redirect(302, "https://login.example.com/".to_owned()));
    home.run_at(&proxy.url(), "x", &["token", "list"]).failed(9, "is http://127.0.0.1:");
}

#[test]
fn closed_pipe_ends_quietly() {
    let home = Home::start();
    for arguments in
        [&["token", "list"][..], &["token", "list", "-o", "json"], &["audit", "list"], &["completions", "zsh"]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = home.command(arguments).stdout(writer).output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{arguments:?}");
    }
}

#[test]
fn secret_that_cannot_be_written_is_reported_with_the_way_out() {
    let home = Home::start();
    let (reader, closed) = std::io::pipe().unwrap();
    drop(reader);
    let full = File::options().write(true).open("/dev/full").unwrap();
    for (name, stdout) in [("closed", Stdio::from(closed)), ("full", Stdio::from(full))] {
        let output = home.command(&["token", "create", name]).stdout(stdout).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(9), "{stderr}");
        let (_, rest) = stderr.split_once("run `aether token revoke ").expect("a command");
        home.run(&["token", "revoke", rest.split('`').next().unwrap(), "--yes"]).succeeded();
        let list = ["token", "list", "--state=active", "-o", "json", "--name-prefix", name];
        assert_eq!(home.run(&list).succeeded().stdout, "");
    }
}
