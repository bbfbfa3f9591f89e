//! The generator of the Rust client, on progenitor.
//!
//! Progenitor panics on documents that it does not support. [`Api`] rejects them with diagnostics before. Its code is
//! rewritten ([`rewrite`]), so that every call passes through the client's transport and has the client's error type.

mod document;
mod listed_values;
mod rewrite;

use dropstub::Failure;
use dropstub_codegen::Api;
use dropstub_document::Document;
pub(crate) use listed_values::ListedValues;
use progenitor::{GenerationSettings, Generator, InterfaceStyle};

/// The module of the generated types.
const TYPES: &str = "generated::types";

/// The formatted source of the client, starting with `header`.
///
/// # Errors
/// Fails if progenitor does not support the document.
pub fn generate(document: &Document, api: &Api, header: &str) -> Result<String, Failure> {
    let mut contract = document.value.clone();
    let listed = ListedValues::extract(&mut contract);
    let mut settings = settings(api, &listed, "crate");
    settings.with_inner_type("crate::transport::Transport".parse().expect("a path"));
    let tokens = Generator::new(&settings)
        .generate_tokens(&openapi(document, contract)?)
        .map_err(|error| Failure::new(format!("{}: progenitor: {error}", document.name)))?;
    let mut file = syn::parse2(tokens).expect("progenitor writes Rust");
    rewrite::rewrite(&mut file, &rewrite::keyed_operations(document), &listed.emit());
    document::document(&mut file);
    Ok(format!("{header}\n\n{}", prettyplease::unparse(&file)))
}

/// The settings of progenitor for a crate in which `client` is the path of the client's crate.
///
/// A component with `x-dropstub-secret: true` is the type of that name at the root of the client's crate, which is written by hand
/// so that it cannot be printed.
pub(crate) fn settings(api: &Api, listed: &ListedValues, client: &str) -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    settings.with_interface(InterfaceStyle::Builder);
    for secret in api.secrets() {
        settings.with_replacement(secret, format!("{client}::{secret}"), std::iter::empty());
    }
    for name in listed.names() {
        settings.with_replacement(name, format!("{client}::{TYPES}::{name}"), std::iter::empty());
    }
    settings
}

/// The contract as progenitor reads it.
///
/// # Errors
/// Fails if it is not an OpenAPI 3.0 document.
pub(crate) fn openapi(document: &Document, contract: serde_json::Value) -> Result<openapiv3::OpenAPI, Failure> {
    serde_json::from_value(contract)
        .map_err(|error| Failure::new(format!("{}: not an OpenAPI 3.0 document: {error}", document.name)))
}
