//! From the model to Rust. One file per part of the stub, in the order in which they stand in it.

mod adapter;
mod conformance;
mod operations;
mod responses;
mod rules;
mod service;
mod types;

use proc_macro2::TokenStream;
use quote::quote;

use crate::Options;
use crate::ir::Model;

pub(super) fn render(model: &Model, options: &Options<'_>) -> TokenStream {
    let runtime: syn::Path = syn::parse_str(options.runtime).expect("the runtime is a path");
    let parts = [
        types::render(model),
        rules::render(model),
        responses::render(model),
        operations::render(model),
        service::render(model),
        adapter::render(model),
        if options.witness { conformance::render(model) } else { TokenStream::new() },
    ];
    quote! {
        // The runtime's own modules are named in attributes, where a path has to be written out.
        use #runtime as runtime;
        #[allow(unused_imports, reason = "not every document needs it")]
        use runtime::rule;
        #(#parts)*
    }
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

/// What stands beside a schema, as JSON in a literal; nothing for nothing.
fn json(beside: &serde_json::Map<String, serde_json::Value>) -> proc_macro2::Literal {
    if beside.is_empty() {
        return proc_macro2::Literal::string("");
    }
    let text = serde_json::Value::from(beside.clone()).to_string();
    // Raw, for those who read it. A carriage return is the one thing that JSON has escaped and no literal may hold bare.
    let marks = (1..=text.len() + 1).map(|count| "#".repeat(count)).find(|marks| !text.contains(&format!("\"{marks}")));
    let marks = marks.expect("a text ends");
    format!("r{marks}\"{text}\"{marks}").parse().expect("a raw string ends with its marks")
}
