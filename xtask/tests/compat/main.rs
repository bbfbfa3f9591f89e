//! `cargo xtask compat`: single changes of the contract, each with what it has to be called.

use std::process::Command;

use dropstub_checks::compat::{Change, Direction, Verdict, compat};
use dropstub_document::Pointer;
use serde_json::{Value, json};
use xtask::project;

use Direction::{Operation, Request, Response};
use Verdict::{Breaking, Compatible, Documentation};

const TOKENS: &str = "/paths/~1api~1v1~1organizations~1{orgID}~1api-tokens";
const NEW: &str = "/components/schemas/NewApiToken";
const TOKEN: &str = "/components/schemas/ApiToken";

fn contract() -> Value {
    project::contract().expect("the contract can be read").value
}

/// Writes the value where the pointer says; `null` takes away what is there.
fn set(document: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let key = key.replace("~1", "/").replace("~0", "~");
    match document.pointer_mut(parent).unwrap_or_else(|| panic!("{parent} is not there")) {
        Value::Object(map) if value.is_null() => drop(map.shift_remove(&key).expect("something is there")),
        Value::Object(map) => drop(map.insert(key, value)),
        Value::Array(list) if value.is_null() => drop(list.remove(key.parse().expect("an index"))),
        Value::Array(list) if key.parse() == Ok(list.len()) => list.push(value),
        Value::Array(list) => list[key.parse::<usize>().expect("an index")] = value,
        other => panic!("{other} has no {key}"),
    }
}

/// What a change is called: by verdict and direction, each once.
fn called(changes: &[Change]) -> Vec<(Verdict, Direction)> {
    let mut called: Vec<_> = changes.iter().map(|change| (change.verdict, change.direction)).collect();
    called.sort_unstable();
    called.dedup();
    called
}

/// Where something is put, and what that has to be called.
type Row = (String, Value, Vec<(Verdict, Direction)>);

#[rustfmt::skip]
#[allow(clippy::too_many_lines, reason = "a table")]
fn rows() -> Vec<Row> {
    let row = |pointer: &str, value, verdicts: &[(Verdict, Direction)]| {
        let pointer = pointer.replace("{TOKENS}", TOKENS).replace("{NEW}", NEW).replace("{TOKEN}", TOKEN);
        (pointer, value, verdicts.to_vec())
    };
    let string = || json!({"type": "string"});
    vec![
        row("/info/version", json!("2.0.0"), &[(Documentation, Operation)]),
        row("/servers/0/url", json!("https://example.com"), &[(Breaking, Operation), (Compatible, Operation)]),
        row("/servers/1", json!({"url": "/"}), &[(Compatible, Operation)]),
        row("/components/securitySchemes/bearerAuth/scheme", json!("basic"), &[(Breaking, Request)]),
        row("/components/securitySchemes/bearerAuth/description", json!("x"), &[(Documentation, Request)]),
        // Operations.
        row("{TOKENS}/get", Value::Null, &[(Breaking, Operation)]),
        row("{TOKENS}/patch", json!({"operationId": "x", "responses": {}}), &[(Compatible, Operation)]),
        row("{TOKENS}/get/operationId", json!("tokens"), &[(Breaking, Operation)]),
        row("{TOKENS}/get/description", json!("x"), &[(Documentation, Operation)]),
        row("{TOKENS}/get/deprecated", json!(true), &[(Compatible, Operation)]),
        row("{TOKENS}/get/security", json!([]), &[(Compatible, Request)]),
        row("{TOKENS}/get/security", json!([{"other": []}]), &[(Breaking, Request)]),
        row("{TOKENS}/get/security", json!([{"bearerAuth": []}, {"other": []}]), &[(Compatible, Request)]),
        row("{TOKENS}/get/x-required-scopes/1", json!("more"), &[(Breaking, Request)]),
        row("{TOKENS}/get/x-required-scopes/0", Value::Null, &[(Compatible, Request)]),
        row("{TOKENS}/get/x-scope-exemption", json!("some"), &[(Compatible, Request)]),
        row("{TOKENS}~1{tokenID}~1rotate/post/x-scope-exemption", Value::Null, &[(Breaking, Request)]),
        row("/paths/~1api~1v1~1authorize/get/x-invalid-status", json!(422), &[(Breaking, Response)]),
        // Parameters.
        row("{TOKENS}/get/parameters/0", Value::Null, &[(Breaking, Request)]),
        row("{TOKENS}/get/parameters/4", json!({"name": "new", "in": "query", "schema": string()}), &[(Compatible, Request)]),
        row("{TOKENS}/get/parameters/4", json!({"name": "new", "in": "query", "required": true, "schema": string()}), &[(Breaking, Request)]),
        row("{TOKENS}/get/parameters/0/required", json!(true), &[(Breaking, Request)]),
        row("{TOKENS}/get/parameters/0/style", json!("pipeDelimited"), &[(Breaking, Request)]),
        row("{TOKENS}/get/parameters/1/schema/maximum", json!(99), &[(Breaking, Request)]),
        row("{TOKENS}/get/parameters/1/schema/maximum", json!(101), &[(Compatible, Request)]),
        row("{TOKENS}/get/parameters/1/schema/minimum", json!(2), &[(Breaking, Request)]),
        row("{TOKENS}/get/parameters/1/schema/minimum", Value::Null, &[(Compatible, Request)]),
        row("{TOKENS}/get/parameters/1/schema/default", json!(20), &[(Breaking, Request)]),
        row("{TOKENS}/get/parameters/1/example", json!(21), &[(Documentation, Request)]),
        row("/components/schemas/ApiTokenState/enum/3", json!("frozen"), &[(Compatible, Request)]),
        row("/components/schemas/ApiTokenState/enum/0", Value::Null, &[(Breaking, Request)]),
        // Bodies.
        row("{TOKENS}/post/requestBody", Value::Null, &[(Breaking, Request)]),
        row("{TOKENS}/get/requestBody", json!({"required": true, "content": {}}), &[(Breaking, Request)]),
        row("{TOKENS}/get/requestBody", json!({"content": {}}), &[(Compatible, Request)]),
        row("{TOKENS}/post/requestBody/required", json!(false), &[(Compatible, Request)]),
        row("{TOKENS}/post/requestBody/x-max-bytes", json!(65_535), &[(Breaking, Request)]),
        row("{TOKENS}/post/requestBody/x-max-bytes", json!(65_537), &[(Compatible, Request)]),
        row("{TOKENS}/post/requestBody/content/text~1plain", json!({"schema": string()}), &[(Compatible, Request)]),
        row("{TOKENS}/post/requestBody/content/application~1json", Value::Null, &[(Breaking, Request)]),
        row("{NEW}/required/1", json!("scopes"), &[(Breaking, Request)]),
        row("{NEW}/required/0", Value::Null, &[(Compatible, Request)]),
        row("{NEW}/properties/new", string(), &[(Compatible, Request)]),
        row("{NEW}/properties/scopes", Value::Null, &[(Breaking, Request)]),
        row("{NEW}/properties/name/type", json!("integer"), &[(Breaking, Request)]),
        row("{NEW}/properties/name/maxLength", json!(99), &[(Breaking, Request)]),
        row("{NEW}/properties/name/maxLength", json!(101), &[(Compatible, Request)]),
        row("{NEW}/properties/name/pattern", Value::Null, &[(Compatible, Request)]),
        row("{NEW}/properties/name/pattern", json!("^a$"), &[(Breaking, Request)]),
        row("{NEW}/properties/name/nullable", json!(true), &[(Compatible, Request)]),
        row("{NEW}/properties/expires_at/nullable", Value::Null, &[(Breaking, Request)]),
        row("{NEW}/properties/expires_at/format", json!("date-time"), &[(Breaking, Request)]),
        row("{NEW}/properties/expires_at/x-check", Value::Null, &[(Compatible, Request)]),
        row("{NEW}/properties/scopes/uniqueItems", Value::Null, &[(Compatible, Request)]),
        row("{NEW}/properties/scopes/items/minLength", json!(2), &[(Breaking, Request)]),
        row("{NEW}/additionalProperties", Value::Null, &[(Compatible, Request)]),
        row("{NEW}/properties/name/description", json!("x"), &[(Documentation, Request)]),
        row("/components/schemas/IntrospectionForm/additionalProperties", json!(false), &[(Breaking, Request)]),
        row("{NEW}/properties/name/deprecated", json!(true), &[(Documentation, Request)]),
        row("{NEW}/properties/name/writeOnly", json!(true), &[(Breaking, Request)]),
        row("{TOKEN}/properties/name/xml", json!({"name": "n"}), &[(Breaking, Response)]),
        // Answers.
        row("{TOKENS}/get/responses/200", Value::Null, &[(Breaking, Response)]),
        row("{TOKENS}/get/responses/404", Value::Null, &[(Compatible, Response)]),
        row("{TOKENS}/get/responses/418", json!({"description": "x"}), &[(Compatible, Response)]),
        row("{TOKENS}/get/responses/202", json!({"description": "x"}), &[(Breaking, Response)]),
        row("{TOKENS}/get/responses/200/headers/X-New", json!({"schema": string()}), &[(Compatible, Response)]),
        row("{TOKENS}/get/responses/200/headers/RateLimit", Value::Null, &[(Compatible, Response)]),
        row("{TOKENS}/get/responses/200/headers/X-Request-Id", Value::Null, &[(Breaking, Response)]),
        row("/components/headers/RequestId/required", json!(false), &[(Breaking, Response)]),
        row("/components/headers/RateLimit/required", json!(true), &[(Compatible, Response)]),
        row("{TOKENS}/post/responses/201/links", Value::Null, &[(Documentation, Response)]),
        row("{TOKENS}/get/responses/200/content/text~1plain", json!({"schema": string()}), &[(Breaking, Response)]),
        row("{TOKEN}/properties/new", string(), &[(Compatible, Response)]),
        row("{TOKEN}/properties/prefix", Value::Null, &[(Breaking, Response)]),
        row("{TOKEN}/required/0", Value::Null, &[(Breaking, Response)]),
        row("{TOKEN}/required/6", json!("revoked_at"), &[(Compatible, Response)]),
        row("{TOKEN}/properties/name/nullable", json!(true), &[(Breaking, Response)]),
        row("{TOKEN}/properties/revoked_at/nullable", Value::Null, &[(Compatible, Response)]),
        row("{TOKEN}/properties/name/maxLength", json!(100), &[(Compatible, Response)]),
        row("{TOKEN}/properties/id/format", Value::Null, &[(Breaking, Response)]),
        row("{TOKEN}/properties/id/format", json!("date"), &[(Breaking, Response)]),
        row("{TOKEN}/properties/scopes/items/type", json!("integer"), &[(Breaking, Response)]),
        row("{TOKEN}/additionalProperties", json!(false), &[(Compatible, Response)]),
        row("/components/schemas/TokenSecret/pattern", Value::Null, &[(Breaking, Response)]),
        row("/components/schemas/TokenSecret/x-secret", Value::Null, &[(Breaking, Response)]),
        row("/components/responses/Unauthorized/headers/WWW-Authenticate/schema/enum/2", json!("Basic"), &[(Compatible, Response)]),
        row("/components/responses/Unauthorized/headers/WWW-Authenticate/schema/enum/0", Value::Null, &[(Compatible, Response)]),
    ]
}

#[test]
fn nothing_changed_is_nothing_found() {
    assert_eq!(compat(&contract(), &contract()), []);
}

/// What Aether's contract has not: alternatives, and what is said around a reference.
#[test]
fn alternatives_are_looked_into() {
    let zoo = || {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("codegen/tests/fixtures/all_features.yaml");
        dropstub_document::Document::read(&path).unwrap().value
    };
    let schemas = "/components/schemas";
    let golem =
        json!({"type": "object", "required": ["type"], "properties": {"type": {"type": "string", "enum": ["golem"]}}});
    for (place, value, expected) in [
        ("Kind/oneOf/4", golem, vec![(Compatible, Request), (Compatible, Response)]),
        ("Kind/oneOf/2", Value::Null, vec![(Breaking, Request), (Compatible, Response)]),
        ("Kind/oneOf/0/properties/depth/maximum", json!(1), vec![(Breaking, Request), (Compatible, Response)]),
        ("Diet/anyOf/2", Value::Null, vec![(Breaking, Request), (Compatible, Response)]),
        ("Diet/anyOf/2/maxLength", json!(9), vec![(Breaking, Response), (Compatible, Request)]),
        ("Color/oneOf/0/enum/2", json!("pink"), vec![(Compatible, Request), (Compatible, Response)]),
        ("NameOrId/oneOf/1/allOf/0", json!({"type": "string"}), vec![(Compatible, Request)]),
        // Around a reference, and in what it leads to.
        ("Animal/properties/mate/nullable", Value::Null, vec![(Breaking, Request), (Compatible, Response)]),
        ("Animal/properties/tame", json!({"allOf": [{"$ref": "#/components/schemas/Option"}]}), vec![]),
        (
            "Animal/properties/words/$ref",
            json!("#/components/schemas/MaybeThing"),
            vec![(Breaking, Request), (Breaking, Response)],
        ),
    ] {
        let mut changed = zoo();
        set(&mut changed, &format!("{schemas}/{place}"), value);
        let found: Vec<_> =
            called(&compat(&zoo(), &changed)).into_iter().filter(|(verdict, _)| *verdict != Documentation).collect();
        let mut expected = expected;
        expected.sort_unstable();
        assert_eq!(found, expected, "{place}: {:?}", compat(&zoo(), &changed));
    }
}

#[test]
fn each_change_is_called_what_it_is() {
    let contract = contract();
    let mut wrong = Vec::new();
    for (pointer, value, expected) in rows() {
        let mut changed = contract.clone();
        set(&mut changed, &pointer, value.clone());
        let changes = compat(&contract, &changed);
        if called(&changes) != expected {
            wrong.push(format!("{pointer} = {value}\n  expected {expected:?}\n  found    {changes:?}"));
        }
        // Whatever breaks on the way there does not break twice: the way back of what widened narrows, and so on.
        assert!(!compat(&changed, &contract).is_empty(), "{pointer} = {value}: the way back is nothing");
        for change in &changes {
            let place = [&changed, &contract].into_iter().any(|document| change.pointer.find(document).is_some());
            let parent = change.pointer.parent().is_some_and(|parent| parent.find(&changed).is_some());
            assert!(place || parent, "{} is nowhere", change.pointer);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A new value in an answer is no break, and said to be one that clients may not know.
#[test]
fn a_new_value_in_an_answer_is_pointed_out() {
    let contract = contract();
    let mut changed = contract.clone();
    let place = "/components/responses/Unauthorized/headers/WWW-Authenticate/schema/enum/2";
    set(&mut changed, place, json!("Basic"));
    let changes = compat(&contract, &changed);
    assert!(changes.iter().any(|change| change.reason.contains("clients may not know")), "{changes:?}");
}

/// A type that generated clients know by its name is another when it is called otherwise.
#[test]
fn a_component_under_another_name_is_a_break() {
    let contract = contract();
    let mut changed = contract.clone();
    let state = changed["components"]["schemas"]["ApiTokenState"].clone();
    set(&mut changed, "/components/schemas/State", state);
    set(&mut changed, &format!("{TOKENS}/get/parameters/2/schema/$ref"), json!("#/components/schemas/State"));
    assert_eq!(called(&compat(&contract, &changed)), [(Breaking, Request)]);
}

/// Every single thing that is taken out of what is in use is a change, whatever it is.
#[test]
fn no_deletion_goes_unnoticed() {
    let contract = contract();
    let mut places = Vec::new();
    collect(&contract, &Pointer::root(), &mut places);
    let mut missed = Vec::new();
    for place in &places {
        let value = place.find(&contract).expect("it is there");
        // What says what holds anyway, or is in no request and no answer.
        let tokens = place.tokens();
        let default =
            value == &json!(false) && place.last() != Some("additionalProperties") && place.last() != Some("default");
        let idle = place.last() == Some("openapi")
            || value == &json!([])
            || tokens == ["components", "securitySchemes", "bearerAuth"]
            || tokens == ["components", "securitySchemes"];
        let container = tokens.len() <= 2 && tokens.first() == Some(&"components");
        let gate = place.last() == Some("x-gate");
        if default || idle || container || gate {
            continue;
        }
        let mut changed = contract.clone();
        delete(&mut changed, place);
        if compat(&contract, &changed).is_empty() {
            missed.push(place.to_string());
        }
    }
    assert!(places.len() > 1000 && missed.is_empty(), "{} of {}:\n{}", missed.len(), places.len(), missed.join("\n"));
}

fn collect(value: &Value, pointer: &Pointer, places: &mut Vec<Pointer>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(values) => values.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (key, value) in children {
        let child = pointer.child(&key);
        collect(value, &child, places);
        places.push(child);
    }
}

fn delete(document: &mut Value, place: &Pointer) {
    let text = place.to_string();
    set(document, text.trim_start_matches('#'), Value::Null);
}

#[test]
fn the_command_says_how_it_ended() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask")).arg("compat").args(arguments).output().expect("it runs");
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), out, String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let mut changed = contract();
    set(&mut changed, "/paths/~1api~1v1~1authorize/get/operationId", json!("other"));
    std::fs::write(path("changed.json"), changed.to_string()).unwrap();
    std::fs::write(path("junk.yaml"), "a: [").unwrap();
    let contract = project::root().join(project::CONTRACT).display().to_string();
    let (code, out, _) = run(&["--base", &contract]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("0 breaking, 0 compatible, 0 of documentation"), "{out}");
    let (code, out, _) = run(&["--base", &contract, "--spec", &path("changed.json")]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("breaking (operation): the operation has another id"), "{out}");
    assert!(out.contains("at #/paths/~1api~1v1~1authorize/get/operationId"), "{out}");
    let (code, out, _) = run(&["--base", &contract, "--spec", &path("changed.json"), "--format", "json"]);
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &told["changes"][0]["verdict"]), (Some(1), &json!("breaking")));
    for base in [path("junk.yaml"), "no-such-revision".to_owned()] {
        let (code, out, error) = run(&["--base", &base]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{error}");
        assert!(!error.is_empty());
    }
}

/// A document with one operation that takes and answers `schema`, and the components `A` and `B`.
fn echo(schema: &Value) -> Value {
    let a = json!({"type": "object", "properties": {"p": {"type": "string"}, "r": {"type": "string"}}});
    let content = json!({"application/json": {"schema": schema}});
    json!({
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1.0.0"},
        "paths": {"/a": {"put": {
            "operationId": "put",
            "requestBody": {"content": content},
            "responses": {"200": {"description": "It.", "content": content}},
        }}},
        "components": {"schemas": {"A": a, "B": {"type": "object", "properties": {"q": {"type": "string"}}}}},
    })
}

/// What a change of a schema is called for a request and for an answer.
fn of_schema(before: &Value, after: &Value) -> (Option<Verdict>, Option<Verdict>) {
    let changes = compat(&echo(before), &echo(after));
    let worst = |direction| changes.iter().filter(|it| it.direction == direction).map(|it| it.verdict).min();
    (worst(Request), worst(Response))
}

#[test]
fn what_stands_beside_a_wrapper_is_seen() {
    let a = || json!({"$ref": "#/components/schemas/A"});
    let narrower = (Some(Breaking), Some(Compatible));
    for (before, after, expected) in [
        (json!({"allOf": [a()]}), json!({"allOf": [a()], "required": ["p"]}), narrower),
        (json!({"allOf": [a()]}), json!({"allOf": [a()], "maxProperties": 1}), narrower),
        (json!({"allOf": [a(), {"required": ["p"]}]}), json!({"allOf": [a(), {"required": ["p", "r"]}]}), narrower),
        (
            json!({"allOf": [a()], "default": {}}),
            json!({"allOf": [a()], "default": {"p": "x"}}),
            (Some(Breaking), Some(Breaking)),
        ),
        (
            json!({"allOf": [a()]}),
            json!({"allOf": [a()], "deprecated": true}),
            (Some(Documentation), Some(Documentation)),
        ),
        (json!({"allOf": [a()]}), json!({"allOf": [a()], "type": "object"}), (None, None)),
        (json!({"allOf": [a()]}), a(), (None, None)),
    ] {
        assert_eq!(of_schema(&before, &after), expected, "{before} to {after}");
    }
}

#[test]
fn what_holds_anyway_may_be_said() {
    for (before, after) in [
        (json!({"type": "string"}), json!({"type": "string", "minLength": 0, "nullable": false, "readOnly": false})),
        (
            json!({"type": "array", "items": {}}),
            json!({"type": "array", "items": {}, "minItems": 0, "uniqueItems": false}),
        ),
        (json!({"type": "object"}), json!({"type": "object", "additionalProperties": {}, "minProperties": 0})),
        (json!({"type": "object", "additionalProperties": true}), json!({"type": "object"})),
        (
            json!({"type": "integer", "maximum": 7}),
            json!({"type": "integer", "maximum": 7.0, "exclusiveMaximum": false}),
        ),
        (json!({"type": "integer", "enum": [1, 2]}), json!({"type": "integer", "enum": [2.0, 1.0]})),
    ] {
        assert_eq!(compat(&echo(&before), &echo(&after)), [], "{before} to {after}");
        assert_eq!(compat(&echo(&after), &echo(&before)), [], "{after} to {before}");
    }
}

#[test]
fn fields_are_new_to_those_who_were_told_of_all() {
    let object = |additional: Value, name: &str| json!({"type": "object", "additionalProperties": additional, "properties": {name: {"type": "string"}}});
    let with = |additional: Value| {
        let mut more = object(additional.clone(), "a");
        more["properties"]["b"] = json!({"type": "integer"});
        of_schema(&object(additional, "a"), &more)
    };
    assert_eq!(with(json!(true)), (Some(Compatible), Some(Compatible)));
    assert_eq!(with(json!(false)), (Some(Compatible), Some(Breaking)));
    assert_eq!(with(json!({"type": "integer"})), (Some(Compatible), Some(Compatible)));
    assert_eq!(with(json!({"type": "string"})), (Some(Breaking), Some(Breaking)));
}

#[test]
fn alternatives_may_stand_in_another_order() {
    let (a, b) = (json!({"$ref": "#/components/schemas/A"}), json!({"$ref": "#/components/schemas/B"}));
    let inline = |name: &str| json!({"type": "object", "properties": {name: {"type": "string"}}});
    for (one, other) in
        [(a.clone(), b.clone()), (inline("x"), inline("y")), (json!({"allOf": [a]}), json!({"allOf": [b]}))]
    {
        let union = |list: &[&Value]| json!({"oneOf": list});
        assert_eq!(of_schema(&union(&[&one, &other]), &union(&[&other, &one])), (None, None), "{one}, {other}");
        assert_eq!(
            of_schema(&union(&[&one]), &union(&[&other, &one])),
            (Some(Compatible), Some(Compatible)),
            "{one}, {other}"
        );
        assert_eq!(
            of_schema(&union(&[&one, &other]), &union(&[&other])),
            (Some(Breaking), Some(Compatible)),
            "{one}, {other}"
        );
    }
}

#[test]
fn the_rest_that_a_reviewer_tried() {
    let base = || echo(&json!({"type": "integer", "minimum": 9_007_199_254_740_992_i64}));
    let operation = "/paths/~1a/put";
    let with = |edits: &[(&str, Value)]| {
        let mut document = base();
        edits.iter().for_each(|(place, value)| set(&mut document, &place.replace("{}", operation), value.clone()));
        document
    };
    let basic = json!({"type": "http", "scheme": "basic"});
    let key = |name: &str| json!({"type": "apiKey", "in": "query", "name": name});
    let schemes = |a: Value| json!({"a": a, "b": {"type": "http", "scheme": "bearer"}});
    let media = |schema: &str| json!([{"name": "p", "in": "query", "content": {"application/json": {"schema": {"type": schema}}}}]);
    let redirect = |status: &str| json!({status: {"description": "There."}});
    let schema = "{}/requestBody/content/application~1json/schema/minimum";
    for (before, after, expected) in [
        (vec![], vec![(schema, json!(9_007_199_254_740_993_i64))], Some(Breaking)),
        (vec![("{}/parameters", media("string"))], vec![("{}/parameters", media("integer"))], Some(Breaking)),
        (vec![], vec![("{}/requestBody/content/application~1json/encoding", json!({"a": {}}))], Some(Breaking)),
        (vec![], vec![("{}/callbacks", json!({"a": {"b": {}}}))], Some(Breaking)),
        (vec![], vec![("/paths/~1a/servers", json!([{"url": "/x"}]))], Some(Breaking)),
        (vec![("{}/responses", redirect("302"))], vec![("{}/responses", redirect("303"))], Some(Breaking)),
        (
            vec![("/components/securitySchemes", schemes(key("k")))],
            vec![("/components/securitySchemes", schemes(key("K")))],
            Some(Breaking),
        ),
        (
            vec![
                ("/components/securitySchemes", schemes(basic.clone())),
                ("/security", json!([{"a": [], "b": ["x", "y"]}])),
            ],
            vec![("/components/securitySchemes", schemes(basic)), ("/security", json!([{"b": ["y", "x"], "a": []}]))],
            None,
        ),
        (vec![("/security", json!([{"a": ["x", "y"]}]))], vec![("/security", json!([{"a": ["x"]}]))], Some(Compatible)),
        (vec![("/security", json!([{"a": ["x"]}]))], vec![("/security", json!([{"a": ["x", "y"]}]))], Some(Breaking)),
    ] {
        let (before, after) = (with(&before), with(&after));
        let worst = compat(&before, &after).iter().map(|change| change.verdict).min();
        assert_eq!(worst, expected, "{before}\nto\n{after}");
    }
    // A component that is used and whose name is gone, be what it was in its place.
    let reference = json!({"$ref": "#/components/schemas/A"});
    let (before, mut after) = (echo(&reference), echo(&json!(null)));
    let a = before["components"]["schemas"]["A"].clone();
    for place in ["requestBody", "responses/200"] {
        set(&mut after, &format!("{operation}/{place}/content/application~1json/schema"), a.clone());
    }
    set(&mut after, "/components/schemas/A", Value::Null);
    let changes = compat(&before, &after);
    assert_eq!(called(&changes), [(Breaking, Operation)], "{changes:?}");
    assert!(changes[0].gone, "{changes:?}");
}
