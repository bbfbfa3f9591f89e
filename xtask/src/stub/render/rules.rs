//! The rules that requests are validated by: one static for each component and pattern that a client can send.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::super::model::{Additional, IntegerFormat, Kind, Model, NumberFormat, Schema, TextFormat};
use super::super::names::shouty;

pub(super) fn render(model: &Model) -> TokenStream {
    let components = model.components.iter().filter(|component| component.received).map(|component| {
        let name = shouty(&component.rust, "RULE");
        let mut rules = Rules { model, patterns: Patterns::new(&component.rust) };
        let rule = rules.kind(&component.schema.kind);
        let patterns = rules.patterns.render();
        quote! {
            #patterns
            static #name: Rule = #rule;
        }
    });
    quote!(#(#components)*)
}

/// Rules as expressions, and the patterns that they refer to.
pub(super) struct Rules<'m> {
    pub(super) model: &'m Model,
    pub(super) patterns: Patterns,
}

/// Patterns cannot stand inside a rule, because they are compiled when first used.
pub(super) struct Patterns {
    owner: String,
    sources: Vec<String>,
}

impl Patterns {
    pub(super) fn new(owner: &str) -> Self {
        Self { owner: owner.to_owned(), sources: Vec::new() }
    }

    fn name(&mut self, source: &str) -> proc_macro2::Ident {
        let known = self.sources.iter().position(|known| known == source);
        let index = known.unwrap_or_else(|| {
            self.sources.push(source.to_owned());
            self.sources.len() - 1
        });
        shouty(&self.owner, &format!("PATTERN_{index}"))
    }

    pub(super) fn render(&self) -> TokenStream {
        let names = (0..self.sources.len()).map(|index| shouty(&self.owner, &format!("PATTERN_{index}")));
        let sources = &self.sources;
        quote!(#(static #names: Pattern = Pattern::new(#sources);)*)
    }
}

impl Rules<'_> {
    pub(super) fn schema(&mut self, schema: &Schema) -> TokenStream {
        let rule = self.kind(&schema.kind);
        if schema.nullable { quote!(Rule::Nullable(&#rule)) } else { rule }
    }

    pub(super) fn kind(&mut self, kind: &Kind) -> TokenStream {
        match kind {
            Kind::Any => quote!(Rule::Any),
            Kind::Boolean => quote!(Rule::Boolean),
            Kind::Integer { format, minimum, maximum } => rule(
                "Integer",
                [
                    (
                        "format",
                        format.map(|format| match format {
                            IntegerFormat::Int32 => quote!(Some("int32")),
                            IntegerFormat::Int64 => quote!(Some("int64")),
                            IntegerFormat::Uint32 => quote!(Some("uint32")),
                            IntegerFormat::Uint64 => quote!(Some("uint64")),
                        }),
                    ),
                    ("minimum", some(minimum.map(Literal::i64_unsuffixed))),
                    ("maximum", some(maximum.map(Literal::i64_unsuffixed))),
                ],
            ),
            Kind::Number { format, minimum, maximum } => rule(
                "Number",
                [
                    (
                        "format",
                        format.map(|format| match format {
                            NumberFormat::Float => quote!(Some("float")),
                            NumberFormat::Double => quote!(Some("double")),
                        }),
                    ),
                    ("minimum", some(minimum.map(Literal::f64_unsuffixed))),
                    ("maximum", some(maximum.map(Literal::f64_unsuffixed))),
                ],
            ),
            Kind::Text(text) => {
                let values = text.allowed.iter().map(|variant| &variant.value);
                rule(
                    "Text",
                    [
                        (
                            "format",
                            text.format.map(|format| match format {
                                TextFormat::Uuid => quote!(Some(Format::Uuid)),
                                TextFormat::DateTime => quote!(Some(Format::DateTime)),
                                TextFormat::Date => quote!(Some(Format::Date)),
                            }),
                        ),
                        ("min_length", size(text.min_length)),
                        ("max_length", size(text.max_length)),
                        (
                            "pattern",
                            text.pattern
                                .as_ref()
                                .map(|source| self.patterns.name(source))
                                .map(|name| quote!(Some(&#name))),
                        ),
                        ("allowed", (!text.allowed.is_empty()).then(|| quote!(&[#(#values),*]))),
                        ("check", some(text.check.as_ref())),
                    ],
                )
            }
            Kind::Array { items, min_items, max_items, unique } => {
                let items = self.schema(items);
                rule(
                    "Array",
                    [
                        ("items", Some(quote!(&#items))),
                        ("min_items", size(*min_items)),
                        ("max_items", size(*max_items)),
                        ("unique", unique.then(|| quote!(true))),
                    ],
                )
            }
            Kind::Object { properties, additional } => {
                let properties: Vec<_> = properties
                    .iter()
                    .map(|property| {
                        let (name, required, rule) = (&property.name, property.required, self.schema(&property.schema));
                        quote!(Property { name: #name, required: #required, rule: &#rule })
                    })
                    .collect();
                let additional = match additional {
                    Additional::Allowed => quote!(Additional::Allowed),
                    Additional::Refused => quote!(Additional::Refused),
                    Additional::Each(each) => {
                        let each = self.schema(each);
                        quote!(Additional::Each(&#each))
                    }
                };
                quote!(Rule::Object(Object { properties: &[#(#properties),*], additional: #additional }))
            }
            Kind::Named(index) => {
                let component = &self.model.components[*index];
                let rule = format_ident!("{}", shouty(&component.rust, "RULE"));
                match &component.name {
                    _ if component.inline => quote!(#rule),
                    name => quote!(Rule::Component(#name, &#rule)),
                }
            }
        }
    }
}

/// A rule of the given kind with what it says; the rest is left unsaid.
fn rule<const N: usize>(kind: &str, parts: [(&str, Option<TokenStream>); N]) -> TokenStream {
    let kind = format_ident!("{kind}");
    let said: Vec<_> = parts
        .into_iter()
        .filter_map(|(name, value)| {
            let (name, value) = (format_ident!("{name}"), value?);
            Some(quote!(#name: #value))
        })
        .collect();
    match said.len() {
        0 => quote!(Rule::#kind(#kind::ANY)),
        count if count == N => quote!(Rule::#kind(#kind { #(#said),* })),
        _ => quote!(Rule::#kind(#kind { #(#said,)* ..#kind::ANY })),
    }
}

fn some<T: quote::ToTokens>(value: Option<T>) -> Option<TokenStream> {
    value.map(|value| quote!(Some(#value)))
}

fn size(size: Option<usize>) -> Option<TokenStream> {
    some(size.map(Literal::usize_unsuffixed))
}
