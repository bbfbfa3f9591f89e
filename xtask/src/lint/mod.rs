//! What is wrong with a document that is no mistake of its form: what is missing, what does not hold what it promises,
//! and what generators of other languages would call otherwise than it is called here.
//!
//! One file for each kind of finding. A document that the stub generator refuses is said so by the generator; nothing
//! of that is said here again.

mod clients;
mod complete;
mod examples;
mod names;

use serde_json::{Map, Value};

use crate::document::{Document, METHODS, Pointer};
use crate::stub::{Diagnostic, Diagnostics};

/// Everything that is found, or nothing.
///
/// # Errors
/// The findings, in the order of the document.
pub fn lint(document: &Document) -> Result<(), Diagnostics> {
    let mut findings = Findings { document, list: Vec::new() };
    complete::look(&mut findings);
    clients::look(&mut findings);
    examples::look(&mut findings);
    names::look(&mut findings);
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

/// Calls `see` with every value of the document and its place.
fn walk<'v>(value: &'v Value, pointer: &Pointer, see: &mut impl FnMut(&'v Value, &Pointer)) {
    see(value, pointer);
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| walk(value, &pointer.child(key), see)),
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
