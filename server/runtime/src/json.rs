//! Strict JSON: a repeated key is a problem, while `serde_json` uses the last one.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::problem::{Field, Problems, code};

/// Parses `bytes` as one JSON value. Returns `None` and a problem if they are not JSON.
///
/// `serde_json` limits the nesting to 128 levels. The caller limits the size.
pub(super) fn parse(bytes: &[u8], problems: &mut Problems) -> Option<Value> {
    if bytes.is_empty() {
        problems.add(&Field::Body, code::REQUIRED, "A JSON body is required.");
        return None;
    }
    let found = RefCell::new(std::mem::take(problems));
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = Strict { field: Field::Body, problems: &found }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    *problems = found.into_inner();
    match parsed {
        Ok(value) => Some(value),
        Err(error) => {
            problems.add(&Field::Body, code::INVALID_FORMAT, format!("Must be JSON: {error}."));
            None
        }
    }
}

#[derive(Clone, Copy)]
struct Strict<'a> {
    field: Field<'a>,
    problems: &'a RefCell<Problems>,
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) =
            access.next_element_seed(Strict { field: self.field.element(values.len()), problems: self.problems })?
        {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let field = self.field.property(&key);
            let value = access.next_value_seed(Strict { field, problems: self.problems })?;
            if map.contains_key(&key) {
                self.problems.borrow_mut().add(&field, code::DUPLICATE, "Must be given once only.");
            } else {
                map.insert(key, value);
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<(String, &'static str)> {
        let mut problems = Problems::default();
        parse(text.as_bytes(), &mut problems);
        problems.into_vec().into_iter().map(|problem| (problem.field, problem.code)).collect()
    }

    #[test]
    fn repeated_key_is_a_problem_at_every_depth() {
        assert_eq!(problems(r#"{"a":1,"a":2}"#), [("a".into(), code::DUPLICATE)]);
        assert_eq!(problems(r#"{"a":[{"b":1,"\u0062":2}]}"#), [("a[0].b".into(), code::DUPLICATE)]);
    }

    #[test]
    fn invalid_json_is_a_problem_of_the_body() {
        for text in ["{", "{} {}", "nul", "\"\u{1}\"", "{'a':1}", "[1,]", &"[".repeat(1000), "1e999"] {
            assert_eq!(problems(text), [("body".into(), code::INVALID_FORMAT)], "{text}");
        }
        assert_eq!(problems(""), [("body".into(), code::REQUIRED)]);
    }
}
