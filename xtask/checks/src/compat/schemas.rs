//! Schemas. A stricter schema breaks requests, a looser one breaks responses.

use std::collections::BTreeSet;

use dropstub_document::{Node, Pointer, Rule};
use serde_json::Value;

use super::changes::{Changes, Direction, Verdict, documentation, unknown_keywords};
use super::rules::{
    ACCESS_CHANGED, ADDITIONAL_PROPERTIES_CHANGED, ALL_OF_CHANGED, ALTERNATIVE_ADDED, ALTERNATIVE_REMOVED,
    BECAME_NON_NULLABLE, BECAME_NULLABLE, BOUND_CHANGED, COMPONENT_RENAMED, DEFAULT_CHANGED, DEPRECATION_CHANGED,
    DOCUMENTATION_CHANGED, ENUM_CHANGED, ENUM_VALUE_ADDED, ENUM_VALUE_REMOVED, LISTED_VALUE_ADDED,
    LISTED_VALUE_REMOVED, PROPERTY_ADDED, PROPERTY_ADDED_TO_CLOSED_OBJECT, PROPERTY_REMOVED, REQUIRED_CHANGED,
    REQUIRED_PROPERTY_ADDED, RESTRICTION_CHANGED, SCHEMA_ADDED, SCHEMA_REMOVED, SECRET_CHANGED, TYPE_CHANGED,
};
use super::schema::{entries, get, is_nullable, items, keyword, strings, unwrapped};

use Direction::Request;
use Verdict::{Breaking, Compatible, Documentation};

/// The effect of a change on the set of allowed values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// The new set is a subset of the old one.
    Narrower,
    /// The new set is a superset of the old one.
    Wider,
    /// Neither.
    Different,
}

impl Effect {
    /// A valid request has to stay valid; a response has to stay within the old description.
    fn verdict(self, direction: Direction) -> Verdict {
        match (self, direction) {
            (Self::Wider, Request) => Compatible,
            (Self::Narrower, direction) if direction != Request => Compatible,
            _ => Breaking,
        }
    }
}

/// A lower bound is stricter if it rises, an upper bound if it falls.
const LOWER: [&str; 4] = ["minimum", "minLength", "minItems", "minProperties"];
const UPPER: [&str; 4] = ["maximum", "maxLength", "maxItems", "maxProperties"];

/// Keywords that restrict if present. Two different values are not comparable.
const RESTRICTIONS: [&str; 4] = ["format", "pattern", "multipleOf", "x-dropstub-check"];

/// Keywords that restrict if true.
const FLAGS: [&str; 3] = ["uniqueItems", "exclusiveMinimum", "exclusiveMaximum"];

/// Keywords that are only compared for equality.
const OPAQUE: [&str; 2] = ["not", "discriminator"];

/// Keywords with a comparison of their own.
const KNOWN: [&str; 16] = [
    "default",
    "readOnly",
    "writeOnly",
    "type",
    "nullable",
    "enum",
    "properties",
    "required",
    "items",
    "additionalProperties",
    "x-dropstub-secret",
    "x-dropstub-values",
    "deprecated",
    "allOf",
    "oneOf",
    "anyOf",
];

pub(super) fn compare(changes: &mut Changes, old: &Node<'_>, new: &Node<'_>, direction: Direction) {
    if !changes.seen.insert((direction, old.pointer.clone(), new.pointer.clone())) {
        return;
    }
    documentation(changes, old, new, direction);
    nullability(changes, old, new, direction);
    annotations(changes, old, new, direction);
    let (old, new) = (&inner(old, new), &inner(new, old));
    if let (Some(before), Some(after)) = (old.pointer.component_schema(), new.pointer.component_schema())
        && before != after
    {
        let message = format!("`{before}` became `{after}`; generated clients have a type of the old name");
        changes.renamed.insert(before.to_owned());
        changes.add(&COMPONENT_RENAMED, &new.pointer, direction, Breaking, message);
    }
    if old.str("type") != new.str("type") {
        let name = |node: &Node<'_>| node.str("type").unwrap_or("any").to_owned();
        let message = format!("the type changed from {} to {}", name(old), name(new));
        changes.add(&TYPE_CHANGED, &new.pointer.child("type"), direction, Breaking, message);
        return;
    }
    bounds(changes, old, new, direction);
    restrictions(changes, old, new, direction);
    enumeration(changes, old, new, direction);
    listed_values(changes, old, new, direction);
    properties(changes, old, new, direction);
    match (get(old, "items"), get(new, "items")) {
        (Some(old), Some(new)) => compare(changes, &old, &new, direction),
        (None, None) => {}
        (before, _) => replaced(changes, &new.pointer.child("items"), before.is_some(), direction),
    }
    additional_properties(changes, old, new, direction);
    for key in ["allOf", "oneOf", "anyOf"] {
        alternatives(changes, key, old, new, direction);
    }
    let known = [&LOWER[..], &UPPER, &RESTRICTIONS, &FLAGS, &OPAQUE, &KNOWN].concat();
    unknown_keywords(changes, old, new, &known, direction);
}

/// The wrapped schema, unless the other version composes several schemas at this level.
fn inner<'d>(node: &Node<'d>, other: &Node<'d>) -> Node<'d> {
    let composes = |node: &Node<'_>| node.value.get("allOf").is_some();
    if composes(node) && composes(&unwrapped(other)) { node.clone() } else { unwrapped(node) }
}

fn nullability(changes: &mut Changes, old: &Node<'_>, new: &Node<'_>, direction: Direction) {
    let (rule, effect, message) = match (is_nullable(old), is_nullable(new)) {
        (false, true) => (&BECAME_NULLABLE, Effect::Wider, "the value became nullable"),
        (true, false) => (&BECAME_NON_NULLABLE, Effect::Narrower, "the value became non-nullable"),
        _ => return,
    };
    add(changes, rule, &new.pointer.child("nullable"), direction, effect, message);
}

/// Keywords that apply to a schema as a whole, on any of its layers.
fn annotations(changes: &mut Changes, old: &Node<'_>, new: &Node<'_>, direction: Direction) {
    let (before, after) = (keyword(old, "default"), keyword(new, "default"));
    if before != after {
        let message = format!("`default` changed from {} to {}", display(before), display(after));
        changes.add(&DEFAULT_CHANGED, &new.pointer.child("default"), direction, Breaking, message);
    }
    for key in ["readOnly", "writeOnly"] {
        if keyword(old, key) != keyword(new, key) {
            let message = format!("`{key}` changed; generated clients have another type for the value");
            changes.add(&ACCESS_CHANGED, &new.pointer.child(key), direction, Breaking, message);
        }
    }
    if keyword(old, "deprecated") != keyword(new, "deprecated") {
        let pointer = new.pointer.child("deprecated");
        changes.add(&DEPRECATION_CHANGED, &pointer, direction, Documentation, "`deprecated` changed");
    }
}

fn display(value: Option<&Value>) -> String {
    value.map_or("none".to_owned(), ToString::to_string)
}

/// The schemas of a `oneOf`, an `anyOf` or an `allOf`, each compared with its earlier version.
fn alternatives(changes: &mut Changes, key: &str, old: &Node<'_>, new: &Node<'_>, direction: Direction) {
    let pointer = new.pointer.child(key);
    match (old.value.get(key), new.value.get(key)) {
        (None, None) => return,
        (Some(_), Some(_)) => {}
        (before, _) => return replaced(changes, &pointer, before.is_some(), direction),
    }
    // Unchanged schemas are matched first, because the order has no meaning.
    let (mut before, mut after) = (items(old, key), items(new, key));
    before.retain(|schema| match after.iter().position(|other| is_same(schema, other)) {
        Some(index) => {
            let other = after.remove(index);
            compare(changes, schema, &other, direction);
            false
        }
        None => true,
    });
    let (before, after) = (named(&before), named(&after));
    for (name, schema) in &before {
        match after.iter().find(|(other, _)| other == name) {
            Some((_, now)) => compare(changes, schema, now, direction),
            None if key == "allOf" => {
                let message = format!("{name} was removed from `allOf`");
                add(changes, &ALL_OF_CHANGED, &pointer, direction, Effect::Wider, &message);
            }
            None => {
                let message = format!("the alternative {name} was removed");
                add(changes, &ALTERNATIVE_REMOVED, &pointer, direction, Effect::Narrower, &message);
            }
        }
    }
    for (name, schema) in after.iter().filter(|(name, _)| !before.iter().any(|(other, _)| other == name)) {
        let message = format!("the alternative {name} was added");
        match (key, direction) {
            ("allOf", _) => {
                let message = format!("{name} was added to `allOf`");
                add(changes, &ALL_OF_CHANGED, &pointer, direction, Effect::Narrower, &message);
            }
            (_, Request) => add(changes, &ALTERNATIVE_ADDED, &pointer, direction, Effect::Wider, &message),
            // As with the values of an enumeration.
            _ => {
                let message = format!("{message}; clients may not know it");
                changes.add(&ALTERNATIVE_ADDED, &schema.pointer, direction, Compatible, message);
            }
        }
    }
}

/// Whether two alternatives are equal, or are the same component.
fn is_same(one: &Node<'_>, other: &Node<'_>) -> bool {
    match (unwrapped(one).pointer.component_schema(), unwrapped(other).pointer.component_schema()) {
        (None, None) => one.value == other.value,
        (one, other) => one == other,
    }
}

/// Alternatives with a name that identifies each: its component, the only value of a property, its title, its type if no
/// other alternative has it, or its position.
fn named<'d>(list: &[Node<'d>]) -> Vec<(String, Node<'d>)> {
    let tag = |node: &Node<'d>| {
        let required = strings(node, "required");
        entries(get(node, "properties").as_ref()).find_map(|(name, property)| {
            let values = property.value.get("enum")?.as_array()?;
            (values.len() == 1 && required.contains(name)).then(|| format!("with `{name}` {}", values[0]))
        })
    };
    let type_name = |node: &Node<'d>| {
        let kind = node.str("type")?;
        let unique = list.iter().filter(|other| other.str("type") == Some(kind)).count() == 1;
        (unique && kind != "object").then(|| format!("of type {kind}"))
    };
    let name = |(index, node): (usize, &Node<'d>)| {
        let title = node.str("title").map(str::to_owned);
        let component = |node: &Node<'_>| node.pointer.component_schema().map(str::to_owned);
        let name = component(node).or_else(|| tag(node)).or(title);
        let name = name.or_else(|| component(&unwrapped(node))).or_else(|| type_name(node));
        (index, name.unwrap_or_else(|| position(index)), node.clone())
    };
    let named: Vec<_> = list.iter().enumerate().map(name).collect();
    let is_unique = |name: &String| named.iter().filter(|(_, other, _)| other == name).count() == 1;
    let identified = |(index, name, node): &(usize, String, Node<'d>)| {
        let name = if is_unique(name) { name.clone() } else { position(*index) };
        (name, node.clone())
    };
    named.iter().map(identified).collect()
}

fn position(index: usize) -> String {
    format!("number {}", index + 1)
}

/// A schema that was removed or added. Without a schema, any value is allowed.
pub(super) fn replaced(changes: &mut Changes, pointer: &Pointer, removed: bool, direction: Direction) {
    if removed {
        add(changes, &SCHEMA_REMOVED, pointer, direction, Effect::Wider, "the schema was removed");
    } else {
        add(changes, &SCHEMA_ADDED, pointer, direction, Effect::Narrower, "a schema was added");
    }
}

fn add(
    changes: &mut Changes,
    rule: &'static Rule,
    pointer: &Pointer,
    direction: Direction,
    effect: Effect,
    change: &str,
) {
    let verdict = effect.verdict(direction);
    let reason = match (verdict, direction) {
        (Breaking, Request) => "valid requests can become invalid",
        (Compatible, Request) => "valid requests stay valid",
        (Breaking, _) => "clients can receive unexpected values",
        _ => "clients receive only expected values",
    };
    changes.add(rule, pointer, direction, verdict, format!("{change}; {reason}"));
}

fn bounds(changes: &mut Changes, old: &Node<'_>, new: &Node<'_>, direction: Direction) {
    for (key, lower) in LOWER.map(|key| (key, true)).into_iter().chain(UPPER.map(|key| (key, false))) {
        let (before, after) = (old.value.get(key), new.value.get(key));
        let narrower = match (before, after) {
            (before, after) if before == after => continue,
            (None, _) => true,
            (_, None) => false,
            (Some(before), Some(after)) => is_greater(after, before) == lower,
        };
        let effect = if narrower { Effect::Narrower } else { Effect::Wider };
        let change = format!("`{key}` changed from {} to {}", display(before), display(after));
        add(changes, &BOUND_CHANGED, &new.pointer.child(key), direction, effect, &change);
    }
}

/// Whether `one` is greater than `other`, exactly for integers.
fn is_greater(one: &Value, other: &Value) -> bool {
    let integer = |value: &Value| value.as_i64().map(i128::from).or(value.as_u64().map(i128::from));
    match (integer(one), integer(other)) {
        (Some(one), Some(other)) => one > other,
        _ => one.as_f64() > other.as_f64(),
    }
}

fn restrictions(changes: &mut Changes, old: &Node<'_>, new: &Node<'_>, direction: Direction) {
    let mut restricted = |key: &str, effect: Effect| {
        let change = match effect {
            Effect::Narrower => format!("`{key}` was added"),
            Effect::Wider => format!("`{key}` was removed"),
            Effect::Different => format!("`{key}` changed"),
        };
        add(changes, &RESTRICTION_CHANGED, &new.pointer.child(key), direction, effect, &change);
    };
    for key in RESTRICTIONS {
        match (old.value.get(key), new.value.get(key)) {
            (before, after) if before == after => {}
            (None, _) => restricted(key, Effect::Narrower),
            (_, None) => restricted(key, Effect::Wider),
            _ => restricted(key, Effect::Different),
        }
    }
    for key in FLAGS {
        match (old.flag(key), new.flag(key)) {
            (false, true) => restricted(key, Effect::Narrower),
            (true, false) => restricted(key, Effect::Wider),
            _ => {}
        }
    }
    for key in OPAQUE {
        if old.value.get(key) != new.value.get(key) {
            restricted(key, Effect::Different);
        }
    }
    if old.flag("x-dropstub-secret") != new.flag("x-dropstub-secret") {
        let message = "`x-dropstub-secret` changed; generated clients have another type for the value";
        changes.add(&SECRET_CHANGED, &new.pointer.child("x-dropstub-secret"), direction, Breaking, message);
    }
}

fn enumeration(changes: &mut Changes, old: &Node<'_>, new: &Node<'_>, direction: Direction) {
    let pointer = new.pointer.child("enum");
    let values = |node: &Node<'_>| -> Option<BTreeSet<String>> {
        Some(node.value.get("enum")?.as_array()?.iter().map(ToString::to_string).collect())
    };
    match (values(old), values(new)) {
        (None, None) => {}
        (None, Some(_)) => add(changes, &ENUM_CHANGED, &pointer, direction, Effect::Narrower, "`enum` was added"),
        (Some(_), None) => add(changes, &ENUM_CHANGED, &pointer, direction, Effect::Wider, "`enum` was removed"),
        (Some(before), Some(after)) => {
            for value in before.difference(&after) {
                let change = format!("the value {value} was removed");
                add(changes, &ENUM_VALUE_REMOVED, &pointer, direction, Effect::Narrower, &change);
            }
            for value in after.difference(&before) {
                let change = format!("the value {value} was added");
                if direction == Request {
                    add(changes, &ENUM_VALUE_ADDED, &pointer, direction, Effect::Wider, &change);
                } else {
                    // Contracts grow by values all the time, and tolerant clients accept them.
                    let message = format!("{change}; clients may not know it");
                    changes.add(&ENUM_VALUE_ADDED, &pointer, direction, Compatible, message);
                }
            }
        }
    }
}

/// The values that the server sends. The list is open, so clients know that there are others.
fn listed_values(changes: &mut Changes, old: &Node<'_>, new: &Node<'_>, direction: Direction) {
    let key = "x-dropstub-values";
    let (before, after) = (get(old, key), get(new, key));
    let (Some(before), Some(after)) = (&before, &after) else {
        if before.is_some() || after.is_some() {
            let message = "the list of values was added or removed; the values themselves stay";
            changes.add(&DOCUMENTATION_CHANGED, &new.pointer.child(key), direction, Documentation, message);
        }
        return;
    };
    for (value, meaning) in before.entries() {
        match after.get(value) {
            None => {
                let message = format!("the value `{value}` was removed; clients that act on it no longer receive it");
                changes.removed(&LISTED_VALUE_REMOVED, &meaning.pointer, direction, Breaking, message);
            }
            Some(now) if now.value != meaning.value => {
                let message = format!("the meaning of the value `{value}` changed");
                changes.add(&DOCUMENTATION_CHANGED, &now.pointer, direction, Documentation, message);
            }
            Some(_) => {}
        }
    }
    for (value, meaning) in after.entries().filter(|(value, _)| before.get(value).is_none()) {
        let message = format!("the value `{value}` was added; the list is open");
        changes.add(&LISTED_VALUE_ADDED, &meaning.pointer, direction, Compatible, message);
    }
}

fn properties(changes: &mut Changes, old: &Node<'_>, new: &Node<'_>, direction: Direction) {
    let (before, after) = (get(old, "properties"), get(new, "properties"));
    let (was_required, is_required) = (strings(old, "required"), strings(new, "required"));
    let required = new.pointer.child("required");
    for (name, property) in entries(before.as_ref()) {
        let Some(now) = after.as_ref().and_then(|after| get(after, name)) else {
            let message = format!("`{name}` was removed; clients use it");
            changes.removed(&PROPERTY_REMOVED, &property.pointer, direction, Breaking, message);
            continue;
        };
        match (was_required.contains(name), is_required.contains(name)) {
            (false, true) => {
                let change = format!("`{name}` became required");
                add(changes, &REQUIRED_CHANGED, &required, direction, Effect::Narrower, &change);
            }
            (true, false) => {
                let change = format!("`{name}` became optional");
                add(changes, &REQUIRED_CHANGED, &required, direction, Effect::Wider, &change);
            }
            _ => {}
        }
        compare(changes, &property, &now, direction);
    }
    for (name, property) in entries(after.as_ref()) {
        if before.as_ref().is_none_or(|before| before.value.get(name).is_none()) {
            added_property(changes, old, (name, &property), is_required.contains(name), direction);
        }
    }
    // Required names without a property.
    let has_property =
        |name: &&&str| [&before, &after].into_iter().flatten().any(|properties| properties.value.get(**name).is_some());
    for name in is_required.difference(&was_required).filter(|name| !has_property(name)) {
        let change = format!("`{name}` became required");
        add(changes, &REQUIRED_CHANGED, &required, direction, Effect::Narrower, &change);
    }
    for name in was_required.difference(&is_required).filter(|name| !has_property(name)) {
        let change = format!("`{name}` became optional");
        add(changes, &REQUIRED_CHANGED, &required, direction, Effect::Wider, &change);
    }
}

/// A new property of the object `old`.
fn added_property(
    changes: &mut Changes,
    old: &Node<'_>,
    (name, property): (&str, &Node<'_>),
    required: bool,
    direction: Direction,
) {
    let additional = old.value.get("additionalProperties");
    let mut add = |rule, verdict, message| changes.add(rule, &property.pointer, direction, verdict, message);
    match (direction, required) {
        _ if additional.is_some_and(Value::is_object) => {
            if let Some(schema) = get(old, "additionalProperties") {
                let message = format!("`{name}` was added; `additionalProperties` described it before");
                add(&PROPERTY_ADDED, Compatible, message);
                compare(changes, &schema, property, direction);
            }
        }
        _ if is_other_direction(property, direction) => {
            add(&PROPERTY_ADDED, Compatible, format!("`{name}` was added for the other direction"));
        }
        (Request, true) => {
            add(&REQUIRED_PROPERTY_ADDED, Breaking, format!("`{name}` was added and is required"));
        }
        (Request, false) => add(&PROPERTY_ADDED, Compatible, format!("`{name}` was added and is optional")),
        _ if additional == Some(&Value::Bool(false)) => {
            let message = format!("`{name}` was added; the base excluded other properties");
            add(&PROPERTY_ADDED_TO_CLOSED_OBJECT, Breaking, message);
        }
        _ => add(&PROPERTY_ADDED, Compatible, format!("`{name}` was added; clients ignore unknown properties")),
    }
}

/// Whether a property is only sent in the other direction.
fn is_other_direction(property: &Node<'_>, direction: Direction) -> bool {
    let key = if direction == Request { "readOnly" } else { "writeOnly" };
    keyword(property, key) == Some(&Value::Bool(true))
}

fn additional_properties(changes: &mut Changes, old: &Node<'_>, new: &Node<'_>, direction: Direction) {
    let key = "additionalProperties";
    let value = |node: &Node<'_>| node.value.get(key).cloned().unwrap_or(Value::Bool(true));
    let (effect, change) = match (value(old), value(new)) {
        (before, after) if before == after && !before.is_object() => return,
        (Value::Object(_), Value::Object(_)) => {
            if let (Some(old), Some(new)) = (get(old, key), get(new, key)) {
                compare(changes, &old, &new, direction);
            }
            return;
        }
        (Value::Bool(true), _) | (_, Value::Bool(false)) => {
            (Effect::Narrower, "fewer additional properties are allowed")
        }
        _ => (Effect::Wider, "more additional properties are allowed"),
    };
    add(changes, &ADDITIONAL_PROPERTIES_CHANGED, &new.pointer.child(key), direction, effect, change);
}
