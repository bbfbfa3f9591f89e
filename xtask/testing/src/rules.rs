//! The rules of the roundtrip.

dropstub_document::rules! {
    /// The rules of the roundtrip.
    pub static RULES;

    DOCUMENT_UNREADABLE: Error "document-unreadable", "The document cannot be read",
        "The file cannot be read, or it is not valid YAML or JSON.";
    STUB_NOT_COMPILED: Error "stub-not-compiled", "The stub does not compile",
        "The generator has a bug: it has to reject a document or to emit a stub that compiles.";
    STUB_FAILED: Error "stub-failed", "The compiled stub does not print its manifest",
        "Dropshot rejects an endpoint at run time, or the program cannot be run.";
    DOCUMENT_INVALID: Error "document-invalid", "The document does not satisfy the preconditions of the check",
        "It is not OpenAPI 3.0, or a reference in use does not resolve.";
    VALID_VALUE_REJECTED: Error "valid-value-rejected", "The stub rejects or changes a valid value",
        "The oracle considers the value valid, but the type or the rule rejects it, or it comes back changed.";
    INVALID_VALUE_ACCEPTED: Error "invalid-value-accepted", "The stub accepts an invalid value or reports another problem",
        "The oracle considers the value invalid for one reason, but the rule does not report that reason at that field.";
    EVALUATION_FAILED: Error "evaluation-failed", "The stub does not evaluate the values of a schema",
        "The program ended early, its output cannot be read, or the oracle does not support the schema.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use dropstub_document::{Diagnostic, Document};
    use serde_json::{Value, json};

    use super::RULES;
    use crate::instances;
    use crate::roundtrip::{self, Outcome, Settings};

    /// The rules that only a bug of the generator can violate.
    const BUGS: [&str; 2] = ["stub-failed", "document-invalid"];

    const DOCUMENT: &str = "\
openapi: 3.0.3
info: {title: Ping, version: 1.0.0}
paths:
  /ping:
    get:
      operationId: ping
      responses:
        '204': {description: Pong.}
        4XX: &error
          description: The error.
          content: {application/json: {schema: {$ref: '#/components/schemas/Error'}}}
        5XX: *error
components:
  schemas:
    Error: {type: object, required: [message], properties: {message: {type: string}}}
";

    fn evaluated(evaluate: impl Fn(&[Value]) -> Result<Vec<Value>, String>) -> Vec<Diagnostic> {
        let document = Document::parse("ping.yaml", DOCUMENT).unwrap();
        instances::evaluate(&document, &["Error".to_owned()].into(), evaluate).failures
    }

    #[test]
    fn every_rule_has_a_test() {
        let error = Document::parse("junk.yaml", "a: [").unwrap_err();
        let unreadable = Outcome::unreadable(Path::new("junk.yaml"), &error);
        // No stub compiles without a runtime.
        let target = tempfile::tempdir().unwrap();
        let runtime = Settings::local_runtime(&target.path().join("missing"));
        let settings = Settings { target: target.path().to_owned(), runtime, lock: None };
        let document = Document::parse("ping.yaml", DOCUMENT).unwrap();
        let not_compiled = roundtrip::roundtrip(&document, &settings);
        // A stub that rejects every valid value and accepts every invalid one.
        let wrong = |values: &[Value]| Ok(vec![json!({"through": {"Err": "no"}, "problems": []}); values.len()]);
        let found = [
            unreadable.diagnostics(),
            not_compiled.diagnostics(),
            evaluated(wrong),
            evaluated(|_| Ok(Vec::new())),
            evaluated(|_| Err("it ended".to_owned())),
        ];
        let found: BTreeSet<_> = found.iter().flatten().map(|diagnostic| diagnostic.rule.id).collect();
        let expected = RULES.iter().map(|rule| rule.id).filter(|id| !BUGS.contains(id));
        assert_eq!(found, expected.collect());
    }
}
