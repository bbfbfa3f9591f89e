"""The lifecycle of a token with openapi-generator's Python client."""

import os
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from aether import ApiClient, ApiException, Configuration, TokensApi, VerificationApi
from aether.models import ApiToken, ApiTokenCreate, ApiTokenUpdate, ErrorBody, ErrorEnvelope, TokenRotation


def connect(token: str) -> ApiClient:
    """A client that authenticates with a token."""
    return ApiClient(Configuration(host=os.environ["AETHER_URL"], access_token=token))


def error(caught: ApiException) -> ErrorBody:
    """The error of a rejected request."""
    assert isinstance(caught.data, ErrorEnvelope)
    return caught.data.error


def all_tokens(api: TokensApi, org_id: uuid.UUID) -> Iterator[ApiToken]:
    """All tokens of the organization, a page after the other."""
    cursor = None
    while True:
        page = api.list_api_tokens(org_id, limit=100, cursor=cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


client = connect(os.environ["AETHER_TOKEN"])
tokens, verification = TokensApi(client), VerificationApi(client)
owner = tokens.get_current_api_token()
org_id = owner.org_id

scopes = ["deployments:read", "deployments:write", "api-tokens:introspect"]
creation = ApiTokenCreate(name="deploy pipeline", scopes=scopes)
key = str(uuid.uuid4())
issued = tokens.create_api_token(org_id, creation, idempotency_key=key)
assert re.fullmatch("aether_[0-9a-f]{72}", issued.token)
assert issued.scopes == scopes
print("ok create")

# The headers are a dictionary with the names as they are on the wire, in lower case.
replayed = tokens.create_api_token_with_http_info(org_id, creation, idempotency_key=key)
assert replayed.data == issued
assert replayed.headers is not None and replayed.headers["idempotency-replayed"] == "true"
print("ok replay")

with ThreadPoolExecutor(max_workers=8) as pool:
    names = (f"worker {number}" for number in range(300))
    workers = list(pool.map(lambda name: tokens.create_api_token(org_id, ApiTokenCreate(name=name)), names))
seen = [token.id for token in all_tokens(tokens, org_id)]
assert len(seen) == 302
assert set(seen) == {owner.id, issued.id, *(worker.id for worker in workers)}
print("ok paging")

renamed = tokens.update_api_token(org_id, issued.id, ApiTokenUpdate(name="deploy pipeline – eu"))
assert renamed.name == "deploy pipeline – eu"
assert renamed.scopes == scopes
print("ok update-absent")

scoped = tokens.create_api_token(org_id, ApiTokenCreate(name="scoped", scopes=["metrics:read"]))
emptied = tokens.update_api_token(org_id, scoped.id, ApiTokenUpdate(scopes=[]))
assert emptied.scopes == []
assert emptied.name == "scoped"
print("ok update-empty")

rotation = TokenRotation(grace_seconds=60)
successor = tokens.rotate_api_token(org_id, issued.id, rotation, idempotency_key=str(uuid.uuid4()))
assert successor.token != issued.token
for token in (issued, successor):
    assert TokensApi(connect(token.token)).get_current_api_token().id == token.id
print("ok rotate")

active = verification.introspect_api_token(successor.token)
assert active.active
assert active.scope == " ".join(scopes)
unknown = verification.introspect_api_token("aether_unknown")
assert not unknown.active
assert unknown.scope is None
print("ok introspect")

gateway = connect(successor.token)
allowed = VerificationApi(gateway).authorize_request_with_http_info(scope="deployments:read")
assert allowed.status_code == 200
assert allowed.headers is not None
assert allowed.headers["x-auth-org-id"] == str(org_id)
assert allowed.headers["x-auth-token-id"] == str(successor.id)
assert allowed.headers["x-auth-scopes"] == active.scope
try:
    VerificationApi(gateway).authorize_request(scope="audit-events:read")
    raise AssertionError("the scope is not covered")
except ApiException as denied:
    assert denied.status == 403
    assert error(denied).code == "insufficient_scope"
print("ok authorize")

# An empty name would not be sent: the models check the rules that the contract's schemas have.
wrong = ApiTokenCreate(name="\u202e", scopes=["a:b", "not a scope"], expires_at="2001-01-01T00:00:00Z")
try:
    tokens.create_api_token(org_id, wrong)
    raise AssertionError("the request is invalid")
except ApiException as invalid:
    assert invalid.status == 422
    assert error(invalid).code == "validation_failed"
    problems = {problem.var_field: problem.code for problem in error(invalid).details or []}
    assert problems == {"name": "invalid_format", "scopes[1]": "invalid_format", "expires_at": "in_past"}, problems
print("ok invalid")

revocation = tokens.revoke_api_token_with_http_info(org_id, successor.id)
assert revocation.status_code == 204
revoked = tokens.get_api_token(org_id, successor.id)
assert revoked.state == "revoked"
assert revoked.revoked_at is not None
print("ok revoke")

try:
    TokensApi(gateway).get_current_api_token()
    raise AssertionError("the token is revoked")
except ApiException as refused:
    assert refused.status == 401
    assert error(refused).code == "unauthorized"
print("ok refused")

print("secret printed" if issued.token in repr(issued) else "secret hidden")
