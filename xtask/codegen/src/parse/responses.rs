//! Responses: statuses, headers, bodies, links.

use std::collections::{BTreeSet, HashMap};

use http::StatusCode;
use serde_json::{Map, Value};

use super::schemas::Schemas;
use crate::ir::{Content, Header, HeaderSource, Kind, Media, Response, Schema, Status, Use};
use crate::names;
use crate::reader::Reader;
use crate::rules;
use dropstub_document::Pointer;

/// The media type of an arbitrary body.
const ANY_MEDIA: &str = "*/*";

/// There is no unique result, and the reason was reported.
struct Reported;

/// The shared error responses, each read once per status.
#[derive(Default)]
pub(super) struct Responses {
    shared: Vec<Response>,
    read: HashMap<(Pointer, Status), usize>,
    /// The headers of admission control by their field, with their names in lower case.
    admission: HashMap<String, String>,
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

    /// Reads the responses of an operation whose type names begin with `prefix`: one success and the errors, or one response of any status.
    /// Returns them with the component of the errors, or `None` if one cannot be read.
    pub(super) fn read(
        &mut self,
        node: &Reader<'_, '_>,
        prefix: &str,
        schemas: &mut Schemas,
    ) -> Option<(Vec<Use>, Option<usize>)> {
        let mut found = Vec::new();
        for (key, node) in node.entries_without_extensions() {
            let Some(status) = status(key) else {
                node.report(
                    &rules::STATUS_INVALID,
                    format!("unsupported status `{key}`"),
                    "use a status code, `4XX`, `5XX` or `default`",
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
                node.report(
                    &rules::RESPONSE_NAME_COLLIDES,
                    format!("two responses have the Rust name `{variant}`, one of {status}"),
                    "rename the component",
                );
            }
        }
        Some((responses, error.ok()?))
    }

    /// Reports responses that dropshot cannot document: it supports one success, or one response of any status.
    fn one_success(&self, node: &Reader<'_, '_>, found: &[(Status, Option<Use>, Reader<'_, '_>)]) {
        let successes: Vec<_> =
            found.iter().filter(|(status, ..)| !status.is_error() && *status != Status::Any).collect();
        let default = found.iter().find(|(status, ..)| *status == Status::Any);
        match (successes.as_slice(), default) {
            ([(Status::Code(200..400), ..)], None) => {}
            ([], Some((_, response, default))) => {
                let anything = response.as_ref().is_none_or(|it| matches!(self.get(it).content, Content::Anything));
                if found.len() > 1 || !anything {
                    default.report(
                        &rules::DEFAULT_RESPONSE_UNSUPPORTED, "a `default` response with a schema",
                        "document one success and the errors as `4XX` and `5XX`; `default` has to be the only response, with `*/*`",
                    );
                }
            }
            (_, Some((_, _, default))) => default.report(
                &rules::DEFAULT_RESPONSE_UNSUPPORTED,
                "`default` next to a success",
                "document errors as `4XX` and `5XX`, or as single statuses",
            ),
            ([], None) => node.report(&rules::SUCCESS_MISSING, "no success response (2xx or 3xx)", "document one"),
            ([_, second, ..], None) => second.2.report(
                &rules::SUCCESS_SEVERAL,
                "more than one success response",
                "keep one; dropshot documents one",
            ),
            ([(status, _, node)], None) => {
                node.report(
                    &rules::STATUS_INVALID,
                    format!("unsupported success status {status}"),
                    "use a status from 200 to 399",
                );
            }
        }
    }

    /// The common schema of all errors of an operation: dropshot documents one, and progenitor supports one.
    fn one_error(&self, found: &[(Status, Option<Use>, Reader<'_, '_>)]) -> Result<Option<usize>, Reported> {
        let mut error = None;
        let mut good = true;
        for (status, response, node) in found.iter().filter(|(status, ..)| status.is_error()) {
            let Some(response) = response else { continue };
            match self.get(response).content.schema().map(|body| &body.kind) {
                Some(Kind::Named(index)) if error.is_none_or(|error| error == *index) => error = Some(*index),
                Some(Kind::Named(_)) => {
                    good = false;
                    node.report(
                        &rules::ERROR_SCHEMAS_DIFFER,
                        format!("the error {status} has a different schema than the operation's other errors"),
                        "use one component schema for all errors of an operation",
                    );
                }
                Some(_) => {
                    good = false;
                    node.report(
                        &rules::ERROR_NOT_OBJECT,
                        format!("the schema of the error {status} is not an object"),
                        "use one component schema of type object for all errors",
                    );
                }
                None => {
                    good = false;
                    // A shared response is reported once.
                    node.resolve().unwrap_or_else(|| node.clone()).report(
                        &rules::ERROR_WITHOUT_CONTENT,
                        format!("the error {status} has no content"),
                        "use the `application/json` schema of the other errors",
                    );
                }
            }
        }
        if good { Ok(error) } else { Err(Reported) }
    }

    fn one(&mut self, node: &Reader<'_, '_>, status: Status, prefix: &str, schemas: &mut Schemas) -> Option<Use> {
        let target = node.resolve()?;
        let component = match target.pointer.tokens().as_slice() {
            ["components", "responses", name] => names::pascal(name),
            _ => None,
        };
        let variant = variant(node, status)?;
        let Some(component) = component.filter(|_| status.is_error()) else {
            let rust = schemas.invent(&format!("{prefix}{variant}"));
            let response = read_response(&target, status, rust, variant, schemas)?;
            self.check_admission(&target, &response);
            return Some(Use::Own(Box::new(response)));
        };
        let key = (target.pointer.clone(), status);
        if let Some(index) = self.read.get(&key) {
            return Some(Use::Shared(*index));
        }
        // A component with one status has the component's name. Further statuses append their digits.
        let (rust, variant) = match status {
            Status::Code(_) if schemas.is_free(&component) => (component.clone(), component),
            Status::Code(code) => (format!("{component}{code}"), variant),
            Status::Class(class) => (format!("{component}{class}xx"), variant),
            Status::Any => (component, variant),
        };
        let rust = schemas.invent(&rust);
        let response = read_response(&target, status, rust, variant, schemas)?;
        self.check_admission(&target, &response);
        self.shared.push(response);
        self.read.insert(key, self.shared.len() - 1);
        Some(Use::Shared(self.shared.len() - 1))
    }

    /// Reports two headers of admission control that would be the same field: the headers of all responses are one struct.
    fn check_admission(&mut self, node: &Reader<'_, '_>, response: &Response) {
        for header in response.headers.iter().filter(|header| header.source == HeaderSource::Admission) {
            let name = header.name.to_lowercase();
            let known = self.admission.entry(header.rust.clone()).or_insert_with(|| name.clone());
            if *known != name {
                node.report(
                    &rules::FIELD_NAME_COLLIDES,
                    format!("`{}` and `{known}` have the same Rust field name", header.name),
                    "rename one of the headers",
                );
            }
        }
    }
}

/// The documented statuses.
pub(super) fn statuses(node: &Reader<'_, '_>) -> Vec<Status> {
    let keys = node.value.as_object().into_iter().flatten().map(|(key, _)| key);
    keys.filter_map(|key| status(key)).collect()
}

/// The status of a key of `responses`.
fn status(key: &str) -> Option<Status> {
    match key.as_bytes() {
        b"default" => Some(Status::Any),
        [class @ b'4'..=b'5', b'X' | b'x', b'X' | b'x'] => Some(Status::Class(u16::from(class - b'0'))),
        [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9'] => key.parse().ok().map(Status::Code),
        _ => None,
    }
}

/// The Rust name of a status.
fn variant(node: &Reader<'_, '_>, status: Status) -> Option<String> {
    let code = match status {
        Status::Code(code) => code,
        Status::Class(4) => return Some("ClientError".to_owned()),
        Status::Class(_) => return Some("ServerError".to_owned()),
        Status::Any => return Some("Default".to_owned()),
    };
    let reason = StatusCode::from_u16(code).ok().and_then(|status| names::pascal(status.canonical_reason()?));
    if reason.is_none() {
        node.report(
            &rules::STATUS_INVALID,
            format!("the status {code} is not defined by HTTP"),
            "use a status that HTTP defines",
        );
    }
    reason
}

fn read_response(
    node: &Reader<'_, '_>,
    status: Status,
    rust: String,
    variant: String,
    schemas: &mut Schemas,
) -> Option<Response> {
    let object = node.object("a response");
    let description = object.require("description").and_then(|node| node.str()).unwrap_or_default().to_owned();
    // An empty `content` is no content.
    let object_content = object.get("content").filter(|node| node.value.as_object().is_none_or(|it| !it.is_empty()));
    if let Some(content) = object_content.as_ref().filter(|_| matches!(status, Status::Code(204 | 205 | 304))) {
        content.report(
            &rules::BODY_NOT_ALLOWED,
            format!("a response {status} has no body in HTTP"),
            "remove the content",
        );
    }
    let content = object_content.map(|node| match anything(&node) {
        true if status.is_error() => {
            node.report(&rules::ERROR_NOT_OBJECT, "an error without a schema", "add the schema of the other errors");
            None
        }
        true => Some(Content::Anything),
        false => content(&node, &[Media::Json], &format!("{rust}Body"), schemas)
            .and_then(|(_, schema)| schema.map(Box::new).map(Content::Json)),
    });
    let mut headers: Vec<Header> = Vec::new();
    for (name, node) in object.get("headers").iter().flat_map(Reader::entries) {
        let Some(header) = read_header(name, &node, &rust, schemas) else { continue };
        let taken = ["body", "content_type", "status"].contains(&header.rust.as_str());
        if taken || headers.iter().any(|other| other.rust == header.rust) {
            node.report(
                &rules::FIELD_NAME_COLLIDES,
                format!("`{name}` has no unique Rust field name"),
                "rename the header",
            );
        }
        headers.push(header);
    }
    if status == Status::Any && !headers.is_empty() {
        node.report(
            &rules::HEADER_UNSUPPORTED,
            "headers of a `default` response",
            "remove them, or document a success",
        );
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

/// Whether the content is `*/*` without a schema: dropshot's description of an unknown body.
fn anything(content: &Reader<'_, '_>) -> bool {
    let media =
        content.value.as_object().filter(|content| content.len() == 1).and_then(|content| content.get(ANY_MEDIA));
    media.is_some_and(|media| {
        media.get("schema").is_none_or(|schema| schema.as_object().is_some_and(Map::is_empty))
            && media.as_object().is_some_and(|media| media.keys().all(|key| key == "schema"))
    })
}

/// The media type of a content, one of `known`, and its schema. Bytes have no schema.
pub(super) fn content(
    content: &Reader<'_, '_>,
    known: &[Media],
    name: &str,
    schemas: &mut Schemas,
) -> Option<(Media, Option<Schema>)> {
    let names = known.iter().map(|media| format!("`{}`", media.name())).collect::<Vec<_>>().join(" or ");
    let entries = content.entries();
    let [(media_type, node)] = entries.as_slice() else {
        content.report(
            &rules::MEDIA_TYPE_UNSUPPORTED,
            "more or fewer media types than one",
            format!("describe only {names}"),
        );
        entries.iter().for_each(|(_, node)| look_into(node, name, schemas));
        return None;
    };
    let Some(media) = known.iter().find(|media| media_type.eq_ignore_ascii_case(media.name())) else {
        let multipart = if media_type.starts_with("multipart/") { " (a multipart body)" } else { "" };
        node.report(
            &rules::MEDIA_TYPE_UNSUPPORTED,
            format!("unsupported media type `{media_type}`{multipart}"),
            format!("use {names}"),
        );
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
            schema.report(
                &rules::BYTES_SCHEMA_INVALID,
                "a schema of bytes that is not binary",
                "use `type: string` and `format: binary`",
            );
        }
        return Some((*media, None));
    }
    Some((*media, Some(schemas.body(&schema, name)?)))
}

/// Reports the other problems of an unsupported media type.
fn look_into(media: &Reader<'_, '_>, name: &str, schemas: &mut Schemas) {
    if let Some(schema) = media.object("a media type").get("schema") {
        let _ = schemas.read(&schema, name);
    }
}

fn read_header(name: &str, node: &Reader<'_, '_>, context: &str, schemas: &mut Schemas) -> Option<Header> {
    let node = node.resolve()?;
    let object = node.object("a header");
    object.documentation(&["example", "examples"]);
    let (description, required) = (object.string("description"), object.flag("required"));
    let admission = object.flag("x-dropstub-admission");
    for (key, default) in [("style", Value::from("simple")), ("explode", false.into()), ("deprecated", false.into())] {
        if let Some(node) = object.get(key).filter(|node| *node.value != default) {
            node.report(&rules::HEADER_UNSUPPORTED, format!("`{key}` of a header is not supported"), "remove it");
        }
    }
    if name.eq_ignore_ascii_case("content-type") || http::HeaderName::try_from(name).is_err() {
        node.report(
            &rules::HEADER_UNSUPPORTED,
            format!("`{name}` is not a valid response header"),
            "remove it; the media type defines `Content-Type`",
        );
        return None;
    }
    let schema_node = object.require("schema")?;
    object.finish();
    let (Some(rust), Some(pascal)) = (names::snake(name), names::pascal(name)) else {
        node.report(
            &rules::FIELD_NAME_INVALID,
            format!("`{name}` has no Rust field name"),
            "use ASCII letters and digits",
        );
        return None;
    };
    let schema = schemas.read(&schema_node, &format!("{context}{pascal}"))?;
    let secret = matches!(&schema.kind, Kind::Named(index) if schemas.component(*index).secret);
    let source = match schemas.kind_of(&schema.kind) {
        _ if secret => None,
        Kind::Text(text) if admission && (required || text.format.is_some() || text.is_enumeration()) => None,
        _ if name.eq_ignore_ascii_case("x-request-id") => Some(HeaderSource::Dropshot),
        Kind::Text(text) if required && text.allowed.len() == 1 => {
            Some(HeaderSource::Constant(text.allowed[0].value.clone()))
        }
        Kind::Text(_) if admission => Some(HeaderSource::Admission),
        Kind::Text(_) => Some(HeaderSource::Response),
        Kind::Integer(_) | Kind::Boolean if !admission => Some(HeaderSource::Response),
        _ => None,
    };
    let Some(source) = source else {
        schema_node.report(
            &rules::HEADER_TYPE_UNSUPPORTED,
            "unsupported type of a header",
            "use a string that is not a secret, an integer or a boolean; with `x-dropstub-admission`, an optional plain string",
        );
        return None;
    };
    // A null header is an absent one.
    if schema.nullable && required {
        schema_node.report(
            &rules::HEADER_TYPE_UNSUPPORTED,
            "a required header that is nullable",
            "make it optional instead",
        );
    }
    Some(Header { name: name.to_owned(), rust, required, description, schema, source })
}
