//! Values that a schema allows: the least and the most of it, each alternative, each listed value, each bound.
//!
//! What is made here is only proposed: the judge has the last word.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::{Map, Value, json};

use super::oracle::Judges;
use super::resolve::Schemas;
use dropstub_document::Pointer;
use dropstub_document::integer_bounds;

/// How deep values go before they are as small as they can be, and before there are none.
const FULL_DEPTH: usize = 5;
const MAX_DEPTH: usize = 24;

/// How many items an array gets, so that it has as many as it can; and how many values those may hold altogether.
const MANY: usize = 1000;
const MANY_SIZE: usize = 10_000;

/// How many values an object may hold before what can be left out of it is, by how deep it stands. Without that, schemas
/// that hold each other make values without end.
const SIZE: [usize; 4] = [800, 200, 50, 25];

/// How many values are proposed of one schema inside another one, and of one altogether.
const INNER: usize = 12;
const OUTER: usize = 200;

/// Texts that patterns of the wild often mean.
const TEXTS: [&str; 16] = [
    "a",
    "abc",
    "a-b-c",
    "1",
    "1.2.3",
    "10.0.0.0/8",
    "192.168.1.1",
    "fd00::/64",
    "fd00::1",
    "00:11:22:33:44:55",
    "v1",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "a:b",
    "a/b",
    "A",
    "Some text.",
];

/// What values are made with.
pub(crate) struct Maker<'m> {
    pub(crate) schemas: &'m Schemas<'m>,
    pub(crate) judges: &'m Judges,
    /// Good values of components, by how deep and how many.
    known: RefCell<HashMap<(String, usize, usize), Vec<Value>>>,
}

impl<'m> Maker<'m> {
    pub(crate) fn new(schemas: &'m Schemas<'m>, judges: &'m Judges) -> Self {
        Self { schemas, judges, known: RefCell::default() }
    }

    pub(crate) fn values(&self, schema: &Value) -> Vec<Value> {
        propose(self, schema, 0, OUTER)
    }

    /// Values of a component that the judge has seen: what is built of them has a chance with it.
    fn component(&self, name: &str, schema: &Value, depth: usize, most: usize) -> Vec<Value> {
        let key = (name.to_owned(), depth, most);
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let mut values = propose_any(self, schema, depth, most);
        if let Ok(judge) = self.judges.of(name) {
            values.retain(|value| judge.is_valid(value));
        }
        self.known.borrow_mut().insert(key, values.clone());
        values
    }
}

fn propose(maker: &Maker<'_>, schema: &Value, depth: usize, most: usize) -> Vec<Value> {
    if depth > MAX_DEPTH {
        return Vec::new();
    }
    // What is around one reference adds null at most.
    if let Some([only]) = schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
        let null = (schema["nullable"] == true).then_some(Value::Null);
        return propose(maker, only, depth, most).into_iter().chain(null).collect();
    }
    let component = schema.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference);
    match component.as_ref().map(Pointer::tokens).as_deref() {
        Some(["components", "schemas", name]) => maker.component(name, schema, depth, most),
        _ => propose_any(maker, schema, depth, most),
    }
}

fn propose_any(maker: &Maker<'_>, schema: &Value, depth: usize, most: usize) -> Vec<Value> {
    let seen = maker.schemas.see(schema);
    let schema = seen.schema;
    let alternatives = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array);
    let mut found: Vec<Value> = if let Some(alternatives) = alternatives {
        // Some of each, and not all of the first.
        let lists: Vec<_> = alternatives.iter().map(|it| propose(maker, it, depth + 1, most)).collect();
        let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
        (0..longest).flat_map(|index| lists.iter().filter_map(move |list| list.get(index).cloned())).collect()
    } else if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        values.clone()
    } else {
        match schema.get("type").and_then(Value::as_str) {
            Some("boolean") => vec![json!(true), json!(false)],
            Some("integer") => integers(schema),
            Some("number") => numbers(schema),
            Some("string") => texts(schema),
            Some("array") => arrays(maker, schema, depth),
            Some("object") => objects(maker, schema, depth, most),
            _ => vec![json!({"any": ["thing", 1, null]}), json!("text"), json!(0.5)],
        }
    };
    found.truncate(most);
    if seen.nullable {
        found.push(Value::Null);
    }
    found
}

fn integers(schema: &Value) -> Vec<Value> {
    let (least, greatest) = schema
        .get("format")
        .and_then(Value::as_str)
        .and_then(integer_bounds)
        .unwrap_or((json!(i64::MIN), json!(i64::MAX)));
    let step = |key: &str| i64::from(schema[key] == true);
    let least = schema.get("minimum").and_then(Value::as_i64).map_or(least, |it| json!(it + step("exclusiveMinimum")));
    let greatest =
        schema.get("maximum").and_then(Value::as_i64).map_or(greatest, |it| json!(it - step("exclusiveMaximum")));
    let multiple = schema.get("multipleOf").and_then(Value::as_i64).map(Value::from);
    let found = [Some(json!(1)), multiple, Some(least), Some(greatest), Some(json!(0)), Some(json!(42))];
    found.into_iter().flatten().filter(|number| is_within(schema, number)).collect()
}

/// Whether the number has the bounds, so that what is built of it has a chance with the judge.
fn is_within(schema: &Value, number: &Value) -> bool {
    let Some(number) = number.as_f64() else { return false };
    let said = |key: &str| schema.get(key).and_then(Value::as_f64);
    let open = |key: &str, bound: f64| schema[key] == true && number <= bound && bound <= number;
    said("minimum").is_none_or(|least| least <= number && !open("exclusiveMinimum", least))
        && said("maximum").is_none_or(|most| number <= most && !open("exclusiveMaximum", most))
        && said("multipleOf").is_none_or(|step| (number / step).fract().abs() < f64::EPSILON)
}

fn numbers(schema: &Value) -> Vec<Value> {
    let bound = |key: &str| schema.get(key).cloned();
    // Halves and quarters are the same in single precision.
    let within = schema.get("minimum").and_then(Value::as_f64).map(|least| json!(least + 0.25));
    let found = [
        Some(json!(0.5)),
        bound("minimum"),
        bound("maximum"),
        within,
        bound("multipleOf"),
        Some(json!(-2.25)),
        Some(json!(3)),
    ];
    found.into_iter().flatten().filter(|number| is_within(schema, number)).collect()
}

fn texts(schema: &Value) -> Vec<Value> {
    let texts: Vec<String> = match schema.get("format").and_then(Value::as_str) {
        // In the form in which they are written, so that they come back as they went.
        Some("uuid") => vec!["2489e9ad-2ee2-4e00-8ec9-32d5f69181c0".into()],
        Some("date-time") => vec!["2026-01-02T03:04:05.000Z".into(), "2026-01-02T03:04:05.678901Z".into()],
        Some("date") => vec!["2026-01-02".into()],
        Some("ipv4") => vec!["192.168.1.1".into()],
        Some("ipv6") => vec!["fd00::1".into()],
        Some("ip") => vec!["192.168.1.1".into(), "fd00::1".into()],
        Some("uri") => vec!["https://example.com/a".into()],
        Some("email") => vec!["a@example.com".into()],
        Some("hostname") => vec!["example.com".into()],
        Some("byte") => vec!["AAAA".into()],
        _ => {
            let size = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
            let sized = [size("minLength"), size("maxLength").filter(|size| *size <= 10_000)];
            let sized = sized.into_iter().flatten().flat_map(|size| ["a".repeat(size), "ä".repeat(size)]);
            let example = schema.get("example").and_then(Value::as_str).map(str::to_owned);
            let matching = schema.get("pattern").and_then(Value::as_str).map(matching).unwrap_or_default();
            example.into_iter().chain(matching).chain(sized).chain(TEXTS.map(str::to_owned)).collect()
        }
    };
    texts.into_iter().filter(|text| is_plausible(schema, text)).take(INNER).map(Value::from).collect()
}

/// Whether the text has the length and the pattern, so that what is built of it has a chance with the judge.
fn is_plausible(schema: &Value, text: &str) -> bool {
    let length = text.chars().count() as u64;
    let pattern = schema.get("pattern").and_then(Value::as_str);
    schema.get("minLength").and_then(Value::as_u64).is_none_or(|least| least <= length)
        && schema.get("maxLength").and_then(Value::as_u64).is_none_or(|most| length <= most)
        && pattern.is_none_or(|pattern| regress::Regex::new(pattern).is_ok_and(|regex| regex.find(text).is_some()))
}

/// Texts that a pattern might match: what it says without its conditions.
fn matching(pattern: &str) -> Vec<String> {
    let Ok(hir) = regex_syntax::parse(&without_conditions(pattern)) else { return Vec::new() };
    [0, 1, 2]
        .into_iter()
        .map(|choice| {
            let mut text = String::new();
            write(&hir, choice, &mut text);
            text
        })
        .collect()
}

/// The pattern without what looks ahead or behind: such a group says what the text is not.
fn without_conditions(pattern: &str) -> String {
    let mut rest = pattern.to_owned();
    while let Some(start) = ["(?!", "(?=", "(?<!", "(?<="].iter().filter_map(|it| rest.find(it)).min() {
        let mut depth = 0;
        let end = rest[start..].char_indices().find(|(_, letter)| {
            depth += match letter {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            depth == 0
        });
        let Some((end, _)) = end else { break };
        rest.replace_range(start..=start + end, "");
    }
    rest
}

fn write(hir: &Hir, choice: usize, text: &mut String) {
    match hir.kind() {
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(Class::Unicode(class)) => {
            let range = class.ranges().iter().find(|range| range.end() > ' ').or_else(|| class.ranges().first());
            text.extend(range.map(|range| range.start().max('!').min(range.end())));
        }
        HirKind::Class(Class::Bytes(class)) => {
            text.extend(class.ranges().first().map(|range| char::from(range.start())));
        }
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX);
            let count = (repetition.min + u32::try_from(choice).unwrap_or(0)).min(most);
            (0..count).for_each(|_| write(&repetition.sub, choice, text));
        }
        HirKind::Capture(capture) => write(&capture.sub, choice, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| write(part, choice, text)),
        HirKind::Alternation(parts) => {
            parts.iter().cycle().nth(choice).into_iter().for_each(|it| write(it, choice, text));
        }
        HirKind::Empty | HirKind::Look(_) => {}
    }
}

fn arrays(maker: &Maker<'_>, schema: &Value, depth: usize) -> Vec<Value> {
    let size = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
    let (least, most) = (size("minItems").unwrap_or(0), size("maxItems").unwrap_or(usize::MAX));
    let mut items = propose(maker, schema.get("items").unwrap_or(&Value::Null), depth + 1, INNER);
    let mut seen = BTreeSet::new();
    items.retain(|item| seen.insert(item.to_string()));
    let unique = schema["uniqueItems"] == true;
    let of = |count: usize| -> Option<Value> {
        let enough = !items.is_empty() && (!unique || count <= items.len()) && (least..=most).contains(&count);
        (count == 0 && least == 0 || enough).then(|| items.iter().cycle().take(count).cloned().collect())
    };
    // The most there can be, where that is not too many.
    let largest = items.iter().map(size_of).max().unwrap_or(1);
    let most_of_it = Some(most).filter(|most| depth < 2 && *most <= MANY && most * largest <= MANY_SIZE);
    let counts = if depth < FULL_DEPTH { vec![1, least, 0, items.len().min(3)] } else { vec![least] };
    let counts = counts.into_iter().chain(most_of_it);
    let mut found: Vec<Value> = counts.filter_map(of).collect();
    found.dedup();
    found
}

fn objects(maker: &Maker<'_>, schema: &Value, depth: usize, most: usize) -> Vec<Value> {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|required| required.iter().any(|it| it == name));
    let properties = schema.get("properties").and_then(Value::as_object);
    let (mut least, mut full, mut others) = (Map::new(), Map::new(), Vec::new());
    let (mut size, room) = (0, SIZE[depth.min(SIZE.len() - 1)]);
    for (name, property) in properties.into_iter().flatten() {
        let needed = is_required(name);
        // Where it is deep enough, only what has to be there.
        if !needed && depth >= FULL_DEPTH {
            continue;
        }
        let values = propose(maker, property, depth + 1, INNER);
        // What has to be there is as small as it can be.
        let first = match values.iter().find(|value| size + size_of(value) <= room) {
            Some(first) => first,
            None if needed => match values.iter().min_by_key(|value| size_of(value)) {
                Some(smallest) => smallest,
                None => return Vec::new(),
            },
            None => continue,
        };
        size += size_of(first);
        full.insert(name.clone(), first.clone());
        if needed {
            least.insert(name.clone(), first.clone());
        }
        let first = first.clone();
        others.extend(values.into_iter().filter(|value| *value != first).map(|value| (name.clone(), value)));
    }
    if let Some(each) = schema.get("additionalProperties").filter(|it| it.is_object()) {
        let values = propose(maker, each, depth + 1, INNER);
        full.extend(values.into_iter().take(2).enumerate().map(|(index, value)| (format!("key {index}"), value)));
    }
    let varied = others.into_iter().map(|(name, value)| {
        let mut varied = full.clone();
        varied.insert(name, value);
        varied.into()
    });
    let mut found = vec![Value::from(full.clone())];
    if least != full {
        found.push(least.into());
    }
    found.extend(varied.take(most));
    found
}

/// How many values there are in one, itself included.
fn size_of(value: &Value) -> usize {
    match value {
        Value::Object(map) => 1 + map.values().map(size_of).sum::<usize>(),
        Value::Array(values) => 1 + values.iter().map(size_of).sum::<usize>(),
        _ => 1,
    }
}
