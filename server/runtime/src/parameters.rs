//! Path, query and header parameters, parsed as the JSON values that their rules validate.
//!
//! Undocumented headers are ignored, and so are undocumented query parameters unless the operation is strict. A repeated parameter is a
//! problem, because client and server could use different ones.

use std::collections::BTreeSet;

use http::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::operation::{Location, Operation, Parameter};
use super::problem::{Field, Problems, code};
use super::request::PathVariables;
use super::rule::Rule;

/// The query parameter of dropshot's pagination for later pages.
const PAGE_TOKEN: &str = "page_token";

/// The valid path parameters of a request, for authorization.
///
/// Invalid values are absent. Their problems are reported after authorization.
#[derive(Debug)]
pub struct PathValues<'p>(&'p Map<String, Value>);

impl<'p> PathValues<'p> {
    pub(super) fn new(values: &'p Map<String, Value>) -> Self {
        Self(values)
    }

    /// The value of one parameter, if the path has it and it is valid.
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        self.0.get(name).and_then(|value| T::deserialize(value).ok())
    }
}

/// The valid path parameters by name. The others are problems.
pub(super) fn path(
    operation: &'static Operation,
    variables: &PathVariables,
    problems: &mut Problems,
) -> Map<String, Value> {
    collect(operation, Location::Path, problems, |name| {
        variables.iter().filter(|(variable, _)| variable == name).map(|(_, value)| value.clone()).collect()
    })
}

pub(super) fn query(operation: &'static Operation, query: Option<&str>, problems: &mut Problems) -> Map<String, Value> {
    let pairs: Vec<_> = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).collect();
    let given = |name: &str| -> Vec<String> {
        pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone().into_owned()).collect()
    };
    if operation.strict_query {
        let is_unknown = |name: &&str| documented(operation).all(|documented| documented != *name);
        for name in pairs.iter().map(|(name, _)| &**name).filter(is_unknown).collect::<BTreeSet<_>>() {
            problems.add(&Field::Named(name), code::UNKNOWN_FIELD, "Is not a parameter of this operation.");
        }
    }
    if let Some(pages) = operation.pages.as_ref().filter(|_| given(PAGE_TOKEN).is_empty()) {
        for name in pages.first.iter().filter(|name| given(name).is_empty()) {
            problems.add(&Field::Named(name), code::REQUIRED, "Is required for the first page.");
        }
    }
    collect(operation, Location::Query, problems, given)
}

/// The names of the documented query parameters.
fn documented(operation: &'static Operation) -> impl Iterator<Item = &'static str> {
    let query = operation.parameters.iter().filter(|parameter| parameter.location == Location::Query);
    query.map(|parameter| parameter.name).chain(operation.pages.as_ref().map(|_| PAGE_TOKEN))
}

pub(super) fn headers(
    operation: &'static Operation,
    headers: &HeaderMap,
    problems: &mut Problems,
) -> Map<String, Value> {
    collect(operation, Location::Header, problems, |name| {
        headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
    })
}

fn collect(
    operation: &'static Operation,
    location: Location,
    problems: &mut Problems,
    given: impl Fn(&str) -> Vec<String>,
) -> Map<String, Value> {
    let mut values = Map::new();
    for parameter in operation.parameters.iter().filter(|parameter| parameter.location == location) {
        let field = Field::Named(parameter.name);
        match given(parameter.name).as_slice() {
            [] if parameter.required => problems.add(&field, code::REQUIRED, "Is required."),
            [] => values.extend(parameter.default.map(|default| (parameter.name.to_owned(), default()))),
            [text] => values.extend(valid(parameter, parameter.rule.read(text), problems)),
            _ => problems.add(&field, code::DUPLICATE, "Must be given once only."),
        }
    }
    values
}

/// The parameter and its name, if the value is valid.
fn valid(parameter: &Parameter, value: Value, problems: &mut Problems) -> Option<(String, Value)> {
    let found = parameter.rule.problems(&value, &Field::Named(parameter.name));
    let valid = found.is_empty();
    problems.append(found);
    valid.then(|| (parameter.name.to_owned(), value))
}

impl Rule {
    /// Parses the text as a value of the rule's type, or returns it as a string.
    pub(super) fn read(&'static self, text: &str) -> Value {
        let read = match self.bare() {
            // JSON allows space around a number, a parameter does not.
            Self::Integer(_) | Self::Number(_) if text.trim() == text => {
                serde_json::from_str(text).ok().filter(Value::is_number)
            }
            Self::Boolean => text.parse::<bool>().ok().map(Value::from),
            // Alternatives can have different types.
            Self::OneOf(rules) | Self::AnyOf(rules) => {
                let mut readings = rules.iter().map(|rule| (rule, rule.read(text)));
                readings.find(|(rule, value)| rule.admits(value)).map(|(_, value)| value)
            }
            _ => None,
        };
        read.unwrap_or_else(|| text.into())
    }

    fn admits(&'static self, value: &Value) -> bool {
        self.problems(value, &Field::Body).is_empty()
    }
}
