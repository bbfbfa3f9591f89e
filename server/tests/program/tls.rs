//! HTTPS, and a certificate that is read again.

use std::fs;
use std::path::Path;

use reqwest::blocking::Client;

use crate::process::{Running, folder, owner_token, run, text};

/// Writes a certificate of its own authority to the folder, and returns a client that trusts that one alone.
fn certificate(folder: &Path, name: &str) -> Client {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    fs::write(folder.join("server.crt"), made.cert.pem()).unwrap();
    fs::write(folder.join("server.key"), made.signing_key.serialize_pem()).unwrap();
    let trusted = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    Client::builder().tls_certs_only([trusted]).resolve(name, ([127, 0, 0, 1], 0).into()).build().unwrap()
}

const FLAGS: [&str; 4] = ["--tls-certificate", "server.crt", "--tls-key", "server.key"];

#[test]
fn it_serves_https_and_takes_a_new_certificate_on_sighup() {
    let folder = folder();
    let first = certificate(folder.path(), "first.test");
    let server = Running::start(&folder, &FLAGS);
    assert!(server.welcome.contains("curl -sS https://"), "{}", server.welcome);
    let owner = owner_token(&folder);
    let port = server.address.rsplit(':').next().unwrap().to_owned();
    let ask = |client: &Client, name: &str| {
        let url = format!("https://{name}:{port}/api/v1/api-tokens/current");
        client.get(url).bearer_auth(&owner).send().map(|answer| answer.status().as_u16()).ok()
    };
    assert_eq!(ask(&first, "first.test"), Some(200));

    // A bad one is logged, and the old one stays.
    fs::write(folder.path().join("server.crt"), "nonsense").unwrap();
    server.signal("HUP");
    server.wait_for_log("the certificate was not read again; the old one stays");
    assert_eq!(ask(&first, "first.test"), Some(200));
    // As is one that does not belong to its key.
    let other = rcgen::generate_simple_self_signed(["other.test".to_owned()]).unwrap();
    fs::write(folder.path().join("server.crt"), other.cert.pem()).unwrap();
    server.signal("HUP");
    server.wait_for_log("server.crt and server.key: ");

    let second = certificate(folder.path(), "second.test");
    assert_eq!(ask(&second, "second.test"), None, "not yet");
    server.signal("HUP");
    server.wait_for_log("the certificate was read again");
    assert_eq!(ask(&second, "second.test"), Some(200));
    assert_eq!(ask(&certificate(folder.path(), "third.test"), "third.test"), None);
    server.signal("TERM");
    assert!(server.wait().0);
}

#[test]
fn a_bad_certificate_is_said_at_the_start() {
    let folder = folder();
    assert!(text(&run(&folder, &FLAGS).stderr).contains("server.crt: "));
    drop(certificate(folder.path(), "first.test"));
    fs::write(folder.path().join("server.key"), "").unwrap();
    let output = run(&folder, &FLAGS);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("server.key: "), "{}", text(&output.stderr));
    assert!(!folder.path().join("aether-owner.token").exists(), "nothing was made");
    assert_eq!(run(&folder, &["--tls-certificate", "server.crt"]).status.code(), Some(2), "one needs the other");
}

/// Without a certificate there is nothing to read again, and the signal that would end other programs does nothing.
#[test]
fn sighup_is_harmless_without_a_certificate() {
    let folder = folder();
    let server = Running::start(&folder, &[]);
    server.signal("HUP");
    server.wait_for_log("there is no certificate to read again");
    server.signal("TERM");
    assert!(server.wait().0);
}
