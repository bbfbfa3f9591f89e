//! The rewriting of progenitor's code.
//!
//! Progenitor matches a form as JSON, has a method for each status of an error, and no headers. In the rewritten code, a
//! response has the headers that the contract requires, an error is selected by its code, and every item is documented.

use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{FnArg, ImplItem, ImplItemFn, Item, ItemImpl, Pat, Type, parse_quote};

use super::bodies::Bodies;
use super::contract::{Header, Operation, Response};

/// Rewrites the code. A body with a secret is written by one of `bodies`.
///
/// # Errors
/// Fails if a header has a type that an argument cannot have.
pub(super) fn rewrite(file: &mut syn::File, operations: &[Operation<'_>], bodies: &Bodies<'_>) -> Result<(), String> {
    file.items.retain(|item| matches!(item, Item::Mod(_)));
    for item in &mut file.items {
        let Item::Mod(module) = item else { continue };
        module.attrs = vec![parse_quote!(#[doc = " The requests and the responses of each operation."])];
        for item in module.content.iter_mut().flat_map(|(_, items)| items) {
            rewrite_item(item, operations, bodies)?;
        }
    }
    file.items.push(entry(operations));
    Ok(())
}

/// The functions of the mock server, one for each operation.
fn entry(operations: &[Operation<'_>]) -> Item {
    let functions = operations.iter().map(|operation| {
        let (name, when, then) =
            (format_ident!("{}", operation.name()), ident(operation, "When"), ident(operation, "Then"));
        let doc = format!(" {}: mocks the responses of `{}`.", operation.summary, operation.id);
        quote! {
            #[doc = #doc]
            pub fn #name<R>(
                &self,
                configure: impl FnOnce(operations::#when, operations::#then) -> R,
            ) -> ::httpmock::Mock<'_> {
                self.server().mock(|when, then| {
                    configure(operations::#when::new(when), operations::#then::new(then));
                })
            }
        }
    });
    parse_quote! {
        impl crate::MockAether { #(#functions)* }
    }
}

/// The type of an operation's requests or responses, as progenitor names it.
fn ident(operation: &Operation<'_>, suffix: &str) -> syn::Ident {
    format_ident!("{}{suffix}", operation.id.to_upper_camel_case())
}

fn rewrite_item(item: &mut Item, operations: &[Operation<'_>], bodies: &Bodies<'_>) -> Result<(), String> {
    match item {
        Item::Struct(item) => {
            let (operation, suffix) = operation(operations, &item.ident.to_string());
            let subject = if suffix == "when" { "requests to match" } else { "response" };
            let doc = format!(" The {subject} of `{}`.", operation.id);
            item.attrs.push(parse_quote!(#[doc = #doc]));
            item.attrs
                .push(parse_quote!(#[allow(missing_debug_implementations, reason = "httpmock's types have none")]));
        }
        Item::Impl(item) => {
            let (operation, suffix) = operation(operations, &item.self_ty.to_token_stream().to_string());
            if suffix == "when" { rewrite_when(item, operation) } else { rewrite_then(item, operation, bodies)? }
        }
        _ => {}
    }
    Ok(())
}

/// The operation of a type, and the type's suffix in lower case.
fn operation<'o, 'd>(operations: &'o [Operation<'d>], ty: &str) -> (&'o Operation<'d>, &'static str) {
    let name = ty.to_snake_case();
    for suffix in ["when", "then"] {
        if let Some(name) = name.strip_suffix(suffix).and_then(|name| name.strip_suffix('_'))
            && let Some(operation) = operations.iter().find(|operation| operation.name() == name)
        {
            return (operation, suffix);
        }
    }
    unreachable!("progenitor names its types after the operations, not {ty}")
}

fn rewrite_when(item: &mut ItemImpl, operation: &Operation<'_>) {
    for function in functions(item) {
        let name = function.sig.ident.to_string();
        let doc = match name.as_str() {
            "new" => "Matches every request of the operation.".to_owned(),
            "into_inner" => "The conditions on the request, to add others.".to_owned(),
            "body" if operation.has_form => {
                function.block = parse_quote!({ Self(crate::form::matching(self.0, value)) });
                "Matches a form that has the fields of this one.".to_owned()
            }
            "body" => "Matches this body only.".to_owned(),
            parameter => {
                let description = operation.parameter(parameter).unwrap_or_default();
                let absent = if function.sig.generics.params.is_empty() { "" } else { "; `None` matches its absence" };
                format!("Matches this value of the parameter{absent}. {description}")
            }
        };
        document(function, &doc);
    }
}

fn rewrite_then(item: &mut ItemImpl, operation: &Operation<'_>, bodies: &Bodies<'_>) -> Result<(), String> {
    let mut successes = operation.responses.iter().filter(|response| response.is_success());
    let mut rewritten = Vec::new();
    for function in functions(item) {
        match function.sig.ident.to_string().as_str() {
            "new" => document(function, "An empty response of the operation."),
            "into_inner" => document(function, "The response, to set it without the contract."),
            // Progenitor writes a function for each status, in the order of the contract.
            _ if is_error(function, operation) => continue,
            _ => match successes.next() {
                Some(response) => *function = success(function, response, bodies)?,
                None => continue,
            },
        }
        rewritten.push(ImplItem::Fn(function.clone()));
    }
    item.items = rewritten;
    item.items.extend(failures(operation));
    Ok(())
}

/// Whether a function is that of a status from 400.
fn is_error(function: &ImplItemFn, operation: &Operation<'_>) -> bool {
    let body = function.block.to_token_stream().to_string();
    let errors = operation.responses.iter().filter(|response| !response.is_success());
    errors.map(|response| format!("({}u16)", response.status)).any(|status| body.replace(' ', "").contains(&status))
}

/// The functions of the errors.
fn failures(operation: &Operation<'_>) -> [ImplItem; 2] {
    let (id, codes) = (operation.id, operation.codes());
    let list = codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ");
    let doc = format!(" An error of the contract: {list}.");
    [
        parse_quote! {
            #[doc = #doc]
            ///
            /// # Panics
            /// Panics if the operation does not have the error.
            pub fn error(self, error: impl Into<crate::ErrorResponse>) -> Self {
                Self(error.into().send(self.0, #id, &[#(#codes),*]))
            }
        },
        parse_quote! {
            /// A status of a gateway before Aether, with a page of HTML.
            pub fn gateway_error(self, status: u16) -> Self {
                Self(crate::error::gateway(self.0, status))
            }
        },
    ]
}

/// The function of a success. Without a body, the headers of its own are the arguments.
fn success(function: &ImplItemFn, response: &Response<'_>, bodies: &Bodies<'_>) -> Result<ImplItemFn, String> {
    let (name, status) = (&function.sig.ident, response.status);
    let body = function.sig.inputs.iter().find_map(value_type);
    let mut arguments: Vec<TokenStream> = Vec::new();
    let mut content: Vec<TokenStream> = Vec::new();
    if let Some(ty) = body {
        arguments.push(quote!(value: #ty));
        content.push(quote!(let then = then.header("content-type", "application/json");));
        let secret = bodies.function(ty).map(|function| quote!(json_body(super::bodies::#function(value))));
        let set_body = secret.unwrap_or_else(|| quote!(json_body_obj(value)));
        content.push(quote!(let then = then.#set_body;));
    }
    let own: Vec<_> = response.headers.iter().filter(|header| body.is_none() && !header.shared).collect();
    for header in &own {
        let (argument, statement) = header_argument(header)?;
        arguments.push(argument);
        content.push(statement);
    }
    let constants = response.constant_headers().filter(|(name, _)| own.iter().all(|header| header.name != *name));
    let constants = constants.map(|(name, value)| quote!(let then = then.header(#name, #value);));
    let mut function: ImplItemFn = parse_quote! {
        pub fn #name(self, #(#arguments),*) -> Self {
            let then = self.0.status(#status);
            #(#constants)*
            #(#content)*
            Self(then)
        }
    };
    document(&mut function, response.description);
    Ok(function)
}

/// The argument of a header, and the statement that sets the header.
fn header_argument(header: &Header<'_>) -> Result<(TokenStream, TokenStream), String> {
    let (name, argument) = (header.name, format_ident!("{}", header.name.to_snake_case()));
    let (ty, text) = match (header.schema.str("type"), header.schema.str("format")) {
        (Some("string"), Some("uuid")) => (quote!(::aether_client::Uuid), quote!(#argument.to_string())),
        (Some("string"), Some("date-time")) => (
            quote!(::aether_client::chrono::DateTime<::aether_client::chrono::Utc>),
            quote!(crate::headers::rfc3339(#argument)),
        ),
        (Some("string"), None) => (quote!(&str), quote!(#argument)),
        (Some("integer"), Some("int64")) => (quote!(u64), quote!(#argument.to_string())),
        (ty, format) => return Err(format!("{name}: a header with the type {ty:?} and the format {format:?}")),
    };
    Ok(if header.required {
        (quote!(#argument: #ty), quote!(let then = then.header(#name, #text);))
    } else {
        let statement = quote! {
            let then = match #argument {
                Some(#argument) => then.header(#name, #text),
                None => then,
            };
        };
        (quote!(#argument: Option<#ty>), statement)
    })
}

/// The type of the argument `value`.
fn value_type(argument: &FnArg) -> Option<&Type> {
    match argument {
        FnArg::Typed(argument) if matches!(&*argument.pat, Pat::Ident(name) if name.ident == "value") => {
            Some(&argument.ty)
        }
        _ => None,
    }
}

fn functions(item: &mut ItemImpl) -> impl Iterator<Item = &mut ImplItemFn> {
    item.items.iter_mut().filter_map(|item| match item {
        ImplItem::Fn(function) => Some(function),
        _ => None,
    })
}

fn document(function: &mut ImplItemFn, text: &str) {
    let text = format!(" {text}");
    function.attrs.push(parse_quote!(#[doc = #text]));
}
