//! `cargo xtask roundtrip`, on documents of this repository and on real documents next to it.

#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use support::run;

/// Runs `roundtrip`. Returns its exit status, standard output and standard error.
fn roundtrip(arguments: &[&str]) -> (Option<i32>, String, String) {
    run(&[&["roundtrip"], arguments].concat())
}

fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

#[test]
fn documents_are_equal_and_values_are_evaluated_correctly() {
    let mut documents: Vec<_> =
        ["../openapi/aether.yaml", "codegen/tests/fixtures/all_features.yaml", "codegen/examples/shapes/shapes.yaml"]
            .into_iter()
            .map(path)
            .collect();
    let specs = path("../../shared/specs");
    match specs.read_dir() {
        Ok(entries) => {
            let entries = entries.map(|entry| entry.unwrap().path());
            documents.extend(entries.filter(|path| path.extension().is_some_and(|it| it == "json")));
        }
        Err(_) => println!("skipped the documents of other projects: {} does not exist", specs.display()),
    }
    let paths: Vec<_> = documents.iter().map(|path| path.display().to_string()).collect();
    let mut arguments: Vec<_> = paths.iter().map(String::as_str).collect();
    arguments.extend(["--format", "json"]);
    let (code, out, error) = roundtrip(&arguments);
    assert_eq!(code, Some(0), "{out}\n{error}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["diagnostics"], json!([]));
    let outcomes = report["outcomes"].as_array().unwrap();
    assert_eq!(outcomes.len(), documents.len());
    for outcome in outcomes {
        let count = |kind: &str, key: &str| outcome[kind][key].as_u64().unwrap();
        let excluded = outcome["exclusions"].as_array().unwrap().len() as u64;
        assert!(count("operations", "all") > 0, "{outcome}");
        assert_eq!(count("operations", "equal") + excluded, count("operations", "all"), "{outcome}");
        assert_eq!(count("schemas", "equal"), count("schemas", "generated"), "{outcome}");
        let instances = &outcome["instances"];
        assert_eq!(instances["unreached"], json!([]), "{outcome}");
        assert_eq!((&instances["accepted"], &instances["rejected"]), (&instances["valid"], &instances["invalid"]));
        assert!(instances["valid"].as_u64() > Some(10) && instances["invalid"].as_u64() > Some(10), "{outcome}");
    }
}

#[test]
fn unsupported_operation_is_named_and_the_rest_is_compared() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let shapes = std::fs::read_to_string(path("codegen/examples/shapes/shapes.yaml")).unwrap();
    let channel = "paths:\n  /channel:\n    get:\n      operationId: channel\n      x-dropshot-websocket: {}\n";
    let channel = file("channel.yaml", &shapes.replacen("paths:\n", channel, 1));
    let broken = file("broken.yaml", &shapes.replace("type: number", "type: decimal"));
    let unreadable = file("unreadable.yaml", "openapi: [");

    let (code, out, error) = roundtrip(&[&channel]);
    assert_eq!(code, Some(0), "{out}\n{error}");
    assert!(out.contains("- channel.yaml: `channel` is a websocket channel"), "{out}");
    assert!(
        out.lines().any(|line| line.starts_with("| channel.yaml | 4          | 3         | 3     | 1        |")),
        "{out}"
    );

    // The only operation has a multipart body, behind a reference.
    let multipart = "{openapi: 3.0.3, info: {title: T, version: 1.0.0}, \
         paths: {/a: {put: {operationId: a, requestBody: {$ref: '#/components/requestBodies/A'}, responses: {}}}}, \
         components: {requestBodies: {A: {content: {multipart/form-data: {}}}}}}";
    let (code, out, _) = roundtrip(&[&file("multipart.yaml", multipart)]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("- multipart.yaml: `a` is a multipart body"), "{out}");

    let (code, out, _) = roundtrip(&[&broken, &unreadable]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("- broken.yaml: type-unknown (4 times)\n- unreadable.yaml: document-unreadable\n"), "{out}");

    let (code, out, _) = roundtrip(&["--format", "json", &broken]);
    let report: Value = serde_json::from_str(&out).unwrap();
    let diagnostic = &report["diagnostics"][0];
    assert_eq!((code, &diagnostic["line"], &diagnostic["column"]), (Some(1), &json!(10), &json!(78)), "{out}");
    assert_eq!(diagnostic["pointer"], "#/paths/~1shapes/get/parameters/0/schema/type");
    assert!(diagnostic["help"].as_str().unwrap().starts_with("use boolean"), "{out}");
    let (code, out, _) = roundtrip(&["--format", "json", &unreadable]);
    let report: Value = serde_json::from_str(&out).unwrap();
    let diagnostic = &report["diagnostics"][0];
    assert_eq!((code, &diagnostic["line"]), (Some(1), &json!(2)), "{out}");
    assert_eq!((&diagnostic["column"], &report["outcomes"][0]["equal"]), (&json!(1), &json!(false)), "{out}");
    assert_eq!(roundtrip(&[]).0, Some(2));
}
