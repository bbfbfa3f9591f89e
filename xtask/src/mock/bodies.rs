//! The bodies with a secret. The client's types refuse to serialize a secret.

use dropstub_document::{Document, Node};
use heck::ToSnakeCase;
use quote::{format_ident, quote};
use syn::{Ident, Item, Type};

use super::contract::{Operation, objects};

/// The objects of responses that have a secret.
pub(super) struct Bodies<'d>(Vec<Body<'d>>);

struct Body<'d> {
    component: &'d str,
    /// The names, and whether they are secrets.
    properties: Vec<(&'d str, bool)>,
}

impl<'d> Bodies<'d> {
    pub(super) fn new(document: &'d Document, operations: &[Operation<'d>], secrets: &[&str]) -> Self {
        let is_sent = |component| {
            operations
                .iter()
                .flat_map(|operation| &operation.responses)
                .any(|response| response.component == Some(component))
        };
        let bodies = objects(document).filter(|(component, _)| is_sent(component)).map(|(component, schema)| {
            let properties = schema.get("properties").into_iter().flat_map(|properties| properties.entries());
            let properties = properties.map(|(name, property)| (name, is_secret(&property, secrets))).collect();
            Body { component, properties }
        });
        Self(bodies.filter(|body| body.properties.iter().any(|(_, is_secret)| *is_secret)).collect())
    }

    /// The function that returns the body of a type, if the type has a secret.
    pub(super) fn function(&self, ty: &Type) -> Option<Ident> {
        let Type::Reference(reference) = ty else { return None };
        let Type::Path(path) = &*reference.elem else { return None };
        let name = &path.path.segments.last()?.ident;
        self.0.iter().find(|body| name == body.component).map(Body::function)
    }

    /// The source of the functions.
    pub(super) fn emit(&self) -> Item {
        let functions = self.0.iter().map(|body| {
            let (function, ty) = (body.function(), format_ident!("{}", body.component));
            let values = body.properties.iter().map(|(name, is_secret)| {
                let field = format_ident!("{}", name.to_snake_case());
                if *is_secret { quote!(#name: value.#field.expose_secret()) } else { quote!(#name: value.#field) }
            });
            quote! {
                pub(crate) fn #function(value: &types::#ty) -> ::serde_json::Value {
                    ::serde_json::json!({ #(#values),* })
                }
            }
        });
        syn::parse_quote! {
            /// The bodies with a secret.
            pub(crate) mod bodies {
                use aether_client::ExposeSecret;
                use aether_client::generated::types;

                #(#functions)*
            }
        }
    }
}

impl Body<'_> {
    fn function(&self) -> Ident {
        format_ident!("{}", self.component.to_snake_case())
    }
}

fn is_secret(property: &Node<'_>, secrets: &[&str]) -> bool {
    property.str("$ref").and_then(|reference| reference.rsplit('/').next()).is_some_and(|name| secrets.contains(&name))
}
