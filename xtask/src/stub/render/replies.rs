//! Responses: what each sends, as data and as a struct that can carry nothing else.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::super::model::{Header, HeaderSource, Kind, Model, Response, Use};
use super::super::names::{ident, shouty};
use super::doc;
use super::rules::{Patterns, Rules};
use super::types::Types;

pub(super) fn render(model: &Model) -> TokenStream {
    let own =
        model.operations.iter().flat_map(|operation| &operation.responses).filter_map(|response| match response {
            Use::Own(response) => Some(&**response),
            Use::Shared(_) => None,
        });
    let responses = model.shared.iter().chain(own).map(|found| response(model, found));
    quote!(#(#responses)*)
}

/// The static with what is known of a response.
pub(super) fn spec_name(response: &Response) -> Ident {
    shouty(&response.rust, "RESPONSE")
}

/// A response made of its body alone; headers that may be absent are.
pub(super) fn from_body(response: &Response) -> TokenStream {
    let name = format_ident!("{}", response.rust);
    let absent = carried(response).map(|header| ident(&header.rust));
    let body = response.body.is_some().then(|| quote!(body,));
    quote!(#name { #(#absent: None,)* #body })
}

fn carried(response: &Response) -> impl Iterator<Item = &Header> {
    response.headers.iter().filter(|header| header.source == HeaderSource::Reply)
}

fn response(model: &Model, response: &Response) -> TokenStream {
    let (name, spec) = (format_ident!("{}", response.rust), spec_name(response));
    let types = Types { model, within: None };
    let mut rules = Rules { model, patterns: Patterns::new(&response.rust) };
    let headers: Vec<_> = response.headers.iter().map(|it| header(model, it, &mut rules)).collect();
    let patterns = rules.patterns.render();
    let (status, has_body, links) =
        (Literal::u16_unsuffixed(response.status), response.body.is_some(), response.links.to_string());

    let fields = carried(response).map(|header| {
        let (field, rust, doc) = (ident(&header.rust), types.rust(&header.schema), doc(header.description.as_deref()));
        let rust = if header.required { rust } else { quote!(Option<#rust>) };
        quote!(#doc pub #field: #rust,)
    });
    let body_field = response.body.as_ref().map(|body| {
        let rust = types.rust(body);
        quote!(pub body: #rust,)
    });
    let values = carried(response).map(|header| {
        let (name, field) = (&header.name, ident(&header.rust));
        // An enumeration can be displayed. Another component is a struct around what can.
        let inner = match &header.schema.kind {
            Kind::Named(index) => match &model.components[*index].schema.kind {
                Kind::Text(text) if !text.allowed.is_empty() => None,
                _ => Some(quote!(.0)),
            },
            _ => None,
        };
        if header.required {
            quote!((#name, Some(self.#field #inner.to_string())))
        } else {
            quote!((#name, self.#field.map(|value| value #inner.to_string())))
        }
    });
    let body = if has_body { quote!(Some(&self.body)) } else { quote!(runtime::NO_BODY) };
    let doc = doc(Some(&response.description));
    quote! {
        #patterns
        static #spec: runtime::ResponseSpec = runtime::ResponseSpec {
            status: #status, has_body: #has_body, headers: &[#(#headers),*], links: #links,
        };

        #doc
        #[derive(Debug)]
        pub struct #name { #(#fields)* #body_field }

        impl #name {
            fn respond(self) -> http::Response<dropshot::Body> {
                runtime::respond(&#spec, #body, [#(#values),*])
            }
        }
    }
}

fn header(model: &Model, header: &Header, rules: &mut Rules<'_>) -> TokenStream {
    let Header { name, required, .. } = header;
    let kind = match &header.schema.kind {
        Kind::Named(index) => &model.components[*index].schema.kind,
        kind => kind,
    };
    let rule = rules.kind(kind);
    let source = match &header.source {
        HeaderSource::Constant(value) => quote!(runtime::HeaderSource::Constant(#value)),
        HeaderSource::Reply => quote!(runtime::HeaderSource::Reply),
        HeaderSource::Gate => quote!(runtime::HeaderSource::Gate),
        HeaderSource::Dropshot => quote!(runtime::HeaderSource::Dropshot),
    };
    quote!(runtime::HeaderSpec { name: #name, required: #required, rule: &#rule, source: #source })
}
