//! What a type and a rule make of a value, for proofs that they are what a schema says. No server has a use for it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::problem::{Field, Problems};
use super::rule::Rule;
use super::validate::Validator;

/// What became of a value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Witness {
    /// The value when it has gone through the type and back, or why the type refuses it.
    pub through: Result<Value, String>,
    /// What is wrong with it by the rule: fields and codes.
    pub problems: Vec<(String, &'static str)>,
}

/// Puts the value through both. Whatever `x-check` there is agrees.
#[must_use]
pub fn witness<T: Serialize + DeserializeOwned>(rule: &'static Rule, value: &Value) -> Witness {
    let mut problems = Problems::default();
    Validator { problems: &mut problems, check: &mut |_, _| Ok(()) }.validate(rule, value, &Field::Body);
    let through = serde_json::from_value::<T>(value.clone()).and_then(|value| serde_json::to_value(value));
    Witness {
        through: through.map_err(|error| error.to_string()),
        problems: problems.into_vec().into_iter().map(|problem| (problem.field, problem.code)).collect(),
    }
}
