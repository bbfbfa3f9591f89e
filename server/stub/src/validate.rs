//! Holds a value against a [`Rule`] and reports everything that is wrong with it.
//!
//! It decides nothing that the contract does not say; what only the service knows it asks through `x-check`, and only
//! about values whose shape is right.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::problem::{Field, Problems, Violation, code};
use super::rule::{Additional, Array, Format, Integer, Number, Object, Rule, Text};

/// Asks the service about a value, by the name of the contract's `x-check`.
pub(super) type Check<'c> = dyn FnMut(&'static str, &str) -> Result<(), Violation> + Send + 'c;

/// One validation: where problems go, and whom to ask.
pub(super) struct Validator<'v, 'c> {
    pub(super) problems: &'v mut Problems,
    pub(super) check: &'v mut Check<'c>,
}

impl Validator<'_, '_> {
    pub(super) fn validate(&mut self, rule: &'static Rule, value: &Value, field: &Field<'_>) {
        match (rule, value) {
            (Rule::Any, _) | (Rule::Boolean, Value::Bool(_)) | (Rule::Nullable(_), Value::Null) => {}
            (Rule::Nullable(inner) | Rule::Component(_, inner), value) => self.validate(inner, value, field),
            (Rule::Integer(rule), Value::Number(value)) => self.integer(rule, value, field),
            (Rule::Number(rule), Value::Number(value)) => self.number(rule, value, field),
            (Rule::Text(rule), Value::String(value)) => self.text(rule, value, field),
            (Rule::Array(rule), Value::Array(values)) => self.array(rule, values, field),
            (Rule::Object(rule), Value::Object(map)) => self.object(rule, map, field),
            (rule, _) => self.add(field, code::INVALID_TYPE, format!("Must be {}.", rule.noun())),
        }
    }

    fn add(&mut self, field: &Field<'_>, code: &'static str, message: impl Into<String>) {
        self.problems.add(field, code, message);
    }

    fn integer(&mut self, rule: &Integer, value: &serde_json::Number, field: &Field<'_>) {
        let (least, greatest) = rule.bounds();
        match value.as_i64().map(i128::from).or(value.as_u64().map(i128::from)) {
            Some(value) if (least..=greatest).contains(&value) => {}
            // A whole number that is too large for 64 bits arrives as a float.
            None if value.as_f64().is_none_or(|float| float.fract() != 0.0 || float.abs() < 1e18) => {
                self.add(field, code::INVALID_TYPE, "Must be a whole number.");
            }
            _ => self.add(field, code::OUT_OF_RANGE, format!("Must be from {least} to {greatest}.")),
        }
    }

    fn number(&mut self, rule: &Number, value: &serde_json::Number, field: &Field<'_>) {
        let value = value.as_f64().unwrap_or(f64::NAN);
        if rule.format == Some("float") && value.abs() > f64::from(f32::MAX) {
            self.add(field, code::OUT_OF_RANGE, "Must be a number of single precision.");
        }
        if let Some(least) = rule.minimum.filter(|least| value < *least) {
            self.add(field, code::OUT_OF_RANGE, format!("Must be at least {least}."));
        }
        if let Some(greatest) = rule.maximum.filter(|greatest| value > *greatest) {
            self.add(field, code::OUT_OF_RANGE, format!("Must be at most {greatest}."));
        }
    }

    /// Reports the first thing that is wrong, because the rest mostly follows from it. The pattern comes after the
    /// length, which bounds the work that a pattern can be made to do.
    fn text(&mut self, rule: &Text, value: &str, field: &Field<'_>) {
        let length = value.chars().count();
        if let Some(least) = rule.min_length.filter(|least| length < *least) {
            return self.add(field, code::TOO_SHORT, format!("Must have at least {}.", counted(least, "character")));
        }
        if let Some(most) = rule.max_length.filter(|most| length > *most) {
            return self.add(field, code::TOO_LONG, format!("Must have at most {}.", counted(most, "character")));
        }
        if !rule.allowed.is_empty() && !rule.allowed.contains(&value) {
            return self.add(field, code::INVALID_FORMAT, format!("Must be one of {}.", rule.allowed.join(", ")));
        }
        if let Some(format) = rule.format.filter(|format| !format.admits(value)) {
            return self.add(field, code::INVALID_FORMAT, format!("Must be {}.", format.noun()));
        }
        if let Some(pattern) = rule.pattern.filter(|pattern| !pattern.matches(value)) {
            return self.add(field, code::INVALID_FORMAT, format!("Must match {}", pattern.source()));
        }
        if let Some(Err(violation)) = rule.check.map(|check| (self.check)(check, value)) {
            self.add(field, violation.code, violation.message);
        }
    }

    fn array(&mut self, rule: &Array, values: &[Value], field: &Field<'_>) {
        if let Some(least) = rule.min_items.filter(|least| values.len() < *least) {
            self.add(field, code::TOO_SHORT, format!("Must have at least {}.", counted(least, "element")));
        }
        if let Some(most) = rule.max_items.filter(|most| values.len() > *most) {
            self.add(field, code::TOO_MANY, format!("Must have at most {}.", counted(most, "element")));
        }
        let mut seen = HashSet::new();
        for (index, value) in values.iter().enumerate() {
            let field = field.element(index);
            self.validate(rule.items, value, &field);
            if rule.unique && !seen.insert(value) {
                self.add(&field, code::DUPLICATE, "Must be given once only.");
            }
        }
    }

    fn object(&mut self, rule: &Object, map: &Map<String, Value>, field: &Field<'_>) {
        for property in rule.properties {
            let field = field.property(property.name);
            match map.get(property.name) {
                Some(value) => self.validate(property.rule, value, &field),
                None if property.required => self.add(&field, code::REQUIRED, "Is required."),
                None => {}
            }
        }
        let named = |name: &str| rule.properties.iter().any(|property| property.name == name);
        for (name, value) in map.iter().filter(|(name, _)| !named(name)) {
            let field = field.property(name);
            match rule.additional {
                Additional::Allowed => {}
                Additional::Refused => self.add(&field, code::UNKNOWN_FIELD, "Is not a known field."),
                Additional::Each(rule) => self.validate(rule, value, &field),
            }
        }
    }
}

impl Rule {
    /// What a value has to be, for a sentence.
    fn noun(&self) -> &'static str {
        match self {
            Self::Any => "anything",
            Self::Boolean => "true or false",
            Self::Integer(_) => "a whole number",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
            Self::Nullable(inner) | Self::Component(_, inner) => inner.noun(),
        }
    }
}

impl Integer {
    /// The narrower of what the contract says and what the Rust type of the format holds.
    fn bounds(&self) -> (i128, i128) {
        let (least, greatest) = match self.format {
            Some("int32") => (i32::MIN.into(), i32::MAX.into()),
            Some("uint32") => (0, u32::MAX.into()),
            Some("uint64") => (0, u64::MAX.into()),
            _ => (i64::MIN.into(), i64::MAX.into()),
        };
        (
            self.minimum.map_or(least, |it| least.max(it.into())),
            self.maximum.map_or(greatest, |it| greatest.min(it.into())),
        )
    }
}

impl Format {
    fn admits(self, text: &str) -> bool {
        match self {
            // The hyphenated form only, in any case: what `format: uuid` means to everybody.
            Self::Uuid => text.len() == 36 && uuid::Uuid::try_parse(text).is_ok(),
            Self::DateTime => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
            // The parser is lenient about signs, spaces and leading zeros; what it prints is the form that is meant.
            Self::Date => {
                text.len() == 10 && text.parse().is_ok_and(|date: chrono::NaiveDate| date.to_string() == text)
            }
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Uuid => "a UUID",
            Self::DateTime => "an RFC 3339 date and time",
            Self::Date => "an RFC 3339 date",
        }
    }
}

fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Pattern, Property};

    static LOWER: Pattern = Pattern::new("^[a-z]*$");
    static WORD: Rule = Rule::Text(Text {
        format: None,
        min_length: Some(1),
        max_length: Some(3),
        pattern: Some(&LOWER),
        allowed: &[],
        check: Some("no_x"),
    });
    static ID: Rule = Rule::Text(Text {
        format: Some(Format::Uuid),
        min_length: None,
        max_length: None,
        pattern: None,
        allowed: &[],
        check: None,
    });
    static WORDS: Rule = Rule::Array(Array { items: &WORD, min_items: Some(1), max_items: Some(3), unique: true });
    static SMALL: Rule = Rule::Integer(Integer { format: Some("int32"), minimum: Some(1), maximum: None });
    static THING: Rule = Rule::Object(Object {
        properties: &[
            Property { name: "word", required: true, rule: &WORD },
            Property { name: "words", required: false, rule: &WORDS },
            Property { name: "small", required: false, rule: &Rule::Nullable(&SMALL) },
            Property { name: "id", required: false, rule: &ID },
            Property { name: "thing", required: false, rule: &Rule::Component("Thing", &THING) },
        ],
        additional: Additional::Refused,
    });

    fn problems(value: &Value) -> Vec<String> {
        let mut problems = Problems::default();
        let mut check = |_: &'static str, text: &str| match text {
            "x" => Err(Violation { code: "no_x", message: "Must not be x.".into() }),
            _ => Ok(()),
        };
        Validator { problems: &mut problems, check: &mut check }.validate(&THING, value, &Field::Body);
        problems.into_vec().into_iter().map(|problem| format!("{}/{}", problem.field, problem.code)).collect()
    }

    #[test]
    fn each_rule_is_reported_where_it_is_broken() {
        let id = "2489E9AD-2EE2-8E00-8EC9-32D5F69181C0";
        for (value, expected) in [
            (json!({"word": "abc", "words": ["a", "b"], "small": 1, "id": id}), vec![]),
            (json!({"word": "a", "small": null}), vec![]),
            (json!({}), vec!["word/required"]),
            (json!([]), vec!["body/invalid_type"]),
            (json!({"word": null}), vec!["word/invalid_type"]),
            (json!({"word": ""}), vec!["word/too_short"]),
            (json!({"word": "äöüß"}), vec!["word/too_long"]),
            (json!({"word": "A"}), vec!["word/invalid_format"]),
            (json!({"word": "x"}), vec!["word/no_x"]),
            (json!({"word": "a", "words": []}), vec!["words/too_short"]),
            (
                json!({"word": "a", "words": ["a", "b", "a", "X"]}),
                vec!["words/too_many", "words[2]/duplicate", "words[3]/invalid_format"],
            ),
            (json!({"word": "a", "small": 0}), vec!["small/out_of_range"]),
            (json!({"word": "a", "small": 2_147_483_648_u64}), vec!["small/out_of_range"]),
            (json!({"word": "a", "small": 1e30}), vec!["small/out_of_range"]),
            (json!({"word": "a", "small": 1.0}), vec!["small/invalid_type"]),
            (json!({"word": "a", "id": id.replace('-', "")}), vec!["id/invalid_format"]),
            (json!({"word": "a", "id": format!("{{{id}}}")}), vec!["id/invalid_format"]),
            (json!({"word": "a", "thing": {"wrod": 1}}), vec!["thing.word/required", "thing.wrod/unknown_field"]),
        ] {
            assert_eq!(problems(&value), expected, "{value}");
        }
    }

    #[test]
    fn a_rule_prints_as_the_schema_it_enforces() {
        let mut components = Map::new();
        let schema = Rule::Component("Thing", &THING).leak().schema(&mut components);
        assert_eq!(schema, json!({"$ref": "#/components/schemas/Thing"}));
        assert_eq!(components["Thing"]["required"], json!(["word"]));
        assert_eq!(components["Thing"]["additionalProperties"], json!(false));
        assert_eq!(
            components["Thing"]["properties"]["small"],
            json!({"type": "integer", "format": "int32", "minimum": 1, "nullable": true})
        );
        assert_eq!(components["Thing"]["properties"]["thing"], json!({"$ref": "#/components/schemas/Thing"}));
    }

    impl Rule {
        fn leak(self) -> &'static Self {
            Box::leak(Box::new(self))
        }
    }
}
