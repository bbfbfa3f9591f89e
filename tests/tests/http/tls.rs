//! A certificate for a server.

use std::fs;

use aether_tests::Options;
use tempfile::TempDir;

/// Options for a server with a self-signed certificate in the directory.
pub fn options(directory: &TempDir, options: Options) -> Options {
    let generated = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let (certificate, key) = (directory.path().join("server.crt"), directory.path().join("server.key"));
    fs::write(&certificate, generated.cert.pem()).expect("a file");
    fs::write(&key, generated.signing_key.serialize_pem()).expect("a file");
    options.and(&format!("--tls-certificate={}", certificate.display())).and(&format!("--tls-key={}", key.display()))
}
