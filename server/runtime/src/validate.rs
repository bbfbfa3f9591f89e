//! Validation of a value against a [`Rule`], which reports every problem.
//!
//! The rules are the document's. Values that the service has to check (`x-dropstub-check`) are collected if their shape is valid.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::{Map, Value};

use super::problem::{Field, Problems, code};
use super::rule::{Additional, Array, Format, Integer, Number, Object, Rule, Text};

/// A validation in progress.
pub(super) struct Validator<'v> {
    pub(super) problems: &'v mut Problems,
}

impl Validator<'_> {
    pub(super) fn validate(&mut self, rule: &'static Rule, value: &Value, field: &Field<'_>) {
        match (rule, value) {
            (Rule::Any, _) | (Rule::Boolean, Value::Bool(_)) | (Rule::Null | Rule::Nullable(_), Value::Null) => {}
            (Rule::Nullable(inner) | Rule::Component(_, inner), value) => self.validate(inner, value, field),
            (Rule::Integer(rule), Value::Number(value)) => self.integer(rule, value, field),
            (Rule::Number(rule), Value::Number(value)) => self.number(rule, value, field),
            (Rule::Text(rule), Value::String(value)) => self.text(rule, value, field),
            (Rule::Array(rule), Value::Array(values)) => self.array(rule, values, field),
            (Rule::Object(rule), Value::Object(map)) => self.object(rule, map, field),
            (Rule::OneOf(rules), value) => self.alternatives(rules, true, value, field),
            (Rule::AnyOf(rules), value) => self.alternatives(rules, false, value, field),
            (rule, _) => self.add(field, code::INVALID_TYPE, format!("Must be {}.", rule.noun())),
        }
    }

    fn add(&mut self, field: &Field<'_>, code: &'static str, message: impl Into<String>) {
        self.problems.add(field, code, message);
    }

    fn integer(&mut self, rule: &Integer, value: &serde_json::Number, field: &Field<'_>) {
        let (least, greatest) = rule.bounds();
        match value.as_i64().map(i128::from).or(value.as_u64().map(i128::from)) {
            Some(value) if (least..=greatest).contains(&value) => {
                if let Some(step) = rule.multiple_of.filter(|step| value % i128::from(*step) != 0) {
                    self.add(field, code::OUT_OF_RANGE, format!("Must be a multiple of {step}."));
                }
                if !rule.allowed.is_empty() && !rule.allowed.iter().any(|allowed| i128::from(*allowed) == value) {
                    let allowed: Vec<_> = rule.allowed.iter().map(ToString::to_string).collect();
                    self.add(field, code::OUT_OF_RANGE, format!("Must be one of {}.", allowed.join(", ")));
                }
            }
            // serde_json represents an integer beyond 64 bits as a float.
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
        let below = |least: &f64| if rule.exclusive_minimum { value <= *least } else { value < *least };
        if let Some(least) = rule.minimum.filter(below) {
            let than = if rule.exclusive_minimum { "more than" } else { "at least" };
            self.add(field, code::OUT_OF_RANGE, format!("Must be {than} {least}."));
        }
        let above = |greatest: &f64| if rule.exclusive_maximum { value >= *greatest } else { value > *greatest };
        if let Some(greatest) = rule.maximum.filter(above) {
            let than = if rule.exclusive_maximum { "less than" } else { "at most" };
            self.add(field, code::OUT_OF_RANGE, format!("Must be {than} {greatest}."));
        }
        // A decimal step has no exact binary value, so the comparison has a tolerance.
        let off = |step: &f64| ((value / step) - (value / step).round()).abs() > 1e-9 * (value / step).abs().max(1.0);
        if let Some(step) = rule.multiple_of.filter(off) {
            self.add(field, code::OUT_OF_RANGE, format!("Must be a multiple of {step}."));
        }
    }

    /// Reports the first problem, because others mostly follow from it. The pattern is matched after the length check, which
    /// bounds its cost.
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
        if let Some(check) = rule.check {
            self.problems.add_unchecked(field, check, value);
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
        if let Some(least) = rule.min_properties.filter(|least| map.len() < *least) {
            self.add(field, code::TOO_SHORT, format!("Must have at least {}.", entries(least)));
        }
        if let Some(most) = rule.max_properties.filter(|most| map.len() > *most) {
            self.add(field, code::TOO_MANY, format!("Must have at most {}.", entries(most)));
        }
        let named = |name: &str| rule.properties.iter().any(|property| property.name == name);
        for (name, value) in map.iter().filter(|(name, _)| !named(name)) {
            let field = field.property(name);
            match rule.additional {
                Additional::Allowed => {}
                Additional::Forbidden => self.add(&field, code::UNKNOWN_FIELD, "Is not a known field."),
                Additional::Each(rule) => self.validate(rule, value, &field),
            }
        }
    }
}

// Alternatives.
impl Validator<'_> {
    /// Reports the problems of the alternative that the value seems to be meant for. Other alternatives are not tried, because
    /// each can contain alternatives in turn.
    fn alternatives(&mut self, rules: &'static [&'static Rule], one: bool, value: &Value, field: &Field<'_>) {
        if let (Some(tag), Value::Object(map)) = (Tag::of(rules), value) {
            return self.tagged(&tag, map, value, field);
        }
        let meant = rules.iter().filter(|rule| rule.seems_meant(value));
        let mut found: Vec<_> = meant.map(|rule| rule.problems(value, field)).collect();
        let valid = |problems: &Problems| problems.is_empty();
        if one && found.iter().filter(|problems| valid(problems)).count() > 1 {
            return self.add(field, code::INVALID_FORMAT, "Must match exactly one alternative.");
        }
        if let Some(index) = found.iter().position(valid) {
            return self.problems.append(found.remove(index));
        }
        if found.len() == 1 {
            return self.problems.append(found.remove(0));
        }
        // Alternatives that are enumerations are reported as one.
        let lists = rules.iter().map(|rule| match rule.bare() {
            Rule::Text(text) if !text.allowed.is_empty() => Some(text.allowed),
            _ => None,
        });
        if let (Value::String(_), Some(lists)) = (value, lists.collect::<Option<Vec<_>>>()) {
            let message = format!("Must be one of {}.", lists.concat().join(", "));
            return self.add(field, code::INVALID_FORMAT, message);
        }
        let code = if found.is_empty() { code::INVALID_TYPE } else { code::INVALID_FORMAT };
        self.add(field, code, "Must match an alternative.");
    }

    /// Validates by the alternative that the tag selects, or reports the tag.
    fn tagged(&mut self, tag: &Tag, map: &Map<String, Value>, value: &Value, field: &Field<'_>) {
        let tag_field = field.property(tag.name);
        match map.get(tag.name) {
            None => self.add(&tag_field, code::REQUIRED, "Is required."),
            Some(Value::String(given)) => {
                if let Some((_, rule)) = tag.values.iter().find(|(value, _)| value == given) {
                    return self.validate(rule, value, field);
                }
                let values: Vec<_> = tag.values.iter().map(|(value, _)| *value).collect();
                self.add(&tag_field, code::INVALID_FORMAT, format!("Must be one of {}.", values.join(", ")));
            }
            Some(_) => self.add(&tag_field, code::INVALID_TYPE, "Must be a string."),
        }
    }
}

impl Rule {
    /// The problems of a value.
    pub(super) fn problems(&'static self, value: &Value, field: &Field<'_>) -> Problems {
        let mut problems = Problems::default();
        Validator { problems: &mut problems }.validate(self, value, field);
        problems
    }
}

/// The property that identifies each alternative by its only value.
struct Tag {
    name: &'static str,
    values: Vec<(&'static str, &'static Rule)>,
}

impl Tag {
    fn of(rules: &'static [&'static Rule]) -> Option<Self> {
        let objects: Vec<_> = rules
            .iter()
            .map(|rule| match rule.bare() {
                Rule::Object(object) if !rule.admits_null() => Some((object, *rule)),
                _ => None,
            })
            .collect::<Option<_>>()?;
        let names = objects.first()?.0.properties.iter().map(|property| property.name);
        names
            .map(|name| (name, objects.iter().map(|(object, rule)| Some((object.tag(name)?, *rule))).collect()))
            .find_map(|(name, values): (_, Option<Vec<(&str, &Rule)>>)| {
                let values = values?;
                let different = values.iter().map(|(value, _)| value).collect::<HashSet<_>>().len() == values.len();
                different.then_some(Self { name, values })
            })
    }
}

impl Object {
    /// The only value of a required property, if it has only one.
    fn tag(&self, name: &str) -> Option<&'static str> {
        let property = self.properties.iter().find(|property| property.name == name && property.required)?;
        match property.rule.bare() {
            Rule::Text(Text { allowed: [only], .. }) => Some(only),
            _ => None,
        }
    }
}

impl Rule {
    /// Whether the value has the rule's type and, if it is an object, the rule's tags or a required property. Any other value violates the
    /// rule.
    fn seems_meant(&'static self, value: &Value) -> bool {
        match (self.bare(), value) {
            (_, Value::Null) if self.admits_null() => true,
            (Self::Any, _)
            | (Self::Boolean, Value::Bool(_))
            | (Self::Integer(_) | Self::Number(_), Value::Number(_))
            | (Self::Text(_), Value::String(_))
            | (Self::Array(_), Value::Array(_)) => true,
            (Self::Object(object), Value::Object(map)) => {
                let mut tags =
                    object.properties.iter().filter_map(|it| Some((it.name, object.tag(it.name)?))).peekable();
                if tags.peek().is_some() {
                    return tags.all(|(name, tag)| map.get(name).is_some_and(|value| value == tag));
                }
                let mut required = object.properties.iter().filter(|property| property.required).peekable();
                required.peek().is_none() || required.any(|property| map.contains_key(property.name))
            }
            (Self::OneOf(rules) | Self::AnyOf(rules), value) => rules.iter().any(|rule| rule.seems_meant(value)),
            _ => false,
        }
    }

    fn admits_null(&self) -> bool {
        match self {
            Self::Any | Self::Null | Self::Nullable(_) => true,
            Self::Component(_, inner) => inner.admits_null(),
            _ => false,
        }
    }

    /// The noun for a value in a message.
    fn noun(&self) -> &'static str {
        match self {
            Self::Any => "anything",
            Self::Null => "null",
            Self::Boolean => "true or false",
            Self::Integer(_) => "a whole number",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
            Self::OneOf(_) | Self::AnyOf(_) => "one of the alternatives",
            Self::Nullable(inner) | Self::Component(_, inner) => inner.noun(),
        }
    }
}

impl Integer {
    /// The bounds of the rule, limited to the Rust type of the format.
    fn bounds(&self) -> (i128, i128) {
        let (least, greatest) = match self.format {
            Some("int8") => (i8::MIN.into(), i8::MAX.into()),
            Some("int16") => (i16::MIN.into(), i16::MAX.into()),
            Some("int32") => (i32::MIN.into(), i32::MAX.into()),
            Some("uint8") => (0, u8::MAX.into()),
            Some("uint16") => (0, u16::MAX.into()),
            Some("uint32") => (0, u32::MAX.into()),
            Some("uint" | "uint64") => (0, u64::MAX.into()),
            _ => (i64::MIN.into(), i64::MAX.into()),
        };
        let minimum = self.minimum.map(|it| i128::from(it) + i128::from(self.exclusive_minimum));
        let maximum = self.maximum.map(|it| i128::from(it) - i128::from(self.exclusive_maximum));
        (minimum.map_or(least, |it| least.max(it)), maximum.map_or(greatest, |it| greatest.min(it)))
    }
}

impl Format {
    fn admits(self, text: &str) -> bool {
        match self {
            // Only the hyphenated form, the common meaning of `format: uuid`.
            Self::Uuid => text.len() == 36 && uuid::Uuid::try_parse(text).is_ok(),
            Self::DateTime => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
            // The parser accepts signs, spaces and missing zeros; the printed form is the canonical one.
            Self::Date => {
                text.len() == 10 && text.parse().is_ok_and(|date: chrono::NaiveDate| date.to_string() == text)
            }
            Self::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
            Self::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
            Self::Ip => text.parse::<IpAddr>().is_ok(),
            Self::Other(_) => true,
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Uuid => "a UUID",
            Self::DateTime => "an RFC 3339 date and time",
            Self::Date => "an RFC 3339 date",
            Self::Ipv4 => "an IPv4 address",
            Self::Ipv6 => "an IPv6 address",
            Self::Ip => "an IP address",
            Self::Other(name) => name,
        }
    }
}

fn entries(number: usize) -> String {
    if number == 1 { "1 entry".to_owned() } else { format!("{number} entries") }
}

fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::problem::{Unchecked, Violation};
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
    static SMALL: Rule = Rule::Integer(Integer { format: Some("int32"), minimum: Some(1), ..Integer::ANY });
    static THING: Rule = Rule::Object(Object {
        properties: &[
            Property { name: "word", required: true, rule: &WORD },
            Property { name: "words", required: false, rule: &WORDS },
            Property { name: "small", required: false, rule: &Rule::Nullable(&SMALL) },
            Property { name: "id", required: false, rule: &ID },
            Property { name: "thing", required: false, rule: &Rule::Component("Thing", &THING) },
        ],
        additional: Additional::Forbidden,
        ..Object::ANY
    });

    fn problems(value: &Value) -> Vec<String> {
        let mut problems = Problems::default();
        Validator { problems: &mut problems }.validate(&THING, value, &Field::Body);
        let unchecked = problems.take_unchecked();
        let is_x = |(_, it): &(usize, &Unchecked)| it.check == "no_x" && it.value == "x";
        let violation = || Violation { code: "no_x", message: "Must not be x.".into() };
        let violations = unchecked.iter().enumerate().filter(is_x).map(|(index, _)| (index, violation()));
        problems.add_violations(&unchecked, violations.collect());
        problems.into_vec().into_iter().map(|problem| format!("{}/{}", problem.field, problem.code)).collect()
    }

    #[test]
    fn each_violation_is_reported_with_its_field_in_order() {
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
            (
                json!({"word": "x", "words": ["x", "A", "x"], "small": 0}),
                vec![
                    "word/no_x",
                    "words[0]/no_x",
                    "words[1]/invalid_format",
                    "words[2]/no_x",
                    "words[2]/duplicate",
                    "small/out_of_range",
                ],
            ),
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

    static CIRCLE: Rule = Rule::Object(Object {
        properties: &[
            Property { name: "kind", required: true, rule: &Rule::Text(Text { allowed: &["circle"], ..Text::ANY }) },
            Property { name: "of", required: false, rule: &Rule::Text(Text { allowed: &["one"], ..Text::ANY }) },
            Property { name: "radius", required: true, rule: &SMALL },
        ],
        ..Object::ANY
    });
    static GROUP: Rule = Rule::Object(Object {
        properties: &[
            Property { name: "kind", required: true, rule: &Rule::Text(Text { allowed: &["group"], ..Text::ANY }) },
            Property { name: "shapes", required: true, rule: &Rule::Array(Array { items: &SHAPE, ..Array::ANY }) },
        ],
        ..Object::ANY
    });
    static SHAPE: Rule = Rule::OneOf(&[&Rule::Component("Circle", &CIRCLE), &Rule::Component("Group", &GROUP)]);
    static EITHER: Rule = Rule::OneOf(&[
        &Rule::Text(Text { allowed: &["a", "b"], ..Text::ANY }),
        &Rule::Text(Text { allowed: &["c"], ..Text::ANY }),
    ]);
    static NUMBERS: Rule = Rule::AnyOf(&[&ONE, &Rule::Nullable(&SMALL)]);
    static ONE: Rule = Rule::Integer(Integer { allowed: &[1], ..Integer::ANY });

    fn by(rule: &'static Rule, value: &Value) -> Vec<String> {
        let mut problems = Problems::default();
        Validator { problems: &mut problems }.validate(rule, value, &Field::Named("it"));
        problems.into_vec().into_iter().map(|problem| format!("{}/{}", problem.field, problem.code)).collect()
    }

    #[test]
    fn problems_are_those_of_the_intended_alternative() {
        for (rule, value, expected) in [
            (&SHAPE, json!({"kind": "circle", "radius": 1}), vec![]),
            (&SHAPE, json!({"kind": "group", "shapes": [{"kind": "circle", "radius": 1}]}), vec![]),
            (&SHAPE, json!({"kind": "circle", "radius": 0}), vec!["it.radius/out_of_range"]),
            (&SHAPE, json!({"kind": "group", "shapes": [{"kind": "circle"}]}), vec!["it.shapes[0].radius/required"]),
            (&SHAPE, json!({"kind": "circle", "of": "two", "radius": 1}), vec!["it.of/invalid_format"]),
            (&SHAPE, json!({"kind": "square"}), vec!["it.kind/invalid_format"]),
            (&SHAPE, json!({"kind": 1}), vec!["it.kind/invalid_type"]),
            (&SHAPE, json!({"radius": 1}), vec!["it.kind/required"]),
            (&SHAPE, json!("circle"), vec!["it/invalid_type"]),
            (&EITHER, json!("c"), vec![]),
            (&EITHER, json!("d"), vec!["it/invalid_format"]),
            (&NUMBERS, json!(1), vec![]),
            (&NUMBERS, json!(null), vec![]),
            (&NUMBERS, json!(0), vec!["it/invalid_format"]),
        ] {
            assert_eq!(by(rule, &value), expected, "{value}");
        }
    }

    /// A problem at the bottom is reported once, not once per alternative of each level.
    #[test]
    fn nested_alternatives_are_validated_in_linear_time() {
        let mut value = json!({"kind": "circle"});
        for _ in 0..100 {
            value = json!({"kind": "group", "shapes": [value]});
        }
        assert_eq!(by(&SHAPE, &value).len(), 1);
    }

    #[test]
    fn rule_prints_as_the_enforced_schema() {
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
