//! The rules of the lint.

dropstub_document::rules! {
    /// The rules of the lint.
    pub static RULES;

    SUMMARY_MISSING: Error "operation-summary-missing", "An operation has no summary",
        "Documentation and generated clients show the summary of an operation in lists. Add `summary`.";
    OPERATION_DESCRIPTION_MISSING: Error "operation-description-missing", "An operation has no description",
        "Readers of the contract learn from the description when to use an operation. Add `description`.";
    TAG_UNDECLARED: Error "tag-undeclared", "A tag is not declared in the document's `tags`",
        "Generators name client classes after tags, and documentation groups operations by them. Declare the tag in the \
         document's `tags` with a description.";
    DESCRIPTION_MISSING: Error "description-missing", "A component, property, parameter, header or tag has no description",
        "Generated types take their documentation from descriptions. Add `description`.";
    PATH_PARAMETER_EXAMPLE_MISSING: Error "path-parameter-example-missing", "A path parameter has no example",
        "A contract test or mock that invents an id receives nothing but 404. Add `example`.";
    EXAMPLE_INVALID: Error "example-invalid", "An example does not match its schema",
        "Examples are copied into programs and sent by mocks. Each one is validated against its schema by an independent \
         JSON Schema validator. Correct the example or the schema.";
    STATUS_CLASS_WITH_STATUSES: Error "status-class-with-statuses", "A status class is documented next to single statuses",
        "A progenitor client matches single statuses and then the class, which either fails to compile or is never \
         reached. Document all statuses, or only the class.";
    EMPTY_LIST_NOT_SENDABLE: Error "empty-list-not-sendable", "A client cannot send an optional list empty",
        "A progenitor client omits an empty list that is optional, so absent and empty are the same to it. Add \
         `uniqueItems: true`, or make the property required.";
    SECRET_INLINE: Error "secret-inline", "A secret is a plain string",
        "A secret that is a component of its own can have a type that is never printed. An inline string is logged with \
         the object that holds it. Make it a component with `x-dropstub-secret: true`.";
    COMPONENT_UNUSED: Error "component-unused", "A component is not used",
        "No operation refers to the component, directly or through others. Refer to it, or remove it.";
    NAME_NOT_IDENTIFIER: Error "name-not-identifier", "A name is not a valid identifier in other languages",
        "Generators rename it, each in its own way. Use ASCII letters, digits and `_`, and begin with a letter.";
    NAME_IS_KEYWORD: Error "name-is-keyword", "A name is a keyword of another language",
        "Generators rename it, each in its own way. Use another word.";
    NAME_IS_COMMON_TYPE: Error "name-is-common-type", "A schema has the name of a common type",
        "Generators rename a schema whose name is a type of the language or of the generated client. Use a specific name.";
    NAMES_COLLIDE: Error "names-collide", "Two names differ only in case or punctuation",
        "Languages convert case and separators, so both become one identifier. Use names that differ in their letters and \
         digits.";
    NAME_COLLIDES_WITH_OPERATION: Error "name-collides-with-operation", "A schema has the name of an operation's generated type",
        "Generators call an operation's own types `<operationId>Request` and `<operationId>Response`. Rename the schema.";
}
