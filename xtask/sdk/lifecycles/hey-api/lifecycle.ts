// The lifecycle of a token with @hey-api/openapi-ts and its fetch client.

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
} from "./client";
import type { ApiToken } from "./client";
import { createClient } from "./client/client";

/** A client that authenticates with a token. */
const connect = (auth: string) => createClient({ baseUrl: process.env.AETHER_URL!, auth });

const client = connect(process.env.AETHER_TOKEN!);
const { data: owner } = await getCurrentApiToken({ client, throwOnError: true });
const path = { orgID: owner.org_id };

const creation = {
  client,
  path,
  headers: { "Idempotency-Key": randomUUID() },
  body: { name: "deploy pipeline", scopes: ["deployments:read", "deployments:write", "api-tokens:introspect"] },
};
const { data: issued, response: created } = await createApiToken({ ...creation, throwOnError: true });
assert.equal(created.status, 201);
assert.match(issued.token, /^aether_[0-9a-f]{72}$/);
console.log("ok create");

const replayed = await createApiToken(creation);
assert.deepEqual(replayed.data, issued);
assert.equal(replayed.response?.headers.get("Idempotency-Replayed"), "true");
console.log("ok replay");

const workers = await Promise.all(
  Array.from({ length: 300 }, async (_, number) => {
    const body = { name: `worker ${number}` };
    return (await createApiToken({ client, path, body, throwOnError: true })).data;
  }),
);

/** All tokens of the organization, a page after the other. */
async function* tokens(): AsyncGenerator<ApiToken> {
  let cursor: string | undefined;
  do {
    const { data } = await listApiTokens({ client, path, query: { limit: 100, cursor }, throwOnError: true });
    yield* data.items;
    cursor = data.next_cursor ?? undefined;
  } while (cursor);
}

const seen: string[] = [];
for await (const { id } of tokens()) seen.push(id);
assert.equal(seen.length, 302);
assert.deepEqual(new Set(seen), new Set([owner, issued, ...workers].map(({ id }) => id)));
console.log("ok paging");

const token = { ...path, tokenID: issued.id };
const renamed = await updateApiToken({ client, path: token, body: { name: "deploy pipeline – eu" } });
assert.equal(renamed.data?.name, "deploy pipeline – eu");
assert.deepEqual(renamed.data?.scopes, creation.body.scopes);
console.log("ok update-absent");

const { data: scoped } = await createApiToken({
  client,
  path,
  body: { name: "scoped", scopes: ["metrics:read"] },
  throwOnError: true,
});
const emptied = await updateApiToken({ client, path: { ...path, tokenID: scoped.id }, body: { scopes: [] } });
assert.deepEqual(emptied.data?.scopes, []);
assert.equal(emptied.data?.name, "scoped");
console.log("ok update-empty");

const { data: successor } = await rotateApiToken({
  client,
  path: token,
  headers: { "Idempotency-Key": randomUUID() },
  body: { grace_seconds: 60 },
  throwOnError: true,
});
assert.notEqual(successor.token, issued.token);
for (const { id, token } of [issued, successor]) {
  assert.equal((await getCurrentApiToken({ client: connect(token) })).data?.id, id);
}
console.log("ok rotate");

const active = await introspectApiToken({ client, body: { token: successor.token } });
assert.equal(active.data?.active, true);
assert.equal(active.data?.scope, creation.body.scopes.join(" "));
const unknown = await introspectApiToken({ client, body: { token: "aether_unknown" } });
assert.deepEqual(unknown.data, { active: false });
console.log("ok introspect");

const gateway = connect(successor.token);
const allowed = await authorizeRequest({ client: gateway, query: { scope: "deployments:read" } });
assert.equal(allowed.response?.status, 200);
assert.equal(allowed.response?.headers.get("X-Auth-Org-Id"), owner.org_id);
assert.equal(allowed.response?.headers.get("X-Auth-Token-Id"), successor.id);
assert.equal(allowed.response?.headers.get("X-Auth-Scopes"), active.data?.scope);
const denied = await authorizeRequest({ client: gateway, query: { scope: "audit-events:read" } });
assert.equal(denied.response?.status, 403);
assert.equal(denied.error?.error.code, "insufficient_scope");
console.log("ok authorize");

const invalid = await createApiToken({
  client,
  path,
  body: { name: "", scopes: ["a:b", "not a scope"], expires_at: "2001-01-01T00:00:00Z" },
});
assert.equal(invalid.response?.status, 422);
assert.equal(invalid.error?.error.code, "validation_failed");
const problems = Object.fromEntries(invalid.error?.error.details?.map(({ field, code }) => [field, code]) ?? []);
assert.deepEqual(problems, { name: "too_short", "scopes[1]": "invalid_format", expires_at: "in_past" });
console.log("ok invalid");

const revocation = await revokeApiToken({ client, path: { ...path, tokenID: successor.id } });
assert.equal(revocation.response?.status, 204);
const revoked = await getApiToken({ client, path: { ...path, tokenID: successor.id } });
assert.equal(revoked.data?.state, "revoked");
assert(revoked.data?.revoked_at);
console.log("ok revoke");

const refused = await getCurrentApiToken({ client: gateway });
assert.equal(refused.response?.status, 401);
assert.equal(refused.error?.error.code, "unauthorized");
console.log("ok refused");

console.log(inspect(issued).includes(issued.token) ? "secret printed" : "secret hidden");
