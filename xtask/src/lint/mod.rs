//! What is wrong with a document: what the stub generator refuses it for, and beside that what is missing, what nobody
//! needs, what does not hold what it promises, and what generators of other languages would call otherwise than it is
//! called here.
//!
//! One file for each kind of finding. What the stub generator refuses (ids, statuses and contents that are missing, what
//! progenitor and dropshot cannot take) is the generator's to say, and is not said here again.

mod clients;
mod complete;
mod examples;
mod names;
mod unused;

use serde_json::{Map, Value};

use crate::document::{Document, METHODS, Pointer};
use crate::stub::{self, Diagnostic, Diagnostics};

/// Everything that is found, or nothing.
///
/// # Errors
/// The findings, in the order of the document.
pub fn lint(document: &Document) -> Result<(), Diagnostics> {
    let refused = stub::secrets(document).err().map(|refused| refused.list);
    let mut findings = Findings { document, list: refused.unwrap_or_default() };
    complete::look(&mut findings);
    clients::look(&mut findings);
    examples::look(&mut findings);
    names::look(&mut findings);
    unused::look(&mut findings);
    if findings.list.is_empty() { Ok(()) } else { Err(Diagnostics::called(document, findings.list, ("finding", ""))) }
}

/// What was found so far.
struct Findings<'d> {
    document: &'d Document,
    list: Vec<Diagnostic>,
}

impl Findings<'_> {
    fn add(&mut self, pointer: &Pointer, message: impl Into<String>, help: impl Into<String>) {
        self.list.push(Diagnostic {
            place: self.document.place(pointer),
            pointer: pointer.clone(),
            message: message.into(),
            help: help.into(),
        });
    }
}

/// Each operation with its place.
fn operations(root: &Value) -> Vec<(Pointer, &Map<String, Value>)> {
    let paths = Pointer::root().child("paths");
    let items = root.get("paths").and_then(Value::as_object).into_iter().flatten();
    items
        .flat_map(|(path, item)| {
            let pointer = paths.child(path);
            METHODS
                .into_iter()
                .filter_map(move |method| Some((pointer.child(method), item.get(method).and_then(Value::as_object)?)))
        })
        .collect()
}

/// Calls `see` with every value of the document and its place, but for those that are data.
fn walk<'v>(value: &'v Value, pointer: &Pointer, see: &mut impl FnMut(&'v Value, &Pointer)) {
    see(value, pointer);
    // Under some keys, a key is a name that somebody chose.
    let names = matches!(pointer.last(), Some("properties" | "schemas" | "headers" | "parameters" | "responses"));
    let data = |key: &str| matches!(key, "example" | "default" | "enum") || key.starts_with("x-");
    match value {
        Value::Object(map) => {
            let inner = map.iter().filter(|(key, _)| names || !data(key));
            inner.for_each(|(key, value)| walk(value, &pointer.child(key), see));
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, value)| walk(value, &pointer.child(index), see));
        }
        _ => {}
    }
}

/// What a reference leads to, or the value itself.
fn resolve<'v>(root: &'v Value, value: &'v Value) -> &'v Value {
    let pointer = value.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference);
    pointer.and_then(|pointer| pointer.find(root)).unwrap_or(value)
}
