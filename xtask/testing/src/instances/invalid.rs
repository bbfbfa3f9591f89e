//! Invalid values: edits of a valid value that break one rule, with the expected problem.

use std::fmt;

use serde_json::{Value, json};

use super::resolve::Schemas;
use dropstub_document::integer_bounds;

/// The defect of an invalid value: the expected problem.
#[derive(Debug, Clone)]
pub(crate) struct Defect {
    /// The field in the validator's form: `body`, `a.b`, `a[1]`.
    field: String,
    code: &'static str,
    /// Whether the intended alternative is known, so that the problem has its field and code.
    exact: bool,
}

impl Defect {
    /// The field and the code.
    pub(crate) fn key(&self) -> (String, &'static str) {
        (self.field.clone(), self.code)
    }

    /// Whether the problems are exactly this one. If the intended alternative is unknown, any problem counts.
    pub(crate) fn is_reported_by(&self, problems: &[(String, String)]) -> bool {
        match problems {
            [(field, code)] if self.exact => *field == self.field && code == self.code,
            [] => false,
            _ => !self.exact,
        }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid at {} ({})", self.field, self.code)
    }
}

/// The edits that break one rule each.
pub(crate) fn edits(schemas: &Schemas<'_>, schema: &Value, value: &Value) -> Vec<InvalidEdit> {
    let mut edits = Edits { schemas, found: Vec::new() };
    edits.walk(schema, value, &Position { field: String::new(), path: Vec::new(), exact: true });
    edits.found
}

#[derive(Debug, Clone)]
enum Step {
    Key(String),
    Index(usize),
}

enum Operation {
    Write(Value),
    Put(String, Value),
    Remove(String),
}

/// An edit of a value, and the defect that it causes.
pub(crate) struct InvalidEdit {
    path: Vec<Step>,
    edit: Operation,
    pub(crate) defect: Defect,
}

impl InvalidEdit {
    /// Applies the edit. Returns `None` if it removes nothing.
    pub(crate) fn apply(self, value: &Value) -> Option<(Value, Defect)> {
        let mut whole = value.clone();
        let at = self.path.iter().fold(&mut whole, |value, step| match step {
            Step::Key(key) => &mut value[key.as_str()],
            Step::Index(index) => &mut value[*index],
        });
        match self.edit {
            Operation::Write(new) => *at = new,
            Operation::Put(key, new) => at[key.as_str()] = new,
            Operation::Remove(key) => {
                at.as_object_mut()?.shift_remove(&key)?;
            }
        }
        Some((whole, self.defect))
    }
}

/// The position of a value.
#[derive(Debug, Clone)]
struct Position {
    field: String,
    path: Vec<Step>,
    exact: bool,
}

impl Position {
    fn name(&self, key: &str) -> String {
        if self.field.is_empty() { key.to_owned() } else { format!("{}.{key}", self.field) }
    }

    fn property(&self, key: &str) -> Self {
        let path = self.path.iter().cloned().chain([Step::Key(key.to_owned())]).collect();
        Self { field: self.name(key), path, exact: self.exact }
    }

    fn element(&self, index: usize) -> Self {
        let whole = if self.field.is_empty() { "body" } else { &self.field };
        let path = self.path.iter().cloned().chain([Step::Index(index)]).collect();
        Self { field: format!("{whole}[{index}]"), path, exact: self.exact }
    }
}

struct Edits<'s> {
    schemas: &'s Schemas<'s>,
    found: Vec<InvalidEdit>,
}

impl Edits<'_> {
    fn add(&mut self, position: &Position, field: String, code: &'static str, edit: Operation) {
        let field = if field.is_empty() { "body".to_owned() } else { field };
        let broken = Defect { field, code, exact: position.exact };
        self.found.push(InvalidEdit { path: position.path.clone(), edit, defect: broken });
    }

    /// Another value in this position.
    fn write(&mut self, position: &Position, code: &'static str, value: impl Into<Value>) {
        self.add(position, position.field.clone(), code, Operation::Write(value.into()));
    }

    fn walk(&mut self, schema: &Value, value: &Value, position: &Position) {
        let seen = self.schemas.resolve(schema);
        let schema = seen.schema;
        if let Some(alternatives) = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array) {
            return self.alternatives(alternatives, value, position);
        }
        if value.is_null() {
            return;
        }
        let number = |key: &str| schema.get(key).and_then(Value::as_f64);
        let size = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
        match schema.get("type").and_then(Value::as_str) {
            Some("string") if schema.get("enum").is_some() => {
                self.write(position, "invalid_format", "no such value");
                self.write(position, "invalid_type", 12345);
            }
            Some("string") => {
                self.write(position, "invalid_type", 12345);
                let least = size("minLength");
                if let Some(least) = least.filter(|least| *least > 0) {
                    self.write(position, "too_short", "a".repeat(least - 1));
                }
                if let Some(most) = size("maxLength").filter(|most| *most < 100_000) {
                    self.write(position, "too_long", "a".repeat(most + 1));
                }
                let fits = |text: &str| {
                    let length = text.chars().count();
                    least.is_none_or(|least| least <= length) && size("maxLength").is_none_or(|most| length <= most)
                };
                let bad = ["\u{1}", "~ no such thing ~", "~~~~~~~~", &"~".repeat(least.unwrap_or(1))];
                if let Some(bad) = bad.into_iter().find(|text| fits(text)) {
                    self.write(position, "invalid_format", bad);
                }
            }
            Some("integer") => {
                self.write(position, "invalid_type", "1");
                self.write(position, "invalid_type", 0.5);
                let (least, greatest) = schema.get("format").and_then(Value::as_str).and_then(integer_bounds).unzip();
                let bound = |key: &str| schema.get(key).and_then(Value::as_i64);
                let below = bound("minimum").or(least.and_then(|it| it.as_i64())).and_then(|it| it.checked_sub(1));
                let above = bound("maximum").or(greatest.and_then(|it| it.as_i64())).and_then(|it| it.checked_add(1));
                for beyond in [below, above, Some(i64::MAX - 1)].into_iter().flatten() {
                    self.write(position, "out_of_range", beyond);
                }
            }
            Some("number") => {
                self.write(position, "invalid_type", "1");
                for beyond in [number("minimum").map(|it| it - 1.0), number("maximum").map(|it| it + 1.0)] {
                    beyond.into_iter().for_each(|beyond| self.write(position, "out_of_range", beyond));
                }
            }
            Some("boolean") => self.write(position, "invalid_type", "true"),
            Some("array") => self.array(schema, value, position),
            Some("object") => self.object(schema, value, position),
            _ => {}
        }
        if schema.get("type").is_some() && !seen.nullable {
            self.write(position, "invalid_type", Value::Null);
        }
    }

    fn array(&mut self, schema: &Value, value: &Value, position: &Position) {
        self.write(position, "invalid_type", json!({}));
        let Some(values) = value.as_array() else { return };
        let size = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
        let (least, most) = (size("minItems").unwrap_or(0), size("maxItems").unwrap_or(usize::MAX));
        if least > 0 {
            self.write(position, "too_short", values[..least - 1].to_vec());
        }
        if schema["uniqueItems"] == true {
            if let Some(first) = values.first().filter(|_| values.len() < most) {
                let twice: Vec<_> = values.iter().chain([first]).cloned().collect();
                self.add(position, position.element(values.len()).field, "duplicate", Operation::Write(twice.into()));
            }
        } else if let Some(first) = values.first().filter(|_| most < 10_000) {
            let many: Vec<_> = values.iter().chain(std::iter::repeat(first)).take(most + 1).cloned().collect();
            self.write(position, "too_many", many);
        }
        for (index, value) in values.iter().enumerate().take(2) {
            self.walk(schema.get("items").unwrap_or(&Value::Null), value, &position.element(index));
        }
    }

    fn object(&mut self, schema: &Value, value: &Value, position: &Position) {
        self.write(position, "invalid_type", json!([]));
        let Some(map) = value.as_object() else { return };
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            self.add(position, position.name(name), "required", Operation::Remove(name.to_owned()));
        }
        if schema["additionalProperties"] == false {
            let name = "no_such_property";
            self.add(position, position.name(name), "unknown_field", Operation::Put(name.to_owned(), json!(1)));
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, value) in map {
            let named = properties.and_then(|properties| properties.get(name));
            let each = schema.get("additionalProperties").filter(|it| it.is_object());
            if let Some(schema) = named.or(each) {
                self.walk(schema, value, &position.property(name));
            }
        }
    }

    fn alternatives(&mut self, alternatives: &[Value], value: &Value, position: &Position) {
        let seen: Vec<_> = alternatives.iter().map(|it| self.schemas.resolve(it).schema).collect();
        let lists = seen.iter().all(|it| it["type"] == "string" && it["enum"].is_array());
        if lists {
            self.write(position, "invalid_format", "no such value");
            return self.write(position, "invalid_type", 12345);
        }
        let Some(tag) = tag(&seen).filter(|_| value.is_object()) else {
            // The intended alternative is unknown, so any problem counts.
            let position = Position { exact: false, ..position.clone() };
            return [json!(12345), json!([[]]), json!({}), json!("\u{1}"), json!(false)]
                .into_iter()
                .for_each(|other| self.write(&position, "invalid_type", other));
        };
        self.write(position, "invalid_type", json!([]));
        self.add(
            &position.property(tag),
            position.name(tag),
            "invalid_format",
            Operation::Write("no such value".into()),
        );
        self.add(&position.property(tag), position.name(tag), "invalid_type", Operation::Write(json!(1)));
        self.add(position, position.name(tag), "required", Operation::Remove(tag.to_owned()));
        let meant = seen.into_iter().find(|it| it["properties"][tag]["enum"][0] == value[tag]);
        let Some(meant) = meant.cloned() else { return };
        // Without the tag.
        let mut rest = value.clone();
        rest.as_object_mut().map(|rest| rest.shift_remove(tag));
        let mut meant_rest = meant;
        if let Some(required) = meant_rest.get_mut("required").and_then(Value::as_array_mut) {
            required.retain(|name| name != tag);
        }
        let before = self.found.len();
        self.object(&meant_rest, &rest, position);
        // The value that is not an object was tested with the whole value.
        self.found.remove(before);
    }
}

/// The property whose value identifies the alternative.
fn tag<'s>(alternatives: &[&'s Value]) -> Option<&'s str> {
    let properties = alternatives.first()?.get("properties")?.as_object()?;
    properties.keys().map(String::as_str).find(|name| {
        alternatives.iter().all(|it| {
            let values = it["properties"][*name]["enum"].as_array();
            let only = values.is_some_and(|values| values.len() == 1 && values[0].is_string());
            only && it["required"].as_array().is_some_and(|required| required.iter().any(|it| it == name))
        })
    })
}
