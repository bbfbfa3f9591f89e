"""The lifecycle of a token with openapi-python-client."""

import os
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http import HTTPStatus
from typing import TypeVar

from aether_client import AuthenticatedClient
from aether_client.api.tokens import (
    create_api_token,
    get_api_token,
    get_current_api_token,
    list_api_tokens,
    revoke_api_token,
    rotate_api_token,
    update_api_token,
)
from aether_client.api.verification import authorize_request, introspect_api_token
from aether_client.models import (
    ApiToken,
    ApiTokenCreate,
    ApiTokenUpdate,
    ErrorBody,
    ErrorEnvelope,
    IntrospectionForm,
    TokenRotation,
)
from aether_client.types import UNSET, Response, Unset

T = TypeVar("T")


def connect(token: str) -> AuthenticatedClient:
    """A client that authenticates with a token."""
    return AuthenticatedClient(base_url=os.environ["AETHER_URL"], token=token)


def expect(result: T | ErrorEnvelope | None) -> T:
    """The result of a call that has to succeed."""
    assert result is not None and not isinstance(result, ErrorEnvelope), result
    return result


def error(response: Response[T]) -> ErrorBody:
    """The error of a rejected request."""
    assert isinstance(response.parsed, ErrorEnvelope)
    return response.parsed.error


def all_tokens(client: AuthenticatedClient, org_id: uuid.UUID) -> Iterator[ApiToken]:
    """All tokens of the organization, a page after the other."""
    cursor: uuid.UUID | Unset = UNSET
    while True:
        page = expect(list_api_tokens.sync(org_id, client=client, limit=100, cursor=cursor))
        yield from page.items
        if not page.next_cursor:
            return
        cursor = page.next_cursor


client = connect(os.environ["AETHER_TOKEN"])
owner = expect(get_current_api_token.sync(client=client))
org_id = owner.org_id

scopes = ["deployments:read", "deployments:write", "api-tokens:introspect"]
creation = ApiTokenCreate(name="deploy pipeline", scopes=scopes)
key = str(uuid.uuid4())
created = create_api_token.sync_detailed(org_id, client=client, body=creation, idempotency_key=key)
assert created.status_code == HTTPStatus.CREATED
issued = expect(created.parsed)
assert re.fullmatch("aether_[0-9a-f]{72}", issued.token)
assert issued.scopes == scopes
print("ok create")

replayed = create_api_token.sync_detailed(org_id, client=client, body=creation, idempotency_key=key)
assert replayed.parsed == issued
assert replayed.headers["Idempotency-Replayed"] == "true"
print("ok replay")


def create_worker(number: int) -> uuid.UUID:
    """Creates a token without scopes, and returns its id."""
    return expect(create_api_token.sync(org_id, client=client, body=ApiTokenCreate(name=f"worker {number}"))).id


with ThreadPoolExecutor(max_workers=8) as pool:
    workers = list(pool.map(create_worker, range(300)))
seen = [token.id for token in all_tokens(client, org_id)]
assert len(seen) == 302
assert set(seen) == {owner.id, issued.id, *workers}
print("ok paging")

update = ApiTokenUpdate(name="deploy pipeline – eu")
renamed = expect(update_api_token.sync(org_id, issued.id, client=client, body=update))
assert renamed.name == "deploy pipeline – eu"
assert renamed.scopes == scopes
print("ok update-absent")

scoped = expect(
    create_api_token.sync(org_id, client=client, body=ApiTokenCreate(name="scoped", scopes=["metrics:read"]))
)
emptied = expect(update_api_token.sync(org_id, scoped.id, client=client, body=ApiTokenUpdate(scopes=[])))
assert emptied.scopes == []
assert emptied.name == "scoped"
print("ok update-empty")

successor = expect(
    rotate_api_token.sync(
        org_id, issued.id, client=client, body=TokenRotation(grace_seconds=60), idempotency_key=str(uuid.uuid4())
    )
)
assert successor.token != issued.token
for token in (issued, successor):
    assert expect(get_current_api_token.sync(client=connect(token.token))).id == token.id
print("ok rotate")

active = expect(introspect_api_token.sync(client=client, body=IntrospectionForm(token=successor.token)))
assert active.active
assert active.scope == " ".join(scopes)
unknown = expect(introspect_api_token.sync(client=client, body=IntrospectionForm(token="aether_unknown")))
assert unknown.to_dict() == {"active": False}
print("ok introspect")

gateway = connect(successor.token)
allowed = authorize_request.sync_detailed(client=gateway, scope="deployments:read")
assert allowed.status_code == HTTPStatus.OK
assert allowed.headers["X-Auth-Org-Id"] == str(org_id)
assert allowed.headers["X-Auth-Token-Id"] == str(successor.id)
assert allowed.headers["X-Auth-Scopes"] == active.scope
denied = authorize_request.sync_detailed(client=gateway, scope="audit-events:read")
assert denied.status_code == HTTPStatus.FORBIDDEN
assert error(denied).code == "insufficient_scope"
print("ok authorize")

wrong = ApiTokenCreate(name="", scopes=["a:b", "not a scope"], expires_at="2001-01-01T00:00:00Z")
invalid = create_api_token.sync_detailed(org_id, client=client, body=wrong)
assert invalid.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
assert error(invalid).code == "validation_failed"
problems = {problem.field: problem.code for problem in error(invalid).details or []}
assert problems == {"name": "too_short", "scopes[1]": "invalid_format", "expires_at": "in_past"}, problems
print("ok invalid")

revocation = revoke_api_token.sync_detailed(org_id, successor.id, client=client)
assert revocation.status_code == HTTPStatus.NO_CONTENT
revoked = expect(get_api_token.sync(org_id, successor.id, client=client))
assert revoked.state == "revoked"
assert isinstance(revoked.revoked_at, datetime)
print("ok revoke")

refused = get_current_api_token.sync_detailed(client=gateway)
assert refused.status_code == HTTPStatus.UNAUTHORIZED
assert error(refused).code == "unauthorized"
print("ok refused")

print("secret printed" if issued.token in repr(issued) else "secret hidden")
