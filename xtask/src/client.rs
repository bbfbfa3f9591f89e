//! The generator of the Rust client, on progenitor.
//!
//! Progenitor panics on documents that it does not support. [`Api`] rejects them with diagnostics before.

use dropstub::Failure;
use dropstub_codegen::Api;
use dropstub_document::Document;
use progenitor::{GenerationSettings, Generator, InterfaceStyle};

/// The formatted source of the client, starting with `header`.
///
/// A component with `x-dropstub-secret: true` is the type of that name at the root of the client's crate, which is written by hand
/// so that it cannot be printed.
///
/// # Errors
/// Fails if progenitor does not support the document.
pub fn generate(document: &Document, api: &Api, header: &str) -> Result<String, Failure> {
    let mut settings = GenerationSettings::new();
    settings.with_interface(InterfaceStyle::Builder);
    for secret in api.secrets() {
        settings.with_replacement(secret, format!("crate::{secret}"), std::iter::empty());
    }
    let name = &document.name;
    let openapi: openapiv3::OpenAPI = serde_json::from_value(document.value.clone())
        .map_err(|error| Failure::new(format!("{name}: not an OpenAPI 3.0 document: {error}")))?;
    let tokens = Generator::new(&settings)
        .generate_tokens(&openapi)
        .map_err(|error| Failure::new(format!("{name}: progenitor: {error}")))?;
    let file = syn::parse2(tokens).expect("progenitor writes Rust");
    Ok(format!("{header}\n\n{}", prettyplease::unparse(&file)))
}
