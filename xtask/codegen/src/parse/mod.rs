//! Translation of a document to the intermediate representation. Unsupported constructs are diagnosed.
//!
//! This module reads the root of the document. [`operations`] uses [`paths`], [`parameters`], [`bodies`] and [`responses`], and all of them use
//! [`schemas`]. [`stub_responses`] checks the responses that the stub itself sends.

mod bodies;
mod operations;
mod parameters;
mod paths;
mod recursion;
mod responses;
mod schemas;
mod stub_responses;
mod usage;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::ir::{Contact, Info, License, Model, Operation, Tag};
use crate::reader::{Object, Reader, Source};
use crate::rules;
use dropstub_document::{Diagnostic, Document};

use responses::Responses;
use schemas::Schemas;

pub(super) fn parse(document: &Document) -> Result<Model, Vec<Diagnostic>> {
    let source = Source::new(document);
    let model = read_document(&source);
    let mut diagnostics = source.into_diagnostics();
    match model {
        Some(model) if diagnostics.is_empty() => Ok(model),
        _ => {
            Diagnostic::sort(&mut diagnostics);
            Err(diagnostics)
        }
    }
}

fn read_document(source: &Source<'_>) -> Option<Model> {
    let root = source.root().object("an OpenAPI document");
    if let Some(version) = root.require("openapi")
        && version.str().is_some_and(|version| !version.starts_with("3.0."))
    {
        version.report(
            &rules::VERSION_UNSUPPORTED,
            "not an OpenAPI 3.0 document",
            "use `openapi: 3.0.3`, the version of dropshot and progenitor",
        );
        return None;
    }
    let info = root.require("info").and_then(|node| info(&node));
    let mut schemas = Schemas::new(&source.document().value);
    let mut responses = Responses::default();
    let operations = operations::read(&root, &mut schemas, &mut responses);
    let schemes = security_schemes(&root, &operations);
    let tags = tags(&root, &operations);
    let servers = root.get("servers").map_or_else(|| serde_json::json!([{"url": "/"}]), |node| servers(&node));
    root.documentation(&["externalDocs", "components", "paths", "security", "x-dropstub-strict-query"]);

    if operations.is_empty() && source.is_good() {
        let help = "document at least one operation";
        root.get("paths").unwrap_or_else(|| source.root()).report(
            &rules::OPERATIONS_MISSING,
            "the document has no operations",
            help,
        );
    }
    root.finish();
    let (components, defaults) = schemas.finish();
    let empty = recursion::report_empty(source, &components);
    // A schema that cannot be read cannot validate a default.
    for (pointer, schema, default) in defaults.into_iter().filter(|_| !empty) {
        if schemas::is_read(&components, &schema) && !schemas::admits(&components, &schema, &default) {
            source.report(
                &rules::DEFAULT_INVALID,
                &pointer,
                format!("the default {default} does not match its schema"),
                "correct it",
            );
        }
    }
    let mut model = Model {
        evaluation: false,
        info: info?,
        servers,
        security_schemes: schemes,
        tags,
        components,
        operations,
        shared: responses.finish(),
        checks: std::collections::BTreeSet::new(),
    };
    if source.is_good() {
        usage::mark(source, &mut model);
        recursion::mark(&mut model.components);
    }
    Some(model)
}

fn info(node: &Reader<'_, '_>) -> Option<Info> {
    let info = node.object("an info object");
    let title = info.require("title").and_then(|title| title.str());
    let version = info.require("version").and_then(|node| Some((node.str()?, node)));
    if let Some((version, node)) = &version
        && semver::Version::parse(version).is_err()
    {
        node.report(&rules::VERSION_INVALID, "the version is not a semantic version", "use three numbers: `1.2.3`");
    }
    let contact = info.get("contact").map(|node| {
        let contact = node.object("a contact");
        let [name, url, email] = ["name", "url", "email"].map(|key| contact.string(key));
        contact.finish();
        Contact { name, url, email }
    });
    let license = info.get("license").and_then(|node| {
        let license = node.object("a licence");
        let name = license.require("name").and_then(|name| name.str().map(str::to_owned));
        let url = license.string("url");
        license.finish();
        Some(License { name: name?, url })
    });
    let (description, terms_of_service) = (info.string("description"), info.string("termsOfService"));
    info.finish();
    Some(Info {
        title: title?.to_owned(),
        version: version?.0.to_owned(),
        description,
        terms_of_service,
        contact,
        license,
    })
}

/// The servers, unaltered.
fn servers(node: &Reader<'_, '_>) -> Value {
    for node in node.items() {
        let server = node.object("a server");
        server.documentation(&["description", "variables"]);
        server.require("url").and_then(|url| url.str());
        server.finish();
    }
    node.value.clone()
}

/// The tags of the operations and of the document.
fn tags(root: &Object<'_, '_>, operations: &[Operation]) -> Vec<Tag> {
    let used = operations.iter().flat_map(|operation| &operation.tags);
    let bare = |name: &String| (name.clone(), Tag { name: name.clone(), description: None, external: None });
    let mut tags: BTreeMap<_, _> = used.map(bare).collect();
    for node in root.get("tags").iter().flat_map(Reader::items) {
        let tag = node.object("a tag");
        let external = tag.get("externalDocs").and_then(|node| {
            let external = node.object("external documentation");
            let url = external.require("url").and_then(|url| url.str().map(str::to_owned));
            let description = external.string("description");
            external.finish();
            Some((url?, description))
        });
        let description = tag.string("description");
        if let Some(name) = tag.require("name").and_then(|name| name.str().map(str::to_owned)) {
            tags.insert(name.clone(), Tag { name, description, external });
        }
        tag.finish();
    }
    tags.into_values().collect()
}

/// The security schemes in use. The stub supports bearer tokens.
fn security_schemes(root: &Object<'_, '_>, operations: &[Operation]) -> Value {
    let mut schemes = Map::new();
    let Some(components) = root.get("components") else { return Value::Object(schemes) };
    let components = components.object("a components object");
    for (name, node) in components.get("securitySchemes").iter().flat_map(Reader::entries) {
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
            scheme.report(
                &rules::SECURITY_UNSUPPORTED,
                "only bearer tokens are supported",
                "use `type: http` and `scheme: bearer`, or remove `security` from the operations",
            );
        }
        object.finish();
    }
    Value::Object(schemes)
}
