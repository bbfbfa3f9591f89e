//! The exit status and the output of the command.

use super::{contract, json, support::run, with};
use serde_json::Value;
use xtask::project;

#[test]
fn exit_status_tells_breaking_changes_from_failures() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let changed = with(&contract(), "/paths/~1api~1v1~1authorize/get/operationId", json!("other"));
    std::fs::write(path("changed.json"), changed.to_string()).unwrap();
    std::fs::write(path("junk.yaml"), "a: [").unwrap();
    let base = project::root().join(project::CONTRACT).display().to_string();

    let (code, out, _) = run(&["compat", "--base", &base]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("0 breaking, 0 compatible, 0 documentation"), "{out}");

    let (code, out, _) = run(&["compat", "--base", &base, "--spec", &path("changed.json")]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("error[operation-id-changed]: "), "{out}");
    assert!(out.contains("(#/paths/~1api~1v1~1authorize/get/operationId)"), "{out}");

    let (code, out, _) = run(&["compat", "--base", &base, "--spec", &path("changed.json"), "--format", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &report["diagnostics"][0]["rule"]), (Some(1), &json!("operation-id-changed")), "{out}");

    for base in [path("junk.yaml"), "no-such-revision".to_owned()] {
        let (code, out, error) = run(&["compat", "--base", &base]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{error}");
        assert!(!error.is_empty());
    }
}

#[test]
fn missing_base_fails_and_names_the_directory() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("openapi.json");
    std::fs::write(&path, contract().to_string()).unwrap();
    let (code, out, error) = run(&["compat", "--spec", &path.display().to_string()]);
    assert_eq!((code, out.as_str()), (Some(2), ""), "{error}");
    assert!(error.contains(&directory.path().join("released").display().to_string()), "{error}");
}
