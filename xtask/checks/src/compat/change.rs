//! One change, and what it means to clients.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use dropstub_document::Pointer;

/// What a change means to a client that was made for the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Breaking,
    Compatible,
    Documentation,
}

/// Whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// What clients send.
    Request,
    /// What clients receive.
    Response,
    /// The operation as a whole.
    Operation,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    pub pointer: Pointer,
    /// Whether what is there is gone: then it is a place in the base.
    pub gone: bool,
    pub verdict: Verdict,
    pub direction: Direction,
    /// A sentence: what changed, and why that is what it is.
    pub reason: String,
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

/// What only people read, wherever it stands beside what has a meaning.
pub(super) const DOCUMENTATION: [&str; 7] =
    ["description", "summary", "example", "examples", "externalDocs", "title", "tags"];

/// A value of one of the two documents, and where it stands there.
#[derive(Debug, Clone)]
pub(super) struct Side<'v> {
    root: &'v Value,
    pub(super) value: &'v Value,
    pub(super) pointer: Pointer,
}

/// What may stand around a schema and be about it as a whole.
const AROUND: [&str; 6] = ["allOf", "default", "deprecated", "nullable", "readOnly", "writeOnly"];

/// How many references may lead to the next. A longer chain is a circle.
const MAX_REFERENCES: usize = 32;

impl<'v> Side<'v> {
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key)?;
        Some(Self { root: self.root, value, pointer: self.pointer.child(key) }.resolve())
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&'v str, Self)> + '_ {
        let map = self.value.as_object().into_iter().flatten();
        map.filter_map(|(key, _)| Some((key.as_str(), self.get(key)?)))
    }

    pub(super) fn items(&self) -> impl Iterator<Item = Self> + '_ {
        let list = self.value.as_array().into_iter().flatten().enumerate();
        list.map(|(index, value)| Self { root: self.root, value, pointer: self.pointer.child(index) }.resolve())
    }

    pub(super) fn text(&self, key: &str) -> Option<&'v str> {
        self.value.get(key)?.as_str()
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.value.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The strings of a list.
    pub(super) fn strings(&self, key: &str) -> BTreeSet<&'v str> {
        self.value.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// The elements of a list under a key.
    pub(super) fn list(&self, key: &str) -> Vec<Self> {
        let list = self.value.get(key).map(|value| Self { root: self.root, value, pointer: self.pointer.child(key) });
        list.iter().flat_map(|list| list.items().collect::<Vec<_>>()).collect()
    }

    /// The one thing in an `allOf` that wraps it, which is how OpenAPI 3.0 says more about a reference. Around it stands
    /// what [`said`](Self::said) is asked for, and nothing that restricts it.
    fn wrapped(&self) -> Option<Self> {
        let mut inner = self.list("allOf").into_iter();
        let (Some(only), None) = (inner.next(), inner.next()) else { return None };
        let around = |key: &str| {
            AROUND.contains(&key)
                || DOCUMENTATION.contains(&key)
                || key.starts_with("x-")
                || (key == "type" && self.text("type") == only.text("type"))
        };
        self.value.as_object()?.keys().all(|key| around(key)).then_some(only)
    }

    /// What the outermost wrapper that says something under the key says.
    pub(super) fn said(&self, key: &str) -> Option<&'v Value> {
        let mut side = self.clone();
        for _ in 0..MAX_REFERENCES {
            match side.value.get(key) {
                Some(said) => return Some(said),
                None => side = side.wrapped()?,
            }
        }
        None
    }

    /// What wrappers are around.
    pub(super) fn unwrapped(&self) -> Self {
        let mut side = self.clone();
        for _ in 0..MAX_REFERENCES {
            let Some(inner) = side.wrapped() else { break };
            side = inner;
        }
        side
    }

    /// Whether null is allowed, by any of the wrappers or what they are around.
    pub(super) fn is_nullable(&self) -> bool {
        let mut side = Some(self.clone());
        for _ in 0..MAX_REFERENCES {
            let Some(here) = side else { break };
            if here.flag("nullable") {
                return true;
            }
            side = here.wrapped();
        }
        false
    }

    /// What references lead to.
    fn resolve(self) -> Self {
        let mut side = self;
        for _ in 0..MAX_REFERENCES {
            let reference = side.value.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference);
            let Some((pointer, value)) = reference.and_then(|it| it.find(side.root).map(|value| (it, value))) else {
                break;
            };
            side = Self { root: side.root, value, pointer };
        }
        side
    }
}

/// The changes found so far.
#[derive(Debug)]
pub(super) struct Changes<'v> {
    base: &'v Value,
    now: &'v Value,
    found: BTreeSet<Change>,
    /// The pairs of schemas that were compared already, so that circles end.
    pub(super) seen: BTreeSet<(Direction, Pointer, Pointer)>,
    /// The components of the base that were said to be called otherwise.
    pub(super) renamed: BTreeSet<String>,
}

impl<'v> Changes<'v> {
    pub(super) fn new(base: &'v Value, now: &'v Value) -> Self {
        Self { base, now, found: BTreeSet::new(), seen: BTreeSet::new(), renamed: BTreeSet::new() }
    }

    pub(super) fn roots(&self) -> (Side<'v>, Side<'v>) {
        let root = |value| Side { root: value, value, pointer: Pointer::root() };
        (root(self.base), root(self.now))
    }

    pub(super) fn add(&mut self, pointer: &Pointer, direction: Direction, verdict: Verdict, reason: impl Into<String>) {
        let (pointer, reason) = (pointer.clone(), reason.into());
        self.found.insert(Change { pointer, gone: false, verdict, direction, reason });
    }

    /// Of something that is there no more.
    pub(super) fn gone(
        &mut self,
        pointer: &Pointer,
        direction: Direction,
        verdict: Verdict,
        reason: impl Into<String>,
    ) {
        let (pointer, reason) = (pointer.clone(), reason.into());
        self.found.insert(Change { pointer, gone: true, verdict, direction, reason });
    }

    pub(super) fn into_sorted(self) -> Vec<Change> {
        self.found.into_iter().collect()
    }
}

/// Whether two values say the same under some keys.
pub(super) fn alike(old: &Side<'_>, new: &Side<'_>, keys: &[&str]) -> bool {
    keys.iter().all(|key| old.value.get(*key) == new.value.get(*key))
}

/// Notes where people are told something else.
pub(super) fn described(changes: &mut Changes<'_>, old: &Side<'_>, new: &Side<'_>, direction: Direction) {
    if !alike(old, new, &DOCUMENTATION) {
        changes.add(&new.pointer, direction, Verdict::Documentation, "it is described otherwise");
    }
}

/// What no rule here is about. Another extension means nothing; what is no extension means something that nobody knows.
pub(super) fn others(changes: &mut Changes<'_>, old: &Side<'_>, new: &Side<'_>, known: &[&str], direction: Direction) {
    let keys = |side: &Side<'_>| -> BTreeSet<String> {
        side.value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect()
    };
    for key in keys(old).union(&keys(new)).map(String::as_str) {
        let rule = known.contains(&key) || DOCUMENTATION.contains(&key) || key.starts_with("x-");
        let empty = |side: &Side<'_>| side.value.get(key).filter(|it| **it != json!({})).cloned();
        if rule || empty(old) == empty(new) {
            continue;
        }
        if key == "deprecated" {
            let reason = "whether it is deprecated is another";
            changes.add(&new.pointer.child(key), direction, Verdict::Documentation, reason);
        } else {
            let reason = format!("`{key}` is another, and what that means is not known here");
            changes.add(&new.pointer.child(key), direction, Verdict::Breaking, reason);
        }
    }
}
