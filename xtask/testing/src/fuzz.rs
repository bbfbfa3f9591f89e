//! Whatever a document holds, the generator answers: with a stub that is Rust, or with reasons.
//!
//! Documents are real ones with a few parts deleted, replaced, repeated or put somewhere else; texts are parts of YAML in
//! any order. The numbers are not random but look like it, so a failure comes back: it says which round it was.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use serde_json::{Value, json};

use dropstub_codegen::Options;
use dropstub_document::Document;

const OPTIONS: Options<'static> = Options { runtime: "runtime", header: "//", witness: false };

/// What became of the rounds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Fuzzed {
    pub rounds: usize,
    /// Rounds that gave a stub, and such as gave reasons. Of texts, those that are no YAML are neither.
    pub taken: usize,
    pub refused: usize,
    /// What went wrong: a panic, a stub that is no Rust, a refusal without a reason.
    pub wrong: Vec<String>,
}

impl Fuzzed {
    /// Adds other rounds.
    pub fn add(&mut self, other: Self) {
        self.rounds += other.rounds;
        self.taken += other.taken;
        self.refused += other.refused;
        self.wrong.extend(other.wrong);
    }
}

/// Breaks a document in so many ways, one to three parts at a time.
#[must_use]
pub fn documents(good: &Document, rounds: usize) -> Fuzzed {
    let mut fuzzed = Fuzzed { rounds, ..Fuzzed::default() };
    for round in 0..rounds {
        let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15 ^ (round as u64 + 1));
        let mut document = good.clone();
        for _ in 0..=numbers.below(3) {
            mutate(&mut document.value, &mut numbers);
        }
        fuzzed.judge(&document, &format!("{} in round {round}", good.name));
    }
    fuzzed
}

/// Reads so many texts made of parts of YAML.
#[must_use]
pub fn texts(rounds: usize) -> Fuzzed {
    let mut fuzzed = Fuzzed { rounds, ..Fuzzed::default() };
    for round in 0..rounds {
        let mut numbers = Numbers(0xD1B5_4A32_D192_ED03 ^ (round as u64 + 1));
        let text: String = (0..numbers.below(24)).map(|_| *numbers.one_of(&PARTS)).collect();
        match catch_unwind(|| Document::parse("t.yaml", text.clone())) {
            Ok(Ok(document)) => fuzzed.judge(&document, &format!("{text:?}")),
            Ok(Err(_)) => {}
            Err(_) => fuzzed.wrong.push(format!("a panic over {text:?}")),
        }
    }
    fuzzed
}

impl Fuzzed {
    fn judge(&mut self, document: &Document, label: &str) {
        match catch_unwind(AssertUnwindSafe(|| dropstub_codegen::generate(document, &OPTIONS))) {
            Err(_) => self.wrong.push(format!("a panic over {label}")),
            Ok(Ok(source)) => {
                self.taken += 1;
                if let Err(error) = syn::parse_file(&source) {
                    self.wrong.push(format!("{label} gives no Rust: {error}"));
                }
            }
            Ok(Err(diagnostics)) => {
                self.refused += 1;
                let said = diagnostics.list.iter().all(|it| !it.message.is_empty() && !it.help.is_empty());
                if diagnostics.list.is_empty()
                    || !said
                    || !diagnostics.to_string().contains("why no stub was generated")
                {
                    self.wrong.push(format!("{label} is refused for no reason"));
                }
            }
        }
    }
}

/// xorshift64*: enough to look random.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % limit.max(1) as u64).unwrap_or(0)
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// The pointers to everything in a value.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    let mut child = |key: &str, value| {
        let pointer = format!("{here}/{}", key.replace('~', "~0").replace('/', "~1"));
        places(value, &pointer, found);
        found.push(pointer);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| child(key, value)),
        Value::Array(list) => list.iter().enumerate().for_each(|(index, value)| child(&index.to_string(), value)),
        _ => {}
    }
}

/// Changes one part of the document.
fn mutate(document: &mut Value, numbers: &mut Numbers) {
    let mut all = Vec::new();
    places(document, "", &mut all);
    let Some(place) = (!all.is_empty()).then(|| numbers.one_of(&all).clone()) else { return };
    let (parent, key) = place.rsplit_once('/').expect("a pointer begins with a slash");
    let key = key.replace("~1", "/").replace("~0", "~");
    let other: &String = numbers.one_of(&all);
    let other = document.pointer(other).expect("it is there").clone();
    let scalars = [
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1.5),
        json!(1e300),
        json!(""),
        json!("$ref"),
        json!("object"),
        json!("array"),
        json!("string"),
        json!("integer"),
        json!("self"),
        json!("uuid"),
        json!("ä"),
        json!("a\rb\n*/ {}"),
        json!("x-check"),
        json!("/{a}/{b}"),
        json!([]),
        json!({}),
        json!({"$ref": format!("#{}", numbers.one_of(&all))}),
    ];
    let replacement = if numbers.below(2) == 0 { other } else { numbers.one_of(&scalars).clone() };
    let action = numbers.below(4);
    match document.pointer_mut(parent).expect("it has children") {
        Value::Object(map) => match action {
            0 => drop(map.shift_remove(&key)),
            1 => drop(map.insert(key, replacement)),
            2 => drop(
                map.insert(numbers.one_of(&all).rsplit('/').next().unwrap_or_default().to_owned(), map[&key].clone()),
            ),
            _ => {
                let name = replacement.as_str().map_or_else(|| format!("{key}_"), str::to_owned);
                let value = map.shift_remove(&key).expect("it is there");
                map.insert(name, value);
            }
        },
        Value::Array(list) => {
            let index: usize = key.parse().expect("an index");
            match action {
                0 => drop(list.remove(index)),
                1 => list[index] = replacement,
                2 => list.push(list[index].clone()),
                _ => list.insert(index, replacement),
            }
        }
        _ => unreachable!("it has children"),
    }
}

/// What texts are made of.
const PARTS: [&str; 40] = [
    "a",
    "b",
    ": ",
    ":",
    "- ",
    "\n",
    "\n  ",
    "\n    ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "&x ",
    "*x",
    "*y",
    "!!str ",
    "!t ",
    "|\n",
    ">-\n",
    "\"",
    "'",
    "\\u0041",
    "# c\n",
    "---\n",
    "...\n",
    "? ",
    "1",
    "1e999",
    "0x",
    "~",
    "\t",
    "\u{feff}",
    "ü",
    "\r\n",
    "<<",
    "%YAML 1.2\n",
    "null",
    ".nan",
    "'x': ",
];
