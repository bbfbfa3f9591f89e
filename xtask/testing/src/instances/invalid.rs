//! Values that break exactly one rule, by one change of a valid one; with what has to be said of them, and where.

use std::fmt;

use serde_json::{Value, json};

use super::resolve::Schemas;
use dropstub_document::integer_bounds;

/// What is wrong with a value.
#[derive(Debug, Clone)]
pub(crate) struct Broken {
    /// As the validator names it: `body`, `a.b`, `a[1]`.
    field: String,
    code: &'static str,
    /// Whether it can be told which alternative is meant, so that its own field and code are named.
    exact: bool,
}

impl Broken {
    /// What was broken, whichever value it was broken in.
    pub(crate) fn rule(&self) -> (String, &'static str) {
        (self.field.clone(), self.code)
    }

    /// Whether this is what was said: once and where it is. Where it cannot be told which of several things a value
    /// should be, it is said of the whole of it.
    pub(crate) fn is_said_by(&self, problems: &[(String, String)]) -> bool {
        match problems {
            [(field, code)] if self.exact => *field == self.field && code == self.code,
            [] => false,
            _ => !self.exact,
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wrong at {} ({})", self.field, self.code)
    }
}

/// Each way to break the value once.
pub(crate) fn changes(schemas: &Schemas<'_>, schema: &Value, value: &Value) -> Vec<Change> {
    let mut changes = Changes { schemas, found: Vec::new() };
    changes.walk(schema, value, &Place { field: String::new(), way: Vec::new(), exact: true });
    changes.found
}

#[derive(Debug, Clone)]
enum Step {
    Key(String),
    Index(usize),
}

enum Edit {
    Write(Value),
    Put(String, Value),
    Remove(String),
}

/// One change of a value, and what is wrong with it then.
pub(crate) struct Change {
    way: Vec<Step>,
    edit: Edit,
    pub(crate) broken: Broken,
}

impl Change {
    /// The value with the change, if there is something to change.
    pub(crate) fn apply(self, value: &Value) -> Option<(Value, Broken)> {
        let mut whole = value.clone();
        let at = self.way.iter().fold(&mut whole, |value, step| match step {
            Step::Key(key) => &mut value[key.as_str()],
            Step::Index(index) => &mut value[*index],
        });
        match self.edit {
            Edit::Write(new) => *at = new,
            Edit::Put(key, new) => at[key.as_str()] = new,
            Edit::Remove(key) => {
                at.as_object_mut()?.shift_remove(&key)?;
            }
        }
        Some((whole, self.broken))
    }
}

/// Where a value stands in the whole.
#[derive(Debug, Clone)]
struct Place {
    field: String,
    way: Vec<Step>,
    exact: bool,
}

impl Place {
    fn name(&self, key: &str) -> String {
        if self.field.is_empty() { key.to_owned() } else { format!("{}.{key}", self.field) }
    }

    fn property(&self, key: &str) -> Self {
        let way = self.way.iter().cloned().chain([Step::Key(key.to_owned())]).collect();
        Self { field: self.name(key), way, exact: self.exact }
    }

    fn element(&self, index: usize) -> Self {
        let whole = if self.field.is_empty() { "body" } else { &self.field };
        let way = self.way.iter().cloned().chain([Step::Index(index)]).collect();
        Self { field: format!("{whole}[{index}]"), way, exact: self.exact }
    }
}

struct Changes<'s> {
    schemas: &'s Schemas<'s>,
    found: Vec<Change>,
}

impl Changes<'_> {
    fn add(&mut self, place: &Place, field: String, code: &'static str, edit: Edit) {
        let field = if field.is_empty() { "body".to_owned() } else { field };
        let broken = Broken { field, code, exact: place.exact };
        self.found.push(Change { way: place.way.clone(), edit, broken });
    }

    /// Another value in this place.
    fn write(&mut self, place: &Place, code: &'static str, value: impl Into<Value>) {
        self.add(place, place.field.clone(), code, Edit::Write(value.into()));
    }

    fn walk(&mut self, schema: &Value, value: &Value, place: &Place) {
        let seen = self.schemas.see(schema);
        let schema = seen.schema;
        if let Some(alternatives) = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array) {
            return self.alternatives(alternatives, value, place);
        }
        if value.is_null() {
            return;
        }
        let number = |key: &str| schema.get(key).and_then(Value::as_f64);
        let size = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
        match schema.get("type").and_then(Value::as_str) {
            Some("string") if schema.get("enum").is_some() => {
                self.write(place, "invalid_format", "no such value");
                self.write(place, "invalid_type", 12345);
            }
            Some("string") => {
                self.write(place, "invalid_type", 12345);
                let least = size("minLength");
                if let Some(least) = least.filter(|least| *least > 0) {
                    self.write(place, "too_short", "a".repeat(least - 1));
                }
                if let Some(most) = size("maxLength").filter(|most| *most < 100_000) {
                    self.write(place, "too_long", "a".repeat(most + 1));
                }
                let fits = |text: &str| {
                    let length = text.chars().count();
                    least.is_none_or(|least| least <= length) && size("maxLength").is_none_or(|most| length <= most)
                };
                let bad = ["\u{1}", "~ no such thing ~", "~~~~~~~~", &"~".repeat(least.unwrap_or(1))];
                if let Some(bad) = bad.into_iter().find(|text| fits(text)) {
                    self.write(place, "invalid_format", bad);
                }
            }
            Some("integer") => {
                self.write(place, "invalid_type", "1");
                self.write(place, "invalid_type", 0.5);
                let (least, greatest) = schema.get("format").and_then(Value::as_str).and_then(integer_bounds).unzip();
                let bound = |key: &str| schema.get(key).and_then(Value::as_i64);
                let below = bound("minimum").or(least.and_then(|it| it.as_i64())).and_then(|it| it.checked_sub(1));
                let above = bound("maximum").or(greatest.and_then(|it| it.as_i64())).and_then(|it| it.checked_add(1));
                for beyond in [below, above, Some(i64::MAX - 1)].into_iter().flatten() {
                    self.write(place, "out_of_range", beyond);
                }
            }
            Some("number") => {
                self.write(place, "invalid_type", "1");
                for beyond in [number("minimum").map(|it| it - 1.0), number("maximum").map(|it| it + 1.0)] {
                    beyond.into_iter().for_each(|beyond| self.write(place, "out_of_range", beyond));
                }
            }
            Some("boolean") => self.write(place, "invalid_type", "true"),
            Some("array") => self.array(schema, value, place),
            Some("object") => self.object(schema, value, place),
            _ => {}
        }
        if schema.get("type").is_some() && !seen.nullable {
            self.write(place, "invalid_type", Value::Null);
        }
    }

    fn array(&mut self, schema: &Value, value: &Value, place: &Place) {
        self.write(place, "invalid_type", json!({}));
        let Some(values) = value.as_array() else { return };
        let size = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
        let (least, most) = (size("minItems").unwrap_or(0), size("maxItems").unwrap_or(usize::MAX));
        if least > 0 {
            self.write(place, "too_short", values[..least - 1].to_vec());
        }
        if schema["uniqueItems"] == true {
            if let Some(first) = values.first().filter(|_| values.len() < most) {
                let twice: Vec<_> = values.iter().chain([first]).cloned().collect();
                self.add(place, place.element(values.len()).field, "duplicate", Edit::Write(twice.into()));
            }
        } else if let Some(first) = values.first().filter(|_| most < 10_000) {
            let many: Vec<_> = values.iter().chain(std::iter::repeat(first)).take(most + 1).cloned().collect();
            self.write(place, "too_many", many);
        }
        for (index, value) in values.iter().enumerate().take(2) {
            self.walk(schema.get("items").unwrap_or(&Value::Null), value, &place.element(index));
        }
    }

    fn object(&mut self, schema: &Value, value: &Value, place: &Place) {
        self.write(place, "invalid_type", json!([]));
        let Some(map) = value.as_object() else { return };
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            self.add(place, place.name(name), "required", Edit::Remove(name.to_owned()));
        }
        if schema["additionalProperties"] == false {
            let name = "no_such_property";
            self.add(place, place.name(name), "unknown_field", Edit::Put(name.to_owned(), json!(1)));
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, value) in map {
            let named = properties.and_then(|properties| properties.get(name));
            let each = schema.get("additionalProperties").filter(|it| it.is_object());
            if let Some(schema) = named.or(each) {
                self.walk(schema, value, &place.property(name));
            }
        }
    }

    fn alternatives(&mut self, alternatives: &[Value], value: &Value, place: &Place) {
        let seen: Vec<_> = alternatives.iter().map(|it| self.schemas.see(it).schema).collect();
        let lists = seen.iter().all(|it| it["type"] == "string" && it["enum"].is_array());
        if lists {
            self.write(place, "invalid_format", "no such value");
            return self.write(place, "invalid_type", 12345);
        }
        let Some(tag) = tag(&seen).filter(|_| value.is_object()) else {
            // Which one is meant cannot be told, so only that it is none can be said.
            let place = Place { exact: false, ..place.clone() };
            return [json!(12345), json!([[]]), json!({}), json!("\u{1}"), json!(false)]
                .into_iter()
                .for_each(|other| self.write(&place, "invalid_type", other));
        };
        self.write(place, "invalid_type", json!([]));
        self.add(&place.property(tag), place.name(tag), "invalid_format", Edit::Write("no such value".into()));
        self.add(&place.property(tag), place.name(tag), "invalid_type", Edit::Write(json!(1)));
        self.add(place, place.name(tag), "required", Edit::Remove(tag.to_owned()));
        let meant = seen.into_iter().find(|it| it["properties"][tag]["enum"][0] == value[tag]);
        let Some(meant) = meant.cloned() else { return };
        // All of it but the tag.
        let mut rest = value.clone();
        rest.as_object_mut().map(|rest| rest.shift_remove(tag));
        let mut meant_rest = meant;
        if let Some(required) = meant_rest.get_mut("required").and_then(Value::as_array_mut) {
            required.retain(|name| name != tag);
        }
        let before = self.found.len();
        self.object(&meant_rest, &rest, place);
        // That it is no object was said of the whole already.
        self.found.remove(before);
    }
}

/// The property whose only value tells the alternatives apart.
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
