//! From the document to the model, refusing what the stub could not honour.
//!
//! One file per kind of thing: [`schemas`], [`responses`], [`operations`], [`paths`]. This one reads the document's
//! own keys and then looks at the whole.

mod operations;
mod paths;
mod reach;
mod responses;
mod schemas;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::diagnostic::Diagnostics;
use super::model::{Kind, Model, Operation, Tag};
use super::node::{Node, Object, Source};
use crate::document::Document;
use responses::Responses;
use schemas::Schemas;

pub(super) fn read(document: &Document) -> Result<Model, Diagnostics> {
    let source = Source::new(document);
    let model = read_document(&source);
    let diagnostics = source.into_diagnostics();
    match model {
        Some(model) if diagnostics.is_empty() => Ok(model),
        _ => Err(Diagnostics::new(document, diagnostics)),
    }
}

fn read_document(source: &Source<'_>) -> Option<Model> {
    let root = source.root().object("an OpenAPI document");
    if let Some(version) = root.require("openapi")
        && !version.str()?.starts_with("3.0.")
    {
        version.refuse("this is not OpenAPI 3.0", "write `openapi: 3.0.3`; dropshot and progenitor know no other");
        return None;
    }
    let info = root.require("info")?.object("an info object");
    info.documentation(&["contact", "license", "termsOfService"]);
    let (title, version) = (info.require("title")?.str()?.to_owned(), info.require("version")?);
    let description = info.string("description");
    info.finish();
    if semver_parts(version.str()?).is_none() {
        version.refuse("this version is not of the form 1.2.3", "write three numbers; dropshot wants them");
    }

    let mut schemas = Schemas::default();
    let mut responses = Responses::default();
    let operations = operations::read(&root, &mut schemas, &mut responses);
    let schemes = security_schemes(&root, &operations);
    let tags = tags(&root, &operations);
    let servers = root.get("servers").map_or_else(|| serde_json::json!([{"url": "/"}]), |node| node.value.clone());
    root.documentation(&["externalDocs", "components", "paths", "security"]);
    root.finish();

    let mut model = Model {
        title,
        version: version.str()?.to_owned(),
        description,
        servers,
        security_schemes: schemes,
        tags,
        components: schemas.finish(),
        operations,
        shared: responses.finish(),
        error: String::new(),
        checks: std::collections::BTreeSet::new(),
    };
    model.error = error_schema(source, &model)?;
    reach::mark(source, &mut model);
    Some(model)
}

fn semver_parts(version: &str) -> Option<()> {
    let parts: Vec<_> = version.split('.').collect();
    (parts.len() == 3 && parts.iter().all(|part| part.parse::<u32>().is_ok())).then_some(())
}

/// The tags that operations use, with what the document says of them.
fn tags(root: &Object<'_, '_>, operations: &[Operation]) -> Vec<Tag> {
    let mut described = BTreeMap::new();
    for node in root.get("tags").iter().flat_map(Node::items) {
        let tag = node.object("a tag");
        tag.documentation(&["externalDocs"]);
        if let Some(name) = tag.require("name").and_then(|name| name.str().map(str::to_owned)) {
            described.insert(name, tag.string("description"));
        }
        tag.finish();
    }
    let used: std::collections::BTreeSet<_> = operations.iter().flat_map(|operation| &operation.tags).collect();
    used.into_iter().map(|name| Tag { name: name.clone(), description: described.remove(name).flatten() }).collect()
}

/// The security schemes that operations use. The glue knows bearer tokens and nothing else.
fn security_schemes(root: &Object<'_, '_>, operations: &[Operation]) -> Value {
    let mut schemes = Map::new();
    let Some(components) = root.get("components") else { return Value::Object(schemes) };
    let components = components.object("a components object");
    for (name, node) in components.get("securitySchemes").iter().flat_map(Node::entries) {
        let used = operations.iter().any(|operation| operation.security.iter().any(|used| used == name));
        let Some(scheme) = node.resolve().filter(|_| used) else { continue };
        let object = scheme.object("a security scheme");
        object.documentation(&["description", "bearerFormat"]);
        let is = |key, expected| {
            object.get(key).and_then(|node| node.value.as_str()).is_some_and(|it| it.eq_ignore_ascii_case(expected))
        };
        if is("type", "http") && is("scheme", "bearer") {
            schemes.insert(name.to_owned(), serde_json::json!({"type": "http", "scheme": "bearer"}));
        } else {
            scheme.refuse(
                "only bearer tokens are supported",
                "write `type: http` and `scheme: bearer`, or take the security off the operations",
            );
        }
        object.finish();
    }
    Value::Object(schemes)
}

/// The one schema of all errors: dropshot documents one for each operation, and progenitor can only handle one.
fn error_schema(source: &Source<'_>, model: &Model) -> Option<String> {
    let errors = model.operations.iter().flat_map(|operation| operation.responses.iter().map(|it| model.response(it)));
    let mut found: Option<usize> = None;
    for response in errors.filter(|response| response.status >= 400) {
        match response.body.as_ref().map(|body| &body.kind) {
            Some(Kind::Named(index)) if found.is_none_or(|found| found == *index) => found = Some(*index),
            _ => {
                source.refuse(
                    &crate::document::Pointer::root().child("paths"),
                    format!("the response {} has not the same error schema as the others", response.rust),
                    "give every error response the same component schema as its `application/json` content",
                );
                return None;
            }
        }
    }
    // Where something was refused, the operation that documents one may be among it.
    if found.is_none() && source.is_good() {
        source.root().refuse("no operation documents an error", "document at least the 500 of each operation");
    }
    found.map(|index| model.components[index].rust.clone())
}
