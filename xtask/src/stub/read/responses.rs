//! Responses: statuses, headers, bodies, links.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use serde_json::{Map, Value};

use super::super::model::{Header, HeaderSource, Kind, Media, Response, Schema, Use};
use super::super::names;
use super::super::node::Node;
use super::schemas::Schemas;
use crate::document::Pointer;

/// The error responses that operations share, each read once.
#[derive(Default)]
pub(super) struct Responses {
    shared: Vec<Response>,
    read: BTreeMap<Pointer, usize>,
}

impl Responses {
    pub(super) fn finish(self) -> Vec<Response> {
        self.shared
    }

    pub(super) fn shared(&self, index: usize) -> &Response {
        &self.shared[index]
    }

    /// Reads all responses of an operation whose types begin with `prefix`: its one success, and its errors. `None`
    /// where one cannot be read, since nothing more can be said of the others then.
    pub(super) fn read(&mut self, node: &Node<'_, '_>, prefix: &str, schemas: &mut Schemas) -> Option<Vec<Use>> {
        let mut found = Vec::new();
        for (key, node) in node.unextended_entries() {
            let digits = key.len() == 3 && key.bytes().all(|byte| byte.is_ascii_digit());
            let Some(status) = key.parse().ok().filter(|status| digits && (100..600).contains(status)) else {
                node.refuse(format!("the status `{key}`"), "name each status by its number; a reply has to have one");
                continue;
            };
            found.push((status, self.one(&node, status, prefix, schemas)));
        }
        found.sort_by_key(|(status, _)| *status);
        match found.iter().filter(|(status, _)| *status < 400).count() {
            1 if (200..300).contains(&found[0].0) => {}
            _ => node
                .refuse("not exactly one success (2xx) beside the errors", "keep one; dropshot can document only one"),
        }
        let responses = found.into_iter().map(|(_, response)| response).collect::<Option<Vec<_>>>()?;
        let mut variants = BTreeSet::new();
        for response in &responses {
            let Response { variant, status, .. } = match response {
                Use::Own(response) => response,
                Use::Shared(index) => &self.shared[*index],
            };
            if !variants.insert(variant) {
                node.refuse(format!("the response of {status} would be a second `{variant}`"), "rename the component");
            }
        }
        Some(responses)
    }

    fn one(&mut self, node: &Node<'_, '_>, status: u16, prefix: &str, schemas: &mut Schemas) -> Option<Use> {
        let target = node.resolve()?;
        let component = match target.pointer.tokens().as_slice() {
            ["components", "responses", name] => names::pascal(name),
            _ => None,
        };
        let Some(component) = component.filter(|_| status >= 400) else {
            let variant = reason(node, status)?;
            return read_response(&target, status, format!("{prefix}{variant}"), variant, schemas)
                .map(Box::new)
                .map(Use::Own);
        };
        if let Some(index) = self.read.get(&target.pointer) {
            if self.shared[*index].status != status {
                node.refuse("one response under two statuses", "give each status a response of its own");
                return None;
            }
            return Some(Use::Shared(*index));
        }
        let response = read_response(&target, status, component.clone(), component, schemas)?;
        self.shared.push(response);
        self.read.insert(target.pointer, self.shared.len() - 1);
        Some(Use::Shared(self.shared.len() - 1))
    }
}

/// What to call a status in Rust.
fn reason(node: &Node<'_, '_>, status: u16) -> Option<String> {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| names::pascal(status.canonical_reason()?));
    if reason.is_none() {
        node.refuse(format!("the status {status} has no name"), "use a status that HTTP defines");
    }
    reason
}

fn read_response(
    node: &Node<'_, '_>,
    status: u16,
    rust: String,
    variant: String,
    schemas: &mut Schemas,
) -> Option<Response> {
    schemas.claim(node, &rust);
    let object = node.object("a response");
    let description = object.require("description")?.str()?.to_owned();
    let object_content = object.get("content");
    if let Some(content) = object_content.as_ref().filter(|_| matches!(status, 204 | 205)) {
        content.refuse(format!("a body of the status {status}, which HTTP has without"), "leave it out");
    }
    let body = object_content
        .map(|node| content(&node, &[Media::Json], &format!("{rust}Body"), schemas).map(|(_, schema)| schema));
    let mut headers: Vec<Header> = Vec::new();
    for (name, node) in object.get("headers").iter().flat_map(Node::entries) {
        let Some(header) = read_header(name, &node, &rust, schemas) else { continue };
        if headers.iter().any(|other| other.rust == header.rust) || header.rust == "body" {
            node.refuse(format!("`{name}` cannot be a field of its own in Rust"), "rename the header");
        }
        headers.push(header);
    }
    let links = object
        .get("links")
        .into_iter()
        .flat_map(|node| node.entries())
        .filter_map(|(name, node)| Some((name.to_owned(), node.resolve()?.value.clone())));
    let links = Value::Object(links.collect::<Map<_, _>>());
    object.finish();
    let body = body.map_or(Some(None), |body| body.map(Some))?;
    Some(Response { status, variant, rust, description, headers, body, links })
}

/// The one media type of a content, which is among `known`, and its schema.
pub(super) fn content(
    content: &Node<'_, '_>,
    known: &[Media],
    name: &str,
    schemas: &mut Schemas,
) -> Option<(Media, Schema)> {
    let names = known.iter().map(|media| format!("`{}`", media.name())).collect::<Vec<_>>().join(" or ");
    let entries = content.entries();
    let [(media_type, node)] = entries.as_slice() else {
        content.refuse("not exactly one media type", format!("describe {names} alone"));
        return None;
    };
    let Some(media) = known.iter().find(|media| media.name() == *media_type) else {
        node.refuse(format!("the media type `{media_type}`"), format!("use {names}"));
        return None;
    };
    let object = node.object("a media type");
    object.documentation(&["example", "examples"]);
    let schema = object.require("schema").and_then(|node| schemas.body(&node, name));
    object.finish();
    if schema.as_ref().is_some_and(|schema| schema.nullable) {
        node.refuse("a body that may be null", "let the body be an object");
        return None;
    }
    schema.map(|schema| (*media, schema))
}

fn read_header(name: &str, node: &Node<'_, '_>, context: &str, schemas: &mut Schemas) -> Option<Header> {
    let node = node.resolve()?;
    let object = node.object("a header");
    object.documentation(&["example", "examples"]);
    let (description, required) = (object.string("description"), object.flag("required"));
    let gate = object.flag("x-gate");
    for (key, default) in [("style", Value::from("simple")), ("explode", false.into()), ("deprecated", false.into())] {
        if let Some(node) = object.get(key).filter(|node| *node.value != default) {
            node.refuse(format!("`{key}` of a header"), "leave it out");
        }
    }
    if name.eq_ignore_ascii_case("content-type") || http::HeaderName::try_from(name).is_err() {
        node.refuse(format!("`{name}` is no header of its own"), "leave it out; the content's media type says it");
    }
    let schema_node = object.require("schema")?;
    object.finish();
    let (Some(rust), Some(pascal)) = (names::snake(name), names::pascal(name)) else {
        node.refuse(format!("`{name}` cannot be a field in Rust"), "use letters and digits");
        return None;
    };
    let schema = schemas.read(&schema_node, &format!("{context}{pascal}"))?;
    let (kind, secret) = match &schema.kind {
        Kind::Named(index) => (&schemas.component(*index).schema.kind, schemas.component(*index).secret),
        kind => (kind, false),
    };
    let source = match kind {
        _ if secret => None,
        Kind::Text(text) if gate && (required || text.format.is_some() || !text.allowed.is_empty()) => None,
        _ if name.eq_ignore_ascii_case("x-request-id") => Some(HeaderSource::Dropshot),
        Kind::Text(text) if required && text.allowed.len() == 1 => {
            Some(HeaderSource::Constant(text.allowed[0].value.clone()))
        }
        Kind::Text(_) if gate => Some(HeaderSource::Gate),
        Kind::Text(_) => Some(HeaderSource::Reply),
        Kind::Integer { .. } | Kind::Boolean if !gate => Some(HeaderSource::Reply),
        _ => None,
    };
    let Some(source) = source else {
        schema_node.refuse(
            "a header of this type",
            "use a string that is no secret, an integer or a boolean; with `x-gate`, a plain and optional string",
        );
        return None;
    };
    if schema.nullable {
        schema_node.refuse("a header that may be null", "let it be absent instead");
    }
    Some(Header { name: name.to_owned(), rust, required, description, schema, source })
}
