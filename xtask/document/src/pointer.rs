//! JSON pointers (RFC 6901) that are cheap to extend.

use std::cmp::Ordering;
use std::fmt::{self, Display};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// The path of one value in a document. Displayed as the URI fragment of a `$ref`: `#/paths/~1things/get`.
///
/// A pointer shares its prefix with the pointer that it extends, because a traversal creates one for each value.
#[derive(Debug, Clone, Default)]
pub struct Pointer(Option<Arc<Part>>);

#[derive(Debug)]
struct Part {
    parent: Pointer,
    token: String,
}

impl Pointer {
    /// The pointer of the whole document.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Parses a local `$ref` (`#/components/schemas/Thing`). Returns `None` for any other text.
    #[must_use]
    pub fn from_reference(reference: &str) -> Option<Self> {
        let rest = reference.strip_prefix("#/")?;
        // A reference is a URI, in which a brace has to be percent-encoded.
        let unescape =
            |token: &str| percent_decode_str(token).decode_utf8_lossy().replace("~1", "/").replace("~0", "~");
        Some(rest.split('/').fold(Self::root(), |pointer, token| pointer.child(unescape(token))))
    }

    /// The pointer of the property or element `token` of this value.
    #[must_use]
    pub fn child(&self, token: impl Display) -> Self {
        Self(Some(Arc::new(Part { parent: self.clone(), token: token.to_string() })))
    }

    /// The pointer of the enclosing value.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0.as_ref().map(|part| part.parent.clone())
    }

    /// The last token, unescaped.
    #[must_use]
    pub fn last(&self) -> Option<&str> {
        self.0.as_ref().map(|part| part.token.as_str())
    }

    /// The tokens from the root, unescaped.
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

    /// The name of the component schema at this pointer, if there is one.
    #[must_use]
    pub fn component_schema(&self) -> Option<&str> {
        match self.tokens().as_slice() {
            ["components", "schemas", name] => Some(name),
            _ => None,
        }
    }

    /// The value at this pointer in `document`.
    #[must_use]
    pub fn find<'v>(&self, document: &'v Value) -> Option<&'v Value> {
        self.tokens().into_iter().try_fold(document, |value, token| match value {
            Value::Object(map) => map.get(token),
            Value::Array(values) => values.get(token.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// The value at this pointer in `document`, to change it.
    #[must_use]
    pub fn find_mut<'v>(&self, document: &'v mut Value) -> Option<&'v mut Value> {
        self.tokens().into_iter().try_fold(document, |value, token| match value {
            Value::Object(map) => map.get_mut(token),
            Value::Array(values) => values.get_mut(token.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// The pointers of all values below the root of `document`, children before parents.
    #[must_use]
    pub fn all(document: &Value) -> Vec<Self> {
        fn collect(value: &Value, pointer: &Pointer, found: &mut Vec<Pointer>) {
            let mut add = |child: Pointer, value| {
                collect(value, &child, found);
                found.push(child);
            };
            match value {
                Value::Object(map) => map.iter().for_each(|(key, value)| add(pointer.child(key), value)),
                Value::Array(values) => {
                    values.iter().enumerate().for_each(|(index, value)| add(pointer.child(index), value));
                }
                _ => {}
            }
        }
        let mut found = Vec::new();
        collect(document, &Self::root(), &mut found);
        found
    }
}

// Compared from the end, where most pointers differ.
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
    fn all_pointers_find_their_values_and_children_come_first() {
        let mut document = serde_json::json!({"a/b": [1, {"c": 2}], "d": null});
        let all = Pointer::all(&document);
        let texts: Vec<_> = all.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["#/a~1b/0", "#/a~1b/1/c", "#/a~1b/1", "#/a~1b", "#/d"]);
        assert_eq!(all[1].find(&document), Some(&2.into()));
        *all[1].find_mut(&mut document).unwrap() = 3.into();
        assert_eq!(document["a/b"][1]["c"], 3);
    }

    #[test]
    fn displayed_pointer_parses_to_the_same_pointer() {
        let pointer = Pointer::root().child("paths").child("/a~b/{c}").child(0);
        assert_eq!(pointer.to_string(), "#/paths/~1a~0b~1{c}/0");
        assert_eq!(Pointer::from_reference(&pointer.to_string()), Some(pointer.clone()));
        let encoded = pointer.to_string().replace('{', "%7B").replace('}', "%7d");
        assert_eq!(Pointer::from_reference(&encoded), Some(pointer));
        assert_eq!(Pointer::from_reference("other.yaml#/a"), None);
    }
}
