// The lifecycle of a token with the types of openapi-typescript and the client openapi-fetch.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { inspect } from "node:util";

import createClient from "openapi-fetch";

import type { components, paths } from "./client/schema";

type ApiToken = components["schemas"]["ApiToken"];

const baseUrl = process.env.AETHER_URL!;

/** A client that authenticates with a token. */
const connect = (token: string) =>
  createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });

const TOKENS = "/api/v1/organizations/{orgID}/api-tokens";
const TOKEN = "/api/v1/organizations/{orgID}/api-tokens/{tokenID}";
const ROTATE = "/api/v1/organizations/{orgID}/api-tokens/{tokenID}/rotate";
const CURRENT = "/api/v1/api-tokens/current";

const aether = connect(process.env.AETHER_TOKEN!);
const owner = (await aether.GET(CURRENT)).data;
assert(owner, "the owner token is not accepted");
const orgID = owner.org_id;

const key = randomUUID();
const creation = {
  params: { path: { orgID }, header: { "Idempotency-Key": key } },
  body: { name: "deploy pipeline", scopes: ["deployments:read", "deployments:write", "api-tokens:introspect"] },
};
const created = await aether.POST(TOKENS, creation);
assert.equal(created.response.status, 201);
const issued = created.data!;
assert.match(issued.token, /^aether_[0-9a-f]{72}$/);
console.log("ok create");

const replayed = await aether.POST(TOKENS, creation);
assert.deepEqual(replayed.data, issued);
assert.equal(replayed.response.headers.get("Idempotency-Replayed"), "true");
console.log("ok replay");

const ids = new Set<string>();
await Promise.all(
  Array.from({ length: 300 }, async (_, number) => {
    const { data } = await aether.POST(TOKENS, { params: { path: { orgID } }, body: { name: `worker ${number}` } });
    ids.add(data!.id);
  }),
);
assert.equal(ids.size, 300);

/** All tokens of the organization, a page after the other. */
async function* tokens(): AsyncGenerator<ApiToken> {
  let cursor: string | null | undefined;
  do {
    const query = { limit: 100, cursor: cursor ?? undefined };
    const { data, error } = await aether.GET(TOKENS, { params: { path: { orgID }, query } });
    if (!data) throw new Error(`cannot list the tokens: ${error.error.code}`);
    yield* data.items;
    cursor = data.next_cursor;
  } while (cursor);
}

const seen: string[] = [];
for await (const { id } of tokens()) seen.push(id);
assert.equal(seen.length, 302);
assert.deepEqual(new Set(seen), new Set([...ids, issued.id, owner.id]));
console.log("ok paging");

const path = { orgID, tokenID: issued.id };
const renamed = await aether.PUT(TOKEN, { params: { path }, body: { name: "deploy pipeline – eu" } });
assert.equal(renamed.data?.name, "deploy pipeline – eu");
assert.deepEqual(renamed.data?.scopes, creation.body.scopes);
console.log("ok update-absent");

const scoped = (await aether.POST(TOKENS, { params: { path: { orgID } }, body: { name: "a", scopes: ["a:b"] } })).data!;
const emptied = await aether.PUT(TOKEN, { params: { path: { orgID, tokenID: scoped.id } }, body: { scopes: [] } });
assert.deepEqual(emptied.data?.scopes, []);
assert.equal(emptied.data?.name, "a");
console.log("ok update-empty");

const rotation = await aether.POST(ROTATE, {
  params: { path, header: { "Idempotency-Key": randomUUID() } },
  body: { grace_seconds: 60 },
});
const successor = rotation.data!;
assert.equal(rotation.response.status, 201);
assert.notEqual(successor.token, issued.token);
for (const { id, token } of [issued, successor]) {
  assert.equal((await connect(token).GET(CURRENT)).data?.id, id);
}
console.log("ok rotate");

/** The state of a token, by RFC 7662. */
const introspect = async (token: string) =>
  (
    await aether.POST("/api/v1/introspect", {
      body: { token },
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
    })
  ).data;
const active = await introspect(successor.token);
assert.equal(active?.active, true);
assert.equal(active?.scope, creation.body.scopes.join(" "));
assert.deepEqual(await introspect("aether_unknown"), { active: false });
console.log("ok introspect");

const gateway = connect(successor.token);
const allowed = await gateway.GET("/api/v1/authorize", { params: { query: { scope: "deployments:read" } } });
assert.equal(allowed.response.status, 200);
assert.equal(allowed.response.headers.get("X-Auth-Org-Id"), orgID);
assert.equal(allowed.response.headers.get("X-Auth-Token-Id"), successor.id);
assert.equal(allowed.response.headers.get("X-Auth-Scopes"), active?.scope);
const denied = await gateway.GET("/api/v1/authorize", { params: { query: { scope: "audit-events:read" } } });
assert.equal(denied.response.status, 403);
assert.equal(denied.error?.error.code, "insufficient_scope");
console.log("ok authorize");

const invalid = await aether.POST(TOKENS, {
  params: { path: { orgID } },
  body: { name: "", scopes: ["a:b", "not a scope"], expires_at: "2001-01-01T00:00:00Z" },
});
assert.equal(invalid.response.status, 422);
assert.equal(invalid.error?.error.code, "validation_failed");
const problems = invalid.error?.error.details?.map(({ field, code }) => [field, code]);
assert.deepEqual(Object.fromEntries(problems ?? []), {
  name: "too_short",
  "scopes[1]": "invalid_format",
  expires_at: "in_past",
});
console.log("ok invalid");

const revoked = await aether.DELETE(TOKEN, { params: { path: { orgID, tokenID: successor.id } } });
assert.equal(revoked.response.status, 204);
const shown = await aether.GET(TOKEN, { params: { path: { orgID, tokenID: successor.id } } });
assert.equal(shown.data?.state, "revoked");
assert(shown.data?.revoked_at);
console.log("ok revoke");

const refused = await gateway.GET(CURRENT);
assert.equal(refused.response.status, 401);
assert.equal(refused.error?.error.code, "unauthorized");
console.log("ok refused");

console.log(inspect(issued).includes(issued.token) ? "secret printed" : "secret hidden");
