//! The next step after an error.

use aether_client::reqwest::header::WWW_AUTHENTICATE;
use aether_client::{Error, ErrorCode, ErrorKind, StatusCode};

use super::Source;
use crate::failure::{Exit, Failure};

/// The failure of an error: its cause, the next step, and the exit status.
pub(super) fn explain(error: &Error, url: &str, source: &Source) -> Failure {
    let message = match next_step(error, url, source) {
        Some(step) => format!("{error}; {step}"),
        None => error.to_string(),
    };
    Failure::new(exit(error), message)
}

fn exit(error: &Error) -> Exit {
    match (error.kind(), error.status()) {
        (ErrorKind::Configuration, _) => Exit::Usage,
        (ErrorKind::InvalidRequest, _) | (ErrorKind::Response, Some(StatusCode::UNPROCESSABLE_ENTITY)) => Exit::Invalid,
        (ErrorKind::Response, Some(StatusCode::UNAUTHORIZED)) => Exit::Unauthorized,
        (ErrorKind::Response, Some(StatusCode::FORBIDDEN)) => Exit::Forbidden,
        (ErrorKind::Response, Some(StatusCode::NOT_FOUND)) => Exit::NotFound,
        _ if error.is_retryable() => Exit::Unavailable,
        (ErrorKind::Response, Some(StatusCode::CONFLICT)) => Exit::Conflict,
        _ => Exit::Failed,
    }
}

fn next_step(error: &Error, url: &str, source: &Source) -> Option<String> {
    let step = match (error.kind(), error.status(), error.code()) {
        (ErrorKind::Connect, ..) if error.to_string().contains("certificate") => {
            format!("to trust the certificate of {url}, name a PEM file of its authority in SSL_CERT_FILE")
        }
        (ErrorKind::Connect, ..) => format!("is a server running at {url}?"),
        (ErrorKind::UnexpectedResponse, ..) => format!("is {url} the URL of Aether?"),
        (ErrorKind::Response, Some(StatusCode::UNAUTHORIZED), _) => unauthorized(source),
        (ErrorKind::Response, Some(StatusCode::FORBIDDEN), _) => forbidden(error),
        (ErrorKind::Response, Some(StatusCode::NOT_FOUND), _) => not_found(source),
        (_, _, Some(ErrorCode::TokenRotated)) => "its successor is in `aether token show`".to_owned(),
        (_, _, Some(ErrorCode::LimitReached)) => "revoke a token first".to_owned(),
        (_, _, Some(ErrorCode::IdempotencyKeyReused)) => "repeat the first command, or use another key".to_owned(),
        _ if error.is_retryable() => retryable(error, url),
        _ => return None,
    };
    Some(step)
}

fn unauthorized(source: &Source) -> String {
    const STATES: &str = "is unknown, revoked or expired";
    match source {
        Source::Environment(variable) => format!("the token in {variable} {STATES}; set another one"),
        Source::Profile(name) if name == "default" => {
            format!("the token of the profile default {STATES}; run `aether login` with another one")
        }
        Source::Profile(name) => {
            format!("the token of the profile {name} {STATES}; run `aether login --profile {name}` with another one")
        }
        Source::Input => format!("the token {STATES}; nothing was saved"),
    }
}

/// The challenge lists the scopes of the operation, unless the target or the request decided.
fn forbidden(error: &Error) -> String {
    let challenge =
        error.headers().and_then(|headers| headers.get(WWW_AUTHENTICATE)).and_then(|value| value.to_str().ok());
    let scopes = challenge.and_then(|challenge| challenge.split_once("scope=\"")?.1.strip_suffix('"'));
    match scopes {
        Some(scopes) => format!("the command needs the scope {scopes}; `aether token current` shows the scopes"),
        None => "the scopes or the expiry of the token do not cover those of the other token".to_owned(),
    }
}

fn not_found(source: &Source) -> String {
    let list = "`aether token list` lists the tokens";
    match source {
        Source::Profile(_) => format!("{list}, and if the profile was edited by hand, `aether login` mends it"),
        Source::Environment(_) | Source::Input => list.to_owned(),
    }
}

fn retryable(error: &Error, url: &str) -> String {
    match (error.retry_after(), error.idempotency_key()) {
        (Some(delay), _) => format!("try again in {}", humantime::format_duration(delay)),
        // A creation or a rotation can have been done, and its secret is only in a replay.
        (None, Some(key)) => {
            format!("it can have been done; the same command with --idempotency-key {key} does it once")
        }
        (None, None) => format!("try again, or check the server at {url}"),
    }
}
