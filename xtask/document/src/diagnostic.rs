//! Findings as data.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{Document, Pointer, Position};

/// A named check of a tool. Its id is stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rule {
    /// The id in kebab-case: `operation-without-summary`.
    pub id: &'static str,
    /// The severity of the rule's diagnostics, unless a diagnostic sets another one.
    pub severity: Severity,
    /// The rule in one line, without a full stop.
    pub summary: &'static str,
    /// The reason for the rule and the way to satisfy it, as Markdown.
    pub explanation: &'static str,
}

/// Declares rules as statics, and the list `RULES` of all of them.
///
/// ```
/// dropstub_document::rules! {
///     /// The rules about names.
///     pub static RULES;
///     NAME_MISSING: Error "name-missing", "A name is missing", "Add `name`.";
/// }
/// assert_eq!(RULES[0].id, "name-missing");
/// ```
#[macro_export]
macro_rules! rules {
    (
        $(#[$meta:meta])*
        pub static RULES;
        $($name:ident: $severity:ident $id:literal, $summary:literal, $explanation:literal;)*
    ) => {
        $(
            #[doc = $summary]
            pub(crate) static $name: $crate::Rule = $crate::Rule {
                id: $id,
                severity: $crate::Severity::$severity,
                summary: $summary,
                explanation: $explanation,
            };
        )*
        $(#[$meta])*
        pub static RULES: &[&$crate::Rule] = &[$(&$name),*];
    };
}

/// The consequence of a diagnostic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The command fails.
    Error,
    /// The finding deserves attention, and the command succeeds.
    Warning,
    /// Information.
    Note,
}

/// A position in a named document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The document's name.
    pub document: Arc<str>,
    /// The line and column.
    pub position: Position,
}

/// One finding about a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// The rule that was violated.
    pub rule: &'static Rule,
    /// The consequence.
    pub severity: Severity,
    /// The value that the finding is about.
    pub pointer: Pointer,
    /// The source location of that value.
    pub location: Location,
    /// The problem, as a fragment.
    pub message: String,
    /// The way to fix it; empty if there is no general one.
    pub help: String,
    /// Further data of the rule, for programs.
    pub details: Map<String, Value>,
}

impl Diagnostic {
    /// A finding about the value at `pointer`, with the rule's severity and without help and details.
    #[must_use]
    pub fn new(rule: &'static Rule, document: &Document, pointer: &Pointer, message: impl Into<String>) -> Self {
        Self { pointer: pointer.clone(), ..Self::at(rule, document.location(pointer), message) }
    }

    /// A finding about a text that is not a document.
    #[must_use]
    pub fn at(rule: &'static Rule, location: Location, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: rule.severity,
            pointer: Pointer::root(),
            location,
            message: message.into(),
            help: String::new(),
            details: Map::new(),
        }
    }

    /// The same finding with a way to fix it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// The same finding with a value for programs.
    #[must_use]
    pub fn with_detail(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// Sorts diagnostics by location and pointer and removes repeated ones.
    pub fn sort(diagnostics: &mut Vec<Self>) {
        diagnostics.sort_by(|a, b| (&a.location, &a.pointer, a.rule.id).cmp(&(&b.location, &b.pointer, b.rule.id)));
        diagnostics.dedup();
    }
}

/// One line: `file:line:column: error[rule-id]: message`.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}[{}]: {}", self.location, self.severity, self.rule.id, self.message)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.document, self.position)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}
