//! The examples of the contract's schemas as functions.

use dropstub_document::Document;
use heck::ToSnakeCase;
use quote::{format_ident, quote};
use syn::Item;

use super::contract::objects;

/// The source of one function for each object with an example.
pub(super) fn emit(document: &Document) -> Item {
    let functions = objects(document).filter_map(|(name, schema)| {
        let example = schema.get("example")?.value.to_string();
        let (function, ty) = (format_ident!("{}", name.to_snake_case()), format_ident!("{name}"));
        let description = format!(" {}", schema.str("description").unwrap_or_default());
        Some(quote! {
            #[doc = #description]
            #[doc = ""]
            #[doc = " It is the example of the contract."]
            #[must_use]
            pub fn #function() -> types::#ty {
                crate::fixtures::parse(#example)
            }
        })
    });
    syn::parse_quote! {
        /// The examples of the contract.
        pub(crate) mod fixtures {
            use aether_client::generated::types;

            #(#functions)*
        }
    }
}
