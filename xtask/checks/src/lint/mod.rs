//! What is wrong with a document: what the stub generator refuses it for, and beside that what is missing, what nobody
//! needs, what does not hold what it promises, and what generators of other languages would call otherwise than it is
//! called here.
//!
//! One file for each kind of finding. What the stub generator refuses (ids, statuses and contents that are missing, what
//! progenitor and dropshot cannot take) is the generator's to say, and is not said here again.

mod documentation;
mod elements;
mod examples;
mod naming;
mod progenitor;
mod unused;

use serde_json::{Map, Value};

use dropstub_document::{Document, METHODS, Pointer, Position};

/// Everything that is found, or nothing.
///
/// # Errors
/// The findings, in the order of the document.
pub fn lint(document: &Document) -> Result<(), Vec<Finding>> {
    let mut findings = Findings { document, list: Vec::new() };
    let things = elements::things(&document.value);
    documentation::look(&mut findings, &things);
    progenitor::look(&mut findings, &things);
    examples::look(&mut findings, &things);
    naming::look(&mut findings, &things);
    unused::look(&mut findings);
    if findings.list.is_empty() { Ok(()) } else { Err(findings.list) }
}

/// One finding.
#[derive(Debug, Clone)]
pub struct Finding {
    pub position: Position,
    pub pointer: Pointer,
    pub message: String,
    pub help: String,
}

/// What was found so far.
struct Findings<'d> {
    document: &'d Document,
    list: Vec<Finding>,
}

impl Findings<'_> {
    fn add(&mut self, pointer: &Pointer, message: impl Into<String>, help: impl Into<String>) {
        self.list.push(Finding {
            position: self.document.position(pointer),
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

/// How many references may lead to the next. A longer chain is a circle.
const MAX_REFERENCES: usize = 32;

/// What references lead to, or the value itself.
fn resolve<'v>(root: &'v Value, value: &'v Value) -> &'v Value {
    let mut value = value;
    for _ in 0..MAX_REFERENCES {
        let pointer = value.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference);
        match pointer.and_then(|pointer| pointer.find(root)) {
            Some(next) => value = next,
            None => break,
        }
    }
    value
}

/// A schema, and what references and `allOf` around one lead to.
fn seen<'v>(root: &'v Value, schema: &'v Value) -> Vec<&'v Value> {
    let mut layers = Vec::new();
    let mut next = Some(schema);
    while let Some(schema) = next.filter(|_| layers.len() < MAX_REFERENCES) {
        let schema = resolve(root, schema);
        layers.push(schema);
        next = match schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
            Some([only]) => Some(only),
            _ => None,
        };
    }
    layers
}
