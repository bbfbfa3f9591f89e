//! Operations, their parameters, bodies and answers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::change::{Changes, DOCUMENTATION, Direction, Side, Verdict, alike, described, others};
use super::schemas;
use dropstub_document::{METHODS, Pointer};

use Direction::{Operation, Request, Response};
use Verdict::{Breaking, Compatible, Documentation};

pub(super) fn document(changes: &mut Changes<'_>) {
    let (base, now) = changes.roots();
    for key in ["info", "tags", "externalDocs"] {
        if base.value.get(key) != now.value.get(key) {
            changes.add(&now.pointer.child(key), Operation, Documentation, format!("`{key}` is another"));
        }
    }
    servers(changes, &base, &now);
    schemes(changes, &base, &now);
    let (old, mut new) = (operations(&base), operations(&now));
    for ((path, method), (item, operation)) in old {
        match new.remove(&(path.clone(), method)) {
            Some((new_item, new_operation)) => {
                compare(changes, (&base, &item, &operation), (&now, &new_item, &new_operation));
            }
            None => changes.gone(
                &operation.pointer,
                Operation,
                Breaking,
                format!("{} {path} is gone", method.to_uppercase()),
            ),
        }
    }
    for ((path, method), (_, operation)) in new {
        changes.add(&operation.pointer, Operation, Compatible, format!("{} {path} is new", method.to_uppercase()));
    }
    names(changes, &base, &now);
}

/// Components that are gone by their names, which generated clients have.
fn names(changes: &mut Changes<'_>, base: &Side<'_>, now: &Side<'_>) {
    let schemas = Pointer::root().child("components").child("schemas");
    let mut used = BTreeSet::new();
    references(base.value, &mut used);
    for pointer in used.into_iter().filter(|pointer| pointer.parent().as_ref() == Some(&schemas)) {
        let name = pointer.last().unwrap_or_default().to_owned();
        if pointer.find(base.value).is_some() && pointer.find(now.value).is_none() && !changes.renamed.contains(&name) {
            changes.gone(&pointer, Operation, Breaking, format!("{name} is gone, and generated clients name it"));
        }
    }
}

/// All that references name.
fn references(value: &Value, found: &mut BTreeSet<Pointer>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str).and_then(Pointer::from_reference));
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

type Found<'v> = BTreeMap<(String, &'static str), (Side<'v>, Side<'v>)>;

/// The operations by path and method, each with its path item.
fn operations<'v>(root: &Side<'v>) -> Found<'v> {
    let mut found = Found::new();
    for (path, item) in root.get("paths").iter().flat_map(Side::entries) {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                found.insert((path.to_owned(), method), (item.clone(), operation));
            }
        }
    }
    found
}

fn servers(changes: &mut Changes<'_>, base: &Side<'_>, now: &Side<'_>) {
    let urls = |side: &Side<'_>| -> Vec<String> {
        let servers = side.get("servers");
        let urls =
            servers.iter().flat_map(Side::items).filter_map(|it| it.text("url").map(str::to_owned)).collect::<Vec<_>>();
        if urls.is_empty() { vec!["/".to_owned()] } else { urls }
    };
    let (old, new) = (urls(base), urls(now));
    for url in old.iter().filter(|url| !new.contains(url)) {
        changes.gone(&base.pointer.child("servers"), Operation, Breaking, format!("the server {url} is gone"));
    }
    for url in new.iter().filter(|url| !old.contains(url)) {
        changes.add(&now.pointer.child("servers"), Operation, Compatible, format!("the server {url} is new"));
    }
}

/// What a credential is by each name. Which of them an operation takes is the operation's.
fn schemes(changes: &mut Changes<'_>, base: &Side<'_>, now: &Side<'_>) {
    let find = |side: &Side<'_>| side.get("components")?.get("securitySchemes").map(|it| it.pointer.clone());
    let (Some(old), Some(new)) = (find(base), find(now)) else { return };
    let schemes = |side: &Side<'_>, pointer: &Pointer| pointer.find(side.value).and_then(Value::as_object).cloned();
    let (before, after) = (schemes(base, &old).unwrap_or_default(), schemes(now, &new).unwrap_or_default());
    for (name, scheme) in before {
        let Some(other) = after.get(&name) else { continue };
        if meaning(&scheme) != meaning(other) {
            changes.add(&new.child(&name), Request, Breaking, format!("the credential {name} is another"));
        } else if scheme != *other {
            changes.add(
                &new.child(&name),
                Request,
                Documentation,
                format!("the credential {name} is described otherwise"),
            );
        }
    }
}

/// A security scheme without what only describes it. The name of a scheme or of a header has no case.
fn meaning(scheme: &Value) -> Value {
    let in_header = scheme.get("in").is_some_and(|it| it == "header");
    let entry = |(key, value): (&String, &Value)| {
        let value = match (key.as_str(), value) {
            ("description" | "bearerFormat", _) => return None,
            (key, _) if key.starts_with("x-") => return None,
            ("scheme", Value::String(text)) => text.to_lowercase().into(),
            ("name", Value::String(text)) if in_header => text.to_lowercase().into(),
            ("scopes", Value::Object(scopes)) => scopes.keys().map(String::as_str).collect(),
            (_, Value::Object(_)) => meaning(value),
            _ => value.clone(),
        };
        Some((key.clone(), value))
    };
    scheme.as_object().into_iter().flatten().filter_map(entry).collect()
}

type Parts<'s, 'v> = (&'s Side<'v>, &'s Side<'v>, &'s Side<'v>);

fn compare(changes: &mut Changes<'_>, (root, item, old): Parts<'_, '_>, (new_root, new_item, new): Parts<'_, '_>) {
    let pointer = &new.pointer;
    if old.text("operationId") != new.text("operationId") {
        let place = pointer.child("operationId");
        changes.add(&place, Operation, Breaking, "the operation has another id, and clients call it by the old one");
    }
    if !alike(old, new, &DOCUMENTATION) {
        changes.add(pointer, Operation, Documentation, "the operation is described otherwise");
    }
    match (old.flag("deprecated"), new.flag("deprecated")) {
        (false, true) => changes.add(pointer, Operation, Compatible, "the operation is deprecated, and still there"),
        (true, false) => changes.add(pointer, Operation, Compatible, "the operation is deprecated no more"),
        _ => {}
    }
    others(changes, item, new_item, &PATH_ITEM, Operation);
    others(changes, old, new, &OPERATION, Operation);
    security(changes, (root, old), (new_root, new));
    extensions(changes, old, new);
    parameters(changes, (item, old), (new_item, new));
    body(changes, old, new);
    responses(changes, old, new);
}

fn security(changes: &mut Changes<'_>, old: (&Side<'_>, &Side<'_>), new: (&Side<'_>, &Side<'_>)) {
    let (before, after) = (credentials(old), credentials(new));
    let place = new.1.pointer.child("security");
    if before == after {
        return;
    }
    // What did before does still where something asks for no more than that.
    let does = |given: &Credentials<'_>| {
        let enough = |asked: &Credentials<'_>| {
            asked.iter().all(|(scheme, scopes)| given.get(scheme).is_some_and(|given| scopes.is_subset(given)))
        };
        after.iter().any(enough)
    };
    let free = |credentials: &BTreeSet<Credentials<'_>>| credentials.iter().any(BTreeMap::is_empty);
    if free(&after) {
        if !free(&before) {
            changes.add(&place, Request, Compatible, "no credential is needed any more");
        }
    } else if !free(&before) && before.iter().all(does) {
        changes.add(&place, Request, Compatible, "other or fewer credentials will do, too");
    } else {
        changes.add(&place, Request, Breaking, "a credential that did will not do any more");
    }
}

/// What is needed at once: each scheme with its scopes.
type Credentials<'v> = BTreeMap<&'v str, BTreeSet<&'v str>>;

/// The alternatives that an operation has. None at all is one that asks for nothing.
fn credentials<'v>((root, operation): (&Side<'v>, &Side<'v>)) -> BTreeSet<Credentials<'v>> {
    let list = operation.value.get("security").or_else(|| root.value.get("security")).and_then(Value::as_array);
    let scopes = |scopes: &'v Value| scopes.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let needed = |alternative: &'v Value| -> Credentials<'v> {
        let schemes = alternative.as_object().into_iter().flatten();
        schemes.map(|(scheme, it)| (scheme.as_str(), scopes(it))).collect()
    };
    let alternatives: BTreeSet<_> = list.into_iter().flatten().map(needed).collect();
    if alternatives.is_empty() { BTreeSet::from([Credentials::new()]) } else { alternatives }
}

/// Our own extensions, which have a meaning.
fn extensions(changes: &mut Changes<'_>, old: &Side<'_>, new: &Side<'_>) {
    let (before, after) = (old.strings("x-required-scopes"), new.strings("x-required-scopes"));
    let place = new.pointer.child("x-required-scopes");
    for scope in after.difference(&before) {
        changes.add(&place, Request, Breaking, format!("the scope {scope} is needed, too"));
    }
    for scope in before.difference(&after) {
        changes.add(&place, Request, Compatible, format!("the scope {scope} is not needed any more"));
    }
    match (old.text("x-scope-exemption"), new.text("x-scope-exemption")) {
        (before, after) if before == after => {}
        (None, Some(_)) => {
            changes.add(
                &new.pointer.child("x-scope-exemption"),
                Request,
                Compatible,
                "scopes are not always needed any more",
            );
        }
        _ => {
            changes.add(
                &new.pointer.child("x-scope-exemption"),
                Request,
                Breaking,
                "scopes are needed where they were not",
            );
        }
    }
    if old.value.get("x-invalid-status") != new.value.get("x-invalid-status") {
        let place = new.pointer.child("x-invalid-status");
        changes.add(&place, Response, Breaking, "an invalid request is answered with another status");
    }
}

/// The parameters by location and name, the path item's included. Header names have no case.
fn named<'v>(item: &Side<'v>, operation: &Side<'v>) -> BTreeMap<(String, String), Side<'v>> {
    let lists = [item.get("parameters"), operation.get("parameters")];
    let mut found = BTreeMap::new();
    for parameter in lists.iter().flatten().flat_map(Side::items) {
        let text = |key| parameter.text(key).unwrap_or_default().to_owned();
        let (location, name) = (text("in"), text("name"));
        let name = if location == "header" { name.to_lowercase() } else { name };
        found.insert((location, name), parameter);
    }
    found
}

fn parameters(changes: &mut Changes<'_>, (item, old): (&Side<'_>, &Side<'_>), (new_item, new): (&Side<'_>, &Side<'_>)) {
    let mut after = named(new_item, new);
    for ((location, name), parameter) in named(item, old) {
        let Some(now) = after.remove(&(location.clone(), name.clone())) else {
            let reason = format!("the {location} parameter {name} is gone, and clients name it");
            changes.gone(&parameter.pointer, Request, Breaking, reason);
            continue;
        };
        match (parameter.flag("required"), now.flag("required")) {
            (false, true) => changes.add(&now.pointer, Request, Breaking, format!("{name} has to be given")),
            (true, false) => changes.add(&now.pointer, Request, Compatible, format!("{name} can be left out")),
            _ => {}
        }
        for key in ["style", "explode", "allowReserved", "allowEmptyValue"] {
            if parameter.value.get(key) != now.value.get(key) {
                changes.add(&now.pointer.child(key), Request, Breaking, format!("{name} is written in another way"));
            }
        }
        described(changes, &parameter, &now, Request);
        others(changes, &parameter, &now, &PARAMETER, Request);
        schema_of(changes, &parameter, &now, Request);
        content(changes, &parameter, &now, Request);
    }
    for ((location, name), parameter) in after {
        let (verdict, how) =
            if parameter.flag("required") { (Breaking, "has to be given") } else { (Compatible, "can be left out") };
        changes.add(&parameter.pointer, Request, verdict, format!("the {location} parameter {name} is new and {how}"));
    }
}

/// What is compared in a way of its own, by the kind of object that it stands in.
const PATH_ITEM: [&str; 9] = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "parameters"];
const OPERATION: [&str; 6] = ["operationId", "deprecated", "parameters", "requestBody", "responses", "security"];
const PARAMETER: [&str; 9] =
    ["name", "in", "required", "style", "explode", "allowReserved", "allowEmptyValue", "schema", "content"];
const BODY: [&str; 2] = ["required", "content"];
const MEDIA: [&str; 1] = ["schema"];
const RESPONSE: [&str; 3] = ["headers", "content", "links"];
const HEADER: [&str; 3] = ["required", "schema", "content"];

fn schema_of(changes: &mut Changes<'_>, old: &Side<'_>, new: &Side<'_>, direction: Direction) {
    match (old.get("schema"), new.get("schema")) {
        (Some(old), Some(new)) => schemas::compare(changes, &old, &new, direction),
        (None, None) => {}
        (before, _) => schemas::replaced(changes, &new.pointer.child("schema"), before.is_some(), direction),
    }
}

fn body(changes: &mut Changes<'_>, old: &Side<'_>, new: &Side<'_>) {
    match (old.get("requestBody"), new.get("requestBody")) {
        (None, None) => {}
        (None, Some(body)) if body.flag("required") => {
            changes.add(&body.pointer, Request, Breaking, "a body has to be sent");
        }
        (None, Some(body)) => changes.add(&body.pointer, Request, Compatible, "a body can be sent"),
        (Some(body), None) => {
            changes.gone(&body.pointer, Request, Breaking, "there is no body any more, and clients send one");
        }
        (Some(old), Some(new)) => {
            match (old.flag("required"), new.flag("required")) {
                (false, true) => changes.add(&new.pointer, Request, Breaking, "the body has to be sent"),
                (true, false) => changes.add(&new.pointer, Request, Compatible, "the body can be left out"),
                _ => {}
            }
            let bytes = |side: &Side<'_>| side.value.get("x-max-bytes").and_then(Value::as_u64).unwrap_or(u64::MAX);
            let place = new.pointer.child("x-max-bytes");
            match bytes(&new).cmp(&bytes(&old)) {
                std::cmp::Ordering::Less => changes.add(&place, Request, Breaking, "less is read of the body"),
                std::cmp::Ordering::Greater => changes.add(&place, Request, Compatible, "more is read of the body"),
                std::cmp::Ordering::Equal => {}
            }
            described(changes, &old, &new, Request);
            others(changes, &old, &new, &BODY, Request);
            content(changes, &old, &new, Request);
        }
    }
}

fn content(changes: &mut Changes<'_>, old: &Side<'_>, new: &Side<'_>, direction: Direction) {
    // A media type has no case.
    let (before, mut after) = (by_name(old.get("content").as_ref()), by_name(new.get("content").as_ref()));
    for (key, (name, media)) in before {
        match after.remove(&key) {
            Some((_, now)) => {
                described(changes, &media, &now, direction);
                others(changes, &media, &now, &MEDIA, direction);
                schema_of(changes, &media, &now, direction);
            }
            None => changes.gone(&media.pointer, direction, Breaking, format!("{name} is gone, and clients know it")),
        }
    }
    for (name, media) in after.into_values() {
        // What is answered is the server's choice.
        let verdict = if direction == Request { Compatible } else { Breaking };
        changes.add(&media.pointer, direction, verdict, format!("{name} is new"));
    }
}

/// Whether clients take the status for a success.
fn is_success(status: &str) -> bool {
    status.starts_with(['2', '3'])
}

fn responses(changes: &mut Changes<'_>, old: &Side<'_>, new: &Side<'_>) {
    let (before, after) = (old.get("responses"), new.get("responses"));
    let find = |side: &Option<Side<'_>>, status: &str| side.as_ref().is_some_and(|it| it.value.get(status).is_some());
    let statuses = |side| Option::iter(side).flat_map(Side::entries).filter(|(status, _)| !status.starts_with("x-"));
    for (status, response) in statuses(&before) {
        let Some(now) = after.as_ref().and_then(|after| after.get(status)) else {
            let (verdict, why) = if is_success(status) {
                (Breaking, "clients wait for it")
            } else {
                (Compatible, "clients that handle it wait for nothing")
            };
            changes.gone(&response.pointer, Response, verdict, format!("the status {status} is gone; {why}"));
            continue;
        };
        described(changes, &response, &now, Response);
        others(changes, &response, &now, &RESPONSE, Response);
        headers(changes, &response, &now);
        content(changes, &response, &now, Response);
        if response.value.get("links") != now.value.get("links") {
            changes.add(&now.pointer.child("links"), Response, Documentation, "the links are others");
        }
    }
    for (status, response) in statuses(&after) {
        if !find(&before, status) {
            let verdict = if is_success(status) { Breaking } else { Compatible };
            let reason = format!("the status {status} is new, and clients may not know it");
            changes.add(&response.pointer, Response, verdict, reason);
            // To clients it is what they were told of its class, or of all others.
            let class = format!("{}XX", status.get(..1).unwrap_or_default());
            let known = before.as_ref().and_then(|it| it.get(&class).or_else(|| it.get("default")));
            if let Some(known) = known.filter(|_| status.len() == 3) {
                content(changes, &known, &response, Response);
            }
        }
    }
}

fn headers(changes: &mut Changes<'_>, old: &Side<'_>, new: &Side<'_>) {
    let (before, after) = (old.get("headers"), new.get("headers"));
    let mut left = by_name(after.as_ref());
    for (key, (name, header)) in by_name(before.as_ref()) {
        let Some((_, now)) = left.remove(&key) else {
            if header.flag("required") {
                changes.gone(&header.pointer, Response, Breaking, format!("the header {name} is gone"));
            } else {
                let reason = format!("the header {name} is gone, which could be absent before");
                changes.gone(&header.pointer, Response, Compatible, reason);
            }
            continue;
        };
        match (header.flag("required"), now.flag("required")) {
            (true, false) => changes.add(&now.pointer, Response, Breaking, format!("the header {name} may be absent")),
            (false, true) => {
                changes.add(&now.pointer, Response, Compatible, format!("the header {name} is always there"));
            }
            _ => {}
        }
        described(changes, &header, &now, Response);
        others(changes, &header, &now, &HEADER, Response);
        schema_of(changes, &header, &now, Response);
        content(changes, &header, &now, Response);
    }
    for (name, header) in left.into_values() {
        changes.add(&header.pointer, Response, Compatible, format!("the header {name} is new"));
    }
}

/// Headers or media types by their names, which have no case.
fn by_name<'v>(named: Option<&Side<'v>>) -> BTreeMap<String, (String, Side<'v>)> {
    let entries = named.into_iter().flat_map(Side::entries);
    entries.map(|(name, header)| (name.to_lowercase(), (name.to_owned(), header))).collect()
}
