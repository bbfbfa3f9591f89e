//! Renderers of diagnostics, one for each output format.

mod json;
mod sarif;
mod text;

use std::collections::BTreeMap;

pub use json::json;
pub use sarif::sarif;
pub use text::text;

use crate::{Diagnostic, Rule};

/// The number of diagnostics of each rule, the most frequent rule first.
#[must_use]
pub fn by_rule(diagnostics: &[Diagnostic]) -> Vec<(&'static Rule, usize)> {
    let mut counts: BTreeMap<&str, (&'static Rule, usize)> = BTreeMap::new();
    for diagnostic in diagnostics {
        counts.entry(diagnostic.rule.id).or_insert((diagnostic.rule, 0)).1 += 1;
    }
    let mut counts: Vec<_> = counts.into_values().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Document, Severity};

    static RULE: Rule =
        Rule { id: "name-missing", severity: Severity::Error, summary: "A name is missing", explanation: "Add it." };

    fn example() -> (Document, Vec<Diagnostic>) {
        let document = Document::parse("a.yaml", "a:\n  b: {c: 1}\n").unwrap();
        let pointer = crate::Pointer::root().child("a").child("b");
        let found = Diagnostic::new(&RULE, &document, &pointer, "`b` has no name").with_help("add `name`");
        (document, vec![found.with_detail("value", 1)])
    }

    #[test]
    fn text_shows_the_line_and_the_rule() {
        let (document, diagnostics) = example();
        let mut out = Vec::new();
        text(&diagnostics, &[&document], &mut out).unwrap();
        let expected = "\
error[name-missing]: `b` has no name
 --> a.yaml:2:3 (#/a/b)
  |
2 |   b: {c: 1}
  |   ^
  = help: add `name`

";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn long_text_ends_with_a_summary_by_rule() {
        let (document, diagnostics) = example();
        let diagnostics: Vec<_> = diagnostics.iter().cycle().take(30).cloned().collect();
        let mut out = Vec::new();
        text(&diagnostics, &[&document], &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().ends_with("summary by rule:\n  30  name-missing: A name is missing\n"));
    }

    #[test]
    fn json_has_every_field() {
        let (_, diagnostics) = example();
        let expected = serde_json::json!({
            "rule": "name-missing", "severity": "error", "pointer": "#/a/b", "document": "a.yaml", "line": 2,
            "column": 3, "message": "`b` has no name", "help": "add `name`", "details": {"value": 1},
        });
        assert_eq!(json(&diagnostics)["diagnostics"][0], expected);
        assert_eq!(json(&diagnostics)["rules"]["name-missing"], 1);
    }

    #[test]
    fn sarif_describes_rules_and_locations() {
        let (_, diagnostics) = example();
        let log = sarif("dropstub", "1.0.0", &diagnostics);
        let run = &log["runs"][0];
        assert_eq!(log["version"], "2.1.0");
        assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "name-missing");
        let result = &run["results"][0];
        assert_eq!((&result["ruleId"], &result["level"]), (&"name-missing".into(), &"error".into()));
        let location = &result["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], "a.yaml");
        assert_eq!(location["region"]["startLine"], 2);
        let document = Document::parse("HEAD~1:./my contract.yaml", "a: 1").unwrap();
        let log = sarif("dropstub", "1.0.0", &[Diagnostic::new(&RULE, &document, &crate::Pointer::root(), "a")]);
        let location = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], "HEAD~1%3A./my%20contract.yaml");
    }
}
