// The lifecycle of a token with orval and its fetch client.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { inspect } from "node:util";

import {
  authorizeRequest,
  createApiToken,
  getApiToken,
  getCurrentApiToken,
  introspectApiToken,
  listApiTokens,
  revokeApiToken,
  rotateApiToken,
  updateApiToken,
} from "./client/aether";
import type { ApiToken } from "./client/aether";

// The functions have relative URLs, and no server among their arguments.
const request = globalThis.fetch;
globalThis.fetch = (path, init) => request(new URL(path as string, process.env.AETHER_URL), init);

/** The options of a request that authenticates with a token. */
const as = (token: string, headers: Record<string, string> = {}): RequestInit => ({
  headers: { Authorization: `Bearer ${token}`, ...headers },
});

/** The data of a response with an expected status, with the type of that status. */
function data<R extends { status: number; data: unknown }, S extends R["status"]>(response: R, status: S) {
  assert.equal(response.status, status);
  return response.data as Extract<R, { status: S }>["data"];
}

const aether = as(process.env.AETHER_TOKEN!);
const owner = data(await getCurrentApiToken(aether), 200);
const orgID = owner.org_id;

const creation = {
  name: "deploy pipeline",
  scopes: ["deployments:read", "deployments:write", "api-tokens:introspect"],
};
const once = as(process.env.AETHER_TOKEN!, { "Idempotency-Key": randomUUID() });
const issued = data(await createApiToken(orgID, creation, once), 201);
assert.match(issued.token, /^aether_[0-9a-f]{72}$/);
console.log("ok create");

const replayed = await createApiToken(orgID, creation, once);
assert.deepEqual(data(replayed, 201), issued);
assert.equal(replayed.headers.get("Idempotency-Replayed"), "true");
console.log("ok replay");

const workers = await Promise.all(
  Array.from({ length: 300 }, async (_, number) =>
    data(await createApiToken(orgID, { name: `worker ${number}` }, aether), 201),
  ),
);

/** All tokens of the organization, a page after the other. */
async function* tokens(): AsyncGenerator<ApiToken> {
  let cursor: string | undefined;
  do {
    const page = data(await listApiTokens(orgID, { limit: 100, cursor }, aether), 200);
    yield* page.items;
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
}

const seen: string[] = [];
for await (const { id } of tokens()) seen.push(id);
assert.equal(seen.length, 302);
assert.deepEqual(new Set(seen), new Set([owner, issued, ...workers].map(({ id }) => id)));
console.log("ok paging");

const renamed = data(await updateApiToken(orgID, issued.id, { name: "deploy pipeline – eu" }, aether), 200);
assert.equal(renamed.name, "deploy pipeline – eu");
assert.deepEqual(renamed.scopes, creation.scopes);
console.log("ok update-absent");

const scoped = data(await createApiToken(orgID, { name: "scoped", scopes: ["metrics:read"] }, aether), 201);
const emptied = data(await updateApiToken(orgID, scoped.id, { scopes: [] }, aether), 200);
assert.deepEqual(emptied.scopes, []);
assert.equal(emptied.name, "scoped");
console.log("ok update-empty");

const rotateOnce = as(process.env.AETHER_TOKEN!, { "Idempotency-Key": randomUUID() });
const successor = data(await rotateApiToken(orgID, issued.id, { grace_seconds: 60 }, rotateOnce), 201);
assert.notEqual(successor.token, issued.token);
for (const { id, token } of [issued, successor]) {
  assert.equal(data(await getCurrentApiToken(as(token)), 200).id, id);
}
console.log("ok rotate");

const active = data(await introspectApiToken({ token: successor.token }, aether), 200);
assert.equal(active.active, true);
assert.equal(active.scope, creation.scopes.join(" "));
assert.deepEqual(data(await introspectApiToken({ token: "aether_unknown" }, aether), 200), { active: false });
console.log("ok introspect");

const gateway = as(successor.token);
const allowed = await authorizeRequest({ scope: "deployments:read" }, gateway);
assert.equal(allowed.status, 200);
assert.equal(allowed.headers.get("X-Auth-Org-Id"), orgID);
assert.equal(allowed.headers.get("X-Auth-Token-Id"), successor.id);
assert.equal(allowed.headers.get("X-Auth-Scopes"), active.scope);
const denied = data(await authorizeRequest({ scope: "audit-events:read" }, gateway), 403);
assert.equal(denied.error.code, "insufficient_scope");
console.log("ok authorize");

const wrong = { name: "", scopes: ["a:b", "not a scope"], expires_at: "2001-01-01T00:00:00Z" };
const invalid = data(await createApiToken(orgID, wrong, aether), 422);
assert.equal(invalid.error.code, "validation_failed");
const problems = Object.fromEntries(invalid.error.details?.map(({ field, code }) => [field, code]) ?? []);
assert.deepEqual(problems, { name: "too_short", "scopes[1]": "invalid_format", expires_at: "in_past" });
console.log("ok invalid");

data(await revokeApiToken(orgID, successor.id, undefined, aether), 204);
const revoked = data(await getApiToken(orgID, successor.id, aether), 200);
assert.equal(revoked.state, "revoked");
assert(revoked.revoked_at);
console.log("ok revoke");

const refused = data(await getCurrentApiToken(gateway), 401);
assert.equal(refused.error.code, "unauthorized");
console.log("ok refused");

console.log(inspect(issued).includes(issued.token) ? "secret printed" : "secret hidden");
