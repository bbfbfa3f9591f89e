//! The settings of a client: profiles, certificates and proxies.

use std::os::unix::fs::PermissionsExt;

use aether_client::profile::{Profile, Profiles};
use aether_client::{Client, ErrorKind, ExposeSecret, Retries, Uuid};
use aether_tests::fault_proxy::{Fault, FaultProxy};
use aether_tests::{Options, Server, contains_secret};

const SECRET: &str = "aether_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef6cc5e124";

#[test]
fn saved_profiles_are_private_and_can_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("new/aether/profiles.toml");
    let mut profiles = Profiles::open_file(&path).unwrap();
    assert_eq!(profiles.names().count(), 0);
    profiles.insert("default", Profile::new("http://127.0.0.1:8080", SECRET));
    let mut profile = Profile::new("https://aether.example.com", format!("{SECRET}\n"));
    profile.organization = Some(Uuid::from_u128(1));
    profiles.insert("a \"quoted\" name", profile);
    profiles.save().unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file is left");

    let mut profiles = Profiles::open_file(&path).unwrap();
    assert_eq!(profiles.names().collect::<Vec<_>>(), ["a \"quoted\" name", "default"]);
    let profile = profiles.get("a \"quoted\" name").unwrap();
    assert_eq!((profile.url.as_str(), profile.token.expose_secret()), ("https://aether.example.com", SECRET));
    assert_eq!(profile.organization, Some(Uuid::from_u128(1)));
    assert_eq!(profiles.get("default").unwrap().organization, None);
    assert!(!contains_secret(format!("{profiles:?} {profile:?}").as_bytes()));
    assert!(profiles.remove("default") && !profiles.remove("default"));
    profiles.save().unwrap();
    // A later version has another key, and the user a link to the file.
    let link = directory.path().join("link.toml");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let later = std::fs::read_to_string(&path).unwrap() + "color = \"red\"\n";
    std::fs::write(&path, later).unwrap();
    Profiles::open_file(&link).unwrap().save().unwrap();
    assert!(link.is_symlink() && std::fs::read_to_string(&path).unwrap().contains("color = \"red\""));
    let error = Profiles::open_file(&path).unwrap().get(SECRET).unwrap_err();
    assert!(!contains_secret(error.to_string().as_bytes()), "{error}");
    let error = Profiles::open_file(&path).unwrap().get("default").unwrap_err().to_string();
    assert!(error.contains("no profile \"default\"") && error.contains("a \"quoted\" name"), "{error}");
}

#[test]
fn readable_or_malformed_profiles_are_rejected() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("profiles.toml");
    let write = |text: &str, mode| {
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        Profiles::open_file(&path)
    };
    let good = format!("[default]\nurl = \"http://127.0.0.1\"\ntoken = \"{SECRET}\"\n");
    write(&good, 0o600).unwrap();
    write(&good, 0o400).unwrap();
    for mode in [0o640, 0o604, 0o644, 0o660] {
        let error = write(&good, mode).unwrap_err().to_string();
        assert!(error.contains(&format!("mode {mode:04o}")) && error.contains("chmod 600"), "{error}");
    }
    for (text, line) in [
        (format!("{good}[other]\ntoken = \"{SECRET}\"\n"), 4),
        (format!("{good}{SECRET}"), 4),
        (format!("[default]\nurl = \"http://127.0.0.1\"\ntoken = {SECRET}\n"), 3),
    ] {
        let error = write(&text, 0o600).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(&format!("line {line} is not a profile")), "{error}");
        assert!(!contains_secret(format!("{error:?}").as_bytes()), "{error}");
    }
}

#[tokio::test]
async fn certificate_of_a_private_authority_is_trusted_on_request() {
    let directory = tempfile::tempdir().unwrap();
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let (chain, key) = (directory.path().join("chain.pem"), directory.path().join("key.pem"));
    std::fs::write(&chain, certificate.cert.pem()).unwrap();
    std::fs::write(&key, certificate.signing_key.serialize_pem()).unwrap();
    let options = Options::default()
        .and(&format!("--tls-certificate={}", chain.display()))
        .and(&format!("--tls-key={}", key.display()));
    let server = Server::with(options).await;
    let client = || {
        let url = format!("https://{}", server.address);
        Client::builder().url(url).token(&server.owner.secret).retries(Retries::off())
    };
    let trusting = client().root_certificates(certificate.cert.pem()).build().unwrap();
    assert_eq!(trusting.current_token().await.unwrap().name, "owner");
    let error = client().retries(Retries::default()).build().unwrap().current_token().await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable(), error.attempts()), (ErrorKind::Connect, false, 1));
    assert!(error.to_string().contains("certificate"), "{error}");
    let both = client().root_certificates(certificate.cert.pem()).http_client(reqwest::Client::new());
    assert!(both.build().unwrap_err().to_string().contains("settings of the HTTP client that was given"));
    let error = client().root_certificates("no certificate").build().unwrap_err();
    assert!(error.to_string().contains("no certificate"), "{error}");
}

#[tokio::test]
async fn requests_pass_through_the_given_proxy() {
    let server = Server::start().await;
    let proxy = FaultProxy::start(String::new(), |_| Fault::html(503, Some("9999"))).await;
    let client = Client::builder().url(server.url("")).token(&server.owner.secret);
    let client = client.proxy(aether_client::reqwest::Proxy::all(proxy.url()).unwrap()).build().unwrap();
    assert_eq!(client.current_token().await.unwrap_err().request_id(), Some("gateway-1"));
    assert_eq!(proxy.requests(), 1);
}
