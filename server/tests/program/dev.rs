//! The development server.

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::environment::server_variables;
use crate::guides::{blocks, section};
use crate::process::{Running, directory, program, skip, text};

const OPERATIONS: &str = include_str!("../../docs/operations.md");

/// The contract's example of a token, in two parts for the scanners of secrets.
const TOKEN: &str = concat!("aether_0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef6cc5e124");
const ORGANIZATION: &str = "00000000-0000-0000-0000-000000000001";

/// The command with a directory of its own for temporary files.
fn dev(directory: &TempDir) -> Command {
    let temporary = temporary(directory);
    fs::create_dir_all(&temporary).unwrap();
    let mut command = program(directory);
    command.arg("dev").env("TMPDIR", temporary);
    command
}

fn temporary(directory: &TempDir) -> PathBuf {
    directory.path().join("temporary")
}

/// The number of directories of development servers.
fn databases(directory: &TempDir) -> usize {
    fs::read_dir(temporary(directory)).unwrap().count()
}

fn start(directory: &TempDir, arguments: &[&str]) -> Running {
    Running::start_by(dev(directory), directory, arguments)
}

/// A value in the output.
fn printed<'s>(server: &'s Running, name: &str) -> &'s str {
    let value = server.greeting.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    value.unwrap_or_else(|| panic!("{name} is missing: {}", server.greeting))
}

#[test]
fn printed_server_accepts_its_token_until_a_signal_removes_it() {
    for signal in ["TERM", "INT"] {
        let directory = directory();
        let server = start(&directory, &[]);
        let (url, token) = (printed(&server, "url"), printed(&server, "token"));
        assert_eq!(url, format!("http://{}", server.address));
        assert_eq!(printed(&server, "docs"), format!("{url}/docs"));
        assert!(server.greeting.contains(&format!("\nexport AETHER_URL={url} AETHER_TOKEN={token}\n")));
        assert_eq!(server.status(token), 200);
        let path = format!("/api/v1/organizations/{}/api-tokens", printed(&server, "organization"));
        server.create(&path, token, "created by the owner");
        assert_eq!(databases(&directory), 1);
        server.signal(signal);
        let (success, _, logs) = server.wait();
        assert!(success, "{logs}");
        assert_eq!(databases(&directory), 0);
        assert!(!directory.path().join("aether.db").exists() && !directory.path().join("aether-owner.token").exists());
    }
}

#[test]
fn token_file_that_other_users_can_read_is_a_warning() {
    let directory = directory();
    let path = directory.path().join("dev.token");
    for (mode, is_warning) in [(0o600, false), (0o644, true)] {
        fs::write(&path, TOKEN).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let server = start(&directory, &["--token-file", "dev.token"]);
        server.signal("TERM");
        let (_, _, logs) = server.wait();
        assert_eq!(
            logs.contains("dev.token: the file has a secret, and other users can access it"),
            is_warning,
            "{logs}"
        );
    }
}

#[test]
fn second_signal_removes_the_database_too() {
    let directory = directory();
    let server = start(&directory, &[]);
    let mut connection = TcpStream::connect(&server.address).unwrap();
    connection.write_all(b"GET /healthz HTTP/1.1\r\nhost: half a hea").unwrap();
    server.signal("TERM");
    server.wait_for_log("stopping");
    server.signal("TERM");
    let (success, _, logs) = server.wait();
    assert!(!success && logs.contains("stopped at once by a second signal"), "{logs}");
    assert_eq!(databases(&directory), 0);
}

#[test]
fn failed_start_leaves_no_database() {
    let directory = directory();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = dev(&directory).args(["--listen", &address]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(&format!("cannot listen on {address}")));
    assert_eq!(databases(&directory), 0);
}

#[test]
fn given_token_and_organization_are_those_of_each_run() {
    let directory = directory();
    fs::write(directory.path().join("token"), format!("{TOKEN}\n")).unwrap();
    let file = ["--token-file", "token", "--organization", ORGANIZATION];
    for (variable, arguments) in [(TOKEN, &file[2..]), ("", &file), ("the file has precedence", &file)] {
        let mut command = dev(&directory);
        command.env("AETHER_DEV_TOKEN", variable);
        let server = Running::start_by(command, &directory, arguments);
        assert_eq!((printed(&server, "token"), printed(&server, "organization")), (TOKEN, ORGANIZATION));
        assert_eq!(server.status(TOKEN), 200);
        let tokens = server.list(&format!("/api/v1/organizations/{ORGANIZATION}/api-tokens"), TOKEN);
        assert_eq!((tokens.len(), &tokens[0]["name"]), (1, &"owner".into()));
    }
}

#[test]
fn token_is_generated_for_each_run_unless_it_is_given() {
    let directory = directory();
    let tokens = [(), ()].map(|()| {
        let mut command = dev(&directory);
        // An empty variable counts as unset.
        command.env("AETHER_DEV_TOKEN", "");
        printed(&Running::start_by(command, &directory, &[]), "token").to_owned()
    });
    assert_ne!(tokens[0], tokens[1]);
}

#[test]
fn malformed_token_is_rejected_with_the_form_of_tokens() {
    let directory = directory();
    let wrong = TOKEN.replace("6cc5e124", "6cc5e125");
    fs::write(directory.path().join("token"), &wrong).unwrap();
    let from_file = dev(&directory).args(["--token-file", "token"]).output().unwrap();
    let from_variable = dev(&directory).env("AETHER_DEV_TOKEN", &wrong).output().unwrap();
    for (output, origin) in [(from_file, "token"), (from_variable, "AETHER_DEV_TOKEN")] {
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(
            errors.contains(&format!("the token in {origin} is malformed; a token is `aether_`, 64 hex")),
            "{errors}"
        );
        assert!(
            errors.contains("aether-server dev without a token generates one") && !errors.contains(&wrong),
            "{errors}"
        );
        assert_eq!(text(&output.stdout), "");
    }
    let output = dev(&directory).args(["--token-file", "missing"]).output().unwrap();
    assert!(text(&output.stderr).contains("cannot read the token from missing: No such file"));
}

#[test]
fn address_of_another_machine_is_refused() {
    let directory = directory();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let output = dev(&directory).args(["--listen", address]).output().unwrap();
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains("listen on 127.0.0.1 or [::1], or run aether-server without dev"), "{errors}");
    }
}

#[test]
fn variables_of_the_server_have_no_effect() {
    let directory = directory();
    let variables = server_variables().into_iter().filter(|name| !name.starts_with("AETHER_LOG"));
    let mut command = dev(&directory);
    command.envs(variables.map(|name| (name, "nonsense")));
    let server = Running::start_by(command, &directory, &[]);
    assert_eq!(server.status(printed(&server, "token")), 200);
    assert!(!directory.path().join("nonsense").exists());
}

#[test]
fn rate_limits_apply_if_they_are_set() {
    let directory = directory();
    let statuses = |arguments: &[&str], token: Option<&str>| {
        let server = start(&directory, arguments);
        let token = token.unwrap_or_else(|| printed(&server, "token"));
        let mut statuses = vec![server.status(token)];
        while statuses.len() < 150 && statuses.last() == statuses.first() {
            statuses.push(server.status(token));
        }
        (statuses.len(), statuses[0], statuses[statuses.len() - 1])
    };
    assert_eq!(statuses(&[], None), (150, 200, 200));
    assert_eq!(statuses(&["--rate-limit", "2"], None), (3, 200, 429));
    assert_eq!(statuses(&[], Some(TOKEN)), (150, 401, 401));
    assert_eq!(statuses(&["--refusal-limit", "2"], Some(TOKEN)), (3, 401, 429));
}

#[test]
fn commands_of_the_guide_read_the_printed_variables() {
    for program in ["bash", "curl"] {
        if Command::new(program).arg("--version").output().is_err() {
            return skip(program);
        }
    }
    let directory = directory();
    let script = format!("set -euo pipefail\n{}wait \"$AETHER\"\n", blocks(section(OPERATIONS, "Development server")));
    let server = PathBuf::from(env!("CARGO_BIN_EXE_aether-server"));
    let path = std::env::join_paths(
        server.parent().into_iter().map(PathBuf::from).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let mut bash = Command::new("bash");
    bash.args(["-c", &script]).current_dir(directory.path()).env("PATH", path.unwrap());
    let output = bash.env("TMPDIR", directory.path()).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let current: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&current["name"], &current["scopes"]), (&"owner".into(), &serde_json::json!(["*"])));
    let left: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["aether-dev.log"]);
}
