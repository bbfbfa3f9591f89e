//! The rules of the comparison with a released contract.

dropstub_document::rules! {
    /// The rules of the comparison with a released contract.
    ///
    /// A rule names the change. Its verdict depends on the direction: a bound that becomes stricter breaks requests and no
    /// response, a bound that becomes looser breaks responses and no request.
    pub static RULES;

    DOCUMENTATION_CHANGED: Note "documentation-changed", "Documentation changed",
        "Descriptions, summaries, examples, titles and tags do not change requests or responses.";
    DEPRECATION_CHANGED: Note "deprecation-changed", "A deprecation was added or removed",
        "A deprecated operation, parameter or schema still works.";
    KEYWORD_CHANGED: Error "keyword-changed", "A keyword without a rule changed",
        "The consequence for clients is unknown, so the change counts as breaking. Unknown `x-` keys are ignored.";
    SERVER_REMOVED: Error "server-removed", "A server URL was removed",
        "Clients that use the URL no longer reach the API.";
    SERVER_ADDED: Note "server-added", "A server URL was added",
        "Existing clients keep using the URLs that they know.";

    OPERATION_REMOVED: Error "operation-removed", "An operation was removed",
        "Clients that call the operation receive an error. Deprecate it first, and remove it in a new major version.";
    OPERATION_ADDED: Note "operation-added", "An operation was added",
        "Existing clients do not call it.";
    OPERATION_ID_CHANGED: Error "operation-id-changed", "An operation id changed",
        "Generated clients name functions after operation ids.";
    INVALID_STATUS_CHANGED: Error "invalid-request-status-changed", "The status of an invalid request changed",
        "Clients handle invalid requests by the documented status.";

    IDEMPOTENCY_ADDED: Note "idempotency-added", "An operation became idempotent",
        "Existing clients do not send a key.";
    IDEMPOTENCY_REMOVED: Error "idempotency-removed", "An operation is no longer idempotent",
        "A repeated request is executed again.";

    STRICT_QUERY_ADDED: Error "strict-query-added", "Undocumented query parameters became invalid",
        "Requests of existing clients with such a parameter are rejected.";
    STRICT_QUERY_REMOVED: Note "strict-query-removed", "Undocumented query parameters are now ignored",
        "Requests of existing clients stay valid.";

    SECURITY_SCHEME_CHANGED: Error "security-scheme-changed", "A security scheme changed",
        "Clients send credentials in the way that the scheme describes.";
    SECURITY_TIGHTENED: Error "security-tightened", "A credential is no longer sufficient",
        "Clients that send the credential are rejected.";
    SECURITY_LOOSENED: Note "security-loosened", "Other or fewer credentials are sufficient",
        "The credentials of existing clients still work.";
    SCOPE_REQUIRED: Error "scope-required", "An operation requires another scope",
        "Tokens without the scope are rejected.";
    SCOPE_NO_LONGER_REQUIRED: Note "scope-no-longer-required", "An operation no longer requires a scope",
        "Tokens with the scope still work.";
    SCOPE_EXEMPTION_ADDED: Note "scope-exemption-added", "An exemption from the scopes was added",
        "More callers are accepted.";
    SCOPE_EXEMPTION_REMOVED: Error "scope-exemption-removed", "An exemption from the scopes was removed or changed",
        "Callers that relied on the exemption are rejected.";

    PARAMETER_REMOVED: Error "parameter-removed", "A parameter was removed",
        "Generated clients have an argument for it.";
    REQUIRED_PARAMETER_ADDED: Error "required-parameter-added", "A required parameter was added",
        "Requests of existing clients lack it.";
    OPTIONAL_PARAMETER_ADDED: Note "optional-parameter-added", "An optional parameter was added",
        "Requests without it stay valid.";
    PARAMETER_BECAME_REQUIRED: Error "parameter-became-required", "A parameter became required",
        "Requests without it are rejected.";
    PARAMETER_BECAME_OPTIONAL: Note "parameter-became-optional", "A parameter became optional",
        "Requests with it stay valid.";
    PARAMETER_SERIALIZATION_CHANGED: Error "parameter-serialization-changed", "The serialization of a parameter changed",
        "Existing clients serialize the value in the old way.";

    REQUIRED_BODY_ADDED: Error "required-request-body-added", "A required request body was added",
        "Requests of existing clients lack it.";
    OPTIONAL_BODY_ADDED: Note "optional-request-body-added", "An optional request body was added",
        "Requests without it stay valid.";
    BODY_REMOVED: Error "request-body-removed", "A request body was removed",
        "Existing clients send one.";
    BODY_BECAME_REQUIRED: Error "request-body-became-required", "A request body became required",
        "Requests without it are rejected.";
    BODY_BECAME_OPTIONAL: Note "request-body-became-optional", "A request body became optional",
        "Requests with it stay valid.";
    BODY_LIMIT_LOWERED: Error "request-body-limit-lowered", "The size limit of a request body was lowered",
        "Large requests of existing clients are rejected.";
    BODY_LIMIT_RAISED: Note "request-body-limit-raised", "The size limit of a request body was raised",
        "Requests within the old limit stay valid.";
    MEDIA_TYPE_REMOVED: Error "media-type-removed", "A media type was removed",
        "Existing clients send or expect it.";
    MEDIA_TYPE_ADDED: Error "media-type-added", "A media type was added",
        "In a request it is optional. In a response the server may choose it, and existing clients cannot read it.";

    SUCCESS_STATUS_REMOVED: Error "success-status-removed", "A success status was removed",
        "Clients expect the status.";
    SUCCESS_STATUS_ADDED: Error "success-status-added", "A success status was added",
        "Existing clients treat an undocumented success as an error.";
    ERROR_STATUS_REMOVED: Note "error-status-removed", "An error status was removed",
        "The error handling of existing clients is not reached.";
    ERROR_STATUS_ADDED: Note "error-status-added", "An error status was added",
        "Clients have to handle undocumented errors in any case.";
    LINKS_CHANGED: Note "links-changed", "The links of a response changed",
        "Links do not change the response.";
    REQUIRED_HEADER_REMOVED: Error "required-header-removed", "A required response header was removed",
        "Clients rely on the header.";
    OPTIONAL_HEADER_REMOVED: Note "optional-header-removed", "An optional response header was removed",
        "Clients have to handle its absence in any case.";
    HEADER_ADDED: Note "header-added", "A response header was added",
        "Existing clients ignore it.";
    HEADER_BECAME_OPTIONAL: Error "header-became-optional", "A response header became optional",
        "Clients rely on the header.";
    HEADER_BECAME_REQUIRED: Note "header-became-required", "A response header became required",
        "Clients that handle its absence still work.";

    COMPONENT_REMOVED: Error "component-schema-removed", "A component schema was removed",
        "Generated clients have a type of that name.";
    COMPONENT_RENAMED: Error "component-schema-renamed", "A component schema was renamed",
        "Generated clients have a type of the old name.";
    SCHEMA_REMOVED: Error "schema-removed", "A schema was removed",
        "Without a schema, any value is allowed.";
    SCHEMA_ADDED: Error "schema-added", "A schema was added",
        "Without a schema, any value was allowed.";
    TYPE_CHANGED: Error "type-changed", "A type changed",
        "Existing clients send or expect the old type.";
    BECAME_NULLABLE: Error "became-nullable", "A value became nullable",
        "Requests stay valid; existing clients do not expect null in a response.";
    BECAME_NON_NULLABLE: Error "became-non-nullable", "A value became non-nullable",
        "Requests with null are rejected; responses stay as expected.";
    DEFAULT_CHANGED: Error "default-changed", "A default changed",
        "A request or response without the value has another meaning.";
    ACCESS_CHANGED: Error "access-changed", "`readOnly` or `writeOnly` changed",
        "Generated clients have another type for the value.";
    SECRET_CHANGED: Error "secret-changed", "A schema became a secret or ceased to be one",
        "Generated clients have another type for the value.";
    BOUND_CHANGED: Error "bound-changed", "A bound changed",
        "A stricter bound breaks requests; a looser one breaks responses.";
    RESTRICTION_CHANGED: Error "restriction-changed", "A format, pattern or other restriction changed",
        "A new restriction breaks requests; a removed one breaks responses; a different one breaks both.";
    ENUM_CHANGED: Error "enum-changed", "An enumeration was added or removed",
        "A new enumeration breaks requests; a removed one breaks responses.";
    ENUM_VALUE_REMOVED: Error "enum-value-removed", "A value of an enumeration was removed",
        "Requests with the value are rejected; responses stay as expected.";
    ENUM_VALUE_ADDED: Note "enum-value-added", "A value of an enumeration was added",
        "Requests stay valid. A response may contain a value that existing clients do not know; whether that breaks a client \
         is up to the client, so it counts as compatible.";
    LISTED_VALUE_REMOVED: Error "listed-value-removed", "A value was removed from a list of values",
        "Clients that act on the value no longer receive it. An `enum` of a response only limits the values; a list of \
         `x-dropstub-values` says that each of them is sent.";
    LISTED_VALUE_ADDED: Note "listed-value-added", "A value was added to a list of values",
        "The list of `x-dropstub-values` is open, so clients accept values that they do not know.";
    ALTERNATIVE_REMOVED: Error "alternative-removed", "An alternative of `oneOf` or `anyOf` was removed",
        "Requests with that alternative are rejected; responses stay as expected.";
    ALTERNATIVE_ADDED: Note "alternative-added", "An alternative of `oneOf` or `anyOf` was added",
        "Requests stay valid. A response may have an alternative that existing clients do not know.";
    ALL_OF_CHANGED: Error "all-of-changed", "A schema was added to or removed from `allOf`",
        "One more schema breaks requests; one less breaks responses.";
    PROPERTY_REMOVED: Error "property-removed", "A property was removed",
        "Existing clients send or expect it.";
    PROPERTY_ADDED: Note "property-added", "An optional property was added",
        "Requests without it stay valid; clients ignore unknown properties of responses.";
    REQUIRED_PROPERTY_ADDED: Error "required-property-added", "A required property was added to a request",
        "Requests of existing clients lack it.";
    PROPERTY_ADDED_TO_CLOSED_OBJECT: Error "property-added-to-closed-object", "A property was added to a closed object",
        "The response's schema excluded other properties, so clients may reject the new one.";
    REQUIRED_CHANGED: Error "required-changed", "A property became required or optional",
        "A property that became required breaks requests; one that became optional breaks responses.";
    ADDITIONAL_PROPERTIES_CHANGED: Error "additional-properties-changed", "`additionalProperties` changed",
        "Fewer additional properties break requests; more break responses.";
}
