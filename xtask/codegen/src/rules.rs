//! The rules of the generator: constructs of a document that a stub cannot support.

dropstub_document::rules! {
    /// The rules of the generator.
    pub static RULES;

    EXTENSION_MISPLACED: Error "extension-misplaced", "An extension of the generator is where it has no effect",
        "Its author relies on it, so it is not ignored. Move it to the object that the message names.";
    VALUE_TYPE_WRONG: Error "value-type-wrong", "A value has the wrong type",
        "OpenAPI 3.0 defines another type for the value.";
    REFERENCE_SIBLING: Error "reference-sibling", "A keyword is next to `$ref`",
        "OpenAPI 3.0 ignores it there. Wrap the reference: `allOf: [{$ref: ...}]` with the keyword next to `allOf`.";
    REFERENCE_UNRESOLVED: Error "reference-unresolved", "A reference does not resolve",
        "References have to be local (`#/...`), and not circular without a schema in between.";
    KEY_MISSING: Error "key-missing", "A required key is missing",
        "OpenAPI 3.0 requires the key, or the stub cannot be generated without it.";
    KEYWORD_UNSUPPORTED: Error "keyword-unsupported", "A keyword is not supported",
        "A stub that ignored it would promise less than its document. Remove it, or express it with supported keywords.";
    COMPONENT_EMPTY: Error "component-empty", "A component only refers to itself",
        "It has no value. Describe its type.";
    CHECK_WITHOUT_CALLER: Error "check-without-caller", "An `x-dropstub-check` has no caller",
        "The service decides a check for a caller, so it is only supported in bodies of operations that require a credential.";
    REQUIRED_IN_ONE_DIRECTION: Error "required-in-one-direction", "A required property is only sent in one direction",
        "A type cannot require a property that is absent in the direction in which the schema is used. Use two schemas.";
    MULTIPLE_OF_NOT_POSITIVE: Error "multiple-of-not-positive", "`multipleOf` is not positive",
        "JSON Schema requires a positive number.";
    EXCLUSIVE_WITHOUT_BOUND: Error "exclusive-without-bound", "An exclusive bound has no bound",
        "In OpenAPI 3.0, `exclusiveMinimum` and `exclusiveMaximum` are flags of `minimum` and `maximum`.";
    PATTERN_INVALID: Error "pattern-invalid", "A pattern is not a valid ECMA-262 regular expression",
        "OpenAPI defines patterns as ECMA-262 regular expressions.";
    ENUM_WITH_RULES: Error "enum-with-restrictions", "An enumeration or a list of values has further restrictions",
        "The list is complete, so other restrictions are redundant or contradict it.";
    VALUES_IN_REQUEST: Error "values-in-request", "A list of values is used in a request or a header",
        "`x-dropstub-values` lists the values that the server sends in bodies of responses. Use `enum`, or another schema for \
         requests.";
    ENUM_EMPTY: Error "enum-empty", "An enumeration has no values",
        "No value would be valid.";
    VARIANT_NAME_COLLIDES: Error "variant-name-collides", "A value has no unique Rust variant name",
        "Variant names are derived from letters and digits, in CamelCase.";
    CHECK_NAME_INVALID: Error "check-name-invalid", "A check has an invalid name",
        "The name becomes a Rust identifier: use snake_case, with a letter at the beginning of each word.";
    FIELD_NAME_COLLIDES: Error "field-name-collides", "A name has no unique Rust field name",
        "Field names are derived from letters and digits, in snake_case.";
    REQUIRED_WITHOUT_PROPERTY: Error "required-without-property", "A required name is not a property",
        "The type has no field for it.";
    PROPERTY_NAME_RESERVED: Error "property-name-reserved", "A property has a reserved name",
        "The generated type has a field of that name for additional properties.";
    TYPE_NAME_COLLIDES: Error "type-name-collides", "Two types have the same Rust name",
        "Type names are derived from letters and digits, in CamelCase.";
    ALL_OF_COMPOSITION: Error "all-of-composition", "`allOf` composes several schemas",
        "Only the wrapper of one reference is supported. List the properties of the composed object.";
    TYPE_NAME_INVALID: Error "type-name-invalid", "A component has no Rust type name",
        "Use ASCII letters and digits.";
    NESTING_TOO_DEEP: Error "nesting-too-deep", "Components are nested too deeply",
        "The depth is limited because components are read recursively.";
    SECRET_NOT_STRING: Error "secret-not-string", "A secret is not a plain string",
        "A secret type wraps a non-nullable string.";
    UNION_WITH_SIBLING: Error "union-with-sibling", "A union has properties or another union next to it",
        "Such a schema has no Rust type. Repeat the common part in each alternative.";
    TYPE_UNKNOWN: Error "type-unknown", "A type is unknown",
        "OpenAPI 3.0 has boolean, integer, number, string, array and object.";
    REFERENCE_NOT_COMPONENT: Error "reference-not-component", "A schema reference is not to a component schema",
        "Generated types are named after component schemas.";
    TYPE_MISSING: Error "type-missing", "A schema has no type",
        "Without a type, restrictions have no effect. Add `type`, `oneOf` or `anyOf`.";
    UNION_EMPTY: Error "union-empty", "A union has no alternatives",
        "No value would be valid.";
    PATH_INVALID: Error "path-invalid", "A path is invalid or not supported",
        "A path starts with `/`; each segment is a literal or one parameter, and a parameter occurs once.";
    PATH_PARAMETER_CONFLICT: Error "path-parameter-conflict", "Paths conflict in one position",
        "Dropshot's router supports one literal or one parameter name in each position.";
    OPERATION_ID_DUPLICATE: Error "operation-id-duplicate", "An operation id is not unique",
        "Generated functions are named after operation ids.";
    OPERATION_ID_INVALID: Error "operation-id-invalid", "An operation id has no Rust function name",
        "Use ASCII letters and digits.";
    OPERATION_ID_RESERVED: Error "operation-id-reserved", "An operation id is a reserved function name",
        "The service trait has, or can have, another function of that name: `authenticate`, a replay, or the body of an error.";
    WEBSOCKET_UNSUPPORTED: Error "websocket-unsupported", "An operation is a websocket channel",
        "A stub handles single requests.";
    STATUS_UNDOCUMENTED: Error "status-undocumented", "A status of the stub is not documented",
        "The stub itself responds with the status: document it, or its class (`4XX`, `5XX`).";
    PAGINATION_PARAMETER_MISSING: Error "pagination-parameter-missing", "A pagination parameter is missing",
        "`x-dropshot-pagination` names parameters of the first page, which have to be query parameters.";
    PARAMETER_DUPLICATE: Error "parameter-duplicate", "A parameter is duplicate",
        "A list of parameters has one for each name and location.";
    PATH_PARAMETER_MISSING: Error "path-parameter-missing", "A path parameter is not described",
        "Describe each parameter of the path template.";
    PARAMETER_NAME_COLLIDES: Error "parameter-name-collides", "Two parameters have the same Rust name",
        "Names are derived from letters and digits; path and query share one request type in clients.";
    SERIALIZATION_UNSUPPORTED: Error "serialization-unsupported", "A serialization of parameters is not supported",
        "Only the default `style` and `explode` of each location are supported.";
    PATH_PARAMETER_UNKNOWN: Error "path-parameter-unknown", "A path parameter is not in the path, or optional",
        "A path parameter is required and occurs in the path template.";
    PARAMETER_IGNORED: Error "parameter-ignored", "OpenAPI ignores a header parameter",
        "`Accept`, `Content-Type` and `Authorization` are defined by media types and security.";
    FIELD_NAME_INVALID: Error "field-name-invalid", "A name has no Rust field name",
        "Use ASCII letters and digits.";
    PARAMETER_TYPE_UNSUPPORTED: Error "parameter-type-unsupported", "A parameter is a list or an object",
        "Dropshot supports strings, numbers and booleans.";
    PARAMETER_NULLABLE: Error "parameter-nullable", "A parameter is nullable",
        "A parameter has no representation of null. Make it optional.";
    DEFAULT_ON_REQUIRED: Error "default-on-required", "A required parameter has a default",
        "The default would never apply.";
    PARAMETER_LOCATION_UNSUPPORTED: Error "parameter-location-unsupported", "A parameter has an unsupported location",
        "Supported are path, query and header.";
    BODY_OPTIONAL: Error "body-optional", "A request body is optional",
        "Dropshot requires a body where it documents one.";
    FORM_UNSUPPORTED: Error "form-unsupported", "A form is not an object of plain values",
        "A form consists of names with strings, numbers and booleans.";
    SECURITY_SCHEME_MISSING: Error "security-scheme-missing", "A security scheme is not described",
        "Describe it in `#/components/securitySchemes`.";
    SECURITY_SCOPES: Error "security-scopes", "A security requirement has scopes",
        "A bearer scheme has none in OpenAPI 3.0. Use `x-dropstub-required-scopes`.";
    SECURITY_UNSUPPORTED: Error "security-unsupported", "A security requirement is not supported",
        "A requirement names one scheme, and the scheme is a bearer token.";
    DENIAL_NOT_SHARED: Error "denial-not-shared", "A response to denied requests is inline",
        "The service denies requests of all operations with the same types, which have to be components.";
    HEADER_OF_STUB_RESPONSE: Error "header-of-stub-response", "The stub cannot set a required header",
        "The stub itself sends the response and knows no value for the header.";
    INVALID_STATUS_UNSUPPORTED: Error "invalid-status-unsupported", "`x-dropstub-invalid-status` is not supported here",
        "The service sends the response, so the operation needs a credential, and the status is a documented 4xx.";
    SCOPE_EXEMPTION_WITHOUT_SCOPES: Error "scope-exemption-without-scopes", "A scope exemption has no scopes",
        "There is nothing to exempt from.";
    IDEMPOTENT_WITHOUT_SECURITY: Error "idempotent-without-security", "An idempotent operation requires no credential",
        "The key of an idempotent request belongs to its caller. Add `security`.";
    SCOPES_WITHOUT_SECURITY: Error "scopes-without-security", "Scopes are required without a credential",
        "Only a credential has scopes. Add `security`.";
    STATUS_INVALID: Error "status-invalid", "A status is not supported",
        "Supported are the statuses that HTTP defines, `4XX`, `5XX` and a lone `default`.";
    RESPONSE_NAME_COLLIDES: Error "response-name-collides", "Two responses have the same Rust name",
        "Rename the component.";
    DEFAULT_RESPONSE_UNSUPPORTED: Error "default-response-unsupported", "A `default` response is not supported here",
        "Dropshot documents `default` only alone, without a schema.";
    SUCCESS_MISSING: Error "success-missing", "An operation has no success response",
        "Document the response to a valid request.";
    SUCCESS_SEVERAL: Error "success-several", "An operation has several success responses",
        "Dropshot documents one, and a progenitor client panics on two types.";
    ERROR_SCHEMAS_DIFFER: Error "error-schemas-differ", "The errors of an operation have different schemas",
        "Dropshot and progenitor support one error type for each operation.";
    ERROR_NOT_OBJECT: Error "error-not-object", "An error is not an object",
        "Errors have one component schema of type object.";
    ERROR_WITHOUT_CONTENT: Error "error-without-content", "An error has no content",
        "A progenitor client panics unless all errors have the same type.";
    BODY_NOT_ALLOWED: Error "body-not-allowed", "A response has a body that HTTP does not allow",
        "Responses 204, 205 and 304 have no body.";
    HEADER_UNSUPPORTED: Error "header-unsupported", "A response header is not supported",
        "The name, the serialization or the position of the header is not supported.";
    MEDIA_TYPE_UNSUPPORTED: Error "media-type-unsupported", "A media type is not supported",
        "Supported are JSON, forms and bytes in requests, and JSON and `*/*` in responses, one in each body.";
    BYTES_SCHEMA_INVALID: Error "bytes-schema-invalid", "A schema of bytes is not binary",
        "Use `type: string` and `format: binary`.";
    HEADER_TYPE_UNSUPPORTED: Error "header-type-unsupported", "A header has an unsupported type",
        "Supported are strings that are not secrets, integers and booleans.";
    VERSION_UNSUPPORTED: Error "openapi-version-unsupported", "The document is not OpenAPI 3.0",
        "Dropshot and progenitor support only 3.0.";
    OPERATIONS_MISSING: Error "operations-missing", "The document has no operations",
        "There is nothing to serve.";
    DEFAULT_INVALID: Error "default-invalid", "A default does not match its schema",
        "Correct the default or the schema.";
    VERSION_INVALID: Error "version-invalid", "The version is not a semantic version",
        "Dropshot requires three numbers: `1.2.3`.";
}
