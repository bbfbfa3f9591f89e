//! Responses, as data and as structs.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::rules::{Patterns, Rules};
use super::types::Types;
use super::{doc, json};
use crate::ir::{Content, Header, HeaderSource, Kind, Model, Response, Schema, Status, Use};
use crate::names::{ident, shouty};

pub(super) fn emit(model: &Model) -> TokenStream {
    let own =
        model.operations.iter().flat_map(|operation| &operation.responses).filter_map(|response| match response {
            Use::Own(response) => Some(&**response),
            Use::Shared(_) => None,
        });
    let responses = model.shared.iter().chain(own).map(|found| response(model, found));
    quote!(#(#responses)*)
}

/// The static with the documentation of a response.
pub(super) fn spec_name(response: &Response) -> Ident {
    shouty(&response.rust, "RESPONSE")
}

/// A response to a rejection, without optional headers.
pub(super) fn from_rejection(response: &Response) -> TokenStream {
    let name = format_ident!("{}", response.rust);
    let absent = carried(response).map(|header| ident(&header.rust));
    let status =
        matches!(response.status, Status::Class(_)).then(|| quote!(status: runtime::StatusInClass::of(rejection),));
    let body = response.content.schema().map(|_| quote!(body,));
    match response.status {
        Status::Any => quote!(#name(runtime::undocumented(rejection, &body))),
        Status::Code(_) | Status::Class(_) => quote!(#name { #status #(#absent: None,)* #body }),
    }
}

fn carried(response: &Response) -> impl Iterator<Item = &Header> {
    response.headers.iter().filter(|header| header.source == HeaderSource::Response)
}

fn response(model: &Model, response: &Response) -> TokenStream {
    let (name, spec) = (format_ident!("{}", response.rust), spec_name(response));
    let types = Types { model, within: None };
    let mut rules = Rules { model, patterns: Patterns::new(&response.rust) };
    let headers: Vec<_> = response.headers.iter().map(|it| header(it, &mut rules)).collect();
    let patterns = rules.patterns.emit();
    let links = response.links.to_string();
    let (status, status_field, sent_status) = match response.status {
        Status::Code(code) => {
            let code = Literal::u16_unsuffixed(code);
            (quote!(Code(#code)), None, quote!(#code))
        }
        Status::Class(class) => {
            let class = Literal::u16_unsuffixed(class);
            (
                quote!(Class(#class)),
                Some(quote!(pub status: runtime::StatusInClass<#class>,)),
                quote!(self.status.get()),
            )
        }
        Status::Any => return any_status(response),
    };
    let (content, body_field, payload) = match &response.content {
        Content::Nothing => (quote!(Nothing), None, quote!(runtime::empty())),
        Content::Json(body) => {
            let rust = types.rust(body);
            (quote!(Json), Some(quote!(pub body: #rust,)), quote!(runtime::json(&self.body)))
        }
        Content::Anything => (
            quote!(Anything),
            Some(quote!(pub content_type: http::HeaderValue, pub body: dropshot::Body,)),
            quote!(runtime::any_body(self.content_type, self.body)),
        ),
    };

    let fields = carried(response).map(|header| {
        let (field, rust, doc) = (ident(&header.rust), plain(&types, header), doc(header.description.as_deref()));
        let rust = if header.required { rust } else { quote!(Option<#rust>) };
        quote!(#doc pub #field: #rust,)
    });
    let values = carried(response).map(|header| {
        let (name, field) = (&header.name, ident(&header.rust));
        // An enumeration implements `Display`. Another component is a struct with one displayable field.
        let inner = match &header.schema.kind {
            Kind::Named(index) => match &model.components[*index].schema.kind {
                Kind::Text(text) if text.is_enumeration() => None,
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
    let described = (!response.status.is_error() && !response.headers.is_empty()).then(|| describe(&types, response));
    let doc = doc(Some(&response.description));
    quote! {
        #patterns
        static #spec: runtime::ResponseSpec = runtime::ResponseSpec {
            status: runtime::Status::#status,
            content: runtime::Content::#content,
            headers: &[#(#headers),*],
            links: #links,
        };

        #doc
        #[derive(Debug)]
        pub struct #name { #status_field #(#fields)* #body_field }

        impl #name {
            fn status(&self) -> u16 {
                #sent_status
            }

            fn respond(self) -> http::Response<dropshot::Body> {
                runtime::respond(&#spec, self.status(), #payload, [#(#values),*])
            }
        }

        #described
    }
}

/// The type of a present header.
fn plain(types: &Types<'_>, header: &Header) -> TokenStream {
    types.rust(&Schema { nullable: false, ..header.schema.clone() })
}

/// Dropshot's description of the headers of a success, from the fields of the response.
fn describe(types: &Types<'_>, response: &Response) -> TokenStream {
    let name = format_ident!("{}", response.rust);
    let described = response.headers.iter().map(|header| {
        let (name, field, rust) = (&header.name, ident(&header.rust), plain(types, header));
        let mut overlay = header.schema.overlay_with_description();
        overlay.extend(header.description.as_ref().map(|text| ("description".to_owned(), text.as_str().into())));
        overlay.extend(header.schema.nullable.then(|| ("nullable".to_owned(), true.into())));
        let overlay = json(&overlay);
        match (&header.source, header.required) {
            (HeaderSource::Response, true) => quote!(.required(#name, |it| &it.#field, #overlay)),
            (HeaderSource::Response, false) => quote!(.optional(#name, |it| &it.#field, #overlay)),
            (_, required) => quote!(.constant::<#rust>(#name, #required, #overlay)),
        }
    });
    quote! {
        impl runtime::Headers for #name {
            fn schema(generator: &mut runtime::schema::Generator) -> runtime::schema::Schema {
                runtime::schema::Object::<Self>::new(generator) #(#described)* .build("")
            }
        }
    }
}

/// A response without a documented body or status is built by the service.
fn any_status(response: &Response) -> TokenStream {
    let (name, spec, doc) = (format_ident!("{}", response.rust), spec_name(response), doc(Some(&response.description)));
    let links = response.links.to_string();
    quote! {
        static #spec: runtime::ResponseSpec = runtime::ResponseSpec {
            status: runtime::Status::Any, content: runtime::Content::Anything, headers: &[], links: #links,
        };

        #doc
        #[derive(Debug)]
        pub struct #name(pub http::Response<dropshot::Body>);

        impl #name {
            fn status(&self) -> u16 {
                self.0.status().as_u16()
            }

            fn respond(self) -> http::Response<dropshot::Body> {
                self.0
            }
        }
    }
}

fn header(header: &Header, rules: &mut Rules<'_>) -> TokenStream {
    let Header { name, required, .. } = header;
    let rule = rules.schema(&header.schema);
    let source = match &header.source {
        HeaderSource::Constant(value) => quote!(runtime::HeaderSource::Constant(#value)),
        HeaderSource::Response => quote!(runtime::HeaderSource::Response),
        HeaderSource::Admission => quote!(runtime::HeaderSource::Admission),
        HeaderSource::Dropshot => quote!(runtime::HeaderSource::Dropshot),
    };
    quote!(runtime::HeaderSpec { name: #name, required: #required, rule: &#rule, source: #source })
}
