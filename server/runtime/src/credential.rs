//! The bearer token of a request, as RFC 6750 sends it: in the `Authorization` header and nowhere else.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use secrecy::SecretString;

/// What a request presents to show who asks. A token is never printed.
#[derive(Debug)]
pub enum Credential {
    /// No bearer token was sent.
    Absent,
    /// A token was sent, well-formed or not.
    Bearer(SecretString),
    /// Something was sent that cannot be one token: more than one header, or bytes that are no visible ASCII.
    Malformed,
}

impl Credential {
    /// Reads the headers. The scheme is compared without case; another scheme counts as no token.
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
    fn the_scheme_is_read_without_case_and_one_header_only() {
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
    fn a_credential_does_not_print_its_token() {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, http::HeaderValue::from_static("Bearer hunter2"));
        assert!(!format!("{:?}", Credential::of(&headers)).contains("hunter2"));
    }
}
