// A hand-rolled service of API tokens, as a competent developer writes it in an afternoon: node:http and better-sqlite3 in one process.
// It has neither rate limits, idempotency keys, a chain of audit events nor uses of tokens. `node server.mjs DATABASE`

import { createHash, randomBytes, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";

// `require` finds the package through NODE_PATH, and `import` does not.
const Database = createRequire(import.meta.url)("better-sqlite3");

const database = new Database(process.argv[2]);
database.pragma("journal_mode = WAL");
database.pragma("synchronous = FULL");
database.pragma("cache_size = -16384");

const findByHash = database.prepare("SELECT * FROM tokens WHERE hash = ?");
const insertToken = database.prepare(
  `INSERT INTO tokens (id, org_id, name, prefix, hash, scopes, created_at, expires_at, created_by)
   VALUES (@id, @org_id, @name, @prefix, @hash, @scopes, @created_at, @expires_at, @created_by)`,
);
const insertEvent = database.prepare(
  "INSERT INTO audit_events (org_id, token_id, action, actor_id, occurred_at) VALUES (?, ?, ?, ?, ?)",
);
const create = database.transaction((token) => {
  insertToken.run(token);
  insertEvent.run(token.org_id, token.id, "created", token.created_by, token.created_at);
});

const sha256 = (text) => createHash("sha256").update(text).digest();
const iso = (millis) => (millis === null ? null : new Date(millis).toISOString());
const wire = (token) => ({
  id: token.id,
  org_id: token.org_id,
  name: token.name,
  prefix: token.prefix,
  scopes: JSON.parse(token.scopes),
  last_used_at: null,
  expires_at: iso(token.expires_at),
  created_at: iso(token.created_at),
});

function send(response, status, body, headers = {}) {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "x-request-id": randomUUID(),
    ...headers,
  });
  response.end(text);
}

const refuse = (response, status, message) => send(response, status, { error: { message } });

function authenticate(request) {
  const match = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "");
  const token = match && findByHash.get(sha256(match[1]));
  const active = token && token.revoked_at === null && (token.expires_at === null || token.expires_at > Date.now());
  return active ? token : null;
}

async function readJson(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > 65536) throw new Error("the body is too large");
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

function validate(body) {
  if (typeof body !== "object" || body === null) return "Must be an object.";
  if (typeof body.name !== "string" || body.name.length < 1 || body.name.length > 100) return "The name is invalid.";
  const scopes = body.scopes;
  if (!Array.isArray(scopes) || scopes.length < 1 || scopes.length > 100) return "The scopes are invalid.";
  if (!scopes.every((scope) => typeof scope === "string" && /^[!-~]{1,64}$/.test(scope))) return "A scope is invalid.";
  if (body.expires_at != null && Number.isNaN(Date.parse(body.expires_at))) return "The expiry is invalid.";
  return null;
}

const covers = (held, wanted) =>
  held.some((scope) => scope === "*" || scope === wanted || (scope.endsWith(":*") && wanted.startsWith(scope.slice(0, -1))));

async function handleCreate(request, response, organization) {
  const caller = authenticate(request);
  if (!caller) return refuse(response, 401, "The token is not valid.");
  const held = JSON.parse(caller.scopes);
  if (caller.org_id !== organization || !covers(held, "api-tokens:write")) return refuse(response, 403, "Not allowed.");
  let body;
  try {
    body = await readJson(request);
  } catch {
    return refuse(response, 400, "The body is not valid JSON.");
  }
  const problem = validate(body);
  if (problem) return refuse(response, 422, problem);
  if (!body.scopes.every((scope) => covers(held, scope))) return refuse(response, 403, "A scope is not granted.");
  const secret = `aether_${randomBytes(32).toString("hex")}`;
  const token = {
    id: randomUUID(),
    org_id: organization,
    name: body.name,
    prefix: secret.slice(0, 15),
    hash: sha256(secret),
    scopes: JSON.stringify(body.scopes),
    created_at: Date.now(),
    expires_at: body.expires_at == null ? null : Date.parse(body.expires_at),
    created_by: caller.id,
  };
  create(token);
  send(response, 201, { ...wire(token), token: secret }, { "cache-control": "no-store" });
}

const TOKENS = /^\/api\/v1\/organizations\/([0-9a-f-]{36})\/api-tokens$/;

const server = createServer((request, response) => {
  const path = request.url.split("?", 1)[0];
  if (request.method === "GET" && path === "/api/v1/api-tokens/current") {
    const token = authenticate(request);
    return token ? send(response, 200, wire(token)) : refuse(response, 401, "The token is not valid.");
  }
  const tokens = TOKENS.exec(path);
  if (request.method === "POST" && tokens) return handleCreate(request, response, tokens[1]);
  refuse(response, 404, "There is no such operation.");
});
server.listen(0, "127.0.0.1", () => console.log(`Listening on http://127.0.0.1:${server.address().port}`));
