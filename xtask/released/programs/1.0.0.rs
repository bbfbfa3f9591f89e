//! A program that was written for version 1.0.0 of the contract. It calls every operation, and reads successes and errors.

use std::num::NonZeroU32;

use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::generated::Client;
use crate::generated::types::{
    ApiToken, ApiTokenCreate, ApiTokenCreateScopesItem, ApiTokenPage, ApiTokenState, ApiTokenStateFilter,
    ApiTokenUpdate, AuditEventPage, ErrorEnvelope, Introspection, IntrospectionForm, IssuedApiToken, TokenRotation,
    builder,
};
use crate::{Error, Server, TokenSecret, rejected};

type Result<T> = std::result::Result<T, Error>;

/// A text that has the form of a token.
const UNKNOWN: &str = "aether_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef6cc5e124";

/// An organization, and clients with different tokens.
struct Program<'s> {
    server: &'s Server,
    org_id: Uuid,
    owner: Client,
    /// A client with a token that has no scopes.
    limited: Client,
    /// A client with a text that is no token.
    unknown: Client,
}

/// Calls every operation.
pub(crate) async fn run(server: &Server) -> Result<()> {
    let owner = server.client(&server.owner);
    let org_id = owner.get_current_api_token().send().await?.org_id;
    let limited = create(&owner, org_id, ApiTokenCreate::builder().name("limited")).await?;
    let (limited, unknown) = (server.client(&limited.token), server.client(&TokenSecret::from(UNKNOWN)));
    let program = Program { server, org_id, owner, limited, unknown };
    program.create().await?;
    program.list().await?;
    program.get().await?;
    program.update().await?;
    program.rotate().await?;
    program.revoke().await?;
    program.current().await?;
    program.authorize().await?;
    program.introspect().await?;
    program.list_events().await?;
    later_values_are_read();
    Ok(())
}

async fn create(client: &Client, org_id: Uuid, body: builder::ApiTokenCreate) -> Result<IssuedApiToken> {
    let response = client.create_api_token().org_id(org_id).body(body).send().await?;
    assert_eq!(response.headers()["cache-control"], "no-store");
    Ok(response.into_inner())
}

async fn list(client: &Client, org_id: Uuid, limit: u32) -> Result<ApiTokenPage> {
    let limit = NonZeroU32::new(limit).expect("a limit");
    Ok(client.list_api_tokens().org_id(org_id).limit(limit).send().await?.into_inner())
}

async fn get(client: &Client, org_id: Uuid, token_id: Uuid) -> Result<ApiToken> {
    Ok(client.get_api_token().org_id(org_id).token_id(token_id).send().await?.into_inner())
}

async fn update(client: &Client, org_id: Uuid, token_id: Uuid, body: builder::ApiTokenUpdate) -> Result<ApiToken> {
    Ok(client.update_api_token().org_id(org_id).token_id(token_id).body(body).send().await?.into_inner())
}

async fn rotate(client: &Client, org_id: Uuid, token_id: Uuid, grace: i32) -> Result<IssuedApiToken> {
    let body = TokenRotation::builder().grace_seconds(grace);
    Ok(client.rotate_api_token().org_id(org_id).token_id(token_id).body(body).send().await?.into_inner())
}

/// Revokes a token. Returns the number of revoked tokens.
async fn revoke(client: &Client, org_id: Uuid, token_id: Uuid, descendants: bool) -> Result<String> {
    let request = client.revoke_api_token().org_id(org_id).token_id(token_id).descendants(descendants);
    let response = request.send().await?;
    Ok(response.headers()["x-revoked-count"].to_str().expect("a number").to_owned())
}

async fn introspect(client: &Client, token: &str) -> Result<Introspection> {
    let form = IntrospectionForm::builder().token(token);
    Ok(client.introspect_api_token().body(form).send().await?.into_inner())
}

async fn list_events(client: &Client, org_id: Uuid, cursor: Option<Uuid>, limit: u32) -> Result<AuditEventPage> {
    let limit = NonZeroU32::new(limit).expect("a limit");
    let request = client.list_audit_events().org_id(org_id).limit(limit);
    let request = if let Some(cursor) = cursor { request.cursor(cursor) } else { request };
    Ok(request.send().await?.into_inner())
}

fn scopes(scopes: &[&str]) -> Vec<ApiTokenCreateScopesItem> {
    scopes.iter().map(|scope| scope.parse().expect("a scope")).collect()
}

/// Asserts that the error of an invalid request has one problem.
#[track_caller]
fn invalid<T: std::fmt::Debug>(result: Result<T>, field: &str, code: &str) {
    let error = rejected(result, 422, "validation_failed");
    let [problem] = &error.details[..] else { panic!("one problem: {error:?}") };
    assert_eq!((problem.field.as_str(), problem.code.as_str()), (field, code));
    assert!(!problem.message.is_empty() && !error.message.is_empty());
}

impl Program<'_> {
    /// Creates a token by the owner token.
    async fn token(&self, name: &str) -> Result<IssuedApiToken> {
        let body = ApiTokenCreate::builder().name(name).scopes(scopes(&["deploy:*", "read"]));
        create(&self.owner, self.org_id, body).await
    }

    async fn create(&self) -> Result<()> {
        let body = |expires_at: &str| ApiTokenCreate::builder().name("created").expires_at(expires_at.to_owned());
        let future = || body("2100-01-01T01:00:00+01:00");
        let issued = create(&self.owner, self.org_id, future().scopes(scopes(&["deploy:*"]))).await?;
        assert_eq!((issued.name.as_str(), issued.org_id), ("created", self.org_id));
        assert_eq!(issued.scopes, ["deploy:*"]);
        assert_eq!(issued.expires_at.expect("an expiry").to_rfc3339(), "2100-01-01T00:00:00+00:00");
        assert!(issued.token.expose_secret().starts_with(&issued.prefix) && issued.last_used_at.is_none());
        rejected(create(&self.unknown, self.org_id, future()).await, 401, "unauthorized");
        rejected(create(&self.limited, self.org_id, future()).await, 403, "insufficient_scope");
        rejected(create(&self.owner, Uuid::new_v4(), future()).await, 404, "not_found");
        invalid(create(&self.owner, self.org_id, body("2000-01-01T00:00:00Z")).await, "expires_at", "in_past");
        invalid(create(&self.owner, self.org_id, body("tomorrow")).await, "expires_at", "invalid_format");

        let key = Uuid::new_v4().to_string();
        let keyed = |name| {
            let request = self.owner.create_api_token().org_id(self.org_id).idempotency_key(key.as_str());
            request.body(ApiTokenCreate::builder().name(name)).send()
        };
        let (first, second) = (keyed("keyed").await?, keyed("keyed").await?);
        assert_eq!(first.token.expose_secret(), second.token.expose_secret());
        assert_eq!(second.headers()["idempotency-replayed"], "true");
        rejected(keyed("another").await, 409, "idempotency_key_reused");
        Ok(())
    }

    async fn list(&self) -> Result<()> {
        let first = list(&self.owner, self.org_id, 1).await?;
        let cursor = first.next_cursor.expect("a second page");
        let second = self.owner.list_api_tokens().org_id(self.org_id).cursor(cursor).send().await?;
        assert!(second.items.iter().all(|token| token.id != first.items[0].id));
        let request = self.owner.list_api_tokens().org_id(self.org_id).name_prefix("limi");
        let found = request.state(ApiTokenStateFilter::Active).send().await?;
        let [token] = &found.items[..] else { panic!("one token: {found:?}") };
        assert_eq!((token.name.as_str(), token.state.as_ref()), ("limited", Some(&ApiTokenState::Active)));
        rejected(list(&self.unknown, self.org_id, 1).await, 401, "unauthorized");
        rejected(list(&self.limited, self.org_id, 1).await, 403, "insufficient_scope");
        rejected(list(&self.owner, Uuid::new_v4(), 1).await, 404, "not_found");
        invalid(list(&self.owner, self.org_id, 101).await, "limit", "out_of_range");
        Ok(())
    }

    async fn get(&self) -> Result<()> {
        let issued = self.token("read").await?;
        let token = get(&self.owner, self.org_id, issued.id).await?;
        assert_eq!((token.id, &token.prefix, &token.scopes), (issued.id, &issued.prefix, &issued.scopes));
        assert_eq!((token.state, token.created_at), (Some(ApiTokenState::Active), issued.created_at));
        let owner = self.owner.get_current_api_token().send().await?;
        assert_eq!((token.created_by, token.revoked_at, token.rotated_to), (Some(owner.id), None, None));
        rejected(get(&self.unknown, self.org_id, issued.id).await, 401, "unauthorized");
        rejected(get(&self.limited, self.org_id, issued.id).await, 403, "insufficient_scope");
        rejected(get(&self.owner, self.org_id, Uuid::new_v4()).await, 404, "not_found");
        Ok(())
    }

    async fn update(&self) -> Result<()> {
        let id = self.token("old name").await?.id;
        let body = || ApiTokenUpdate::builder().name(Some("new name".parse().expect("a name")));
        let token = update(&self.owner, self.org_id, id, body()).await?;
        assert_eq!(
            (token.name.as_str(), &token.scopes[..]),
            ("new name", &["deploy:*".to_owned(), "read".to_owned()][..])
        );
        let token = update(&self.owner, self.org_id, id, ApiTokenUpdate::builder().scopes(Some(Vec::new()))).await?;
        assert_eq!((token.name.as_str(), token.scopes.len()), ("new name", 0));
        rejected(update(&self.unknown, self.org_id, id, body()).await, 401, "unauthorized");
        rejected(update(&self.limited, self.org_id, id, body()).await, 403, "insufficient_scope");
        rejected(update(&self.owner, self.org_id, Uuid::new_v4(), body()).await, 404, "not_found");
        let past = body().expires_at("2000-01-01T00:00:00Z".to_owned());
        invalid(update(&self.owner, self.org_id, id, past).await, "expires_at", "in_past");
        let widened = body().scopes(Some(vec!["deploy:a".parse().expect("a scope")]));
        invalid(update(&self.owner, self.org_id, id, widened).await, "scopes[0]", "exceeds_grant");
        revoke(&self.owner, self.org_id, id, false).await?;
        rejected(update(&self.owner, self.org_id, id, body()).await, 409, "token_revoked");
        Ok(())
    }

    async fn rotate(&self) -> Result<()> {
        let id = self.token("rotated").await?.id;
        invalid(rotate(&self.owner, self.org_id, id, 604_801).await, "grace_seconds", "out_of_range");
        let successor = rotate(&self.owner, self.org_id, id, 60).await?;
        assert_eq!(
            (successor.name.as_str(), &successor.scopes[..]),
            ("rotated", &["deploy:*".to_owned(), "read".to_owned()][..])
        );
        assert_eq!(get(&self.owner, self.org_id, id).await?.rotated_to, Some(successor.id));
        self.server.client(&successor.token).get_current_api_token().send().await?;
        rejected(rotate(&self.unknown, self.org_id, id, 0).await, 401, "unauthorized");
        rejected(rotate(&self.limited, self.org_id, successor.id, 0).await, 403, "insufficient_scope");
        rejected(rotate(&self.owner, self.org_id, Uuid::new_v4(), 0).await, 404, "not_found");
        rejected(rotate(&self.owner, self.org_id, id, 0).await, 409, "token_rotated");
        Ok(())
    }

    async fn revoke(&self) -> Result<()> {
        let body = ApiTokenCreate::builder().name("parent").scopes(scopes(&["api-tokens:write"]));
        let parent = create(&self.owner, self.org_id, body).await?;
        let child = ApiTokenCreate::builder().name("child");
        let child = create(&self.server.client(&parent.token), self.org_id, child).await?;
        rejected(revoke(&self.unknown, self.org_id, child.id, false).await, 401, "unauthorized");
        rejected(revoke(&self.limited, self.org_id, child.id, false).await, 403, "insufficient_scope");
        rejected(revoke(&self.owner, self.org_id, Uuid::new_v4(), false).await, 404, "not_found");
        assert_eq!(revoke(&self.owner, self.org_id, parent.id, true).await?, "2");
        assert_eq!(revoke(&self.owner, self.org_id, parent.id, true).await?, "0");
        let token = get(&self.owner, self.org_id, child.id).await?;
        assert_eq!(token.state, Some(ApiTokenState::Revoked));
        assert!(token.revoked_at.expect("a revocation") >= token.created_at);
        Ok(())
    }

    async fn current(&self) -> Result<()> {
        let issued = self.token("current").await?;
        let client = self.server.client(&issued.token);
        let token = client.get_current_api_token().send().await?;
        assert_eq!((token.id, token.org_id, &token.name), (issued.id, self.org_id, &issued.name));
        client.revoke_current_api_token().send().await?;
        rejected(client.get_current_api_token().send().await, 401, "unauthorized");
        rejected(client.revoke_current_api_token().send().await, 401, "unauthorized");
        Ok(())
    }

    async fn authorize(&self) -> Result<()> {
        let issued = self.token("authorized").await?;
        let client = self.server.client(&issued.token);
        let response = client.authorize_request().scope("deploy:production read").send().await?;
        let headers = response.headers();
        assert_eq!(headers["x-auth-org-id"], self.org_id.to_string());
        assert_eq!(headers["x-auth-token-id"], issued.id.to_string());
        assert_eq!(headers["x-auth-scopes"], "deploy:* read");
        rejected(client.authorize_request().scope("write").send().await, 403, "insufficient_scope");
        rejected(self.unknown.authorize_request().send().await, 401, "unauthorized");
        Ok(())
    }

    async fn introspect(&self) -> Result<()> {
        let issued = self.token("introspected").await?;
        let found = introspect(&self.owner, issued.token.expose_secret()).await?;
        assert_eq!((found.active, found.sub, found.org_id), (true, Some(issued.id), Some(self.org_id)));
        assert_eq!((found.scope.as_deref(), found.token_type.as_deref()), (Some("deploy:* read"), Some("Bearer")));
        assert_eq!((found.iat, found.exp), (Some(issued.created_at.timestamp()), None));
        let found = introspect(&self.owner, UNKNOWN).await?;
        assert_eq!((found.active, found.sub, found.scope), (false, None, None));
        rejected(introspect(&self.unknown, UNKNOWN).await, 401, "unauthorized");
        rejected(introspect(&self.limited, UNKNOWN).await, 403, "insufficient_scope");
        Ok(())
    }

    async fn list_events(&self) -> Result<()> {
        let (mut events, mut cursor) = (Vec::new(), None);
        loop {
            let page = list_events(&self.owner, self.org_id, cursor, 5).await?;
            events.extend(page.items);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        for (event, sequence) in events.iter().zip(1..) {
            assert_eq!((event.sequence, event.org_id, event.hash.len()), (sequence, self.org_id, 64));
        }
        for action in ["api_token.created", "api_token.updated", "api_token.rotated", "api_token.revoked"] {
            assert!(events.iter().any(|event| event.action == action), "{action}");
        }
        let updated = events.iter().find(|event| event.action == "api_token.updated").expect("an update");
        assert_eq!(updated.changed, ["name"]);
        rejected(list_events(&self.unknown, self.org_id, None, 1).await, 401, "unauthorized");
        rejected(list_events(&self.limited, self.org_id, None, 1).await, 403, "insufficient_scope");
        rejected(list_events(&self.owner, Uuid::new_v4(), None, 1).await, 404, "not_found");
        invalid(list_events(&self.owner, self.org_id, None, 101).await, "limit", "out_of_range");
        Ok(())
    }
}

/// Values that later versions can add to open lists are kept as texts.
fn later_values_are_read() {
    let token = r#"{"id": "01939f3e-7c1a-7b52-9c0e-3f6f2c9f1a77", "org_id": "2489e9ad-2ee2-8e00-8ec9-32d5f69181c0",
        "name": "n", "prefix": "aether_01234567", "scopes": [], "created_at": "2026-04-15T12:00:00.000Z", "state": "dormant"}"#;
    let token: ApiToken = serde_json::from_str(token).expect("a token in a later state");
    assert_eq!(token.state.expect("a state").as_str(), "dormant");
    let error =
        r#"{"error": {"code": "teapot", "message": "m", "details": [{"field": "f", "code": "hot", "message": "m"}]}}"#;
    let error = serde_json::from_str::<ErrorEnvelope>(error).expect("a later error").error;
    assert_eq!((error.code.as_str(), error.details[0].code.as_str()), ("teapot", "hot"));
}
