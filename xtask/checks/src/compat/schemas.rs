//! Schemas, by who has to live with them: what narrows breaks a request, what widens breaks an answer.

use std::collections::BTreeSet;

use serde_json::Value;

use super::change::{Changes, Direction, Side, Verdict, described, others};
use dropstub_document::Pointer;

use Direction::Request;
use Verdict::{Breaking, Compatible, Documentation};

/// What a change does to the values that a schema allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// Fewer are allowed.
    Narrower,
    /// More are allowed.
    Wider,
    /// Others are allowed.
    Other,
}

impl Effect {
    /// A request that was good has to stay good; an answer has to stay one that was expected.
    fn verdict(self, direction: Direction) -> Verdict {
        match (self, direction) {
            (Self::Wider, Request) => Compatible,
            (Self::Narrower, direction) if direction != Request => Compatible,
            _ => Breaking,
        }
    }
}

/// Lower bounds narrow when they rise, upper bounds when they fall.
const LOWER: [&str; 4] = ["minimum", "minLength", "minItems", "minProperties"];
const UPPER: [&str; 4] = ["maximum", "maxLength", "maxItems", "maxProperties"];

/// What restricts where it is, and differently where it is another.
const RESTRICTIONS: [&str; 4] = ["format", "pattern", "multipleOf", "x-check"];

/// What restricts where it is true.
const FLAGS: [&str; 3] = ["uniqueItems", "exclusiveMinimum", "exclusiveMaximum"];

/// What this comparison has no rules for: any change is the worst.
const WHOLE: [&str; 2] = ["not", "discriminator"];

/// What is compared in a way of its own.
const KNOWN: [&str; 15] = [
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
    "x-secret",
    "deprecated",
    "allOf",
    "oneOf",
    "anyOf",
];

pub(super) fn compare(changes: &mut Changes<'_>, old: &Side<'_>, new: &Side<'_>, direction: Direction) {
    if !changes.seen.insert((direction, old.pointer.clone(), new.pointer.clone())) {
        return;
    }
    described(changes, old, new, direction);
    nullable(changes, old, new, direction);
    around(changes, old, new, direction);
    let (old, new) = (&unwrapped(old, new), &unwrapped(new, old));
    if let (Some(before), Some(after)) = (component(old), component(new))
        && before != after
    {
        changes.renamed.insert(before.clone());
        changes.add(
            &new.pointer,
            direction,
            Breaking,
            format!("it is called {after}, and generated clients call it {before}"),
        );
    }
    if old.text("type") != new.text("type") {
        let said = |side: &Side<'_>| side.text("type").unwrap_or("anything").to_owned();
        let reason = format!("it was {} and is {}", said(old), said(new));
        changes.add(&new.pointer.child("type"), direction, Breaking, reason);
        return;
    }
    integer_bounds(changes, old, new, direction);
    restrictions(changes, old, new, direction);
    allowed(changes, old, new, direction);
    properties(changes, old, new, direction);
    match (old.get("items"), new.get("items")) {
        (Some(old), Some(new)) => compare(changes, &old, &new, direction),
        (None, None) => {}
        (before, _) => replaced(changes, &new.pointer.child("items"), before.is_some(), direction),
    }
    additional(changes, old, new, direction);
    for key in ["allOf", "oneOf", "anyOf"] {
        alternatives(changes, key, old, new, direction);
    }
    let known = [&LOWER[..], &UPPER, &RESTRICTIONS, &FLAGS, &WHOLE, &KNOWN].concat();
    others(changes, old, new, &known, direction);
}

/// What wrappers are around, unless the other side has more than wraps in its place.
fn unwrapped<'v>(side: &Side<'v>, other: &Side<'v>) -> Side<'v> {
    let composes = |side: &Side<'v>| side.value.get("allOf").is_some();
    if composes(side) && composes(&other.unwrapped()) { side.clone() } else { side.unwrapped() }
}

/// Whether null is allowed, be it said around the schema or in it.
fn nullable(changes: &mut Changes<'_>, old: &Side<'_>, new: &Side<'_>, direction: Direction) {
    let effect = match (old.is_nullable(), new.is_nullable()) {
        (false, true) => (Effect::Wider, "it can be null"),
        (true, false) => (Effect::Narrower, "it cannot be null"),
        _ => return,
    };
    add(changes, &new.pointer.child("nullable"), direction, effect.0, effect.1);
}

/// What is said of a schema as a whole, be it around it or in it.
fn around(changes: &mut Changes<'_>, old: &Side<'_>, new: &Side<'_>, direction: Direction) {
    let (before, after) = (old.said("default"), new.said("default"));
    if before != after {
        let said = |default: Option<&Value>| default.map_or("nothing".to_owned(), ToString::to_string);
        let means = if direction == Request { "a request without it means" } else { "an answer without it means" };
        let reason = format!("`default` was {} and is {}; {means} something else", said(before), said(after));
        changes.add(&new.pointer.child("default"), direction, Breaking, reason);
    }
    for key in ["readOnly", "writeOnly"] {
        if old.said(key) != new.said(key) {
            let reason = format!("`{key}` is another, and generated clients have another type for it");
            changes.add(&new.pointer.child(key), direction, Breaking, reason);
        }
    }
    if old.said("deprecated") != new.said("deprecated") {
        changes.add(&new.pointer.child("deprecated"), direction, Documentation, "whether it is deprecated is another");
    }
}

/// The schemas of a `oneOf`, an `anyOf` or an `allOf`, each against the one that it was.
fn alternatives(changes: &mut Changes<'_>, key: &str, old: &Side<'_>, new: &Side<'_>, direction: Direction) {
    let place = new.pointer.child(key);
    match (old.value.get(key), new.value.get(key)) {
        (None, None) => return,
        (Some(_), Some(_)) => {}
        (before, _) => return replaced(changes, &place, before.is_some(), direction),
    }
    // What is there as it was is no change, wherever it stands now.
    let (mut before, mut after) = (old.list(key), new.list(key));
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
            // Of all that have to hold, one less allows more.
            None if key == "allOf" => add(changes, &place, direction, Effect::Wider, &format!("{name} need not hold")),
            None => add(changes, &place, direction, Effect::Narrower, &format!("{name} is no alternative any more")),
        }
    }
    for (name, schema) in after.iter().filter(|(name, _)| !before.iter().any(|(other, _)| other == name)) {
        match (key, direction) {
            ("allOf", _) => add(changes, &place, direction, Effect::Narrower, &format!("{name} has to hold")),
            (_, Request) => add(changes, &place, direction, Effect::Wider, &format!("{name} is an alternative")),
            // As with the values of an enumeration.
            _ => changes.add(
                &schema.pointer,
                direction,
                Compatible,
                format!("{name} is an alternative, too, which clients may not know"),
            ),
        }
    }
}

/// Whether two alternatives are written alike, or are one component.
fn is_same(one: &Side<'_>, other: &Side<'_>) -> bool {
    match (component(&one.unwrapped()), component(&other.unwrapped())) {
        (None, None) => one.value == other.value,
        (one, other) => one == other,
    }
}

/// Alternatives by what tells them apart: the component that each is, the only value of a property, or their place.
fn named<'v>(list: &[Side<'v>]) -> Vec<(String, Side<'v>)> {
    let tag = |side: &Side<'v>| {
        let required = side.strings("required");
        side.get("properties")?.entries().find_map(|(name, property)| {
            let values = property.value.get("enum")?.as_array()?;
            (values.len() == 1 && required.contains(name)).then(|| format!("`{name}` {}", values[0]))
        })
    };
    // The only one of its type, such as the string among objects.
    let lone = |side: &Side<'v>| {
        let kind = side.text("type")?;
        let alone = list.iter().filter(|other| other.text("type") == Some(kind)).count() == 1;
        (alone && kind != "object").then(|| format!("the {kind}"))
    };
    let name = |(index, side): (usize, &Side<'v>)| {
        let title = side.text("title").map(str::to_owned);
        let place = || format!("number {}", index + 1);
        let name = component(side).or_else(|| tag(side)).or(title);
        let name = name.or_else(|| component(&side.unwrapped())).or_else(|| lone(side));
        (index, name.unwrap_or_else(place), side.clone())
    };
    let named: Vec<_> = list.iter().enumerate().map(name).collect();
    // A name that two have tells neither.
    let is_alone = |name: &String| named.iter().filter(|(_, other, _)| other == name).count() == 1;
    let told = |(index, name, side): &(usize, String, Side<'v>)| {
        let name = if is_alone(name) { name.clone() } else { format!("number {}", index + 1) };
        (name, side.clone())
    };
    named.iter().map(told).collect()
}

/// The name that a schema has for everybody.
fn component(side: &Side<'_>) -> Option<String> {
    match side.pointer.tokens().as_slice() {
        ["components", "schemas", name] => Some((*name).to_owned()),
        _ => None,
    }
}

/// A schema that is gone, or that there was none of: without one, everything is allowed.
pub(super) fn replaced(changes: &mut Changes<'_>, pointer: &Pointer, gone: bool, direction: Direction) {
    let (effect, what) =
        if gone { (Effect::Wider, "there is no schema any more") } else { (Effect::Narrower, "there is a schema") };
    add(changes, pointer, direction, effect, what);
}

fn add(changes: &mut Changes<'_>, pointer: &Pointer, direction: Direction, effect: Effect, what: &str) {
    let verdict = effect.verdict(direction);
    let why = match (verdict, direction) {
        (Breaking, Request) => "a request that was good can be refused",
        (Compatible, Request) => "what was good is good still",
        (Breaking, _) => "clients can receive what they do not expect",
        _ => "clients receive nothing that they do not expect",
    };
    changes.add(pointer, direction, verdict, format!("{what}; {why}"));
}

fn integer_bounds(changes: &mut Changes<'_>, old: &Side<'_>, new: &Side<'_>, direction: Direction) {
    for (key, lower) in LOWER.map(|key| (key, true)).into_iter().chain(UPPER.map(|key| (key, false))) {
        let (before, after) = (old.value.get(key), new.value.get(key));
        let narrower = match (before, after) {
            (before, after) if before == after => continue,
            (None, _) => true,
            (_, None) => false,
            (Some(before), Some(after)) => is_greater(after, before) == lower,
        };
        let effect = if narrower { Effect::Narrower } else { Effect::Wider };
        let say = |bound: Option<&Value>| bound.map_or("nothing".to_owned(), ToString::to_string);
        let what = format!("`{key}` was {} and is {}", say(before), say(after));
        add(changes, &new.pointer.child(key), direction, effect, &what);
    }
}

/// Whether one number is greater, to the last digit of whole ones.
fn is_greater(one: &Value, other: &Value) -> bool {
    let whole = |value: &Value| value.as_i64().map(i128::from).or(value.as_u64().map(i128::from));
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => one > other,
        _ => one.as_f64() > other.as_f64(),
    }
}

fn restrictions(changes: &mut Changes<'_>, old: &Side<'_>, new: &Side<'_>, direction: Direction) {
    for key in RESTRICTIONS {
        let effect = match (old.value.get(key), new.value.get(key)) {
            (before, after) if before == after => continue,
            (None, _) => Effect::Narrower,
            (_, None) => Effect::Wider,
            _ => Effect::Other,
        };
        add(changes, &new.pointer.child(key), direction, effect, &format!("`{key}` is another"));
    }
    for key in FLAGS {
        let effect = match (old.flag(key), new.flag(key)) {
            (false, true) => Effect::Narrower,
            (true, false) => Effect::Wider,
            _ => continue,
        };
        add(changes, &new.pointer.child(key), direction, effect, &format!("`{key}` is another"));
    }
    if old.flag("x-secret") != new.flag("x-secret") {
        changes.add(&new.pointer.child("x-secret"), direction, Breaking, "generated clients have another type for it");
    }
    for key in WHOLE {
        if old.value.get(key) != new.value.get(key) {
            add(changes, &new.pointer.child(key), direction, Effect::Other, &format!("`{key}` is another"));
        }
    }
}

fn allowed(changes: &mut Changes<'_>, old: &Side<'_>, new: &Side<'_>, direction: Direction) {
    let place = new.pointer.child("enum");
    let values = |side: &Side<'_>| -> Option<BTreeSet<String>> {
        Some(side.value.get("enum")?.as_array()?.iter().map(ToString::to_string).collect())
    };
    match (values(old), values(new)) {
        (None, None) => {}
        (None, Some(_)) => add(changes, &place, direction, Effect::Narrower, "only some values are allowed"),
        (Some(_), None) => add(changes, &place, direction, Effect::Wider, "every value is allowed"),
        (Some(before), Some(after)) => {
            for value in before.difference(&after) {
                add(changes, &place, direction, Effect::Narrower, &format!("{value} is no value any more"));
            }
            for value in after.difference(&before) {
                if direction == Request {
                    add(changes, &place, direction, Effect::Wider, &format!("{value} is a value, too"));
                } else {
                    // Whether that breaks a client is up to it; contracts grow by such values all the time.
                    changes.add(
                        &place,
                        direction,
                        Compatible,
                        format!("{value} is a value, too, which clients may not know"),
                    );
                }
            }
        }
    }
}

fn properties(changes: &mut Changes<'_>, old: &Side<'_>, new: &Side<'_>, direction: Direction) {
    let (before, after) = (old.get("properties"), new.get("properties"));
    let (needed, needs) = (old.strings("required"), new.strings("required"));
    for (name, property) in before.iter().flat_map(Side::entries) {
        let Some(now) = after.as_ref().and_then(|after| after.get(name)) else {
            changes.gone(&property.pointer, direction, Breaking, format!("{name} is gone, and clients name it"));
            continue;
        };
        let place = new.pointer.child("required");
        match (needed.contains(name), needs.contains(name)) {
            (false, true) => add(changes, &place, direction, Effect::Narrower, &format!("{name} has to be there")),
            (true, false) => add(changes, &place, direction, Effect::Wider, &format!("{name} can be absent")),
            _ => {}
        }
        compare(changes, &property, &now, direction);
    }
    for (name, property) in after.iter().flat_map(Side::entries) {
        if before.as_ref().is_some_and(|before| before.value.get(name).is_some()) {
            continue;
        }
        // What was allowed beside the named fields, and what clients did with it.
        let others = old.value.get("additionalProperties");
        match (direction, needs.contains(name)) {
            _ if others.is_some_and(Value::is_object) => {
                if let Some(each) = old.get("additionalProperties") {
                    let reason = format!("{name} is named, which any other field could be called before");
                    changes.add(&property.pointer, direction, Compatible, reason);
                    compare(changes, &each, &property, direction);
                }
            }
            _ if one_way(&property, direction) => {
                let reason = format!("{name} is new, and nothing of this direction");
                changes.add(&property.pointer, direction, Compatible, reason);
            }
            (Request, true) => {
                changes.add(&property.pointer, direction, Breaking, format!("{name} is new and has to be sent"));
            }
            (Request, false) => {
                changes.add(&property.pointer, direction, Compatible, format!("{name} is new and can be left out"));
            }
            _ if others == Some(&Value::Bool(false)) => {
                let reason = format!("{name} is new, and clients were told that there are no other fields");
                changes.add(&property.pointer, direction, Breaking, reason);
            }
            _ => changes.add(
                &property.pointer,
                direction,
                Compatible,
                format!("{name} is new, and clients ignore what they do not know"),
            ),
        }
    }
    // What has to be there and is described elsewhere, or nowhere.
    let described =
        |name: &&&str| [&before, &after].into_iter().flatten().any(|properties| properties.value.get(**name).is_some());
    let place = new.pointer.child("required");
    for name in needs.difference(&needed).filter(|name| !described(name)) {
        add(changes, &place, direction, Effect::Narrower, &format!("{name} has to be there"));
    }
    for name in needed.difference(&needs).filter(|name| !described(name)) {
        add(changes, &place, direction, Effect::Wider, &format!("{name} can be absent"));
    }
}

/// Whether a property goes the other way only.
fn one_way(property: &Side<'_>, direction: Direction) -> bool {
    let key = if direction == Request { "readOnly" } else { "writeOnly" };
    property.said(key) == Some(&Value::Bool(true))
}

fn additional(changes: &mut Changes<'_>, old: &Side<'_>, new: &Side<'_>, direction: Direction) {
    let key = "additionalProperties";
    let place = new.pointer.child(key);
    let said = |side: &Side<'_>| side.value.get(key).cloned().unwrap_or(Value::Bool(true));
    match (said(old), said(new)) {
        (before, after) if before == after && !before.is_object() => {}
        (Value::Object(_), Value::Object(_)) => {
            if let (Some(old), Some(new)) = (old.get(key), new.get(key)) {
                compare(changes, &old, &new, direction);
            }
        }
        (Value::Bool(true), _) | (_, Value::Bool(false)) => {
            add(changes, &place, direction, Effect::Narrower, "fewer fields are allowed beside those that are named");
        }
        _ => add(changes, &place, direction, Effect::Wider, "more fields are allowed beside those that are named"),
    }
}
