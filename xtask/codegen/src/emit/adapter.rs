//! What joins the service to dropshot: dropshot's own trait, its implementation for every service, and the account.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::doc;
use super::operations::{endpoint_name, error_name, parameters_name, reply_name, request_name};
use super::service::{explanations, path_parameters};
use crate::ir::{Info, Location, Media, Model, Operation, Use};
use crate::names::ident;

pub(super) fn render(model: &Model) -> TokenStream {
    let parts = [dropshot_trait(model), gate(model), operations(model), entry(model), account(model)];
    quote!(#(#parts)*)
}

fn dropshot_trait(model: &Model) -> TokenStream {
    let endpoints = model.operations.iter().map(|operation| {
        let error = error_name(model, operation);
        let Operation { id, path, tags, deprecated, .. } = operation;
        let (method, function, reply) =
            (format_ident!("{}", operation.method), ident(&operation.function), reply_name(operation));
        let marker = endpoint_name(operation);
        let text = [&operation.summary, &operation.description]
            .into_iter()
            .flatten()
            .cloned()
            .collect::<Vec<_>>()
            .join("\n\n");
        let doc = doc(Some(&text));
        let deprecated = deprecated.then(|| quote!(, deprecated = true));
        let returned = returned(operation, &reply);
        let content_type = operation.body.as_ref().filter(|body| body.media == Media::Form).map(|body| {
            let name = body.media.name();
            quote!(, content_type = #name)
        });
        quote! {
            #doc
            #[endpoint { method = #method, path = #path, operation_id = #id, tags = [#(#tags),*] #deprecated #content_type }]
            async fn #function(
                context: dropshot::RequestContext<Self::Context>,
                incoming: runtime::Incoming<#marker>,
            ) -> Result<#returned, runtime::Failure<#error>>;
        }
    });
    let implementations = model.operations.iter().map(|operation| {
        let error = error_name(model, operation);
        let (function, reply, marker) = (ident(&operation.function), reply_name(operation), endpoint_name(operation));
        let serve = if operation.guarded() { quote!(runtime::guarded) } else { quote!(runtime::public) };
        let returned = returned(operation, &reply);
        quote! {
            async fn #function(
                context: dropshot::RequestContext<Self::Context>,
                incoming: runtime::Incoming<#marker>,
            ) -> Result<#returned, runtime::Failure<#error>> {
                #serve::<Self, #marker>(context, incoming).await
            }
        }
    });
    let tags = model.tags.iter().map(|tag| {
        let described = |text: &Option<String>| text.as_ref().map(|text| quote!(description = #text,));
        let (name, description) = (&tag.name, described(&tag.description));
        let external = tag.external.as_ref().map(|(url, description)| {
            let description = described(description);
            quote!(external_docs = { #description url = #url },)
        });
        quote!(#name = { #description #external })
    });
    quote! {
        #[dropshot::api_description { module = "described", tag_config = { tags = { #(#tags),* } } }]
        trait Described {
            type Context;
            #(#endpoints)*
        }

        /// Joins a service to dropshot. It is never made.
        struct Glue<S>(std::convert::Infallible, std::marker::PhantomData<fn() -> S>);

        impl<S: Service> Described for Glue<S> {
            type Context = runtime::Context<S>;
            #(#implementations)*
        }
    }
}

/// A reply as it leaves: that of a guarded operation with what the gate says.
fn returned(operation: &Operation, reply: &Ident) -> TokenStream {
    if operation.guarded() { quote!(runtime::Stamped<#reply>) } else { quote!(#reply) }
}

/// How a fault is explained, in each of the error schemas.
fn explain(model: &Model) -> TokenStream {
    let explain = explanations(model).into_iter().map(|(function, error)| {
        quote! {
            impl<S: Service> runtime::Explain<#error> for Glue<S> {
                fn explain(fault: &runtime::Fault) -> #error {
                    S::#function(fault)
                }
            }
        }
    });
    // An operation that documents no error says nothing in one.
    let silent = (model.errors().len() != 1 && model.operations.iter().any(|operation| operation.error.is_none()))
        .then(|| {
            quote! {
                impl<S: Service> runtime::Explain<()> for Glue<S> {
                    fn explain(_: &runtime::Fault) {}
                }
            }
        });
    quote!(#(#explain)* #silent)
}

fn gate(model: &Model) -> TokenStream {
    let gate = model.guarded().then(|| {
        let fields: Vec<_> = path_parameters(model)
            .into_iter()
            .map(|(parameter, _)| {
                let (field, name) = (ident(&parameter.rust), &parameter.name);
                quote!(#field: path.get(#name),)
            })
            .collect();
        let unused = fields.is_empty().then(|| quote!(let _ = path;));
        let check = if model.checks.is_empty() {
            quote! {
                let _ = (service, caller, value);
                unreachable!("the contract has no x-check {check}")
            }
        } else {
            quote! {
                let check = Check::named(check).expect("the tables name the contract's checks only");
                service.check(caller, check, value)
            }
        };
        let admit = if model.gate_headers().is_empty() {
            quote! {
                let _ = (service, caller, operation);
                runtime::Admission::free()
            }
        } else {
            let headers = model.gate_headers().into_iter().map(|header| {
                let (name, field) = (&header.name, ident(&header.rust));
                quote!((#name, headers.#field))
            });
            quote! {
                let (headers, verdict) = service.admit(caller, operation);
                runtime::Admission { verdict, headers: vec![#(#headers),*] }
            }
        };
        let invalid = if model.refuses_invalid() {
            quote!(service.invalid(operation, problems))
        } else {
            quote! {
                let _ = (service, problems);
                unreachable!("the contract has no x-invalid-status: {}", operation.id)
            }
        };
        quote! {
            impl<S: Service> runtime::Gate for Glue<S> {
                type Caller = S::Caller;
                type Refusal = Refusal;

                async fn authenticate(
                    service: &S,
                    arrival: &runtime::Arrival<'_>,
                    credential: &runtime::Credential,
                ) -> Result<S::Caller, Refusal> {
                    service.authenticate(arrival, credential).await
                }

                fn admit(
                    service: &S,
                    caller: &S::Caller,
                    operation: &'static runtime::Operation,
                ) -> runtime::Admission<Refusal> {
                    #admit
                }

                fn invalid(
                    service: &S,
                    operation: &'static runtime::Operation,
                    problems: &[runtime::Problem],
                ) -> Refusal {
                    #invalid
                }

                async fn authorize(
                    service: &S,
                    caller: &S::Caller,
                    operation: &'static runtime::Operation,
                    path: &runtime::PathValues<'_>,
                ) -> Result<(), Refusal> {
                    #unused
                    let path = PathParameters { #(#fields)* };
                    service.authorize(caller, operation, &path).await
                }

                fn check(service: &S, caller: &S::Caller, check: &'static str, value: &str) -> Result<(), runtime::Violation> {
                    #check
                }
            }
        }
    });
    let explain = explain(model);
    quote! {
        impl<S: Service> runtime::Serves for Glue<S> {
            type Service = S;
        }

        #explain

        #gate
    }
}

fn operations(model: &Model) -> TokenStream {
    let implementations = model.operations.iter().map(|operation| {
        let (marker, function) = (endpoint_name(operation), ident(&operation.function));
        let (request, reply) = (request_name(operation), reply_name(operation));
        if !operation.guarded() {
            return quote! {
                impl<S: Service> runtime::Public<Glue<S>> for #marker {
                    async fn handle(service: &S, request: runtime::Valid<#request>) -> #reply {
                        service.#function(request).await
                    }
                }
            };
        }
        let refusals = refusals(model, operation, &reply);
        quote! {
            impl<S: Service> runtime::Guarded<Glue<S>> for #marker {
                fn refused(refusal: Refusal) -> Result<#reply, Refusal> {
                    match refusal { #(#refusals)* }
                }

                async fn handle(
                    service: &S,
                    caller: runtime::Authorized<S::Caller>,
                    request: runtime::Valid<#request>,
                ) -> #reply {
                    service.#function(caller, request).await
                }
            }
        }
    });
    quote!(#(#implementations)*)
}

/// The arms that let a refusal become a reply, where the operation documents it.
fn refusals(model: &Model, operation: &Operation, reply: &Ident) -> Vec<TokenStream> {
    let documents =
        |index| operation.responses.iter().any(|response| matches!(response, Use::Shared(it) if *it == index));
    let (known, other): (Vec<_>, Vec<_>) = (0..model.shared.len()).partition(|index| documents(*index));
    let mut arms: Vec<_> = known
        .iter()
        .map(|index| {
            let name = format_ident!("{}", model.shared[*index].rust);
            quote!(Refusal::#name(response) => Ok(#reply::#name(response)),)
        })
        .collect();
    if !other.is_empty() {
        arms.push(quote!(other => Err(other),));
    }
    arms
}

fn entry(model: &Model) -> TokenStream {
    let mut paths: BTreeMap<&str, &Operation> = BTreeMap::new();
    for operation in &model.operations {
        paths.entry(&operation.path).or_insert(operation);
    }
    let refuse = paths.into_iter().map(|(path, operation)| {
        let parameters = if operation.parameters(Location::Path).next().is_some() {
            let name = parameters_name(operation, Location::Path);
            quote!(#name)
        } else {
            quote!(runtime::schema::NoParameters)
        };
        let error = error_name(model, operation);
        quote!(runtime::refuse_others::<Glue<S>, #error, #parameters>(&mut api, OPERATIONS, #path)?;)
    });
    quote! {
        /// The contract's endpoints for dropshot to serve, answered by `S`. Other methods on their paths are 405.
        ///
        /// # Errors
        /// Where dropshot refuses an endpoint, which the generator has seen to that it does not.
        pub fn api<S: Service>() -> Result<dropshot::ApiDescription<runtime::Context<S>>, Box<dyn std::error::Error>> {
            let mut api = described::api_description::<Glue<S>>()?;
            #(#refuse)*
            Ok(api)
        }
    }
}

fn account(model: &Model) -> TokenStream {
    let Info { title, version, told } = &model.info;
    let (servers, schemes) = (model.servers.to_string(), model.security_schemes.to_string());
    let secrets = model.components.iter().filter(|component| component.secret).map(|component| &component.name);
    let mutable = (!told.is_empty()).then(|| quote!(mut));
    let told = told.iter().map(|(function, said)| {
        let function = format_ident!("{function}");
        quote!(definition.#function(#(#said),*);)
    });
    quote! {
        /// The stub's account of itself: what dropshot emits from these types, and the tables that the glue runs on.
        ///
        /// # Panics
        /// Where dropshot refuses an endpoint, which the generator has seen to that it does not.
        #[must_use]
        pub fn account() -> serde_json::Value {
            let described = described::stub_api_description().expect("dropshot takes the endpoints");
            let #mutable definition = described.openapi(#title, dropshot::semver::Version::parse(#version).expect("the generator has read it"));
            #(#told)*
            let document = definition.json().expect("the document is JSON");
            let statements = runtime::Statements {
                servers: #servers,
                security_schemes: #schemes,
                secrets: &[#(#secrets),*],
            };
            runtime::account(&document, &statements, OPERATIONS)
        }
    }
}
