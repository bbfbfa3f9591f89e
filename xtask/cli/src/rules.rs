//! The rules of the commands themselves.

dropstub_document::rules! {
    /// The rules of the commands themselves.
    pub static RULES;

    GENERATED_FILE_STALE: Error "generated-file-stale", "A generated file differs from the contract",
        "The file was edited, or the contract changed, documentation included. Generate it again.";
}
