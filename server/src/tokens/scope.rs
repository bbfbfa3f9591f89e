//! Scopes, and which cover which: `*` is everything, `a:*` is everything below `a:`, anything else is exact.

use std::fmt;

/// The longest scope, in characters. The contract says so, and it bounds the headers that scopes end up in.
const MAX_LENGTH: usize = 64;

/// One scope: 1 to 64 characters of the scope-token of RFC 6749.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope(String);

impl Scope {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Self("*".into())
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~');
        let fits = (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(allowed);
        fits.then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether whoever has this scope has `other` too.
    #[must_use]
    pub fn covers(&self, other: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some("") => true,
            Some(below) if below.ends_with(':') => other.starts_with(below),
            _ => self.0 == other,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a token may do, in the order in which it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    #[must_use]
    pub fn new(scopes: Vec<Scope>) -> Self {
        Self(scopes)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }

    #[must_use]
    pub fn covers(&self, scope: &str) -> bool {
        self.0.iter().any(|own| own.covers(scope))
    }

    /// Whether each of the others is covered.
    #[must_use]
    pub fn covers_all(&self, others: &Self) -> bool {
        others.iter().all(|scope| self.covers(scope.as_str()))
    }

    /// Reads what [`Display`](fmt::Display) writes: the scopes with a space between each two.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.split(' ').filter(|part| !part.is_empty()).map(Scope::parse).collect::<Option<_>>().map(Self)
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
    fn cover_is_exact_but_for_the_stars() {
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
    fn scopes_are_stored_as_text() {
        for text in ["", "a", "a b:* *"] {
            assert_eq!(Scopes::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Scopes::parse("a \"b"), None);
        for bad in ["", " ", "a b", "\"", "\\", "é", &"x".repeat(65)] {
            assert_eq!(Scope::parse(bad), None, "{bad:?}");
        }
    }
}
