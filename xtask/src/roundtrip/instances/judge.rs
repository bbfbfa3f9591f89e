//! The judge: a JSON-Schema validator, asked about one component schema at a time.

use std::net::IpAddr;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::json_schema::json_schema;

/// The formats that JSON Schema knows and a stub does not enforce: it carries them as names, as it does any other.
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

/// Makes a judge of each component schema.
pub(super) struct Judges {
    components: Value,
}

/// A validator of one component schema.
pub(super) struct Judge(Validator);

impl Judges {
    pub(super) fn new(document: &Value) -> Self {
        let schemas = json_schema(document.pointer("/components/schemas").unwrap_or(&Value::Null));
        Self { components: json!({"schemas": schemas}) }
    }

    /// The judge of a component, with the others that it leads to.
    pub(super) fn of(&self, name: &str) -> Result<Judge, String> {
        let schema = json!({
            "$ref": format!("#/components/schemas/{}", name.replace('~', "~0").replace('/', "~1")),
            "components": self.components,
        });
        let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true);
        // What schemars calls an address of either kind.
        let options = options.with_format("ip", |text: &str| text.parse::<IpAddr>().is_ok());
        let options = NAMES.iter().fold(options, |options, name| options.with_format(*name, |_: &str| true));
        options.build(&schema).map(Judge).map_err(|error| format!("{name}: the judge cannot read it: {error}"))
    }
}

impl Judge {
    pub(super) fn is_valid(&self, value: &Value) -> bool {
        self.0.is_valid(value)
    }
}
