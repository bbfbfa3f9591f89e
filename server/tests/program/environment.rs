//! Environment variables.

use aether_server::config::Arguments;
use clap::CommandFactory;

use crate::process::{Running, directory, program, run, text};

/// The variables of a command's arguments, those of its subcommands included.
fn variables(command: &clap::Command) -> Vec<String> {
    let own = command.get_arguments().filter_map(|argument| argument.get_env()?.to_str().map(str::to_owned));
    let mut all: Vec<_> = own.chain(command.get_subcommands().flat_map(variables)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

pub(crate) fn server_variables() -> Vec<String> {
    let all = variables(&Arguments::command());
    assert!(all.len() > 15, "{all:?}");
    all
}

#[test]
fn command_ignores_variables_of_the_server() {
    let directory = directory();
    run(&directory, &["organization", "create", "acme"]);
    for value in ["", "nonsense"] {
        let of_command = ["AETHER_CONFIG", "AETHER_DATABASE"];
        let variables =
            server_variables().into_iter().filter(|name| value.is_empty() || !of_command.contains(&name.as_str()));
        let mut list = program(&directory);
        list.args(["organization", "list"]).envs(variables.map(|name| (name, value)));
        let output = list.output().unwrap();
        assert!(output.status.success(), "{value:?}: {}", text(&output.stderr));
        assert!(text(&output.stdout).contains("acme"));
    }
    // The variable of the command's own argument applies.
    let mut list = program(&directory);
    list.args(["organization", "list"]).env("AETHER_DATABASE", "other.db");
    assert!(text(&list.output().unwrap().stderr).contains("other.db"));
}

#[test]
fn empty_variable_counts_as_unset_for_the_server() {
    let directory = directory();
    let empty: Vec<_> = server_variables().into_iter().map(|name| (name, "")).collect();
    let server = Running::start_with(&directory, &[], |command| {
        command.envs(empty);
    });
    server.signal("TERM");
    let (success, _, logs) = server.wait();
    assert!(success && logs.contains("serving"), "the default level applies: {logs}");
}

#[test]
fn invalid_variable_of_the_server_is_reported() {
    let directory = directory();
    for (name, value, message) in [
        ("AETHER_MAX_TOKENS", "many", "--max-tokens"),
        ("AETHER_LOG_LEVEL", "warning", "the levels are off, error, warn, info, debug, trace"),
        ("AETHER_MAX_TOKEN_LIFE", "90", "a number needs a unit: ms, s, m, h or d"),
        ("AETHER_MAX_BUFFER", "10", "from 8192"),
        ("AETHER_DOCS", "no", "--docs"),
        ("AETHER_IDLE_TIMEOUT", "1 minute", "--idle-timeout"),
    ] {
        let mut serve = program(&directory);
        let output = serve.env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(message), "{name}={value}: {}", text(&output.stderr));
    }
}

#[test]
fn usage_does_not_depend_on_the_environment() {
    let directory = directory();
    let revoke = |variables: &[(&str, &str)]| {
        let output = program(&directory).args(["token", "revoke"]).envs(variables.iter().copied()).output().unwrap();
        text(&output.stderr)
    };
    let errors = revoke(&[("AETHER_DATABASE", "aether.db")]);
    assert!(errors.contains("Usage: aether-server token revoke [OPTIONS] <TOKEN_ID>\n"), "{errors}");
    assert_eq!(errors, revoke(&[]));
}

#[test]
fn misspelt_variable_is_a_warning() {
    let directory = directory();
    let warning = "AETHER_DATABSE: unknown variable; did you mean AETHER_DATABASE?";
    let variables = [("AETHER_DATABSE", "other.db"), ("AETHER_PORT_8080_TCP", "tcp://10.0.0.1:8080")];
    let server = Running::start_with(&directory, &[], |command| {
        command.envs(variables);
    });
    server.wait_for_log(warning);
    let checked = program(&directory).arg("--check-config").envs(variables).output().unwrap();
    assert_eq!(text(&checked.stderr), format!("warning: {warning}\n"));
    assert!(checked.status.success());
}

#[test]
fn errors_of_a_command_are_its_own() {
    let directory = directory();
    for (arguments, message) in [
        (&["token", "revoke", "nonsense"][..], "invalid value 'nonsense' for '<TOKEN_ID>'"),
        (&["token", "revoke", "aether_5f2b8c01"], "`aether-server token list --prefix aether_5f2b8c01` prints it"),
        (&["token"], "Usage: aether-server token <COMMAND>"),
        (&["toke"], "unrecognized subcommand 'toke'"),
        (
            &["--rate-limit", "x", "organization", "list"],
            "the subcommand 'organization' cannot be used with '--rate-limit",
        ),
        (&["--log-level", "verbose"], "\"verbose\" is not a level"),
        (&["--max-tokens", "1", "--tls-key", "key.pem"], "--tls-certificate"),
    ] {
        let mut command = program(&directory);
        let output = command.args(arguments).env("AETHER_MAX_TOKENS", "many").output().unwrap();
        let errors = text(&output.stderr);
        assert!(!output.status.success() && errors.contains(message), "{arguments:?}: {errors}");
    }
}
