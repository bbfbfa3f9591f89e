//! Paths and operations.

use std::collections::BTreeSet;

use serde_json::Value;

use super::bodies;
use super::parameters::{self, Place};
use super::paths::Router;
use super::responses::{self, Responses};
use super::schemas::Schemas;
use super::stub_responses::{self, Requirements};
use crate::ir::{Location, Operation};
use crate::names;
use crate::reader::{Object, Reader};
use crate::rules;
use dropstub_document::{METHODS, Pointer};

/// The suffixes of the names of an operation's types.
const SUFFIXES: [&str; 6] = ["Endpoint", "Request", "Response", "Path", "Query", "Header"];
/// The prefix of a service's functions for bodies of errors, if it has several.
const ERROR_BODIES: &str = "error_body_as_";
/// The names of a service's other functions.
const RESERVED: [&str; 6] = ["admit", "authenticate", "authorize", "check", "error_body", "invalid_request"];

/// All operations, in the order of the document.
pub(super) fn read(root: &Object<'_, '_>, schemas: &mut Schemas, responses: &mut Responses) -> Vec<Operation> {
    let mut operations: Vec<Operation> = Vec::new();
    let (mut router, mut ids) = (Router::default(), BTreeSet::new());
    let (security, strict_query) = (root.get("security"), root.flag("x-dropstub-strict-query"));
    for (path, node) in root.require("paths").iter().flat_map(Reader::entries_without_extensions) {
        let variables = router.add(path, &node);
        let item = node.object("a path item");
        item.documentation(&["summary", "description"]);
        let common = item.get("parameters");
        // Dropshot has no `trace`.
        for method in METHODS.into_iter().filter(|method| *method != "trace") {
            let Some(node) = item.get(method) else { continue };
            let place = Place { variables: &variables, common: common.as_ref() };
            let context = Context { method, path, place, security: security.as_ref(), strict_query };
            if let Some(id) = node.value.get("operationId").and_then(Value::as_str)
                && !ids.insert(id)
            {
                let place = node.object("an operation").require("operationId").unwrap_or_else(|| node.clone());
                place.report(
                    &rules::OPERATION_ID_DUPLICATE,
                    format!("duplicate operation id `{id}`"),
                    "use unique ids",
                );
                continue;
            }
            let Some(operation) = context.operation(&node, schemas, responses) else { continue };
            parameters::check_fields(&node, &operation, &operations);
            check_replay(&node, &operation, &operations);
            operations.push(operation);
        }
        item.finish();
    }
    operations
}

/// The surroundings of an operation in the document.
struct Context<'c, 's, 'd> {
    method: &'static str,
    path: &'d str,
    place: Place<'c, 's, 'd>,
    /// The security of the document.
    security: Option<&'c Reader<'s, 'd>>,
    /// Whether the document has strict queries.
    strict_query: bool,
}

impl<'s, 'd> Context<'_, 's, 'd> {
    fn operation(&self, node: &Reader<'s, 'd>, schemas: &mut Schemas, responses: &mut Responses) -> Option<Operation> {
        let object = node.object("an operation");
        object.documentation(&["externalDocs"]);
        let Names { id, function, prefix } = self.names(node, &object, schemas)?;
        if let Some(channel) = object.get("x-dropshot-websocket") {
            channel.report(
                &rules::WEBSOCKET_UNSUPPORTED,
                format!("`{id}` is a websocket channel"),
                "remove the operation; a stub handles single requests",
            );
            return None;
        }
        let pages = object.get("x-dropshot-pagination");
        let first_page = pages.as_ref().map(parameters::first_page).unwrap_or_default();
        let security = security(object.get("security").as_ref().or(self.security));
        let required_scopes = object.get("x-dropstub-required-scopes").map(|node| strings(&node));
        let scope_exemption = object.string("x-dropstub-scope-exemption");
        let invalid_status = object.get("x-dropstub-invalid-status").and_then(|node| u16::try_from(node.size()?).ok());
        let strict_query = object.get("x-dropstub-strict-query");
        let strict_query = strict_query.map_or(Some(self.strict_query), |node| node.bool()).unwrap_or(false);
        let replay = object.flag("x-dropstub-idempotent").then(|| format!("replay_{function}"));
        let parameters = self.place.parameters(&object, &prefix, schemas);
        let body = object.get("requestBody").map(|node| bodies::body(&node, &prefix, schemas));
        let documented = object.require("responses");
        let found = documented.as_ref().and_then(|node| responses.read(node, &prefix, schemas));
        let statuses = stub_responses::stub_statuses(&Requirements {
            credential: !security.is_empty(),
            scopes: required_scopes.as_ref().is_some_and(|scopes| !scopes.is_empty()),
            body: body.is_some(),
            parameters: strict_query || !parameters.is_empty(),
            invalid_status,
        });
        if let Some(documented) = documented {
            require_statuses(node, &id, &documented, &statuses);
        }
        let (summary, description) = (object.string("summary"), object.string("description"));
        let tags = object.get("tags").map(|node| strings(&node)).unwrap_or_default();
        let deprecated = object.flag("deprecated");
        object.finish();
        let (responses_found, error) = found?;
        let mut operation = Operation {
            summary,
            description,
            tags,
            deprecated,
            // A body that cannot be read has its diagnostics, and the operation is skipped.
            body: body.map_or(Some(None), |body| body.map(Some))?,
            responses: responses_found,
            // Set below, because they depend on the other fields.
            rejections: Vec::new(),
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
            strict_query,
            replay,
            // Set when all components are known.
            checked: false,
            parameters,
            pages: pages.map(|pages| pages.value.clone()),
            first_page,
        };
        let is_query_parameter =
            |name: &String| operation.parameters(Location::Query).any(|parameter| parameter.name == *name);
        if let Some(name) = operation.first_page.iter().find(|name| !is_query_parameter(name)) {
            node.report(
                &rules::PAGINATION_PARAMETER_MISSING,
                format!("pagination requires `{name}`, which is not a query parameter"),
                "document the parameter",
            );
        }
        operation.rejections = stub_responses::rejections(node, &operation, &statuses, responses);
        Some(operation)
    }

    /// The names of an operation. An operation without an id has them, too, so that all of it is diagnosed.
    fn names(&self, node: &Reader<'s, 'd>, object: &Object<'s, 'd>, schemas: &mut Schemas) -> Option<Names> {
        let given = object.require("operationId").and_then(|node| Some((node.str()?.to_owned(), node)));
        let (id, id_node) = given.unwrap_or_else(|| (format!("{} {}", self.method, self.path), node.clone()));
        let (Some(function), Some(prefix)) = (names::function(&id), names::pascal(&id)) else {
            id_node.report(
                &rules::OPERATION_ID_INVALID,
                format!("`{id}` has no Rust function name"),
                "use ASCII letters and digits",
            );
            return None;
        };
        if RESERVED.contains(&function.as_str()) || function.starts_with(ERROR_BODIES) {
            id_node.report(
                &rules::OPERATION_ID_RESERVED,
                format!("the service has, or can have, another function `{function}`"),
                "use another id",
            );
        }
        // A component can have the name of one of the operation's types.
        let taken = SUFFIXES.iter().any(|suffix| schemas.is_reserved(&format!("{prefix}{suffix}")));
        let prefix = if taken { format!("{prefix}Operation") } else { prefix };
        // The first collision is reported.
        let _ = SUFFIXES.iter().all(|suffix| schemas.claim(&id_node, &format!("{prefix}{suffix}")));
        Some(Names { id, function, prefix })
    }
}

/// Reports a handler that has the name of another operation's replay function.
fn check_replay(node: &Reader<'_, '_>, operation: &Operation, others: &[Operation]) {
    let is_replay = |handler: &Operation, other: &Operation| other.replay.as_ref() == Some(&handler.function);
    if let Some(other) = others.iter().find(|other| is_replay(operation, other) || is_replay(other, operation)) {
        node.report(
            &rules::OPERATION_ID_RESERVED,
            format!("`{}` and `{}` have the same function of the service", operation.id, other.id),
            "use another id; the replay of an idempotent operation has the prefix `replay_`",
        );
    }
}

/// The names of an operation.
struct Names {
    id: String,
    /// The name of the handler.
    function: String,
    /// The prefix of the operation's types.
    prefix: String,
}

fn strings(list: &Reader<'_, '_>) -> Vec<String> {
    list.items().iter().filter_map(|node| node.str().map(str::to_owned)).collect()
}

/// Requires the statuses of the stub's own responses in the documented ones.
fn require_statuses(node: &Reader<'_, '_>, id: &str, documented: &Reader<'_, '_>, statuses: &[(u16, &str)]) {
    let documented = responses::statuses(documented);
    for (status, why) in statuses {
        if !documented.iter().any(|documented| documented.covers(*status)) {
            node.report(
                &rules::STATUS_UNDOCUMENTED,
                format!("`{id}` does not document the status {status}"),
                format!("document it, or its class `{}XX`: {why}", status / 100),
            );
        }
    }
}

/// The alternative schemes of a security requirement.
fn security(node: Option<&Reader<'_, '_>>) -> Vec<String> {
    let mut schemes = Vec::new();
    for node in node.into_iter().flat_map(Reader::items) {
        match node.entries().as_slice() {
            [(scheme, scopes)] if scopes.value.as_array().is_some_and(Vec::is_empty) => {
                let defined = Pointer::root().child("components").child("securitySchemes").child(scheme);
                if node.at(&defined).is_none() {
                    scopes.report(
                        &rules::SECURITY_SCHEME_MISSING,
                        format!("the security scheme `{scheme}` is not defined"),
                        format!("define it at `{defined}`"),
                    );
                }
                schemes.push((*scheme).to_owned());
            }
            [(_, scopes)] => scopes.report(
                &rules::SECURITY_SCOPES,
                "scopes in a security requirement",
                "write them as `x-dropstub-required-scopes`",
            ),
            _ => node.report(
                &rules::SECURITY_UNSUPPORTED,
                "a security requirement without exactly one scheme",
                "name one scheme",
            ),
        }
    }
    schemes
}
