//! One change and its verdict, and the changes found so far.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use dropstub_document::{Node, Pointer, Rule};
use serde::Serialize;
use serde_json::{Value, json};

use super::rules::{DEPRECATION_CHANGED, DOCUMENTATION_CHANGED, KEYWORD_CHANGED};
use super::schema::same_keys;

/// The consequence of a change for clients of the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Some client stops working.
    Breaking,
    /// Every client keeps working.
    Compatible,
    /// Only readers notice.
    Documentation,
}

/// The side of an exchange that a change affects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Values that clients send.
    Request,
    /// Values that clients receive.
    Response,
    /// The operation as a whole.
    Operation,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The kind of change.
    pub rule: &'static Rule,
    /// The changed value in the revised document, or in the base if it was removed.
    pub pointer: Pointer,
    /// Whether the value was removed.
    pub removed: bool,
    /// The consequence.
    pub verdict: Verdict,
    /// The affected side.
    pub direction: Direction,
    /// The change and the reason for its verdict, as a fragment.
    pub message: String,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Breaking => "breaking",
            Self::Compatible => "compatible",
            Self::Documentation => "documentation",
        })
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::Operation => "operation",
        })
    }
}

/// Keys that only readers use.
pub(super) const DOCUMENTATION: [&str; 7] =
    ["description", "summary", "example", "examples", "externalDocs", "title", "tags"];

type Key = (Pointer, bool, Verdict, Direction, String);

/// The changes found so far, each once.
#[derive(Debug, Default)]
pub(super) struct Changes {
    found: BTreeMap<Key, &'static Rule>,
    /// The pairs of schemas compared so far, so that recursion ends.
    pub(super) seen: BTreeSet<(Direction, Pointer, Pointer)>,
    /// The component schemas of the base that were reported as renamed.
    pub(super) renamed: BTreeSet<String>,
}

impl Changes {
    pub(super) fn add(
        &mut self,
        rule: &'static Rule,
        pointer: &Pointer,
        direction: Direction,
        verdict: Verdict,
        message: impl Into<String>,
    ) {
        self.found.insert((pointer.clone(), false, verdict, direction, message.into()), rule);
    }

    /// Adds the removal of the value at `pointer` in the base.
    pub(super) fn removed(
        &mut self,
        rule: &'static Rule,
        pointer: &Pointer,
        direction: Direction,
        verdict: Verdict,
        message: impl Into<String>,
    ) {
        self.found.insert((pointer.clone(), true, verdict, direction, message.into()), rule);
    }

    pub(super) fn into_list(self) -> Vec<Change> {
        let change = |((pointer, removed, verdict, direction, message), rule)| Change {
            rule,
            pointer,
            removed,
            verdict,
            direction,
            message,
        };
        self.found.into_iter().map(change).collect()
    }
}

/// Reports changed documentation.
pub(super) fn documentation(changes: &mut Changes, old: &Node<'_>, new: &Node<'_>, direction: Direction) {
    if !same_keys(old, new, &DOCUMENTATION) {
        let message = "the documentation changed";
        changes.add(&DOCUMENTATION_CHANGED, &new.pointer, direction, Verdict::Documentation, message);
    }
}

/// Reports changes under keys that no rule covers. Unknown `x-` keys are ignored; any other unknown key is breaking.
pub(super) fn unknown_keywords(
    changes: &mut Changes,
    old: &Node<'_>,
    new: &Node<'_>,
    known: &[&str],
    direction: Direction,
) {
    let keys = |node: &Node<'_>| -> BTreeSet<String> {
        node.value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect()
    };
    for key in keys(old).union(&keys(new)).map(String::as_str) {
        let has_rule = known.contains(&key) || DOCUMENTATION.contains(&key) || key.starts_with("x-");
        let value = |node: &Node<'_>| -> Option<Value> { node.value.get(key).filter(|it| **it != json!({})).cloned() };
        if has_rule || value(old) == value(new) {
            continue;
        }
        let pointer = new.pointer.child(key);
        if key == "deprecated" {
            let message = "`deprecated` changed";
            changes.add(&DEPRECATION_CHANGED, &pointer, direction, Verdict::Documentation, message);
        } else {
            let message = format!("`{key}` changed; the consequence for clients is unknown");
            changes.add(&KEYWORD_CHANGED, &pointer, direction, Verdict::Breaking, message);
        }
    }
}
