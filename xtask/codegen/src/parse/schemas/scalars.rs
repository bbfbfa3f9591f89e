//! Numbers and strings.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::ir::{Integer, IntegerFormat, Kind, Number, NumberFormat, Text, TextFormat, Variant};
use crate::names;
use crate::reader::{Object, Reader};
use crate::rules;

pub(super) fn integer(object: &Object<'_, '_>) -> Option<Kind> {
    let format = object.string("format").map(IntegerFormat::named);
    let bound = |key| object.get(key).and_then(|node| node.integer());
    let multiple_of = bound("multipleOf");
    if multiple_of.is_some_and(|step| step <= 0) {
        object.get("multipleOf")?.report(
            &rules::MULTIPLE_OF_NOT_POSITIVE,
            "`multipleOf` is not positive",
            "use a positive number",
        );
    }
    Some(Kind::Integer(Integer {
        format,
        minimum: bound("minimum"),
        maximum: bound("maximum"),
        exclusive_minimum: exclusive(object, "exclusiveMinimum", "minimum"),
        exclusive_maximum: exclusive(object, "exclusiveMaximum", "maximum"),
        multiple_of,
        allowed: object.get("enum").iter().flat_map(Reader::items).filter_map(|node| node.integer()).collect(),
    }))
}

pub(super) fn number(object: &Object<'_, '_>) -> Option<Kind> {
    let format = object.string("format").map(NumberFormat::named);
    let bound = |key| object.get(key).and_then(|node| node.number());
    let multiple_of = bound("multipleOf");
    if multiple_of.is_some_and(|step| step <= 0.0) {
        object.get("multipleOf")?.report(
            &rules::MULTIPLE_OF_NOT_POSITIVE,
            "`multipleOf` is not positive",
            "use a positive number",
        );
    }
    Some(Kind::Number(Number {
        format,
        minimum: bound("minimum"),
        maximum: bound("maximum"),
        exclusive_minimum: exclusive(object, "exclusiveMinimum", "minimum"),
        exclusive_maximum: exclusive(object, "exclusiveMaximum", "maximum"),
        multiple_of,
    }))
}

/// Whether a bound is exclusive. Without the bound, the keyword has no effect.
fn exclusive(object: &Object<'_, '_>, key: &'static str, bound: &'static str) -> bool {
    let exclusive = object.flag(key);
    if exclusive && object.get(bound).is_none() {
        object.node.report(
            &rules::EXCLUSIVE_WITHOUT_BOUND,
            format!("`{key}` without `{bound}`"),
            format!("add `{bound}`, or remove it"),
        );
    }
    exclusive
}

/// Whether null is the only value: dropshot's schema of a unit type.
pub(super) fn is_null(object: &Object<'_, '_>) -> bool {
    let only = object.node.value.get("enum").and_then(Value::as_array).is_some_and(|values| values == &[Value::Null]);
    only && object.get("enum").is_some()
}

pub(super) fn text(object: &Object<'_, '_>, nullable: bool) -> Option<Text> {
    let format = object.string("format").map(|format| match format.as_str() {
        "uuid" => TextFormat::Uuid,
        "date-time" => TextFormat::DateTime,
        "date" => TextFormat::Date,
        "ipv4" => TextFormat::Ipv4,
        "ipv6" => TextFormat::Ipv6,
        "ip" => TextFormat::Ip,
        _ => TextFormat::Other(format),
    });
    let listed = object.get("x-dropstub-values");
    let text = Text {
        format,
        min_length: object.get("minLength").and_then(|node| node.size()),
        max_length: object.get("maxLength").and_then(|node| node.size()),
        pattern: object.string("pattern"),
        allowed: match (object.get("enum"), &listed) {
            (Some(list), _) => values(&list, nullable),
            (None, Some(listed)) => listed_values(listed),
            (None, None) => Vec::new(),
        },
        open: listed.is_some(),
        groups: Vec::new(),
        check: object.get("x-dropstub-check").and_then(|node| check_name(&node)),
    };
    if let Some(pattern) = &text.pattern
        && let Err(error) = regress::Regex::new(pattern)
    {
        object.get("pattern")?.report(
            &rules::PATTERN_INVALID,
            format!("invalid ECMA-262 pattern: {error}"),
            "correct the pattern",
        );
    }
    let twice = text.open && object.get("enum").is_some();
    let other =
        twice || text.format.is_some() || text.min_length.or(text.max_length).is_some() || text.pattern.is_some();
    if text.is_enumeration() && (other || text.check.is_some()) {
        object.node.report(
            &rules::ENUM_WITH_RULES,
            "an enumeration with further restrictions",
            "remove the restrictions; the list is complete",
        );
    }
    Some(text)
}

/// The values of an enumeration. A null value is equivalent to `nullable`.
pub(super) fn values(list: &Reader<'_, '_>, nullable: bool) -> Vec<Variant> {
    let items = list.items();
    if items.is_empty() {
        list.report(&rules::ENUM_EMPTY, "an enumeration without values", "list the values, or remove `enum`");
    }
    let values = items.iter().filter(|node| !(nullable && *node.value == Value::Null));
    variants(values.filter_map(|node| Some((node.str()?, node, None))).collect())
}

/// The values of an open list, each with its meaning.
fn listed_values(list: &Reader<'_, '_>) -> Vec<Variant> {
    let entries = list.entries();
    if entries.is_empty() {
        list.report(&rules::ENUM_EMPTY, "a list without values", "list the values, or remove `x-dropstub-values`");
    }
    variants(entries.iter().map(|(value, node)| (*value, node, node.str().map(str::to_owned))).collect())
}

/// The variants of values with their nodes and descriptions.
fn variants(values: Vec<(&str, &Reader<'_, '_>, Option<String>)>) -> Vec<Variant> {
    let mut known = BTreeSet::new();
    let mut variants = Vec::new();
    for (value, node, description) in values {
        let rust = names::pascal(value).or_else(|| value.is_empty().then(|| "Empty".to_owned()));
        let Some(rust) = rust.filter(|rust| known.insert(rust.clone())) else {
            node.report(
                &rules::VARIANT_NAME_COLLIDES,
                format!("`{value}` has no unique Rust variant name"),
                "use values that differ in letters and digits",
            );
            continue;
        };
        variants.push(Variant { value: value.to_owned(), rust, description });
    }
    variants
}

/// The name of an `x-dropstub-check`, which becomes a Rust variant.
fn check_name(node: &Reader<'_, '_>) -> Option<String> {
    let name = node.str()?;
    // Two names must not have the same variant.
    if names::pascal(name).and_then(|variant| names::snake(&variant)).as_deref() != Some(name) {
        node.report(
            &rules::CHECK_NAME_INVALID,
            format!("`{name}` is not a valid name of a check"),
            "use snake_case, with a letter at the beginning of each word",
        );
        return None;
    }
    Some(name.to_owned())
}
