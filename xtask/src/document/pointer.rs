//! JSON pointers (RFC 6901), as a path that is cheap to extend.

use std::fmt::{self, Display};

use percent_encoding::percent_decode_str;

/// Names one value of a document. Displayed as in a URI fragment of a `$ref`: `#/paths/~1things/get`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Pointer(Vec<String>);

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
        let unescape = |token| percent_decode_str(token).decode_utf8_lossy().replace("~1", "/").replace("~0", "~");
        Some(Self(rest.split('/').map(unescape).collect()))
    }

    #[must_use]
    pub fn child(&self, token: impl Display) -> Self {
        let mut tokens = self.0.clone();
        tokens.push(token.to_string());
        Self(tokens)
    }

    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (_, rest) = self.0.split_last()?;
        Some(Self(rest.to_vec()))
    }

    /// The parts of the pointer, unescaped, from the root.
    #[must_use]
    pub fn tokens(&self) -> &[String] {
        &self.0
    }

    /// The value that this pointer names in `document`.
    #[must_use]
    pub fn find<'v>(&self, document: &'v serde_json::Value) -> Option<&'v serde_json::Value> {
        self.0.iter().try_fold(document, |value, token| match value {
            serde_json::Value::Object(map) => map.get(token),
            serde_json::Value::Array(values) => values.get(token.parse::<usize>().ok()?),
            _ => None,
        })
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("#")?;
        for token in &self.0 {
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
