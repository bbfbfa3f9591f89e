//! How long it takes to generate a stub and to compare one, and how that grows with the document.
//!
//! ```text
//! cargo bench -p xtask --bench speed -- [FILE...]
//! ```
//!
//! First the contract and the documents that are given, each with its time by size. Then the contract once, and two, four
//! and eight times in one document: if the time grows as the document does, the last column stays near 1.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use dropstub_checks::check::{self, Account};
use dropstub_codegen::Options;
use dropstub_document::Document;
use dropstub_testing::roundtrip;
use serde_json::{Map, Value};
use xtask::project;

const OPTIONS: Options<'static> = Options { runtime: "dropstub_runtime", header: "//", witness: false };

/// Of so many rounds the fastest counts: what else the machine does only makes it slower.
const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let contract = project::contract()?;
    let mut documents = vec![contract.clone()];
    // Cargo passes `--bench`.
    for path in std::env::args().skip(1).filter(|argument| !argument.starts_with("--")) {
        // Cargo runs a bench in the folder of its package.
        let path = [Path::new(&path).to_path_buf(), project::root().join(&path)].into_iter().find(|it| it.exists());
        documents.push(Document::read(&path.ok_or("no such file")?)?);
    }
    println!("{:<48} {:>9} {:>12} {:>14}", "document", "bytes", "generate ms", "ns for a byte");
    for document in &documents {
        let document = without_channels(document)?;
        let name = Path::new(&document.name).file_name().unwrap_or_default().to_string_lossy().into_owned();
        match dropstub_codegen::generate(&document, &OPTIONS) {
            Ok(_) => {
                let time = fastest(|| drop(black_box(read_and_generate(&document))));
                let bytes = document.text.len();
                println!("{name:<48} {bytes:>9} {:>12.1} {:>14.0}", millis(time), by_byte(time, bytes));
            }
            Err(diagnostics) => println!("{name:<48} refused for {} reasons", diagnostics.list.len()),
        }
    }

    let account = aether_api::account();
    println!(
        "\n{:<8} {:>9} {:>12} {:>8} {:>12} {:>8}",
        "copies", "bytes", "generate ms", "growth", "check ms", "growth"
    );
    let mut first = None;
    for copies in [1, 2, 4, 8] {
        let document = Document::parse("copies.json", copied(&contract.value, copies).to_string())?;
        let account: Account = serde_json::from_value(copied_account(&account, copies))?;
        let report = check::compare(&document.value, &account)?;
        assert!(report.findings.is_empty(), "the copies differ: {:?}", report.findings);
        let generate = fastest(|| drop(black_box(read_and_generate(&document))));
        let check = fastest(|| drop(black_box(check::compare(&document.value, &account))));
        let bytes = document.text.len();
        let times = (by_byte(generate, bytes), by_byte(check, bytes));
        let (generate_first, check_first) = *first.get_or_insert(times);
        println!(
            "{copies:<8} {bytes:>9} {:>12.1} {:>8.2} {:>12.1} {:>8.2}",
            millis(generate),
            times.0 / generate_first,
            millis(check),
            times.1 / check_first
        );
    }
    Ok(())
}

/// All that a command does: the text is read, too.
fn read_and_generate(document: &Document) -> Option<String> {
    let document = Document::parse("t", document.text.as_str()).ok()?;
    dropstub_codegen::generate(&document, &OPTIONS).ok()
}

fn fastest(work: impl Fn()) -> Duration {
    let times = (0..ROUNDS).map(|_| {
        let begun = Instant::now();
        work();
        begun.elapsed()
    });
    times.min().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Nanoseconds for each byte of a document.
#[allow(clippy::cast_precision_loss, reason = "no document is that large")]
fn by_byte(time: Duration, bytes: usize) -> f64 {
    time.as_secs_f64() * 1e9 / bytes as f64
}

/// The document without the operations that no stub can have.
fn without_channels(document: &Document) -> Result<Document, Box<dyn Error>> {
    let (rest, left_out) = roundtrip::take_out(document);
    let text = if left_out.is_empty() { document.text.clone() } else { format!("{:#}", rest.value) };
    Ok(Document::parse(document.name.clone(), text)?)
}

/// The document with all of its operations, schemas and responses so many times, each time under other names.
fn copied(document: &Value, copies: usize) -> Value {
    let mut whole = document.clone();
    for copy in 1..copies {
        let another = renamed(document, copy);
        merge(&mut whole["paths"], &another["paths"]);
        merge(&mut whole["components"], &another["components"]);
    }
    whole
}

fn copied_account(account: &Value, copies: usize) -> Value {
    let mut whole = account.clone();
    whole["document"] = copied(&account["document"], copies);
    for copy in 1..copies {
        let stub = renamed(&serde_json::json!({"components": {"schemas": account["stub"]["schemas"]}}), copy);
        merge(&mut whole["stub"]["schemas"], &stub["components"]["schemas"]);
        for operation in account["stub"]["operations"].as_array().into_iter().flatten() {
            let mut operation = renamed(operation, copy);
            operation["operation_id"] = format!("{}{copy}", text(&operation["operation_id"])).into();
            operation["path"] = format!("/copy{copy}{}", text(&operation["path"])).into();
            whole["stub"]["operations"].as_array_mut().into_iter().for_each(|list| list.push(operation.clone()));
        }
        for secret in account["stub"]["secrets"].as_array().into_iter().flatten() {
            let secret = format!("{}{copy}", text(secret));
            whole["stub"]["secrets"].as_array_mut().into_iter().for_each(|list| list.push(secret.clone().into()));
        }
    }
    whole
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Adds the entries of objects in objects.
fn merge(whole: &mut Value, other: &Value) {
    let (Some(whole), Some(other)) = (whole.as_object_mut(), other.as_object()) else { return };
    for (key, value) in other {
        match whole.get_mut(key) {
            Some(there) => merge(there, value),
            None => drop(whole.insert(key.clone(), value.clone())),
        }
    }
}

/// Gives other names to paths, operations and components; the names of fields stay.
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
