//! Keys of OpenAPI objects that change the meaning of their values.

/// Whether the keys below `key` are names chosen by the document's author, not keywords.
#[must_use]
pub fn holds_names(key: &str) -> bool {
    matches!(
        key,
        "callbacks"
            | "content"
            | "examples"
            | "headers"
            | "links"
            | "parameters"
            | "properties"
            | "requestBodies"
            | "responses"
            | "schemas"
            | "securitySchemes"
    )
}

/// Whether the value below the keyword `key` is data, in which nothing is a schema or a reference.
#[must_use]
pub fn is_data(key: &str) -> bool {
    matches!(key, "default" | "enum" | "example")
}
