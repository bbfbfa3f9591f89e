// Shows the contract with Swagger UI.
"use strict";

const SCOPES = "x-dropstub-required-scopes";
const SECRET = "x-dropstub-secret";
const FORM = "application/x-www-form-urlencoded";

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
  // It shows the parameters of a path after those of its operations, so that required ones follow optional ones.
  for (const item of Object.values(contract.paths)) {
    const { parameters: shared = [], ...methods } = item;
    for (const operation of Object.values(methods)) {
      const all = [...shared, ...(operation.parameters ?? [])];
      const isRequired = (parameter) => resolve(contract, parameter).required ?? false;
      operation.parameters = all.sort((left, right) => isRequired(right) - isRequired(left));
    }
    delete item.parameters;
  }
  // It invents values for the fields of a form that have no example, and shows typed secrets.
  for (const [, field] of formFields(contract)) {
    field.example ??= "";
    if (field[SECRET]) {
      field.format = "password";
    }
  }
  return contract;
}

// The object that a reference names, or the object itself.
function resolve(contract, object) {
  return (object.$ref ?? "").split("/").slice(1).reduce((part, key) => part[key], object.$ref ? contract : object);
}

function operations(contract) {
  return Object.values(contract.paths).flatMap(({ parameters: _, ...methods }) => Object.values(methods));
}

function parameters(contract) {
  const lists = [...Object.values(contract.paths), ...operations(contract)].map((owner) => owner.parameters ?? []);
  return [...lists.flat(), ...Object.values(contract.components.parameters)];
}

// The fields of all forms, by name.
function formFields(contract) {
  const forms = operations(contract).flatMap((operation) => operation.requestBody?.content[FORM] ?? []);
  const fields = forms.flatMap((form) => Object.entries(resolve(contract, form.schema).properties));
  return fields.map(([name, field]) => [name, resolve(contract, field)]);
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

// The field of a form for a secret: it is neither on the screen nor in the memory of forms.
function secretField({ React }) {
  return function SecretField({ getComponent, value, keyName, description, disabled, errors, onChange }) {
    const className = errors?.size ? "secret invalid" : "secret";
    const change = (event) => onChange(event.target.value, keyName);
    // Not of the type `password`: a browser offers to store its value, and complains if it is not part of a login.
    const shown = { type: "text", placeholder: description, spellCheck: false };
    return React.createElement(getComponent("Input"), { ...shown, className, value, disabled, onChange: change });
  };
}

// Shows the command of curl with variables in place of secrets, so that a copy contains none: that of the clients for the
// token of the request, and one with the name of the field for a field of a form.
function curlWithVariables(secretNames) {
  const variable = (name) => `$${name.toUpperCase()}`;
  const header = ["Authorization", "Bearer $AETHER_TOKEN"];
  const withVariable = (pair) => {
    const [name] = pair.split("=");
    return secretNames.has(decodeURIComponent(name)) ? `${name}=${variable(name)}` : pair;
  };
  return (_, { React, fn }) =>
    function Curl({ request, getComponent }) {
      const replaced = [];
      let shown = request;
      if (request.hasIn(["headers", header[0]])) {
        shown = shown.setIn(["headers", header[0]], header[1]);
        replaced.push(header.join(": "));
      }
      if (request.getIn(["headers", "Content-Type"]) === FORM) {
        const body = request.get("body").split("&").map(withVariable).join("&");
        shown = shown.set("body", body);
        replaced.push(body);
      }
      // A shell replaces variables between double quotes only. An encoded form has no character with a meaning there.
      const quote = (command, text) => command.replace(`'${text}'`, () => `"${text}"`);
      const command = replaced.reduce(quote, fn.requestSnippetGenerator_curl_bash(shown));
      const show = ({ children, PlainTextViewer }) =>
        React.createElement(PlainTextViewer, { className: "curl" }, children);
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
  const contract = adapt(await response.json());
  const secretNames = new Set(formFields(contract).flatMap(([name, field]) => (field[SECRET] ? [name] : [])));
  const curl = curlWithVariables(secretNames);
  const plugin = (system) => ({
    components: { JsonSchema_string_password: secretField(system) },
    wrapComponents: { OperationSummaryPath: requiredScopes, Input: privateInput, curl },
  });
  SwaggerUIBundle({
    domNode: document.getElementById("reference"),
    spec: contract,
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    // The token is in memory only.
    persistAuthorization: false,
    // No other host checks the document.
    validatorUrl: null,
    plugins: [plugin],
  });
}

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const setColors = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", setColors);
setColors();

show().catch((error) => {
  document.getElementById("reference").textContent = `The contract cannot be shown: ${error.message}`;
});
