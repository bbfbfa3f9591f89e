//! A reader of document values that records the keys it was asked for, so that every other key is reported.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Deref;

use serde_json::Value;

use crate::rules;
use dropstub_document::{Diagnostic, Document, Node, Pointer, Rule};

/// The supported extensions, with their places.
const EXTENSIONS: [(&str, &str); 11] = [
    ("x-dropstub-strict-query", "the document or an operation"),
    ("x-dropstub-required-scopes", "an operation"),
    ("x-dropstub-check", "a string without an `enum`"),
    ("x-dropstub-values", "a string in the body of a response"),
    ("x-dropstub-secret", "a component that is a string"),
    ("x-dropstub-max-bytes", "a request body"),
    ("x-dropstub-admission", "a header of a response"),
    ("x-dropstub-scope-exemption", "an operation"),
    ("x-dropstub-invalid-status", "an operation"),
    ("x-dropstub-idempotent", "an operation"),
    ("x-dropshot-pagination", "an operation"),
];

/// The extension of the lint, which can be at any object.
const LINT_EXTENSION: &str = "x-dropstub-allow";

/// Whether an extension is one of the tools'.
pub(super) fn is_own_extension(key: &str) -> bool {
    key == LINT_EXTENSION || EXTENSIONS.iter().any(|(name, _)| *name == key)
}

/// The keys next to `$ref` that are documentation. OpenAPI 3.0 ignores every key there.
const KEYS_NEXT_TO_REFERENCE: [&str; 3] = ["$ref", "description", "summary"];

/// The document, and its diagnostics so far.
pub(super) struct Source<'d> {
    document: &'d Document,
    diagnostics: RefCell<Vec<Diagnostic>>,
}

impl<'d> Source<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Self { document, diagnostics: RefCell::default() }
    }

    pub(super) fn document(&self) -> &'d Document {
        self.document
    }

    pub(super) fn root(&self) -> Reader<'_, 'd> {
        Reader { source: self, node: Node::root(&self.document.value) }
    }

    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics.into_inner()
    }

    /// Whether there are no diagnostics so far.
    pub(super) fn is_good(&self) -> bool {
        self.diagnostics.borrow().is_empty()
    }

    /// Whether the key is an extension without effect. A supported extension in a place where it has none is reported, because its author
    /// relies on it.
    fn is_ignored(&self, pointer: &Pointer, key: &str) -> bool {
        if let Some((_, home)) = EXTENSIONS.iter().find(|(name, _)| *name == key) {
            self.report(
                &rules::EXTENSION_MISPLACED,
                pointer,
                format!("`{key}` has no effect here"),
                format!("move it to {home}"),
            );
        }
        key.starts_with("x-")
    }

    pub(super) fn report(
        &self,
        rule: &'static Rule,
        pointer: &Pointer,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let diagnostic = Diagnostic::new(rule, self.document, pointer, message).with_help(help);
        self.diagnostics.borrow_mut().push(diagnostic);
    }
}

/// A node of the document that reports values of unexpected types.
#[derive(Clone)]
pub(super) struct Reader<'s, 'd> {
    pub(super) source: &'s Source<'d>,
    node: Node<'d>,
}

impl<'d> Deref for Reader<'_, 'd> {
    type Target = Node<'d>;

    fn deref(&self) -> &Node<'d> {
        &self.node
    }
}

impl<'s, 'd> Reader<'s, 'd> {
    /// Another node of the same document.
    pub(super) fn with(&self, node: Node<'d>) -> Self {
        Self { source: self.source, node }
    }

    pub(super) fn report(&self, rule: &'static Rule, message: impl Into<String>, help: impl Into<String>) {
        self.source.report(rule, &self.pointer, message, help);
    }

    /// The value as `T`, or a diagnostic with the expected type.
    fn expect<T>(&self, noun: &str, read: impl FnOnce(&'d Value) -> Option<T>) -> Option<T> {
        let found = read(self.value);
        if found.is_none() {
            self.report(&rules::VALUE_TYPE_WRONG, format!("expected {noun}"), format!("write {noun}"));
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
            // A bound can be written as 1.0.
            #[allow(clippy::cast_possible_truncation, reason = "the range is checked")]
            let integer = |float: f64| (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64);
            value.as_i64().or_else(|| value.as_f64().and_then(integer))
        })
    }

    pub(super) fn number(&self) -> Option<f64> {
        self.expect("a number", Value::as_f64)
    }

    pub(super) fn items(&self) -> Vec<Self> {
        self.expect("a list", Value::as_array);
        self.node.items().map(|node| self.with(node)).collect()
    }

    /// The entries of an object whose keys are names in the document.
    pub(super) fn entries(&self) -> Vec<(&'d str, Self)> {
        self.expect("an object", Value::as_object);
        self.node.entries().map(|(key, node)| (key, self.with(node))).collect()
    }

    /// The entries without extensions, of `paths` and `responses`.
    pub(super) fn entries_without_extensions(&self) -> Vec<(&'d str, Self)> {
        self.entries().into_iter().filter(|(key, node)| !node.source.is_ignored(&node.pointer, key)).collect()
    }

    /// The value as an object whose keys OpenAPI defines.
    pub(super) fn object(&self, kind: &'static str) -> Object<'s, 'd> {
        if !self.value.is_object() {
            self.report(&rules::VALUE_TYPE_WRONG, format!("expected {kind}"), format!("write {kind}"));
        }
        Object { node: self.clone(), kind, seen: RefCell::default() }
    }

    /// The target of a reference, or the node itself. References are local and acyclic.
    pub(super) fn resolve(&self) -> Option<Self> {
        let mut node = self.clone();
        let mut seen = BTreeSet::new();
        while let Some(reference) = node.value.get("$ref") {
            for key in node.value.as_object().into_iter().flat_map(serde_json::Map::keys) {
                let pointer = node.pointer.child(key);
                if !KEYS_NEXT_TO_REFERENCE.contains(&key.as_str()) && !self.source.is_ignored(&pointer, key) {
                    self.source.report(
                        &rules::REFERENCE_SIBLING,
                        &pointer,
                        format!("`{key}` next to `$ref` is ignored in OpenAPI 3.0"),
                        "wrap the reference: `allOf: [{$ref: ...}]`; or remove the key",
                    );
                }
            }
            let Some(target) = node.target().filter(|target| seen.insert(target.pointer.clone())) else {
                self.report(
                    &rules::REFERENCE_UNRESOLVED,
                    format!("the reference {reference} does not resolve"),
                    "refer to a value of this document: `#/components/...`",
                );
                return None;
            };
            node = self.with(target);
        }
        Some(node)
    }
}

/// An object that records the keys it was asked for. [`Object::finish`] reports the others.
pub(super) struct Object<'s, 'd> {
    pub(super) node: Reader<'s, 'd>,
    kind: &'static str,
    seen: RefCell<BTreeSet<&'static str>>,
}

impl<'s, 'd> Object<'s, 'd> {
    pub(super) fn get(&self, key: &'static str) -> Option<Reader<'s, 'd>> {
        self.seen.borrow_mut().insert(key);
        self.node.node.get(key).map(|node| self.node.with(node))
    }

    pub(super) fn require(&self, key: &'static str) -> Option<Reader<'s, 'd>> {
        let found = self.get(key);
        if found.is_none() {
            self.node.report(&rules::KEY_MISSING, format!("{} needs `{key}`", self.kind), format!("add `{key}`"));
        }
        found
    }

    pub(super) fn string(&self, key: &'static str) -> Option<String> {
        self.get(key)?.str().map(str::to_owned)
    }

    pub(super) fn flag(&self, key: &'static str) -> bool {
        self.get(key).and_then(|node| node.bool()).unwrap_or(false)
    }

    /// Ignores keys that are documentation.
    pub(super) fn documentation(&self, keys: &[&'static str]) {
        self.seen.borrow_mut().extend(keys);
    }

    /// Reports the keys that were not asked for.
    pub(super) fn finish(self) {
        let seen = self.seen.into_inner();
        for key in self.node.value.as_object().into_iter().flat_map(serde_json::Map::keys) {
            let pointer = self.node.pointer.child(key);
            if !seen.contains(key.as_str()) && !self.node.source.is_ignored(&pointer, key) {
                self.node.source.report(
                    &rules::KEYWORD_UNSUPPORTED,
                    &pointer,
                    format!("`{key}` in {} is not supported", self.kind),
                    "remove it, or express it with supported keywords",
                );
            }
        }
    }
}
