//! The time to generate a stub and to compare it, and its growth with the size of the document.
//!
//! ```text
//! cargo bench -p xtask --bench speed -- [FILE...]
//! ```
//!
//! The first table has the contract and the given documents, each with its time per byte. The second has documents with one, two, four and
//! eight copies of the contract: if the time is linear, the growth stays near 1.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use dropstub_checks::check::{Manifest, check};
use dropstub_codegen::{Api, Options};
use dropstub_document::Document;
use dropstub_testing::roundtrip;
use serde_json::{Map, Value};
use xtask::project;

const OPTIONS: Options<'static> = Options { runtime: "dropstub_runtime", header: "//" };

/// The number of rounds. The fastest counts, because other programs only slow a round down.
const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let contract = project::contract().map_err(|failure| failure.to_string())?;
    let mut documents = vec![contract.clone()];
    // Cargo passes `--bench`.
    for path in std::env::args().skip(1).filter(|argument| !argument.starts_with("--")) {
        // Cargo runs a benchmark in the directory of its package.
        let path = [Path::new(&path).to_path_buf(), project::root().join(&path)].into_iter().find(|it| it.exists());
        documents.push(Document::read(&path.ok_or("the file does not exist")?)?);
    }
    println!("{:<48} {:>9} {:>12} {:>14}", "document", "bytes", "generate ms", "ns per byte");
    for document in &documents {
        let document = supported(document)?;
        let name = Path::new(&document.name).file_name().unwrap_or_default().to_string_lossy().into_owned();
        match Api::parse(&document) {
            Ok(_) => {
                let time = fastest(|| drop(black_box(parse_and_generate(&document))));
                let bytes = document.text.len();
                println!("{name:<48} {bytes:>9} {:>12.1} {:>14.0}", millis(time), per_byte(time, bytes));
            }
            Err(diagnostics) => println!("{name:<48} {} diagnostics", diagnostics.len()),
        }
    }

    let manifest = aether_api::manifest();
    println!(
        "\n{:<8} {:>9} {:>12} {:>8} {:>12} {:>8}",
        "copies", "bytes", "generate ms", "growth", "check ms", "growth"
    );
    let mut first = None;
    for copies in [1, 2, 4, 8] {
        let document = Document::parse("copies.json", copied(&contract.value, copies).to_string())?;
        let manifest: Manifest = serde_json::from_value(copied_manifest(&manifest, copies))?;
        let found = check(&document, &manifest)?.diagnostics;
        assert!(found.is_empty(), "the copies differ: {found:?}");
        let generate = fastest(|| drop(black_box(parse_and_generate(&document))));
        let compare = fastest(|| drop(black_box(check(&document, &manifest))));
        let bytes = document.text.len();
        let times = (per_byte(generate, bytes), per_byte(compare, bytes));
        let (generate_first, check_first) = *first.get_or_insert(times);
        println!(
            "{copies:<8} {bytes:>9} {:>12.1} {:>8.2} {:>12.1} {:>8.2}",
            millis(generate),
            times.0 / generate_first,
            millis(compare),
            times.1 / check_first
        );
    }
    Ok(())
}

/// Parses a document and generates its stub, as the command does.
fn parse_and_generate(document: &Document) -> Option<String> {
    let document = Document::parse("t", document.text.as_str()).ok()?;
    Some(Api::parse(&document).ok()?.emit(&OPTIONS))
}

fn fastest(work: impl Fn()) -> Duration {
    let times = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed()
    });
    times.min().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Nanoseconds per byte of a document.
#[allow(clippy::cast_precision_loss, reason = "no document is that large")]
fn per_byte(time: Duration, bytes: usize) -> f64 {
    time.as_secs_f64() * 1e9 / bytes as f64
}

/// The document without operations that a stub cannot have.
fn supported(document: &Document) -> Result<Document, Box<dyn Error>> {
    let (rest, exclusions) = roundtrip::exclude(document);
    let text = if exclusions.is_empty() { document.text.clone() } else { format!("{:#}", rest.value) };
    Ok(Document::parse(document.name.clone(), text)?)
}

/// The document with several copies of its operations, schemas and responses, each under other names.
fn copied(document: &Value, copies: usize) -> Value {
    let mut whole = document.clone();
    for copy in 1..copies {
        let another = renamed(document, copy);
        merge(&mut whole["paths"], &another["paths"]);
        merge(&mut whole["components"], &another["components"]);
    }
    whole
}

fn copied_manifest(manifest: &Value, copies: usize) -> Value {
    let mut whole = manifest.clone();
    whole["document"] = copied(&manifest["document"], copies);
    for copy in 1..copies {
        let stub = renamed(&serde_json::json!({"components": {"schemas": manifest["stub"]["schemas"]}}), copy);
        merge(&mut whole["stub"]["schemas"], &stub["components"]["schemas"]);
        for operation in manifest["stub"]["operations"].as_array().into_iter().flatten() {
            let mut operation = renamed(operation, copy);
            operation["operation_id"] = format!("{}{copy}", text(&operation["operation_id"])).into();
            operation["path"] = format!("/copy{copy}{}", text(&operation["path"])).into();
            whole["stub"]["operations"].as_array_mut().into_iter().for_each(|list| list.push(operation.clone()));
        }
        for secret in manifest["stub"]["secrets"].as_array().into_iter().flatten() {
            let secret = format!("{}{copy}", text(secret));
            whole["stub"]["secrets"].as_array_mut().into_iter().for_each(|list| list.push(secret.clone().into()));
        }
    }
    whole
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Merges the entries of objects.
fn merge(whole: &mut Value, other: &Value) {
    let (Some(whole), Some(other)) = (whole.as_object_mut(), other.as_object()) else { return };
    for (key, value) in other {
        match whole.get_mut(key) {
            Some(present) => merge(present, value),
            None => drop(whole.insert(key.clone(), value.clone())),
        }
    }
}

/// Renames paths, operations and components. The names of fields stay.
fn renamed(value: &Value, copy: usize) -> Value {
    let mut value = references(value, copy);
    if let Some(paths) = value.get_mut("paths").and_then(Value::as_object_mut) {
        *paths = std::mem::take(paths).into_iter().map(|(path, item)| (format!("/copy{copy}{path}"), item)).collect();
        for operation in paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
            if operation.get("operationId").is_some() {
                operation["operationId"] = format!("{}{copy}", text(&operation["operationId"])).into();
            }
        }
    }
    for kind in ["schemas", "responses"] {
        let found = value.get_mut("components").and_then(|it| it.get_mut(kind)).and_then(Value::as_object_mut);
        if let Some(found) = found {
            *found = std::mem::take(found).into_iter().map(|(name, it)| (format!("{name}{copy}"), it)).collect();
        }
    }
    value
}

fn references(value: &Value, copy: usize) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| {
                let moved = |kind: &&str| text(value).starts_with(&format!("#/components/{kind}/"));
                let reference = key == "$ref" && ["schemas", "responses"].iter().any(moved);
                let value = if reference { format!("{}{copy}", text(value)).into() } else { references(value, copy) };
                (key.clone(), value)
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(values) => values.iter().map(|value| references(value, copy)).collect(),
        other => other.clone(),
    }
}
