//! A value of the document on its way to being understood: it remembers its place and which of its keys were looked
//! at, so that what nobody looked at can be refused.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::diagnostic::Diagnostic;
use dropstub_document::{Document, Pointer};

/// The extensions that the generator understands, and where.
const OURS: [(&str, &str); 8] = [
    ("x-required-scopes", "an operation"),
    ("x-check", "a string without an `enum`"),
    ("x-secret", "a component that is a string"),
    ("x-max-bytes", "a request body"),
    ("x-gate", "a header of a response"),
    ("x-scope-exemption", "an operation"),
    ("x-invalid-status", "an operation"),
    ("x-dropshot-pagination", "an operation"),
];

/// Whether an extension is one of ours.
pub(super) fn is_ours(key: &str) -> bool {
    OURS.iter().any(|(ours, _)| *ours == key)
}

/// What may stand beside a `$ref`, where OpenAPI 3.0 ignores everything, because it only documents.
const BESIDE_A_REFERENCE: [&str; 3] = ["$ref", "description", "summary"];

/// The document, and what was found wrong with it so far.
pub(super) struct Source<'d> {
    pub(super) document: &'d Document,
    diagnostics: RefCell<Vec<Diagnostic>>,
}

impl<'d> Source<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Self { document, diagnostics: RefCell::default() }
    }

    pub(super) fn document(&self) -> &'d Document {
        self.document
    }

    pub(super) fn root(&self) -> Node<'_, 'd> {
        Node { source: self, pointer: Pointer::root(), value: &self.document.value }
    }

    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics.into_inner()
    }

    /// Whether nothing was found wrong so far.
    pub(super) fn is_good(&self) -> bool {
        self.diagnostics.borrow().is_empty()
    }

    /// Whether the key is an extension that means nothing here. One of ours that stands where it means nothing is
    /// refused: whoever wrote it relies on it.
    fn skips(&self, pointer: &Pointer, key: &str) -> bool {
        if let Some((_, home)) = OURS.iter().find(|(ours, _)| *ours == key) {
            self.refuse(pointer, format!("`{key}` where it means nothing"), format!("write it into {home}"));
        }
        key.starts_with("x-")
    }

    pub(super) fn refuse(&self, pointer: &Pointer, message: impl Into<String>, help: impl Into<String>) {
        self.diagnostics.borrow_mut().push(Diagnostic {
            place: self.document.position(pointer),
            pointer: pointer.clone(),
            message: message.into(),
            help: help.into(),
        });
    }
}

/// One value.
#[derive(Clone)]
pub(super) struct Node<'s, 'd> {
    pub(super) source: &'s Source<'d>,
    pub(super) pointer: Pointer,
    pub(super) value: &'d Value,
}

impl<'s, 'd> Node<'s, 'd> {
    pub(super) fn refuse(&self, message: impl Into<String>, help: impl Into<String>) {
        self.source.refuse(&self.pointer, message, help);
    }

    /// The value as `T`, or a diagnostic that says what it should be.
    fn expect<T>(&self, noun: &str, read: impl FnOnce(&'d Value) -> Option<T>) -> Option<T> {
        let found = read(self.value);
        if found.is_none() {
            self.refuse(format!("this is not {noun}"), format!("write {noun} here"));
        }
        found
    }

    pub(super) fn str(&self) -> Option<&'d str> {
        self.expect("a string", Value::as_str)
    }

    pub(super) fn bool(&self) -> Option<bool> {
        self.expect("true or false", Value::as_bool)
    }

    pub(super) fn size(&self) -> Option<usize> {
        self.expect("a whole number from 0", |value| usize::try_from(value.as_u64()?).ok())
    }

    pub(super) fn integer(&self) -> Option<i64> {
        self.expect("a whole number of at most 64 bits", |value| {
            // A bound may be written as 1.0; it means 1.
            #[allow(clippy::cast_possible_truncation, reason = "the range is checked")]
            let whole = |float: f64| (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64);
            value.as_i64().or_else(|| value.as_f64().and_then(whole))
        })
    }

    pub(super) fn number(&self) -> Option<f64> {
        self.expect("a number", Value::as_f64)
    }

    pub(super) fn items(&self) -> Vec<Self> {
        let items = self.expect("a list", Value::as_array);
        let nodes = |items: &'d Vec<Value>| {
            items
                .iter()
                .enumerate()
                .map(|(index, value)| Node { source: self.source, pointer: self.pointer.child(index), value })
                .collect()
        };
        items.map(nodes).unwrap_or_default()
    }

    /// The entries of an object whose keys are names of the author's choosing.
    pub(super) fn entries(&self) -> Vec<(&'d str, Self)> {
        let Some(map) = self.expect("an object", Value::as_object) else { return Vec::new() };
        let node =
            |(key, value)| (String::as_str(key), Node { source: self.source, pointer: self.pointer.child(key), value });
        map.iter().map(node).collect()
    }

    /// The entries of paths and of responses, the two maps that may hold extensions beside what they are of.
    pub(super) fn unextended_entries(&self) -> Vec<(&'d str, Self)> {
        self.entries().into_iter().filter(|(key, node)| !node.source.skips(&node.pointer, key)).collect()
    }

    /// The value as an object whose keys OpenAPI defines.
    pub(super) fn object(&self, kind: &'static str) -> Object<'s, 'd> {
        if !self.value.is_object() {
            self.refuse(format!("this is not {kind}"), format!("write {kind} here"));
        }
        Object { node: self.clone(), kind, seen: RefCell::default() }
    }

    /// The thing that a `$ref` names, or this very node where it is none. References are local and not circular.
    pub(super) fn resolve(&self) -> Option<Self> {
        let mut node = self.clone();
        let mut seen = BTreeSet::new();
        while let Some(reference) = node.value.get("$ref") {
            for key in node.value.as_object().into_iter().flat_map(serde_json::Map::keys) {
                let pointer = node.pointer.child(key);
                if !BESIDE_A_REFERENCE.contains(&key.as_str()) && !self.source.skips(&pointer, key) {
                    self.source.refuse(
                        &pointer,
                        format!("`{key}` beside a `$ref`, where OpenAPI 3.0 ignores it"),
                        "write `allOf: [{$ref: ...}]` with it, or leave it out",
                    );
                }
            }
            let target = reference.as_str().and_then(Pointer::from_reference);
            let found =
                target.and_then(|pointer| pointer.find(&self.source.document.value).map(|value| (pointer, value)));
            let Some((pointer, value)) = found.filter(|(pointer, _)| seen.insert(pointer.clone())) else {
                self.refuse(
                    format!("the reference {reference} leads nowhere"),
                    "refer to something in this document, as in `#/components/...`",
                );
                return None;
            };
            node = Node { source: self.source, pointer, value };
        }
        Some(node)
    }
}

/// An object whose keys are accounted for. Call [`Object::finish`] when all that is understood was asked for.
pub(super) struct Object<'s, 'd> {
    pub(super) node: Node<'s, 'd>,
    kind: &'static str,
    seen: RefCell<BTreeSet<&'static str>>,
}

impl<'s, 'd> Object<'s, 'd> {
    pub(super) fn get(&self, key: &'static str) -> Option<Node<'s, 'd>> {
        self.seen.borrow_mut().insert(key);
        let value = self.node.value.get(key)?;
        Some(Node { source: self.node.source, pointer: self.node.pointer.child(key), value })
    }

    pub(super) fn require(&self, key: &'static str) -> Option<Node<'s, 'd>> {
        let found = self.get(key);
        if found.is_none() {
            self.node.refuse(format!("{} needs `{key}`", self.kind), format!("add `{key}`"));
        }
        found
    }

    pub(super) fn string(&self, key: &'static str) -> Option<String> {
        self.get(key)?.str().map(str::to_owned)
    }

    pub(super) fn flag(&self, key: &'static str) -> bool {
        self.get(key).and_then(|node| node.bool()).unwrap_or(false)
    }

    /// Keys that only document. They are not understood because there is nothing to honour.
    pub(super) fn documentation(&self, keys: &[&'static str]) {
        self.seen.borrow_mut().extend(keys);
    }

    /// Refuses what nobody asked for.
    pub(super) fn finish(self) {
        let seen = self.seen.into_inner();
        for key in self.node.value.as_object().into_iter().flat_map(serde_json::Map::keys) {
            let pointer = self.node.pointer.child(key);
            if !seen.contains(key.as_str()) && !self.node.source.skips(&pointer, key) {
                self.node.source.refuse(
                    &pointer,
                    format!("`{key}` in {} is not supported", self.kind),
                    "leave it out, or say the same with what is supported",
                );
            }
        }
    }
}
