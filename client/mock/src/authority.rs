//! The real server in the process of a test.

mod running;

use std::fmt;
use std::future::Future;
use std::time::Duration;

use aether_client::{Client, TokenSecret};
use aether_server::audit::Origin;
use aether_server::bootstrap::bootstrap;
use aether_server::store::{ChangeContext, ChangeError, Issued, Store};
use aether_server::timestamp::Timestamp;
use aether_server::tokens::{Denied, Limits, Scope, Scopes, Update, issue};
use rand::rngs::SysRng;
use secrecy::SecretString;
use uuid::Uuid;

use crate::clients;
use running::Running;

/// The first try of the time from the update of an expiry to the expiry, in milliseconds. A slow disk needs more.
const UNTIL_EXPIRY: i64 = 4;

/// The real Aether server with one organization, on a temporary database and a free port of the loopback address.
///
/// It has threads of its own, so it serves a test of any runtime and one that blocks, and a `static` one serves all tests of a
/// process. It stops when it is dropped, and its database is removed then; that of a `static` one remains in the directory for
/// temporary files. It has no rate limits, reads no environment variables and logs nothing, unless the test has a subscriber of
/// `tracing`.
///
/// # Panics
/// Every method panics if the server fails, as the test could not go on.
pub struct TestAuthority {
    organization: TestOrganization,
    running: Running,
}

/// An organization of a [`TestAuthority`].
#[derive(Debug, Clone)]
pub struct TestOrganization {
    id: Uuid,
    owner: TestToken,
}

/// A token of a [`TestAuthority`]. Its secret is not printed.
#[derive(Debug, Clone)]
pub struct TestToken {
    id: Uuid,
    secret: SecretString,
}

impl fmt::Debug for TestAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { organization, running } = self;
        f.debug_struct("TestAuthority").field("url", &running.url).field("organization", organization).finish()
    }
}

impl TestAuthority {
    /// Starts a server, and waits until it listens.
    ///
    /// # Panics
    /// Panics if the server cannot start, for example because no temporary file can be written.
    pub async fn start() -> Self {
        let running = Running::start().await.unwrap_or_else(|error| panic!("the test authority cannot start: {error}"));
        let organization = running.spawn(create_organization(running.store.clone(), "test".to_owned())).await;
        Self { organization, running }
    }

    /// The URL of the server, without a slash at the end: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.running.url
    }

    /// A client with the owner token.
    ///
    /// # Panics
    /// Panics if the client cannot be built.
    #[must_use]
    pub fn client(&self) -> Client {
        let client = clients::builder(self.url()).token(self.owner_token().clone()).organization(self.organization());
        client.build().expect("the settings are valid")
    }

    /// A client with another token, of any organization, or with a text that is no token.
    ///
    /// # Panics
    /// Panics if the text has characters that cannot be sent.
    #[must_use]
    pub fn client_of(&self, secret: impl Into<TokenSecret>) -> Client {
        clients::builder(self.url()).token(secret).build().unwrap_or_else(|error| panic!("no client: {error}"))
    }

    /// The id of the organization.
    #[must_use]
    pub fn organization(&self) -> Uuid {
        self.organization.id
    }

    /// The secret of the organization's owner token, which has the scope `*`.
    #[must_use]
    pub fn owner_token(&self) -> &SecretString {
        self.organization.owner_token()
    }

    /// Creates a token in the organization by its owner token. The token does not expire.
    ///
    /// # Panics
    /// Panics if a scope is invalid, or the owner token is not active.
    pub async fn create_token(&self, scopes: &[&str]) -> TestToken {
        let parse =
            |text: &&str| Scope::parse(text).unwrap_or_else(|error| panic!("{text:?} is no scope: {}", error.message));
        let scopes = Scopes::new(scopes.iter().map(parse).collect());
        let (organization, owner) = (self.organization.id, self.organization.owner.id);
        let issued = issue(organization, Some(owner), "test".to_owned(), scopes, None, &mut SysRng);
        let (token, new) = issued.expect("the operating system has random numbers");
        let created = self.change(move |store, context| async move {
            store.create_token(context, new, Limits::default(), None, |record| record.id).await
        });
        match created.await {
            Ok(Issued::Created(id)) => TestToken { id, secret: token.expose().into() },
            Ok(Issued::Replayed(_)) => unreachable!("a creation without a key has no replay"),
            Err(error) => panic!("the token cannot be created: {error}"),
        }
    }

    /// Revokes a token of the organization by the owner token. The tokens that it created stay active.
    ///
    /// # Panics
    /// Panics if the organization does not have the token, or the owner token is not active.
    pub async fn revoke(&self, token: Uuid) {
        let revoked =
            self.change(move |store, context| async move { store.revoke_token(context, token, false).await.map(drop) });
        revoked.await.unwrap_or_else(|error| panic!("the token {token} cannot be revoked: {error}"));
    }

    /// Makes a token of the organization expire: updates its expiry by the owner token to a time a few milliseconds away, and
    /// returns after that time. The update is an event of the audit log.
    ///
    /// # Panics
    /// Panics if the organization does not have the token, or the token is revoked, or the owner token is not active.
    pub async fn expire(&self, token: Uuid) {
        let expired = self.change(move |store, context| async move { expire(&store, context, token).await });
        expired.await.unwrap_or_else(|error| panic!("the expiry of the token {token} cannot be changed: {error}"));
    }

    /// Creates another organization on the same server.
    pub async fn other_organization(&self) -> TestOrganization {
        self.running.spawn(create_organization(self.running.store.clone(), Uuid::new_v4().to_string())).await
    }

    /// Makes a change by the owner token.
    async fn change<T, F>(&self, change: impl FnOnce(Store, ChangeContext) -> F) -> Result<T, ChangeError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, ChangeError>> + Send + 'static,
    {
        let TestOrganization { id, owner } = &self.organization;
        let origin = Origin { actor: Some(owner.id), ..Origin::default() };
        let context = ChangeContext { organization_id: *id, origin, required_scopes: &[] };
        self.running.spawn(change(self.running.store.clone(), context)).await
    }
}

impl TestOrganization {
    /// The id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The secret of the owner token, which has the scope `*`.
    #[must_use]
    pub fn owner_token(&self) -> &SecretString {
        self.owner.secret()
    }
}

impl TestToken {
    /// The id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The secret, to present to the server.
    #[must_use]
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }
}

async fn create_organization(store: Store, name: String) -> TestOrganization {
    let created = bootstrap(&store, name, |_, _| Ok(())).await;
    let created = created.unwrap_or_else(|error| panic!("the organization cannot be created: {error}"));
    let owner = TestToken { id: created.token_id, secret: created.token.expose().into() };
    TestOrganization { id: created.organization_id, owner }
}

/// Updates the expiry of a token to the near future, and waits for it.
async fn expire(store: &Store, context: ChangeContext, token: Uuid) -> Result<(), ChangeError> {
    let mut until_expiry = UNTIL_EXPIRY;
    loop {
        let expires_at = Timestamp::from_millis(Timestamp::now().as_millis() + until_expiry);
        let update = Update { expires_at: Some(expires_at), ..Update::default() };
        match store.update_token(context.clone(), token, update).await {
            Ok(_) => {
                while Timestamp::now() < expires_at {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                return Ok(());
            }
            Err(ChangeError::Denied(Denied::Expired)) => return Ok(()),
            // The time had passed when the change was made, or the token expires before it.
            Err(ChangeError::Denied(Denied::Invalid(_))) => until_expiry *= 2,
            Err(error) => return Err(error),
        }
    }
}
