//! The bearer token of a request, in the `Authorization` header (RFC 6750).

use http::HeaderMap;
use http::header::AUTHORIZATION;
use secrecy::SecretString;

/// The credential of a request. A token cannot be printed.
#[derive(Debug)]
pub enum Credential {
    /// No bearer token was sent.
    Absent,
    /// A token was sent, well-formed or not.
    Bearer(SecretString),
    /// The header is repeated, or contains bytes that are not visible ASCII.
    Malformed,
}

impl Credential {
    /// The credential in the headers. The scheme is case-insensitive; another scheme counts as no credential.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let Some(value) = values.next() else { return Self::Absent };
        if values.next().is_some() {
            return Self::Malformed;
        }
        let Ok(value) = value.to_str() else { return Self::Malformed };
        let (scheme, token) = value.trim().split_once([' ', '\t']).unwrap_or((value.trim(), ""));
        match token.trim() {
            token if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() => Self::Bearer(token.into()),
            _ => Self::Absent,
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn of(values: &[&'static [u8]]) -> String {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, http::HeaderValue::from_bytes(value).unwrap());
        }
        match Credential::of(&headers) {
            Credential::Absent => "absent".into(),
            Credential::Malformed => "malformed".into(),
            Credential::Bearer(token) => token.expose_secret().into(),
        }
    }

    #[test]
    fn scheme_is_case_insensitive_and_the_header_unique() {
        assert_eq!(of(&[]), "absent");
        assert_eq!(of(&[b"Bearer abc"]), "abc");
        assert_eq!(of(&[b"bEARER   abc  "]), "abc");
        assert_eq!(of(&[b"Bearer\tabc"]), "abc");
        assert_eq!(of(&[b"Bearer"]), "absent");
        assert_eq!(of(&[b"Bearer "]), "absent");
        assert_eq!(of(&[b"Basic abc"]), "absent");
        assert_eq!(of(&[b"Bearer a b"]), "a b");
        assert_eq!(of(&[b"Bearer a", b"Bearer a"]), "malformed");
        assert_eq!(of(&[b"Bearer \xff"]), "malformed");
    }

    #[test]
    fn debug_output_of_a_credential_has_no_token() {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, http::HeaderValue::from_static("Bearer hunter2"));
        assert!(!format!("{:?}", Credential::of(&headers)).contains("hunter2"));
    }
}
