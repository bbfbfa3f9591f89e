//! The function that puts a value through the type and the rule of a component.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::ir::Model;
use crate::names::shouty;

pub(super) fn render(model: &Model) -> TokenStream {
    let components = model.components.iter().filter(|component| !component.inline);
    let arms = components.map(|component| {
        let (name, rust, rule) =
            (&component.name, format_ident!("{}", component.rust), shouty(&component.rust, "RULE"));
        quote!(#name => runtime::witness::<#rust>(&#rule, value),)
    });
    quote! {
        /// What the type and the rule of a component schema make of a value; nothing where there is no such type.
        #[must_use]
        pub fn witness(component: &str, value: &serde_json::Value) -> Option<runtime::Witness> {
            Some(match component { #(#arms)* _ => return None })
        }
    }
}
