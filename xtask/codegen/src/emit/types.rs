//! The wire types, and their schemas for dropshot: built from the types of the fields and overlays, so that the emitted document comes from
//! the compiled types and is not a copy of the contract.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;

use super::{doc, json};
use crate::ir::{
    ADDITIONAL_PROPERTIES, Additional, Component, IntegerFormat, Kind, Model, NumberFormat, Object, Property, Schema,
    Text, TextFormat, Union, admits_null,
};
use crate::names::ident;

pub(super) fn emit(model: &Model) -> TokenStream {
    let types = (0..model.components.len()).map(|index| component(model, index));
    quote!(#(#types)*)
}

fn component(model: &Model, index: usize) -> TokenStream {
    let component = &model.components[index];
    let types = Types { model, within: Some(index) };
    let (declared, schema) = match &component.schema.kind {
        Kind::Text(text) if text.is_enumeration() => enumeration(component, text),
        Kind::Object(object) if object.is_struct() => types.object(component, object),
        Kind::Union(union) => types.union(component, union),
        _ => types.wrapper(component),
    };
    quote! {
        #declared
        #schema
    }
}

/// `impl JsonSchema` for a type: by its name in the document, or inline.
fn describe(component: &Component, schema: &TokenStream) -> TokenStream {
    let (rust, name) = (format_ident!("{}", component.rust), &component.name);
    let inline = component.inline.then(|| {
        quote! {
            fn is_referenceable() -> bool {
                false
            }
        }
    });
    quote! {
        impl schemars::JsonSchema for #rust {
            fn schema_name() -> String {
                #name.to_owned()
            }

            #inline

            fn json_schema(generator: &mut runtime::schema::Generator) -> runtime::schema::Schema {
                #schema
            }
        }
    }
}

fn derives(component: &Component) -> TokenStream {
    let serialize = component.usage.sent.then(|| quote!(serde::Serialize,));
    let deserialize = component.usage.received.then(|| quote!(serde::Deserialize,));
    quote!(#[derive(Debug, Clone, #serialize #deserialize)])
}

fn enumeration(component: &Component, text: &Text) -> (TokenStream, TokenStream) {
    let (name, about) = (format_ident!("{}", component.rust), doc(component.schema.description.as_deref()));
    let derive = derives(component);
    let variants: Vec<_> = text.allowed.iter().map(|variant| ident(&variant.rust)).collect();
    let docs = text.allowed.iter().map(|variant| doc(variant.description.as_deref()));
    let values: Vec<_> = text.allowed.iter().map(|variant| &variant.value).collect();
    let renames: Vec<_> = values.iter().map(|value| serde_of(component, &quote!(rename = #value))).collect();
    let overlay = json(&component.schema.overlay_with_description());
    let schema = if text.open {
        quote! {
            let _ = generator;
            runtime::schema::listed(Self::ALL.iter().map(|value| value.as_str()), #overlay)
        }
    } else if text.groups.is_empty() {
        quote! {
            let _ = generator;
            runtime::schema::values(&[#(#values),*], #overlay)
        }
    } else {
        let groups = text.groups.iter().map(|group| {
            let (values, overlay) = (&group.values, json(&group.overlay));
            quote!(runtime::schema::values(&[#(#values),*], #overlay))
        });
        quote! {
            let _ = generator;
            runtime::schema::one_of(vec![#(#groups),*], #overlay)
        }
    };
    let declared = quote! {
        #about #derive
        #[derive(Copy, PartialEq, Eq, Hash)]
        pub enum #name { #(#docs #renames #variants,)* }

        impl #name {
            /// Every value.
            pub const ALL: &[Self] = &[#(Self::#variants),*];

            /// The value on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { #(Self::#variants => #values,)* }
            }
        }

        impl std::fmt::Display for #name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
    (declared, describe(component, &schema))
}

/// An attribute of serde, on a type that derives a trait of serde.
fn serde_of(component: &Component, attribute: &TokenStream) -> TokenStream {
    if component.usage.sent || component.usage.received { quote!(#[serde(#attribute)]) } else { TokenStream::new() }
}

/// The Rust types of schemas in one place.
pub(super) struct Types<'m> {
    pub(super) model: &'m Model,
    /// The component of the fields, for types that contain themselves.
    pub(super) within: Option<usize>,
}

/// A property or a parameter as a field of a struct.
pub(super) struct Field {
    /// The field itself.
    pub(super) declared: TokenStream,
    /// The call that adds it to the schema of the struct.
    pub(super) described: TokenStream,
    /// The function that returns its default.
    pub(super) default: Option<TokenStream>,
}

impl Types<'_> {
    fn object(&self, component: &Component, object: &Object) -> (TokenStream, TokenStream) {
        let (name, about) = (format_ident!("{}", component.rust), doc(component.schema.description.as_deref()));
        let derive = derives(component);
        let deny = matches!(object.additional, Additional::Forbidden) && component.usage.received;
        let deny = deny.then(|| quote!(#[serde(deny_unknown_fields)]));
        let fields: Vec<_> = object.properties.iter().map(|property| self.field(component, property)).collect();
        let (declared, described) = (fields.iter().map(|it| &it.declared), fields.iter().map(|it| &it.described));
        let defaults: Vec<_> = fields.iter().filter_map(|it| it.default.as_ref()).collect();
        let defaults = (!defaults.is_empty() && component.usage.received).then(|| quote!(impl #name { #(#defaults)* }));
        let (others, described_others) = match &object.additional {
            Additional::Each(each) => {
                let (field, rust, overlay) = (
                    format_ident!("{ADDITIONAL_PROPERTIES}"),
                    self.behind().rust(each),
                    json(&each.overlay_with_description()),
                );
                let flatten = serde_of(component, &quote!(flatten));
                (
                    quote!(#flatten pub #field: indexmap::IndexMap<String, #rust>,),
                    quote!(.each(|it| &it.#field, #overlay)),
                )
            }
            Additional::Allowed | Additional::Forbidden => (TokenStream::new(), TokenStream::new()),
        };
        let mut own = component.schema.overlay_with_description();
        if matches!(object.additional, Additional::Each(_)) {
            own.shift_remove("additionalProperties");
        }
        let own = json(&own);
        let declared = quote! {
            #about #derive #deny
            pub struct #name { #(#declared)* #others }
            #defaults
        };
        let schema =
            quote!(runtime::schema::Object::<Self>::new(generator) #(#described)* #described_others .build(#own));
        (declared, describe(component, &schema))
    }

    /// A property as a field. Each combination of required and nullable has its own type: `T`, a required `Option<T>`, an `Option<T>` that
    /// can be absent and not null, and `Option<Option<T>>`.
    fn field(&self, component: &Component, property: &Property) -> Field {
        let Property { name, rust, required, schema, default } = property;
        let (field, about) = (ident(rust), doc(schema.description.as_deref()));
        let rename = (*rust != *name).then(|| quote!(rename = #name));
        let plain = self.rust(&Schema { nullable: false, ..schema.clone() });
        let nullable = if schema.nullable { quote!(Option<#plain>) } else { plain };
        let function = format_ident!("default_{rust}");
        let (rust, serde, method) = match default {
            _ if *required => {
                // Serde treats an absent field as null.
                let given = (schema.nullable && component.usage.received)
                    .then(|| quote!(deserialize_with = "runtime::schema::given"));
                (nullable, given.unwrap_or_default(), format_ident!("required"))
            }
            Some(Value::Null) => (nullable, quote!(default), format_ident!("defaulted")),
            Some(_) if component.usage.received => {
                let path = format!("{}::{function}", component.rust);
                (nullable, quote!(default = #path), format_ident!("defaulted"))
            }
            Some(_) => (nullable, TokenStream::new(), format_ident!("defaulted")),
            None => {
                let present = (component.usage.received && admits_null(&self.model.components, schema))
                    .then(|| quote!(, deserialize_with = "runtime::schema::present"));
                let absent = quote!(default, skip_serializing_if = "Option::is_none" #present);
                (quote!(Option<#nullable>), absent, format_ident!("optional"))
            }
        };
        let comma = (rename.is_some() && !serde.is_empty()).then(|| quote!(,));
        let attribute = if rename.is_some() || !serde.is_empty() {
            serde_of(component, &quote!(#rename #comma #serde))
        } else {
            TokenStream::new()
        };
        let default = default.as_ref().filter(|default| !*required && !default.is_null()).map(|default| {
            let default = default.to_string();
            quote!(fn #function() -> #rust { runtime::schema::default(#default) })
        });
        let overlay = json(&schema.overlay_with_description());
        Field {
            declared: quote!(#about #attribute pub #field: #rust,),
            described: quote!(.#method(#name, |it| &it.#field, #overlay)),
            default,
        }
    }

    fn union(&self, component: &Component, union: &Union) -> (TokenStream, TokenStream) {
        let (name, about) = (format_ident!("{}", component.rust), doc(component.schema.description.as_deref()));
        let derive = derives(component);
        let representation = match &union.tag {
            Some(tag) => serde_of(component, &quote!(tag = #tag)),
            None => serde_of(component, &quote!(untagged)),
        };
        let parts = union.alternatives.iter().map(|alternative| {
            let (variant, about) = (ident(&alternative.rust), doc(alternative.schema.description.as_deref()));
            let described = json(&alternative.schema.overlay_with_description());
            let (Some(tag), Some(tagged)) = (&union.tag, &alternative.tagged) else {
                let rust = self.rust(&alternative.schema);
                return (
                    quote!(#about #variant(#rust),),
                    quote!(runtime::schema::of(generator, Self::#variant, #described)),
                );
            };
            let value = &tagged.value;
            let rename = serde_of(component, &quote!(rename = #value));
            let tag_overlay = json(&tagged.overlay);
            let tag = quote!((#tag, #value, #tag_overlay));
            match tagged.rest {
                Some(rest) => {
                    let rest = format_ident!("{}", self.model.components[rest].rust);
                    (
                        quote!(#about #rename #variant(#rest),),
                        quote!(runtime::schema::tagged(generator, Self::#variant, #tag, #described)),
                    )
                }
                None => (quote!(#about #rename #variant,), quote!(runtime::schema::tag_alone(#tag, #described))),
            }
        });
        let (variants, described): (Vec<_>, Vec<_>) = parts.unzip();
        let whole = if union.one { format_ident!("one_of") } else { format_ident!("any_of") };
        let own = json(&component.schema.overlay_with_description());
        let declared = quote! {
            #about #derive #representation
            pub enum #name { #(#variants)* }
        };
        let schema = quote! {
            let schemas = vec![#(#described),*];
            let _ = generator;
            runtime::schema::#whole(schemas, #own)
        };
        (declared, describe(component, &schema))
    }

    /// A component with an existing Rust type.
    fn wrapper(&self, component: &Component) -> (TokenStream, TokenStream) {
        let (name, about) = (format_ident!("{}", component.rust), doc(component.schema.description.as_deref()));
        let derive = derives(component);
        let rust = if component.secret { quote!(runtime::Secret) } else { self.rust(&component.schema) };
        let own = json(&component.schema.overlay_with_description());
        let declared = quote! {
            #about #derive
            pub struct #name(pub #rust);
        };
        (declared, describe(component, &quote!(runtime::schema::of(generator, Self, #own))))
    }

    /// The types behind a list or map, where a type that contains itself has a size.
    fn behind(&self) -> Self {
        Self { model: self.model, within: None }
    }

    /// The Rust type of a schema.
    pub(super) fn rust(&self, schema: &Schema) -> TokenStream {
        let plain = match &schema.kind {
            Kind::Any => quote!(serde_json::Value),
            Kind::Null => quote!(()),
            Kind::Boolean => quote!(bool),
            Kind::Integer(integer) => match integer.format {
                Some(IntegerFormat::Int8) => quote!(i8),
                Some(IntegerFormat::Int16) => quote!(i16),
                Some(IntegerFormat::Int32) => quote!(i32),
                Some(IntegerFormat::Uint8) => quote!(u8),
                Some(IntegerFormat::Uint16) => quote!(u16),
                Some(IntegerFormat::Uint32) => quote!(u32),
                Some(IntegerFormat::Uint64) => quote!(u64),
                Some(IntegerFormat::Uint) => quote!(usize),
                Some(IntegerFormat::Int64 | IntegerFormat::Other(_)) | None => quote!(i64),
            },
            Kind::Number(number) if number.format == Some(NumberFormat::Float) => quote!(f32),
            Kind::Number(_) => quote!(f64),
            Kind::Text(text) => match text.format {
                Some(TextFormat::Uuid) => quote!(uuid::Uuid),
                Some(TextFormat::DateTime) => quote!(runtime::DateTime),
                Some(TextFormat::Date) => quote!(chrono::NaiveDate),
                Some(TextFormat::Ipv4) => quote!(std::net::Ipv4Addr),
                Some(TextFormat::Ipv6) => quote!(std::net::Ipv6Addr),
                Some(TextFormat::Ip) => quote!(std::net::IpAddr),
                Some(TextFormat::Other(_)) | None => quote!(String),
            },
            Kind::Array { items, unique, hashable, .. } => {
                let items = self.behind().rust(items);
                if *unique && *hashable { quote!(indexmap::IndexSet<#items>) } else { quote!(Vec<#items>) }
            }
            Kind::Object(Object { additional: Additional::Each(each), .. }) => {
                let each = self.behind().rust(each);
                quote!(indexmap::IndexMap<String, #each>)
            }
            Kind::Object(_) => quote!(serde_json::Map<String, serde_json::Value>),
            Kind::Union(_) => unreachable!("every union has a name"),
            Kind::Named(index) => self.named(*index),
        };
        if schema.nullable { quote!(Option<#plain>) } else { plain }
    }

    /// A component by its name. A type that would contain itself is boxed.
    fn named(&self, index: usize) -> TokenStream {
        let component = &self.model.components[index];
        let name: Ident = format_ident!("{}", component.rust);
        let same_cycle = self.within.is_some_and(|within| self.model.components[within].cycle == component.cycle);
        if component.cycle.is_some() && same_cycle && !component.inline { quote!(Box<#name>) } else { quote!(#name) }
    }
}
