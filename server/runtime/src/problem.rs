//! Problems of a request, and the values that the service still has to check.

use std::fmt;

/// A violation of the document in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field: `name`, `scopes[1]`, a header's name, or `body` for the whole body.
    pub field: String,
    /// A stable, machine-readable code: one of [`code`], or the service's.
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
}

/// A violation that the service's check found. The stub adds the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// A stable, machine-readable code.
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
}

/// A value with a valid shape that the service has to check (`x-dropstub-check`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unchecked {
    /// The name of the check.
    pub check: &'static str,
    /// The value.
    pub value: String,
    field: String,
    /// The number of problems before this value, so that problems are reported in the order of the request.
    position: usize,
}

/// The codes of the stub's own problems.
pub mod code {
    /// Defines constants, and the list of all of them.
    macro_rules! codes {
        ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
            $($(#[$doc])* pub const $name: &str = $code;)*
            /// Every code.
            pub const ALL: &[&str] = &[$($name),*];
        };
    }

    codes! {
        /// A required field is absent.
        REQUIRED = "required";
        /// The value has another type.
        INVALID_TYPE = "invalid_type";
        /// The text has another format.
        INVALID_FORMAT = "invalid_format";
        /// Too few characters or elements.
        TOO_SHORT = "too_short";
        /// Too many characters.
        TOO_LONG = "too_long";
        /// Too many elements.
        TOO_MANY = "too_many";
        /// The number is outside the range.
        OUT_OF_RANGE = "out_of_range";
        /// A value or key occurs more than once.
        DUPLICATE = "duplicate";
        /// The field or the query parameter is not documented.
        UNKNOWN_FIELD = "unknown_field";
    }
}

/// The problems found so far, and the values to check.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    list: Vec<Problem>,
    unchecked: Vec<Unchecked>,
}

/// The number of problems in one response. A small body can have thousands.
const MAX_PROBLEMS: usize = 256;

/// The length of a field's name in a response, in characters: the client chooses it.
const MAX_NAME: usize = 128;

/// The length of a field's path in a response, in characters: with a recursive schema it grows with the body's depth.
const MAX_FIELD: usize = 1024;

impl Problems {
    /// Adds a problem.
    pub(crate) fn add(&mut self, field: &Field<'_>, code: &'static str, message: impl Into<String>) {
        if self.list.len() < MAX_PROBLEMS {
            self.list.push(Problem { field: text(field), code, message: message.into() });
        }
    }

    /// Adds a value that the service has to check.
    pub(crate) fn add_unchecked(&mut self, field: &Field<'_>, check: &'static str, value: &str) {
        let position = self.list.len();
        self.unchecked.push(Unchecked { check, value: value.to_owned(), field: text(field), position });
    }

    /// Adds the problems and unchecked values of a part of the request.
    pub(crate) fn append(&mut self, other: Self) {
        let before = self.list.len();
        self.unchecked.extend(other.unchecked.into_iter().map(|it| Unchecked { position: it.position + before, ..it }));
        self.list.extend(other.list);
        self.list.truncate(MAX_PROBLEMS);
    }

    /// Whether no problem was found.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Removes and returns the values to check.
    pub(crate) fn take_unchecked(&mut self) -> Vec<Unchecked> {
        std::mem::take(&mut self.unchecked)
    }

    /// Adds violations of checked values, each by the value's index, in the order of the request.
    pub(crate) fn add_violations(&mut self, values: &[Unchecked], violations: Vec<(usize, Violation)>) {
        let known = violations.into_iter().filter_map(|(index, violation)| Some((values.get(index)?, violation)));
        for (value, Violation { code, message }) in known.collect::<Vec<_>>().into_iter().rev() {
            let problem = Problem { field: value.field.clone(), code, message };
            self.list.insert(value.position.min(self.list.len()), problem);
        }
        self.list.truncate(MAX_PROBLEMS);
    }

    /// The problems, in the order of the request.
    #[must_use]
    pub(crate) fn into_vec(self) -> Vec<Problem> {
        self.list
    }
}

fn text(field: &Field<'_>) -> String {
    field.to_string().chars().take(MAX_FIELD).collect()
}

/// A field of a request. It is formatted only if there is a problem.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Field<'a> {
    /// The whole body.
    Body,
    /// A parameter, or a field of the body.
    Named(&'a str),
    /// A property of another field.
    Property(&'a Field<'a>, &'a str),
    /// An element of another field.
    Element(&'a Field<'a>, usize),
}

impl<'a> Field<'a> {
    /// The field of a property.
    #[must_use]
    pub(crate) fn property(&'a self, name: &'a str) -> Self {
        match self {
            Self::Body => Self::Named(name),
            _ => Self::Property(self, name),
        }
    }

    /// The field of an element.
    #[must_use]
    pub(crate) fn element(&'a self, index: usize) -> Self {
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

    fn reported(field: &Field<'_>) -> String {
        let mut problems = Problems::default();
        problems.add(field, code::REQUIRED, "Is required.");
        problems.into_vec().remove(0).field
    }

    /// The reported field `depth` properties below.
    fn reported_below(field: &Field<'_>, depth: usize) -> String {
        if depth == 0 { reported(field) } else { reported_below(&field.property("b"), depth - 1) }
    }

    #[test]
    fn deep_field_is_reported_and_long_names_are_truncated() {
        let (a, long) = (Field::Body.property("a"), "ä".repeat(200));
        assert_eq!(reported(&a.element(2).property(&long)), format!("a[2].{}", "ä".repeat(MAX_NAME)));
        assert_eq!(reported_below(&a, 100), format!("a{}", ".b".repeat(100)));
        assert_eq!(reported_below(&a, 600).chars().count(), MAX_FIELD);
    }
}
