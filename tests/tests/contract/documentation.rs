//! The guide to errors has exactly the codes of the contract.

use std::collections::BTreeSet;

use aether_tests::contract::CONTRACT;

crate::tests!(guide_to_errors_has_every_code);

const GUIDE: &str = include_str!("../../../server/docs/errors.md");

async fn guide_to_errors_has_every_code() {
    let (errors, details) = GUIDE.split_once("## Codes of `details`").expect("the guide has two tables");
    for (table, column, component) in [(errors, 2, "ErrorBody"), (details, 1, "FieldError")] {
        let rows = table.lines().filter_map(|line| line.split('|').nth(column)).map(str::trim);
        let codes: BTreeSet<_> = rows.filter_map(|cell| cell.strip_prefix('`')?.strip_suffix('`')).collect();
        let listed = &CONTRACT.document()["components"]["schemas"][component]["properties"]["code"];
        let listed = listed["x-dropstub-values"].as_object().expect("the codes are listed");
        assert_eq!(codes, listed.keys().map(String::as_str).collect(), "{component}");
    }
    // The status of a code is the first word of its meaning.
    let listed = &CONTRACT.document()["components"]["schemas"]["ErrorBody"]["properties"]["code"]["x-dropstub-values"];
    for (code, meaning) in listed.as_object().expect("the codes are listed") {
        let status = meaning.as_str().and_then(|text| text.split_once(". ")).expect("a status and a sentence").0;
        assert!(errors.contains(&format!("| {status} | `{code}` |")), "{status} {code}");
    }
}
