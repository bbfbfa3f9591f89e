//! One attempt: a request and its response.

use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use reqwest::{Body, Request, Version};
use serde::de::IgnoredAny;

use super::Response;
use crate::generated::Client;
use crate::{Error, Result};

/// The maximum size of a body in bytes. The greatest page of the contract has less than 1 MB.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// Sends the request, and reads the response. A status that is not a success is an error.
pub(super) async fn attempt(client: &Client, request: &Request, remaining: Duration) -> Result<Response> {
    let settings = &client.inner.settings;
    let mut sent = request.try_clone().expect("the body is in memory");
    let timeout = settings.attempt_timeout.min(remaining);
    *sent.timeout_mut() = Some(timeout);
    if settings.is_foreign {
        // reqwest does not repeat a body of this kind when it follows a redirect.
        let body = sent.body_mut().take();
        *sent.body_mut() = body.map(|body| Body::wrap(http_body_util::BodyExt::boxed(body)));
    }
    match exchange(client, sent).await {
        Ok(response) if response.status.is_success() => Ok(response),
        Ok(response) if response.status.is_client_error() || response.status.is_server_error() => {
            Err(Error::response(&response))
        }
        Ok(response) => Err(Error::undocumented(&response)),
        Err(error) if error.is_timeout() && !error.is_connect() => Err(Error::timeout(format!("waited {timeout:.1?}"))),
        Err(error) => Err(error),
    }
}

async fn exchange(client: &Client, request: Request) -> Result<Response> {
    let url = client.inner.settings.is_foreign.then(|| request.url().clone());
    let mut response = client.client.execute(request).await.map_err(Error::http)?;
    let is_redirected = url.is_some_and(|url| url != *response.url());
    let mut body = Vec::with_capacity(expected_length(&response));
    while let Some(chunk) = response.chunk().await.map_err(Error::http)? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_BODY {
            let response = Response::new(response.status(), response.headers().clone(), Vec::new());
            return Err(Error::unexpected(&response, "a body that is too large"));
        }
    }
    let is_cut = ends_with_connection(&response) && is_truncated(&response, &body);
    let response = Response::new(response.status(), std::mem::take(response.headers_mut()), body);
    if is_redirected {
        return Err(Error::unexpected(&response, "the HTTP client followed a redirect; the response is not used"));
    }
    if is_cut {
        return Err(Error::connection("the body is incomplete"));
    }
    Ok(response)
}

/// The size that the response announces, as long as it is credible.
fn expected_length(response: &reqwest::Response) -> usize {
    const MAX: usize = 64 * 1024;
    response.content_length().and_then(|length| length.try_into().ok()).unwrap_or(0).min(MAX)
}

/// Whether the end of the connection is the end of the body, so that a cut body is not recognized by HTTP.
fn ends_with_connection(response: &reqwest::Response) -> bool {
    let has = |name| response.headers().contains_key(name);
    response.version() <= Version::HTTP_11 && !has(CONTENT_LENGTH) && !has(TRANSFER_ENCODING)
}

fn is_truncated(response: &reqwest::Response, body: &[u8]) -> bool {
    let is_json =
        response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    is_json && serde_json::from_slice::<IgnoredAny>(body).is_err_and(|error| error.is_eof())
}
