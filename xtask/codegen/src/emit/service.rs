//! The trait that a server implements.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::doc;
use super::operations::{reply_name, request_name};
use super::types::Types;
use crate::ir::{Location, Model, Operation, Parameter};
use crate::names::ident;

pub(super) fn render(model: &Model) -> TokenStream {
    let gate = model.guarded().then(|| gate_functions(model));
    let gate_types = model.guarded().then(|| gate_types(model));
    let explain = explanations(model).into_iter().map(|(function, error)| {
        quote! {
            /// The body of an answer that the glue gives itself.
            fn #function(fault: &runtime::Fault) -> #error;
        }
    });
    let handlers = model.operations.iter().map(handler);
    let about = doc(Some(&format!("What a server of {} does. One function for each operation.", model.info.title)));
    quote! {
        #gate_types

        #about
        ///
        /// A handler gets what only the glue can make: a caller that was authorized and a request that was validated.
        pub trait Service: Send + Sync + 'static {
            #gate

            #(#explain)*

            #(#handlers)*
        }
    }
}

/// The functions that explain a fault, one for each error schema, and the types of those.
pub(super) fn explanations(model: &Model) -> Vec<(Ident, Ident)> {
    let errors = model.errors();
    let name = |index: usize| format_ident!("{}", model.components[index].rust);
    match errors.as_slice() {
        [only] => vec![(format_ident!("explain"), name(*only))],
        several => several
            .iter()
            .map(|index| {
                let suffix = crate::names::snake(&model.components[*index].rust).unwrap_or_default();
                (format_ident!("explain_as_{suffix}"), name(*index))
            })
            .collect(),
    }
}

fn handler(operation: &Operation) -> TokenStream {
    let (function, request, reply) = (ident(&operation.function), request_name(operation), reply_name(operation));
    let doc = doc(Some(&format!("`{} {}`", operation.method, operation.path)));
    let text =
        [&operation.summary, &operation.description].into_iter().flatten().cloned().collect::<Vec<_>>().join("\n\n");
    let text = super::doc(Some(&text));
    let caller = operation.guarded().then(|| quote!(caller: runtime::Authorized<Self::Caller>,));
    quote! {
        #text
        ///
        #doc
        fn #function(
            &self,
            #caller
            request: runtime::Valid<#request>,
        ) -> impl Future<Output = #reply> + Send;
    }
}

fn gate_functions(model: &Model) -> TokenStream {
    let admit = (!model.gate_headers().is_empty()).then(|| {
        quote! {
            /// Lets a known caller in or not, whatever it may do. The headers go with every answer that documents them.
            ///
            /// The second half is the answer to somebody who is not let in now.
            fn admit(&self, caller: &Self::Caller, operation: &'static runtime::Operation)
            -> (GateHeaders, Result<(), Refusal>);
        }
    });
    let invalid = model.refuses_invalid().then(|| {
        quote! {
            /// The answer to an invalid request, by an operation that has it under another status than 422
            /// (`x-invalid-status`).
            fn invalid(&self, operation: &'static runtime::Operation, problems: &[runtime::Problem]) -> Refusal;
        }
    });
    let check = (!model.checks.is_empty()).then(|| {
        quote! {
            /// Decides what the contract leaves to the service, about one value whose shape is right.
            ///
            /// # Errors
            /// What is wrong with the value. It joins everything else that is wrong with the request.
            fn check(&self, caller: &Self::Caller, check: Check, value: &str) -> Result<(), runtime::Violation>;
        }
    });
    quote! {
        /// Who asks, once that is known.
        type Caller: Send + Sync + 'static;

        /// Finds out who asks. Nothing of the request has been read yet.
        ///
        /// # Errors
        /// The answer to somebody who may not ask at all.
        fn authenticate(
            &self,
            arrival: &runtime::Arrival<'_>,
            credential: &runtime::Credential,
        ) -> impl Future<Output = Result<Self::Caller, Refusal>> + Send;

        #admit

        /// Decides whether the caller may do this, there. `operation` says what it is and which scopes it needs.
        ///
        /// # Errors
        /// The answer to somebody who may not.
        fn authorize(
            &self,
            caller: &Self::Caller,
            operation: &'static runtime::Operation,
            path: &PathParameters,
        ) -> impl Future<Output = Result<(), Refusal>> + Send;

        #invalid

        #check
    }
}

/// Every path parameter of the document, once. Where two operations disagree on the type of one, it is its text.
pub(super) fn path_parameters(model: &Model) -> Vec<(&Parameter, TokenStream)> {
    let types = Types { model, within: None };
    let mut found: Vec<(&Parameter, TokenStream)> = Vec::new();
    for parameter in model.operations.iter().flat_map(|operation| operation.parameters(Location::Path)) {
        let rust = types.rust(&parameter.schema);
        match found.iter_mut().find(|(known, _)| known.rust == parameter.rust) {
            Some((_, known)) if known.to_string() != rust.to_string() => *known = quote!(serde_json::Value),
            Some(_) => {}
            None => found.push((parameter, rust)),
        }
    }
    found
}

fn gate_types(model: &Model) -> TokenStream {
    let fields = path_parameters(model).into_iter().map(|(parameter, rust)| {
        let (field, doc) = (ident(&parameter.rust), doc(parameter.schema.description.as_deref()));
        quote!(#doc pub #field: Option<#rust>,)
    });
    let variants: Vec<_> = model.shared.iter().map(|response| format_ident!("{}", response.rust)).collect();
    let docs = model.shared.iter().map(|response| doc(Some(&format!("{}: {}", response.status, response.description))));
    let checks: Vec<_> =
        model.checks.iter().map(|check| format_ident!("{}", crate::names::pascal(check).unwrap_or_default())).collect();
    let names: Vec<_> = model.checks.iter().collect();
    let check = (!checks.is_empty()).then(|| {
        quote! {
            /// What the contract leaves to the service to check (`x-check`).
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub enum Check { #(#checks,)* }

            impl Check {
                fn named(name: &str) -> Option<Self> {
                    Some(match name { #(#names => Self::#checks,)* _ => return None })
                }
            }
        }
    });
    let gate_headers = model.gate_headers();
    let gate_headers = (!gate_headers.is_empty()).then(|| {
        let fields = gate_headers.into_iter().map(|header| {
            let (field, doc) = (ident(&header.rust), doc(header.description.as_deref()));
            quote!(#doc pub #field: Option<String>,)
        });
        quote! {
            /// What every answer that documents it is told by who lets the caller in (`x-gate`).
            #[derive(Debug, Clone, Default)]
            pub struct GateHeaders { #(#fields)* }
        }
    });
    quote! {
        #gate_headers

        /// The path parameters of a request, for the decision whether the caller may do this there.
        ///
        /// One is absent where the path does not have it, and where its value breaks its rule: such a request is
        /// refused for it later, and never reaches a handler.
        #[derive(Debug, Clone, Default)]
        pub struct PathParameters { #(#fields)* }

        /// An answer that refuses a request before it is looked at.
        #[derive(Debug)]
        pub enum Refusal { #(#docs #variants(#variants),)* }

        #(impl From<#variants> for Refusal {
            fn from(response: #variants) -> Self {
                Self::#variants(response)
            }
        })*

        #check
    }
}
