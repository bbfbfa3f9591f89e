//! The judge: a JSON-Schema validator, asked about one component schema at a time.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;

use jsonschema::Validator;
use serde_json::{Value, json};

use dropstub_document::json_schema;

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

/// The judges of the component schemas, each made when it is first asked.
pub(crate) struct Judges {
    components: Value,
    made: RefCell<HashMap<String, Rc<Judge>>>,
}

/// A validator of one component schema.
pub(crate) struct Judge(Validator);

impl Judges {
    pub(crate) fn new(document: &Value) -> Self {
        let schemas = json_schema(document.pointer("/components/schemas").unwrap_or(&Value::Null));
        Self { components: json!({"schemas": schemas}), made: RefCell::default() }
    }

    /// The judge of a component, with the others that it leads to.
    pub(crate) fn of(&self, name: &str) -> Result<Rc<Judge>, String> {
        if let Some(judge) = self.made.borrow().get(name) {
            return Ok(Rc::clone(judge));
        }
        let schema = json!({
            "$ref": format!("#/components/schemas/{}", name.replace('~', "~0").replace('/', "~1")),
            "components": self.components,
        });
        let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true);
        // What schemars calls an address of either kind.
        let options = options.with_format("ip", |text: &str| text.parse::<IpAddr>().is_ok());
        let options = NAMES.iter().fold(options, |options, name| options.with_format(*name, |_: &str| true));
        let judge = options.build(&schema).map_err(|error| format!("{name}: the judge cannot read it: {error}"))?;
        let judge = Rc::new(Judge(judge));
        self.made.borrow_mut().insert(name.to_owned(), Rc::clone(&judge));
        Ok(judge)
    }
}

impl Judge {
    pub(crate) fn is_valid(&self, value: &Value) -> bool {
        self.0.is_valid(value)
    }
}
