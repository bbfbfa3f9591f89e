//! Findings of a comparison, without source locations.

use std::collections::BTreeSet;
use std::fmt;

use dropstub_document::{METHODS, Pointer, Rule};
use serde::Serialize;
use serde_json::Value;

use super::rules::{
    DIFFERS_FROM_SERVER, MISSING_IN_CONTRACT, MISSING_IN_SERVER, OPERATION_MISSING_IN_CONTRACT,
    OPERATION_MISSING_IN_SERVER, STUB_INCONSISTENT,
};

/// The source of a value of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Dropshot emits it from the compiled types.
    Types,
    /// The validator's rules, converted back to schemas.
    Validator,
    /// A table that controls the stub.
    Table,
    /// A statement of the stub that controls nothing.
    Statement,
}

impl Evidence {
    /// The noun in a message: "according to ...".
    fn noun(self) -> &'static str {
        match self {
            Self::Types => "the compiled types",
            Self::Validator => "the validator",
            Self::Table => "the stub's tables",
            Self::Statement => "a statement of the stub",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The value in the contract, or its position there if only the server has it.
    pub pointer: Pointer,
    /// The contract's value.
    pub contract: Option<Value>,
    /// The server's value. For a contradiction, an object with the values of both parts of the stub.
    pub server: Option<Value>,
    /// The sources of the server's value.
    pub evidence: BTreeSet<Evidence>,
    /// The ids of the affected operations, if the pointer does not identify them.
    pub operations: BTreeSet<String>,
    /// Whether two parts of the stub contradict each other, independently of the contract.
    pub contradiction: bool,
}

impl Finding {
    /// A value that dropshot emits in one way and the stub's tables have in another.
    pub(super) fn contradiction(pointer: Pointer, types: Option<Value>, tables: Option<Value>) -> Self {
        Self {
            pointer,
            contract: None,
            server: Some([("types", types), ("tables", tables)].into_iter().collect()),
            evidence: BTreeSet::from([Evidence::Types, Evidence::Table]),
            operations: BTreeSet::new(),
            contradiction: true,
        }
    }

    /// The rule that the finding belongs to.
    #[must_use]
    pub fn rule(&self) -> &'static Rule {
        let tokens = self.pointer.tokens();
        let operation = matches!(tokens.as_slice(), ["paths", _, method] if METHODS.contains(method));
        match (&self.contract, &self.server) {
            _ if self.contradiction => &STUB_INCONSISTENT,
            (Some(_), None) if operation => &OPERATION_MISSING_IN_SERVER,
            (None, _) if operation => &OPERATION_MISSING_IN_CONTRACT,
            (Some(_), None) => &MISSING_IN_SERVER,
            (None, _) => &MISSING_IN_CONTRACT,
            (Some(_), Some(_)) => &DIFFERS_FROM_SERVER,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = subject(&self.pointer);
        if self.contradiction {
            return write!(f, "{name}: parts of the stub contradict each other: {}", excerpt(self.server.as_ref()));
        }
        let evidence: Vec<_> = self.evidence.iter().map(|evidence| evidence.noun()).collect();
        let (contract, server) = (excerpt(self.contract.as_ref()), excerpt(self.server.as_ref()));
        let evidence = evidence.join(" and ");
        write!(f, "{name}: the contract has {contract}, the server has {server} according to {evidence}")?;
        if !self.operations.is_empty() {
            let operations: Vec<_> = self.operations.iter().map(String::as_str).collect();
            write!(f, " for {}", operations.join(", "))?;
        }
        Ok(())
    }
}

/// The subject of a message: `name.maxLength` of `NewThing`, `responses.404` of `GET /things`.
fn subject(pointer: &Pointer) -> String {
    let tokens = pointer.tokens();
    let (whole, rest) = match tokens.as_slice() {
        ["paths", path, method, rest @ ..] if METHODS.contains(method) => {
            (format!("`{} {path}`", method.to_uppercase()), rest)
        }
        ["paths", path, rest @ ..] => (format!("`{path}`"), rest),
        ["components", _, name, rest @ ..] => (format!("`{name}`"), rest),
        [] => return "the document".to_owned(),
        rest => (String::new(), rest),
    };
    let mut path = String::new();
    for (index, token) in rest.iter().enumerate() {
        // Containers are omitted, unless the pointer ends there.
        let container = matches!(*token, "properties" | "schema") && index + 1 < rest.len();
        match token.parse::<usize>() {
            _ if container => {}
            Ok(element) if index > 0 && element < 100 => path = format!("{path}[{element}]"),
            _ if path.is_empty() => path += token,
            _ => path = format!("{path}.{token}"),
        }
    }
    match (path.as_str(), whole.as_str()) {
        ("", whole) => whole.to_owned(),
        (path, "") => format!("`{path}`"),
        (path, whole) => format!("`{path}` of {whole}"),
    }
}

/// The length of an excerpt, in characters.
const EXCERPT: usize = 120;

fn excerpt(value: Option<&Value>) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    let text = value.to_string();
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The findings so far, and the number of compared objects.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Sorted by pointer; equal differences of several sources are one finding.
    pub findings: Vec<Finding>,
    /// The number of compared objects.
    pub compared: Compared,
}

/// The number of compared objects of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Operations.
    pub operations: usize,
    /// Parameters.
    pub parameters: usize,
    /// Schemas of the compiled types, each component once.
    pub schemas: usize,
    /// Schemas that the validator enforces.
    pub enforced_schemas: usize,
    /// Responses.
    pub statuses: usize,
    /// Response headers.
    pub headers: usize,
    /// Links of responses.
    pub links: usize,
}

impl Report {
    /// Adds a difference, or its source to an equal one.
    pub(super) fn add(&mut self, finding: Finding) {
        let equal = |known: &&mut Finding| {
            known.pointer == finding.pointer
                && known.contract == finding.contract
                && known.contradiction == finding.contradiction
                && agree(known.server.as_ref(), finding.server.as_ref())
        };
        match self.findings.iter_mut().find(equal) {
            Some(known) => {
                known.evidence.extend(finding.evidence);
                known.operations.extend(finding.operations);
            }
            None => self.findings.push(finding),
        }
    }
}

/// Whether two sources agree. Objects always do: each source has only the keys that it knows.
fn agree(one: Option<&Value>, other: Option<&Value>) -> bool {
    one == other || one.is_some_and(Value::is_object) && other.is_some_and(Value::is_object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_subject_names_the_value_and_its_owner() {
        for (pointer, expected) in [
            ("#/paths/~1a~1{b}/get/responses/404", "`responses.404` of `GET /a/{b}`"),
            ("#/paths/~1a/get/parameters/0/schema/maximum", "`parameters[0].maximum` of `GET /a`"),
            ("#/paths/~1a/get/parameters/0/schema", "`parameters[0].schema` of `GET /a`"),
            ("#/paths/~1a/get", "`GET /a`"),
            ("#/paths/~1a", "`/a`"),
            ("#/components/schemas/A/properties/b/items/maxLength", "`b.items.maxLength` of `A`"),
            ("#/components/schemas/A/oneOf/1", "`oneOf[1]` of `A`"),
            ("#/components/schemas/A", "`A`"),
            ("#/info/version", "`info.version`"),
        ] {
            assert_eq!(subject(&Pointer::from_reference(pointer).unwrap()), expected);
        }
        assert_eq!(subject(&Pointer::root()), "the document");
    }
}
