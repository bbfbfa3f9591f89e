//! The oracle: a JSON Schema validator for each component schema.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use dropstub_document::{Pointer, json_schema};

/// Formats of JSON Schema that a stub does not enforce.
const NAMES: [&str; 14] = [
    "duration",
    "email",
    "hostname",
    "idn-email",
    "idn-hostname",
    "iri",
    "iri-reference",
    "json-pointer",
    "regex",
    "relative-json-pointer",
    "time",
    "uri",
    "uri-reference",
    "uri-template",
];

/// The oracles of the component schemas, each built on first use.
pub(crate) struct Oracles {
    components: Value,
    built: RefCell<HashMap<String, Rc<Oracle>>>,
}

/// A validator of one component schema.
pub(crate) struct Oracle(Validator);

impl Oracles {
    pub(crate) fn new(document: &Value) -> Self {
        let schemas = document.pointer("/components/schemas").and_then(Value::as_object).into_iter().flatten();
        let schemas: Map<_, _> = schemas.map(|(name, schema)| (name.clone(), json_schema(schema))).collect();
        Self { components: json!({"schemas": schemas}), built: RefCell::default() }
    }

    /// The oracle of a component and the components that it uses.
    pub(crate) fn of(&self, name: &str) -> Result<Rc<Oracle>, String> {
        if let Some(oracle) = self.built.borrow().get(name) {
            return Ok(Rc::clone(oracle));
        }
        let schema = json!({
            "$ref": Pointer::root().child("components").child("schemas").child(name),
            "components": self.components,
        });
        let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true);
        // The format of schemars for an address of either version.
        let options = options.with_format("ip", |text: &str| text.parse::<IpAddr>().is_ok());
        let options = NAMES.iter().fold(options, |options, name| options.with_format(*name, |_: &str| true));
        let oracle = options
            .build(&schema)
            .map_err(|error| format!("{name}: the oracle does not support the schema: {error}"))?;
        let oracle = Rc::new(Oracle(oracle));
        self.built.borrow_mut().insert(name.to_owned(), Rc::clone(&oracle));
        Ok(oracle)
    }
}

impl Oracle {
    pub(crate) fn is_valid(&self, value: &Value) -> bool {
        self.0.is_valid(value)
    }
}
