//! The generator does not panic: see [`dropstub_testing::fuzz`].

use std::path::{Path, PathBuf};

use dropstub_document::Document;
use dropstub_testing::fuzz::{self, Fuzzed};

/// The amount of mutated text per document, in bytes: a large document gets fewer rounds. The environment variable `FUZZ` is a factor for
/// longer searches.
const TEXT: usize = 2_000_000;

/// The documents to mutate: those of this repository, and real ones next to it, if they exist.
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
fn mutated_document_does_not_panic() {
    let factor = std::env::var("FUZZ").map_or(1, |factor| factor.parse().expect("FUZZ is a number"));
    let mut whole = Fuzzed::default();
    for path in documents() {
        let good = Document::read(&path).unwrap();
        whole.add(fuzz::documents(&good, factor * TEXT / good.text.len()));
    }
    assert_eq!(whole.failures, Vec::<String>::new());
    assert!(whole.accepted > 50, "only {} were accepted, so the emitter was hardly tested", whole.accepted);
}

#[test]
fn random_text_does_not_panic() {
    let whole = fuzz::texts(20_000);
    assert_eq!(whole.failures, Vec::<String>::new());
    assert_eq!(whole.accepted, 0, "no OpenAPI document is that short");
    assert!(whole.rejected > 500, "only {} texts were YAML", whole.rejected);
}
