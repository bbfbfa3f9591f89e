//! The rules of the lint.

dropstub_document::rules! {
    /// The rules of the lint.
    pub static RULES;

    SUMMARY_MISSING: Error "operation-summary-missing", "An operation has no summary",
        "Documentation and generated clients show the summary of an operation in lists. Add `summary`.";
    OPERATION_DESCRIPTION_MISSING: Error "operation-description-missing", "An operation has no description",
        "Readers of the contract learn from the description when to use an operation. Add `description`.";
    SCOPES_UNDESCRIBED: Error "scopes-undescribed", "The description of an operation does not name its required scopes",
        "Documentation tools do not show `x-dropstub-required-scopes`. End the description with a paragraph of its own that \
         begins with \"Required scope\" and names exactly these scopes in backticks, or `none`.";
    TAG_UNDECLARED: Error "tag-undeclared", "A tag is not declared in the document's `tags`",
        "Generators name client classes after tags, and documentation groups operations by them. Declare the tag in the \
         document's `tags` with a description.";
    DESCRIPTION_MISSING: Error "description-missing", "A component, property, parameter, header, tag or listed value has no description",
        "Generated types take their documentation from descriptions. Add `description`.";
    PATH_PARAMETER_EXAMPLE_MISSING: Error "path-parameter-example-missing", "A path parameter has no example",
        "A contract test or mock that invents an id receives nothing but 404. Add `example`.";
    EXAMPLE_INVALID: Error "example-invalid", "An example does not match its schema",
        "Examples are copied into programs and sent by mocks. Each one is validated against its schema by an independent \
         JSON Schema validator. Correct the example or the schema.";
    EXAMPLE_MISSING: Error "example-missing", "A JSON response has no example",
        "Mock servers and documentation invent its values. Add `example` to the media type or to the schema.";
    VALUE_NOT_LISTED: Error "value-not-listed", "An example has a value that `x-dropstub-values` does not list",
        "Readers take the list for complete. Add the value with its meaning, or correct the example.";
    CODES_NOT_LISTED: Error "codes-not-listed", "The codes of an error response are not listed",
        "Clients choose their reaction by the `code` of an error, so they have to know the codes. Add `x-dropstub-values` with \
         the codes and their meanings, or an `enum`.";
    CURSOR_FORMAT_DIFFERS: Error "cursor-format-differs", "A cursor has another type in the response than in the request",
        "The `next_x` of a page is the query parameter `x` of the next request. Generated clients have two types for one value \
         if its `type` or `format` differ. Use the same in both places.";
    PATTERN_NOT_PORTABLE: Error "pattern-not-portable", "Languages read a pattern in different ways",
        "Generated clients and contract tests give the pattern to the regular expressions of their language. Ruby, PHP, Java, \
         Go and JavaScript differ in characters and escapes above `\\x7F`, in `\\s`, `\\p` and most other escapes of letters, \
         in back-references, in groups with `(?` except `(?:`, in `[`, `&&`, `||` and `~~` within a set, in empty sets, in braces \
         that are no quantifier, and in escapes of characters that need none. Use sets of ASCII characters. The anchors `^` and \
         `$` are not reported, although they match at line ends in Ruby: every pattern needs them.";
    LINK_TARGET_UNKNOWN: Error "link-target-unknown", "A link leads to an unknown operation or parameter",
        "Contract-testing tools skip the link without a word. Use the `operationId` of an operation of the document, and names \
         of its parameters.";
    STATUS_CLASS_WITH_STATUSES: Error "status-class-with-statuses", "A status class is documented next to single statuses",
        "A progenitor client matches single statuses and then the class, which either fails to compile or is never \
         reached. Document all statuses, or only the class.";
    EMPTY_LIST_NOT_SENDABLE: Error "empty-list-not-sendable", "A client cannot send an optional list empty",
        "A progenitor client omits an empty list that is optional, so absent and empty are the same to it. Add \
         `uniqueItems: true`, or make the property required.";
    OPTIONAL_LIST_NOT_NULLABLE: Error "optional-list-not-nullable", "A client sends an absent list or map as an empty one",
        "openapi-generator's Java initializes an optional list or map of a JSON body with an empty one, which the server cannot \
         distinguish from one that the caller wants. Add `x-nullable: true`, which initializes it with null, and null is not \
         sent. Or make the property required.";
    SECRET_INLINE: Error "secret-inline", "A secret is a plain string",
        "A secret that is a component of its own can have a type that is never printed. An inline string is logged with \
         the object that holds it. Make it a component with `x-dropstub-secret: true`.";
    COMPONENT_UNUSED: Error "component-unused", "A component is not used",
        "No operation refers to the component, directly or through others. Refer to it, or remove it.";
    NAME_NOT_IDENTIFIER: Error "name-not-identifier", "A name is not a valid identifier in other languages",
        "Generators rename it, each in its own way. Use ASCII letters, digits and `_`, and begin with a letter.";
    NAME_IS_KEYWORD: Error "name-is-keyword", "A name is a reserved word in generated code",
        "The word is a keyword of a language, or a generator reserves it for members of its classes: Python's reserves \
         `field`, `json` and `schema`. Generators rename it, each in its own way. Use another word.";
    NAME_IS_COMMON_TYPE: Error "name-is-common-type", "A schema has the name of a common type",
        "Generators rename a schema whose name is a type of the language or of the generated client. Use a specific name.";
    NAMES_COLLIDE: Error "names-collide", "Two names differ only in case or punctuation",
        "Languages convert case and separators, so both become one identifier. Use names that differ in their letters and \
         digits.";
    NAME_COLLIDES_WITH_OPERATION: Error "name-collides-with-operation", "A schema has the name of an operation's generated type",
        "Generators call an operation's own types `<operationId>Request` and `<operationId>Response`. Rename the schema.";
    NAME_COLLIDES_IN_GO: Error "name-collides-in-go", "A schema has a name that Go's client derives from another one",
        "Next to the type `Thing`, Go's client has the constructor `NewThing` and the type `NullableThing`, so schemas of these \
         names do not compile. Rename the schema.";
    ALLOWANCE_UNUSED: Error "allowance-unused", "An allowance has no finding",
        "`x-dropstub-allow` removes the findings of a rule of the lint at its object, at the keys of this object and in its \
         examples. The rule has none there, or is not a rule of the lint. Remove the allowance.";
    ALLOWANCE_INVALID: Error "allowance-invalid", "An allowance is not an object of rules and reasons",
        "`x-dropstub-allow` maps the id of a rule to the reason for which the rule does not apply. Write both as strings.";
}
