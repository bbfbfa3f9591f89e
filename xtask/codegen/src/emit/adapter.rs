//! The adapter between services and the servers: dropshot's API trait, its implementation for every service, the router, and the manifest.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::doc;
use super::operations::{endpoint_name, error_name, parameters_name, request_name, response_name};
use super::service::{error_bodies, path_parameters};
use crate::ir::{Info, License, Location, Media, Model, Operation, Use};
use crate::names::ident;

pub(super) fn emit(model: &Model) -> TokenStream {
    let parts = [dropshot_trait(model), access_control(model), operations(model), entry(model), manifest(model)];
    quote!(#(#parts)*)
}

fn dropshot_trait(model: &Model) -> TokenStream {
    let endpoints = model.operations.iter().map(|operation| {
        let error = error_name(model, operation);
        let Operation { id, path, tags, deprecated, .. } = operation;
        let (method, function, response) =
            (format_ident!("{}", operation.method), ident(&operation.function), response_name(operation));
        let marker = endpoint_name(operation);
        let doc = doc(Some(&operation.documentation()));
        let deprecated = deprecated.then(|| quote!(, deprecated = true));
        let returned = returned(operation, &response);
        let content_type = operation.body.as_ref().filter(|body| body.media == Media::Form).map(|body| {
            let name = body.media.name();
            quote!(, content_type = #name)
        });
        quote! {
            #doc
            #[endpoint { method = #method, path = #path, operation_id = #id, tags = [#(#tags),*] #deprecated #content_type }]
            async fn #function(
                context: dropshot::RequestContext<Self::Context>,
                request: runtime::RawRequest<#marker>,
            ) -> Result<#returned, runtime::ErrorSchema<#error>>;
        }
    });
    let implementations = model.operations.iter().map(|operation| {
        let error = error_name(model, operation);
        let (function, response, marker) =
            (ident(&operation.function), response_name(operation), endpoint_name(operation));
        let serve = if operation.guarded() { quote!(runtime::guarded) } else { quote!(runtime::public) };
        let returned = returned(operation, &response);
        quote! {
            async fn #function(
                context: dropshot::RequestContext<Self::Context>,
                request: runtime::RawRequest<#marker>,
            ) -> Result<#returned, runtime::ErrorSchema<#error>> {
                #serve::<Self, #marker>(context, request).await
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
        trait DescribedApi {
            type Context;
            #(#endpoints)*
        }

        /// The adapter between a service and dropshot. It is never instantiated.
        struct Adapter<S>(std::convert::Infallible, std::marker::PhantomData<fn() -> S>);

        impl<S: Service> DescribedApi for Adapter<S> {
            type Context = runtime::Context<S>;
            #(#implementations)*
        }
    }
}

/// The returned type: responses of guarded operations have the headers of admission control.
fn returned(operation: &Operation, response: &Ident) -> TokenStream {
    if operation.guarded() { quote!(runtime::WithHeaders<#response>) } else { quote!(#response) }
}

/// The bodies of rejections, in each of the error schemas.
fn rejection_bodies(model: &Model) -> TokenStream {
    let bodies = error_bodies(model).into_iter().map(|(function, error)| {
        quote! {
            impl<S: Service> runtime::RejectionBody<#error> for Adapter<S> {
                fn error_body(rejection: &runtime::Rejection) -> #error {
                    S::#function(rejection)
                }
            }
        }
    });
    // An operation without documented errors has no error body.
    let silent = (model.errors().len() != 1 && model.operations.iter().any(|operation| operation.error.is_none()))
        .then(|| {
            quote! {
                impl<S: Service> runtime::RejectionBody<()> for Adapter<S> {
                    fn error_body(_: &runtime::Rejection) {}
                }
            }
        });
    quote!(#(#bodies)* #silent)
}

fn access_control(model: &Model) -> TokenStream {
    let access_control = model.guarded().then(|| {
        let fields: Vec<_> = path_parameters(model)
            .into_iter()
            .map(|(parameter, _)| {
                let (field, name) = (ident(&parameter.rust), &parameter.name);
                quote!(#field: path.get(#name),)
            })
            .collect();
        let unused = fields.is_empty().then(|| quote!(let _ = path;));
        let admit = if model.admission_headers().is_empty() {
            quote! {
                let _ = (service, caller, operation);
                runtime::Admission::granted()
            }
        } else {
            let headers = model.admission_headers().into_iter().map(|header| {
                let (name, field) = (&header.name, ident(&header.rust));
                quote!((#name, headers.#field))
            });
            quote! {
                let (headers, verdict) = service.admit(caller, operation);
                runtime::Admission { verdict, headers: vec![#(#headers),*] }
            }
        };
        let invalid = if model.denies_invalid() {
            quote!(service.invalid_request(operation, problems))
        } else {
            quote! {
                let _ = (service, problems);
                unreachable!("the document has no x-dropstub-invalid-status: {}", operation.id)
            }
        };
        quote! {
            impl<S: Service> runtime::AccessControl for Adapter<S> {
                type Caller = S::Caller;
                type Denial = Denial;

                async fn authenticate(
                    service: &S,
                    meta: &runtime::RequestMeta<'_>,
                    credential: &runtime::Credential,
                ) -> Result<S::Caller, Denial> {
                    service.authenticate(meta, credential).await
                }

                fn admit(
                    service: &S,
                    caller: &S::Caller,
                    operation: &'static runtime::Operation,
                ) -> runtime::Admission<Denial> {
                    #admit
                }

                fn invalid_request(
                    service: &S,
                    operation: &'static runtime::Operation,
                    problems: &[runtime::Problem],
                ) -> Denial {
                    #invalid
                }

                async fn authorize(
                    service: &S,
                    caller: &S::Caller,
                    operation: &'static runtime::Operation,
                    path: &runtime::PathValues<'_>,
                ) -> Result<(), Denial> {
                    #unused
                    let path = PathParameters { #(#fields)* };
                    service.authorize(caller, operation, &path).await
                }
            }
        }
    });
    let bodies = rejection_bodies(model);
    quote! {
        impl<S: Service> runtime::ServiceAdapter for Adapter<S> {
            type Service = S;
        }

        #bodies

        #access_control
    }
}

fn operations(model: &Model) -> TokenStream {
    let implementations = model.operations.iter().map(|operation| {
        let (marker, function) = (endpoint_name(operation), ident(&operation.function));
        let (request, response) = (request_name(operation), response_name(operation));
        if !operation.guarded() {
            return quote! {
                impl<S: Service> runtime::Public<Adapter<S>> for #marker {
                    async fn handle(service: &S, request: runtime::Valid<#request>) -> #response {
                        service.#function(request).await
                    }
                }
            };
        }
        let denials = denials(model, operation, &response);
        let (attempt, replay) = replay(operation);
        let (checked, check) = check(operation);
        let attempt_argument = operation.replay.is_some().then(|| quote!(attempt,));
        let checked_argument = operation.checked.then(|| quote!(checked,));
        let attempt_parameter =
            if operation.replay.is_some() { quote!(attempt: Self::Attempt) } else { quote!((): Self::Attempt) };
        let checked_parameter =
            if operation.checked { quote!(checked: Self::Checked) } else { quote!((): Self::Checked) };
        quote! {
            impl<S: Service> runtime::Guarded<Adapter<S>> for #marker {
                type Attempt = #attempt;
                type Checked = #checked;

                fn denied(denial: Denial) -> Result<#response, Denial> {
                    match denial { #(#denials)* }
                }

                #replay

                #check

                async fn handle(
                    service: &S,
                    caller: runtime::Authorized<S::Caller>,
                    #attempt_parameter,
                    #checked_parameter,
                    request: runtime::Valid<#request>,
                ) -> #response {
                    service.#function(caller, #attempt_argument #checked_argument request).await
                }
            }
        }
    });
    quote!(#(#implementations)*)
}

/// The type of an attempt, and the function that looks for an earlier response.
fn replay(operation: &Operation) -> (TokenStream, TokenStream) {
    let (request, response) = (request_name(operation), response_name(operation));
    let (attempt, service, caller, value, body) = if let Some(replay) = &operation.replay {
        let function = ident(replay);
        let body = quote!(service.#function(caller, request).await);
        (quote!(S::Attempt), quote!(service), quote!(caller), quote!(request), body)
    } else {
        (quote!(()), quote!(_), quote!(_), quote!(_), quote!(Ok(())))
    };
    let function = quote! {
        async fn replay(
            #service: &S,
            #caller: &runtime::Authorized<S::Caller>,
            #value: &runtime::Valid<#request>,
        ) -> Result<#attempt, #response> {
            #body
        }
    };
    (attempt, function)
}

/// The type of the result of checks, and the function that performs them.
fn check(operation: &Operation) -> (TokenStream, TokenStream) {
    if !operation.checked {
        let function = quote! {
            fn check(_: &S, _: &S::Caller, _: &[runtime::Unchecked]) -> Result<(), Vec<(usize, runtime::Violation)>> {
                Ok(())
            }
        };
        return (quote!(()), function);
    }
    let function = quote! {
        fn check(
            service: &S,
            caller: &S::Caller,
            values: &[runtime::Unchecked],
        ) -> Result<S::Checked, Vec<(usize, runtime::Violation)>> {
            let named = |it| Check::named(it).expect("the tables only contain the checks of the document");
            let values: Vec<_> = values.iter().map(|it| (named(it.check), it.value.as_str())).collect();
            service.check(caller, &values)
        }
    };
    (quote!(S::Checked), function)
}

/// The match arms of denials that the operation documents as responses.
fn denials(model: &Model, operation: &Operation, response: &Ident) -> Vec<TokenStream> {
    let documents =
        |index| operation.responses.iter().any(|response| matches!(response, Use::Shared(it) if *it == index));
    let (known, other): (Vec<_>, Vec<_>) = (0..model.shared.len()).partition(|index| documents(*index));
    let mut arms: Vec<_> = known
        .iter()
        .map(|index| {
            let name = format_ident!("{}", model.shared[*index].rust);
            quote!(Denial::#name(response) => Ok(#response::#name(response)),)
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
    let method_not_allowed = paths.into_iter().map(|(path, operation)| {
        let parameters = if operation.parameters(Location::Path).next().is_some() {
            let name = parameters_name(operation, Location::Path);
            quote!(#name)
        } else {
            quote!(runtime::schema::NoParameters)
        };
        let error = error_name(model, operation);
        quote!(runtime::method_not_allowed::<Adapter<S>, #error, #parameters>(&mut api, OPERATIONS, #path)?;)
    });
    let endpoints = model.operations.iter().map(|operation| {
        let (marker, kind) = (endpoint_name(operation), if operation.guarded() { "guarded" } else { "public" });
        let kind = ident(kind);
        quote!(router.#kind::<Adapter<S>, #marker>();)
    });
    let error = model.operations.first().map_or_else(|| quote!(()), |operation| error_name(model, operation));
    quote! {
        /// The router of the API, served by `S`, for [`runtime::server::Server`].
        #[must_use]
        pub fn router<S: Service>() -> runtime::Router<S> {
            let mut router = runtime::Router::new::<Adapter<S>, #error>();
            #(#endpoints)*
            router
        }

        /// Dropshot's description of the API, served by `S`. Undocumented methods of its paths are 405.
        ///
        /// # Errors
        /// Fails if dropshot does not accept an endpoint. The generator only emits accepted ones.
        pub fn api<S: Service>() -> Result<dropshot::ApiDescription<runtime::Context<S>>, Box<dyn std::error::Error>> {
            let mut api = described::api_description::<Adapter<S>>()?;
            #(#method_not_allowed)*
            Ok(api)
        }
    }
}

fn manifest(model: &Model) -> TokenStream {
    let Info { title, version, .. } = &model.info;
    let (servers, schemes) = (model.servers.to_string(), model.security_schemes.to_string());
    let secrets = model.components.iter().filter(|component| component.secret).map(|component| &component.name);
    let calls = info_calls(&model.info);
    let mutable = (!calls.is_empty()).then(|| quote!(mut));
    quote! {
        /// The manifest: the document that dropshot emits from the types, and the tables that control the stub.
        ///
        /// # Panics
        /// Panics if dropshot does not accept an endpoint. The generator only emits accepted ones.
        #[must_use]
        pub fn manifest() -> serde_json::Value {
            let described = described::stub_api_description().expect("dropshot accepts the endpoints");
            let #mutable definition = described.openapi(#title, dropshot::semver::Version::parse(#version).expect("the generator has parsed the version"));
            #(#calls)*
            let document = definition.json().expect("the document is JSON");
            let statements = runtime::Statements {
                servers: #servers,
                security_schemes: #schemes,
                secrets: &[#(#secrets),*],
            };
            runtime::manifest(&document, &statements, OPERATIONS)
        }
    }
}

/// The calls of dropshot's functions for the optional facts of an API.
fn info_calls(info: &Info) -> Vec<TokenStream> {
    let Info { title: _, version: _, description, terms_of_service, contact, license } = info;
    let contact = contact.as_ref();
    let (license_name, license) = match license {
        Some(License { name, url: Some(url) }) => (None, Some(quote!(definition.license(#name, #url);))),
        Some(License { name, url: None }) => (Some(name), None),
        None => (None, None),
    };
    let texts = [
        ("description", description.as_ref()),
        ("terms_of_service", terms_of_service.as_ref()),
        ("contact_name", contact.and_then(|contact| contact.name.as_ref())),
        ("contact_url", contact.and_then(|contact| contact.url.as_ref())),
        ("contact_email", contact.and_then(|contact| contact.email.as_ref())),
        ("license_name", license_name),
    ];
    let call = |(function, text): (&str, Option<&String>)| {
        let (function, text) = (format_ident!("{function}"), text?);
        Some(quote!(definition.#function(#text);))
    };
    texts.into_iter().filter_map(call).chain(license).collect()
}
