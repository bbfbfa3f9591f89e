//! Whatever a document holds, the generator answers: with a stub that is Rust, or with reasons.
//!
//! Documents are real ones with a few parts deleted, replaced, repeated or put somewhere else. The numbers are not
//! random but look like it, so a failure comes back; its message says which document and which round it was.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use xtask::document::Document;
use xtask::stub::{self, Options};

use crate::beside;

const OPTIONS: Options<'static> = Options { runtime: "runtime", header: "//", witness: false };

/// How much text is broken of each document, in bytes. A large one takes longer, so it gets fewer rounds. What `FUZZ`
/// holds in the environment is a factor, for a search that may take its time.
const TEXT: usize = 2_000_000;

/// xorshift64*: enough to look random.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % limit.max(1) as u64).unwrap()
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
    let (parent, key) = place.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/").replace("~0", "~");
    let other: &String = numbers.one_of(&all);
    let other = document.pointer(other).unwrap().clone();
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
    match document.pointer_mut(parent).unwrap() {
        Value::Object(map) => match action {
            0 => drop(map.shift_remove(&key)),
            1 => drop(map.insert(key, replacement)),
            2 => drop(map.insert(numbers.one_of(&all).rsplit('/').next().unwrap().to_owned(), map[&key].clone())),
            _ => {
                let name = replacement.as_str().map_or_else(|| format!("{key}_"), str::to_owned);
                let value = map.shift_remove(&key).unwrap();
                map.insert(name, value);
            }
        },
        Value::Array(list) => {
            let index: usize = key.parse().unwrap();
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

/// The documents to break: those of this repository, and the real ones that lie beside it, where they do.
fn documents() -> Vec<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = vec![manifest.join("../openapi/aether.yaml"), beside("bookshelf.yaml"), beside("minimal.yaml")];
    let specs = manifest.join("../../shared/specs");
    let Ok(entries) = specs.read_dir() else {
        println!("skipped the documents of other projects: {} is not there", specs.display());
        return found;
    };
    let mut others: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    others.retain(|path| path.extension().is_some_and(|it| it == "json"));
    others.sort();
    found.extend(others);
    found
}

#[test]
fn no_document_makes_the_generator_panic() {
    let factor = std::env::var("FUZZ").map_or(1, |factor| factor.parse().expect("FUZZ is a number"));
    let mut taken = 0;
    for path in documents() {
        let good = Document::read(&path).unwrap();
        let rounds = factor * TEXT / good.text.len();
        for round in 0..rounds {
            let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15 ^ (round as u64 + 1));
            let mut document = good.clone();
            for _ in 0..=numbers.below(3) {
                mutate(&mut document.value, &mut numbers);
            }
            let outcome = catch_unwind(AssertUnwindSafe(|| stub::generate(&document, &OPTIONS)));
            let label = format!("{} in round {round}", good.name);
            match outcome.unwrap_or_else(|_| panic!("a panic over {label}")) {
                Ok(source) => {
                    syn::parse_file(&source).unwrap_or_else(|error| panic!("{label} gives no Rust: {error}"));
                    taken += 1;
                }
                Err(diagnostics) => {
                    assert!(!diagnostics.list.is_empty(), "{label} is refused for no reason");
                    assert!(diagnostics.list.iter().all(|it| !it.message.is_empty() && !it.help.is_empty()), "{label}");
                    assert!(diagnostics.to_string().contains("why no stub was generated"), "{label}");
                }
            }
        }
    }
    assert!(taken > 50, "only {taken} documents were taken: the others say nothing about what is rendered");
}

#[test]
fn no_text_makes_the_reader_panic() {
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
    let mut read = 0;
    for round in 0..20_000 {
        let mut numbers = Numbers(0xD1B5_4A32_D192_ED03 ^ (round + 1));
        let text: String = (0..numbers.below(24)).map(|_| *numbers.one_of(&PARTS)).collect();
        let outcome = catch_unwind(|| Document::parse("t.yaml", text.clone()));
        let outcome = outcome.unwrap_or_else(|_| panic!("a panic over {text:?}"));
        if let Ok(document) = outcome {
            read += 1;
            let refused = stub::generate(&document, &OPTIONS).expect_err("no OpenAPI document is that short");
            assert!(!refused.to_string().is_empty());
        }
    }
    assert!(read > 500, "only {read} texts were YAML");
}
