//! Paths and operations, and what an operation has to document because the glue answers with it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::model::{Body, HeaderSource, Kind, Location, Operation, Parameter, Response, Use};
use super::super::names;
use super::super::node::{Node, Object};
use super::paths::Router;
use super::responses::{self, Responses};
use super::schemas::Schemas;

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// All operations, in the order of the document.
pub(super) fn read(root: &Object<'_, '_>, schemas: &mut Schemas, responses: &mut Responses) -> Vec<Operation> {
    let mut operations: Vec<Operation> = Vec::new();
    let mut router = Router::default();
    let security = root.get("security");
    for (path, node) in root.require("paths").iter().flat_map(Node::entries) {
        let variables = router.add(path, &node);
        let item = node.object("a path item");
        item.documentation(&["summary", "description"]);
        let common = item.get("parameters");
        for method in METHODS {
            let Some(node) = item.get(method) else { continue };
            let context =
                Context { method, path, variables: &variables, common: common.as_ref(), security: security.as_ref() };
            let Some(operation) = context.operation(&node, schemas, responses) else { continue };
            if operations.iter().any(|other| other.function == operation.function || other.prefix == operation.prefix) {
                node.refuse(
                    format!("a second operation would be called `{}` in Rust", operation.function),
                    "give each operation an id of its own",
                );
            }
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
        let id = object.require("operationId")?.str()?.to_owned();
        let (Some(function), Some(prefix)) = (names::snake(&id), names::pascal(&id)) else {
            object
                .get("operationId")?
                .refuse(format!("`{id}` cannot name a function"), "use letters and digits of ASCII");
            return None;
        };
        if matches!(function.as_str(), "authenticate" | "authorize" | "check" | "explain") {
            object.get("operationId")?.refuse(format!("`{function}` is a function of every service"), "use another id");
        }
        let security = security(object.get("security").as_ref().or(self.security));
        let required_scopes = object
            .get("x-required-scopes")
            .map(|node| node.items().iter().filter_map(|node| node.str().map(str::to_owned)).collect::<Vec<_>>());
        let parameters = self.parameters(&object, &prefix, schemas);
        let body = match object.get("requestBody") {
            Some(node) => Some(body(&node, &prefix, schemas)?),
            None => None,
        };
        let operation = Operation {
            summary: object.string("summary"),
            description: object.string("description"),
            tags: object
                .get("tags")
                .iter()
                .flat_map(Node::items)
                .filter_map(|node| node.str().map(str::to_owned))
                .collect(),
            deprecated: object.flag("deprecated"),
            responses: responses.read(&object.require("responses")?, &prefix, schemas),
            method: self.method.to_uppercase(),
            path: self.path.to_owned(),
            id,
            function,
            prefix,
            security,
            required_scopes,
            parameters,
            body,
        };
        object.finish();
        answers(node, &operation, responses);
        Some(operation)
    }

    fn parameters(&self, operation: &Object<'s, 'd>, prefix: &str, schemas: &mut Schemas) -> Vec<Parameter> {
        // The operation's own parameter replaces one of the path item's that has its name and location.
        let mut nodes: BTreeMap<(Location, String), (Node<'s, 'd>, Object<'s, 'd>)> = BTreeMap::new();
        for list in self.common.cloned().into_iter().chain(operation.get("parameters")) {
            for node in list.items().iter().filter_map(Node::resolve) {
                let object = node.object("a parameter");
                let Some(name) = object.require("name").and_then(|name| name.str()) else { continue };
                let Some(location) = object.require("in").and_then(|node| location(&node)) else { continue };
                nodes.insert((location, name.to_owned()), (node, object));
            }
        }
        for name in self.variables {
            if !nodes.contains_key(&(Location::Path, (*name).to_owned())) {
                operation.node.refuse(format!("`{{{name}}}` of the path is not described"), "add the path parameter");
            }
        }
        nodes
            .into_iter()
            .filter_map(|((location, name), (node, object))| {
                self.parameter(name, location, &node, object, prefix, schemas)
            })
            .collect()
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
        let schema_node = object.require("schema")?;
        object.finish();
        let default = schema_node.value.get("default").cloned();
        let rust = names::snake(&name)?;
        let schema = schemas.parameter(&schema_node, &format!("{prefix}{}", names::pascal(&name)?))?;
        let scalar = match &schema.kind {
            Kind::Named(index) => &schemas.component(*index).schema.kind,
            kind => kind,
        };
        if schema.nullable
            || !matches!(scalar, Kind::Boolean | Kind::Integer { .. } | Kind::Number { .. } | Kind::Text(_))
        {
            schema_node.refuse("a parameter that is not one plain value", "use a string, a number or a boolean");
            return None;
        }
        if default.is_some() && (required || !matches!(schema.kind, Kind::Boolean | Kind::Integer { .. })) {
            schema_node.refuse("a default on this parameter", "give defaults to optional integers and booleans only");
            return None;
        }
        let schema = super::super::model::Schema { description: description.or(schema.description), ..schema };
        Some(Parameter { name, rust, location, required, schema, default })
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
    let schema = responses::json(&object.require("content")?, &format!("{prefix}Body"), schemas)?;
    object.finish();
    Some(Body { schema, max_bytes })
}

/// The schemes of which one is needed: of the operation's own list, or of the document's.
fn security(node: Option<&Node<'_, '_>>) -> Vec<String> {
    let mut schemes = Vec::new();
    for node in node.into_iter().flat_map(Node::items) {
        match node.entries().as_slice() {
            [(scheme, scopes)] if scopes.value.as_array().is_some_and(Vec::is_empty) => {
                schemes.push((*scheme).to_owned());
            }
            [(_, scopes)] => scopes.refuse("scopes in a security requirement", "write them as `x-required-scopes`"),
            _ => node.refuse("a security requirement of not exactly one scheme", "name one scheme"),
        }
    }
    schemes
}

/// Refuses an operation that does not document what the glue answers for it.
fn answers(node: &Node<'_, '_>, operation: &Operation, responses: &Responses) {
    let scopes = operation.required_scopes.as_ref().is_some_and(|scopes| !scopes.is_empty());
    let has_body = operation.body.is_some();
    let needed = [
        (401, operation.guarded(), "it needs a credential"),
        (403, operation.guarded() && scopes, "it needs scopes"),
        (408, has_body, "it reads a body"),
        (413, has_body, "it reads a body"),
        (415, has_body, "it reads a body"),
        (422, has_body || !operation.parameters.is_empty(), "it validates what it is given"),
        (500, true, "a handler can fail"),
    ];
    for (status, _, why) in needed.into_iter().filter(|(_, needed, _)| *needed) {
        let found = operation.responses.iter().find(|response| status_of(response, responses).status == status);
        let gate = matches!(status, 401 | 403);
        match found {
            None => node.refuse(
                format!("`{}` does not document the status {status}", operation.id),
                format!("document it, because {why}"),
            ),
            Some(Use::Own(_)) if gate => node.refuse(
                format!("the {status} of `{}` is described in place", operation.id),
                "move it to `#/components/responses`: the service refuses with it whatever the operation",
            ),
            Some(response) if !gate => {
                let carried =
                    |header: &&super::super::model::Header| header.required && header.source == HeaderSource::Reply;
                if let Some(header) = status_of(response, responses).headers.iter().find(carried) {
                    node.refuse(
                        format!("the header `{}` of the status {status}, which the glue answers", header.name),
                        "leave it out, let it be optional, or allow one value only",
                    );
                }
            }
            Some(_) => {}
        }
    }
    if operation.required_scopes.is_some() && !operation.guarded() {
        node.refuse(format!("`{}` asks for scopes and for no credential", operation.id), "add `security`");
    }
}

fn status_of<'r>(response: &'r Use, responses: &'r Responses) -> &'r Response {
    match response {
        Use::Own(response) => response,
        Use::Shared(index) => responses.shared(*index),
    }
}
