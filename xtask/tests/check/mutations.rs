//! The mutation score of the check, for Aether's contract and documents with other constructs: every semantic mutation is reported at its
//! pointer, and no equivalent one.

use dropstub_testing::mutate::{self, Score};
use serde_json::Value;

use crate::support::{contract, document};
use crate::{all_features, bookshelf, parse, shapes};

/// The maximum number of mutations of one construct in one document.
const MAX_PER_CONSTRUCT: usize = 60;

fn score(document: &Value, manifest: Value) -> Score {
    mutate::score(document, &parse(manifest), &mutate::mutations(document, MAX_PER_CONSTRUCT))
}

#[test]
fn semantic_mutations_are_reported_and_equivalent_ones_are_not() {
    let mut sum = score(&contract(), aether_api::manifest());
    for (path, manifest) in [
        ("codegen/examples/shapes/shapes.yaml", shapes::manifest()),
        ("codegen/tests/fixtures/bookshelf.yaml", bookshelf::manifest()),
        ("codegen/tests/fixtures/all_features.yaml", all_features::manifest()),
    ] {
        sum.add(score(&document(path), manifest));
    }
    assert!(sum.failures.is_empty(), "{} failures:\n{}", sum.failures.len(), sum.failures.join("\n"));
    let total = sum.total();
    assert!(total.semantic >= 300 && total.equivalent >= 90, "only {total:?}");
    for construct in [
        "paths",
        "methods",
        "ids",
        "parameters",
        "bodies",
        "statuses",
        "headers",
        "media types",
        "properties",
        "requirements",
        "types",
        "formats",
        "nullable",
        "enums",
        "listed values",
        "strict queries",
        "bounds",
        "patterns",
        "defaults",
        "additionalProperties",
        "references",
        "alternatives",
        "security",
        "servers",
        "order",
        "stated defaults",
        "documentation",
        "components",
    ] {
        assert!(sum.constructs.contains_key(construct), "no mutation of {construct}");
    }
}
