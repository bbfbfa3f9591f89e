//! The walk through both documents at once, by the [tables](super::keywords).

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Value, json};

use super::finding::{Finding, Report, Witness};
use super::keywords::{How, Kind};
use super::schema::{Node, Schema};
use super::server_document as complete;
use dropstub_document::Pointer;

/// One comparison under way.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) report: Report,
    /// Schemas that were compared with each other already, so that circles end and components are compared once.
    seen: HashSet<(Kind, Pointer, Pointer)>,
    /// Who speaks for the server in this part, whatever the tables say.
    witness: Option<Witness>,
}

impl Walk {
    /// Notes a difference between what stands at `pointer` in the contract and what the server says.
    pub(super) fn differ(&mut self, pointer: &Pointer, sides: (Option<&Value>, Option<&Value>), witness: Witness) {
        self.report.add(Finding {
            pointer: pointer.clone(),
            contract: sides.0.cloned(),
            server: sides.1.map(complete::said),
            witnesses: BTreeSet::from([self.witness.unwrap_or(witness)]),
            operations: BTreeSet::new(),
            contradiction: false,
        });
    }

    /// Compares two objects of a kind.
    pub(super) fn object(&mut self, kind: Kind, contract: &Node<'_>, server: &Node<'_>) {
        if kind.is_schema() {
            return self.schema(kind, contract, server);
        }
        let outside = self.witness;
        if kind == Kind::Header {
            // What dropshot emits, the types say. Otherwise all of it is in the tables.
            self.witness = Some(Witness::Glue).filter(|_| server.get(complete::EMITTED).is_none());
            self.report.compared.headers += 1;
        }
        self.keys(kind, &contract.resolve(), &server.resolve());
        self.witness = outside;
    }

    fn schema(&mut self, kind: Kind, contract: &Node<'_>, server: &Node<'_>) {
        let own = kind.row("type").1;
        let (ours, theirs) = (Schema::of(kind, contract), Schema::of(kind, server));
        let pairs = ours.components.iter().zip(&theirs.components);
        for ((called, reference), (known, _)) in pairs.filter(|((called, _), (known, _))| called != known) {
            // Either the contract calls the component by another name, or it refers to another component here.
            let component = |name: &str| Pointer::root().child("components").child("schemas").child(name);
            let pointer = component(called);
            let another = pointer.find(server.root).is_some() || component(known).find(contract.root).is_some();
            let place = if another { reference.clone() } else { pointer };
            self.differ(&place, (Some(&called.as_str().into()), Some(&known.as_str().into())), own);
            if another {
                return;
            }
        }
        let (says, said) = (ours.nullable(), theirs.nullable());
        if says != said {
            let values = (Some(&says.into()), Some(&said.into()));
            self.differ(&place(contract, &ours, &theirs, "nullable"), values, own);
        }
        // A component says so itself, even where each use of it says so, too.
        let components = !ours.components.is_empty() && !theirs.components.is_empty();
        if components {
            let flag = |node: &Node<'_>| node.value.get("nullable").is_some_and(|it| it != &Value::Bool(false));
            let (says, said) = (flag(&ours.node), flag(&theirs.node));
            if says != said {
                let values = (Some(&says.into()), Some(&said.into()));
                self.differ(&ours.node.pointer.child("nullable"), values, own);
            }
        }
        if kind == Kind::Schema {
            let (says, said) = (ours.says("default"), theirs.says("default"));
            let values = (says.as_ref().map(|node| node.value), said.as_ref().map(|node| node.value));
            self.exact(&place(contract, &ours, &theirs, "default"), values, kind.row("default").1);
            if components {
                let (says, said) = (ours.node.get("default"), theirs.node.get("default"));
                let values = (says.as_ref().map(|node| node.value), said.as_ref().map(|node| node.value));
                self.exact(&ours.node.pointer.child("default"), values, kind.row("default").1);
            }
        }
        if !self.seen.insert((kind, ours.node.pointer.clone(), theirs.node.pointer.clone())) {
            return;
        }
        match kind {
            // The schema of a header is counted with the header.
            _ if self.witness.is_some() => {}
            Kind::Schema => self.report.compared.schemas += 1,
            _ => self.report.compared.enforced_schemas += 1,
        }
        self.keys(kind, &ours.node, &theirs.node);
    }

    fn keys(&mut self, kind: Kind, contract: &Node<'_>, server: &Node<'_>) {
        if !contract.value.is_object() || !server.value.is_object() {
            let witness = kind.row("").1;
            return self.exact(&contract.pointer, (Some(contract.value), Some(server.value)), witness);
        }
        let keys: BTreeSet<_> = contract.map().chain(server.map()).map(|(key, _)| key).collect();
        for key in keys {
            let (how, witness) = kind.row(key);
            let pointer = contract.pointer.child(key);
            let (ours, theirs) = (contract.get(key), server.get(key));
            let values = (ours.as_ref().map(|node| node.value), theirs.as_ref().map(|node| node.value));
            match how {
                How::Nothing | How::Elsewhere => {}
                How::Exact => self.exact(&pointer, values, witness),
                How::NoCase => self.normal(&pointer, values, witness, |value| lower(value.cloned())),
                How::Set => self.normal(&pointer, values, witness, set),
                How::Members => {
                    self.normal(&pointer, values, witness, |value| value.map_or(Value::Null, members));
                }
                How::Flag => self.normal(&pointer, values, witness, |value| value.cloned().unwrap_or(false.into())),
                How::Zero => {
                    self.normal(&pointer, values, witness, |value| number(&value.cloned().unwrap_or(0.into())));
                }
                How::Lower => {
                    let bound = |value, node| Option::filter(value, |_| !implied(node, key));
                    self.exact(&pointer, (bound(values.0, contract), bound(values.1, server)), witness);
                }
                How::Style => {
                    let place = contract.value.get("in").and_then(Value::as_str).unwrap_or("header");
                    let style = contract.value.get("style").and_then(Value::as_str);
                    let default = default_style(key, place, style);
                    self.normal(&pointer, values, witness, |value| value.cloned().unwrap_or_else(|| default.clone()));
                }
                How::One(kind) => match (&ours, &theirs) {
                    (Some(ours), Some(theirs)) => self.object(kind, ours, theirs),
                    _ => self.differ(&pointer, values, witness),
                },
                // A media type has no case.
                How::Map(Kind::Media) => self.map(Kind::Media, &pointer, (ours, theirs), witness, str::to_lowercase),
                How::Map(kind) => self.map(kind, &pointer, (ours, theirs), witness, str::to_owned),
                How::Headers => self.map(Kind::Header, &pointer, (ours, theirs), witness, str::to_lowercase),
                How::List(kind) => self.list(kind, &pointer, &(ours, theirs), witness),
                How::Enforced => {
                    if let (Some(ours), Some(theirs)) = (contract.get("schema"), &theirs) {
                        // Nobody validates the headers of responses.
                        let outside = self.witness;
                        self.witness = outside.or(Some(witness).filter(|_| kind == Kind::Header));
                        self.object(Kind::Enforced, &ours, theirs);
                        self.witness = outside;
                    }
                }
                How::Additional(kind) => self.additional(kind, &pointer, (ours, theirs), witness),
            }
        }
    }

    fn map(
        &mut self,
        kind: Kind,
        pointer: &Pointer,
        (contract, server): (Option<Node<'_>>, Option<Node<'_>>),
        witness: Witness,
        name: fn(&str) -> String,
    ) {
        let values = (contract.as_ref().map(|node| node.value), server.as_ref().map(|node| node.value));
        if [values.0, values.1].into_iter().flatten().any(|value| !value.is_object()) {
            return self.exact(pointer, values, witness);
        }
        let (mut ours, theirs) = (index(contract, name), index(server, name));
        if kind == Kind::Header {
            // OpenAPI ignores it: the content's media type says it.
            ours.remove("content-type");
        }
        for (name, node) in &ours {
            match theirs.get(name) {
                Some(other) => self.object(kind, node, other),
                None => self.differ(&node.pointer, (Some(node.value), None), witness),
            }
        }
        for (name, node) in theirs.iter().filter(|(name, _)| !ours.contains_key(*name)) {
            let name = node.pointer.last().unwrap_or(name);
            self.differ(&pointer.child(name), (None, Some(node.value)), witness);
        }
    }

    fn list(&mut self, kind: Kind, pointer: &Pointer, sides: &(Option<Node<'_>>, Option<Node<'_>>), witness: Witness) {
        let (Some(ours), Some(theirs)) = sides else {
            let values = (sides.0.as_ref().map(|node| node.value), sides.1.as_ref().map(|node| node.value));
            return self.differ(pointer, values, witness);
        };
        if !ours.value.is_array() || !theirs.value.is_array() {
            return self.exact(pointer, (Some(ours.value), Some(theirs.value)), witness);
        }
        let (ours, theirs): (Vec<_>, Vec<_>) = (ours.list().collect(), theirs.list().collect());
        for (ours, theirs) in ours.iter().zip(&theirs) {
            self.object(kind, ours, theirs);
        }
        for node in ours.iter().skip(theirs.len()) {
            self.differ(&node.pointer, (Some(node.value), None), witness);
        }
        for (index, node) in theirs.iter().enumerate().skip(ours.len()) {
            self.differ(&pointer.child(index), (None, Some(node.value)), witness);
        }
    }

    fn additional(
        &mut self,
        kind: Kind,
        pointer: &Pointer,
        (ours, theirs): (Option<Node<'_>>, Option<Node<'_>>),
        witness: Witness,
    ) {
        // No schema, or one that says nothing, allows everything.
        let anything = |node: &Option<Node<'_>>| match node.as_ref().map(|node| node.value) {
            None | Some(Value::Bool(true)) => true,
            Some(Value::Object(map)) => map.keys().all(|key| matches!(kind.row(key).0, How::Nothing)),
            Some(_) => false,
        };
        match (&ours, &theirs) {
            _ if anything(&ours) && anything(&theirs) => {}
            (Some(ours), Some(theirs)) if ours.value.is_object() && theirs.value.is_object() => {
                self.object(kind, ours, theirs);
            }
            _ => {
                let values = (ours.as_ref().map(|node| node.value), theirs.as_ref().map(|node| node.value));
                self.exact(pointer, values, witness);
            }
        }
    }

    pub(super) fn exact(&mut self, pointer: &Pointer, values: (Option<&Value>, Option<&Value>), witness: Witness) {
        // An empty map of callbacks or encodings says nothing; an empty default is one.
        let is_default = pointer.last() == Some("default");
        let said = |value: Option<&Value>| value.filter(|it| is_default || **it != json!({})).map(number);
        if said(values.0) != said(values.1) {
            self.differ(pointer, values, witness);
        }
    }

    /// Compares two values by their normal form, and reports them as they are.
    pub(super) fn normal(
        &mut self,
        pointer: &Pointer,
        values: (Option<&Value>, Option<&Value>),
        witness: Witness,
        normal: impl Fn(Option<&Value>) -> Value,
    ) {
        if normal(values.0) != normal(values.1) {
            self.differ(pointer, values, witness);
        }
    }
}

/// The entries by their normal name.
fn index(node: Option<Node<'_>>, name: fn(&str) -> String) -> BTreeMap<String, Node<'_>> {
    node.into_iter().flat_map(|node| node.map()).map(|(key, node)| (name(key), node)).collect()
}

/// The default of `style`, or of `explode` under a style.
fn default_style(key: &str, place: &str, style: Option<&str>) -> Value {
    let default = if matches!(place, "query" | "cookie") { "form" } else { "simple" };
    if key == "style" { default.into() } else { (style.unwrap_or(default) == "form").into() }
}

/// Where a schema of the contract says something that layers can say, or would: where the server's does.
fn place(contract: &Node<'_>, ours: &Schema<'_>, theirs: &Schema<'_>, key: &str) -> Pointer {
    match ours.says(key) {
        Some(node) => node.pointer,
        None if theirs.node.value.get(key).is_some() => ours.node.pointer.child(key),
        None => contract.pointer.child(key),
    }
}

/// Whether a lower bound says what the format does anyway.
fn implied(schema: &Node<'_>, bound: &str) -> bool {
    let format = schema.value.get("format").and_then(Value::as_str);
    let zero = schema.value.get(bound).and_then(Value::as_f64) == Some(0.0);
    zero && format.is_some_and(|format| format.starts_with("uint"))
}

/// The value with every number in one form, and without regard to the order of keys.
fn number(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            // Beyond this, a float no longer holds every whole number.
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

/// The values of an enumeration in an order of their own. A null beside others says what `nullable` says.
fn members(value: &Value) -> Value {
    let mut values = set(Some(value));
    if let Value::Array(values) = &mut values
        && values.len() > 1
    {
        values.retain(|value| !value.is_null());
    }
    values
}

/// A list in an order of its own. What is no list stays what it is.
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
