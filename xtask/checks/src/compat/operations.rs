//! Operations: parameters, bodies, responses, security.

use std::collections::{BTreeMap, BTreeSet};

use dropstub_document::{Node, Operation, used};
use serde_json::Value;

use super::changes::{Changes, DOCUMENTATION, Direction, Verdict, documentation, unknown_keywords};
use super::rules::{
    BODY_BECAME_OPTIONAL, BODY_BECAME_REQUIRED, BODY_LIMIT_LOWERED, BODY_LIMIT_RAISED, BODY_REMOVED, COMPONENT_REMOVED,
    DEPRECATION_CHANGED, DOCUMENTATION_CHANGED, ERROR_STATUS_ADDED, ERROR_STATUS_REMOVED, HEADER_ADDED,
    HEADER_BECAME_OPTIONAL, HEADER_BECAME_REQUIRED, IDEMPOTENCY_ADDED, IDEMPOTENCY_REMOVED, INVALID_STATUS_CHANGED,
    LINKS_CHANGED, MEDIA_TYPE_ADDED, MEDIA_TYPE_REMOVED, OPERATION_ADDED, OPERATION_ID_CHANGED, OPERATION_REMOVED,
    OPTIONAL_BODY_ADDED, OPTIONAL_HEADER_REMOVED, OPTIONAL_PARAMETER_ADDED, PARAMETER_BECAME_OPTIONAL,
    PARAMETER_BECAME_REQUIRED, PARAMETER_REMOVED, PARAMETER_SERIALIZATION_CHANGED, REQUIRED_BODY_ADDED,
    REQUIRED_HEADER_REMOVED, REQUIRED_PARAMETER_ADDED, SCOPE_EXEMPTION_ADDED, SCOPE_EXEMPTION_REMOVED,
    SCOPE_NO_LONGER_REQUIRED, SCOPE_REQUIRED, SECURITY_LOOSENED, SECURITY_SCHEME_CHANGED, SECURITY_TIGHTENED,
    SERVER_ADDED, SERVER_REMOVED, STRICT_QUERY_ADDED, STRICT_QUERY_REMOVED, SUCCESS_STATUS_ADDED,
    SUCCESS_STATUS_REMOVED,
};
use super::schema::{entries, get, items, same_keys, strings};
use super::schemas;

use Direction::{Operation as Whole, Request, Response};
use Verdict::{Breaking, Compatible, Documentation};

/// The keys of each kind of object that have a comparison of their own.
const PATH_ITEM: [&str; 9] = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "parameters"];
const OPERATION: [&str; 6] = ["operationId", "deprecated", "parameters", "requestBody", "responses", "security"];
const PARAMETER: [&str; 9] =
    ["name", "in", "required", "style", "explode", "allowReserved", "allowEmptyValue", "schema", "content"];
const BODY: [&str; 2] = ["required", "content"];
const MEDIA: [&str; 1] = ["schema"];
const RESPONSE: [&str; 3] = ["headers", "content", "links"];
const HEADER: [&str; 3] = ["required", "schema", "content"];

/// Compares two documents by their roots.
pub(super) fn document(changes: &mut Changes, base: &Node<'_>, revised: &Node<'_>) {
    for key in ["info", "tags", "externalDocs"] {
        if base.value.get(key) != revised.value.get(key) {
            let message = format!("`{key}` changed");
            changes.add(&DOCUMENTATION_CHANGED, &revised.pointer.child(key), Whole, Documentation, message);
        }
    }
    servers(changes, base, revised);
    security_schemes(changes, base, revised);
    let (old, mut new) = (by_route(base), by_route(revised));
    for (route, operation) in old {
        if let Some(now) = new.remove(&route) {
            compare(changes, (base, &operation), (revised, &now));
        } else {
            let message = format!("`{}` was removed", operation.route());
            changes.removed(&OPERATION_REMOVED, &operation.node.pointer, Whole, Breaking, message);
        }
    }
    for operation in new.into_values() {
        let message = format!("`{}` was added", operation.route());
        changes.add(&OPERATION_ADDED, &operation.node.pointer, Whole, Compatible, message);
    }
    component_names(changes, base, revised);
}

/// The operations by path and method.
fn by_route<'d>(root: &Node<'d>) -> BTreeMap<(&'d str, &'static str), Operation<'d>> {
    let operations =
        root.operations().into_iter().map(|operation| Operation { node: operation.node.resolve(), ..operation });
    operations.map(|operation| ((operation.path, operation.method), operation)).collect()
}

/// Component schemas in use whose name disappeared: generated clients have a type of that name.
fn component_names(changes: &mut Changes, base: &Node<'_>, revised: &Node<'_>) {
    for pointer in used(base.value) {
        let Some(name) = pointer.component_schema() else { continue };
        if revised.at(&pointer).is_none() && !changes.renamed.contains(name) {
            let message = format!("`{name}` was removed; generated clients have a type of that name");
            changes.removed(&COMPONENT_REMOVED, &pointer, Whole, Breaking, message);
        }
    }
}

fn servers(changes: &mut Changes, base: &Node<'_>, revised: &Node<'_>) {
    let urls = |root: &Node<'_>| -> Vec<String> {
        let urls: Vec<_> = items(root, "servers").iter().filter_map(|it| it.str("url").map(str::to_owned)).collect();
        if urls.is_empty() { vec!["/".to_owned()] } else { urls }
    };
    let (old, new) = (urls(base), urls(revised));
    for url in old.iter().filter(|url| !new.contains(url)) {
        let message = format!("the server {url} was removed");
        changes.removed(&SERVER_REMOVED, &base.pointer.child("servers"), Whole, Breaking, message);
    }
    for url in new.iter().filter(|url| !old.contains(url)) {
        let message = format!("the server {url} was added");
        changes.add(&SERVER_ADDED, &revised.pointer.child("servers"), Whole, Compatible, message);
    }
}

/// The security schemes of each name. The operations compare which of them they require, so a scheme may only be removed if none
/// requires it any more.
fn security_schemes(changes: &mut Changes, base: &Node<'_>, revised: &Node<'_>) {
    let (before, after) = (schemes(base), schemes(revised));
    let after: BTreeMap<_, _> = entries(after.as_ref()).collect();
    let operations = revised.operations();
    let in_use: BTreeSet<_> = operations
        .iter()
        .flat_map(|operation| credentials((revised, &operation.node)))
        .flat_map(Credentials::into_keys)
        .collect();
    for (name, scheme) in entries(before.as_ref()) {
        let Some(other) = after.get(name) else {
            if in_use.contains(name) {
                let message = format!("the security scheme `{name}` was removed");
                changes.removed(&SECURITY_SCHEME_CHANGED, &scheme.pointer, Request, Breaking, message);
            }
            continue;
        };
        if semantics(scheme.value) != semantics(other.value) {
            let message = format!("the security scheme `{name}` changed");
            changes.add(&SECURITY_SCHEME_CHANGED, &other.pointer, Request, Breaking, message);
        } else if scheme.value != other.value {
            let message = format!("the documentation of the security scheme `{name}` changed");
            changes.add(&DOCUMENTATION_CHANGED, &other.pointer, Request, Documentation, message);
        }
    }
}

fn schemes<'d>(root: &Node<'d>) -> Option<Node<'d>> {
    get(&get(root, "components")?, "securitySchemes")
}

/// A security scheme without documentation. Names of schemes and headers are case-insensitive.
fn semantics(scheme: &Value) -> Value {
    let in_header = scheme.get("in").is_some_and(|it| it == "header");
    let entry = |(key, value): (&String, &Value)| {
        let value = match (key.as_str(), value) {
            ("description" | "bearerFormat", _) => return None,
            (key, _) if key.starts_with("x-") => return None,
            ("scheme", Value::String(text)) => text.to_lowercase().into(),
            ("name", Value::String(text)) if in_header => text.to_lowercase().into(),
            ("scopes", Value::Object(scopes)) => scopes.keys().map(String::as_str).collect(),
            (_, Value::Object(_)) => semantics(value),
            _ => value.clone(),
        };
        Some((key.clone(), value))
    };
    scheme.as_object().into_iter().flatten().filter_map(entry).collect()
}

type Version<'a, 'd> = (&'a Node<'d>, &'a Operation<'d>);

fn compare(changes: &mut Changes, (base, before): Version<'_, '_>, (revised, after): Version<'_, '_>) {
    let (old, new) = (&before.node, &after.node);
    let pointer = &new.pointer;
    if old.str("operationId") != new.str("operationId") {
        let message = "the operation id changed; generated clients name a function after it";
        changes.add(&OPERATION_ID_CHANGED, &pointer.child("operationId"), Whole, Breaking, message);
    }
    if !same_keys(old, new, &DOCUMENTATION) {
        let message = "the documentation of the operation changed";
        changes.add(&DOCUMENTATION_CHANGED, pointer, Whole, Documentation, message);
    }
    match (old.flag("deprecated"), new.flag("deprecated")) {
        (false, true) => {
            changes.add(&DEPRECATION_CHANGED, pointer, Whole, Compatible, "the operation was deprecated");
        }
        (true, false) => {
            changes.add(&DEPRECATION_CHANGED, pointer, Whole, Compatible, "the operation is no longer deprecated");
        }
        _ => {}
    }
    unknown_keywords(changes, &before.item, &after.item, &PATH_ITEM, Whole);
    unknown_keywords(changes, old, new, &OPERATION, Whole);
    security(changes, (base, old), (revised, new));
    extensions(changes, old, new);
    strict_query(changes, (base, old), (revised, new));
    parameters(changes, before, after);
    body(changes, old, new);
    responses(changes, old, new);
}

fn security(changes: &mut Changes, old: (&Node<'_>, &Node<'_>), new: (&Node<'_>, &Node<'_>)) {
    let (before, after) = (credentials(old), credentials(new));
    let pointer = new.1.pointer.child("security");
    if before == after {
        return;
    }
    // Credentials stay sufficient if some new alternative needs no more than they have.
    let stays_sufficient = |given: &Credentials<'_>| {
        let satisfied = |needed: &Credentials<'_>| {
            needed.iter().all(|(scheme, scopes)| given.get(scheme).is_some_and(|given| scopes.is_subset(given)))
        };
        after.iter().any(satisfied)
    };
    let public = |credentials: &BTreeSet<Credentials<'_>>| credentials.iter().any(BTreeMap::is_empty);
    if public(&after) {
        if !public(&before) {
            changes.add(&SECURITY_LOOSENED, &pointer, Request, Compatible, "no credential is required any more");
        }
    } else if !public(&before) && before.iter().all(stays_sufficient) {
        let message = "other or fewer credentials are sufficient";
        changes.add(&SECURITY_LOOSENED, &pointer, Request, Compatible, message);
    } else {
        let message = "a credential is no longer sufficient";
        changes.add(&SECURITY_TIGHTENED, &pointer, Request, Breaking, message);
    }
}

/// Schemes that are required together, each with its scopes.
type Credentials<'d> = BTreeMap<&'d str, BTreeSet<&'d str>>;

/// The alternatives of an operation. Without any, it is public.
fn credentials<'d>((root, operation): (&Node<'d>, &Node<'d>)) -> BTreeSet<Credentials<'d>> {
    let list = operation.value.get("security").or_else(|| root.value.get("security")).and_then(Value::as_array);
    let scopes = |scopes: &'d Value| scopes.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let schemes = |alternative: &'d Value| -> Credentials<'d> {
        let schemes = alternative.as_object().into_iter().flatten();
        schemes.map(|(scheme, it)| (scheme.as_str(), scopes(it))).collect()
    };
    let alternatives: BTreeSet<_> = list.into_iter().flatten().map(schemes).collect();
    if alternatives.is_empty() { BTreeSet::from([Credentials::new()]) } else { alternatives }
}

/// The generator's extensions.
fn extensions(changes: &mut Changes, old: &Node<'_>, new: &Node<'_>) {
    let key = "x-dropstub-required-scopes";
    let (before, after) = (strings(old, key), strings(new, key));
    let pointer = new.pointer.child(key);
    for scope in after.difference(&before) {
        let message = format!("the scope `{scope}` is required, too");
        changes.add(&SCOPE_REQUIRED, &pointer, Request, Breaking, message);
    }
    for scope in before.difference(&after) {
        let message = format!("the scope `{scope}` is no longer required");
        changes.add(&SCOPE_NO_LONGER_REQUIRED, &pointer, Request, Compatible, message);
    }
    let key = "x-dropstub-scope-exemption";
    let pointer = new.pointer.child(key);
    match (old.str(key), new.str(key)) {
        (before, after) if before == after => {}
        (None, Some(_)) => {
            let message = "some callers no longer need the scopes";
            changes.add(&SCOPE_EXEMPTION_ADDED, &pointer, Request, Compatible, message);
        }
        _ => {
            let message = "some callers need the scopes that did not";
            changes.add(&SCOPE_EXEMPTION_REMOVED, &pointer, Request, Breaking, message);
        }
    }
    let key = "x-dropstub-invalid-status";
    if old.value.get(key) != new.value.get(key) {
        let message = "the status of an invalid request changed";
        changes.add(&INVALID_STATUS_CHANGED, &new.pointer.child(key), Response, Breaking, message);
    }
    let key = "x-dropstub-idempotent";
    match (old.flag(key), new.flag(key)) {
        (false, true) => {
            let message = "a repeated request receives the stored response";
            changes.add(&IDEMPOTENCY_ADDED, &new.pointer.child(key), Request, Compatible, message);
        }
        (true, false) => {
            let message = "a repeated request is executed again";
            changes.removed(&IDEMPOTENCY_REMOVED, &old.pointer.child(key), Request, Breaking, message);
        }
        _ => {}
    }
}

/// Whether undocumented query parameters are invalid: the operation's own value, or else the document's.
fn strict_query(changes: &mut Changes, (base, old): (&Node<'_>, &Node<'_>), (revised, new): (&Node<'_>, &Node<'_>)) {
    let key = "x-dropstub-strict-query";
    let before = old.get(key).or_else(|| base.get(key));
    let after = new.get(key).or_else(|| revised.get(key));
    let is_strict = |node: &Option<Node<'_>>| node.as_ref().is_some_and(|node| *node.value == Value::Bool(true));
    match (is_strict(&before), is_strict(&after), before, after) {
        (false, true, _, Some(after)) => {
            let message = "undocumented query parameters became invalid";
            changes.add(&STRICT_QUERY_ADDED, &after.pointer, Request, Breaking, message);
        }
        (true, false, Some(before), _) => {
            let message = "undocumented query parameters are now ignored";
            changes.removed(&STRICT_QUERY_REMOVED, &before.pointer, Request, Compatible, message);
        }
        _ => {}
    }
}

fn parameters(changes: &mut Changes, old: &Operation<'_>, new: &Operation<'_>) {
    let mut after = new.parameters();
    for ((location, name), parameter) in old.parameters() {
        let Some(now) = after.remove(&(location.clone(), name.clone())) else {
            let message =
                format!("the {location} parameter `{name}` was removed; generated clients have an argument for it");
            changes.removed(&PARAMETER_REMOVED, &parameter.pointer, Request, Breaking, message);
            continue;
        };
        match (parameter.flag("required"), now.flag("required")) {
            (false, true) => {
                let message = format!("`{name}` became required");
                changes.add(&PARAMETER_BECAME_REQUIRED, &now.pointer, Request, Breaking, message);
            }
            (true, false) => {
                let message = format!("`{name}` became optional");
                changes.add(&PARAMETER_BECAME_OPTIONAL, &now.pointer, Request, Compatible, message);
            }
            _ => {}
        }
        for key in ["style", "explode", "allowReserved", "allowEmptyValue"] {
            if parameter.value.get(key) != now.value.get(key) {
                let message = format!("`{key}` of `{name}` changed");
                let pointer = now.pointer.child(key);
                changes.add(&PARAMETER_SERIALIZATION_CHANGED, &pointer, Request, Breaking, message);
            }
        }
        documentation(changes, &parameter, &now, Request);
        unknown_keywords(changes, &parameter, &now, &PARAMETER, Request);
        schema(changes, &parameter, &now, Request);
        content(changes, &parameter, &now, Request);
    }
    for ((location, name), parameter) in after {
        let (rule, verdict, kind) = if parameter.flag("required") {
            (&REQUIRED_PARAMETER_ADDED, Breaking, "required")
        } else {
            (&OPTIONAL_PARAMETER_ADDED, Compatible, "optional")
        };
        let message = format!("the {kind} {location} parameter `{name}` was added");
        changes.add(rule, &parameter.pointer, Request, verdict, message);
    }
}

/// The `schema` of a parameter, a header or a media type.
fn schema(changes: &mut Changes, old: &Node<'_>, new: &Node<'_>, direction: Direction) {
    match (get(old, "schema"), get(new, "schema")) {
        (Some(old), Some(new)) => schemas::compare(changes, &old, &new, direction),
        (None, None) => {}
        (before, _) => schemas::replaced(changes, &new.pointer.child("schema"), before.is_some(), direction),
    }
}

fn body(changes: &mut Changes, old: &Node<'_>, new: &Node<'_>) {
    match (get(old, "requestBody"), get(new, "requestBody")) {
        (None, None) => {}
        (None, Some(body)) if body.flag("required") => {
            changes.add(&REQUIRED_BODY_ADDED, &body.pointer, Request, Breaking, "a required body was added");
        }
        (None, Some(body)) => {
            changes.add(&OPTIONAL_BODY_ADDED, &body.pointer, Request, Compatible, "an optional body was added");
        }
        (Some(body), None) => {
            let message = "the body was removed; clients send one";
            changes.removed(&BODY_REMOVED, &body.pointer, Request, Breaking, message);
        }
        (Some(old), Some(new)) => {
            match (old.flag("required"), new.flag("required")) {
                (false, true) => {
                    changes.add(&BODY_BECAME_REQUIRED, &new.pointer, Request, Breaking, "the body became required");
                }
                (true, false) => {
                    changes.add(&BODY_BECAME_OPTIONAL, &new.pointer, Request, Compatible, "the body became optional");
                }
                _ => {}
            }
            body_limit(changes, &old, &new);
            documentation(changes, &old, &new, Request);
            unknown_keywords(changes, &old, &new, &BODY, Request);
            content(changes, &old, &new, Request);
        }
    }
}

fn body_limit(changes: &mut Changes, old: &Node<'_>, new: &Node<'_>) {
    let key = "x-dropstub-max-bytes";
    let bytes = |body: &Node<'_>| body.value.get(key).and_then(Value::as_u64).unwrap_or(u64::MAX);
    let pointer = new.pointer.child(key);
    match bytes(new).cmp(&bytes(old)) {
        std::cmp::Ordering::Less => {
            changes.add(&BODY_LIMIT_LOWERED, &pointer, Request, Breaking, "the size limit of the body was lowered");
        }
        std::cmp::Ordering::Greater => {
            changes.add(&BODY_LIMIT_RAISED, &pointer, Request, Compatible, "the size limit of the body was raised");
        }
        std::cmp::Ordering::Equal => {}
    }
}

fn content(changes: &mut Changes, old: &Node<'_>, new: &Node<'_>, direction: Direction) {
    let (before, mut after) = (by_name(old, "content"), by_name(new, "content"));
    for (key, (name, media)) in before {
        if let Some((_, now)) = after.remove(&key) {
            documentation(changes, &media, &now, direction);
            unknown_keywords(changes, &media, &now, &MEDIA, direction);
            schema(changes, &media, &now, direction);
        } else {
            let message = format!("`{name}` was removed; clients send or expect it");
            changes.removed(&MEDIA_TYPE_REMOVED, &media.pointer, direction, Breaking, message);
        }
    }
    for (name, media) in after.into_values() {
        // The server chooses the media type of a response.
        let verdict = if direction == Request { Compatible } else { Breaking };
        changes.add(&MEDIA_TYPE_ADDED, &media.pointer, direction, verdict, format!("`{name}` was added"));
    }
}

/// Whether clients treat the status as a success.
fn is_success(status: &str) -> bool {
    status.starts_with(['2', '3'])
}

/// The links of a response by name, with references resolved.
fn links<'d>(response: &Node<'d>) -> BTreeMap<&'d str, &'d Value> {
    entries(response.get("links").as_ref()).map(|(name, link)| (name, link.value)).collect()
}

fn responses(changes: &mut Changes, old: &Node<'_>, new: &Node<'_>) {
    let (before, after) = (get(old, "responses"), get(new, "responses"));
    let statuses =
        |node: &Option<_>| entries(node.as_ref()).filter(|(status, _)| !status.starts_with("x-")).collect::<Vec<_>>();
    for (status, response) in statuses(&before) {
        let Some(now) = after.as_ref().and_then(|after| get(after, status)) else {
            let (rule, verdict, reason) = if is_success(status) {
                (&SUCCESS_STATUS_REMOVED, Breaking, "clients expect it")
            } else {
                (&ERROR_STATUS_REMOVED, Compatible, "clients that handle it never receive it")
            };
            let message = format!("the status {status} was removed; {reason}");
            changes.removed(rule, &response.pointer, Response, verdict, message);
            continue;
        };
        documentation(changes, &response, &now, Response);
        unknown_keywords(changes, &response, &now, &RESPONSE, Response);
        headers(changes, &response, &now);
        content(changes, &response, &now, Response);
        if links(&response) != links(&now) {
            let pointer = now.pointer.child("links");
            changes.add(&LINKS_CHANGED, &pointer, Response, Documentation, "the links changed");
        }
    }
    for (status, response) in statuses(&after) {
        if before.as_ref().is_some_and(|it| it.value.get(status).is_some()) {
            continue;
        }
        let (rule, verdict) =
            if is_success(status) { (&SUCCESS_STATUS_ADDED, Breaking) } else { (&ERROR_STATUS_ADDED, Compatible) };
        let message = format!("the status {status} was added; clients may not know it");
        changes.add(rule, &response.pointer, Response, verdict, message);
        // Clients read it by the base's description of its class, or of all other statuses.
        let class = format!("{}XX", status.get(..1).unwrap_or_default());
        let known = before.as_ref().and_then(|it| get(it, &class).or_else(|| get(it, "default")));
        if let Some(known) = known.filter(|_| status.len() == 3) {
            content(changes, &known, &response, Response);
        }
    }
}

fn headers(changes: &mut Changes, old: &Node<'_>, new: &Node<'_>) {
    let mut after = by_name(new, "headers");
    for (key, (name, header)) in by_name(old, "headers") {
        let Some((_, now)) = after.remove(&key) else {
            if header.flag("required") {
                let message = format!("the header `{name}` was removed");
                changes.removed(&REQUIRED_HEADER_REMOVED, &header.pointer, Response, Breaking, message);
            } else {
                let message = format!("the optional header `{name}` was removed");
                changes.removed(&OPTIONAL_HEADER_REMOVED, &header.pointer, Response, Compatible, message);
            }
            continue;
        };
        match (header.flag("required"), now.flag("required")) {
            (true, false) => {
                let message = format!("the header `{name}` became optional");
                changes.add(&HEADER_BECAME_OPTIONAL, &now.pointer, Response, Breaking, message);
            }
            (false, true) => {
                let message = format!("the header `{name}` became required");
                changes.add(&HEADER_BECAME_REQUIRED, &now.pointer, Response, Compatible, message);
            }
            _ => {}
        }
        documentation(changes, &header, &now, Response);
        unknown_keywords(changes, &header, &now, &HEADER, Response);
        schema(changes, &header, &now, Response);
        content(changes, &header, &now, Response);
    }
    for (name, header) in after.into_values() {
        changes.add(&HEADER_ADDED, &header.pointer, Response, Compatible, format!("the header `{name}` was added"));
    }
}

/// Headers or media types by their case-insensitive names.
fn by_name<'d>(node: &Node<'d>, key: &str) -> BTreeMap<String, (&'d str, Node<'d>)> {
    entries(get(node, key).as_ref()).map(|(name, node)| (name.to_lowercase(), (name, node))).collect()
}
