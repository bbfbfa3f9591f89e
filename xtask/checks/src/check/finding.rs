//! What a comparison found.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use dropstub_document::{METHODS, Pointer};

/// How it is known what the server says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    /// Dropshot emits it from the compiled types.
    Types,
    /// The validator's rules, printed back as schemas.
    Validator,
    /// A table that the stub's glue runs on.
    Glue,
    /// Stated by the stub, which has no part in it.
    Statement,
}

impl Witness {
    /// For a sentence: "as ... has it".
    fn noun(self) -> &'static str {
        match self {
            Self::Types => "the compiled types",
            Self::Validator => "the validator",
            Self::Glue => "the table of the glue",
            Self::Statement => "a statement of the stub",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Where it stands in the contract, or would.
    pub pointer: Pointer,
    /// What the contract says; nothing where it says nothing.
    pub contract: Option<Value>,
    /// What the server says. In a contradiction, what each half of the stub says.
    pub server: Option<Value>,
    /// Who says it for the server.
    pub witnesses: BTreeSet<Witness>,
    /// The operations that are concerned, where the pointer does not tell.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub operations: BTreeSet<String>,
    /// Whether the stub contradicts itself here, whatever the contract says.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub contradiction: bool,
}

impl Finding {
    /// What dropshot emits in one way and the stub's tables say in another.
    pub(super) fn contradiction(pointer: Pointer, types: Option<Value>, tables: Option<Value>) -> Self {
        Self {
            pointer,
            contract: None,
            server: Some([("types", types), ("tables", tables)].into_iter().collect()),
            witnesses: BTreeSet::from([Witness::Types, Witness::Glue]),
            operations: BTreeSet::new(),
            contradiction: true,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = subject(&self.pointer);
        if self.contradiction {
            return write!(f, "{name}: the stub contradicts itself: {}", said(self.server.as_ref()));
        }
        let witnesses: Vec<_> = self.witnesses.iter().map(|witness| witness.noun()).collect();
        let (ours, theirs) = (said(self.contract.as_ref()), said(self.server.as_ref()));
        write!(f, "{name}: the contract says {ours}, the server says {theirs} (by {})", witnesses.join(" and "))?;
        if !self.operations.is_empty() {
            let operations: Vec<_> = self.operations.iter().map(String::as_str).collect();
            write!(f, " for {}", operations.join(", "))?;
        }
        Ok(())
    }
}

/// What a sentence is about: `name.maxLength` of `NewThing`, `responses.404` of `GET /things`.
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
    let mut way = String::new();
    for (index, token) in rest.iter().enumerate() {
        // What only holds others says nothing, unless it is what is meant.
        let holds = matches!(*token, "properties" | "schema") && index + 1 < rest.len();
        match token.parse::<usize>() {
            _ if holds => {}
            Ok(place) if index > 0 && place < 100 => way = format!("{way}[{place}]"),
            _ if way.is_empty() => way += token,
            _ => way = format!("{way}.{token}"),
        }
    }
    match (way.as_str(), whole.as_str()) {
        ("", whole) => whole.to_owned(),
        (way, "") => format!("`{way}`"),
        (way, whole) => format!("`{way}` of {whole}"),
    }
}

/// How much of a value is shown, in characters.
const SHOWN: usize = 120;

fn said(value: Option<&Value>) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// All differences, and what was compared to find them.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// In the order of their pointers; each pointer once for what it says.
    pub findings: Vec<Finding>,
    pub compared: Compared,
}

/// How many things were compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Compared {
    pub operations: usize,
    pub parameters: usize,
    /// Places with a schema, each component once.
    pub schemas: usize,
    /// Schemas that the validator enforces.
    pub enforced_schemas: usize,
    pub statuses: usize,
    pub headers: usize,
    pub links: usize,
}

impl Report {
    /// Adds a difference, or a witness to one that is there already.
    pub(super) fn add(&mut self, finding: Finding) {
        let same = |known: &&mut Finding| {
            known.pointer == finding.pointer
                && known.contract == finding.contract
                && known.contradiction == finding.contradiction
                && agree(known.server.as_ref(), finding.server.as_ref())
        };
        match self.findings.iter_mut().find(same) {
            Some(known) => {
                known.witnesses.extend(finding.witnesses);
                known.operations.extend(finding.operations);
            }
            None => self.findings.push(finding),
        }
    }
}

/// Whether two witnesses say the same of what the contract says otherwise. Of an object, such as a property that the
/// contract has not, each says what it knows: the validator knows no documentation.
fn agree(one: Option<&Value>, other: Option<&Value>) -> bool {
    one == other || one.is_some_and(Value::is_object) && other.is_some_and(Value::is_object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_names_what_it_is_about() {
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
