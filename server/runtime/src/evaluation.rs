//! Evaluation of a value by a type and its rule, for tests of the generator. A server does not use it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::problem::Field;
use super::rule::Rule;

/// The result of an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// The value after deserialization and serialization, or the error of the deserialization.
    pub through: Result<Value, String>,
    /// The problems that the rule reports: fields and codes.
    pub problems: Vec<(String, &'static str)>,
}

/// Evaluates a value by the type `T` and by `rule`. An `x-dropstub-check` counts as passed.
#[must_use]
pub fn evaluate<T: Serialize + DeserializeOwned>(rule: &'static Rule, value: &Value) -> Evaluation {
    let problems = rule.problems(value, &Field::Body);
    let through = serde_json::from_value::<T>(value.clone()).and_then(|value| serde_json::to_value(value));
    Evaluation {
        through: through.map_err(|error| error.to_string()),
        problems: problems.into_vec().into_iter().map(|problem| (problem.field, problem.code)).collect(),
    }
}
