//! Schemas, and the names of the Rust types that they become.

use std::collections::{BTreeMap, BTreeSet};

use super::super::model::{
    Additional, Component, IntegerFormat, Kind, NumberFormat, Property, Schema, Text, TextFormat, Variant,
};
use super::super::names;
use super::super::node::{Node, Object};
use crate::document::Pointer;

/// The names that a stub has, or uses without saying where they are from.
#[rustfmt::skip]
const RESERVED: [&str; 32] = [
    "Additional", "Array", "Box", "Check", "Described", "Err", "Format", "From", "Future", "GateHeaders", "Glue", "Integer", "None",
    "Number", "Object", "Ok", "Option", "PathParameters", "Pattern", "Property", "Refusal", "Result", "Rule", "S",
    "Send", "Service", "Sized", "Some", "String", "Sync", "Text", "Vec",
];

/// All schemas read so far. A component is read when it is first referred to.
#[derive(Default)]
pub(super) struct Schemas {
    components: Vec<Component>,
    /// The components by their place in the document.
    read: BTreeMap<Pointer, usize>,
    /// The Rust names in use, in upper case.
    names: BTreeSet<proc_macro2::Ident>,
}

impl Schemas {
    pub(super) fn finish(self) -> Vec<Component> {
        self.components
    }

    pub(super) fn component(&self, index: usize) -> &Component {
        &self.components[index]
    }

    /// Takes a Rust type name, once only.
    pub(super) fn claim(&mut self, node: &Node<'_, '_>, rust: &str) -> bool {
        // The statics are called after the types, in upper case, so the types have to differ in more than case.
        let free = !RESERVED.contains(&rust) && self.names.insert(names::shouty(rust, ""));
        if !free {
            node.refuse(format!("a second thing would be called `{rust}` in Rust"), "rename one of the two");
        }
        free
    }

    /// Reads a schema. `name` is what it is called in Rust where it needs a name and has none of its own.
    pub(super) fn read(&mut self, node: &Node<'_, '_>, name: &str) -> Option<Schema> {
        let schema = self.nameless(node, node.object("a schema"), name)?;
        Some(self.named(node, schema, name))
    }

    /// Reads the schema of a parameter, the only place where a default has a meaning for the stub.
    pub(super) fn parameter(&mut self, node: &Node<'_, '_>, name: &str) -> Option<Schema> {
        let object = node.object("a schema");
        object.documentation(&["default"]);
        let schema = self.nameless(node, object, name)?;
        Some(self.named(node, schema, name))
    }

    /// Reads the schema of a body. What a type does not say is said on a field, and a body is none.
    pub(super) fn body(&mut self, node: &Node<'_, '_>, name: &str) -> Option<Schema> {
        let schema = self.read(node, name)?;
        Some(if schema.kind.bounded() { self.name(node, schema, name) } else { schema })
    }

    /// Gives a schema that Rust needs a type for the name it has in its context.
    fn named(&mut self, node: &Node<'_, '_>, schema: Schema, name: &str) -> Schema {
        if schema.kind.needs_a_name() { self.name(node, schema, name) } else { schema }
    }

    fn name(&mut self, node: &Node<'_, '_>, schema: Schema, name: &str) -> Schema {
        let Schema { description, nullable, kind } = schema;
        let named = Schema { description: description.clone(), nullable: false, kind };
        let index = self.add(node, name.to_owned(), name, true, named);
        Schema { description, nullable, kind: Kind::Named(index) }
    }

    /// Reads a schema that may still need a name.
    fn nameless(&mut self, node: &Node<'_, '_>, object: Object<'_, '_>, name: &str) -> Option<Schema> {
        // OpenAPI 3.0 has it that whatever stands beside a `$ref` is ignored.
        if node.value.get("$ref").is_some() {
            return Some(Schema { description: None, nullable: false, kind: Kind::Named(self.refer(node)?) });
        }
        object.documentation(&["title", "example", "externalDocs"]);
        let (description, nullable) = (object.string("description"), object.flag("nullable"));
        // Of a schema that is not understood, nobody can say which keys belong to it.
        let kind = self.kind(&object, name)?;
        object.finish();
        Some(Schema { description, nullable, kind })
    }

    /// The component that a `$ref` names.
    fn refer(&mut self, node: &Node<'_, '_>) -> Option<usize> {
        let target = node.resolve()?;
        if let Some(index) = self.read.get(&target.pointer) {
            return Some(*index);
        }
        let tokens = target.pointer.tokens();
        let ["components", "schemas", name] = tokens.as_slice() else { return not_a_component(node) };
        let Some(rust) = names::pascal(name) else {
            target.refuse(format!("`{name}` cannot be the name of a Rust type"), "use letters and digits of ASCII");
            return None;
        };
        // The index is taken before the schema is read, since the schema may refer to itself.
        let placeholder = Schema { description: None, nullable: false, kind: Kind::Any };
        let index = self.add(&target, (*name).to_owned(), &rust, false, placeholder);
        self.read.insert(target.pointer.clone(), index);
        let object = target.object("a schema");
        let secret = object.flag("x-secret");
        let schema = self.nameless(&target, object, &rust)?;
        if schema.nullable {
            target.refuse("a component that may be null", "say `nullable: true` where the component is used");
        }
        if matches!(schema.kind, Kind::Named(_)) {
            target.refuse("a component that is only another name", "refer to the other component itself");
        }
        if secret && !matches!(&schema.kind, Kind::Text(text) if text.allowed.is_empty() && text.format.is_none()) {
            target.refuse("`x-secret` on something that is not a plain string", "make the secret a string of its own");
        }
        self.components[index].schema = schema;
        self.components[index].secret = secret;
        Some(index)
    }

    fn add(&mut self, node: &Node<'_, '_>, name: String, rust: &str, inline: bool, schema: Schema) -> usize {
        self.claim(node, rust);
        let rust = rust.to_owned();
        self.components.push(Component { name, rust, inline, schema, secret: false, received: false, sent: false });
        self.components.len() - 1
    }

    fn kind(&mut self, object: &Object<'_, '_>, name: &str) -> Option<Kind> {
        if let Some(all) = object.get("allOf") {
            return self.only(&all, name);
        }
        let Some(node) = object.get("type") else { return any(object) };
        let kind = match node.str()? {
            "boolean" => Kind::Boolean,
            "integer" => Kind::Integer {
                format: format(
                    object,
                    &[
                        ("int32", IntegerFormat::Int32),
                        ("int64", IntegerFormat::Int64),
                        ("uint32", IntegerFormat::Uint32),
                        ("uint64", IntegerFormat::Uint64),
                    ],
                ),
                minimum: object.get("minimum").and_then(|node| node.integer()),
                maximum: object.get("maximum").and_then(|node| node.integer()),
            },
            "number" => Kind::Number {
                format: format(object, &[("float", NumberFormat::Float), ("double", NumberFormat::Double)]),
                minimum: object.get("minimum").and_then(|node| node.number()),
                maximum: object.get("maximum").and_then(|node| node.number()),
            },
            "string" => Kind::Text(Self::text(object)?),
            "array" => self.array(object, name)?,
            "object" => self.object(object, name)?,
            other => {
                node.refuse(format!("the type `{other}`"), "use boolean, integer, number, string, array or object");
                return None;
            }
        };
        // A bound that is off is the default; one that is on would need a rule that is not there.
        for key in ["exclusiveMinimum", "exclusiveMaximum"] {
            if let Some(node) = object.get(key).filter(|node| node.value != false) {
                node.refuse(format!("`{key}`"), "write the bound that is still allowed");
            }
        }
        Some(kind)
    }

    /// `allOf` around one schema, which is how OpenAPI 3.0 says more about a reference.
    fn only(&mut self, all: &Node<'_, '_>, name: &str) -> Option<Kind> {
        if let [only] = all.items().as_slice() {
            let inner = self.read(only, name)?;
            if !inner.nullable {
                return Some(inner.kind);
            }
        }
        all.refuse("`allOf` that composes schemas", "spell out the properties; `allOf` may only wrap one reference");
        None
    }

    fn text(object: &Object<'_, '_>) -> Option<Text> {
        let mut text = Text {
            format: format(
                object,
                &[("uuid", TextFormat::Uuid), ("date-time", TextFormat::DateTime), ("date", TextFormat::Date)],
            ),
            min_length: object.get("minLength").and_then(|node| node.size()),
            max_length: object.get("maxLength").and_then(|node| node.size()),
            pattern: object.string("pattern"),
            allowed: Vec::new(),
            check: object.get("x-check").and_then(|node| check_name(&node)),
        };
        if let Some(pattern) = &text.pattern
            && let Err(error) = regress::Regex::new(pattern)
        {
            object
                .get("pattern")?
                .refuse(format!("this pattern is not one of ECMA-262: {error}"), "correct the pattern");
        }
        let mut variants = BTreeSet::new();
        for node in object.get("enum").iter().flat_map(Node::items) {
            let Some(value) = node.str() else { continue };
            let Some(rust) = names::pascal(value).filter(|rust| variants.insert(rust.clone())) else {
                node.refuse(
                    format!("`{value}` cannot be a variant of its own in Rust"),
                    "use values that differ in their letters and digits",
                );
                continue;
            };
            text.allowed.push(Variant { value: value.to_owned(), rust });
        }
        let other = text.format.is_some() || text.min_length.or(text.max_length).is_some() || text.pattern.is_some();
        if !text.allowed.is_empty() && (other || text.check.is_some()) {
            object.node.refuse("an enumeration with further rules", "leave the rules out; the list says it all");
        }
        if text.format.is_some() && (text.min_length.or(text.max_length).is_some() || text.pattern.is_some()) {
            object
                .node
                .refuse("a format with further rules", "leave the length and the pattern out; the format says it all");
        }
        Some(text)
    }

    fn array(&mut self, object: &Object<'_, '_>, name: &str) -> Option<Kind> {
        let node = object.require("items")?;
        let items = self.read(&node, &format!("{name}Item"))?;
        let unique = object.flag("uniqueItems");
        let hashable = match &items.kind {
            Kind::Named(index) => {
                matches!(&self.component(*index).schema.kind, Kind::Text(text) if !text.allowed.is_empty())
            }
            Kind::Text(_) | Kind::Integer { .. } => !items.nullable,
            _ => false,
        };
        if unique && !hashable {
            node.refuse(
                "`uniqueItems` of what Rust cannot put into a set",
                "use strings, integers or an enumeration as items",
            );
        }
        Some(Kind::Array {
            items: Box::new(items),
            min_items: object.get("minItems").and_then(|node| node.size()),
            max_items: object.get("maxItems").and_then(|node| node.size()),
            unique,
        })
    }

    fn object(&mut self, object: &Object<'_, '_>, name: &str) -> Option<Kind> {
        let additional = self.additional(object, name)?;
        let required: BTreeSet<_> = object
            .get("required")
            .iter()
            .flat_map(Node::items)
            .filter_map(|node| Some((node.str()?, node.pointer)))
            .collect();
        let named = object.get("properties").map(|node| node.entries()).unwrap_or_default();
        let mut properties: Vec<Property> = Vec::new();
        for (key, node) in &named {
            let rust = names::snake(key).filter(|rust| properties.iter().all(|property| property.rust != *rust));
            let Some(rust) = rust else {
                node.refuse(
                    format!("`{key}` cannot be a field of its own in Rust"),
                    "use names that differ in their letters and digits",
                );
                continue;
            };
            let type_name = format!("{name}{}", names::pascal(key)?);
            let Some(schema) = self.read(node, &type_name) else { continue };
            let required = required.iter().any(|(name, _)| name == key);
            properties.push(Property { name: (*key).to_owned(), rust, required, schema });
        }
        for (name, pointer) in required {
            if named.iter().all(|(key, _)| *key != name) {
                object.node.source.refuse(
                    &pointer,
                    format!("`{name}` is required and is no property"),
                    "describe the property",
                );
            }
        }
        if matches!(additional, Additional::Each(_)) && !properties.is_empty() {
            object.node.refuse("named properties beside a schema for all others", "use either of the two");
        }
        Some(Kind::Object { properties, additional })
    }

    fn additional(&mut self, object: &Object<'_, '_>, name: &str) -> Option<Additional> {
        let Some(node) = object.get("additionalProperties") else { return Some(Additional::Allowed) };
        match node.value.as_bool() {
            Some(true) => return Some(Additional::Allowed),
            Some(false) => return Some(Additional::Refused),
            None => {}
        }
        let each = self.read(&node, &format!("{name}Value"))?;
        if each.nullable || each.kind.bounded() {
            node.refuse("bounds on the values of a map", "give the values a component of their own");
        }
        Some(if matches!(each.kind, Kind::Any) { Additional::Allowed } else { Additional::Each(Box::new(each)) })
    }
}

impl Kind {
    /// Whether Rust needs a type of its own for this. A map needs none.
    fn needs_a_name(&self) -> bool {
        match self {
            Self::Text(text) => !text.allowed.is_empty(),
            Self::Object { properties, additional } => {
                !properties.is_empty() || matches!(additional, Additional::Refused)
            }
            _ => false,
        }
    }

    /// Whether the schema says more than its Rust type does, beside uniqueness.
    pub(super) fn bounded(&self) -> bool {
        match self {
            Self::Integer { minimum, maximum, .. } => minimum.or(*maximum).is_some(),
            Self::Number { minimum, maximum, .. } => minimum.or(*maximum).is_some(),
            Self::Text(text) => {
                text.min_length.or(text.max_length).is_some() || text.pattern.is_some() || text.check.is_some()
            }
            Self::Array { items, min_items, max_items, .. } => {
                min_items.or(*max_items).is_some() || items.nullable || items.kind.bounded()
            }
            Self::Any | Self::Boolean | Self::Object { .. } | Self::Named(_) => false,
        }
    }
}

fn not_a_component(node: &Node<'_, '_>) -> Option<usize> {
    node.refuse("a schema can only refer to a component", "move the schema to `#/components/schemas` and refer to it");
    None
}

/// A schema without a type: anything, if it says nothing else.
fn any(object: &Object<'_, '_>) -> Option<Kind> {
    const MEANS_NOTHING: [&str; 5] = ["description", "title", "example", "externalDocs", "nullable"];
    let keys = object.node.value.as_object()?.keys();
    if keys.filter(|key| !key.starts_with("x-")).any(|key| !MEANS_NOTHING.contains(&key.as_str())) {
        object.node.refuse("a schema without a type", "add `type`; `oneOf`, `anyOf` and `not` are not supported");
        return None;
    }
    Some(Kind::Any)
}

fn format<F: Copy>(object: &Object<'_, '_>, known: &[(&str, F)]) -> Option<F> {
    let node = object.get("format")?;
    let name = node.str()?;
    let found = known.iter().find(|(known, _)| *known == name).map(|(_, format)| *format);
    if found.is_none() {
        let list: Vec<_> = known.iter().map(|(name, _)| *name).collect();
        node.refuse(
            format!("the format `{name}` is not enforced here"),
            format!("leave it out, or use one of {}", list.join(", ")),
        );
    }
    found
}

/// The name of an `x-check`, which becomes a variant in Rust.
fn check_name(node: &Node<'_, '_>) -> Option<String> {
    let name = node.str()?;
    if names::snake(name).as_deref() != Some(name) {
        node.refuse(format!("`{name}` cannot name a check"), "use a name in snake_case");
        return None;
    }
    Some(name.to_owned())
}
