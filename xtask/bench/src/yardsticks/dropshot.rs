//! dropshot with one endpoint and a typed response.

use dropshot::{ApiDescription, ConfigDropshot, HttpError, HttpResponseOk, RequestContext, ServerBuilder, endpoint};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use slog::{Discard, Logger, o};

use crate::http::Response;

/// The fields of a token in the contract, with plain types.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Token {
    id: String,
    org_id: String,
    name: String,
    prefix: String,
    scopes: Vec<String>,
    last_used_at: Option<String>,
    expires_at: Option<String>,
    created_at: String,
    state: String,
    revoked_at: Option<String>,
    created_by: Option<String>,
    rotated_to: Option<String>,
}

/// Returns the token.
#[endpoint { method = GET, path = "/api/v1/api-tokens/current" }]
async fn current(request: RequestContext<Token>) -> Result<HttpResponseOk<Token>, HttpError> {
    Ok(HttpResponseOk(request.context().clone()))
}

pub(super) async fn serve(response: &Response) -> crate::Result<()> {
    let token: Token = serde_json::from_str(&response.body)?;
    let mut api = ApiDescription::new();
    api.register(current)?;
    let log = Logger::root(Discard, o!());
    let server = ServerBuilder::new(api, token, log).config(ConfigDropshot::default()).start()?;
    println!("Listening on http://{}", server.local_addr());
    server.await.map_err(Into::into)
}
