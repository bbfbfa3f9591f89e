//! The configuration file.

use std::fs;

use serde_json::Value;

use crate::process::{Running, directory, program, run, run_json, skip, text};

#[test]
fn server_and_commands_find_the_database_of_the_file() {
    let directory = directory();
    let etc = directory.path().join("etc");
    fs::create_dir(&etc).unwrap();
    let file = "listen = \"127.0.0.1:0\"\ndatabase = \"data.db\"\nowner-token-file = \"owner.token\"\ndocs = \"off\"\n";
    fs::write(etc.join("aether.toml"), file).unwrap();
    let server = Running::start(&directory, &["--config", "etc/aether.toml"]);
    assert!(server.greeting.contains("etc/owner.token") && !server.greeting.contains("/docs"), "{}", server.greeting);
    let organizations = |directory: &tempfile::TempDir, config: &str| {
        let listed = run_json(directory, &["organization", "list", "--config", config]);
        listed["name"].as_str().unwrap().to_owned()
    };
    assert_eq!(organizations(&directory, "etc/aether.toml"), "default");
    // From another working directory, and by the variable.
    let elsewhere = crate::process::directory();
    let absolute = etc.join("aether.toml");
    assert_eq!(organizations(&elsewhere, absolute.to_str().unwrap()), "default");
    let by_variable =
        program(&elsewhere).args(["organization", "list"]).env("AETHER_CONFIG", &absolute).output().unwrap();
    assert!(text(&by_variable.stdout).contains("\"default\""), "{}", text(&by_variable.stderr));
    assert!(!elsewhere.path().join("aether.db").exists());
    // The flag and the variable of the database go before the file.
    let other = run(&directory, &["organization", "list", "--config", "etc/aether.toml", "--database", "other.db"]);
    assert!(text(&other.stderr).contains("other.db: No such file"), "{}", text(&other.stderr));
}

#[test]
fn flags_go_before_variables_and_both_before_the_file() {
    let directory = directory();
    let file = "max-tokens = 1\nretention = \"1d\"\nrate-limit = 1\ntrusted-proxy = [\"10.0.0.1\", \"10.0.0.2\"]\n";
    fs::write(directory.path().join("a.toml"), file).unwrap();
    let mut check = program(&directory);
    check.args(["--check-config", "--config", "a.toml", "--max-tokens", "3"]);
    check.envs([("AETHER_MAX_TOKENS", "2"), ("AETHER_RETENTION", "2d"), ("AETHER_RATE_LIMIT", "")]);
    let output = check.output().unwrap();
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    let setting =
        |name: &str| (printed["configuration"][name]["value"].clone(), &printed["configuration"][name]["source"]);
    assert_eq!(setting("max-tokens"), ("3".into(), &"flag".into()));
    assert_eq!(setting("retention"), ("2d".into(), &"environment".into()));
    assert_eq!(setting("rate-limit"), ("1".into(), &"file".into()), "an empty variable is unset");
    assert_eq!(setting("trusted-proxy"), (vec!["10.0.0.1", "10.0.0.2"].into(), &"file".into()));
    assert_eq!(setting("docs"), ("on".into(), &"default".into()));
    assert_eq!(setting("max-token-life"), (Value::Null, &"default".into()));
    // A server has the same values: its limit of tokens is that of the file.
    fs::write(directory.path().join("b.toml"), "max-tokens = 1\nlisten = \"127.0.0.1:0\"").unwrap();
    let server = Running::start(&directory, &["--config", "b.toml"]);
    let owner = crate::process::owner_token(&directory);
    assert_eq!(server.try_create(&server.tokens_path(), &owner).0, 409);
}

#[test]
fn certificate_and_key_can_be_in_different_sources() {
    let directory = directory();
    drop(crate::tls::certificate(directory.path(), "a.test"));
    let file = "tls-certificate = \"server.crt\"\nlisten = \"127.0.0.1:0\"";
    fs::write(directory.path().join("a.toml"), file).unwrap();
    let server = Running::start(&directory, &["--config", "a.toml", "--tls-key", "server.key"]);
    assert!(server.greeting.contains("https://"), "{}", server.greeting);
    let output = run(&directory, &["--config", "a.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--tls-certificate requires --tls-key"), "{}", text(&output.stderr));
}

#[test]
fn every_problem_of_the_file_is_reported_to_the_server_and_none_to_a_command() {
    let directory = directory();
    run_json(&directory, &["organization", "create", "acme"]);
    fs::write(directory.path().join("a.toml"), "listne = \":80\"\nlisten = 80\ndatabase = \"aether.db\"\n").unwrap();
    let output = run(&directory, &["--config", "a.toml"]);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(errors.contains("a.toml:1: listne: unknown key; did you mean listen?"), "{errors}");
    assert!(errors.contains("a.toml:2: listen: a port alone does not tell who can connect"), "{errors}");
    assert_eq!(run_json(&directory, &["organization", "list", "--config", "a.toml"])["name"], "acme");
    // A file that cannot be read or parsed is reported to both.
    fs::write(directory.path().join("b.toml"), "listen = ").unwrap();
    for (file, expected) in [("missing.toml", "missing.toml cannot be read: No such file"), ("b.toml", "b.toml:1: ")] {
        for command in [&[][..], &["organization", "list"]] {
            let output = run(&directory, &[command, &["--config", file]].concat());
            assert_eq!(output.status.code(), Some(2));
            assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
        }
    }
    assert_eq!(run(&directory, &["dev", "--config", "a.toml"]).status.code(), Some(2), "it has no file");
}

#[test]
fn file_is_a_pipe_or_a_short_file() {
    let directory = directory();
    fs::write(directory.path().join("a.toml"), "max-tokens = 7\n").unwrap();
    let check = format!("{} --check-config --config", env!("CARGO_BIN_EXE_aether-server"));
    let shell = |script: String| {
        let mut bash = std::process::Command::new("bash");
        bash.args(["-c", &script]).current_dir(directory.path()).output().ok()
    };
    for script in [format!("{check} <(cat a.toml)"), format!("cat a.toml | {check} /dev/stdin")] {
        let Some(output) = shell(script) else { return skip("bash") };
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        assert_eq!(printed["configuration"]["max-tokens"]["value"], "7");
    }
    let fifo = shell("mkfifo pipe".to_owned()).is_some_and(|output| output.status.success());
    for (file, expected) in [
        ("/dev/zero", "/dev/zero cannot be read: the file is larger than 1 MiB"),
        ("pipe", "pipe cannot be read: it is a pipe, and no program writes to it"),
    ] {
        if file == "pipe" && !fifo {
            return skip("mkfifo");
        }
        let output = run(&directory, &["--config", file]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
    }
}

#[test]
fn command_with_a_database_does_not_read_the_file() {
    let directory = directory();
    run_json(&directory, &["organization", "create", "acme"]);
    fs::write(directory.path().join("bad.toml"), "listen = ").unwrap();
    for file in ["bad.toml", "missing.toml"] {
        for (arguments, database) in [(&["--database", "aether.db"][..], ""), (&[], "aether.db")] {
            let mut list = program(&directory);
            list.args(["organization", "list"]).args(arguments);
            let output = list.envs([("AETHER_CONFIG", file), ("AETHER_DATABASE", database)]).output().unwrap();
            assert!(text(&output.stdout).contains("acme"), "{arguments:?}: {}", text(&output.stderr));
        }
        let server = run(&directory, &["--config", file, "--database", "aether.db"]);
        assert_eq!(server.status.code(), Some(2), "the server reads it");
    }
}
