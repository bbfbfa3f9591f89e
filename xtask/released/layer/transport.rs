//! The way of every request: the credential, and the record of the calls. No request is repeated.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Request, StatusCode};

use crate::contract::OPERATIONS;
use crate::error::Error;
use crate::generated::Client;
use crate::generated::types::ErrorEnvelope;

/// The operations that were called, with the statuses of their responses.
pub(crate) type Calls = Arc<Mutex<BTreeSet<(&'static str, u16)>>>;

/// The credential of a client, and the record of its calls.
#[derive(Clone)]
pub(crate) struct Transport {
    pub(crate) authorization: HeaderValue,
    pub(crate) calls: Calls,
}

/// Prints no credential.
impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transport").finish_non_exhaustive()
    }
}

/// An operation of the contract.
pub(crate) struct Operation {
    /// The name of the generated function.
    pub(crate) id: &'static str,
    #[expect(dead_code, reason = "no request is repeated")]
    pub(crate) repetition: Repetition,
}

/// The reason why a request could be repeated.
pub(crate) enum Repetition {
    Keyed,
    ByMethod,
}

/// A response with its whole body.
pub(crate) struct Response {
    pub(crate) operation: &'static str,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }
}

impl Client {
    /// Sends a request. A status that is not a success is an error, and so is one that the contract does not document.
    pub(crate) async fn execute(&self, mut request: Request, operation: &Operation) -> Result<Response, Error> {
        request.headers_mut().insert(AUTHORIZATION, self.inner.authorization.clone());
        let mut received = self.client.execute(request).await.map_err(Error::http)?;
        let (status, headers) = (received.status(), std::mem::take(received.headers_mut()));
        let body = received.bytes().await.map_err(Error::http)?.to_vec();
        let response = Response { operation: operation.id, status, headers, body };
        let documented =
            OPERATIONS.iter().find(|(id, _)| *id == operation.id).map_or(&[][..], |(_, statuses)| statuses);
        if !documented.contains(&status.as_u16()) {
            return Err(Error::undocumented(&response));
        }
        self.inner.calls.lock().expect("no call panics").insert((operation.id, status.as_u16()));
        if status.is_success() {
            return Ok(response);
        }
        match serde_json::from_slice::<ErrorEnvelope>(&response.body) {
            Ok(envelope) => Err(Error::Api { operation: operation.id, status, body: envelope.error }),
            Err(error) => Err(Error::unreadable(&response, &error)),
        }
    }
}
