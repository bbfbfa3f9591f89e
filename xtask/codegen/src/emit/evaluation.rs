//! The function that evaluates a value with the type and the rule of a component.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::ir::Model;
use crate::names::shouty;

pub(super) fn emit(model: &Model) -> TokenStream {
    let components = model.components.iter().filter(|component| !component.inline);
    let arms = components.map(|component| {
        let (name, rust, rule) =
            (&component.name, format_ident!("{}", component.rust), shouty(&component.rust, "RULE"));
        quote!(#name => runtime::evaluate::<#rust>(&#rule, value),)
    });
    quote! {
        /// Evaluates a value with the type and the rule of a component schema; `None` if there is no such type.
        #[must_use]
        pub fn evaluate(component: &str, value: &serde_json::Value) -> Option<runtime::Evaluation> {
            Some(match component { #(#arms)* _ => return None })
        }
    }
}
