//! Validation of defaults, so that the stub can construct them without further checks.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::ir::{Additional, Component, Integer, Kind, NumberFormat, Object, Schema, TextFormat, admits_null};
use dropstub_document::integer_bounds;

/// Whether the schema and its components could be read.
pub(crate) fn is_read(components: &[Component], schema: &Schema) -> bool {
    let (mut seen, mut next) = (BTreeSet::new(), vec![&schema.kind]);
    while let Some(kind) = next.pop() {
        match kind {
            Kind::Named(index) if !components[*index].read => return false,
            Kind::Named(index) if seen.insert(*index) => next.push(&components[*index].schema.kind),
            Kind::Array { items, .. } => next.push(&items.kind),
            Kind::Object(object) => {
                next.extend(object.properties.iter().map(|property| &property.schema.kind));
                if let Additional::Each(each) = &object.additional {
                    next.push(&each.kind);
                }
            }
            Kind::Union(union) => next.extend(union.alternatives.iter().map(|it| &it.schema.kind)),
            _ => {}
        }
    }
    true
}

/// Whether the value is valid.
pub(crate) fn admits(components: &[Component], schema: &Schema, value: &Value) -> bool {
    if value.is_null() {
        return admits_null(components, schema);
    }
    let admits = |schema: &Schema, value: &Value| self::admits(components, schema, value);
    match (&schema.kind, value) {
        (Kind::Any, _) | (Kind::Boolean, Value::Bool(_)) => true,
        (Kind::Integer(rule), Value::Number(number)) => {
            number.as_i64().map(i128::from).or(number.as_u64().map(i128::from)).is_some_and(|it| fits(rule, it))
        }
        (Kind::Number(rule), Value::Number(number)) => number.as_f64().is_some_and(|it| {
            (rule.format != Some(NumberFormat::Float) || it.abs() <= f64::from(f32::MAX))
                && rule.minimum.is_none_or(|least| least < it || (least <= it && !rule.exclusive_minimum))
                && rule.maximum.is_none_or(|greatest| it < greatest || (it <= greatest && !rule.exclusive_maximum))
                && rule.multiple_of.is_none_or(|step| is_multiple(it / step))
        }),
        (Kind::Text(text), Value::String(it)) => {
            let listed = !text.is_enumeration() || text.allowed.iter().any(|variant| variant.value == *it);
            let length = it.chars().count();
            listed
                && text.min_length.is_none_or(|least| least <= length)
                && text.max_length.is_none_or(|most| length <= most)
                && text.format.as_ref().is_none_or(|format| format.admits(it))
                && text.pattern.as_ref().is_none_or(|pattern| matches(pattern, it))
        }
        (Kind::Array { items, min_items, max_items, unique, .. }, Value::Array(values)) => {
            min_items.is_none_or(|least| least <= values.len())
                && max_items.is_none_or(|most| values.len() <= most)
                && !(*unique && values.iter().enumerate().any(|(index, value)| values[..index].contains(value)))
                && values.iter().all(|value| admits(items, value))
        }
        (Kind::Object(Object { properties, additional, min_properties, max_properties }), Value::Object(map)) => {
            let known = |name: &str| properties.iter().find(|property| property.name == name);
            min_properties.is_none_or(|least| least <= map.len())
                && max_properties.is_none_or(|most| map.len() <= most)
                && properties.iter().all(|property| !property.required || map.contains_key(&property.name))
                && map.iter().all(|(name, value)| match (known(name), additional) {
                    (Some(property), _) => admits(&property.schema, value),
                    (None, Additional::Allowed) => true,
                    (None, Additional::Forbidden) => false,
                    (None, Additional::Each(each)) => admits(each, value),
                })
        }
        (Kind::Union(union), value) => {
            let fitting = union.alternatives.iter().filter(|it| admits(&it.schema, value)).count();
            if union.one { fitting == 1 } else { fitting > 0 }
        }
        (Kind::Named(index), value) => admits(&components[*index].schema, value),
        _ => false,
    }
}

/// Whether the text matches the pattern. A pattern that is invalid was reported.
fn matches(pattern: &str, text: &str) -> bool {
    regress::Regex::new(pattern).map_or(true, |pattern| pattern.find(text).is_some())
}

/// Whether the quotient is whole. A decimal step has no exact binary value, so the comparison has the validator's tolerance.
fn is_multiple(quotient: f64) -> bool {
    (quotient - quotient.round()).abs() <= 1e-9 * quotient.abs().max(1.0)
}

fn fits(rule: &Integer, value: i128) -> bool {
    let bounds = rule.format.as_ref().and_then(|format| integer_bounds(format.name()));
    let number = |bound: &Value| bound.as_i64().map(i128::from).or(bound.as_u64().map(i128::from));
    let bounds = bounds.and_then(|(least, greatest)| Some((number(&least)?, number(&greatest)?)));
    let (least, greatest) = bounds.unwrap_or((i64::MIN.into(), i64::MAX.into()));
    let (above, below) = (i128::from(rule.exclusive_minimum), i128::from(rule.exclusive_maximum));
    (least..=greatest).contains(&value)
        && rule.minimum.is_none_or(|least| i128::from(least) + above <= value)
        && rule.maximum.is_none_or(|greatest| value + below <= i128::from(greatest))
        && rule.multiple_of.is_none_or(|step| value % i128::from(step) == 0)
        && (rule.allowed.is_empty() || rule.allowed.iter().any(|allowed| i128::from(*allowed) == value))
}

impl TextFormat {
    fn admits(&self, text: &str) -> bool {
        match self {
            Self::Uuid => text.len() == 36 && uuid::Uuid::try_parse(text).is_ok(),
            Self::DateTime => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
            Self::Date => text.len() == 10 && text.parse::<chrono::NaiveDate>().is_ok(),
            Self::Ipv4 => text.parse::<std::net::Ipv4Addr>().is_ok(),
            Self::Ipv6 => text.parse::<std::net::Ipv6Addr>().is_ok(),
            Self::Ip => text.parse::<std::net::IpAddr>().is_ok(),
            Self::Other(_) => true,
        }
    }
}
