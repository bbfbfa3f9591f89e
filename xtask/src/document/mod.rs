//! An OpenAPI document as data, with the place in the file of everything in it.
//!
//! JSON is read by the same parser, since it is a subset of YAML. What the document *means* is not looked at here.

mod pointer;

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};
use serde_json::{Map, Value};

pub use pointer::Pointer;

/// The keys of a path item that are operations.
pub const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// A document as it was read.
#[derive(Debug, Clone)]
pub struct Document {
    /// What to call the document in messages: the path it was read from.
    pub name: String,
    /// The whole document. Keys are strings and keep their order.
    pub value: Value,
    /// The text, for messages that show a line of it.
    pub text: String,
    places: HashMap<Pointer, Place>,
}

/// A place in a file. Both numbers count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

/// Why a document could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("cannot read {name}: {source}")]
    Io { name: String, source: std::io::Error },
    #[error("{name}:{place}: {message}")]
    Syntax { name: String, place: Place, message: String },
}

impl Document {
    /// Reads the document at `path`.
    ///
    /// # Errors
    /// Where the file cannot be read, is no YAML, repeats a key, or holds what JSON cannot (a key that is no scalar, a
    /// number that is not finite).
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(name, text),
            Err(source) => Err(ReadError::Io { name, source }),
        }
    }

    /// Reads a document from its text.
    ///
    /// # Errors
    /// As [`Document::read`].
    pub fn parse(name: impl Into<String>, text: impl Into<String>) -> Result<Self, ReadError> {
        let (name, text) = (name.into(), text.into());
        let syntax =
            |place, message: &str| ReadError::Syntax { name: name.clone(), place, message: message.to_owned() };
        let mut nodes =
            MarkedYaml::load_from_str(&text).map_err(|error| syntax(Place::of(*error.marker()), error.info()))?;
        let root = match nodes.len() {
            1 => nodes.remove(0),
            0 => return Err(syntax(Place::START, "the file is empty")),
            _ => return Err(syntax(Place::of(nodes[1].span.start), "the file holds a second YAML document")),
        };
        let mut places = HashMap::new();
        let value = convert(&root, &Pointer::root(), &mut places).map_err(|(place, message)| syntax(place, message))?;
        Ok(Self { name, value, text, places })
    }

    /// Whether it says that it is OpenAPI 3.0.
    #[must_use]
    pub fn is_openapi_3_0(&self) -> bool {
        self.value.get("openapi").and_then(Value::as_str).is_some_and(|version| version.starts_with("3.0."))
    }

    /// Where `pointer` stands, or the nearest thing around it that does.
    #[must_use]
    pub fn place(&self, pointer: &Pointer) -> Place {
        let mut pointer = Some(pointer.clone());
        while let Some(here) = pointer {
            if let Some(place) = self.places.get(&here) {
                return *place;
            }
            pointer = here.parent();
        }
        Place::START
    }
}

impl Place {
    const START: Self = Self { line: 1, column: 1 };

    fn of(marker: saphyr::Marker) -> Self {
        Self { line: marker.line(), column: marker.col() + 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// The node as JSON, with the place of each of its parts: of a property its key, of an element its start.
fn convert(
    node: &MarkedYaml<'_>,
    pointer: &Pointer,
    places: &mut HashMap<Pointer, Place>,
) -> Result<Value, (Place, &'static str)> {
    let place = Place::of(node.span.start);
    places.entry(pointer.clone()).or_insert(place);
    match &node.data {
        YamlData::Value(scalar) => scalar_value(scalar).ok_or((place, "a number that JSON cannot hold")),
        YamlData::Sequence(nodes) => nodes
            .iter()
            .enumerate()
            .map(|(index, node)| convert(node, &pointer.child(index), places))
            .collect::<Result<_, _>>()
            .map(Value::Array),
        YamlData::Mapping(entries) => {
            let mut map = Map::new();
            for (key, node) in entries {
                let key_place = Place::of(key.span.start);
                let YamlData::Value(scalar) = &key.data else {
                    return Err((key_place, "a key that is no string"));
                };
                let key = match scalar_value(scalar) {
                    Some(Value::String(key)) => key,
                    Some(other) => other.to_string(),
                    None => return Err((key_place, "a key that is no string")),
                };
                let child = pointer.child(&key);
                places.insert(child.clone(), key_place);
                let value = convert(node, &child, places)?;
                if map.insert(key, value).is_some() {
                    return Err((key_place, "a key that stands here twice"));
                }
            }
            Ok(Value::Object(map))
        }
        YamlData::Tagged(_, node) => convert(node, pointer, places),
        YamlData::Representation(..) | YamlData::Alias(_) | YamlData::BadValue => {
            Err((place, "a value that is not understood"))
        }
    }
}

fn scalar_value(scalar: &Scalar<'_>) -> Option<Value> {
    Some(match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(value) => Value::from(*value),
        Scalar::Integer(value) => Value::from(*value),
        Scalar::FloatingPoint(value) => Value::Number(serde_json::Number::from_f64(value.0)?),
        Scalar::String(value) => Value::from(value.as_ref()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_stands_at_its_key_and_an_element_at_its_start() {
        let document = Document::parse("t.yaml", "a:\n  - x\n  - b: 1\n").unwrap();
        let root = Pointer::root();
        assert_eq!(document.place(&root.child("a")).to_string(), "1:1");
        assert_eq!(document.place(&root.child("a").child(0)).to_string(), "2:5");
        assert_eq!(document.place(&root.child("a").child(1).child("b")).to_string(), "3:5");
        assert_eq!(document.place(&root.child("a").child(1).child("absent")).to_string(), "3:5");
    }

    #[test]
    fn a_key_that_is_a_number_is_read_as_a_string() {
        let document = Document::parse("t.yaml", "200: ok\n").unwrap();
        assert_eq!(document.value, serde_json::json!({"200": "ok"}));
    }

    #[test]
    fn aliases_are_expanded_and_yes_is_a_string() {
        let document = Document::parse("t.yaml", "a: &x {k: yes}\nb: *x\n").unwrap();
        assert_eq!(document.value, serde_json::json!({"a": {"k": "yes"}, "b": {"k": "yes"}}));
    }

    #[test]
    fn what_cannot_be_read_is_an_error_with_its_place() {
        for (text, expected) in [
            ("", "t.yaml:1:1: the file is empty"),
            ("a: 1\na: 2\n", "t.yaml:2:1"),
            ("200: 1\n'200': 2\n", "t.yaml:2:1: a key that stands here twice"),
            ("a: .inf\n", "t.yaml:1:4: a number that JSON cannot hold"),
            ("a: [", "t.yaml:"),
            ("--- 1\n--- 2\n", "t.yaml:2:5: the file holds a second YAML document"),
        ] {
            let error = Document::parse("t.yaml", text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text:?}: {error}");
        }
    }
}
