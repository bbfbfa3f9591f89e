//! The Rust code of the intermediate representation, one module per part of the stub, in the order of the stub.

mod adapter;
mod evaluation;
mod operations;
mod responses;
mod rules;
mod service;
mod types;

use proc_macro2::TokenStream;
use quote::quote;

use crate::Options;
use crate::ir::Model;

/// The items of the stub.
pub(super) fn emit(model: &Model, options: &Options<'_>) -> syn::File {
    let runtime: syn::Path = syn::parse_str(options.runtime).expect("the runtime is a path");
    let parts = [
        types::emit(model),
        rules::emit(model),
        responses::emit(model),
        operations::emit(model),
        service::emit(model),
        adapter::emit(model),
        if model.evaluation { evaluation::emit(model) } else { TokenStream::new() },
    ];
    let tokens = quote! {
        // Attributes need the full paths of the runtime's modules.
        use #runtime as runtime;
        #[allow(unused_imports, reason = "not every document needs it")]
        use runtime::rule;
        #(#parts)*
    };
    syn::parse2(tokens).expect("the emitter writes Rust")
}

/// A description as a doc comment.
fn doc(text: Option<&str>) -> TokenStream {
    let lines = text.unwrap_or_default().trim().lines().map(|line| format!(" {}", line.trim_end().replace('\r', " ")));
    quote!(#(#[doc = #lines])*)
}

/// `Some(value)`, or `None`.
fn option<T: quote::ToTokens>(value: Option<T>) -> TokenStream {
    value.map_or_else(|| quote!(None), |value| quote!(Some(#value)))
}

/// The overlay of a schema as a JSON literal; an empty text without one.
fn json(overlay: &serde_json::Map<String, serde_json::Value>) -> proc_macro2::Literal {
    if overlay.is_empty() {
        return proc_macro2::Literal::string("");
    }
    let text = serde_json::Value::from(overlay.clone()).to_string();
    // A raw literal is readable. JSON escapes carriage returns, which a raw literal cannot contain.
    let marks = (1..=text.len() + 1).map(|count| "#".repeat(count)).find(|marks| !text.contains(&format!("\"{marks}")));
    let marks = marks.expect("a text ends");
    format!("r{marks}\"{text}\"{marks}").parse().expect("a raw string ends with its marks")
}
