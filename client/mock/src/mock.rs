//! A server with responses that a test sets.

use std::fmt;

use aether_client::generated::types::IntrospectionForm;
use aether_client::{Client, ClientBuilder, PresentedToken, Retries};
use httpmock::MockServer;

use crate::clients;
use crate::fixtures::issued_api_token;
use crate::operations::IntrospectApiTokenWhen;

/// A server with the responses that a test sets, on a free port of the loopback address.
///
/// It has a function for each operation of the contract. The function takes a closure with the requests to match and the
/// response, and returns httpmock's `Mock`, which counts the requests. If several mocks match a request, the first one responds.
/// If none does, the response is httpmock's 404, which has no error code of Aether.
///
/// The server has threads of its own, so it serves a test of any runtime and one that blocks. httpmock keeps at most 25 servers in
/// a process, and the start of another one waits until one of them is dropped. With the environment variable
/// `HTTPMOCK_MAX_SERVERS`, it keeps more.
pub struct MockAether {
    server: MockServer,
}

impl MockAether {
    /// Starts a server without responses.
    #[must_use]
    pub fn start() -> Self {
        MockServer::start().into()
    }

    /// The URL of the server, without a slash at the end: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.base_url()
    }

    /// A client of the server without retries, with the secret and the organization of [`issued_api_token`]. It does not ask for
    /// its organization, so the test need not mock that.
    ///
    /// # Panics
    /// Panics if the client cannot be built.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client_builder().build().expect("the settings are valid")
    }

    /// The settings of [`client`](Self::client), to change some of them, for example the retries.
    pub fn client_builder(&self) -> ClientBuilder {
        let caller = issued_api_token();
        clients::builder(&self.url()).token(caller.token).organization(caller.org_id).retries(Retries::off())
    }

    /// The server of httpmock, for responses to requests that are not of the contract.
    #[must_use]
    pub fn server(&self) -> &MockServer {
        &self.server
    }
}

impl From<MockServer> for MockAether {
    fn from(server: MockServer) -> Self {
        Self { server }
    }
}

impl fmt::Debug for MockAether {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockAether").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl IntrospectApiTokenWhen {
    /// Matches the introspection of this token.
    #[expect(clippy::return_self_not_must_use, reason = "the call sets the condition")]
    pub fn token(self, token: impl Into<PresentedToken>) -> Self {
        let form = IntrospectionForm::builder().token(token.into());
        self.body(&IntrospectionForm::try_from(form).expect("the token is set"))
    }
}
