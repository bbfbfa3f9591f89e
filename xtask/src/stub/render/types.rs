//! The wire types. What a type can say of its schema it says, by its fields and their attributes, so that the document
//! that dropshot emits is the compiler's word and not a copy of the contract.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::super::model::{
    Additional, Component, IntegerFormat, Kind, Model, NumberFormat, Property, Schema, Text, TextFormat,
};
use super::super::names::ident;
use super::doc;

pub(super) fn render(model: &Model) -> TokenStream {
    let types = (0..model.components.len()).map(|index| component(model, index));
    quote!(#(#types)*)
}

fn component(model: &Model, index: usize) -> TokenStream {
    let component = &model.components[index];
    let (name, doc, derive) =
        (format_ident!("{}", component.rust), doc(component.schema.description.as_deref()), derives(component));
    let types = Types { model, within: Some(index) };
    match &component.schema.kind {
        Kind::Text(text) if !text.allowed.is_empty() => enumeration(component, text),
        Kind::Object { properties, additional }
            if !properties.is_empty() || matches!(additional, Additional::Refused) =>
        {
            let deny = matches!(additional, Additional::Refused).then(|| quote!(#[serde(deny_unknown_fields)]));
            // The attribute is serde's; a type that only leaves the server tells schemars alone.
            let deny = if component.received { deny } else { deny.map(|_| quote!(#[schemars(deny_unknown_fields)])) };
            let fields = properties.iter().map(|property| types.field(property, component.received));
            quote! {
                #doc #derive #deny
                pub struct #name { #(#fields)* }
            }
        }
        _ if component.secret => {
            let attributes = attributes(&component.schema, &[quote!(with = "String")]);
            quote! {
                #doc #derive
                pub struct #name(#attributes pub runtime::Secret);
            }
        }
        _ => {
            let (rust, said) = (types.rust(&component.schema), types.said(&component.schema));
            let with = (said.to_string() != rust.to_string()).then(|| with_type(&said));
            let attributes = attributes(&component.schema, with.as_slice());
            quote! {
                #doc #derive
                pub struct #name(#attributes pub #rust);
            }
        }
    }
}

fn derives(component: &Component) -> TokenStream {
    let serialize = component.sent.then(|| quote!(serde::Serialize,));
    let deserialize = component.received.then(|| quote!(serde::Deserialize,));
    quote!(#[derive(Debug, Clone, #serialize #deserialize schemars::JsonSchema)])
}

fn enumeration(component: &Component, text: &Text) -> TokenStream {
    let (name, doc) = (format_ident!("{}", component.rust), doc(component.schema.description.as_deref()));
    let derive = derives(component);
    let variants: Vec<_> = text.allowed.iter().map(|variant| ident(&variant.rust)).collect();
    let values: Vec<_> = text.allowed.iter().map(|variant| &variant.value).collect();
    quote! {
        #doc #derive
        #[derive(Copy, PartialEq, Eq, Hash)]
        pub enum #name { #(#[serde(rename = #values)] #variants,)* }

        impl std::fmt::Display for #name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self { #(Self::#variants => #values,)* })
            }
        }
    }
}

/// Types as they are written in one place.
pub(super) struct Types<'m> {
    pub(super) model: &'m Model,
    /// The component whose fields these are, for the types that contain themselves.
    pub(super) within: Option<usize>,
}

impl Types<'_> {
    /// A property as a field. The four combinations of required and nullable are four types, so nothing is lost:
    /// `T`, `Option<T>` that has to be there, `Option<T>` that may be absent but not null, and `Option<Option<T>>`.
    fn field(&self, property: &Property, received: bool) -> TokenStream {
        let Property { name, rust, required, schema } = property;
        let doc = doc(schema.description.as_deref());
        let field = ident(rust);
        let rename = (*rust != *name).then(|| quote!(#[serde(rename = #name)]));
        let inner = Schema { nullable: false, ..schema.clone() };
        let (rust, said) = (self.rust(&inner), self.said(&inner));
        let may_be_null = schema.nullable || matches!(self.kind(schema), Kind::Any);
        let read = (received && may_be_null).then(|| quote!(#[serde(deserialize_with = "runtime::schema::present")]));
        let optional = quote!(#[serde(default, skip_serializing_if = "Option::is_none")]);
        let (rust, serde, with) = match (required, schema.nullable) {
            (true, false) => (rust.clone(), None, (said.to_string() != rust.to_string()).then(|| said.clone())),
            (true, true) => (quote!(Option<#rust>), None, Some(quote!(runtime::schema::Nullable<#said>))),
            (false, false) => (quote!(Option<#rust>), Some(quote!(#optional #read)), Some(said)),
            (false, true) => {
                (quote!(Option<Option<#rust>>), Some(quote!(#optional #read)), Some(quote!(Option<#said>)))
            }
        };
        let with = with.map(|with| with_type(&with));
        let attributes = attributes(schema, with.as_slice());
        quote!(#doc #rename #serde #attributes pub #field: #rust,)
    }

    /// Types as they are written behind a list or a map, where one that contains itself has a size anyway.
    fn behind(&self) -> Self {
        Self { model: self.model, within: None }
    }

    /// What a schema is, wherever that is said.
    fn kind<'s>(&'s self, schema: &'s Schema) -> &'s Kind {
        match &schema.kind {
            Kind::Named(index) => &self.model.components[*index].schema.kind,
            kind => kind,
        }
    }

    /// The Rust type of a schema.
    pub(super) fn rust(&self, schema: &Schema) -> TokenStream {
        self.write(schema, false)
    }

    /// The type whose derived schema is the schema. It differs from the Rust type where Rust has no such type.
    pub(super) fn said(&self, schema: &Schema) -> TokenStream {
        self.write(schema, true)
    }

    fn write(&self, schema: &Schema, said: bool) -> TokenStream {
        let plain = match &schema.kind {
            Kind::Any => quote!(serde_json::Value),
            Kind::Boolean => quote!(bool),
            Kind::Integer { format: None, .. } if said => quote!(runtime::schema::Integer),
            Kind::Integer { format, .. } => match format {
                Some(IntegerFormat::Int32) => quote!(i32),
                Some(IntegerFormat::Uint32) => quote!(u32),
                Some(IntegerFormat::Uint64) => quote!(u64),
                Some(IntegerFormat::Int64) | None => quote!(i64),
            },
            Kind::Number { format: None, .. } if said => quote!(runtime::schema::Number),
            Kind::Number { format: Some(NumberFormat::Float), .. } => quote!(f32),
            Kind::Number { .. } => quote!(f64),
            Kind::Text(text) => match text.format {
                None => quote!(String),
                Some(TextFormat::Uuid) => quote!(uuid::Uuid),
                Some(TextFormat::DateTime) => quote!(runtime::Moment),
                Some(TextFormat::Date) => quote!(chrono::NaiveDate),
            },
            Kind::Array { items, unique, .. } => {
                let items = self.behind().write(items, said);
                if *unique { quote!(indexmap::IndexSet<#items>) } else { quote!(Vec<#items>) }
            }
            Kind::Object { additional: Additional::Each(each), .. } => {
                let each = self.behind().write(each, said);
                quote!(indexmap::IndexMap<String, #each>)
            }
            Kind::Object { .. } => quote!(serde_json::Map<String, serde_json::Value>),
            Kind::Named(index) => {
                let name = format_ident!("{}", self.model.components[*index].rust);
                if self.within.is_some_and(|within| holds(self.model, *index, within)) {
                    quote!(Box<#name>)
                } else {
                    quote!(#name)
                }
            }
        };
        if schema.nullable { quote!(Option<#plain>) } else { plain }
    }
}

/// The attribute with everything that the type does not say: bounds and patterns, of the items too.
pub(super) fn attributes(schema: &Schema, first: &[TokenStream]) -> TokenStream {
    let mut list = first.to_vec();
    list.extend(bounds(&schema.kind));
    if list.is_empty() { TokenStream::new() } else { quote!(#[schemars(#(#list),*)]) }
}

/// `with = "..."` for a type.
pub(super) fn with_type(said: &TokenStream) -> TokenStream {
    // Spaces that a token stream prints would only be noise in the generated file.
    let said = said.to_string().replace(' ', "");
    quote!(with = #said)
}

fn bounds(kind: &Kind) -> Vec<TokenStream> {
    fn list(name: &str, parts: [(&str, Option<TokenStream>); 2]) -> Option<TokenStream> {
        let name = format_ident!("{name}");
        let parts: Vec<_> = parts
            .into_iter()
            .filter_map(|(key, value)| {
                let (key, value) = (format_ident!("{key}"), value?);
                Some(quote!(#key = #value))
            })
            .collect();
        (!parts.is_empty()).then(|| quote!(#name(#(#parts),*)))
    }
    let size = |size: &Option<usize>| size.map(proc_macro2::Literal::usize_unsuffixed).map(|it| quote!(#it));
    match kind {
        Kind::Integer { minimum, maximum, .. } => {
            // Schemars turns the literal into a float. Without a suffix, it would have to be an `i32` before.
            let literal = |bound: &Option<i64>| {
                let small = |bound| i32::try_from(bound).is_ok();
                let (short, long) = (proc_macro2::Literal::i64_unsuffixed, proc_macro2::Literal::i64_suffixed);
                bound.map(|it| if small(it) { short(it) } else { long(it) }).map(|it| quote!(#it))
            };
            list("range", [("min", literal(minimum)), ("max", literal(maximum))]).into_iter().collect()
        }
        Kind::Number { minimum, maximum, .. } => {
            let literal = |bound: &Option<f64>| bound.map(proc_macro2::Literal::f64_unsuffixed).map(|it| quote!(#it));
            list("range", [("min", literal(minimum)), ("max", literal(maximum))]).into_iter().collect()
        }
        Kind::Text(text) => {
            let length = list("length", [("min", size(&text.min_length)), ("max", size(&text.max_length))]);
            let pattern = text.pattern.as_ref().map(|pattern| quote!(regex(pattern = #pattern)));
            length.into_iter().chain(pattern).collect()
        }
        Kind::Array { items, min_items, max_items, .. } => {
            let length = list("length", [("min", size(min_items)), ("max", size(max_items))]);
            let inner = bounds(&items.kind);
            let inner = (!inner.is_empty()).then(|| quote!(inner(#(#inner),*)));
            length.into_iter().chain(inner).collect()
        }
        Kind::Any | Kind::Boolean | Kind::Object { .. } | Kind::Named(_) => Vec::new(),
    }
}

/// Whether a value of the component `outer` has one of `inner` in itself, not behind a list or a map: such a type
/// would have no size.
fn holds(model: &Model, outer: usize, inner: usize) -> bool {
    fn visit(model: &Model, at: usize, inner: usize, seen: &mut BTreeSet<usize>) -> bool {
        if at == inner {
            return true;
        }
        if !seen.insert(at) {
            return false;
        }
        let Kind::Object { properties, .. } = &model.components[at].schema.kind else { return false };
        properties
            .iter()
            .any(|property| matches!(property.schema.kind, Kind::Named(next) if visit(model, next, inner, seen)))
    }
    visit(model, outer, inner, &mut BTreeSet::new())
}
