//! The rules of the comparison with a server.

dropstub_document::rules! {
    /// The rules of the comparison with a server.
    pub static RULES;

    OPERATION_MISSING_IN_SERVER: Error "operation-missing-in-server", "The server does not have an operation of the contract",
        "The stub was generated from another document. Generate it again.";
    OPERATION_MISSING_IN_CONTRACT: Error "operation-missing-in-contract", "The contract does not have an operation of the server",
        "The stub was generated from another document. Generate it again.";
    MISSING_IN_SERVER: Error "missing-in-server", "The server does not have a value of the contract",
        "The compiled types, the validator or a table of the stub lack something that the contract requires. Generate the stub \
         again; if it was edited by hand, revert the edit.";
    MISSING_IN_CONTRACT: Error "missing-in-contract", "The contract does not have a value of the server",
        "The compiled types, the validator or a table of the stub have something that the contract does not describe. Generate \
         the stub again, or add the value to the contract.";
    DIFFERS_FROM_SERVER: Error "differs-from-server", "A value of the contract differs from the server's",
        "The compiled types, the validator or a table of the stub have another value than the contract. Generate the stub \
         again; if it was edited by hand, revert the edit.";
    STUB_INCONSISTENT: Error "stub-inconsistent", "Two parts of the compiled stub contradict each other",
        "The document that dropshot emits from the compiled types differs from the stub's own tables, independently of the \
         contract. The stub was edited by hand, or the generator has a bug.";
}
