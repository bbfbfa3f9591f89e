//! Candidates for valid values: minimal and maximal ones, each alternative, each value of an enumeration, each bound.
//!
//! The oracle decides which candidates are valid.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::{Map, Value, json};

use super::oracle::Oracles;
use super::resolve::Schemas;
use dropstub_document::Pointer;
use dropstub_document::integer_bounds;

/// The depth from which values are minimal, and from which there are none.
const FULL_DEPTH: usize = 5;
const MAX_DEPTH: usize = 24;

/// The length of a maximal array, and the number of values in it.
const MANY: usize = 1000;
const MANY_SIZE: usize = 10_000;

/// The number of values in an object above which optional properties are omitted, by depth. Recursive schemas would otherwise
/// give unbounded values.
const SIZE: [usize; 4] = [800, 200, 50, 25];

/// The number of candidates of a nested schema, and of a component.
const INNER: usize = 12;
const OUTER: usize = 200;

/// Texts that common patterns match.
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

/// A generator of candidates.
pub(crate) struct Generator<'m> {
    pub(crate) schemas: &'m Schemas<'m>,
    pub(crate) oracles: &'m Oracles,
    /// Valid values of components, by depth and number.
    known: RefCell<HashMap<(String, usize, usize), Vec<Value>>>,
}

impl<'m> Generator<'m> {
    pub(crate) fn new(schemas: &'m Schemas<'m>, oracles: &'m Oracles) -> Self {
        Self { schemas, oracles, known: RefCell::default() }
    }

    pub(crate) fn values(&self, schema: &Value) -> Vec<Value> {
        propose(self, schema, 0, OUTER)
    }

    /// Values of a component that the oracle accepts, so that larger values with them can be valid.
    fn component(&self, name: &str, schema: &Value, depth: usize, most: usize) -> Vec<Value> {
        let key = (name.to_owned(), depth, most);
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let mut values = propose_any(self, schema, depth, most);
        if let Ok(oracle) = self.oracles.of(name) {
            values.retain(|value| oracle.is_valid(value));
        }
        self.known.borrow_mut().insert(key, values.clone());
        values
    }
}

fn propose(generator: &Generator<'_>, schema: &Value, depth: usize, most: usize) -> Vec<Value> {
    if depth > MAX_DEPTH {
        return Vec::new();
    }
    // A wrapper of one reference only adds null.
    if let Some([only]) = schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
        let null = (schema["nullable"] == true).then_some(Value::Null);
        return propose(generator, only, depth, most).into_iter().chain(null).collect();
    }
    let component = schema.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference);
    match component.as_ref().map(Pointer::tokens).as_deref() {
        Some(["components", "schemas", name]) => generator.component(name, schema, depth, most),
        _ => propose_any(generator, schema, depth, most),
    }
}

fn propose_any(generator: &Generator<'_>, schema: &Value, depth: usize, most: usize) -> Vec<Value> {
    let seen = generator.schemas.resolve(schema);
    let schema = seen.schema;
    let alternatives = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array);
    let mut found: Vec<Value> = if let Some(alternatives) = alternatives {
        // Candidates of every alternative, not only of the first.
        let lists: Vec<_> = alternatives.iter().map(|it| propose(generator, it, depth + 1, most)).collect();
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
            Some("array") => arrays(generator, schema, depth),
            Some("object") => objects(generator, schema, depth, most),
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

/// Whether the number is within its bounds, so that larger values with it can be valid.
fn is_within(schema: &Value, number: &Value) -> bool {
    let Some(number) = number.as_f64() else { return false };
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    let open = |key: &str, bound: f64| schema[key] == true && number <= bound && bound <= number;
    bound("minimum").is_none_or(|least| least <= number && !open("exclusiveMinimum", least))
        && bound("maximum").is_none_or(|most| number <= most && !open("exclusiveMaximum", most))
        && bound("multipleOf").is_none_or(|step| (number / step).fract().abs() < f64::EPSILON)
}

fn numbers(schema: &Value) -> Vec<Value> {
    let bound = |key: &str| schema.get(key).cloned();
    // Halves and quarters are exact in single precision.
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
        // In the canonical form, so that they round-trip.
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

/// Whether the text has the length and matches the pattern, so that larger values with it can be valid.
fn is_plausible(schema: &Value, text: &str) -> bool {
    let length = text.chars().count() as u64;
    let pattern = schema.get("pattern").and_then(Value::as_str);
    schema.get("minLength").and_then(Value::as_u64).is_none_or(|least| least <= length)
        && schema.get("maxLength").and_then(Value::as_u64).is_none_or(|most| length <= most)
        && pattern.is_none_or(|pattern| regress::Regex::new(pattern).is_ok_and(|regex| regex.find(text).is_some()))
}

/// Texts that a pattern can match, without its lookarounds.
fn matching(pattern: &str) -> Vec<String> {
    let Ok(hir) = regex_syntax::parse(&without_lookarounds(pattern)) else { return Vec::new() };
    [0, 1, 2]
        .into_iter()
        .map(|choice| {
            let mut text = String::new();
            write(&hir, choice, &mut text);
            text
        })
        .collect()
}

/// The pattern without lookarounds, which mostly exclude texts.
fn without_lookarounds(pattern: &str) -> String {
    let mut rest = pattern.to_owned();
    while let Some(start) = ["(?!", "(?=", "(?<!", "(?<="].iter().filter_map(|it| rest.find(it)).min() {
        let mut depth = 0;
        let end = rest[start..].char_indices().find(|(_, character)| {
            depth += match character {
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

fn arrays(generator: &Generator<'_>, schema: &Value, depth: usize) -> Vec<Value> {
    let size = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
    let (least, most) = (size("minItems").unwrap_or(0), size("maxItems").unwrap_or(usize::MAX));
    let mut items = propose(generator, schema.get("items").unwrap_or(&Value::Null), depth + 1, INNER);
    let mut seen = BTreeSet::new();
    items.retain(|item| seen.insert(item.to_string()));
    let unique = schema["uniqueItems"] == true;
    let of = |count: usize| -> Option<Value> {
        let enough = !items.is_empty() && (!unique || count <= items.len()) && (least..=most).contains(&count);
        (count == 0 && least == 0 || enough).then(|| items.iter().cycle().take(count).cloned().collect())
    };
    // The maximum, if it is small.
    let largest = items.iter().map(size_of).max().unwrap_or(1);
    let most_of_it = Some(most).filter(|most| depth < 2 && *most <= MANY && most * largest <= MANY_SIZE);
    let counts = if depth < FULL_DEPTH { vec![1, least, 0, items.len().min(3)] } else { vec![least] };
    let counts = counts.into_iter().chain(most_of_it);
    let mut found: Vec<Value> = counts.filter_map(of).collect();
    found.dedup();
    found
}

fn objects(generator: &Generator<'_>, schema: &Value, depth: usize, most: usize) -> Vec<Value> {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|required| required.iter().any(|it| it == name));
    let properties = schema.get("properties").and_then(Value::as_object);
    let (mut least, mut full, mut others) = (Map::new(), Map::new(), Vec::new());
    let (mut size, room) = (0, SIZE[depth.min(SIZE.len() - 1)]);
    for (name, property) in properties.into_iter().flatten() {
        let needed = is_required(name);
        // Below the depth limit, only required properties.
        if !needed && depth >= FULL_DEPTH {
            continue;
        }
        let values = propose(generator, property, depth + 1, INNER);
        // Required properties have minimal values.
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
        let values = propose(generator, each, depth + 1, INNER);
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

/// The number of values in a value, including itself.
fn size_of(value: &Value) -> usize {
    match value {
        Value::Object(map) => 1 + map.values().map(size_of).sum::<usize>(),
        Value::Array(values) => 1 + values.iter().map(size_of).sum::<usize>(),
        _ => 1,
    }
}
