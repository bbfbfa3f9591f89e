//! Schemas, and the names of the Rust types that they become.
//!
//! One file per kind of schema: [`scalars`], [`objects`], [`unions`]. [`mod@overlay`] has what a schema says and its Rust type
//! does not, [`defaults`] whether a default is one.

mod defaults;
mod objects;
mod overlay;
mod scalars;
mod unions;

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use crate::ir::{Component, Kind, Schema};
use crate::names;
use crate::reader::{Node, Object};
use dropstub_document::Pointer;

pub(super) use defaults::{admits, is_read};
pub(crate) use objects::OTHERS;
pub(crate) use overlay::all as beside;

/// The names that a stub has, or uses without saying where they are from.
#[rustfmt::skip]
const RESERVED: [&str; 29] = [
    "Box", "Check", "Clone", "Copy", "Debug", "Default", "Described", "Drop", "Err", "Fn", "From", "Future",
    "GateHeaders", "Glue", "Into", "None", "Ok", "Option", "PathParameters", "Refusal", "Result", "S", "Send",
    "Service", "Sized", "Some", "String", "Sync", "Vec",
];

/// What belongs to some kind of schema.
#[rustfmt::skip]
const SOMEWHERE: [&str; 26] = [
    "additionalProperties", "anyOf", "default", "deprecated", "enum", "example", "exclusiveMaximum", "exclusiveMinimum",
    "format", "items", "maxItems", "maxLength", "maxProperties", "maximum", "minItems", "minLength", "minProperties",
    "minimum", "multipleOf", "oneOf", "pattern", "properties", "readOnly", "required", "title", "writeOnly",
];

/// How deep components may hold each other. Real ones are a few dozen deep.
const DEPTH: usize = 1000;

/// All schemas read so far. A component is read when it is first referred to.
#[derive(Default)]
pub(super) struct Schemas {
    components: Vec<Component>,
    /// The components by their place in the document.
    read: HashMap<Pointer, usize>,
    /// The Rust names in use, in upper case.
    names: BTreeSet<String>,
    /// The names that the document's components will have, if they are read. Nothing else is called so.
    authors: BTreeSet<String>,
    /// How many components are being read, each for the one before.
    depth: usize,
    /// The defaults of properties, to be looked at when all components are known.
    defaults: Vec<(Pointer, Schema, Value)>,
}

impl Schemas {
    /// Knows the names of all components of the document, read or not.
    pub(super) fn new(root: &Value) -> Self {
        let components = root.get("components").and_then(|components| components.get("schemas"));
        let names = components.and_then(Value::as_object).into_iter().flat_map(Map::keys);
        let authors = names.filter_map(|name| type_name(name)).map(|name| upper(&name)).collect();
        Self { authors, ..Self::default() }
    }

    /// Everything that was read, and the defaults that have to be admitted by what was read.
    pub(super) fn finish(self) -> (Vec<Component>, Vec<(Pointer, Schema, Value)>) {
        (self.components, self.defaults)
    }

    pub(super) fn component(&self, index: usize) -> &Component {
        &self.components[index]
    }

    /// The schema itself, without the names that it has.
    pub(super) fn kind_of<'s>(&'s self, kind: &'s Kind) -> &'s Kind {
        let mut kind = kind;
        // A component that is still being read is itself, and names may go in a circle, which is refused elsewhere.
        for _ in 0..self.components.len() {
            let Kind::Named(index) = kind else { break };
            kind = &self.components[*index].schema.kind;
        }
        kind
    }

    /// Has a default looked at when all components are known.
    pub(super) fn check_default(&mut self, pointer: Pointer, schema: &Schema, default: &Value) {
        self.defaults.push((pointer, schema.clone(), default.clone()));
    }

    /// Takes the Rust name of something that the author has called so, once only.
    pub(super) fn claim(&mut self, node: &Node<'_, '_>, rust: &str) -> bool {
        // The statics are called after the types, in upper case, so the types have to differ in more than case.
        let free = self.names.insert(upper(rust));
        if !free {
            node.refuse(format!("a second thing would be called `{rust}` in Rust"), "rename one of the two");
        }
        free
    }

    /// Whether nothing is called so, and no component will be.
    pub(super) fn is_free(&self, rust: &str) -> bool {
        !self.is_taken_by_author(rust) && !self.names.contains(&upper(rust))
    }

    /// Whether a component is called so, or what every stub has.
    pub(super) fn is_taken_by_author(&self, rust: &str) -> bool {
        RESERVED.contains(&rust) || self.authors.contains(&upper(rust))
    }

    /// A Rust name for what the author has given none: this one, or else with a number.
    pub(super) fn invent(&mut self, rust: &str) -> String {
        let numbered = (2..).map(|number| format!("{rust}{number}"));
        let name = std::iter::once(rust.to_owned()).chain(numbered).find(|name| self.is_free(name));
        let name = name.expect("there are enough numbers");
        self.names.insert(upper(&name));
        name
    }

    /// Reads a schema. `name` is what it is called in Rust where it needs a name and has none of its own.
    pub(super) fn read(&mut self, node: &Node<'_, '_>, name: &str) -> Option<Schema> {
        let schema = self.nameless(node, node.object("a schema"), name)?;
        Some(if schema.kind.needs_a_name() { self.name(schema, name) } else { schema })
    }

    /// Reads the schema of a body. What a type does not say is said where it is used, and a body is used nowhere.
    pub(super) fn body(&mut self, node: &Node<'_, '_>, name: &str) -> Option<Schema> {
        let mut schema = self.read(node, name)?;
        // Dropshot writes the name of a type that is no component as the title.
        let title = schema.beside.shift_remove("title");
        // That a map may have anything is no reason for a type around it.
        schema.beside.retain(|key, said| key != "additionalProperties" || !said.is_null());
        if matches!(schema.kind, Kind::Named(_)) || overlay::all(&schema).is_empty() {
            return Some(schema);
        }
        let schema = self.name(schema, name);
        if let (Kind::Named(index), Some(Value::String(title))) = (&schema.kind, title) {
            self.components[*index].name = title;
        }
        Some(schema)
    }

    fn name(&mut self, schema: Schema, name: &str) -> Schema {
        let Schema { description, nullable, kind, beside } = schema;
        // What stands beside the schema belongs to the type. Whether it may be absent or null, to where it is used.
        let (used, own) = beside.into_iter().partition(|(key, _)| key == "default");
        let schema = Schema { description: description.clone(), nullable: false, kind, beside: own };
        let rust = self.invent(name);
        let index = self.add(rust.clone(), rust, true, schema);
        Schema { description, nullable, kind: Kind::Named(index), beside: used }
    }

    /// Reads a schema that may still need a name.
    fn nameless(&mut self, node: &Node<'_, '_>, object: Object<'_, '_>, name: &str) -> Option<Schema> {
        // OpenAPI 3.0 has it that whatever stands beside a `$ref` is ignored.
        if node.value.get("$ref").is_some() {
            return Some(Schema::of(Kind::Named(self.refer(node)?)));
        }
        object.documentation(&["externalDocs"]);
        let (description, nullable) = (object.string("description"), object.flag("nullable"));
        if let Some(all) = object.get("allOf") {
            let inner = self.only(&all, name)?;
            let beside = overlay::documentation(&object);
            object.finish();
            return Some(Schema {
                description: description.or(inner.description),
                nullable: nullable || inner.nullable,
                kind: inner.kind,
                beside: inner.beside.into_iter().chain(beside).collect(),
            });
        }
        let Some(kind) = self.kind(&object, nullable, name) else {
            // Which keys belong to it, nobody can say then; but some belong to nothing.
            object.documentation(&SOMEWHERE);
            object.finish();
            return None;
        };
        let beside = overlay::of(&object, &kind);
        object.finish();
        Some(Schema { description, nullable, kind, beside })
    }

    /// `allOf` around one schema, which is how OpenAPI 3.0 says more about a reference.
    fn only(&mut self, all: &Node<'_, '_>, name: &str) -> Option<Schema> {
        if let [only] = all.items().as_slice() {
            return self.nameless(only, only.object("a schema"), name);
        }
        all.refuse("`allOf` that composes schemas", "spell out the properties; `allOf` may only wrap one reference");
        None
    }

    /// The component that a `$ref` names.
    fn refer(&mut self, node: &Node<'_, '_>) -> Option<usize> {
        let target = node.resolve()?;
        // An alias is a component of its own.
        let direct = node.value.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference);
        let pointer = direct.unwrap_or_else(|| target.pointer.clone());
        if let Some(index) = self.read.get(&pointer) {
            return Some(*index);
        }
        let tokens = pointer.tokens();
        let (["components", "schemas", name], Some(value)) =
            (tokens.as_slice(), pointer.find(&node.source.document().value))
        else {
            return not_a_component(node);
        };
        let target = Node { source: node.source, pointer: pointer.clone(), value };
        let Some(rust) = type_name(name) else {
            target.refuse(format!("`{name}` cannot be the name of a Rust type"), "use letters and digits of ASCII");
            return None;
        };
        // The index is taken before the schema is read, since the schema may refer to itself.
        self.claim(&target, &rust);
        let index = self.components.len();
        self.add((*name).to_owned(), rust.clone(), false, Schema::of(Kind::Named(index)));
        self.read.insert(pointer.clone(), index);
        if self.depth == DEPTH {
            target.refuse("a component inside too many others", format!("let no more than {DEPTH} hold each other"));
            return None;
        }
        let object = target.object("a schema");
        let secret = object.flag("x-secret");
        self.depth += 1;
        let schema = self.nameless(&target, object, &rust);
        self.depth -= 1;
        let schema = schema?;
        let plain = |kind: &Kind| matches!(kind, Kind::Text(text) if !text.is_enumeration() && text.format.is_none());
        if secret && (schema.nullable || !plain(&schema.kind)) {
            target.refuse("`x-secret` on something that is not a plain string", "make the secret a string of its own");
        }
        // What is a type by itself has no null. One around it may.
        let around = schema.nullable && schema.kind.needs_a_name();
        let schema = if around { self.name(schema, &format!("{rust}Value")) } else { schema };
        self.components[index].schema = schema;
        self.components[index].read = true;
        self.components[index].secret = secret;
        Some(index)
    }

    fn add(&mut self, name: String, rust: String, inline: bool, schema: Schema) -> usize {
        self.components.push(Component {
            name,
            rust,
            inline,
            schema,
            read: inline,
            secret: false,
            received: false,
            sent: false,
            ruled: false,
            recursive: false,
            circle: 0,
        });
        self.components.len() - 1
    }

    fn kind(&mut self, object: &Object<'_, '_>, nullable: bool, name: &str) -> Option<Kind> {
        for (key, one) in [("oneOf", true), ("anyOf", false)] {
            if let Some(list) = object.get(key) {
                let beside = ["properties", "required", "additionalProperties", "items"];
                if let Some(other) = beside.into_iter().find(|other| object.node.value.get(other).is_some()) {
                    list.refuse(
                        format!("`{key}` beside `{other}`"),
                        "put what is common into each of the alternatives",
                    );
                    // There may be more to say of both.
                    let _ = (self.union(&list, one, name), self.object(object, name, None));
                    return None;
                }
                return self.union(&list, one, name);
            }
        }
        let Some(node) = object.get("type") else { return any(object) };
        match node.str()? {
            "boolean" => Some(Kind::Boolean),
            "integer" => scalars::integer(object),
            "number" => scalars::number(object),
            "string" if scalars::is_null(object) => Some(Kind::Null),
            "string" => scalars::text(object, nullable).map(Kind::Text),
            "array" => self.array(object, name),
            "object" => self.object(object, name, None).map(Kind::Object),
            other => {
                node.refuse(format!("the type `{other}`"), "use boolean, integer, number, string, array or object");
                None
            }
        }
    }

    fn array(&mut self, object: &Object<'_, '_>, name: &str) -> Option<Kind> {
        let (min_items, max_items) =
            ["minItems", "maxItems"].map(|key| object.get(key).and_then(|it| it.size())).into();
        let node = object.require("items")?;
        let items = self.read(&node, &format!("{name}Item"))?;
        let hashable = !items.nullable
            && match &items.kind {
                Kind::Named(index) => {
                    matches!(&self.component(*index).schema.kind, Kind::Text(text) if text.is_enumeration())
                }
                Kind::Text(_) | Kind::Integer(_) => true,
                _ => false,
            };
        Some(Kind::Array { items: Box::new(items), min_items, max_items, unique: object.flag("uniqueItems"), hashable })
    }
}

impl Kind {
    /// Whether Rust needs a type of its own for this. A map needs none.
    fn needs_a_name(&self) -> bool {
        match self {
            Self::Text(text) => text.is_enumeration(),
            Self::Object(object) => object.is_struct(),
            Self::Union(_) => true,
            _ => false,
        }
    }
}

/// The name of a type that the author has given one.
fn type_name(name: &str) -> Option<String> {
    let rust = names::pascal(name)?;
    Some(if RESERVED.contains(&rust.as_str()) { format!("{rust}Schema") } else { rust })
}

fn upper(rust: &str) -> String {
    names::shouty(rust, "").to_string()
}

fn not_a_component(node: &Node<'_, '_>) -> Option<usize> {
    node.refuse("a schema can only refer to a component", "move the schema to `#/components/schemas` and refer to it");
    None
}

/// A schema without a type: anything, if it says nothing else.
fn any(object: &Object<'_, '_>) -> Option<Kind> {
    #[rustfmt::skip]
    const MEANS_NOTHING: [&str; 9] = [
        "default", "deprecated", "description", "example", "externalDocs", "nullable", "readOnly", "title", "writeOnly",
    ];
    let keys = object.node.value.as_object()?.keys();
    if keys.filter(|key| !key.starts_with("x-")).any(|key| !MEANS_NOTHING.contains(&key.as_str())) {
        object.node.refuse("a schema without a type", "add `type`, or say what it is with `oneOf` or `anyOf`");
        return None;
    }
    Some(Kind::Any)
}
