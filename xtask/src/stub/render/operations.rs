//! Each operation: its parameters and its request as types, the replies it can give, and its row of the table.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::super::model::{Location, Model, Operation, Parameter, Response};
use super::super::names::{ident, shouty};
use super::replies::{from_body, spec_name};
use super::rules::{Patterns, Rules};
use super::types::{Types, attributes, with_type};
use super::{doc, option};

pub(super) fn render(model: &Model) -> TokenStream {
    let operations = model.operations.iter().map(|operation| {
        let parts =
            [request(model, operation), reply(model, operation), table(model, operation), endpoint(model, operation)];
        quote!(#(#parts)*)
    });
    let names = model.operations.iter().map(table_name);
    quote! {
        #(#operations)*

        /// Every operation of the contract.
        pub static OPERATIONS: &[&runtime::Operation] = &[#(&#names),*];
    }
}

pub(super) fn reply_name(operation: &Operation) -> Ident {
    format_ident!("{}Reply", operation.prefix)
}

pub(super) fn request_name(operation: &Operation) -> Ident {
    format_ident!("{}Request", operation.prefix)
}

/// The struct with an operation's parameters of one location.
pub(super) fn parameters_name(operation: &Operation, location: Location) -> Ident {
    format_ident!("{}{location:?}", operation.prefix)
}

fn table_name(operation: &Operation) -> Ident {
    shouty(&operation.prefix, "OPERATION")
}

/// The locations that an operation has parameters in, with their names in a request.
fn locations(operation: &Operation) -> Vec<(Location, Ident)> {
    [(Location::Path, "path"), (Location::Query, "query"), (Location::Header, "header")]
        .into_iter()
        .filter(|(location, _)| operation.parameters(*location).next().is_some())
        .map(|(location, name)| (location, format_ident!("{name}")))
        .collect()
}

fn request(model: &Model, operation: &Operation) -> TokenStream {
    let (name, types) = (request_name(operation), Types { model, within: None });
    let structs = locations(operation).into_iter().map(|(location, _)| parameters(&types, operation, location));
    let fields = locations(operation).into_iter().map(|(location, field)| {
        let name = parameters_name(operation, location);
        quote!(pub #field: #name,)
    });
    let body = operation.body.as_ref().map(|body| {
        let rust = types.rust(&body.schema);
        quote!(pub body: #rust,)
    });
    let doc = doc(Some(&format!("What `{}` is asked with.", operation.id)));
    quote! {
        #(#structs)*
        #doc
        #[derive(Debug, Clone, serde::Deserialize)]
        pub struct #name { #(#fields)* #body }
    }
}

fn parameters(types: &Types<'_>, operation: &Operation, location: Location) -> TokenStream {
    let name = parameters_name(operation, location);
    let doc = doc(Some(&format!("The {} parameters of `{}`.", format!("{location:?}").to_lowercase(), operation.id)));
    let fields = operation.parameters(location).map(|parameter| parameter_field(types, &name, parameter));
    let defaults = operation.parameters(location).filter_map(|parameter| {
        let (value, rust) = (default(parameter)?, types.rust(&parameter.schema));
        let function = default_name(parameter);
        Some(quote!(fn #function() -> #rust { #value }))
    });
    let defaults: Vec<_> = defaults.collect();
    let defaults = (!defaults.is_empty()).then(|| quote!(impl #name { #(#defaults)* }));
    quote! {
        #doc
        #[derive(Debug, Clone, serde::Deserialize, schemars::JsonSchema)]
        pub struct #name { #(#fields)* }
        #defaults
    }
}

fn default_name(parameter: &Parameter) -> Ident {
    format_ident!("default_{}", parameter.rust)
}

fn default(parameter: &Parameter) -> Option<TokenStream> {
    let value = parameter.default.as_ref()?;
    match (value.as_i64(), value.as_bool()) {
        (Some(number), _) => Some(proc_macro2::Literal::i64_unsuffixed(number)).map(|it| quote!(#it)),
        (_, Some(flag)) => Some(quote!(#flag)),
        _ => None,
    }
}

fn parameter_field(types: &Types<'_>, owner: &Ident, parameter: &Parameter) -> TokenStream {
    let Parameter { name, rust, required, schema, .. } = parameter;
    let (field, doc) = (ident(rust), doc(schema.description.as_deref()));
    let rename = (rust != name).then(|| quote!(#[serde(rename = #name)]));
    let (rust, said) = (types.rust(schema), types.said(schema));
    let differs = (rust.to_string() != said.to_string()).then(|| with_type(&said));
    let (rust, serde, with) = match default(parameter) {
        _ if *required => (rust, None, differs),
        Some(_) => {
            let path = format!("{owner}::{}", default_name(parameter));
            (rust, Some(quote!(#[serde(default = #path)])), differs)
        }
        None => (quote!(Option<#rust>), Some(quote!(#[serde(default)])), Some(with_type(&said))),
    };
    let attributes = attributes(schema, with.as_slice());
    quote!(#doc #rename #serde #attributes pub #field: #rust,)
}

fn reply(model: &Model, operation: &Operation) -> TokenStream {
    let name = reply_name(operation);
    let responses: Vec<_> = operation.responses.iter().map(|response| model.response(response)).collect();
    let variants: Vec<_> = responses.iter().map(|response| format_ident!("{}", response.variant)).collect();
    let structs: Vec<_> = responses.iter().map(|response| format_ident!("{}", response.rust)).collect();
    let specs = responses.iter().map(|response| spec_name(response));
    let docs = responses.iter().map(|response| doc(Some(&format!("{}: {}", response.status, response.description))));
    let success = responses[0];
    let (status, description) = (success.status, &success.description);
    let metadata = if let Some(body) = &success.body {
        let rust = Types { model, within: None }.said(body);
        quote!(runtime::documented::<#rust>(#status, #description))
    } else {
        quote!(runtime::documented_empty(#status, #description))
    };
    let error = format_ident!("{}", model.error);
    let faults = faults(&responses);
    let doc = doc(Some(&format!("What `{}` can answer, and nothing else.", operation.id)));
    quote! {
        #doc
        #[derive(Debug)]
        pub enum #name { #(#docs #variants(#structs),)* }

        #(impl From<#structs> for #name {
            fn from(response: #structs) -> Self {
                Self::#variants(response)
            }
        })*

        impl dropshot::HttpResponse for #name {
            fn to_result(self) -> Result<http::Response<dropshot::Body>, dropshot::HttpError> {
                Ok(match self { #(Self::#variants(response) => response.respond(),)* })
            }

            fn response_metadata() -> dropshot::ApiEndpointResponse {
                #metadata
            }

            fn status_code(&self) -> http::StatusCode {
                http::StatusCode::from_u16(runtime::Reply::spec(self).status)
                    .unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR)
            }
        }

        impl runtime::Reply for #name {
            type Error = #error;

            fn fault(fault: &runtime::Fault, body: #error) -> Self {
                match fault { #(#faults)* }
            }

            fn spec(&self) -> &'static runtime::ResponseSpec {
                match self { #(Self::#variants(_) => &#specs,)* }
            }
        }
    }
}

/// The arms that give each fault the response of its status. What an operation does not document cannot happen to it,
/// and would be a 500.
fn faults(responses: &[&Response]) -> Vec<TokenStream> {
    let find = |status| responses.iter().find(|response| response.status == status);
    let arm = |pattern: TokenStream, response: &Response| {
        let (variant, value) = (format_ident!("{}", response.variant), from_body(response));
        quote!(#pattern => Self::#variant(#value),)
    };
    let known = [
        (408, quote!(runtime::Fault::RequestTimeout)),
        (413, quote!(runtime::Fault::PayloadTooLarge { .. })),
        (415, quote!(runtime::Fault::UnsupportedMediaType { .. })),
        (422, quote!(runtime::Fault::Invalid(_))),
    ];
    let arms = known.into_iter().filter_map(|(status, pattern)| find(status).map(|response| arm(pattern, response)));
    arms.chain(find(500).map(|response| arm(quote!(_), response))).collect()
}

fn table(model: &Model, operation: &Operation) -> TokenStream {
    let Operation { id, method, path, security, .. } = operation;
    let name = table_name(operation);
    let mut rules = Rules { model, patterns: Patterns::new(&request_name(operation).to_string()) };
    let parameters: Vec<_> = operation
        .parameters
        .iter()
        .map(|parameter| {
            let Parameter { name, location, required, schema, .. } = parameter;
            let (location, rule) = (format_ident!("{location:?}"), rules.schema(schema));
            let default = option(default(parameter).map(|_| {
                let (owner, function) = (parameters_name(operation, parameter.location), default_name(parameter));
                quote!(|| #owner::#function().into())
            }));
            quote!(runtime::Parameter {
                name: #name, location: runtime::Location::#location, required: #required, rule: &#rule, default: #default
            })
        })
        .collect();
    let patterns = rules.patterns.render();
    let scopes = option(operation.required_scopes.as_ref().map(|scopes| quote!(&[#(#scopes),*])));
    let exemption = option(operation.scope_exemption.as_ref().map(|exemption| quote!(#exemption)));
    let invalid_status =
        option(operation.invalid_status.map(proc_macro2::Literal::u16_unsuffixed).map(|status| quote!(#status)));
    let body = option(operation.body.as_ref().map(|body| {
        let (rule, max_bytes) =
            (body_rule(model, operation), option(body.max_bytes.map(proc_macro2::Literal::usize_unsuffixed)));
        let media = format_ident!("{}", format!("{:?}", body.media));
        quote!(runtime::BodySpec { media: runtime::Media::#media, rule: &#rule, max_bytes: #max_bytes })
    }));
    let responses = operation.responses.iter().map(|response| spec_name(model.response(response)));
    quote! {
        #patterns
        static #name: runtime::Operation = runtime::Operation {
            id: #id,
            method: #method,
            path: #path,
            security: &[#(#security),*],
            required_scopes: #scopes,
            scope_exemption: #exemption,
            invalid_status: #invalid_status,
            parameters: &[#(#parameters),*],
            body: #body,
            responses: &[#(&#responses),*],
        };
    }
}

/// The rule of a body that is no component stands in the table itself.
fn body_rule(model: &Model, operation: &Operation) -> TokenStream {
    let schema = operation.body.as_ref().map(|body| &body.schema);
    let mut rules = Rules { model, patterns: Patterns::new(&operation.prefix) };
    schema.map(|schema| rules.schema(schema)).unwrap_or_default()
}

fn endpoint(model: &Model, operation: &Operation) -> TokenStream {
    let (name, table) = (format_ident!("{}", operation.prefix), table_name(operation));
    let (request, reply) = (request_name(operation), reply_name(operation));
    let extractors = locations(operation).into_iter().map(|(location, _)| {
        let parameters = parameters_name(operation, location);
        let extractor = format_ident!("{location:?}");
        quote!(<dropshot::#extractor<#parameters> as dropshot::SharedExtractor>::metadata(content_type.clone()))
    });
    let body = operation.body.as_ref().map(|body| {
        let said = Types { model, within: None }.said(&body.schema);
        quote!(<dropshot::TypedBody<#said> as dropshot::ExclusiveExtractor>::metadata(content_type.clone()),)
    });
    // A single operation without either would leave the argument unused.
    let unused = (locations(operation).is_empty() && body.is_none()).then(|| quote!(let _ = content_type;));
    let doc = doc(Some(&format!("The operation `{}`.", operation.id)));
    quote! {
        #doc
        #[derive(Debug)]
        pub enum #name {}

        impl runtime::Endpoint for #name {
            const OPERATION: &'static runtime::Operation = &#table;
            type Request = #request;
            type Reply = #reply;

            fn metadata(content_type: dropshot::ApiEndpointBodyContentType) -> dropshot::ExtractorMetadata {
                #unused
                runtime::join([#(#extractors,)* #body])
            }
        }
    }
}
