//! The rules of requests: one static for each component and pattern in requests.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use crate::ir::{Additional, IntegerFormat, Kind, Model, NumberFormat, Object, Schema, Text, TextFormat};
use crate::names::shouty;

pub(super) fn emit(model: &Model) -> TokenStream {
    let components = model.components.iter().filter(|component| component.usage.validated).map(|component| {
        let name = shouty(&component.rust, "RULE");
        let mut rules = Rules { model, patterns: Patterns::new(&component.rust) };
        let rule = rules.schema(&component.schema);
        let patterns = rules.patterns.emit();
        quote! {
            #patterns
            static #name: rule::Rule = #rule;
        }
    });
    quote!(#(#components)*)
}

/// Rules as expressions, and their patterns.
pub(super) struct Rules<'m> {
    pub(super) model: &'m Model,
    pub(super) patterns: Patterns,
}

/// A pattern is a static of its own, because it is compiled at its first use.
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

    pub(super) fn emit(&self) -> TokenStream {
        let names = (0..self.sources.len()).map(|index| shouty(&self.owner, &format!("PATTERN_{index}")));
        let sources = &self.sources;
        quote!(#(static #names: rule::Pattern = rule::Pattern::new(#sources);)*)
    }
}

impl Rules<'_> {
    pub(super) fn schema(&mut self, schema: &Schema) -> TokenStream {
        let rule = self.kind(&schema.kind);
        if schema.nullable { quote!(rule::Rule::Nullable(&#rule)) } else { rule }
    }

    pub(super) fn kind(&mut self, kind: &Kind) -> TokenStream {
        match kind {
            Kind::Any => quote!(rule::Rule::Any),
            Kind::Null => quote!(rule::Rule::Null),
            Kind::Boolean => quote!(rule::Rule::Boolean),
            Kind::Integer(integer) => {
                let allowed = integer.allowed.iter().copied().map(Literal::i64_unsuffixed);
                let parts = [
                    ("format", some(integer.format.as_ref().map(IntegerFormat::name))),
                    ("minimum", some(integer.minimum.map(Literal::i64_unsuffixed))),
                    ("maximum", some(integer.maximum.map(Literal::i64_unsuffixed))),
                    ("exclusive_minimum", integer.exclusive_minimum.then(|| quote!(true))),
                    ("exclusive_maximum", integer.exclusive_maximum.then(|| quote!(true))),
                    ("multiple_of", some(integer.multiple_of.map(Literal::i64_unsuffixed))),
                    ("allowed", (!integer.allowed.is_empty()).then(|| quote!(&[#(#allowed),*]))),
                ];
                rule("Integer", parts)
            }
            Kind::Number(number) => {
                let parts = [
                    ("format", some(number.format.as_ref().map(NumberFormat::name))),
                    ("minimum", some(number.minimum.map(Literal::f64_unsuffixed))),
                    ("maximum", some(number.maximum.map(Literal::f64_unsuffixed))),
                    ("exclusive_minimum", number.exclusive_minimum.then(|| quote!(true))),
                    ("exclusive_maximum", number.exclusive_maximum.then(|| quote!(true))),
                    ("multiple_of", some(number.multiple_of.map(Literal::f64_unsuffixed))),
                ];
                rule("Number", parts)
            }
            Kind::Text(text) if text.groups.is_empty() => {
                let values: Vec<_> = text.allowed.iter().map(|variant| &variant.value).collect();
                self.text(text, &values)
            }
            Kind::Text(text) => {
                let lists = text.groups.iter().map(|group| self.text(text, &group.values.iter().collect::<Vec<_>>()));
                let lists: Vec<_> = lists.collect();
                quote!(rule::Rule::OneOf(&[#(&#lists),*]))
            }
            Kind::Array { items, min_items, max_items, unique, .. } => {
                let items = self.schema(items);
                let parts = [
                    ("items", Some(quote!(&#items))),
                    ("min_items", size(*min_items)),
                    ("max_items", size(*max_items)),
                    ("unique", unique.then(|| quote!(true))),
                ];
                rule("Array", parts)
            }
            Kind::Object(object) => self.object(object),
            Kind::Union(union) => {
                let kind = if union.one { format_ident!("OneOf") } else { format_ident!("AnyOf") };
                let alternatives: Vec<_> = union.alternatives.iter().map(|it| self.schema(&it.schema)).collect();
                quote!(rule::Rule::#kind(&[#(&#alternatives),*]))
            }
            Kind::Named(index) => {
                let component = &self.model.components[*index];
                let rule = shouty(&component.rust, "RULE");
                match &component.name {
                    _ if component.inline => quote!(#rule),
                    name => quote!(rule::Rule::Component(#name, &#rule)),
                }
            }
        }
    }

    fn text(&mut self, text: &Text, values: &[&String]) -> TokenStream {
        let pattern = text.pattern.as_ref().map(|source| self.patterns.name(source));
        let parts = [
            ("format", text.format.as_ref().map(text_format).map(|format| quote!(Some(#format)))),
            ("min_length", size(text.min_length)),
            ("max_length", size(text.max_length)),
            ("pattern", pattern.map(|name| quote!(Some(&#name)))),
            ("allowed", (!values.is_empty()).then(|| quote!(&[#(#values),*]))),
            ("check", some(text.check.as_ref())),
        ];
        rule("Text", parts)
    }

    fn object(&mut self, object: &Object) -> TokenStream {
        let properties: Vec<_> = object
            .properties
            .iter()
            .map(|property| {
                let (name, required, rule) = (&property.name, property.required, self.schema(&property.schema));
                quote!(rule::Property { name: #name, required: #required, rule: &#rule })
            })
            .collect();
        let additional = match &object.additional {
            Additional::Allowed => None,
            Additional::Forbidden => Some(quote!(rule::Additional::Forbidden)),
            Additional::Each(each) => {
                let each = self.schema(each);
                Some(quote!(rule::Additional::Each(&#each)))
            }
        };
        let parts = [
            ("properties", (!properties.is_empty()).then(|| quote!(&[#(#properties),*]))),
            ("additional", additional),
            ("min_properties", size(object.min_properties)),
            ("max_properties", size(object.max_properties)),
        ];
        rule("Object", parts)
    }
}

fn text_format(format: &TextFormat) -> TokenStream {
    match format {
        TextFormat::Uuid => quote!(rule::Format::Uuid),
        TextFormat::DateTime => quote!(rule::Format::DateTime),
        TextFormat::Date => quote!(rule::Format::Date),
        TextFormat::Ipv4 => quote!(rule::Format::Ipv4),
        TextFormat::Ipv6 => quote!(rule::Format::Ipv6),
        TextFormat::Ip => quote!(rule::Format::Ip),
        TextFormat::Other(name) => quote!(rule::Format::Other(#name)),
    }
}

/// A rule of the given kind with its constraints; the other fields have defaults.
fn rule<const N: usize>(kind: &str, parts: [(&str, Option<TokenStream>); N]) -> TokenStream {
    let kind = format_ident!("{kind}");
    let constraints: Vec<_> = parts
        .into_iter()
        .filter_map(|(name, value)| {
            let (name, value) = (format_ident!("{name}"), value?);
            Some(quote!(#name: #value))
        })
        .collect();
    match constraints.len() {
        0 => quote!(rule::Rule::#kind(rule::#kind::ANY)),
        count if count == N => quote!(rule::Rule::#kind(rule::#kind { #(#constraints),* })),
        _ => quote!(rule::Rule::#kind(rule::#kind { #(#constraints,)* ..rule::#kind::ANY })),
    }
}

fn some<T: quote::ToTokens>(value: Option<T>) -> Option<TokenStream> {
    value.map(|value| quote!(Some(#value)))
}

fn size(size: Option<usize>) -> Option<TokenStream> {
    some(size.map(Literal::usize_unsuffixed))
}
