//! From the document to the model, refusing what the stub could not honour.
//!
//! One file per kind of thing: [`schemas`], [`responses`], [`operations`], [`paths`]. This one reads the document's
//! own keys and then looks at the whole.

mod circles;
mod operations;
mod paths;
mod reach;
mod responses;
mod schemas;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::diagnostic::Diagnostics;
use super::model::{Model, Operation, Tag};
use super::node::{Node, Object, Source};
use crate::document::Document;
pub(super) use schemas::{OTHERS, beside};

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
    if semver::Version::parse(version.str()?).is_err() {
        version.refuse("this version is not of the form 1.2.3", "write three numbers; dropshot wants them");
    }

    let mut schemas = Schemas::new(&source.document().value);
    let mut responses = Responses::default();
    let operations = operations::read(&root, &mut schemas, &mut responses);
    let schemes = security_schemes(&root, &operations);
    let tags = tags(&root, &operations);
    let servers = root.get("servers").map_or_else(|| serde_json::json!([{"url": "/"}]), |node| node.value.clone());
    root.documentation(&["externalDocs", "components", "paths", "security"]);

    if operations.is_empty() && source.is_good() {
        let help = "describe at least one operation";
        root.get("paths").unwrap_or_else(|| source.root()).refuse("no operation at all", help);
    }
    root.finish();
    let (components, defaults) = schemas.finish();
    if source.is_good() {
        circles::refuse_empty(source, &components);
    }
    // What was refused before is no ground to judge a default on.
    for (pointer, schema, default) in defaults.into_iter().filter(|_| source.is_good()) {
        if !schemas::admits(&components, &schema, &default) {
            source.refuse(&pointer, format!("the default {default} is not what its schema admits"), "correct it");
        }
    }
    let mut model = Model {
        title,
        version: version.str()?.to_owned(),
        description,
        servers,
        security_schemes: schemes,
        tags,
        components,
        operations,
        shared: responses.finish(),
        checks: std::collections::BTreeSet::new(),
    };
    if source.is_good() {
        reach::mark(source, &mut model);
        circles::mark(&mut model.components);
    }
    Some(model)
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
