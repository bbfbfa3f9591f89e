//! What was wrong with a request: a list of problems, each with the place in the request, a code and a sentence.

use std::fmt;

/// One thing that was wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: `name`, `scopes[1]`, `body` for the body as a whole, a header by its name.
    pub field: String,
    /// A stable, machine-readable code; the glue's own are in [`code`].
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
}

/// What a rule of the service's own found. The glue adds the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub code: &'static str,
    pub message: String,
}

/// The codes that the glue itself gives.
pub mod code {
    pub const REQUIRED: &str = "required";
    pub const INVALID_TYPE: &str = "invalid_type";
    pub const INVALID_FORMAT: &str = "invalid_format";
    pub const TOO_SHORT: &str = "too_short";
    pub const TOO_LONG: &str = "too_long";
    pub const TOO_MANY: &str = "too_many";
    pub const OUT_OF_RANGE: &str = "out_of_range";
    pub const DUPLICATE: &str = "duplicate";
    pub const UNKNOWN_FIELD: &str = "unknown_field";
}

/// Problems as they are found.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

/// How many problems one answer lists. A small body can hold thousands, and nobody reads them.
const MAX_PROBLEMS: usize = 256;

/// How much of a name is given back, in characters: the client may have made it up.
const MAX_NAME: usize = 128;

/// How much of the way to a field is given back, in characters: a schema that holds itself makes it as long as a body is
/// deep.
const MAX_FIELD: usize = 1024;

impl Problems {
    pub fn add(&mut self, field: &Field<'_>, code: &'static str, message: impl Into<String>) {
        if self.0.len() < MAX_PROBLEMS {
            let field = field.to_string().chars().take(MAX_FIELD).collect();
            self.0.push(Problem { field, code, message: message.into() });
        }
    }

    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
        self.0.truncate(MAX_PROBLEMS);
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn into_vec(self) -> Vec<Problem> {
        self.0
    }
}

/// A place in a request, built on the way down and written out only where there is a problem.
#[derive(Debug, Clone, Copy)]
pub enum Field<'a> {
    /// The body as a whole.
    Body,
    /// A parameter, or a field of the body.
    Named(&'a str),
    Property(&'a Field<'a>, &'a str),
    Element(&'a Field<'a>, usize),
}

impl<'a> Field<'a> {
    #[must_use]
    pub fn property(&'a self, name: &'a str) -> Self {
        match self {
            Self::Body => Self::Named(name),
            _ => Self::Property(self, name),
        }
    }

    #[must_use]
    pub fn element(&'a self, index: usize) -> Self {
        Self::Element(self, index)
    }
}

impl fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut = |name: &str| name.char_indices().nth(MAX_NAME).map_or(name.len(), |(end, _)| end);
        match self {
            Self::Body => f.write_str("body"),
            Self::Named(name) => f.write_str(&name[..cut(name)]),
            Self::Property(parent, name) => write!(f, "{parent}.{}", &name[..cut(name)]),
            Self::Element(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(field: &Field<'_>) -> String {
        let mut problems = Problems::default();
        problems.add(field, code::REQUIRED, "Is required.");
        problems.into_vec().remove(0).field
    }

    /// A field so many properties deep.
    fn told_below(field: &Field<'_>, depth: usize) -> String {
        if depth == 0 { told(field) } else { told_below(&field.property("b"), depth - 1) }
    }

    #[test]
    fn a_field_is_told_however_deep_it_stands_and_a_name_is_cut() {
        let (a, long) = (Field::Body.property("a"), "ä".repeat(200));
        assert_eq!(told(&a.element(2).property(&long)), format!("a[2].{}", "ä".repeat(MAX_NAME)));
        assert_eq!(told_below(&a, 100), format!("a{}", ".b".repeat(100)));
        assert_eq!(told_below(&a, 600).chars().count(), MAX_FIELD);
    }
}
