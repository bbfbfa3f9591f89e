//! HTTPS, and the reload of the certificate.

use std::fs;
use std::path::Path;

use chrono::{DateTime, Datelike, Days, Utc};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use reqwest::blocking::Client;

use crate::process::{Running, directory, owner_token, run, text};

/// Writes a self-signed certificate to the directory. Returns a client that trusts only this certificate.
pub(crate) fn certificate(directory: &Path, name: &str) -> Client {
    let generated = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    fs::write(directory.join("server.crt"), generated.cert.pem()).unwrap();
    fs::write(directory.join("server.key"), generated.signing_key.serialize_pem()).unwrap();
    let trusted = reqwest::Certificate::from_pem(generated.cert.pem().as_bytes()).unwrap();
    Client::builder().tls_certs_only([trusted]).resolve(name, ([127, 0, 0, 1], 0).into()).build().unwrap()
}

/// Writes a certificate that is valid between two days.
fn certificate_between(directory: &Path, from: DateTime<Utc>, to: DateTime<Utc>) {
    let day =
        |day: DateTime<Utc>| date_time_ymd(day.year(), day.month().try_into().unwrap(), day.day().try_into().unwrap());
    let mut params = CertificateParams::new(["dated.test".to_owned()]).unwrap();
    (params.not_before, params.not_after) = (day(from), day(to));
    let key = KeyPair::generate().unwrap();
    fs::write(directory.join("server.crt"), params.self_signed(&key).unwrap().pem()).unwrap();
    fs::write(directory.join("server.key"), key.serialize_pem()).unwrap();
}

pub(crate) const FLAGS: [&str; 4] = ["--tls-certificate", "server.crt", "--tls-key", "server.key"];

#[test]
fn sighup_reloads_the_certificate() {
    let directory = directory();
    let first = certificate(directory.path(), "first.test");
    let server = Running::start(&directory, &FLAGS);
    assert!(server.greeting.contains("curl -sS https://"), "{}", server.greeting);
    let owner = owner_token(&directory);
    let port = server.address.rsplit(':').next().unwrap().to_owned();
    let get = |client: &Client, name: &str| {
        let url = format!("https://{name}:{port}/api/v1/api-tokens/current");
        client.get(url).bearer_auth(&owner).send().map(|response| response.status().as_u16()).ok()
    };
    assert_eq!(get(&first, "first.test"), Some(200));

    // An invalid certificate is logged, and the old one stays in use.
    fs::write(directory.path().join("server.crt"), "nonsense").unwrap();
    server.signal("HUP");
    server.wait_for_log("the certificate could not be reloaded; the server keeps the old one");
    assert_eq!(get(&first, "first.test"), Some(200));
    // The same applies to a certificate that does not belong to the key.
    let other = rcgen::generate_simple_self_signed(["other.test".to_owned()]).unwrap();
    fs::write(directory.path().join("server.crt"), other.cert.pem()).unwrap();
    server.signal("HUP");
    server.wait_for_log("server.crt and server.key: ");

    let second = certificate(directory.path(), "second.test");
    assert_eq!(get(&second, "second.test"), None, "before the reload");
    server.signal("HUP");
    server.wait_for_log("the certificate was reloaded");
    assert_eq!(get(&second, "second.test"), Some(200));
    assert_eq!(get(&certificate(directory.path(), "third.test"), "third.test"), None);
    server.signal("TERM");
    assert!(server.wait().0);
}

#[test]
fn validity_of_the_certificate_is_logged_at_the_start_and_at_each_reload() {
    let directory = directory();
    let (now, days) = (Utc::now(), Days::new);
    certificate_between(directory.path(), now - days(30), now - days(2));
    // It is served all the same.
    let server = Running::start(&directory, &FLAGS);
    let ended = (now - days(2)).format("%Y-%m-%d");
    server.wait_for_log("ERROR aether_server::cli::certificate: the certificate has expired");
    server.wait_for_log(&format!("until=\"{ended}T00:00:00Z\""));
    let later = (now + days(90)).format("%Y-%m-%d");
    for (from, to, expected) in [
        (now - days(2), now + days(10), "WARN aether_server::cli::certificate: the certificate ends soon"),
        (now + days(2), now + days(90), "ERROR aether_server::cli::certificate: the certificate is not valid yet"),
        (now - days(2), now + days(90), &format!("the certificate was reloaded until=\"{later}T00:00:00Z\"")),
    ] {
        certificate_between(directory.path(), from, to);
        server.signal("HUP");
        server.wait_for_log(expected);
    }
    server.signal("TERM");
    assert!(server.wait().0);
}

#[test]
fn invalid_certificate_is_reported_at_the_start() {
    let directory = directory();
    assert!(text(&run(&directory, &FLAGS).stderr).contains("server.crt: "));
    drop(certificate(directory.path(), "first.test"));
    fs::write(directory.path().join("server.key"), "").unwrap();
    let output = run(&directory, &FLAGS);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("server.key: "), "{}", text(&output.stderr));
    assert!(!directory.path().join("aether-owner.token").exists(), "no organization was created");
    assert_eq!(
        run(&directory, &["--tls-certificate", "server.crt"]).status.code(),
        Some(2),
        "the flags require each other"
    );
}

#[test]
fn sighup_without_a_certificate_has_no_effect() {
    let directory = directory();
    let server = Running::start(&directory, &[]);
    server.signal("HUP");
    server.wait_for_log("the server has no certificate to reload");
    server.signal("TERM");
    assert!(server.wait().0);
}
