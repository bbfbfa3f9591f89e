//! The Rust client, by progenitor.
//!
//! What progenitor cannot take makes it panic. It does not get to see such a document: the stub generator is asked
//! first, and refuses it with a reason.

use progenitor::{GenerationSettings, Generator, InterfaceStyle};

use dropstub_document::Document;

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error(transparent)]
    Refused(#[from] dropstub_codegen::Diagnostics),
    #[error("{0}: the document is not OpenAPI 3.0: {1}")]
    Shape(String, serde_json::Error),
    #[error("{0}: progenitor: {1}")]
    Progenitor(String, Box<progenitor::Error>),
}

/// The source of the client for `document`, formatted, beginning with `header`.
///
/// Every component with `x-secret: true` is the type of the same name that the crate has at its root, which the crate
/// writes itself so that it cannot be printed.
///
/// # Errors
/// Where the stub generator or progenitor refuses the document.
pub fn generate(document: &Document, header: &str) -> Result<String, ClientError> {
    let mut settings = GenerationSettings::new();
    settings.with_interface(InterfaceStyle::Builder);
    for secret in dropstub_codegen::secrets(document)? {
        settings.with_replacement(&secret, format!("crate::{secret}"), std::iter::empty());
    }
    let shape = |error| ClientError::Shape(document.name.clone(), error);
    let openapi: openapiv3::OpenAPI = serde_json::from_value(document.value.clone()).map_err(shape)?;
    let tokens = Generator::new(&settings)
        .generate_tokens(&openapi)
        .map_err(|error| ClientError::Progenitor(document.name.clone(), error.into()))?;
    let file = syn::parse2(tokens).expect("progenitor writes Rust");
    Ok(format!("{header}\n\n{}", prettyplease::unparse(&file)))
}
