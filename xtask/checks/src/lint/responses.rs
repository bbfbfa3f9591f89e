//! Values of responses that generated clients cannot interpret: error codes without a list, and cursors of two types.

use dropstub_document::{Node, Operation};
use heck::ToSnakeCase;
use serde_json::Value;

use super::Findings;
use super::elements::{json_responses, reachable};
use super::rules::{CODES_NOT_LISTED, CURSOR_FORMAT_DIFFERS};

pub(super) fn check(findings: &mut Findings<'_>) {
    let operations = findings.document.root().operations();
    operations.iter().for_each(|operation| cursors(findings, operation));
    let errors = operations.iter().flat_map(json_responses).filter(|(status, _)| !status.starts_with(['1', '2', '3']));
    for schema in reachable(errors.filter_map(|(_, media)| media.get("schema"))) {
        schema.get("properties").and_then(|it| it.get("code")).iter().for_each(|code| codes(findings, code));
    }
}

fn codes(findings: &mut Findings<'_>, code: &Node<'_>) {
    let is_listed = ["x-dropstub-values", "enum"].iter().any(|key| keyword(code, key).is_some());
    if keyword(code, "type").is_some_and(|it| it == "string") && !is_listed {
        let help = "add `x-dropstub-values` with the codes and their meanings, or `enum`";
        findings.add(&CODES_NOT_LISTED, &code.pointer, "the codes of an error are not listed", help);
    }
}

/// A page's `next_x` is the query parameter `x` of the next request.
fn cursors(findings: &mut Findings<'_>, operation: &Operation<'_>) {
    let parameters = operation.parameters();
    let pages = json_responses(operation).into_iter().filter(|(status, _)| status.starts_with('2'));
    let layers = pages.filter_map(|(_, media)| media.get("schema")).flat_map(|schema| schema.layers());
    for (name, property) in layers.filter_map(|layer| layer.get("properties")).flat_map(|it| it.entries()) {
        let snake = name.to_snake_case();
        let is_cursor = |location: &str, name: &str| {
            location == "query" && snake.strip_prefix("next_") == Some(&name.to_snake_case())
        };
        let cursor = parameters.iter().find(|((location, name), _)| is_cursor(location, name));
        let Some(((_, cursor), schema)) = cursor.and_then(|(key, it)| Some((key, it.get("schema")?))) else { continue };
        if ["type", "format"].iter().any(|key| keyword(&property, key) != keyword(&schema, key)) {
            let message = format!("`{name}` and the parameter `{cursor}` have different types");
            findings.add(&CURSOR_FORMAT_DIFFERS, &property.pointer, message, "use one `type` and `format`");
        }
    }
}

/// The value of a schema's keyword, in the outermost layer that has it.
fn keyword<'d>(schema: &Node<'d>, key: &str) -> Option<&'d Value> {
    schema.layers().iter().find_map(|layer| layer.value.get(key))
}
