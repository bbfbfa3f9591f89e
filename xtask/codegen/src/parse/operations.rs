//! Paths and operations, and what an operation has to document because the glue answers with it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::paths::Router;
use super::responses::{self, Responses};
use super::schemas::Schemas;
use crate::ir::{
    Additional, Body, HeaderSource, Kind, Location, Media, Object as ObjectSchema, Operation, Parameter, Schema, Text,
    TextFormat, Use,
};
use crate::names;
use crate::reader::{Node, Object};
use dropstub_document::Pointer;

/// The methods that dropshot can describe: all of OpenAPI's but `trace`.
const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];
/// The headers that are said elsewhere. OpenAPI 3.0 ignores parameters that are called so.
const IGNORED_HEADERS: [&str; 3] = ["accept", "authorization", "content-type"];
/// What the names of an operation's types end with.
const SUFFIXES: [&str; 6] = ["Endpoint", "Request", "Reply", "Path", "Query", "Header"];
/// What else a service has functions for.
const RESERVED: [&str; 6] = ["admit", "authenticate", "authorize", "check", "explain", "invalid"];

/// All operations, in the order of the document.
pub(super) fn read(root: &Object<'_, '_>, schemas: &mut Schemas, responses: &mut Responses) -> Vec<Operation> {
    let mut operations: Vec<Operation> = Vec::new();
    let (mut router, mut ids) = (Router::default(), BTreeSet::new());
    let security = root.get("security");
    for (path, node) in root.require("paths").iter().flat_map(Node::unextended_entries) {
        let variables = router.add(path, &node);
        let item = node.object("a path item");
        item.documentation(&["summary", "description"]);
        let common = item.get("parameters");
        for method in METHODS {
            let Some(node) = item.get(method) else { continue };
            let context =
                Context { method, path, variables: &variables, common: common.as_ref(), security: security.as_ref() };
            if let Some(id) = node.value.get("operationId").and_then(Value::as_str)
                && !ids.insert(id)
            {
                let place = node.object("an operation").require("operationId").unwrap_or_else(|| node.clone());
                place.refuse(
                    format!("`{id}` is the id of another operation, too"),
                    "give each operation an id of its own",
                );
                continue;
            }
            let Some(operation) = context.operation(&node, schemas, responses) else { continue };
            same_field(&node, &operation, &operations);
            operations.push(operation);
        }
        item.finish();
    }
    operations
}

/// Where an operation stands.
struct Context<'c, 's, 'd> {
    method: &'static str,
    path: &'d str,
    variables: &'c [&'d str],
    /// The parameters of the path item.
    common: Option<&'c Node<'s, 'd>>,
    /// The security of the document.
    security: Option<&'c Node<'s, 'd>>,
}

impl<'s, 'd> Context<'_, 's, 'd> {
    fn operation(&self, node: &Node<'s, 'd>, schemas: &mut Schemas, responses: &mut Responses) -> Option<Operation> {
        let object = node.object("an operation");
        object.documentation(&["externalDocs"]);
        // Without an id there is no stub, but there may be more to say.
        let given = object.require("operationId").and_then(|node| Some((node.str()?.to_owned(), node)));
        let (id, id_node) = given.unwrap_or_else(|| (format!("{} {}", self.method, self.path), node.clone()));
        let (Some(function), Some(prefix)) = (names::function(&id), names::pascal(&id)) else {
            id_node.refuse(format!("`{id}` cannot name a function"), "use letters and digits of ASCII");
            return None;
        };
        if RESERVED.contains(&function.as_str()) {
            id_node.refuse(format!("`{function}` is a function of every service"), "use another id");
        }
        // A component may have the name that one of the operation's types would have.
        let taken = SUFFIXES.iter().any(|suffix| schemas.is_taken_by_author(&format!("{prefix}{suffix}")));
        let prefix = if taken { format!("{prefix}Operation") } else { prefix };
        // One name that is taken says enough.
        let _ = SUFFIXES.iter().all(|suffix| schemas.claim(&id_node, &format!("{prefix}{suffix}")));
        if let Some(channel) = object.get("x-dropshot-websocket") {
            channel.refuse(
                format!("`{id}` is a websocket channel"),
                "leave the operation out; a stub answers requests, and a channel goes on after that",
            );
            return None;
        }
        let pages = object.get("x-dropshot-pagination");
        let first_page = pages.as_ref().map(first_page).unwrap_or_default();
        let security = security(object.get("security").as_ref().or(self.security));
        let required_scopes = object
            .get("x-required-scopes")
            .map(|node| node.items().iter().filter_map(|node| node.str().map(str::to_owned)).collect::<Vec<_>>());
        let scope_exemption = object.string("x-scope-exemption");
        let invalid_status = object.get("x-invalid-status").and_then(|node| u16::try_from(node.size()?).ok());
        let parameters = self.parameters(&object, &prefix, schemas);
        let body = object.get("requestBody").map(|node| body(&node, &prefix, schemas));
        let said = object.require("responses");
        let found = said.as_ref().and_then(|node| responses.read(node, &prefix, schemas));
        let needed = needed(&Asks {
            credential: !security.is_empty(),
            scopes: required_scopes.as_ref().is_some_and(|scopes| !scopes.is_empty()),
            body: body.is_some(),
            parameters: !parameters.is_empty(),
            invalid_status,
        });
        if let Some(said) = said {
            let statuses = responses::statuses(&said);
            for (status, why) in &needed {
                if !statuses.iter().any(|documented| documented.covers(*status)) {
                    node.refuse(
                        format!("`{id}` does not document the status {status}"),
                        format!("document it, or its class as `{}XX`, because {why}", status / 100),
                    );
                }
            }
        }
        let (summary, description) = (object.string("summary"), object.string("description"));
        let tags = object.get("tags").map(|node| node.items()).unwrap_or_default();
        let tags = tags.iter().filter_map(|node| node.str().map(str::to_owned)).collect();
        let deprecated = object.flag("deprecated");
        object.finish();
        let (responses_found, error) = found?;
        let operation = Operation {
            summary,
            description,
            tags,
            deprecated,
            // What is there and could not be read was refused for it, so nothing more can be said.
            body: body.map_or(Some(None), |body| body.map(Some))?,
            responses: responses_found,
            error,
            method: self.method.to_uppercase(),
            path: self.path.to_owned(),
            id,
            function,
            prefix,
            security,
            required_scopes,
            scope_exemption,
            invalid_status,
            parameters,
            pages: pages.map(|pages| pages.value.clone()),
            first_page,
        };
        if let Some(name) = operation
            .first_page
            .iter()
            .find(|name| !operation.parameters(Location::Query).any(|parameter| parameter.name == **name))
        {
            node.refuse(
                format!("the first page needs `{name}`, which is no query parameter"),
                "describe the parameter",
            );
        }
        answers(node, &operation, &needed, responses);
        Some(operation)
    }

    fn parameters(&self, operation: &Object<'s, 'd>, prefix: &str, schemas: &mut Schemas) -> Vec<Parameter> {
        // The operation's own parameter replaces one of the path item's that has its name and location.
        let mut nodes: BTreeMap<(Location, String), (Node<'s, 'd>, Object<'s, 'd>)> = BTreeMap::new();
        for list in self.common.cloned().into_iter().chain(operation.get("parameters")) {
            let mut here = BTreeSet::new();
            for node in list.items().iter().filter_map(Node::resolve) {
                let object = node.object("a parameter");
                let Some(name) = object.require("name").and_then(|name| name.str()) else { continue };
                let Some(location) = object.require("in").and_then(|node| location(&node)) else {
                    // There may be more to say of it.
                    let _ = object.get("schema").and_then(|schema| schemas.read(&schema, &format!("{prefix}Other")));
                    continue;
                };
                if !here.insert((location, name)) {
                    node.refuse(format!("a second parameter `{name}` of one list"), "keep one of the two");
                }
                nodes.insert((location, name.to_owned()), (node, object));
            }
        }
        for name in self.variables {
            if !nodes.contains_key(&(Location::Path, (*name).to_owned())) {
                operation.node.refuse(format!("`{{{name}}}` of the path is not described"), "add the path parameter");
            }
        }
        let mut parameters: Vec<Parameter> = Vec::new();
        for ((location, name), (node, object)) in nodes {
            let Some(parameter) = self.parameter(name, location, &node, object, prefix, schemas) else { continue };
            let clashes = |other: &Parameter| match (other.location, location) {
                // One is one name for dropshot, the other one field in Rust.
                (Location::Path, Location::Query) => other.name == parameter.name,
                (one, other_location) => one == other_location && other.rust == parameter.rust,
            };
            if parameters.iter().any(clashes) {
                node.refuse(
                    format!("`{}` cannot be told from another parameter", parameter.name),
                    "use names that differ in their letters and digits, and none in path and query both",
                );
            }
            parameters.push(parameter);
        }
        parameters
    }

    fn parameter(
        &self,
        name: String,
        location: Location,
        node: &Node<'s, 'd>,
        object: Object<'s, 'd>,
        prefix: &str,
        schemas: &mut Schemas,
    ) -> Option<Parameter> {
        object.documentation(&["example", "examples"]);
        let (description, required) = (object.string("description"), object.flag("required"));
        let (style, explode) = if location == Location::Query { ("form", true) } else { ("simple", false) };
        for (key, default) in [
            ("style", Value::from(style)),
            ("explode", explode.into()),
            ("allowReserved", false.into()),
            ("allowEmptyValue", false.into()),
            ("deprecated", false.into()),
        ] {
            if let Some(node) = object.get(key).filter(|node| *node.value != default) {
                node.refuse(format!("`{key}: {}`", node.value), format!("leave it out, which means {default}"));
            }
        }
        if location == Location::Path && !(required && self.variables.contains(&name.as_str())) {
            node.refuse(format!("the path has no `{{{name}}}`, or it is not required"), "let both agree");
        }
        if location == Location::Header && IGNORED_HEADERS.iter().any(|ignored| name.eq_ignore_ascii_case(ignored)) {
            node.refuse(
                format!("`{name}` as a parameter, which OpenAPI 3.0 ignores"),
                "leave it out; `security` and the content's media type say it",
            );
        }
        let schema_node = object.require("schema")?;
        object.finish();
        let (Some(rust), Some(pascal)) = (names::snake(&name), names::pascal(&name)) else {
            node.refuse(format!("`{name}` cannot be a field in Rust"), "use letters and digits of ASCII");
            return None;
        };
        let schema = schemas.read(&schema_node, &format!("{prefix}{pascal}"))?;
        if !is_parameter(&schema.kind, schemas, DEPTH) {
            schema_node.refuse(
                "a parameter that is not one plain value",
                "use a string, a number or a boolean; dropshot takes no list and no object",
            );
            return None;
        }
        if schema.nullable && (required || location != Location::Query) {
            schema_node.refuse("a parameter that may be null", "let it be absent instead");
        }
        let default = schema.beside.get("default").cloned();
        // A default of null says that the parameter may be absent, and that is said already.
        let default = default.filter(|default| !default.is_null());
        if let Some(default) = &default {
            if required {
                schema_node.refuse("a default on a parameter that is required", "leave one of the two out");
            }
            schemas.check_default(schema_node.pointer.child("default"), &schema, default);
        }
        // What a parameter is by default is said by the tables: dropshot emits none.
        let mut beside = schema.beside;
        beside.shift_remove("default");
        let schema = Schema { description: description.or(schema.description), beside, ..schema };
        Some(Parameter { name, rust, location, required, schema, default })
    }
}

/// The parameters that the first page needs. Old servers only said that there are pages.
fn first_page(node: &Node<'_, '_>) -> Vec<String> {
    if *node.value == Value::Bool(true) {
        return Vec::new();
    }
    let object = node.object("what pages need");
    let required = object.require("required").map(|node| node.items()).unwrap_or_default();
    object.finish();
    required.iter().filter_map(|node| node.str().map(str::to_owned)).collect()
}

/// Refuses a path parameter whose field another path's parameter has: the decision whether a caller may do something
/// is made with one field for each.
fn same_field(node: &Node<'_, '_>, operation: &Operation, others: &[Operation]) {
    for parameter in operation.parameters(Location::Path) {
        let mut known = others.iter().flat_map(|other| other.parameters(Location::Path));
        if let Some(other) = known.find(|other| other.rust == parameter.rust && other.name != parameter.name) {
            node.refuse(
                format!("the path parameters `{}` and `{}` would be one in Rust", parameter.name, other.name),
                "use one name for one thing, and names that differ in their letters and digits for two",
            );
        }
    }
}

fn location(node: &Node<'_, '_>) -> Option<Location> {
    match node.str()? {
        "path" => Some(Location::Path),
        "query" => Some(Location::Query),
        "header" => Some(Location::Header),
        other => {
            node.refuse(format!("a parameter in `{other}`"), "use path, query or header");
            None
        }
    }
}

fn body(node: &Node<'_, '_>, prefix: &str, schemas: &mut Schemas) -> Option<Body> {
    let node = node.resolve()?;
    let object = node.object("a request body");
    object.documentation(&["description"]);
    if !object.flag("required") {
        node.refuse("a body that may be left out", "write `required: true`");
    }
    let max_bytes = object.get("x-max-bytes").and_then(|node| node.size());
    let content = object.require("content");
    object.finish();
    let (media, schema) = responses::content(&content?, &Media::ALL, &format!("{prefix}Body"), schemas)?;
    // Bytes are no text in Rust, but that is how they are described.
    let bytes = Text { format: Some(TextFormat::Other("binary".to_owned())), ..Text::default() };
    let schema = schema.unwrap_or_else(|| Schema::of(Kind::Text(bytes)));
    if media == Media::Form && (schema.nullable || !is_form(&schema.kind, schemas)) {
        node.refuse("a form that is not an object of plain values", "give it strings, numbers and booleans by name");
        return None;
    }
    Some(Body { media, schema, max_bytes })
}

/// Whether a form can say it: names, each with one plain value.
fn is_form(kind: &Kind, schemas: &Schemas) -> bool {
    let Kind::Object(ObjectSchema { properties, additional, .. }) = schemas.kind_of(kind) else { return false };
    !matches!(additional, Additional::Each(each) if !matches!(each.kind, Kind::Any))
        && properties.iter().all(|property| {
            (!property.schema.nullable || !property.required) && is_parameter(&property.schema.kind, schemas, DEPTH)
        })
}

/// How many alternatives of alternatives a parameter may have. More are mostly a circle.
const DEPTH: usize = 16;

/// Whether a value is written as one text.
fn is_parameter(kind: &Kind, schemas: &Schemas, depth: usize) -> bool {
    match schemas.kind_of(kind) {
        // Of what may be anything, a text is one.
        Kind::Any | Kind::Boolean | Kind::Integer(_) | Kind::Number(_) | Kind::Text(_) => true,
        Kind::Union(union) => union.alternatives.iter().all(|alternative| {
            let schema = &alternative.schema;
            !schema.nullable && depth > 0 && is_parameter(&schema.kind, schemas, depth - 1)
        }),
        Kind::Null | Kind::Array { .. } | Kind::Object(_) | Kind::Named(_) => false,
    }
}

/// The schemes of which one is needed: of the operation's own list, or of the document's.
fn security(node: Option<&Node<'_, '_>>) -> Vec<String> {
    let mut schemes = Vec::new();
    for node in node.into_iter().flat_map(Node::items) {
        match node.entries().as_slice() {
            [(scheme, scopes)] if scopes.value.as_array().is_some_and(Vec::is_empty) => {
                let described = Pointer::root().child("components").child("securitySchemes").child(scheme);
                if described.find(&node.source.document.value).is_none() {
                    scopes.refuse(format!("`{scheme}` is not described"), format!("describe it at `{described}`"));
                }
                schemes.push((*scheme).to_owned());
            }
            [(_, scopes)] => scopes.refuse("scopes in a security requirement", "write them as `x-required-scopes`"),
            _ => node.refuse("a security requirement of not exactly one scheme", "name one scheme"),
        }
    }
    schemes
}

/// What decides which statuses the glue answers.
struct Asks {
    credential: bool,
    scopes: bool,
    body: bool,
    parameters: bool,
    invalid_status: Option<u16>,
}

/// The statuses that the glue answers for an operation, and why.
fn needed(asks: &Asks) -> Vec<(u16, &'static str)> {
    let all = [
        (401, asks.credential, "it needs a credential"),
        (403, asks.credential && asks.scopes, "it needs scopes"),
        (408, asks.body, "it reads a body"),
        (413, asks.body, "it reads a body"),
        (415, asks.body, "it reads a body"),
        (asks.invalid_status.unwrap_or(422), asks.body || asks.parameters, "it validates what it is given"),
        (500, true, "a handler can fail"),
    ];
    all.into_iter().filter(|(_, needed, _)| *needed).map(|(status, _, why)| (status, why)).collect()
}

/// Refuses an operation whose responses the glue could not answer with.
fn answers(node: &Node<'_, '_>, operation: &Operation, needed: &[(u16, &str)], responses: &Responses) {
    for (status, _) in needed.iter().copied() {
        // The status itself, or else its class.
        let covering = operation.responses.iter().filter(|response| responses.get(response).status.covers(status));
        let found = covering.min_by_key(|response| responses.get(response).status);
        let gate = matches!(status, 401 | 403) || operation.invalid_status == Some(status);
        match found {
            Some(Use::Own(_)) if gate => node.refuse(
                format!("the {status} of `{}` is described in place", operation.id),
                "move it to `#/components/responses`: the service refuses with it whatever the operation",
            ),
            Some(response) if !gate => {
                let carried = |header: &&crate::ir::Header| header.required && header.source == HeaderSource::Reply;
                if let Some(header) = responses.get(response).headers.iter().find(carried) {
                    node.refuse(
                        format!("the header `{}` of the status {status}, which the glue answers", header.name),
                        "leave it out, let it be optional, or allow one value only",
                    );
                }
            }
            Some(_) | None => {}
        }
    }
    if let Some(status) = operation.invalid_status
        && !(operation.guarded() && matches!(status, 400..500))
    {
        node.refuse(
            format!("`{}` cannot answer an invalid request with {status}", operation.id),
            "name a 4xx of an operation that needs a credential; the service says what it is",
        );
    }
    if operation.scope_exemption.is_some() && operation.required_scopes.as_ref().is_none_or(Vec::is_empty) {
        node.refuse(format!("`{}` has an exemption from no scope", operation.id), "say which scopes it needs");
    }
    if operation.required_scopes.is_some() && !operation.guarded() {
        node.refuse(format!("`{}` asks for scopes and for no credential", operation.id), "add `security`");
    }
}
