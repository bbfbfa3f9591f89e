//! The traversal of both documents at once, by the [keyword tables](super::keywords).

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Value, json};

use super::finding::{Evidence, Finding, Report};
use super::keywords::{Kind, Method};
use super::schema::Schema;
use super::server_document::ServerDocument;
use dropstub_document::{Node, Pointer};

/// A comparison in progress.
#[derive(Debug)]
pub(super) struct Walk<'s> {
    server: &'s ServerDocument,
    pub(super) report: Report,
    /// The pairs of schemas compared so far, so that recursion ends and components are compared once. The flag tells whether
    /// the server's schema is the validator's.
    seen: HashSet<(Kind, bool, Pointer, Pointer)>,
    /// The source of the server's values in the current part, if it is not the table's.
    evidence: Option<Evidence>,
}

impl<'s> Walk<'s> {
    pub(super) fn new(server: &'s ServerDocument) -> Self {
        Self { server, report: Report::default(), seen: HashSet::new(), evidence: None }
    }

    /// Reports a difference between the contract's value and the server's at `pointer` in the contract.
    pub(super) fn differ(&mut self, pointer: &Pointer, sides: (Option<&Value>, Option<&Value>), evidence: Evidence) {
        self.report.add(Finding {
            pointer: pointer.clone(),
            contract: sides.0.cloned(),
            server: sides.1.cloned(),
            evidence: BTreeSet::from([self.evidence.unwrap_or(evidence)]),
            operations: BTreeSet::new(),
            contradiction: false,
        });
    }

    /// Compares two objects of a kind.
    pub(super) fn object(&mut self, kind: Kind, contract: &Node<'_>, server: &Node<'_>) {
        if kind.is_schema() {
            return self.schema(kind, contract, server);
        }
        let outside = self.evidence;
        if kind == Kind::Header {
            // Emitted headers come from the types, all others from the tables.
            let emitted = self.server.emitted_headers.contains(&server.pointer);
            self.evidence = Some(Evidence::Table).filter(|_| !emitted);
            self.report.compared.headers += 1;
        }
        self.keys(kind, &contract.resolve(), &server.resolve());
        self.evidence = outside;
    }

    fn schema(&mut self, kind: Kind, contract: &Node<'_>, server: &Node<'_>) {
        let own = kind.row("type").1;
        let (ours, theirs) = (Schema::of(kind, contract), Schema::of(kind, server));
        let pairs = ours.components.iter().zip(&theirs.components);
        for ((called, reference), (known, _)) in pairs.filter(|((called, _), (known, _))| called != known) {
            // Either the component has another name in the contract, or the contract refers to another component.
            let component = |name: &str| Pointer::root().child("components").child("schemas").child(name);
            let pointer = component(called);
            let another = server.at(&pointer).is_some() || contract.at(&component(known)).is_some();
            let pointer = if another { reference.clone() } else { pointer };
            self.differ(&pointer, (Some(&called.as_str().into()), Some(&known.as_str().into())), own);
            if another {
                return;
            }
        }
        let (expected, actual) = (ours.nullable(), theirs.nullable());
        if expected != actual {
            let values = (Some(&expected.into()), Some(&actual.into()));
            self.differ(&keyword_pointer(contract, &ours, &theirs, "nullable"), values, own);
        }
        // A component's own value counts even if each of its uses has the same one.
        let components = !ours.components.is_empty() && !theirs.components.is_empty();
        if components {
            let flag = |node: &Node<'_>| node.value.get("nullable").is_some_and(|it| it != &Value::Bool(false));
            let (expected, actual) = (flag(&ours.node), flag(&theirs.node));
            if expected != actual {
                let values = (Some(&expected.into()), Some(&actual.into()));
                self.differ(&ours.node.pointer.child("nullable"), values, own);
            }
        }
        if kind == Kind::Schema {
            let (expected, actual) = (ours.keyword("default"), theirs.keyword("default"));
            let values = (expected.as_ref().map(|node| node.value), actual.as_ref().map(|node| node.value));
            self.exact(&keyword_pointer(contract, &ours, &theirs, "default"), values, kind.row("default").1);
            if components {
                let (expected, actual) = (ours.node.get("default"), theirs.node.get("default"));
                let values = (expected.as_ref().map(|node| node.value), actual.as_ref().map(|node| node.value));
                self.exact(&ours.node.pointer.child("default"), values, kind.row("default").1);
            }
        }
        let enforced = std::ptr::eq(theirs.node.document(), &raw const self.server.enforced);
        if !self.seen.insert((kind, enforced, ours.node.pointer.clone(), theirs.node.pointer.clone())) {
            return;
        }
        match kind {
            // The schema of a header is counted with the header.
            _ if self.evidence.is_some() => {}
            Kind::Schema => self.report.compared.schemas += 1,
            _ => self.report.compared.enforced_schemas += 1,
        }
        self.keys(kind, &ours.node, &theirs.node);
    }

    fn keys(&mut self, kind: Kind, contract: &Node<'_>, server: &Node<'_>) {
        if !contract.value.is_object() || !server.value.is_object() {
            let evidence = kind.row("").1;
            return self.exact(&contract.pointer, (Some(contract.value), Some(server.value)), evidence);
        }
        let mut keys: BTreeSet<_> = contract.entries().chain(server.entries()).map(|(key, _)| key).collect();
        let enforced = self.enforced(server);
        // The schema of a header that dropshot does not emit is the enforced one.
        let table_only = enforced.as_ref().filter(|_| kind == Kind::Header && server.value.get("schema").is_none());
        keys.extend(table_only.map(|_| "schema"));
        for key in keys {
            let (comparison, evidence) = kind.row(key);
            let pointer = contract.pointer.child(key);
            let (ours, mut theirs) = (contract.get(key), server.get(key));
            if key == "schema" {
                theirs = theirs.or_else(|| table_only.cloned());
            }
            let values = (ours.as_ref().map(|node| node.value), theirs.as_ref().map(|node| node.value));
            match comparison {
                Method::Ignored | Method::Elsewhere => {}
                Method::Exact => self.exact(&pointer, values, evidence),
                Method::NoCase => self.normal(&pointer, values, evidence, |value| lower(value.cloned())),
                Method::Set => self.normal(&pointer, values, evidence, set),
                Method::Members => {
                    self.normal(&pointer, values, evidence, |value| value.map_or(Value::Null, members));
                }
                Method::Names => self.normal(&pointer, values, evidence, |value| value.map_or(Value::Null, names)),
                Method::Flag => {
                    self.normal(&pointer, values, evidence, |value| value.cloned().unwrap_or(false.into()));
                }
                Method::Zero => {
                    self.normal(&pointer, values, evidence, |value| number(&value.cloned().unwrap_or(0.into())));
                }
                Method::Lower => {
                    let bound = |value, node| Option::filter(value, |_| !implied(node, key));
                    self.exact(&pointer, (bound(values.0, contract), bound(values.1, server)), evidence);
                }
                Method::Style => {
                    let location = contract.value.get("in").and_then(Value::as_str).unwrap_or("header");
                    let style = contract.value.get("style").and_then(Value::as_str);
                    let default = default_style(key, location, style);
                    self.normal(&pointer, values, evidence, |value| value.cloned().unwrap_or_else(|| default.clone()));
                }
                Method::One(kind) => match (&ours, &theirs) {
                    (Some(ours), Some(theirs)) => self.object(kind, ours, theirs),
                    _ => self.differ(&pointer, values, evidence),
                },
                // Media types are case-insensitive.
                Method::Map(Kind::Media) => {
                    self.map(Kind::Media, &pointer, (ours, theirs), evidence, str::to_lowercase);
                }
                Method::Map(kind) => self.map(kind, &pointer, (ours, theirs), evidence, str::to_owned),
                Method::Headers => self.map(Kind::Header, &pointer, (ours, theirs), evidence, str::to_lowercase),
                Method::List(kind) => self.list(kind, &pointer, &(ours, theirs), evidence),
                Method::Additional(kind) => self.additional(kind, &pointer, (ours, theirs), evidence),
            }
        }
        if let (Some(ours), Some(theirs)) = (contract.get("schema"), &enforced) {
            // Response headers are not validated: their schemas are in the tables.
            let outside = self.evidence;
            self.evidence = outside.or(Some(Evidence::Table).filter(|_| kind == Kind::Header));
            self.object(Kind::Enforced, &ours, theirs);
            self.evidence = outside;
        }
    }

    /// The schema that the validator enforces for an object of the server's document.
    fn enforced(&self, server: &Node<'_>) -> Option<Node<'s>> {
        if !std::ptr::eq(server.document(), &raw const self.server.document) {
            return None;
        }
        let key = self.server.enforced_schemas.get(&server.pointer)?;
        Node::root(&self.server.enforced).get("schemas")?.get(key)
    }

    fn map(
        &mut self,
        kind: Kind,
        pointer: &Pointer,
        (contract, server): (Option<Node<'_>>, Option<Node<'_>>),
        evidence: Evidence,
        name: fn(&str) -> String,
    ) {
        let values = (contract.as_ref().map(|node| node.value), server.as_ref().map(|node| node.value));
        if [values.0, values.1].into_iter().flatten().any(|value| !value.is_object()) {
            return self.exact(pointer, values, evidence);
        }
        let (mut ours, theirs) = (index(contract, name), index(server, name));
        if kind == Kind::Header {
            // OpenAPI ignores this header: the media type defines it.
            ours.remove("content-type");
        }
        for (name, node) in &ours {
            match theirs.get(name) {
                Some(other) => self.object(kind, node, other),
                None => self.differ(&node.pointer, (Some(node.value), None), evidence),
            }
        }
        for (name, node) in theirs.iter().filter(|(name, _)| !ours.contains_key(*name)) {
            let name = node.pointer.last().unwrap_or(name);
            self.differ(&pointer.child(name), (None, Some(node.value)), evidence);
        }
    }

    fn list(
        &mut self,
        kind: Kind,
        pointer: &Pointer,
        sides: &(Option<Node<'_>>, Option<Node<'_>>),
        evidence: Evidence,
    ) {
        let (Some(ours), Some(theirs)) = sides else {
            let values = (sides.0.as_ref().map(|node| node.value), sides.1.as_ref().map(|node| node.value));
            return self.differ(pointer, values, evidence);
        };
        if !ours.value.is_array() || !theirs.value.is_array() {
            return self.exact(pointer, (Some(ours.value), Some(theirs.value)), evidence);
        }
        let (ours, theirs): (Vec<_>, Vec<_>) = (ours.items().collect(), theirs.items().collect());
        for (ours, theirs) in ours.iter().zip(&theirs) {
            self.object(kind, ours, theirs);
        }
        for node in ours.iter().skip(theirs.len()) {
            self.differ(&node.pointer, (Some(node.value), None), evidence);
        }
        for (index, node) in theirs.iter().enumerate().skip(ours.len()) {
            self.differ(&pointer.child(index), (None, Some(node.value)), evidence);
        }
    }

    fn additional(
        &mut self,
        kind: Kind,
        pointer: &Pointer,
        (ours, theirs): (Option<Node<'_>>, Option<Node<'_>>),
        evidence: Evidence,
    ) {
        // An absent schema and one without restrictions allow any value.
        let anything = |node: &Option<Node<'_>>| match node.as_ref().map(|node| node.value) {
            None | Some(Value::Bool(true)) => true,
            Some(Value::Object(map)) => map.keys().all(|key| matches!(kind.row(key).0, Method::Ignored)),
            Some(_) => false,
        };
        match (&ours, &theirs) {
            _ if anything(&ours) && anything(&theirs) => {}
            (Some(ours), Some(theirs)) if ours.value.is_object() && theirs.value.is_object() => {
                self.object(kind, ours, theirs);
            }
            _ => {
                let values = (ours.as_ref().map(|node| node.value), theirs.as_ref().map(|node| node.value));
                self.exact(pointer, values, evidence);
            }
        }
    }

    pub(super) fn exact(&mut self, pointer: &Pointer, values: (Option<&Value>, Option<&Value>), evidence: Evidence) {
        // An empty map of callbacks or encodings equals none; an empty default does not.
        let is_default = pointer.last() == Some("default");
        let normal = |value: Option<&Value>| value.filter(|it| is_default || **it != json!({})).map(number);
        if normal(values.0) != normal(values.1) {
            self.differ(pointer, values, evidence);
        }
    }

    /// Compares two values by their normal form, and reports them as they are.
    pub(super) fn normal(
        &mut self,
        pointer: &Pointer,
        values: (Option<&Value>, Option<&Value>),
        evidence: Evidence,
        normal: impl Fn(Option<&Value>) -> Value,
    ) {
        if normal(values.0) != normal(values.1) {
            self.differ(pointer, values, evidence);
        }
    }
}

/// The entries by normalized name.
fn index(node: Option<Node<'_>>, name: fn(&str) -> String) -> BTreeMap<String, Node<'_>> {
    node.into_iter().flat_map(|node| node.entries()).map(|(key, node)| (name(key), node)).collect()
}

/// The default of `style`, or of `explode` under a style.
fn default_style(key: &str, location: &str, style: Option<&str>) -> Value {
    let default = if matches!(location, "query" | "cookie") { "form" } else { "simple" };
    if key == "style" { default.into() } else { (style.unwrap_or(default) == "form").into() }
}

/// The pointer of a keyword in the contract, or its position in the layer in which the server has it.
fn keyword_pointer(contract: &Node<'_>, ours: &Schema<'_>, theirs: &Schema<'_>, key: &str) -> Pointer {
    match ours.keyword(key) {
        Some(node) => node.pointer,
        None if theirs.node.value.get(key).is_some() => ours.node.pointer.child(key),
        None => contract.pointer.child(key),
    }
}

/// Whether the format implies a lower bound.
fn implied(schema: &Node<'_>, bound: &str) -> bool {
    let format = schema.value.get("format").and_then(Value::as_str);
    let zero = schema.value.get(bound).and_then(Value::as_f64) == Some(0.0);
    zero && format.is_some_and(|format| format.starts_with("uint"))
}

/// The value with numbers in one form and keys sorted.
fn number(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            // A float does not represent every integer beyond this.
            Some(float) if float.abs() < 9e15 => Value::from(float),
            _ => value.clone(),
        },
        Value::Array(values) => values.iter().map(self::number).collect(),
        Value::Object(map) => {
            let sorted: BTreeMap<_, _> = map.iter().map(|(key, value)| (key.clone(), self::number(value))).collect();
            sorted.into_iter().collect::<serde_json::Map<_, _>>().into()
        }
        _ => value.clone(),
    }
}

fn lower(value: Option<Value>) -> Value {
    match value {
        Some(Value::String(text)) => text.to_lowercase().into(),
        other => other.unwrap_or_default(),
    }
}

/// The values of an enumeration, sorted. Null next to other values is redundant to `nullable`.
fn members(value: &Value) -> Value {
    let mut values = set(Some(value));
    if let Value::Array(values) = &mut values
        && values.len() > 1
    {
        values.retain(|value| !value.is_null());
    }
    values
}

/// The keys of an object, sorted. Another value is unchanged.
fn names(value: &Value) -> Value {
    match value {
        Value::Object(map) => set(Some(&map.keys().map(String::as_str).collect())),
        other => other.clone(),
    }
}

/// The elements of a list, sorted. Another value is unchanged.
pub(super) fn set(value: Option<&Value>) -> Value {
    match value {
        None => Value::Array(Vec::new()),
        Some(Value::Array(values)) => {
            let mut values: Vec<_> = values.iter().map(number).collect();
            values.sort_by_key(Value::to_string);
            values.dedup();
            Value::Array(values)
        }
        Some(other) => other.clone(),
    }
}
