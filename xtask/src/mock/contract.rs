//! The operations of the contract, as their mocks need them.

use dropstub_document::{Document, Node};
use heck::ToSnakeCase;

/// An operation.
pub(super) struct Operation<'d> {
    pub(super) id: &'d str,
    pub(super) summary: &'d str,
    pub(super) responses: Vec<Response<'d>>,
    /// Whether the body of the request is a form.
    pub(super) has_form: bool,
    /// The names in Rust and the descriptions.
    parameters: Vec<(String, &'d str)>,
}

/// A response of an operation.
pub(super) struct Response<'d> {
    pub(super) status: u16,
    pub(super) description: &'d str,
    pub(super) headers: Vec<Header<'d>>,
    /// The name of the component that the body has, if it has one.
    pub(super) component: Option<&'d str>,
    /// The code and the body of each example, if the response is an error.
    pub(super) errors: Vec<(&'d str, Node<'d>)>,
}

/// A header of a response.
pub(super) struct Header<'d> {
    pub(super) name: &'d str,
    pub(super) required: bool,
    /// Whether other responses have it, too (`$ref`).
    pub(super) shared: bool,
    pub(super) schema: Node<'d>,
    /// The value in a mock, if the contract has one.
    pub(super) value: Option<String>,
}

/// The operations of a document.
pub(super) fn operations(document: &Document) -> Vec<Operation<'_>> {
    let root = document.root();
    let paths = root.get("paths").into_iter().flat_map(|paths| paths.entries());
    paths
        .flat_map(|(_, item)| {
            let item = item.resolve();
            let shared = item.clone();
            item.entries().filter_map(move |(_, operation)| Operation::read(&operation, &shared)).collect::<Vec<_>>()
        })
        .collect()
}

/// The components of a document that are objects.
pub(super) fn objects(document: &Document) -> impl Iterator<Item = (&str, Node<'_>)> {
    let schemas = document.root().get("components").and_then(|components| components.get("schemas"));
    schemas.into_iter().flat_map(|schemas| schemas.entries()).filter(|(_, schema)| schema.str("type") == Some("object"))
}

impl<'d> Operation<'d> {
    /// Reads an operation; `None` is another property of a path item.
    fn read(operation: &Node<'d>, item: &Node<'d>) -> Option<Self> {
        let parameters = [item, operation].into_iter().filter_map(|node| node.get("parameters"));
        let parameters = parameters.flat_map(|parameters| parameters.items()).filter_map(|parameter| {
            let parameter = parameter.resolve();
            Some((parameter.str("name")?.to_snake_case(), parameter.str("description")?))
        });
        let content = operation.get("requestBody").and_then(|body| body.resolve().get("content"));
        Some(Self {
            id: operation.str("operationId")?,
            summary: operation.str("summary").unwrap_or_default(),
            has_form: content.is_some_and(|content| content.get("application/x-www-form-urlencoded").is_some()),
            parameters: parameters.collect(),
            responses: operation.get("responses")?.entries().filter_map(Response::read).collect(),
        })
    }

    /// The name in Rust.
    pub(super) fn name(&self) -> String {
        self.id.to_snake_case()
    }

    /// The description of a parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&'d str> {
        self.parameters.iter().find(|(parameter, _)| parameter == name).map(|(_, description)| *description)
    }

    /// The codes of the errors.
    pub(super) fn codes(&self) -> Vec<&'d str> {
        self.responses.iter().flat_map(|response| &response.errors).map(|(code, _)| *code).collect()
    }
}

impl<'d> Response<'d> {
    fn read((status, response): (&'d str, Node<'d>)) -> Option<Self> {
        let response = response.resolve();
        let content = response.get("content").and_then(|content| content.get("application/json"));
        let schema = content.as_ref().and_then(|content| content.get("schema")?.str("$ref"));
        let single = content.iter().filter_map(|content| content.get("example"));
        let named = content.iter().filter_map(|content| content.get("examples"));
        let named =
            named.flat_map(|examples| examples.entries()).filter_map(|(_, example)| example.resolve().get("value"));
        let mut errors: Vec<(&str, Node<'_>)> = Vec::new();
        for example in single.chain(named) {
            if let Some(code) = example.get("error").and_then(|error| error.str("code"))
                && errors.iter().all(|(known, _)| *known != code)
            {
                errors.push((code, example));
            }
        }
        Some(Self {
            status: status.parse().ok()?,
            description: response.str("description").unwrap_or_default(),
            headers: response
                .get("headers")
                .into_iter()
                .flat_map(|headers| headers.entries())
                .map(Header::read)
                .collect(),
            component: schema.and_then(|reference| reference.rsplit('/').next()),
            errors,
        })
    }

    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The headers that every such response has, with their values.
    pub(super) fn constant_headers(&self) -> impl Iterator<Item = (&'d str, &str)> {
        self.headers
            .iter()
            .filter(|header| header.required)
            .filter_map(|header| Some((header.name, header.value.as_deref()?)))
    }
}

impl<'d> Header<'d> {
    fn read((name, node): (&'d str, Node<'d>)) -> Self {
        let shared = node.target().is_some();
        let header = node.resolve();
        let schema = header.get("schema").unwrap_or_else(|| header.clone()).resolve();
        // The last listed value has the most details. The minimum is a valid number.
        let listed = || schema.get("enum").and_then(|values| values.items().last());
        let value = header.get("example").or_else(listed).or_else(|| schema.get("minimum"));
        let value = value.map(|value| value.value.as_str().map_or_else(|| value.value.to_string(), str::to_owned));
        Self { name, required: header.flag("required"), shared, schema, value }
    }
}
