//! A document as JSON values, with the source position of each value.
//!
//! JSON is read by the YAML parser, because it is a subset of YAML.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};
use serde_json::{Map, Value};

use crate::{Location, Node, Pointer};

/// A document and the source positions of its values.
#[derive(Debug, Clone)]
pub struct Document {
    /// The document's name in messages: the path that it was read from.
    pub name: String,
    /// The content. Keys are strings and keep their order.
    pub value: Value,
    /// The source text, for excerpts.
    pub text: String,
    positions: HashMap<Pointer, Position>,
}

/// A position in a text. Both numbers count from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// An error while reading a document.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("cannot read {name}: {source}")]
    Io {
        /// The path of the file.
        name: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The text is not valid YAML or JSON, or holds a value that JSON cannot represent.
    #[error("{name}:{position}: {message}")]
    Syntax {
        /// The document's name.
        name: String,
        /// The position of the error.
        position: Position,
        /// The problem.
        message: String,
    },
}

impl Document {
    /// Reads the document at `path`.
    ///
    /// # Errors
    /// Fails if the file cannot be read, is not valid YAML, repeats a key, or holds a value that JSON cannot represent (a
    /// key that is not a scalar, a number that is not finite).
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
            |position, message: &str| ReadError::Syntax { name: name.clone(), position, message: message.to_owned() };
        let mut nodes =
            MarkedYaml::load_from_str(&text).map_err(|error| syntax(Position::of(*error.marker()), error.info()))?;
        let root = match nodes.len() {
            1 => nodes.remove(0),
            0 => return Err(syntax(Position::START, "the file is empty")),
            _ => return Err(syntax(Position::of(nodes[1].span.start), "the file contains a second YAML document")),
        };
        let mut positions = HashMap::new();
        let value = convert(&root, &Pointer::root(), &mut positions)
            .map_err(|(position, message)| syntax(position, message))?;
        Ok(Self { name, value, text, positions })
    }

    /// The document's root value.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node::root(&self.value)
    }

    /// The location of `pointer`, or of its nearest ancestor in the document.
    #[must_use]
    pub fn location(&self, pointer: &Pointer) -> Location {
        Location { document: self.name.as_str().into(), position: self.position(pointer) }
    }

    fn position(&self, pointer: &Pointer) -> Position {
        let mut pointer = Some(pointer.clone());
        while let Some(here) = pointer {
            if let Some(position) = self.positions.get(&here) {
                return *position;
            }
            pointer = here.parent();
        }
        Position::START
    }
}

impl Position {
    const START: Self = Self { line: 1, column: 1 };

    fn of(marker: saphyr::Marker) -> Self {
        Self { line: marker.line(), column: marker.col() + 1 }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Converts a YAML node to JSON and records positions: a property's is its key, an element's its first character.
fn convert(
    node: &MarkedYaml<'_>,
    pointer: &Pointer,
    positions: &mut HashMap<Pointer, Position>,
) -> Result<Value, (Position, &'static str)> {
    let position = Position::of(node.span.start);
    positions.entry(pointer.clone()).or_insert(position);
    match &node.data {
        YamlData::Value(scalar) => scalar_value(scalar).ok_or((position, "JSON cannot represent this number")),
        YamlData::Sequence(nodes) => nodes
            .iter()
            .enumerate()
            .map(|(index, node)| convert(node, &pointer.child(index), positions))
            .collect::<Result<_, _>>()
            .map(Value::Array),
        YamlData::Mapping(entries) => {
            let mut map = Map::new();
            for (key, node) in entries {
                let key_position = Position::of(key.span.start);
                let YamlData::Value(scalar) = &key.data else {
                    return Err((key_position, "a key is not a string"));
                };
                let key = match scalar_value(scalar) {
                    Some(Value::String(key)) => key,
                    Some(other) => other.to_string(),
                    None => return Err((key_position, "a key is not a string")),
                };
                let child = pointer.child(&key);
                positions.insert(child.clone(), key_position);
                let value = convert(node, &child, positions)?;
                if map.insert(key, value).is_some() {
                    return Err((key_position, "duplicate key"));
                }
            }
            Ok(Value::Object(map))
        }
        YamlData::Tagged(_, node) => convert(node, pointer, positions),
        YamlData::Representation(..) | YamlData::Alias(_) | YamlData::BadValue => {
            Err((position, "unsupported YAML value"))
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
    fn property_position_is_its_key_and_element_position_its_start() {
        let document = Document::parse("t.yaml", "a:\n  - x\n  - b: 1\n").unwrap();
        let root = Pointer::root();
        assert_eq!(document.position(&root.child("a")).to_string(), "1:1");
        assert_eq!(document.position(&root.child("a").child(0)).to_string(), "2:5");
        assert_eq!(document.position(&root.child("a").child(1).child("b")).to_string(), "3:5");
        assert_eq!(document.position(&root.child("a").child(1).child("absent")).to_string(), "3:5");
    }

    #[test]
    fn numeric_key_becomes_a_string() {
        let document = Document::parse("t.yaml", "200: ok\n").unwrap();
        assert_eq!(document.value, serde_json::json!({"200": "ok"}));
    }

    #[test]
    fn aliases_are_expanded_and_yes_is_a_string() {
        let document = Document::parse("t.yaml", "a: &x {k: yes}\nb: *x\n").unwrap();
        assert_eq!(document.value, serde_json::json!({"a": {"k": "yes"}, "b": {"k": "yes"}}));
    }

    #[test]
    fn unreadable_text_is_an_error_with_its_position() {
        for (text, expected) in [
            ("", "t.yaml:1:1: the file is empty"),
            ("a: 1\na: 2\n", "t.yaml:2:1"),
            ("200: 1\n'200': 2\n", "t.yaml:2:1: duplicate key"),
            ("a: .inf\n", "t.yaml:1:4: JSON cannot represent this number"),
            ("a: [", "t.yaml:"),
            ("--- 1\n--- 2\n", "t.yaml:2:5: the file contains a second YAML document"),
        ] {
            let error = Document::parse("t.yaml", text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text:?}: {error}");
        }
    }
}
