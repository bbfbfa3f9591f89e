//! Scopes. `*` covers everything, `a:*` covers everything below `a:`, any other scope covers itself.

use std::fmt;

use super::{Violation, ViolationCode};

/// The maximum length of a scope in characters, as in the contract. It bounds headers that contain scopes.
const MAX_LENGTH: usize = 64;

/// One scope: 1 to 64 characters of the scope-token of RFC 6749, without `&`, `,` and `;`, which separate the lists of gateways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope(String);

impl Scope {
    /// The scope `*`.
    #[must_use]
    pub fn all() -> Self {
        Self("*".into())
    }

    /// Parses a scope.
    ///
    /// # Errors
    /// `invalid_format` if the text is not a scope.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        const MESSAGE: &str = "Must be 1 to 64 visible ASCII characters without `\"`, `\\`, `&`, `,` and `;`.";
        let valid = is_token(text) && !text.contains(['&', ',', ';']);
        valid.then(|| Self(text.to_owned())).ok_or(Violation { code: ViolationCode::InvalidFormat, message: MESSAGE })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this scope covers `other`.
    #[must_use]
    pub fn covers(&self, other: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some("") => true,
            Some(below) if below.ends_with(':') => other.starts_with(below),
            _ => self.0 == other,
        }
    }
}

/// Whether a text is a scope-token of RFC 6749 of at most the maximum length.
fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(allowed)
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The scopes of a token, in the order of the request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// A list of scopes, in the order of the request.
    #[must_use]
    pub fn new(scopes: Vec<Scope>) -> Self {
        Self(scopes)
    }

    /// The scopes.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }

    /// The texts of the scopes.
    #[must_use]
    pub fn into_texts(self) -> Vec<String> {
        self.0.into_iter().map(|scope| scope.0).collect()
    }

    /// Whether any of the scopes covers `scope`.
    #[must_use]
    pub fn covers(&self, scope: &str) -> bool {
        self.0.iter().any(|own| own.covers(scope))
    }

    /// Whether the scopes cover each of `others`.
    #[must_use]
    pub fn covers_all(&self, others: &Self) -> bool {
        others.iter().all(|scope| self.covers(scope.as_str()))
    }

    /// Parses stored scopes, separated by spaces as [`Display`](fmt::Display) writes them. Earlier versions allowed more characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let scope = |part: &str| is_token(part).then(|| Scope(part.to_owned()));
        text.split(' ').filter(|part| !part.is_empty()).map(scope).collect::<Option<_>>().map(Self)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.0.iter().enumerate() {
            write!(f, "{}{scope}", if index == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_wildcards_cover_other_scopes() {
        for (own, other, expected) in [
            ("*", "anything:at:all", true),
            ("*", "*", true),
            ("a:*", "a:b", true),
            ("a:*", "a:b:c", true),
            ("a:*", "a:b:*", true),
            ("a:*", "a:*", true),
            ("a:b:*", "a:*", false),
            ("a:*", "a", false),
            ("a:*", "ab:c", false),
            ("a:*", "*", false),
            ("a", "a", true),
            ("a", "a:b", false),
            ("a*", "ab", false),
            ("a*", "a*", true),
            ("A", "a", false),
        ] {
            assert_eq!(Scope::parse(own).unwrap().covers(other), expected, "{own} covers {other}");
        }
    }

    #[test]
    fn scopes_round_trip_through_text() {
        for text in ["", "a", "a b:* *"] {
            assert_eq!(Scopes::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Scopes::parse("a \"b"), None);
        assert_eq!(Scopes::parse("a,b c&d").unwrap().to_string(), "a,b c&d", "as earlier versions stored them");
        for bad in ["", " ", "a b", "\"", "\\", "a&b", "a,b", "a;b", "é", &"x".repeat(65)] {
            assert!(Scope::parse(bad).is_err(), "{bad:?}");
        }
    }
}
