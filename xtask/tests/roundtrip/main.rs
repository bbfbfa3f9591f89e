//! `cargo xtask roundtrip`: documents of this repository, and the real ones that lie beside it, there and back.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

/// The exit code, and what was said.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_xtask")).arg("roundtrip").args(arguments).output().expect("it can be run");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn each_document_is_equal_and_each_value_is_judged_as_it_should_be() {
    let mut documents: Vec<_> =
        ["../openapi/aether.yaml", "codegen/tests/fixtures/all_features.yaml", "codegen/examples/shapes/shapes.yaml"]
            .into_iter()
            .map(here)
            .collect();
    let specs = here("../../shared/specs");
    match specs.read_dir() {
        Ok(entries) => {
            let entries = entries.map(|entry| entry.unwrap().path());
            documents.extend(entries.filter(|path| path.extension().is_some_and(|it| it == "json")));
        }
        Err(_) => println!("skipped the documents of other projects: {} is not there", specs.display()),
    }
    let paths: Vec<_> = documents.iter().map(|path| path.display().to_string()).collect();
    let mut arguments: Vec<_> = paths.iter().map(String::as_str).collect();
    arguments.extend(["--format", "json"]);
    let (code, out, error) = run(&arguments);
    assert_eq!(code, Some(0), "{out}\n{error}");
    let outcomes: Vec<Value> = serde_json::from_str(&out).unwrap();
    assert_eq!(outcomes.len(), documents.len());
    for outcome in outcomes {
        let count = |kind: &str, key: &str| outcome[kind][key].as_u64().unwrap();
        let left_out = outcome["left_out"].as_array().unwrap().len() as u64;
        assert!(count("operations", "all") > 0, "{outcome}");
        assert_eq!(count("operations", "equal") + left_out, count("operations", "all"), "{outcome}");
        assert_eq!(count("schemas", "equal"), count("schemas", "generated"), "{outcome}");
        let instances = &outcome["instances"];
        assert_eq!((&instances["wrong"], &instances["unreached"]), (&json!([]), &json!([])), "{outcome}");
        assert!(instances["taken"].as_u64() > Some(10) && instances["refused"].as_u64() > Some(10), "{outcome}");
    }
}

#[test]
fn what_cannot_be_taken_is_said_and_the_rest_is_still_compared() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let document = std::fs::read_to_string(here("codegen/examples/shapes/shapes.yaml")).unwrap();
    let channel = "paths:\n  /channel:\n    get:\n      operationId: channel\n      x-dropshot-websocket: {}\n";
    std::fs::write(path("channel.yaml"), document.replacen("paths:\n", channel, 1)).unwrap();
    std::fs::write(path("broken.yaml"), document.replace("type: number", "type: decimal")).unwrap();
    std::fs::write(path("none.yaml"), "openapi: [").unwrap();

    let (code, out, error) = run(&[&path("channel.yaml")]);
    assert_eq!(code, Some(0), "{out}\n{error}");
    assert!(out.contains("- channel.yaml: `channel` is a websocket channel"), "{out}");
    assert!(
        out.lines().any(|line| line.starts_with("| channel.yaml | 4          | 3         | 3     | 1       |")),
        "{out}"
    );

    // Nothing is left of this one, be the body in place or not.
    let multipart = "{openapi: 3.0.3, info: {title: T, version: 1.0.0}, \
         paths: {/a: {put: {operationId: a, requestBody: {$ref: '#/components/requestBodies/A'}, responses: {}}}}, \
         components: {requestBodies: {A: {content: {multipart/form-data: {}}}}}}";
    std::fs::write(path("multipart.yaml"), multipart).unwrap();
    let (code, out, _) = run(&[&path("multipart.yaml")]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("- multipart.yaml: `a` is a multipart body"), "{out}");

    let (code, out, _) = run(&[&path("broken.yaml"), &path("none.yaml")]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("broken.yaml: the type `decimal` ("), "{out}");
    assert!(out.contains("- broken.yaml: the type `decimal` (4 times)\n- none.yaml: none.yaml:2:1: "), "{out}");
    let (code, out, _) = run(&["--format", "json", &path("broken.yaml")]);
    let outcomes: Vec<Value> = serde_json::from_str(&out).unwrap();
    let reason = &outcomes[0]["refused"][0];
    assert_eq!((code, &reason["line"], &reason["column"]), (Some(1), &json!(10), &json!(78)), "{out}");
    assert_eq!(reason["pointer"], "#/paths/~1shapes/get/parameters/0/schema/type");
    assert!(reason["help"].as_str().unwrap().starts_with("use boolean"), "{out}");
    assert_eq!(run(&[]).0, Some(2));
}
