//! Helpers of the tests of the commands.

#![allow(dead_code, reason = "each test uses some of them")]

use std::process::Command;

use dropstub_document::{Document, Pointer};
use serde_json::Value;
use xtask::project;

/// The JSON pointer of the path of the tokens, `{TOKENS}` in tables.
pub(crate) const TOKENS: &str = "/paths/~1api~1v1~1organizations~1{orgID}~1api-tokens";

/// The contract.
pub(crate) fn contract() -> Value {
    project::contract().expect("the contract is readable").value
}

/// A document of this repository; `path` is relative to `xtask/`.
pub(crate) fn document(path: &str) -> Value {
    Document::read(&project::root().join("xtask").join(path)).expect("the document is readable").value
}

/// A copy of a document with a value at a JSON pointer; `null` removes the present value.
pub(crate) fn with(document: &Value, pointer: &str, value: Value) -> Value {
    let mut changed = document.clone();
    set(&mut changed, pointer, value);
    changed
}

/// Sets the value at a JSON pointer; `null` removes the present value. An index one past the end appends.
pub(crate) fn set(document: &mut Value, pointer: &str, value: Value) {
    set_at(document, &Pointer::from_reference(&format!("#{pointer}")).expect("a JSON pointer below the root"), value);
}

/// Removes the value at a pointer.
pub(crate) fn delete(document: &mut Value, pointer: &Pointer) {
    set_at(document, pointer, Value::Null);
}

fn set_at(document: &mut Value, pointer: &Pointer, value: Value) {
    let (parent, key) = (pointer.parent().expect("a parent"), pointer.last().expect("a key"));
    match parent.find_mut(document).unwrap_or_else(|| panic!("{parent} does not exist")) {
        Value::Object(map) if value.is_null() => drop(map.shift_remove(key).expect("the value exists")),
        Value::Object(map) => drop(map.insert(key.to_owned(), value)),
        Value::Array(list) if value.is_null() => drop(list.remove(key.parse().expect("an index"))),
        Value::Array(list) if key.parse() == Ok(list.len()) => list.push(value),
        Value::Array(list) => list[key.parse::<usize>().expect("an index")] = value,
        other => panic!("{other} has no {key}"),
    }
}

/// Runs a command of `cargo xtask`. Returns its exit status, standard output and standard error.
pub(crate) fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().expect("the command runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}
