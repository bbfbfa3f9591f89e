// The lifecycle of a token with openapi-generator's typescript-fetch.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { inspect } from "node:util";

import { Configuration, ErrorEnvelopeFromJSON, ResponseError, TokensApi, VerificationApi } from "./client";
import type { ApiToken, ErrorBody } from "./client";

/** The operations with a token. */
function connect(accessToken: string) {
  const configuration = new Configuration({ basePath: process.env.AETHER_URL!, accessToken });
  return { tokens: new TokensApi(configuration), verification: new VerificationApi(configuration) };
}

/** The status and the error of a call that has to fail. */
async function failure(call: Promise<unknown>): Promise<{ status: number; error: ErrorBody }> {
  const caught = await call.then(
    () => assert.fail("the call succeeded"),
    (caught: unknown) => caught,
  );
  if (!(caught instanceof ResponseError)) throw caught;
  return { status: caught.response.status, error: ErrorEnvelopeFromJSON(await caught.response.json()).error };
}

const aether = connect(process.env.AETHER_TOKEN!);
const owner = await aether.tokens.getCurrentApiToken();
const orgID = owner.orgId;

const creation = {
  orgID,
  idempotencyKey: randomUUID(),
  apiTokenCreate: {
    name: "deploy pipeline",
    scopes: new Set(["deployments:read", "deployments:write", "api-tokens:introspect"]),
  },
};
const issued = await aether.tokens.createApiToken(creation);
assert.match(issued.token, /^aether_[0-9a-f]{72}$/);
assert.deepEqual(issued.scopes, [...creation.apiTokenCreate.scopes]);
console.log("ok create");

const replayed = await aether.tokens.createApiTokenRaw(creation);
assert.deepEqual(await replayed.value(), issued);
assert.equal(replayed.raw.headers.get("Idempotency-Replayed"), "true");
console.log("ok replay");

const workers = await Promise.all(
  Array.from({ length: 300 }, (_, number) =>
    aether.tokens.createApiToken({ orgID, apiTokenCreate: { name: `worker ${number}` } }),
  ),
);

/** All tokens of the organization, a page after the other. */
async function* tokens(): AsyncGenerator<ApiToken> {
  let cursor: string | undefined;
  do {
    const page = await aether.tokens.listApiTokens({ orgID, limit: 100, cursor });
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
}

const seen: string[] = [];
for await (const { id } of tokens()) seen.push(id);
assert.equal(seen.length, 302);
assert.deepEqual(new Set(seen), new Set([owner, issued, ...workers].map(({ id }) => id)));
console.log("ok paging");

const path = { orgID, tokenID: issued.id };
const renamed = await aether.tokens.updateApiToken({ ...path, apiTokenUpdate: { name: "deploy pipeline – eu" } });
assert.equal(renamed.name, "deploy pipeline – eu");
assert.deepEqual(renamed.scopes, issued.scopes);
console.log("ok update-absent");

const scoped = await aether.tokens.createApiToken({
  orgID,
  apiTokenCreate: { name: "scoped", scopes: new Set(["metrics:read"]) },
});
const emptied = await aether.tokens.updateApiToken({
  orgID,
  tokenID: scoped.id,
  apiTokenUpdate: { scopes: new Set() },
});
assert.deepEqual(emptied.scopes, []);
assert.equal(emptied.name, "scoped");
console.log("ok update-empty");

const successor = await aether.tokens.rotateApiToken({
  ...path,
  idempotencyKey: randomUUID(),
  tokenRotation: { graceSeconds: 60 },
});
assert.notEqual(successor.token, issued.token);
for (const { id, token } of [issued, successor]) {
  assert.equal((await connect(token).tokens.getCurrentApiToken()).id, id);
}
console.log("ok rotate");

const active = await aether.verification.introspectApiToken({ token: successor.token });
assert.equal(active.active, true);
assert.equal(active.scope, issued.scopes.join(" "));
const unknown = await aether.verification.introspectApiToken({ token: "aether_unknown" });
assert.equal(unknown.active, false);
assert.equal(unknown.scope, undefined);
console.log("ok introspect");

const gateway = connect(successor.token);
const { raw } = await gateway.verification.authorizeRequestRaw({ scope: "deployments:read" });
assert.equal(raw.status, 200);
assert.equal(raw.headers.get("X-Auth-Org-Id"), orgID);
assert.equal(raw.headers.get("X-Auth-Token-Id"), successor.id);
assert.equal(raw.headers.get("X-Auth-Scopes"), active.scope);
const denied = await failure(gateway.verification.authorizeRequest({ scope: "audit-events:read" }));
assert.equal(denied.status, 403);
assert.equal(denied.error.code, "insufficient_scope");
console.log("ok authorize");

const invalid = await failure(
  aether.tokens.createApiToken({
    orgID,
    apiTokenCreate: { name: "", scopes: new Set(["a:b", "not a scope"]), expiresAt: "2001-01-01T00:00:00Z" },
  }),
);
assert.equal(invalid.status, 422);
assert.equal(invalid.error.code, "validation_failed");
const problems = Object.fromEntries(invalid.error.details!.map(({ field, code }) => [field, code]));
assert.deepEqual(problems, { name: "too_short", "scopes[1]": "invalid_format", expires_at: "in_past" });
console.log("ok invalid");

const revocation = await aether.tokens.revokeApiTokenRaw({ orgID, tokenID: successor.id });
assert.equal(revocation.raw.status, 204);
const revoked = await aether.tokens.getApiToken({ orgID, tokenID: successor.id });
assert.equal(revoked.state, "revoked");
assert(revoked.revokedAt);
console.log("ok revoke");

const refused = await failure(gateway.tokens.getCurrentApiToken());
assert.equal(refused.status, 401);
assert.equal(refused.error.code, "unauthorized");
console.log("ok refused");

console.log(inspect(issued).includes(issued.token) ? "secret printed" : "secret hidden");
