//! `aether-server --check-config`.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::process::{Running, directory, program, run, run_json, text};
use crate::tls::{FLAGS, certificate};

#[test]
fn every_problem_is_reported_at_once_and_nothing_is_created() {
    let directory = directory();
    fs::write(directory.path().join("a.toml"), "colour = 1\nretention = 30\n").unwrap();
    fs::write(directory.path().join("server.crt"), "nonsense").unwrap();
    let arguments = [
        &FLAGS[..],
        &["--check-config", "--config", "a.toml", "--listen", "no-such-host.invalid:80", "--database", "no/such/a.db"],
        &["--metrics-listen", "no-such-metrics.invalid:80"],
        &["--owner-token-file", "gone/owner.token", "--idle-timeout", "75"],
    ];
    let output = program(&directory).args(arguments.concat()).env("AETHER_MAX_STREAMS", "many").output().unwrap();
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()));
    let errors = text(&output.stderr);
    for expected in [
        "  --idle-timeout: a number needs a unit",
        "  AETHER_MAX_STREAMS: must be a number from 1",
        "  a.toml:1: colour: unknown key",
        "  a.toml:2: retention: a number needs a unit",
        "  cannot listen on no-such-host.invalid:80: ",
        "  cannot listen on no-such-metrics.invalid:80: ",
        "  server.crt: ",
        "  no/such/a.db: the directory no/such: No such file",
        "  gone/owner.token: the directory gone cannot be written: No such file",
    ] {
        assert!(errors.lines().any(|line| line.starts_with(expected)), "{expected}: {errors}");
    }
    assert_eq!(errors.lines().count(), 10, "{errors}");
    let mut left: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["a.toml", "server.crt"]);
}

#[test]
fn key_of_another_certificate_is_reported() {
    let directory = directory();
    drop(certificate(directory.path(), "first.test"));
    let key = fs::read(directory.path().join("server.key")).unwrap();
    drop(certificate(directory.path(), "second.test"));
    fs::write(directory.path().join("server.key"), key).unwrap();
    let output = run(&directory, &[&["--check-config"], &FLAGS[..]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("server.crt and server.key: "), "{}", text(&output.stderr));
    for half in [&FLAGS[..2], &FLAGS[2..]] {
        let output = run(&directory, &[&["--check-config"], half].concat());
        assert_eq!(output.status.code(), Some(1));
        assert!(
            text(&output.stderr).contains("--tls-certificate requires --tls-key")
                || text(&output.stderr).contains("--tls-key requires --tls-certificate")
        );
    }
}

#[test]
fn good_configuration_is_printed_next_to_a_running_server() {
    let directory = directory();
    let server = Running::start(&directory, &[]);
    drop(certificate(directory.path(), "a.test"));
    let key = directory.path().join("server.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    // The address is in use, and is not bound.
    let printed = run_json(&directory, &[&["--check-config", "--listen", &server.address], &FLAGS[..]].concat());
    assert_eq!(printed["configuration"]["listen"]["value"], server.address.as_str());
    assert!(printed["certificate"]["not_after"].as_str().unwrap().ends_with('Z'), "{printed}");
    assert_eq!(run_json(&directory, &["--check-config"])["certificate"], Value::Null);
    // The owner token file of a server that has started is no problem, and that of a first start is.
    let output = run(&directory, &["--check-config", "--database", "new.db"]);
    assert!(text(&output.stderr).contains("aether-owner.token: the first start writes the owner token"));
}

#[test]
fn address_of_the_metrics_differs_from_that_of_the_api() {
    let directory = directory();
    let check =
        |metrics: &str| run(&directory, &["--check-config", "--listen", "127.0.0.1:8080", "--metrics-listen", metrics]);
    let output = check("127.0.0.1:8080");
    assert_eq!(output.status.code(), Some(1));
    let expected = "cannot listen on 127.0.0.1:8080: --listen and --metrics-listen have the same address";
    assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
    assert!(check("127.0.0.1:8081").status.success());
    let free = run(&directory, &["--check-config", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"]);
    assert!(free.status.success());
}

#[test]
fn database_that_a_server_would_refuse_is_reported() {
    let directory = directory();
    run_json(&directory, &["organization", "create", "acme"]);
    let path = |name: &str| directory.path().join(name);
    fs::create_dir(path("other")).unwrap();
    std::os::unix::fs::symlink("missing.db", path("dangling.db")).unwrap();
    std::os::unix::fs::symlink("../aether.db", path("other/good.db")).unwrap();
    let [kept, restored] = ["kept", "a"].map(OsString::from);
    let record = json!({"kept": kept, "restored": restored, "id": [1, 2]}).to_string();
    fs::write(path("restored.db.restore"), record).unwrap();
    fs::copy(path("aether.db"), path("first.db")).unwrap();
    fs::hard_link(path("first.db"), path("second.db")).unwrap();
    for (database, expected) in [
        ("dangling.db", "it is a symbolic link to missing.db, which does not exist"),
        ("second.db", "the file has 2 names (hard links)"),
        ("restored.db", "a restore of the database runs or was interrupted"),
        ("other", "it is not a file"),
    ] {
        for arguments in [&["--check-config"][..], &["--listen", "127.0.0.1:0"]] {
            let output = run(&directory, &[arguments, &["--database", database]].concat());
            assert_eq!(output.status.code(), Some(1));
            let errors = text(&output.stderr);
            assert!(errors.contains(&format!("{database}: {expected}")), "{errors}");
        }
    }
    run_json(&directory, &["--check-config", "--database", "other/good.db"]);
}

#[test]
fn exposed_secret_is_a_warning_of_the_check_and_of_the_log() {
    let directory = directory();
    drop(certificate(directory.path(), "a.test"));
    drop(Running::start(&directory, &[]));
    for name in ["server.key", "aether-owner.token"] {
        fs::set_permissions(directory.path().join(name), fs::Permissions::from_mode(0o640)).unwrap();
    }
    let output = run(&directory, &[&["--check-config"], &FLAGS[..]].concat());
    assert!(output.status.success());
    let server = Running::start(&directory, &FLAGS);
    for name in ["server.key", "aether-owner.token"] {
        let warning =
            format!("{name}: the file has a secret, and other users can access it (mode 640); run chmod 600 on it");
        assert!(text(&output.stderr).contains(&format!("warning: {warning}")), "{}", text(&output.stderr));
        server.wait_for_log(&warning);
    }
    // A renewed key is looked at, too.
    fs::set_permissions(directory.path().join("server.key"), fs::Permissions::from_mode(0o604)).unwrap();
    server.signal("HUP");
    server.wait_for_log("server.key: the file has a secret, and other users can access it (mode 604)");
}
