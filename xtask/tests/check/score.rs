//! The comparison as a gate: single changes of every construct, made by [`dropstub_testing::mutate`], of Aether's contract and of
//! documents with what Aether has not. All that mean something are found where they are; of the others none.

use dropstub_checks::check::Account;
use dropstub_document::Document;
use dropstub_testing::mutate::{self, Score};
use serde_json::Value;

/// How many changes of one construct are made of one document.
const MOST: usize = 60;

fn score(document: &Value, account: Value) -> Score {
    let account: Account = serde_json::from_value(account).unwrap();
    mutate::score(document, &account, &mutate::mutations(document, MOST))
}

#[test]
fn every_change_that_means_something_is_found_and_no_other() {
    let mut whole = score(&crate::contract(), aether_api::account());
    for (name, account) in [
        ("shapes", crate::shapes::account()),
        ("bookshelf", crate::bookshelf::account()),
        ("all_features", crate::all_features::account()),
    ] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = match name {
            "shapes" => folder.join("codegen/examples/shapes/shapes.yaml"),
            name => folder.join(format!("codegen/tests/fixtures/{name}.yaml")),
        };
        whole.add(score(&Document::read(&path).unwrap().value, account));
    }
    assert!(whole.wrong.is_empty(), "{} are wrong:\n{}", whole.wrong.len(), whole.wrong.join("\n"));
    let total = whole.total();
    assert!(total.meaning >= 300 && total.neutral >= 90, "only {total:?}");
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
        assert!(whole.constructs.contains_key(construct), "nothing was done to {construct}");
    }
}
