//! JSON pointers (RFC 6901), as a path that is cheap to extend.

use std::cmp::Ordering;
use std::fmt::{self, Display};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use percent_encoding::percent_decode_str;

/// Names one value of a document. Displayed as in a URI fragment of a `$ref`: `#/paths/~1things/get`.
///
/// A pointer shares all but its last part with the one that it extends: a walk through a document makes one for each
/// value.
#[derive(Debug, Clone, Default)]
pub struct Pointer(Option<Arc<Part>>);

#[derive(Debug)]
struct Part {
    parent: Pointer,
    token: String,
}

impl Pointer {
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Reads a local `$ref`, such as `#/components/schemas/Thing`; anything else is `None`.
    #[must_use]
    pub fn from_reference(reference: &str) -> Option<Self> {
        let rest = reference.strip_prefix("#/")?;
        // A reference is a URI, so a brace in it may be, and by the letter has to be, percent-encoded.
        let unescape =
            |token: &str| percent_decode_str(token).decode_utf8_lossy().replace("~1", "/").replace("~0", "~");
        Some(rest.split('/').fold(Self::root(), |pointer, token| pointer.child(unescape(token))))
    }

    #[must_use]
    pub fn child(&self, token: impl Display) -> Self {
        Self(Some(Arc::new(Part { parent: self.clone(), token: token.to_string() })))
    }

    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0.as_ref().map(|part| part.parent.clone())
    }

    /// The last part, unescaped.
    #[must_use]
    pub fn last(&self) -> Option<&str> {
        self.0.as_ref().map(|part| part.token.as_str())
    }

    /// The parts of the pointer, unescaped, from the root.
    #[must_use]
    pub fn tokens(&self) -> Vec<&str> {
        let mut tokens = Vec::new();
        let mut next = self;
        while let Some(part) = &next.0 {
            tokens.push(part.token.as_str());
            next = &part.parent;
        }
        tokens.reverse();
        tokens
    }

    /// The value that this pointer names in `document`.
    #[must_use]
    pub fn find<'v>(&self, document: &'v serde_json::Value) -> Option<&'v serde_json::Value> {
        self.tokens().into_iter().try_fold(document, |value, token| match value {
            serde_json::Value::Object(map) => map.get(token),
            serde_json::Value::Array(values) => values.get(token.parse::<usize>().ok()?),
            _ => None,
        })
    }
}

// Pointers are mostly different at their ends, so those are looked at first.
impl PartialEq for Pointer {
    fn eq(&self, other: &Self) -> bool {
        let (mut one, mut other) = (self, other);
        loop {
            match (&one.0, &other.0) {
                (None, None) => return true,
                (Some(part), Some(same)) if Arc::ptr_eq(part, same) => return true,
                (Some(part), Some(same)) if part.token == same.token => (one, other) = (&part.parent, &same.parent),
                _ => return false,
            }
        }
    }
}

impl Eq for Pointer {}

impl PartialOrd for Pointer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pointer {
    fn cmp(&self, other: &Self) -> Ordering {
        self.tokens().cmp(&other.tokens())
    }
}

impl Hash for Pointer {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut next = self;
        while let Some(part) = &next.0 {
            part.token.hash(state);
            next = &part.parent;
        }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("#")?;
        for token in self.tokens() {
            write!(f, "/{}", token.replace('~', "~0").replace('/', "~1"))?;
        }
        Ok(())
    }
}

impl serde::Serialize for Pointer {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_reads_back_what_it_displays() {
        let pointer = Pointer::root().child("paths").child("/a~b/{c}").child(0);
        assert_eq!(pointer.to_string(), "#/paths/~1a~0b~1{c}/0");
        assert_eq!(Pointer::from_reference(&pointer.to_string()), Some(pointer.clone()));
        let encoded = pointer.to_string().replace('{', "%7B").replace('}', "%7d");
        assert_eq!(Pointer::from_reference(&encoded), Some(pointer));
        assert_eq!(Pointer::from_reference("other.yaml#/a"), None);
    }
}
