//! Responses: statuses, headers, bodies, links.

use std::collections::{BTreeSet, HashMap};

use http::StatusCode;
use serde_json::{Map, Value};

use super::schemas::Schemas;
use crate::ir::{Content, Header, HeaderSource, Kind, Media, Response, Schema, Status, Use};
use crate::names;
use crate::reader::Node;
use dropstub_document::Pointer;

/// What a body may be that has any media type.
const ANY_MEDIA: &str = "*/*";

/// There is no one answer, and it was said why.
struct Refused;

/// The error responses that operations share, each read once for each status.
#[derive(Default)]
pub(super) struct Responses {
    shared: Vec<Response>,
    read: HashMap<(Pointer, Status), usize>,
}

impl Responses {
    pub(super) fn finish(self) -> Vec<Response> {
        self.shared
    }

    pub(super) fn get<'r>(&'r self, response: &'r Use) -> &'r Response {
        match response {
            Use::Own(response) => response,
            Use::Shared(index) => &self.shared[*index],
        }
    }

    /// Reads all responses of an operation whose types begin with `prefix`: its one success and its errors, or the one
    /// that says nothing of itself; and the component of the errors. `None` where one cannot be read.
    pub(super) fn read(
        &mut self,
        node: &Node<'_, '_>,
        prefix: &str,
        schemas: &mut Schemas,
    ) -> Option<(Vec<Use>, Option<usize>)> {
        let mut found = Vec::new();
        for (key, node) in node.unextended_entries() {
            let Some(status) = status(key) else {
                node.refuse(
                    format!("the status `{key}`"),
                    "name a status by its number, errors as a class by `4XX` and `5XX`, or every answer by `default`",
                );
                continue;
            };
            found.push((status, self.one(&node, status, prefix, schemas), node));
        }
        found.sort_by_key(|(status, ..)| *status);
        self.one_success(node, &found);
        let error = self.one_error(&found);
        let responses = found.into_iter().map(|(_, response, _)| response).collect::<Option<Vec<_>>>()?;
        let mut variants = BTreeSet::new();
        for response in &responses {
            let Response { variant, status, .. } = self.get(response);
            if !variants.insert(variant) {
                node.refuse(format!("the response of {status} would be a second `{variant}`"), "rename the component");
            }
        }
        Some((responses, error.ok()?))
    }

    /// Refuses what dropshot could not document: it knows one success, or one answer of any status.
    fn one_success(&self, node: &Node<'_, '_>, found: &[(Status, Option<Use>, Node<'_, '_>)]) {
        let successes: Vec<_> =
            found.iter().filter(|(status, ..)| !status.is_error() && *status != Status::Any).collect();
        let default = found.iter().find(|(status, ..)| *status == Status::Any);
        match (successes.as_slice(), default) {
            ([(Status::Code(200..400), ..)], None) => {}
            ([], Some((_, response, default))) => {
                let anything = response.as_ref().is_none_or(|it| matches!(self.get(it).content, Content::Anything));
                if found.len() > 1 || !anything {
                    default.refuse(
                        "`default` that says what the answer is",
                        "document one success and its errors as `4XX` and `5XX`; `default` can only be alone, and `*/*`",
                    );
                }
            }
            (_, Some((_, _, default))) => default.refuse(
                "`default` beside a success",
                "write the errors as `4XX` and `5XX`, or as single statuses; what else there is, no client could tell",
            ),
            ([], None) => node.refuse("no success (2xx or 3xx)", "document the answer to a request that is good"),
            ([_, second, ..], None) => second.2.refuse(
                "a second success",
                "keep one; dropshot can document only one, and a client could not tell their schemas apart",
            ),
            ([(status, _, node)], None) => {
                node.refuse(format!("the success {status}"), "use a status from 200 to 399");
            }
        }
    }

    /// The one schema of all errors of an operation, since dropshot documents one and progenitor can handle one.
    fn one_error(&self, found: &[(Status, Option<Use>, Node<'_, '_>)]) -> Result<Option<usize>, Refused> {
        let mut error = None;
        let mut good = true;
        for (status, response, node) in found.iter().filter(|(status, ..)| status.is_error()) {
            let Some(response) = response else { continue };
            match self.get(response).content.schema().map(|body| &body.kind) {
                Some(Kind::Named(index)) if error.is_none_or(|error| error == *index) => error = Some(*index),
                Some(Kind::Named(_)) => {
                    good = false;
                    node.refuse(
                        format!("the error {status} has another schema than the other errors of the operation"),
                        "give all errors of an operation one component schema; progenitor and dropshot know one",
                    );
                }
                Some(_) => {
                    good = false;
                    node.refuse(
                        format!("the schema of the error {status} is no object"),
                        "give the errors one component schema that is an object",
                    );
                }
                None => {
                    good = false;
                    // One that operations share is said once.
                    node.resolve().unwrap_or_else(|| node.clone()).refuse(
                        format!("an error status without content: {status}"),
                        "give it the same `application/json` schema as the other errors; progenitor panics otherwise",
                    );
                }
            }
        }
        if good { Ok(error) } else { Err(Refused) }
    }

    fn one(&mut self, node: &Node<'_, '_>, status: Status, prefix: &str, schemas: &mut Schemas) -> Option<Use> {
        let target = node.resolve()?;
        let component = match target.pointer.tokens().as_slice() {
            ["components", "responses", name] => names::pascal(name),
            _ => None,
        };
        let variant = variant(node, status)?;
        let Some(component) = component.filter(|_| status.is_error()) else {
            let rust = schemas.invent(&format!("{prefix}{variant}"));
            return read_response(&target, status, rust, variant, schemas).map(Box::new).map(Use::Own);
        };
        let key = (target.pointer.clone(), status);
        if let Some(index) = self.read.get(&key) {
            return Some(Use::Shared(*index));
        }
        // A component that one status has is called by its name. Another status of it is told by its digits.
        let (rust, variant) = match status {
            Status::Code(_) if schemas.is_free(&component) => (component.clone(), component),
            Status::Code(code) => (format!("{component}{code}"), variant),
            Status::Class(class) => (format!("{component}{class}xx"), variant),
            Status::Any => (component, variant),
        };
        let rust = schemas.invent(&rust);
        let response = read_response(&target, status, rust, variant, schemas)?;
        self.shared.push(response);
        self.read.insert(key, self.shared.len() - 1);
        Some(Use::Shared(self.shared.len() - 1))
    }
}

/// The statuses that are documented, whatever is said of them.
pub(super) fn statuses(node: &Node<'_, '_>) -> Vec<Status> {
    let keys = node.value.as_object().into_iter().flatten().map(|(key, _)| key);
    keys.filter_map(|key| status(key)).collect()
}

/// The status that a key of `responses` is.
fn status(key: &str) -> Option<Status> {
    match key.as_bytes() {
        b"default" => Some(Status::Any),
        [class @ b'4'..=b'5', b'X' | b'x', b'X' | b'x'] => Some(Status::Class(u16::from(class - b'0'))),
        [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9'] => key.parse().ok().map(Status::Code),
        _ => None,
    }
}

/// What to call a status in Rust.
fn variant(node: &Node<'_, '_>, status: Status) -> Option<String> {
    let code = match status {
        Status::Code(code) => code,
        Status::Class(4) => return Some("ClientError".to_owned()),
        Status::Class(_) => return Some("ServerError".to_owned()),
        Status::Any => return Some("Default".to_owned()),
    };
    let reason = StatusCode::from_u16(code).ok().and_then(|status| names::pascal(status.canonical_reason()?));
    if reason.is_none() {
        node.refuse(format!("the status {code} has no name"), "use a status that HTTP defines");
    }
    reason
}

fn read_response(
    node: &Node<'_, '_>,
    status: Status,
    rust: String,
    variant: String,
    schemas: &mut Schemas,
) -> Option<Response> {
    let object = node.object("a response");
    let description = object.require("description").and_then(|node| node.str()).unwrap_or_default().to_owned();
    // A content of no media type is none.
    let object_content = object.get("content").filter(|node| node.value.as_object().is_none_or(|it| !it.is_empty()));
    if let Some(content) = object_content.as_ref().filter(|_| matches!(status, Status::Code(204 | 205 | 304))) {
        content.refuse(format!("a body of the status {status}, which HTTP has without"), "leave it out");
    }
    let content = object_content.map(|node| match anything(&node) {
        true if status.is_error() => {
            node.refuse("an error that may be anything", "give the errors a schema");
            None
        }
        true => Some(Content::Anything),
        false => content(&node, &[Media::Json], &format!("{rust}Body"), schemas)
            .and_then(|(_, schema)| schema.map(Box::new).map(Content::Json)),
    });
    let mut headers: Vec<Header> = Vec::new();
    for (name, node) in object.get("headers").iter().flat_map(Node::entries) {
        let Some(header) = read_header(name, &node, &rust, schemas) else { continue };
        let taken = ["body", "content_type", "status"].contains(&header.rust.as_str());
        if taken || headers.iter().any(|other| other.rust == header.rust) {
            node.refuse(format!("`{name}` cannot be a field of its own in Rust"), "rename the header");
        }
        headers.push(header);
    }
    if status == Status::Any && !headers.is_empty() {
        node.refuse("headers of an answer of any status", "leave them out, or document the success");
    }
    let links = object
        .get("links")
        .into_iter()
        .flat_map(|node| node.entries())
        .filter_map(|(name, node)| Some((name.to_owned(), node.resolve()?.value.clone())));
    let links = Value::Object(links.collect::<Map<_, _>>());
    object.finish();
    let content = content.unwrap_or(Some(Content::Nothing))?;
    Some(Response { status, variant, rust, description, headers, content, links })
}

/// Whether a content is of any media type, and says nothing of what it is: dropshot's way to say that it does not know.
fn anything(content: &Node<'_, '_>) -> bool {
    let media =
        content.value.as_object().filter(|content| content.len() == 1).and_then(|content| content.get(ANY_MEDIA));
    media.is_some_and(|media| {
        media.get("schema").is_none_or(|schema| schema.as_object().is_some_and(Map::is_empty))
            && media.as_object().is_some_and(|media| media.keys().all(|key| key == "schema"))
    })
}

/// The one media type of a content, which is among `known`, and its schema, which bytes have none of in Rust.
pub(super) fn content(
    content: &Node<'_, '_>,
    known: &[Media],
    name: &str,
    schemas: &mut Schemas,
) -> Option<(Media, Option<Schema>)> {
    let names = known.iter().map(|media| format!("`{}`", media.name())).collect::<Vec<_>>().join(" or ");
    let entries = content.entries();
    let [(media_type, node)] = entries.as_slice() else {
        content.refuse("not exactly one media type", format!("describe {names} alone"));
        entries.iter().for_each(|(_, node)| look_into(node, name, schemas));
        return None;
    };
    let Some(media) = known.iter().find(|media| media_type.eq_ignore_ascii_case(media.name())) else {
        let multipart = if media_type.starts_with("multipart/") { " (a multipart body)" } else { "" };
        node.refuse(format!("the media type `{media_type}`{multipart}"), format!("use {names}"));
        look_into(node, name, schemas);
        return None;
    };
    let object = node.object("a media type");
    object.documentation(&["example", "examples"]);
    let schema = object.require("schema");
    object.finish();
    let schema = schema?;
    if *media == Media::Bytes {
        if schema.value.get("type").is_none_or(|it| it != "string")
            || schema.value.get("format").is_none_or(|it| it != "binary")
        {
            schema.refuse("bytes that are something else", "write `type: string` and `format: binary`");
        }
        return Some((*media, None));
    }
    Some((*media, Some(schemas.body(&schema, name)?)))
}

/// Says what else is wrong with a media type that cannot be taken.
fn look_into(media: &Node<'_, '_>, name: &str, schemas: &mut Schemas) {
    if let Some(schema) = media.object("a media type").get("schema") {
        let _ = schemas.read(&schema, name);
    }
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
        return None;
    }
    let schema_node = object.require("schema")?;
    object.finish();
    let (Some(rust), Some(pascal)) = (names::snake(name), names::pascal(name)) else {
        node.refuse(format!("`{name}` cannot be a field in Rust"), "use letters and digits");
        return None;
    };
    let schema = schemas.read(&schema_node, &format!("{context}{pascal}"))?;
    let secret = matches!(&schema.kind, Kind::Named(index) if schemas.component(*index).secret);
    let source = match schemas.kind_of(&schema.kind) {
        _ if secret => None,
        Kind::Text(text) if gate && (required || text.format.is_some() || text.is_enumeration()) => None,
        _ if name.eq_ignore_ascii_case("x-request-id") => Some(HeaderSource::Dropshot),
        Kind::Text(text) if required && text.allowed.len() == 1 => {
            Some(HeaderSource::Constant(text.allowed[0].value.clone()))
        }
        Kind::Text(_) if gate => Some(HeaderSource::Gate),
        Kind::Text(_) => Some(HeaderSource::Reply),
        Kind::Integer(_) | Kind::Boolean if !gate => Some(HeaderSource::Reply),
        _ => None,
    };
    let Some(source) = source else {
        schema_node.refuse(
            "a header of this type",
            "use a string that is no secret, an integer or a boolean; with `x-gate`, a plain and optional string",
        );
        return None;
    };
    // One that may be null is absent then, since no text is null.
    if schema.nullable && required {
        schema_node.refuse("a header that has to be there and may be null", "let it be absent instead");
    }
    Some(Header { name: name.to_owned(), rust, required, description, schema, source })
}
