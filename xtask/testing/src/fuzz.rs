//! Fuzzing of the generator: for any document it has to return a stub that is Rust, or diagnostics.
//!
//! Documents are real ones with a few parts deleted, replaced, repeated or moved; texts are fragments of YAML in any order. The
//! random number generator is seeded with the round, so a failure can be repeated.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use serde_json::{Value, json};

use dropstub_codegen::{Api, Options};
use dropstub_document::{Document, Pointer};

const OPTIONS: Options<'static> = Options { runtime: "runtime", header: "//" };

/// The result of the rounds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Fuzzed {
    /// The number of rounds.
    pub rounds: usize,
    /// Rounds that produced a stub.
    pub accepted: usize,
    /// Rounds with diagnostics. Invalid YAML counts as neither.
    pub rejected: usize,
    /// Panics, stubs that are not Rust, and rejections without a diagnostic.
    pub failures: Vec<String>,
}

impl Fuzzed {
    /// Adds other rounds.
    pub fn add(&mut self, other: Self) {
        self.rounds += other.rounds;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.failures.extend(other.failures);
    }
}

/// Mutates one to three parts of a document in each round.
#[must_use]
pub fn documents(good: &Document, rounds: usize) -> Fuzzed {
    let mut fuzzed = Fuzzed { rounds, ..Fuzzed::default() };
    for round in 0..rounds {
        let mut rng = Rng(0x9E37_79B9_7F4A_7C15 ^ (round as u64 + 1));
        let mut document = good.clone();
        for _ in 0..=rng.below(3) {
            mutate(&mut document.value, &mut rng);
        }
        fuzzed.run_one(&document, &format!("{} in round {round}", good.name));
    }
    fuzzed
}

/// Parses a text of YAML fragments in each round.
#[must_use]
pub fn texts(rounds: usize) -> Fuzzed {
    let mut fuzzed = Fuzzed { rounds, ..Fuzzed::default() };
    for round in 0..rounds {
        let mut rng = Rng(0xD1B5_4A32_D192_ED03 ^ (round as u64 + 1));
        let text: String = (0..rng.below(24)).map(|_| *rng.one_of(&PARTS)).collect();
        match catch_unwind(|| Document::parse("t.yaml", text.clone())) {
            Ok(Ok(document)) => fuzzed.run_one(&document, &format!("{text:?}")),
            Ok(Err(_)) => {}
            Err(_) => fuzzed.failures.push(format!("panic: {text:?}")),
        }
    }
    fuzzed
}

impl Fuzzed {
    fn run_one(&mut self, document: &Document, label: &str) {
        match catch_unwind(AssertUnwindSafe(|| Api::parse(document).map(|api| api.emit(&OPTIONS)))) {
            Err(_) => self.failures.push(format!("panic: {label}")),
            Ok(Ok(source)) => {
                self.accepted += 1;
                if let Err(error) = syn::parse_file(&source) {
                    self.failures.push(format!("the stub of {label} is not Rust: {error}"));
                }
            }
            Ok(Err(diagnostics)) => {
                self.rejected += 1;
                let complete = diagnostics.iter().all(|it| !it.message.is_empty() && !it.help.is_empty());
                if diagnostics.is_empty() || !complete {
                    self.failures.push(format!("{label} is rejected without a complete diagnostic"));
                }
            }
        }
    }
}

/// A pseudo-random number generator: xorshift64*.
struct Rng(u64);

impl Rng {
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

/// Changes one part of the document.
fn mutate(document: &mut Value, rng: &mut Rng) {
    let all = Pointer::all(document);
    let Some(changed) = (!all.is_empty()).then(|| rng.one_of(&all).clone()) else { return };
    let (parent, key) = (changed.parent().expect("a parent"), changed.last().expect("a key").to_owned());
    let other = rng.one_of(&all).find(document).expect("the value exists").clone();
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
        json!("x-dropstub-check"),
        json!("/{a}/{b}"),
        json!([]),
        json!({}),
        json!({"$ref": rng.one_of(&all)}),
    ];
    let replacement = if rng.below(2) == 0 { other } else { rng.one_of(&scalars).clone() };
    let action = rng.below(4);
    match parent.find_mut(document).expect("the parent exists") {
        Value::Object(map) => match action {
            0 => drop(map.shift_remove(&key)),
            1 => drop(map.insert(key, replacement)),
            2 => {
                drop(map.insert(rng.one_of(&all).last().unwrap_or_default().to_owned(), map[&key].clone()));
            }
            _ => {
                let name = replacement.as_str().map_or_else(|| format!("{key}_"), str::to_owned);
                let value = map.shift_remove(&key).expect("the value exists");
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

/// The fragments of random texts.
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
