//! The generator panics over nothing: see [`dropstub_testing::fuzz`].

use std::path::{Path, PathBuf};

use dropstub_document::Document;
use dropstub_testing::fuzz::{self, Fuzzed};

/// How much text is broken of each document, in bytes. A large one takes longer, so it gets fewer rounds. What `FUZZ`
/// holds in the environment is a factor, for a search that may take its time.
const TEXT: usize = 2_000_000;

/// The documents to break: those of this repository, and the real ones that lie beside it, where they do.
fn documents() -> Vec<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fixtures = manifest.join("../codegen/tests/fixtures");
    let mut found = vec![
        manifest.join("../../openapi/aether.yaml"),
        fixtures.join("bookshelf.yaml"),
        fixtures.join("minimal.yaml"),
    ];
    let specs = manifest.join("../../../shared/specs");
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
    let mut whole = Fuzzed::default();
    for path in documents() {
        let good = Document::read(&path).unwrap();
        whole.add(fuzz::documents(&good, factor * TEXT / good.text.len()));
    }
    assert_eq!(whole.wrong, Vec::<String>::new());
    assert!(whole.taken > 50, "only {} were taken: the others say nothing about what is rendered", whole.taken);
}

#[test]
fn no_text_makes_the_reader_panic() {
    let whole = fuzz::texts(20_000);
    assert_eq!(whole.wrong, Vec::<String>::new());
    assert_eq!(whole.taken, 0, "no OpenAPI document is that short");
    assert!(whole.refused > 500, "only {} texts were YAML", whole.refused);
}
