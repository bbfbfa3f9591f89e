//! The installed command, in a directory of its own.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

const PING: &str = "\
openapi: 3.0.3
info: {title: Ping, version: 1.0.0}
paths:
  /ping:
    get:
      operationId: ping
      responses:
        '204': {description: Pong.}
        4XX: &error
          description: The error.
          content: {application/json: {schema: {$ref: '#/components/schemas/Error'}}}
        5XX: *error
components:
  schemas:
    Error: {type: object, required: [message], properties: {message: {type: string}}}
";

/// A contract without operations, and the manifest of its stub.
const EMPTY: &str = "{openapi: 3.0.3, info: {title: Empty, version: 1.0.0}, paths: {}}";

fn manifest(title: &str) -> String {
    let tables = json!({"servers": null, "security_schemes": {}, "secrets": [], "schemas": {}, "operations": []});
    let document = json!({"openapi": "3.0.3", "info": {"title": title, "version": "1.0.0"}, "paths": {}});
    json!({"document": document, "stub": tables}).to_string()
}

fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    directory
}

/// Runs the command. Returns its exit status, standard output and standard error.
fn run(directory: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_dropstub")).current_dir(directory).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn contract_of_the_working_directory_is_found_or_the_places_are_named() {
    for (files, code, expected) in [
        (&[][..], 2, "no contract in "),
        (&[("other.yaml", EMPTY)], 2, "(openapi.yaml, openapi.yml, openapi.json, openapi/*); select one with --spec"),
        (&[("openapi.yaml", EMPTY), ("openapi/a.yaml", "")], 0, "openapi.yaml: equal"),
        (&[("openapi/only.json", EMPTY), ("openapi/README.md", "")], 0, "openapi/only.json: equal"),
        (&[("openapi/a.yaml", EMPTY), ("openapi/b.yaml", EMPTY)], 2, "openapi has more than one document"),
        (&[("openapi.yaml", "a: [")], 2, "openapi.yaml:2:1: "),
        (&[("openapi.yaml", "{openapi: 3.1.0}")], 2, "not an OpenAPI 3.0 document"),
    ] {
        let directory = directory(files);
        fs::write(directory.path().join("manifest"), manifest("Empty")).unwrap();
        let (status, out, error) = run(directory.path(), &["check", "--manifest", "manifest"]);
        assert_eq!(status, Some(code), "{files:?}: {out}{error}");
        assert!(format!("{out}{error}").contains(expected) && !error.contains("./"), "{files:?}: {out}{error}");
    }
}

#[test]
fn manifest_is_read_from_a_file_or_from_a_command() {
    let (equal, other) = (manifest("Empty"), manifest("Other"));
    let directory = directory(&[("openapi.yaml", EMPTY), ("equal", &equal), ("other", &other), ("junk", "[]")]);
    for (arguments, code, expected) in [
        (&["--manifest", "equal"][..], 0, "equal to the compiled stub"),
        (&["--", "cat", "equal"], 0, "equal to the compiled stub"),
        (&["--manifest", "other"], 1, "(#/info/title)"),
        (&["--", "cat", "other"], 1, "(#/info/title)"),
        (&[], 2, "no manifest; use --manifest FILE"),
        (&["--manifest", "missing"], 2, "cannot read missing: "),
        (&["--manifest", "junk"], 2, "junk is not a manifest: "),
        (&["--", "cat", "junk"], 2, "the output of `cat junk` is not a manifest: "),
        (&["--", "cat", "missing"], 2, "`cat missing` failed"),
        (&["--", "./no-such-program"], 2, "cannot run `./no-such-program`"),
        (&["--manifest", "equal", "--", "cat", "equal"], 2, "cannot be used with"),
    ] {
        let (status, out, error) = run(directory.path(), &[&["check"], arguments].concat());
        assert_eq!(status, Some(code), "{arguments:?}: {out}{error}");
        assert!(format!("{out}{error}").contains(expected), "{arguments:?}: {out}{error}");
    }
}

#[test]
fn every_change_of_the_contract_makes_the_generated_file_stale() {
    let directory = directory(&[("openapi.yaml", PING)]);
    let path = directory.path();
    let check = || run(path, &["generate", "--check", "--out", "stub.rs"]);
    let (status, out, _) = check();
    assert_eq!(status, Some(1));
    assert_eq!(
        out,
        "openapi.yaml:1:1: error[generated-file-stale]: stub.rs is missing; `dropstub generate` writes it\n"
    );
    assert_eq!(run(path, &["generate", "--out", "stub.rs"]), (Some(0), "wrote stub.rs\n".into(), String::new()));
    assert_eq!(check().0, Some(0));
    assert_eq!(run(path, &["generate"]).1, fs::read_to_string(path.join("stub.rs")).unwrap());
    // Documentation that the stub does not contain.
    fs::write(path.join("openapi.yaml"), PING.replace("title: Ping", "x-note: more, title: Ping")).unwrap();
    let (status, out, _) = check();
    assert_eq!(status, Some(1));
    assert_eq!(
        out,
        "openapi.yaml:1:1: error[generated-file-stale]: stub.rs differs from the contract; `dropstub generate` writes it\n"
    );
    let (status, out, error) = run(path, &["generate", "--check"]);
    assert_eq!((status, out.as_str()), (Some(2), ""));
    assert_eq!(error, "--check needs a file to compare; select it with --out\n");
}

#[test]
fn unsupported_construct_is_diagnosed_and_nothing_is_generated() {
    let directory = directory(&[("openapi.yaml", &PING.replace("type: string", "type: text"))]);
    let (status, out, error) = run(directory.path(), &["generate", "--out", "stub.rs"]);
    assert_eq!((status, out.as_str()), (Some(2), ""));
    assert!(error.starts_with("error[type-unknown]: "), "{error}");
    assert!(error.ends_with("nothing was generated\n"), "{error}");
    assert!(!directory.path().join("stub.rs").exists());
}

#[test]
fn released_contract_is_the_base_of_compat() {
    let directory = directory(&[
        ("openapi.yaml", PING),
        ("released/1.0.0.yaml", PING),
        ("released/0.9.0.yaml", EMPTY),
        ("old.yaml", &PING.replace("operationId: ping", "operationId: pong")),
    ]);
    let (status, out, error) = run(directory.path(), &["compat"]);
    assert_eq!(status, Some(0), "{error}");
    assert!(out.contains("against ./released/1.0.0.yaml: 0 breaking"), "{out}");
    let (status, out, _) = run(directory.path(), &["compat", "--base", "old.yaml"]);
    assert_eq!(status, Some(1));
    assert!(out.contains("error[operation-id-changed]: "), "{out}");
    fs::remove_dir_all(directory.path().join("released")).unwrap();
    let (status, _, error) = run(directory.path(), &["compat"]);
    assert_eq!(status, Some(2));
    assert!(error.contains("in ./released; select one with --base"), "{error}");
}

#[test]
fn findings_are_written_in_each_format() {
    let directory = directory(&[("openapi.yaml", PING)]);
    let lint = |format| {
        let (status, out, error) = run(directory.path(), &["lint", "--format", format]);
        assert_eq!(status, Some(1), "{error}");
        out
    };
    assert!(lint("text").contains("[operation-summary-missing]: "), "{}", lint("text"));
    let report: Value = serde_json::from_str(&lint("json")).unwrap();
    let diagnostics = report["diagnostics"].as_array().unwrap();
    let log: Value = serde_json::from_str(&lint("sarif")).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!((&log["version"], results.len()), (&json!("2.1.0"), diagnostics.len()));
    for (diagnostic, result) in diagnostics.iter().zip(results) {
        assert_eq!(diagnostic["rule"], result["ruleId"]);
        assert_eq!(report["rules"][diagnostic["rule"].as_str().unwrap()].as_u64().map(|it| it > 0), Some(true));
    }
}

#[test]
fn rules_are_explained() {
    let directory = directory(&[]);
    let (status, out, _) = run(directory.path(), &["explain", "operation-removed"]);
    assert_eq!(status, Some(0));
    assert!(out.starts_with("operation-removed (compat, error)\n\nAn operation was removed.\n"), "{out}");
    let (status, out, _) = run(directory.path(), &["explain"]);
    assert_eq!(status, Some(0));
    assert!(out.contains("| `generated-file-stale` | error |"), "{out}");
    let (status, _, error) = run(directory.path(), &["explain", "no-such-rule"]);
    assert_eq!((status, error.starts_with("unknown rule no-such-rule")), (Some(2), true), "{error}");
}
