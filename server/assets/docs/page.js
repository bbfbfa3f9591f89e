// Shows the contract with Swagger UI.
"use strict";

const SCOPES = "x-dropstub-required-scopes";

// The directory of the page: the server that served it, below the prefix of a gateway.
const base = new URL(".", window.location.href).href.replace(/\/$/, "");

// The contract as this page shows it.
function adapt(contract) {
  // Requests go to this server, not to the public one.
  contract.servers = [{ url: base, description: "the server of this page" }];
  contract.externalDocs = { url: `${base}/openapi.yaml`, description: "openapi.yaml" };
  // Swagger UI sends the examples of parameters unless they are removed. An example is no default: that of `descendants`
  // revokes more tokens, and an idempotency key must be new.
  for (const parameter of parameters(contract)) {
    delete parameter.example;
  }
  // It invents values for the fields of a form that have no example.
  for (const field of formFields(contract)) {
    field.example ??= "";
  }
  return contract;
}

function operations(contract) {
  return Object.values(contract.paths).flatMap((item) => Object.values(item));
}

function parameters(contract) {
  const lists = [...Object.values(contract.paths), ...operations(contract)].map((owner) => owner.parameters ?? []);
  return [...lists.flat(), ...Object.values(contract.components.parameters)];
}

function formFields(contract) {
  const resolve = (schema) => contract.components.schemas[schema.$ref?.split("/").pop()] ?? schema;
  const contents = operations(contract).map((operation) => operation.requestBody?.content ?? {});
  const forms = contents.flatMap((content) => content["application/x-www-form-urlencoded"] ?? []);
  return forms.flatMap((form) => Object.values(resolve(form.schema).properties)).map(resolve);
}

// Shows the required scopes of an operation next to its path.
function requiredScopes(Path, { React, getSystem }) {
  return function PathWithScopes(props) {
    const scopes = getSystem().specSelectors.specJson().getIn([...props.specPath, SCOPES]);
    const names = scopes.map((scope) => React.createElement("code", { key: scope }, scope));
    return React.createElement(
      React.Fragment,
      null,
      React.createElement(Path, props),
      React.createElement("span", { className: "required-scopes" }, "scope: ", scopes.isEmpty() ? "none" : names),
    );
  };
}

// Keeps typed tokens from the memory of forms.
function privateInput(Input, { React }) {
  return function PrivateInput(props) {
    return React.createElement(Input, { ...props, autoComplete: "off" });
  };
}

// Shows the command of curl with the variable of the clients in place of the token, so that a copy contains no secret.
function curlWithVariable(_, { React, fn }) {
  const header = "Authorization: Bearer $AETHER_TOKEN";
  return function Curl({ request, getComponent }) {
    const [name, value] = header.split(": ");
    const withVariable = request.hasIn(["headers", name]) ? request.setIn(["headers", name], value) : request;
    // A shell replaces the variable between double quotes only.
    const command = fn.requestSnippetGenerator_curl_bash(withVariable).replace(`'${header}'`, `"${header}"`);
    const show = ({ children, PlainTextViewer }) => React.createElement(PlainTextViewer, { className: "curl" }, children);
    const [Code, Copy] = [getComponent("SyntaxHighlighter", true), getComponent("CopyToClipboardBtn", true)];
    return React.createElement(
      "div",
      { className: "curl-command" },
      React.createElement("h4", null, "Curl"),
      React.createElement(Copy, { textToCopy: command }),
      React.createElement(Code, { language: "bash", className: "curl microlight", renderPlainText: show }, command),
    );
  };
}

async function show() {
  const response = await fetch("openapi.json");
  if (!response.ok) {
    throw new Error(`openapi.json: ${response.status}`);
  }
  SwaggerUIBundle({
    domNode: document.getElementById("reference"),
    spec: adapt(await response.json()),
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    // The token is in memory only.
    persistAuthorization: false,
    // No other host checks the document.
    validatorUrl: null,
    plugins: [{ wrapComponents: { OperationSummaryPath: requiredScopes, Input: privateInput, curl: curlWithVariable } }],
  });
}

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const setColors = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", setColors);
setColors();

show().catch((error) => {
  document.getElementById("reference").textContent = `The contract cannot be shown: ${error.message}`;
});
