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
