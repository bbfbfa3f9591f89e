//! Schemas, and the names of their Rust types.
//!
//! [`scalars`], [`objects`] and [`unions`] read the kinds of schemas. [`mod@overlay`] computes the keywords that a Rust type cannot express, and
//! [`defaults`] validates defaults.

mod defaults;
mod objects;
mod overlay;
mod scalars;
mod unions;

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use crate::ir::{Component, Kind, Schema, Usage};
use crate::names;
use crate::reader::{Object, Reader};
use crate::rules;
use dropstub_document::Pointer;

pub(super) use defaults::{admits, is_read};

/// The names that every stub defines or imports.
#[rustfmt::skip]
const RESERVED: [&str; 29] = [
    "Box", "Check", "Clone", "Copy", "Debug", "Default", "DescribedApi", "Drop", "Err", "Fn", "From", "Future",
    "AdmissionHeaders", "Adapter", "Into", "None", "Ok", "Option", "PathParameters", "Denial", "Result", "S", "Send",
    "Service", "Sized", "Some", "String", "Sync", "Vec",
];

/// The keywords of the kinds of schemas.
#[rustfmt::skip]
const KIND_KEYWORDS: [&str; 26] = [
    "additionalProperties", "anyOf", "default", "deprecated", "enum", "example", "exclusiveMaximum", "exclusiveMinimum",
    "format", "items", "maxItems", "maxLength", "maxProperties", "maximum", "minItems", "minLength", "minProperties",
    "minimum", "multipleOf", "oneOf", "pattern", "properties", "readOnly", "required", "title", "writeOnly",
];

/// The maximum nesting of components. Real documents have a few dozen levels.
const DEPTH: usize = 1000;

/// The schemas so far. A component is read at its first reference.
#[derive(Default)]
pub(super) struct Schemas {
    components: Vec<Component>,
    /// The indexes of the components by their pointer.
    read: HashMap<Pointer, usize>,
    /// The Rust names in use, in upper case.
    names: BTreeSet<String>,
    /// The names of the document's components, read or not. Other types do not use them.
    component_names: BTreeSet<String>,
    /// The number of components that are being read, each for the one before.
    depth: usize,
    /// The defaults, to validate when all components are known.
    defaults: Vec<(Pointer, Schema, Value)>,
}

impl Schemas {
    /// Reserves the names of the document's components.
    pub(super) fn new(root: &Value) -> Self {
        let components = root.get("components").and_then(|components| components.get("schemas"));
        let names = components.and_then(Value::as_object).into_iter().flat_map(Map::keys);
        let component_names = names.filter_map(|name| type_name(name)).map(|name| upper(&name)).collect();
        Self { component_names, ..Self::default() }
    }

    /// The components, and the defaults to validate.
    pub(super) fn finish(self) -> (Vec<Component>, Vec<(Pointer, Schema, Value)>) {
        (self.components, self.defaults)
    }

    pub(super) fn component(&self, index: usize) -> &Component {
        &self.components[index]
    }

    /// The kind behind names of components.
    pub(super) fn kind_of<'s>(&'s self, kind: &'s Kind) -> &'s Kind {
        let mut kind = kind;
        // A component that is still being read has no kind yet. Cycles of names are reported in `parse::recursion`.
        for _ in 0..self.components.len() {
            let Kind::Named(index) = kind else { break };
            kind = &self.components[*index].schema.kind;
        }
        kind
    }

    /// Records a default to validate.
    pub(super) fn check_default(&mut self, pointer: Pointer, schema: &Schema, default: &Value) {
        self.defaults.push((pointer, schema.clone(), default.clone()));
    }

    /// Claims a Rust name that comes from a name in the document. A second claim is reported.
    pub(super) fn claim(&mut self, node: &Reader<'_, '_>, rust: &str) -> bool {
        // Statics have the names of types in upper case, so types must differ in more than case.
        let free = self.names.insert(upper(rust));
        if !free {
            node.report(
                &rules::TYPE_NAME_COLLIDES,
                format!("two types have the Rust name `{rust}`"),
                "rename one of them",
            );
        }
        free
    }

    /// Whether neither a type nor a component has the name.
    pub(super) fn is_free(&self, rust: &str) -> bool {
        !self.is_reserved(rust) && !self.names.contains(&upper(rust))
    }

    /// Whether a component, or an item of every stub, has the name.
    pub(super) fn is_reserved(&self, rust: &str) -> bool {
        RESERVED.contains(&rust) || self.component_names.contains(&upper(rust))
    }

    /// A Rust name for a schema without a name in the document: this one, if necessary with a number.
    pub(super) fn invent(&mut self, rust: &str) -> String {
        let numbered = (2..).map(|number| format!("{rust}{number}"));
        let name = std::iter::once(rust.to_owned()).chain(numbered).find(|name| self.is_free(name));
        let name = name.expect("there are enough numbers");
        self.names.insert(upper(&name));
        name
    }

    /// Reads a schema. `name` is its Rust name, if it needs one and has none in the document.
    pub(super) fn read(&mut self, node: &Reader<'_, '_>, name: &str) -> Option<Schema> {
        let schema = self.nameless(node, node.object("a schema"), name)?;
        Some(if schema.kind.needs_a_name() { self.name(schema, name, &node.pointer) } else { schema })
    }

    /// Reads the schema of a body. An overlay belongs to the use of a type, and a body has no such place, so it gets a type of its own.
    pub(super) fn body(&mut self, node: &Reader<'_, '_>, name: &str) -> Option<Schema> {
        let mut schema = self.read(node, name)?;
        // Dropshot emits the name of a type that is not a component as the title.
        let title = schema.overlay.shift_remove("title");
        // A map with arbitrary values needs no type.
        schema.overlay.retain(|key, value| key != "additionalProperties" || !value.is_null());
        if matches!(schema.kind, Kind::Named(_)) || schema.overlay_with_description().is_empty() {
            return Some(schema);
        }
        let schema = self.name(schema, name, &node.pointer);
        if let (Kind::Named(index), Some(Value::String(title))) = (&schema.kind, title) {
            self.components[*index].name = title;
        }
        Some(schema)
    }

    fn name(&mut self, schema: Schema, name: &str, pointer: &Pointer) -> Schema {
        let Schema { description, nullable, kind, overlay } = schema;
        // The overlay belongs to the type; nullability and the default belong to its use.
        let (used, own) = overlay.into_iter().partition(|(key, _)| key == "default");
        let schema = Schema { description: description.clone(), nullable: false, kind, overlay: own };
        let rust = self.invent(name);
        let index = self.add(rust.clone(), rust, Some(pointer), schema);
        Schema { description, nullable, kind: Kind::Named(index), overlay: used }
    }

    /// Reads a schema that may need a name.
    fn nameless(&mut self, node: &Reader<'_, '_>, object: Object<'_, '_>, name: &str) -> Option<Schema> {
        // OpenAPI 3.0 ignores keys next to `$ref`.
        if node.value.get("$ref").is_some() {
            return Some(Schema::of(Kind::Named(self.refer(node)?)));
        }
        object.documentation(&["externalDocs"]);
        let (description, nullable) = (object.string("description"), object.flag("nullable"));
        if let Some(all) = object.get("allOf") {
            let inner = self.only(&all, name)?;
            let overlay = overlay::documentation(&object);
            object.finish();
            return Some(Schema {
                description: description.or(inner.description),
                nullable: nullable || inner.nullable,
                kind: inner.kind,
                overlay: inner.overlay.into_iter().chain(overlay).collect(),
            });
        }
        let Some(kind) = self.kind(&object, nullable, name) else {
            // The keywords of an unreadable kind are unknown, but some keywords belong to no kind.
            object.documentation(&KIND_KEYWORDS);
            object.finish();
            return None;
        };
        let overlay = overlay::of(&object, &kind);
        object.finish();
        Some(Schema { description, nullable, kind, overlay })
    }

    /// `allOf` with one schema, which adds keywords to a reference in OpenAPI 3.0.
    fn only(&mut self, all: &Reader<'_, '_>, name: &str) -> Option<Schema> {
        if let [only] = all.items().as_slice() {
            return self.nameless(only, only.object("a schema"), name);
        }
        all.report(
            &rules::ALL_OF_COMPOSITION,
            "`allOf` with several schemas",
            "list the properties; `allOf` can only wrap one reference",
        );
        None
    }

    /// The component of a reference.
    fn refer(&mut self, node: &Reader<'_, '_>) -> Option<usize> {
        let target = node.resolve()?;
        // An alias is a separate component.
        let target = node.target().map_or(target, |direct| node.with(direct));
        let pointer = target.pointer.clone();
        if let Some(index) = self.read.get(&pointer) {
            return Some(*index);
        }
        let tokens = pointer.tokens();
        let ["components", "schemas", name] = tokens.as_slice() else { return not_a_component(node) };
        let Some(rust) = type_name(name) else {
            target.report(
                &rules::TYPE_NAME_INVALID,
                format!("`{name}` has no Rust type name"),
                "use ASCII letters and digits",
            );
            return None;
        };
        // The index is reserved first, because the schema can refer to itself.
        self.claim(&target, &rust);
        let index = self.components.len();
        self.add((*name).to_owned(), rust.clone(), None, Schema::of(Kind::Named(index)));
        self.read.insert(pointer.clone(), index);
        if self.depth == DEPTH {
            target.report(
                &rules::NESTING_TOO_DEEP,
                "the component is nested too deeply",
                format!("use at most {DEPTH} levels"),
            );
            return None;
        }
        let object = target.object("a schema");
        let secret = object.flag("x-dropstub-secret");
        self.depth += 1;
        let schema = self.nameless(&target, object, &rust);
        self.depth -= 1;
        let schema = schema?;
        let plain = |kind: &Kind| matches!(kind, Kind::Text(text) if !text.is_enumeration() && text.format.is_none());
        if secret && (schema.nullable || !plain(&schema.kind)) {
            target.report(
                &rules::SECRET_NOT_STRING,
                "`x-dropstub-secret` requires a plain string",
                "make the component a non-nullable string",
            );
        }
        // A named type does not include null. Its uses can.
        let around = schema.nullable && schema.kind.needs_a_name();
        let schema = if around { self.name(schema, &format!("{rust}Value"), &pointer) } else { schema };
        self.components[index].schema = schema;
        self.components[index].read = true;
        self.components[index].secret = secret;
        Some(index)
    }

    /// Adds a component, or the inline schema at `inline`.
    fn add(&mut self, name: String, rust: String, inline: Option<&Pointer>, schema: Schema) -> usize {
        let named = || Pointer::root().child("components").child("schemas").child(&name);
        let (pointer, inline) = (inline.cloned().unwrap_or_else(named), inline.is_some());
        self.components.push(Component {
            pointer,
            name,
            rust,
            inline,
            schema,
            read: inline,
            secret: false,
            usage: Usage::default(),
            cycle: None,
        });
        self.components.len() - 1
    }

    fn kind(&mut self, object: &Object<'_, '_>, nullable: bool, name: &str) -> Option<Kind> {
        for (key, one) in [("oneOf", true), ("anyOf", false)] {
            if let Some(list) = object.get(key) {
                let overlay = ["properties", "required", "additionalProperties", "items"];
                if let Some(other) = overlay.into_iter().find(|other| object.node.value.get(other).is_some()) {
                    list.report(
                        &rules::UNION_WITH_SIBLING,
                        format!("`{key}` next to `{other}`"),
                        "repeat the common part in each alternative",
                    );
                    // Both parts can have diagnostics of their own.
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
                node.report(
                    &rules::TYPE_UNKNOWN,
                    format!("unknown type `{other}`"),
                    "use boolean, integer, number, string, array or object",
                );
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
    /// Whether the kind needs a named Rust type. A map does not.
    fn needs_a_name(&self) -> bool {
        match self {
            Self::Text(text) => text.is_enumeration(),
            Self::Object(object) => object.is_struct(),
            Self::Union(_) => true,
            _ => false,
        }
    }
}

/// The Rust name of a component.
fn type_name(name: &str) -> Option<String> {
    let rust = names::pascal(name)?;
    Some(if RESERVED.contains(&rust.as_str()) { format!("{rust}Schema") } else { rust })
}

fn upper(rust: &str) -> String {
    names::shouty(rust, "").to_string()
}

fn not_a_component(node: &Reader<'_, '_>) -> Option<usize> {
    node.report(
        &rules::REFERENCE_NOT_COMPONENT,
        "a schema reference to a value that is not a component schema",
        "move the schema to `#/components/schemas` and refer to it",
    );
    None
}

/// A schema without a type: any value, if it has no other keywords.
fn any(object: &Object<'_, '_>) -> Option<Kind> {
    #[rustfmt::skip]
    const MEANS_NOTHING: [&str; 9] = [
        "default", "deprecated", "description", "example", "externalDocs", "nullable", "readOnly", "title", "writeOnly",
    ];
    let keys = object.node.value.as_object()?.keys();
    if keys.filter(|key| !key.starts_with("x-")).any(|key| !MEANS_NOTHING.contains(&key.as_str())) {
        object.node.report(&rules::TYPE_MISSING, "the schema has no type", "add `type`, `oneOf` or `anyOf`");
        return None;
    }
    Some(Kind::Any)
}
