//! From the model to Rust. One file per part of the stub, in the order in which they stand in it.

mod glue;
mod operations;
mod replies;
mod rules;
mod service;
mod types;

use proc_macro2::TokenStream;
use quote::quote;

use super::Options;
use super::model::Model;

pub(super) fn render(model: &Model, options: &Options<'_>) -> TokenStream {
    let runtime: syn::Path = syn::parse_str(options.runtime).expect("the runtime is a path");
    let parts = [
        types::render(model),
        rules::render(model),
        replies::render(model),
        operations::render(model),
        service::render(model),
        glue::render(model),
    ];
    quote! {
        // The runtime's own modules are named in attributes, where a path has to be written out.
        use #runtime as runtime;
        #[allow(unused_imports, reason = "not every document needs all of them")]
        use runtime::rule::{Additional, Array, Format, Integer, Number, Object, Pattern, Property, Rule, Text};
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
