//! The manifest of the compiled stub, compared with the document by an independent oracle: the document that dropshot emits, and the tables.

use std::collections::BTreeMap;

use dropstub_document::Document;
use serde_json::{Map, Value, json};

use crate::fixture;
use crate::golden::{auth_only, bookshelf, public_only};

/// The component schemas, all of which are in use.
const IN_USE: [&str; 10] =
    ["Book", "Everything", "Genre", "Loan", "Isbn", "NewBook", "Pin", "Problem", "Rating", "Stock"];

fn document() -> Value {
    Document::read(&fixture("bookshelf.yaml")).unwrap().value
}

/// Normalizes schemas, so that equal semantics are equal values.
struct Normalizer<'m> {
    /// The targets of references. A target that is not a component of the document is inlined.
    schemas: &'m Value,
    /// Whether `x-dropstub-check` is compared.
    checks: bool,
}

impl Normalizer<'_> {
    fn of(&self, schema: &Value) -> Value {
        let Value::Object(map) = schema else { return schema.clone() };
        let mut normalized = Map::new();
        for (key, value) in map {
            let value = match key.as_str() {
                "description" | "title" | "example" | "default" => continue,
                "x-dropstub-check" if self.checks => value.clone(),
                _ if key.starts_with("x-") => continue,
                "$ref" => match value.as_str().unwrap().rsplit('/').next().unwrap() {
                    name if IN_USE.contains(&name) => value.clone(),
                    name => {
                        normalized.extend(self.object(&self.schemas[name]));
                        continue;
                    }
                },
                "allOf" if value.as_array().is_some_and(|all| all.len() == 1) => {
                    normalized.extend(self.object(&value[0]));
                    continue;
                }
                // An unsigned Rust type implies the bound 0.
                "minimum"
                    if *value == json!(0) && schema["format"].as_str().is_some_and(|it| it.starts_with("uint")) =>
                {
                    continue;
                }
                "minimum" | "maximum" => json!(value.as_f64()),
                "required" | "enum" => sorted(value),
                "uniqueItems" | "nullable" if *value == json!(false) => continue,
                "additionalProperties" if *value == json!(true) || *value == json!({}) => continue,
                "items" | "additionalProperties" => self.of(value),
                "properties" => {
                    value.as_object().unwrap().iter().map(|(name, it)| (name.clone(), self.of(it))).collect()
                }
                _ => value.clone(),
            };
            normalized.insert(key.clone(), value);
        }
        normalized.into()
    }

    fn object(&self, schema: &Value) -> Map<String, Value> {
        self.of(schema).as_object().cloned().unwrap_or_default()
    }
}

fn sorted(values: &Value) -> Value {
    let mut values = values.as_array().unwrap().clone();
    values.sort_by_key(Value::to_string);
    values.into()
}

/// All operations with their ids.
fn operations(document: &Value) -> Vec<(&str, &Value, &Value)> {
    let items = document["paths"].as_object().unwrap().values();
    let methods = items.flat_map(|item| ["get", "put", "post", "delete"].map(|method| (item, &item[method])));
    let found = methods.filter(|(_, operation)| operation.is_object());
    found.map(|(item, operation)| (operation["operationId"].as_str().unwrap(), item, operation)).collect()
}

/// The parameters by location and name.
fn parameters(normalizer: &Normalizer<'_>, lists: [&Value; 2]) -> BTreeMap<String, Value> {
    let all = lists.into_iter().filter_map(Value::as_array).flatten();
    all.map(|it| {
        let key = format!("{} {}", it["in"].as_str().unwrap(), it["name"].as_str().unwrap());
        (key, json!({"required": it["required"] == json!(true), "schema": normalizer.of(&it["schema"])}))
    })
    .collect()
}

#[test]
fn dropshot_emits_the_schemas_of_the_document() {
    let (written, emitted) = (document(), bookshelf::manifest()["document"].take());
    let (written, emitted) = (&written["components"]["schemas"], &emitted["components"]["schemas"]);
    for name in IN_USE {
        let expected = Normalizer { schemas: written, checks: false }.of(&written[name]);
        assert_eq!(Normalizer { schemas: emitted, checks: false }.of(&emitted[name]), expected, "{name}");
    }
    assert_eq!(written.as_object().unwrap().len(), IN_USE.len(), "each component has a use");
}

#[test]
fn dropshot_emits_the_operations_of_the_document() {
    let (written, emitted) = (document(), bookshelf::manifest()["document"].take());
    let documented = Normalizer { schemas: &written["components"]["schemas"], checks: false };
    let emitted_schemas = Normalizer { schemas: &emitted["components"]["schemas"], checks: false };
    let found: BTreeMap<_, _> = operations(&emitted).into_iter().map(|(id, _, operation)| (id, operation)).collect();
    assert_eq!(found.len(), operations(&written).len());
    for (id, item, operation) in operations(&written) {
        let found = found[id];
        assert_eq!(
            parameters(&emitted_schemas, [&Value::Null, &found["parameters"]]),
            parameters(&documented, [&item["parameters"], &operation["parameters"]]),
            "{id}"
        );
        let schema = |normalizer: &Normalizer<'_>, value: &Value| {
            let (media_type, media) = value.get("content")?.as_object()?.iter().next()?;
            Some((media_type.clone(), normalizer.of(&media["schema"])))
        };
        assert_eq!(
            schema(&emitted_schemas, &found["requestBody"]),
            schema(&documented, &operation["requestBody"]),
            "{id}: the body"
        );
        let (status, success) = &operation["responses"].as_object().unwrap().iter().next().unwrap();
        assert_eq!(
            schema(&emitted_schemas, &found["responses"][*status]),
            schema(&documented, success),
            "{id}: the success"
        );
        assert_eq!(found["responses"][*status]["description"], success["description"], "{id}");
        for key in ["tags", "deprecated", "summary"] {
            assert_eq!(found.get(key), operation.get(key), "{id}: {key}");
        }
    }
}

#[test]
fn tables_enforce_the_document() {
    let (written, manifest) = (document(), bookshelf::manifest());
    let stub = &manifest["stub"];
    let written_schemas = &written["components"]["schemas"];
    let enforced = stub["schemas"].as_object().unwrap();
    assert_eq!(enforced.len(), IN_USE.len() - 2, "Book and Problem are only sent");
    for (name, schema) in enforced {
        let expected = Normalizer { schemas: written_schemas, checks: true }.of(&written_schemas[name]);
        assert_eq!(Normalizer { schemas: &stub["schemas"], checks: true }.of(schema), expected, "{name}");
    }

    let documented = Normalizer { schemas: written_schemas, checks: true };
    let validator = Normalizer { schemas: &stub["schemas"], checks: true };
    for (id, item, operation) in operations(&written) {
        let found = stub["operations"].as_array().unwrap().iter().find(|it| it["operation_id"] == json!(id)).unwrap();
        assert_eq!(
            parameters(&validator, [&Value::Null, &found["parameters"]]),
            parameters(&documented, [&item["parameters"], &operation["parameters"]]),
            "{id}"
        );
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let same = |it: &&Value| it["name"] == parameter["name"] && it["in"] == parameter["in"];
            let own = found["parameters"].as_array().unwrap().iter().find(same).unwrap();
            assert_eq!(own["schema"].get("default"), parameter["schema"].get("default"), "{id} {parameter}");
        }
        let body = operation.get("requestBody").unwrap_or(&Value::Null);
        assert_eq!(
            found["request_body"]["max_bytes"],
            *body.get("x-dropstub-max-bytes").unwrap_or(&Value::Null),
            "{id}"
        );
        let content = body["content"].as_object().into_iter().flatten().next();
        let (media_type, schema) =
            content.map_or((None, Value::Null), |(it, media)| (Some(it), media["schema"].clone()));
        assert_eq!(found["request_body"]["media_type"].as_str(), media_type.map(String::as_str), "{id}");
        assert_eq!(validator.of(&found["request_body"]["schema"]), documented.of(&schema), "{id}: the body");
        let security = operation.get("security").unwrap_or(&written["security"]);
        assert_eq!(found["security"], *security, "{id}");
        assert_eq!(
            found["required_scopes"],
            *operation.get("x-dropstub-required-scopes").unwrap_or(&Value::Null),
            "{id}"
        );
        for (table, key) in
            [("scope_exemption", "x-dropstub-scope-exemption"), ("invalid_status", "x-dropstub-invalid-status")]
        {
            assert_eq!(found[table], *operation.get(key).unwrap_or(&Value::Null), "{id}: {key}");
        }
        let statuses: Vec<_> =
            found["responses"].as_array().unwrap().iter().map(|it| it["status"].as_str().unwrap().to_owned()).collect();
        assert_eq!(statuses, operation["responses"].as_object().unwrap().keys().cloned().collect::<Vec<_>>(), "{id}");
    }
    assert_eq!(stub["secrets"], json!(["Pin"]));
    assert_eq!(stub["security_schemes"], json!({"libraryCard": {"type": "http", "scheme": "bearer"}}));
    assert_eq!(stub["servers"], written["servers"]);
}

/// The manifest registers the endpoints, and dropshot validates them.
#[test]
fn dropshot_accepts_the_endpoints_of_small_documents() {
    for (manifest, ids) in
        [(auth_only::manifest(), vec!["knock"]), (public_only::manifest(), vec!["ping", "type", "super"])]
    {
        let operations = manifest["stub"]["operations"].as_array().unwrap();
        assert_eq!(operations.iter().map(|it| it["operation_id"].as_str().unwrap()).collect::<Vec<_>>(), ids);
    }
}
