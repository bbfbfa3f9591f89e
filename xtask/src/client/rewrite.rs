//! The rewriting of progenitor's code.
//!
//! Progenitor's own error prints the body of a response that it cannot parse, and its hooks cannot repeat a request whose
//! response broke. In the rewritten code, each request goes to `Client::execute`, which returns the body of a success, and
//! each error is the client's. Nothing of the crate `progenitor-client` remains.

use std::collections::BTreeSet;

use dropstub_document::Document;
use heck::ToSnakeCase;
use quote::{ToTokens, quote};
use serde_json::Value;
use syn::visit_mut::{self, VisitMut};
use syn::{Arm, Attribute, Block, Expr, Fields, Ident, Item, ItemImpl, Lit, Path, Stmt, Type, parse_quote};

/// The hooks of progenitor before and after a request.
const HOOKS: [&str; 2] = ["pre", "post"];

/// The operations of which a repeated request with the same `Idempotency-Key` has the same response, in snake case.
pub fn keyed_operations(document: &Document) -> BTreeSet<String> {
    let operations = document.value["paths"].as_object().into_iter().flatten().filter_map(|(_, item)| item.as_object());
    operations
        .flatten()
        .filter(|(_, operation)| operation.get("x-dropstub-idempotent") == Some(&Value::Bool(true)))
        .filter_map(|(_, operation)| operation["operationId"].as_str().map(ToSnakeCase::to_snake_case))
        .collect()
}

/// Rewrites the code, and adds items to the module `types`.
pub fn rewrite(file: &mut syn::File, keyed: &BTreeSet<String>, types: &[Item]) {
    file.items.retain(is_kept);
    for item in &mut file.items {
        let Item::Mod(module) = item else { continue };
        let Some((_, items)) = &mut module.content else { continue };
        match module.ident.to_string().as_str() {
            "types" => {
                items.iter_mut().for_each(allow_additions);
                items.extend(types.iter().cloned());
            }
            "builder" => {
                items.retain(|item| !imports_progenitor(item));
                items.splice(0..0, imports());
            }
            _ => {}
        }
    }
    Rewrite { keyed }.visit_file_mut(file);
}

/// The imports of the operations.
fn imports() -> Vec<Item> {
    let file: syn::File = parse_quote! {
        use crate::Error;
        use crate::support::{QueryParam, RequestBuilderExt, ResponseValue, encode_path};
        use crate::transport::{Operation, Repetition};
    };
    file.items
}

/// Whether an item imports progenitor's support code from the module above.
fn imports_progenitor(item: &Item) -> bool {
    matches!(item, Item::Use(item) if item.tree.to_token_stream().to_string().contains("OperationInfo"))
}

/// Whether an item is kept. The client has its own constructors and no hooks.
fn is_kept(item: &Item) -> bool {
    match item {
        Item::Use(item) => !matches!(&item.tree, syn::UseTree::Path(path) if path.ident == "progenitor_client"),
        Item::Impl(item) => item.trait_.is_none() && !has_function(item, "new_with_client"),
        Item::Mod(module) => module.ident != "prelude",
        _ => true,
    }
}

fn has_function(item: &ItemImpl, name: &str) -> bool {
    item.items.iter().any(|item| matches!(item, syn::ImplItem::Fn(function) if function.sig.ident == name))
}

/// Later versions of the contract can add a field to any object, and a value to any enum.
fn allow_additions(item: &mut Item) {
    match item {
        Item::Struct(item) if matches!(item.fields, Fields::Named(_)) => {
            item.attrs.push(parse_quote!(#[non_exhaustive]));
        }
        Item::Enum(item) => item.attrs.push(parse_quote!(#[non_exhaustive])),
        _ => {}
    }
}

struct Rewrite<'r> {
    keyed: &'r BTreeSet<String>,
}

impl VisitMut for Rewrite<'_> {
    fn visit_block_mut(&mut self, block: &mut Block) {
        block.stmts = std::mem::take(&mut block.stmts).into_iter().filter_map(|stmt| self.statement(stmt)).collect();
        visit_mut::visit_block_mut(self, block);
    }

    fn visit_expr_match_mut(&mut self, expression: &mut syn::ExprMatch) {
        if is_call_of(&expression.expr, "as_u16") {
            // `Client::execute` returns errors as errors.
            expression.arms.retain(is_success);
            expression.arms.push(parse_quote!(_ => Err(Error::undocumented(&response)),));
        }
        visit_mut::visit_expr_match_mut(self, expression);
    }

    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        // The body of a response was read by `Client::execute`.
        if let Expr::Await(awaited) = expression
            && matches!(&*awaited.base, Expr::Call(call) if is_function(&call.func, "from_response"))
        {
            *expression = (*awaited.base).clone();
        }
        visit_mut::visit_expr_mut(self, expression);
    }

    fn visit_expr_try_mut(&mut self, tried: &mut syn::ExprTry) {
        // The client has no public conversion of the errors of other crates.
        let constructor: Option<Expr> = match &*tried.expr {
            Expr::MethodCall(call) if call.method == "build" => Some(parse_quote!(Error::http)),
            Expr::MethodCall(call) if call.method == "try_into" => Some(parse_quote!(Error::header)),
            _ => None,
        };
        if let Some(constructor) = constructor {
            let result = &tried.expr;
            tried.expr = parse_quote!(#result.map_err(#constructor));
        }
        visit_mut::visit_expr_try_mut(self, tried);
    }

    fn visit_type_mut(&mut self, ty: &mut Type) {
        // `Error<types::ErrorEnvelope>`
        if let Type::Path(path) = ty
            && path.path.segments.last().is_some_and(|last| last.ident == "Error" && !last.arguments.is_none())
            && path.path.segments.len() == 1
        {
            *ty = parse_quote!(Error);
        }
        visit_mut::visit_type_mut(self, ty);
    }

    fn visit_path_mut(&mut self, path: &mut Path) {
        if path.segments.first().is_some_and(|first| first.ident == "progenitor_client") {
            let rest = path.segments.iter().skip(1);
            *path = parse_quote!(#(#rest)::*);
        }
        if let [error, variant] = path.segments.iter_mut().collect::<Vec<_>>().as_mut_slice()
            && error.ident == "Error"
            && variant.ident == "InvalidRequest"
        {
            variant.ident = Ident::new("invalid_request", variant.ident.span());
        }
        visit_mut::visit_path_mut(self, path);
    }

    fn visit_attribute_mut(&mut self, attribute: &mut Attribute) {
        // The examples need a client and arguments.
        if let syn::Meta::NameValue(meta) = &mut attribute.meta
            && meta.path.is_ident("doc")
            && let Expr::Lit(literal) = &mut meta.value
            && let Lit::Str(text) = &mut literal.lit
            && let Some((before, _)) = text.value().split_once("```ignore")
        {
            *text = syn::LitStr::new(before.trim_end(), text.span());
        }
    }
}

impl Rewrite<'_> {
    /// Rewrites a statement of a function `send`, or removes it.
    fn statement(&self, statement: Stmt) -> Option<Stmt> {
        match &statement {
            Stmt::Local(local) => {
                let (Some(init), syn::Pat::Ident(name)) = (&local.init, &local.pat) else { return Some(statement) };
                match (name.ident.to_string().as_str(), &*init.expr) {
                    ("info", Expr::Struct(info)) => Some(self.operation(info)),
                    ("result", value) if is_await_of(value, "exec") => {
                        Some(parse_quote!(let response = client.execute(request, &operation).await?;))
                    }
                    ("response", Expr::Try(_)) => None,
                    _ => Some(statement),
                }
            }
            Stmt::Expr(Expr::Try(tried), _) if HOOKS.iter().any(|hook| is_await_of(&tried.expr, hook)) => None,
            Stmt::Expr(Expr::MethodCall(call), _) if call.method == "append" => {
                let is_version = call.args.to_token_stream().to_string().contains("\"api-version\"");
                (!is_version).then_some(statement)
            }
            _ => Some(statement),
        }
    }

    /// The operation in `OperationInfo { operation_id: ".." }`.
    fn operation(&self, info: &syn::ExprStruct) -> Stmt {
        let id = &info.fields.first().expect("the id is a field").expr;
        let Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) = id else { panic!("the id is a string") };
        let repetition = if self.keyed.contains(&text.value()) { quote!(Keyed) } else { quote!(ByMethod) };
        parse_quote!(let operation = Operation { id: #text, repetition: Repetition::#repetition };)
    }
}

fn is_call_of(expression: &Expr, method: &str) -> bool {
    matches!(expression, Expr::MethodCall(call) if call.method == method)
}

fn is_function(expression: &Expr, name: &str) -> bool {
    matches!(expression, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name))
}

fn is_await_of(expression: &Expr, method: &str) -> bool {
    matches!(expression, Expr::Await(awaited) if is_call_of(&awaited.base, method))
}

/// Whether an arm of the match on the status is that of a documented success.
fn is_success(arm: &Arm) -> bool {
    match &arm.pat {
        syn::Pat::Lit(literal) => {
            matches!(&literal.lit, Lit::Int(status) if status.base10_parse::<u16>().is_ok_and(|status| (200..300).contains(&status)))
        }
        _ => false,
    }
}
