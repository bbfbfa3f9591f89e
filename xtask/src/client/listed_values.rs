//! The types of strings with `x-dropstub-values`: enums that keep values that later versions add.

use heck::ToUpperCamelCase;
use quote::format_ident;
use serde_json::{Map, Value, json};

const KEYWORD: &str = "x-dropstub-values";

/// The properties with listed values, extracted from a contract.
#[derive(Debug)]
pub struct ListedValues(Vec<ListedValue>);

#[derive(Debug)]
struct ListedValue {
    /// The component and the property, for example `ApiTokenState`.
    name: String,
    description: String,
    /// The values with their meanings.
    values: Vec<(String, String)>,
}

impl ListedValues {
    /// Extracts the properties into components of their own, because progenitor can replace the types of components only.
    pub fn extract(contract: &mut Value) -> Self {
        let mut found = Vec::new();
        let schemas = contract.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
        for (component, schema) in schemas.into_iter().flatten() {
            let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
            for (property, schema) in properties.into_iter().flatten() {
                if let Some(values) = schema.get(KEYWORD).and_then(Value::as_object) {
                    let name = format!("{component}{}", property.to_upper_camel_case());
                    let description = text(&schema["description"]);
                    let reference = json!({"$ref": format!("#/components/schemas/{name}")});
                    let values = values.iter().map(|(value, meaning)| (value.clone(), text(meaning))).collect();
                    *schema = json!({"description": description, "allOf": [reference]});
                    found.push(ListedValue { name, description, values });
                }
            }
        }
        if let Some(schemas) = contract.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
            let components = found.iter().map(|listed| (listed.name.clone(), json!({"type": "string"})));
            schemas.extend(components.collect::<Map<_, _>>());
        }
        Self(found)
    }

    /// The names of the types.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|listed| listed.name.as_str())
    }

    /// The source of the types.
    pub fn emit(&self) -> Vec<syn::Item> {
        self.0.iter().flat_map(ListedValue::emit).collect()
    }
}

impl ListedValue {
    fn emit(&self) -> Vec<syn::Item> {
        let name = format_ident!("{}", self.name);
        let description = format!("{} Later versions of the server can send other values.", self.description);
        let (texts, meanings): (Vec<_>, Vec<_>) = self.values.iter().cloned().unzip();
        let variants: Vec<_> = texts.iter().map(|text| format_ident!("{}", text.to_upper_camel_case())).collect();
        let file: syn::File = syn::parse_quote! {
            #[doc = #description]
            #[derive(Clone, Debug, Eq, Hash, PartialEq)]
            #[non_exhaustive]
            pub enum #name {
                #(#[doc = #meanings] #variants,)*
                /// A value that this version of the client does not know. A later version can have a variant for it, so compare
                /// it by `as_str`.
                Other(::std::string::String),
            }
            impl #name {
                /// The text of the value.
                pub fn as_str(&self) -> &str {
                    match self {
                        #(Self::#variants => #texts,)*
                        Self::Other(text) => text,
                    }
                }
            }
            impl ::std::convert::From<&str> for #name {
                fn from(text: &str) -> Self {
                    match text {
                        #(#texts => Self::#variants,)*
                        other => Self::Other(other.to_owned()),
                    }
                }
            }
            impl ::std::convert::From<::std::string::String> for #name {
                fn from(text: ::std::string::String) -> Self {
                    Self::from(text.as_str())
                }
            }
            impl ::std::convert::AsRef<str> for #name {
                fn as_ref(&self) -> &str {
                    self.as_str()
                }
            }
            impl ::std::cmp::PartialEq<str> for #name {
                fn eq(&self, text: &str) -> bool {
                    self.as_str() == text
                }
            }
            impl ::std::cmp::PartialEq<&str> for #name {
                fn eq(&self, text: &&str) -> bool {
                    self.as_str() == *text
                }
            }
            impl ::std::fmt::Display for #name {
                fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    f.pad(self.as_str())
                }
            }
            impl ::serde::Serialize for #name {
                fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                    serializer.serialize_str(self.as_str())
                }
            }
            impl<'de> ::serde::Deserialize<'de> for #name {
                fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                    <::std::string::String as ::serde::Deserialize>::deserialize(deserializer).map(Self::from)
                }
            }
        };
        file.items
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_values_are_extracted_and_emitted() {
        let state = json!({"type": "string", "description": "The state.", KEYWORD: {"on_hold": "Waits.", "a.done": "Is over."}});
        let mut contract = json!({"components": {"schemas": {"Job": {"properties": {"state": state, "name": {}}}}}});
        let listed = ListedValues::extract(&mut contract);
        assert_eq!(listed.names().collect::<Vec<_>>(), ["JobState"]);
        let schemas = &contract["components"]["schemas"];
        assert_eq!(schemas["Job"]["properties"]["state"]["allOf"][0]["$ref"], "#/components/schemas/JobState");
        assert_eq!(schemas["JobState"]["type"], "string");
        let items = listed.emit();
        let source = quote::quote! { #(#items)* }.to_string();
        for expected in ["enum JobState", "OnHold", "ADone", "\"a.done\"", "Other", "Is over."] {
            assert!(source.contains(expected), "{expected}: {source}");
        }
    }
}
