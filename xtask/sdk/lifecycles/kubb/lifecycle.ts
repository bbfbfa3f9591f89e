// The lifecycle of a token with kubb and its axios client.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { inspect } from "node:util";

import { isAxiosError } from "axios";

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
import type { ApiToken, ErrorBody, ErrorEnvelope } from "./client";

/** The configuration of a request that authenticates with a token. */
const as = (token: string) => ({
  baseURL: process.env.AETHER_URL!,
  headers: { Authorization: `Bearer ${token}` },
});

/** The status and the error of a call that has to fail. */
async function failure(call: Promise<unknown>): Promise<{ status: number; error: ErrorBody }> {
  const caught = await call.then(
    () => assert.fail("the call succeeded"),
    (caught: unknown) => caught,
  );
  if (!isAxiosError<ErrorEnvelope>(caught) || !caught.response) throw caught;
  return { status: caught.response.status, error: caught.response.data.error };
}

const aether = as(process.env.AETHER_TOKEN!);
const { data: owner } = await getCurrentApiToken(aether);
const orgID = owner.org_id;

const creation = {
  name: "deploy pipeline",
  scopes: ["deployments:read", "deployments:write", "api-tokens:introspect"],
};
const key = { "Idempotency-Key": randomUUID() };
const { data: issued } = await createApiToken(orgID, creation, key, aether);
assert.match(issued.token, /^aether_[0-9a-f]{72}$/);
assert.deepEqual(issued.scopes, creation.scopes);
console.log("ok create");

const replayed = await createApiToken(orgID, creation, key, aether);
assert.deepEqual(replayed.data, issued);
assert.equal(replayed.headers["idempotency-replayed"], "true");
console.log("ok replay");

const workers = await Promise.all(
  Array.from({ length: 300 }, async (_, number) =>
    (await createApiToken(orgID, { name: `worker ${number}` }, undefined, aether)).data,
  ),
);

/** All tokens of the organization, a page after the other. */
async function* tokens(): AsyncGenerator<ApiToken> {
  let cursor: string | undefined;
  do {
    const { data: page } = await listApiTokens(orgID, { limit: 100, cursor }, aether);
    yield* page.items;
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
}

const seen: string[] = [];
for await (const { id } of tokens()) seen.push(id);
assert.equal(seen.length, 302);
assert.deepEqual(new Set(seen), new Set([owner, issued, ...workers].map(({ id }) => id)));
console.log("ok paging");

const { data: renamed } = await updateApiToken(orgID, issued.id, { name: "deploy pipeline – eu" }, aether);
assert.equal(renamed.name, "deploy pipeline – eu");
assert.deepEqual(renamed.scopes, issued.scopes);
console.log("ok update-absent");

const scoped = await createApiToken(orgID, { name: "scoped", scopes: ["metrics:read"] }, undefined, aether);
const { data: emptied } = await updateApiToken(orgID, scoped.data.id, { scopes: [] }, aether);
assert.deepEqual(emptied.scopes, []);
assert.equal(emptied.name, "scoped");
console.log("ok update-empty");

const rotateOnce = { "Idempotency-Key": randomUUID() };
const { data: successor } = await rotateApiToken(orgID, issued.id, { grace_seconds: 60 }, rotateOnce, aether);
assert.notEqual(successor.token, issued.token);
for (const { id, token } of [issued, successor]) {
  assert.equal((await getCurrentApiToken(as(token))).data.id, id);
}
console.log("ok rotate");

const { data: active } = await introspectApiToken({ token: successor.token }, aether);
assert.equal(active.active, true);
assert.equal(active.scope, issued.scopes.join(" "));
const { data: unknown } = await introspectApiToken({ token: "aether_unknown" }, aether);
assert.deepEqual(unknown, { active: false });
console.log("ok introspect");

const gateway = as(successor.token);
const allowed = await authorizeRequest({ scope: "deployments:read" }, gateway);
assert.equal(allowed.status, 200);
assert.equal(allowed.headers["x-auth-org-id"], orgID);
assert.equal(allowed.headers["x-auth-token-id"], successor.id);
assert.equal(allowed.headers["x-auth-scopes"], active.scope);
const denied = await failure(authorizeRequest({ scope: "audit-events:read" }, gateway));
assert.equal(denied.status, 403);
assert.equal(denied.error.code, "insufficient_scope");
console.log("ok authorize");

const wrong = { name: "", scopes: ["a:b", "not a scope"], expires_at: "2001-01-01T00:00:00Z" };
const invalid = await failure(createApiToken(orgID, wrong, undefined, aether));
assert.equal(invalid.status, 422);
assert.equal(invalid.error.code, "validation_failed");
const problems = Object.fromEntries(invalid.error.details!.map(({ field, code }) => [field, code]));
assert.deepEqual(problems, { name: "too_short", "scopes[1]": "invalid_format", expires_at: "in_past" });
console.log("ok invalid");

assert.equal((await revokeApiToken(orgID, successor.id, undefined, aether)).status, 204);
const { data: revoked } = await getApiToken(orgID, successor.id, aether);
assert.equal(revoked.state, "revoked");
assert(revoked.revoked_at);
console.log("ok revoke");

const refused = await failure(getCurrentApiToken(gateway));
assert.equal(refused.status, 401);
assert.equal(refused.error.code, "unauthorized");
console.log("ok refused");

console.log(inspect(issued).includes(issued.token) ? "secret printed" : "secret hidden");
