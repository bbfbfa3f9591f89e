//! The trait that a server implements.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::doc;
use super::operations::{request_name, response_name};
use super::types::Types;
use crate::ir::{Location, Model, Operation, Parameter};
use crate::names::ident;

pub(super) fn emit(model: &Model) -> TokenStream {
    let access_control = model.guarded().then(|| access_control_functions(model));
    let types = model.guarded().then(|| access_control_types(model));
    let error_bodies = error_bodies(model).into_iter().map(|(function, error)| {
        quote! {
            /// The body of a response that the stub sends itself.
            fn #function(rejection: &runtime::Rejection) -> #error;
        }
    });
    let handlers = model.operations.iter().map(handler);
    let about = doc(Some(&format!("The service behind {}, with one function for each operation.", model.info.title)));
    quote! {
        #types

        #about
        ///
        /// The stub calls a handler with an authorized caller and a valid request, which only the runtime can create.
        pub trait Service: Send + Sync + 'static {
            #access_control

            #(#error_bodies)*

            #(#handlers)*
        }
    }
}

/// The functions for bodies of rejections, one for each error schema, with the type of the schema.
pub(super) fn error_bodies(model: &Model) -> Vec<(Ident, Ident)> {
    let errors = model.errors();
    let name = |index: usize| format_ident!("{}", model.components[index].rust);
    match errors.as_slice() {
        [only] => vec![(format_ident!("error_body"), name(*only))],
        several => several
            .iter()
            .map(|index| {
                let suffix = crate::names::snake(&model.components[*index].rust).unwrap_or_default();
                (format_ident!("error_body_as_{suffix}"), name(*index))
            })
            .collect(),
    }
}

fn handler(operation: &Operation) -> TokenStream {
    let (function, request, response) = (ident(&operation.function), request_name(operation), response_name(operation));
    let doc = doc(Some(&format!("`{} {}`", operation.method, operation.path)));
    let text = super::doc(Some(&operation.documentation()));
    let caller = operation.guarded().then(|| quote!(caller: runtime::Authorized<Self::Caller>,));
    let attempt = operation.replay.is_some().then(|| quote!(attempt: Self::Attempt,));
    let checked = operation.checked.then(|| quote!(checked: Self::Checked,));
    let replay = operation.replay.as_ref().map(|replay| {
        let (replay, doc) = (ident(replay), super::doc(Some(&format!("The replay of `{}`.", operation.id))));
        quote! {
            #doc
            /// It runs after authorization and validation, before the service's checks.
            ///
            /// # Errors
            /// The response to send: that of an earlier request with the same key, or a conflict.
            fn #replay(
                &self,
                caller: &runtime::Authorized<Self::Caller>,
                request: &runtime::Valid<#request>,
            ) -> impl Future<Output = Result<Self::Attempt, #response>> + Send;
        }
    });
    quote! {
        #replay

        #text
        ///
        #doc
        fn #function(
            &self,
            #caller
            #attempt
            #checked
            request: runtime::Valid<#request>,
        ) -> impl Future<Output = #response> + Send;
    }
}

fn access_control_functions(model: &Model) -> TokenStream {
    let admit = (!model.admission_headers().is_empty()).then(|| {
        quote! {
            /// Decides whether a caller's request may proceed now, whatever its permissions. Every response that documents the
            /// headers has them.
            ///
            /// The second value is the response to a request that may not proceed.
            fn admit(&self, caller: &Self::Caller, operation: &'static runtime::Operation)
            -> (AdmissionHeaders, Result<(), Denial>);
        }
    });
    let invalid = model.denies_invalid().then(|| {
        quote! {
            /// The response to an invalid request of an operation with another status than 422
            /// (`x-dropstub-invalid-status`).
            fn invalid_request(&self, operation: &'static runtime::Operation, problems: &[runtime::Problem]) -> Denial;
        }
    });
    let check = (!model.checks.is_empty()).then(|| {
        quote! {
            /// The result of the checks of a request. The handler receives it.
            type Checked: Send;

            /// Checks the values with an `x-dropstub-check`, in the order of the request.
            ///
            /// # Errors
            /// Violations, each with the index of its value. The response reports them with every other problem.
            fn check(
                &self,
                caller: &Self::Caller,
                values: &[(Check, &str)],
            ) -> Result<Self::Checked, Vec<(usize, runtime::Violation)>>;
        }
    });
    let attempt = model.operations.iter().any(|operation| operation.replay.is_some()).then(|| {
        quote! {
            /// The state of an idempotent request between the replay and the handler.
            type Attempt: Send;
        }
    });
    quote! {
        /// The authenticated caller.
        type Caller: Send + Sync + 'static;

        #attempt

        /// Identifies the caller. The request has not been read yet.
        ///
        /// # Errors
        /// The response to a request without a valid credential.
        fn authenticate(
            &self,
            meta: &runtime::RequestMeta<'_>,
            credential: &runtime::Credential,
        ) -> impl Future<Output = Result<Self::Caller, Denial>> + Send;

        #admit

        /// Decides whether the caller may perform the operation on the resource. `operation` has the required scopes.
        ///
        /// # Errors
        /// The response to a caller that may not.
        fn authorize(
            &self,
            caller: &Self::Caller,
            operation: &'static runtime::Operation,
            path: &PathParameters,
        ) -> impl Future<Output = Result<(), Denial>> + Send;

        #invalid

        #check
    }
}

/// The path parameters of all operations. A parameter with different types is a JSON value.
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

fn access_control_types(model: &Model) -> TokenStream {
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
            /// The checks of the service (`x-dropstub-check`).
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub enum Check { #(#checks,)* }

            impl Check {
                fn named(name: &str) -> Option<Self> {
                    Some(match name { #(#names => Self::#checks,)* _ => return None })
                }
            }
        }
    });
    let admission_headers = model.admission_headers();
    let admission_headers = (!admission_headers.is_empty()).then(|| {
        let fields = admission_headers.into_iter().map(|header| {
            let (field, doc) = (ident(&header.rust), doc(header.description.as_deref()));
            quote!(#doc pub #field: Option<String>,)
        });
        quote! {
            /// The headers of admission control (`x-dropstub-admission`).
            #[derive(Debug, Clone, Default)]
            pub struct AdmissionHeaders { #(#fields)* }
        }
    });
    quote! {
        #admission_headers

        /// The path parameters of a request, for authorization.
        ///
        /// A parameter is `None` if the path does not have it or its value is invalid. An invalid request is rejected later.
        #[derive(Debug, Clone, Default)]
        pub struct PathParameters { #(#fields)* }

        /// A response that denies a request before it is read.
        #[derive(Debug)]
        pub enum Denial { #(#docs #variants(#variants),)* }

        #(impl From<#variants> for Denial {
            fn from(response: #variants) -> Self {
                Self::#variants(response)
            }
        })*

        #check
    }
}
