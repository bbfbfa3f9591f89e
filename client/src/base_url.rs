//! The URL of the server.

use reqwest::Url;

use crate::{Error, Result};

/// The path that the operations append.
const API: &str = "/api/v1";

/// Checks a URL, and removes the slash at its end.
///
/// # Errors
/// Fails if a request to the URL could not reach Aether.
pub(crate) fn parse(text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::configuration("no URL; an example is https://aether.example.com"));
    }
    let problem = |problem: &str| Error::configuration(format!("the URL cannot be used: {problem}"));
    let url = match Url::parse(text) {
        Ok(url) if ["http", "https"].contains(&url.scheme()) => url,
        // `localhost:8080` has the scheme `localhost`.
        Ok(_) | Err(_) if !text.contains("://") => {
            return Err(problem("it has no scheme; write http:// or https:// before the host"));
        }
        Ok(_) => return Err(problem("its scheme is neither http nor https")),
        Err(error) => return Err(problem(&error.to_string())),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(problem("it has a user name or a password; only the token is sent"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(problem("it has a query or a fragment"));
    }
    let url = url.as_str().trim_end_matches('/');
    if url.ends_with(API) || url.contains("/api/v1/") {
        return Err(problem("it contains /api/v1, which the client appends"));
    }
    Ok(url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usable_urls_are_accepted_without_their_last_slash() {
        for (text, expected) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            (" https://aether.example.com/ \n", "https://aether.example.com"),
            ("https://example.com/aether/", "https://example.com/aether"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(parse(text).unwrap(), expected);
        }
    }

    #[test]
    fn unusable_urls_are_rejected_with_the_problem() {
        for (text, problem) in [
            ("", "no URL"),
            ("127.0.0.1:8080", "no scheme"),
            ("localhost:8080", "no scheme"),
            ("aether.example.com", "no scheme"),
            ("ftp://example.com", "neither http nor https"),
            ("http://", "empty host"),
            ("https://user:secret@example.com", "user name"),
            ("https://example.com?a=b", "query"),
            ("https://example.com/api/v1", "/api/v1"),
            ("https://example.com/api/v1/organizations", "/api/v1"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(problem), "{text}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
