//! The generator of the typed mocks, on progenitor's extension of httpmock.
//!
//! Progenitor knows the requests and the bodies of responses. The rewritten code ([`operations`]) has the headers and the errors
//! of the contract, too, and [`fixtures`] are its examples.

mod bodies;
mod contract;
mod errors;
mod fixtures;
mod operations;

use dropstub::Failure;
use dropstub_codegen::Api;
use dropstub_document::Document;
use progenitor::Generator;

use crate::client::{self, ListedValues};

/// The crate of the client in the generated code.
const CLIENT: &str = "aether_client";

/// The formatted source of the typed mocks, starting with `header`.
///
/// # Errors
/// Fails if progenitor does not support the document, or the document has no example or type that a mock needs.
pub fn generate(document: &Document, api: &Api, header: &str) -> Result<String, Failure> {
    let mut contract = document.value.clone();
    let listed = ListedValues::extract(&mut contract);
    let settings = client::settings(api, &listed, CLIENT);
    let tokens = Generator::new(&settings)
        .httpmock(&client::openapi(document, contract)?, &format!("{CLIENT}::generated"))
        .map_err(|error| Failure::new(format!("{}: progenitor: {error}", document.name)))?;
    let mut file = syn::parse2(tokens).expect("progenitor writes Rust");
    let operations = contract::operations(document);
    let bodies = bodies::Bodies::new(document, &operations, &api.secrets());
    operations::rewrite(&mut file, &operations, &bodies)
        .map_err(|problem| Failure::new(format!("{}: {problem}", document.name)))?;
    file.items.extend([fixtures::emit(document), bodies.emit(), errors::emit(&operations)]);
    Ok(format!("{header}\n\n{}", prettyplease::unparse(&file)))
}
