// The lifecycle of a token with openapi-generator's typescript-axios.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { inspect } from "node:util";

import { isAxiosError } from "axios";

import { Configuration, TokensApi, VerificationApi } from "./client";
import type { ApiToken, ErrorBody, ErrorEnvelope } from "./client";

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
  if (!isAxiosError<ErrorEnvelope>(caught) || !caught.response) throw caught;
  return { status: caught.response.status, error: caught.response.data.error };
}

const aether = connect(process.env.AETHER_TOKEN!);
const { data: owner } = await aether.tokens.getCurrentApiToken();
const orgID = owner.org_id;

const creation = {
  name: "deploy pipeline",
  scopes: new Set(["deployments:read", "deployments:write", "api-tokens:introspect"]),
};
const key = randomUUID();
const { data: issued } = await aether.tokens.createApiToken(orgID, creation, key);
assert.match(issued.token, /^aether_[0-9a-f]{72}$/);
assert.deepEqual(issued.scopes, [...creation.scopes]);
console.log("ok create");

const replayed = await aether.tokens.createApiToken(orgID, creation, key);
assert.deepEqual(replayed.data, issued);
assert.equal(replayed.headers["idempotency-replayed"], "true");
console.log("ok replay");

const workers = await Promise.all(
  Array.from({ length: 300 }, async (_, number) =>
    (await aether.tokens.createApiToken(orgID, { name: `worker ${number}` })).data,
  ),
);

/** All tokens of the organization, a page after the other. */
async function* tokens(): AsyncGenerator<ApiToken> {
  let cursor: string | undefined;
  do {
    const { data: page } = await aether.tokens.listApiTokens(orgID, cursor, 100);
    yield* page.items;
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
}

const seen: string[] = [];
for await (const { id } of tokens()) seen.push(id);
assert.equal(seen.length, 302);
assert.deepEqual(new Set(seen), new Set([owner, issued, ...workers].map(({ id }) => id)));
console.log("ok paging");

const { data: renamed } = await aether.tokens.updateApiToken(orgID, issued.id, { name: "deploy pipeline – eu" });
assert.equal(renamed.name, "deploy pipeline – eu");
assert.deepEqual(renamed.scopes, issued.scopes);
console.log("ok update-absent");

const scoped = await aether.tokens.createApiToken(orgID, { name: "scoped", scopes: new Set(["metrics:read"]) });
const { data: emptied } = await aether.tokens.updateApiToken(orgID, scoped.data.id, { scopes: new Set() });
assert.deepEqual(emptied.scopes, []);
assert.equal(emptied.name, "scoped");
console.log("ok update-empty");

const rotation = { grace_seconds: 60 };
const { data: successor } = await aether.tokens.rotateApiToken(orgID, issued.id, rotation, randomUUID());
assert.notEqual(successor.token, issued.token);
for (const { id, token } of [issued, successor]) {
  assert.equal((await connect(token).tokens.getCurrentApiToken()).data.id, id);
}
console.log("ok rotate");

const { data: active } = await aether.verification.introspectApiToken(successor.token);
assert.equal(active.active, true);
assert.equal(active.scope, issued.scopes.join(" "));
const { data: unknown } = await aether.verification.introspectApiToken("aether_unknown");
assert.deepEqual(unknown, { active: false });
console.log("ok introspect");

const gateway = connect(successor.token);
const allowed = await gateway.verification.authorizeRequest("deployments:read");
assert.equal(allowed.status, 200);
assert.equal(allowed.headers["x-auth-org-id"], orgID);
assert.equal(allowed.headers["x-auth-token-id"], successor.id);
assert.equal(allowed.headers["x-auth-scopes"], active.scope);
const denied = await failure(gateway.verification.authorizeRequest("audit-events:read"));
assert.equal(denied.status, 403);
assert.equal(denied.error.code, "insufficient_scope");
console.log("ok authorize");

const wrong = { name: "", scopes: new Set(["a:b", "not a scope"]), expires_at: "2001-01-01T00:00:00Z" };
const invalid = await failure(aether.tokens.createApiToken(orgID, wrong));
assert.equal(invalid.status, 422);
assert.equal(invalid.error.code, "validation_failed");
const problems = Object.fromEntries(invalid.error.details!.map(({ field, code }) => [field, code]));
assert.deepEqual(problems, { name: "too_short", "scopes[1]": "invalid_format", expires_at: "in_past" });
console.log("ok invalid");

assert.equal((await aether.tokens.revokeApiToken(orgID, successor.id)).status, 204);
const { data: revoked } = await aether.tokens.getApiToken(orgID, successor.id);
assert.equal(revoked.state, "revoked");
assert(revoked.revoked_at);
console.log("ok revoke");

const refused = await failure(gateway.tokens.getCurrentApiToken());
assert.equal(refused.status, 401);
assert.equal(refused.error.code, "unauthorized");
console.log("ok refused");

console.log(inspect(issued).includes(issued.token) ? "secret printed" : "secret hidden");
