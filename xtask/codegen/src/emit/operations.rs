//! Operations: the types of parameters, requests and responses, and the row of the table.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::responses::{from_rejection, spec_name};
use super::rules::{Patterns, Rules};
use super::types::{Field, Types};
use super::{doc, json, option};
use crate::ir::{Content, Kind, Location, Media, Model, Operation, Parameter, Response, Schema, Status};
use crate::names::{ident, shouty};

pub(super) fn emit(model: &Model) -> TokenStream {
    let operations = model.operations.iter().map(|operation| {
        let parts = [
            request(model, operation),
            response(model, operation),
            table(model, operation),
            endpoint(model, operation),
        ];
        quote!(#(#parts)*)
    });
    let names = model.operations.iter().map(table_name);
    quote! {
        #(#operations)*

        /// Every operation of the contract.
        pub static OPERATIONS: &[&runtime::Operation] = &[#(&#names),*];
    }
}

pub(super) fn response_name(operation: &Operation) -> Ident {
    format_ident!("{}Response", operation.prefix)
}

pub(super) fn request_name(operation: &Operation) -> Ident {
    format_ident!("{}Request", operation.prefix)
}

/// The marker type of the operation.
pub(super) fn endpoint_name(operation: &Operation) -> Ident {
    format_ident!("{}Endpoint", operation.prefix)
}

fn is_bytes(operation: &Operation) -> bool {
    operation.body.as_ref().is_some_and(|body| body.media == Media::Bytes)
}

/// The struct with an operation's parameters of one location.
pub(super) fn parameters_name(operation: &Operation, location: Location) -> Ident {
    format_ident!("{}{location:?}", operation.prefix)
}

fn table_name(operation: &Operation) -> Ident {
    shouty(&operation.prefix, "OPERATION")
}

/// The locations of an operation's parameters, with their names in a request.
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
        if is_bytes(operation) {
            return quote!(#[serde(skip)] pub body: runtime::Bytes,);
        }
        let rust = types.rust(&body.schema);
        quote!(pub body: #rust,)
    });
    let doc = doc(Some(&format!("The request of `{}`.", operation.id)));
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
    let fields: Vec<_> =
        operation.parameters(location).map(|parameter| parameter_field(types, &name, parameter)).collect();
    let (declared, described) = (fields.iter().map(|it| &it.declared), fields.iter().map(|it| &it.described));
    let defaults: Vec<_> = fields.iter().filter_map(|it| it.default.as_ref()).collect();
    let defaults = (!defaults.is_empty()).then(|| quote!(impl #name { #(#defaults)* }));
    let schema_name = name.to_string();
    quote! {
        #doc
        #[derive(Debug, Clone, serde::Deserialize)]
        pub struct #name { #(#declared)* }
        #defaults

        impl schemars::JsonSchema for #name {
            fn schema_name() -> String {
                #schema_name.to_owned()
            }

            fn json_schema(generator: &mut runtime::schema::Generator) -> runtime::schema::Schema {
                runtime::schema::Object::<Self>::new(generator) #(#described)* .build("")
            }
        }
    }
}

fn default_name(parameter: &Parameter) -> Ident {
    format_ident!("default_{}", parameter.rust)
}

/// The value of an absent parameter, as an expression.
fn default(parameter: &Parameter) -> Option<TokenStream> {
    let value = parameter.default.as_ref()?;
    Some(match (&parameter.schema.kind, value.as_i64(), value.as_bool()) {
        (Kind::Integer(_), Some(number), _) => {
            let number = proc_macro2::Literal::i64_unsuffixed(number);
            quote!(#number)
        }
        (Kind::Boolean, _, Some(flag)) => quote!(#flag),
        _ => {
            let json = value.to_string();
            quote!(runtime::schema::default(#json))
        }
    })
}

fn parameter_field(types: &Types<'_>, owner: &Ident, parameter: &Parameter) -> Field {
    let Parameter { name, rust, required, schema, .. } = parameter;
    let (field, doc) = (ident(rust), doc(schema.description.as_deref()));
    let rename = (rust != name).then(|| quote!(#[serde(rename = #name)]));
    let plain = types.rust(&Schema { nullable: false, ..schema.clone() });
    let overlay = json(&schema.overlay_with_description());
    let default = default(parameter);
    let (rust, serde, method) = match &default {
        _ if *required => (plain, None, format_ident!("required")),
        Some(_) => {
            let path = format!("{owner}::{}", default_name(parameter));
            (plain, Some(quote!(#[serde(default = #path)])), format_ident!("defaulted"))
        }
        // A text is never null, so a nullable parameter is an optional one.
        None if schema.nullable => {
            (quote!(Option<#plain>), Some(quote!(#[serde(default)])), format_ident!("defaulted"))
        }
        None => (quote!(Option<#plain>), Some(quote!(#[serde(default)])), format_ident!("optional")),
    };
    let function = default_name(parameter);
    Field {
        declared: quote!(#doc #rename #serde pub #field: #rust,),
        described: quote!(.#method(#name, |it| &it.#field, #overlay)),
        default: default.map(|value| quote!(fn #function() -> #rust { #value })),
    }
}

fn response(model: &Model, operation: &Operation) -> TokenStream {
    let name = response_name(operation);
    let responses: Vec<_> = operation.responses.iter().map(|response| model.response(response)).collect();
    let variants: Vec<_> = responses.iter().map(|response| format_ident!("{}", response.variant)).collect();
    let structs: Vec<_> = responses.iter().map(|response| format_ident!("{}", response.rust)).collect();
    let specs = responses.iter().map(|response| spec_name(response));
    let docs = responses.iter().map(|response| doc(Some(&format!("{}: {}", response.status, response.description))));
    let success = responses[0];
    let description = &success.description;
    let status = match success.status {
        Status::Code(code) => Some(proc_macro2::Literal::u16_unsuffixed(code)),
        Status::Class(_) | Status::Any => None,
    };
    let metadata = match &success.content {
        Content::Json(body) => {
            let rust = Types { model, within: None }.rust(body);
            quote!(runtime::documented::<#rust>(#status, #description))
        }
        Content::Nothing => quote!(runtime::documented_empty(#status, #description)),
        Content::Anything => {
            let status = option(status);
            quote!(runtime::documented_any_body(#status, #description))
        }
    };
    let metadata = if success.headers.is_empty() {
        metadata
    } else {
        let success = format_ident!("{}", success.rust);
        quote!(runtime::with_headers::<#success>(#metadata))
    };
    let error = error_name(model, operation);
    let rejections = rejections(model, operation);
    let doc = doc(Some(&format!("The responses of `{}`.", operation.id)));
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
                let status = match self { #(Self::#variants(response) => response.status(),)* };
                http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR)
            }
        }

        impl runtime::OperationResponse for #name {
            type Error = #error;

            fn rejection(rejection: &runtime::Rejection, body: #error) -> Self {
                match rejection { #(#rejections)* }
            }

            fn spec(&self) -> &'static runtime::ResponseSpec {
                match self { #(Self::#variants(_) => &#specs,)* }
            }
        }
    }
}

/// The type of an operation's errors. An operation without errors has the type of the others, if they have one.
pub(super) fn error_name(model: &Model, operation: &Operation) -> TokenStream {
    let index = operation.error.or_else(|| match model.errors().as_slice() {
        [only] => Some(*only),
        _ => None,
    });
    let name = index.map(|index| format_ident!("{}", model.components[index].rust));
    name.map_or_else(|| quote!(()), |name| quote!(#name))
}

/// The match arms from rejections to the responses that the stub sends. Any other rejection is a 500.
fn rejections(model: &Model, operation: &Operation) -> Vec<TokenStream> {
    let arm = |pattern: TokenStream, response: &Response| {
        let (variant, value) = (format_ident!("{}", response.variant), from_rejection(response));
        quote!(#pattern => Self::#variant(#value),)
    };
    let find = |status| {
        let (_, index) = operation.rejections.iter().find(|(found, _)| *found == status)?;
        Some(model.response(&operation.responses[*index]))
    };
    if let Some(response @ Response { status: Status::Any, .. }) = find(500) {
        return vec![arm(quote!(rejection), response)];
    }
    let known = [
        (408, quote!(runtime::Rejection::RequestTimeout)),
        (413, quote!(runtime::Rejection::PayloadTooLarge { .. })),
        (415, quote!(runtime::Rejection::UnsupportedMediaType { .. })),
        (422, quote!(runtime::Rejection::Invalid(_))),
    ];
    let arms = known.into_iter().filter_map(|(status, pattern)| find(status).map(|response| arm(pattern, response)));
    arms.chain(find(500).map(|response| arm(quote!(_), response))).collect()
}

fn table(model: &Model, operation: &Operation) -> TokenStream {
    let Operation { id, method, path, security, strict_query, replay, pages, first_page, .. } = operation;
    let idempotent = replay.is_some();
    let name = table_name(operation);
    let mut rules = Rules { model, patterns: Patterns::new(&request_name(operation).to_string()) };
    let parameters: Vec<_> = operation
        .parameters
        .iter()
        .map(|parameter| {
            let Parameter { name, location, required, schema, .. } = parameter;
            let (location, rule) = (format_ident!("{location:?}"), rules.schema(schema));
            let default = option(parameter.default.as_ref().map(|value| {
                let json = value.to_string();
                quote!(|| runtime::schema::default(#json))
            }));
            quote!(runtime::Parameter {
                name: #name, location: runtime::Location::#location, required: #required, rule: &#rule, default: #default
            })
        })
        .collect();
    let patterns = rules.patterns.emit();
    let scopes = option(operation.required_scopes.as_ref().map(|scopes| quote!(&[#(#scopes),*])));
    let exemption = option(operation.scope_exemption.as_ref().map(|exemption| quote!(#exemption)));
    let invalid_status =
        option(operation.invalid_status.map(proc_macro2::Literal::u16_unsuffixed).map(|status| quote!(#status)));
    let pages = option(pages.as_ref().map(|pages| {
        let extension = pages.to_string();
        quote!(runtime::Pages { extension: #extension, first: &[#(#first_page),*] })
    }));
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
            strict_query: #strict_query,
            idempotent: #idempotent,
            parameters: &[#(#parameters),*],
            pages: #pages,
            body: #body,
            responses: &[#(&#responses),*],
        };
    }
}

/// The rule of a body that is not a component is inline in the table.
fn body_rule(model: &Model, operation: &Operation) -> TokenStream {
    let schema = operation.body.as_ref().map(|body| &body.schema);
    let mut rules = Rules { model, patterns: Patterns::new(&operation.prefix) };
    schema.map(|schema| rules.schema(schema)).unwrap_or_default()
}

fn endpoint(model: &Model, operation: &Operation) -> TokenStream {
    let (name, table) = (endpoint_name(operation), table_name(operation));
    let (request, response) = (request_name(operation), response_name(operation));
    let extractors = locations(operation).into_iter().map(|(location, _)| {
        let parameters = parameters_name(operation, location);
        let extractor = format_ident!("{location:?}");
        quote!(<dropshot::#extractor<#parameters> as dropshot::SharedExtractor>::metadata(content_type.clone()))
    });
    let body = operation.body.as_ref().map(|body| {
        let extractor = if body.media == Media::Bytes {
            quote!(dropshot::UntypedBody)
        } else {
            let rust = Types { model, within: None }.rust(&body.schema);
            quote!(dropshot::TypedBody<#rust>)
        };
        quote!(<#extractor as dropshot::ExclusiveExtractor>::metadata(content_type.clone()),)
    });
    let set_bytes = is_bytes(operation).then(|| {
        quote! {
            fn set_bytes(request: &mut #request, bytes: runtime::Bytes) {
                request.body = bytes;
            }
        }
    });
    // The argument is unused if there is neither.
    let unused = (locations(operation).is_empty() && body.is_none()).then(|| quote!(let _ = content_type;));
    let doc = doc(Some(&format!("The operation `{}`.", operation.id)));
    quote! {
        #doc
        #[derive(Debug)]
        pub enum #name {}

        impl runtime::Endpoint for #name {
            const OPERATION: &'static runtime::Operation = &#table;
            type Request = #request;
            type Response = #response;

            fn metadata(content_type: dropshot::ApiEndpointBodyContentType) -> dropshot::ExtractorMetadata {
                #unused
                runtime::merge_metadata([#(#extractors,)* #body], Self::OPERATION)
            }

            #set_bytes
        }
    }
}
