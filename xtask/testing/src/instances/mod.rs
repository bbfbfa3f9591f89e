//! Generated values of every component schema, valid ones and ones that break one rule, and their evaluation by the stub.
//!
//! [`valid`] generates values, [`invalid`] breaks one rule of a value, and [`oracle`] decides which values are valid.

mod invalid;
mod oracle;
mod resolve;
mod valid;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use dropstub_document::{Diagnostic, Document, Pointer, Rule};
use serde_json::{Map, Value, json};

use crate::rules::{EVALUATION_FAILED, INVALID_VALUE_ACCEPTED, VALID_VALUE_REJECTED};

use invalid::Defect;
use oracle::Oracles;
use resolve::Schemas;
use valid::Generator;

/// The number of valid values of a schema, and of the repetitions of a defect at one field: alternatives can have properties of
/// the same name.
const VALID: usize = 40;
const INVALID: usize = 3;

/// The result of the evaluation of all values.
#[derive(Debug, Clone, Default)]
pub struct InstanceReport {
    /// The values that the oracle considers valid.
    pub valid: usize,
    /// The valid values that came back equal and without a problem.
    pub accepted: usize,
    /// The values that the oracle considers invalid, for one reason each.
    pub invalid: usize,
    /// The invalid values that were rejected for that reason, at the right field.
    pub rejected: usize,
    /// The schemas without a valid value.
    pub unreached: Vec<String>,
    /// The disagreements of oracle and stub.
    pub failures: Vec<Diagnostic>,
}

impl InstanceReport {
    /// The numbers as a JSON object.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let Self { valid, accepted, invalid, rejected, unreached, failures: _ } = self;
        json!({"valid": valid, "accepted": accepted, "invalid": invalid, "rejected": rejected, "unreached": unreached})
    }
}

/// A value to evaluate.
struct Case {
    schema: String,
    value: Value,
    /// The defect of an invalid value.
    defect: Option<Defect>,
}

/// The document with an `enum` in place of each `x-dropstub-values`: a stub sends no other values.
fn with_closed_lists(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut map: Map<_, _> = map.iter().map(|(key, value)| (key.clone(), with_closed_lists(value))).collect();
            if let Some(Value::Object(values)) = map.shift_remove("x-dropstub-values") {
                map.insert("enum".into(), values.keys().map(String::as_str).collect());
            }
            map.into()
        }
        Value::Array(values) => values.iter().map(with_closed_lists).collect(),
        other => other.clone(),
    }
}

/// Evaluates values of the component schemas `names`. `evaluate` sends values through the stub.
pub(crate) fn evaluate(
    document: &Document,
    names: &BTreeSet<String>,
    evaluate: impl Fn(&[Value]) -> Result<Vec<Value>, String>,
) -> InstanceReport {
    let closed = with_closed_lists(&document.value);
    let (schemas, oracles) = (Schemas::new(&closed), Oracles::new(&closed));
    let generator = Generator::new(&schemas, &oracles);
    let mut report = InstanceReport::default();
    for name in names {
        let pointer = Pointer::root().child("components").child("schemas").child(name);
        let failed = |message| Diagnostic::new(&EVALUATION_FAILED, document, &pointer, message);
        let cases = match cases(&generator, name) {
            Ok(cases) if !cases.is_empty() => cases,
            Ok(_) => {
                report.unreached.push(name.clone());
                continue;
            }
            Err(error) => {
                report.failures.push(failed(format!("{name}: {error}")));
                continue;
            }
        };
        let values: Vec<_> = cases.iter().map(|case| json!({"schema": case.schema, "value": case.value})).collect();
        match evaluate(&values) {
            Ok(evaluations) if evaluations.len() == cases.len() => {
                for (case, evaluation) in cases.iter().zip(&evaluations) {
                    if let Some((rule, message)) = report.counted(&schemas, case, evaluation) {
                        report.failures.push(Diagnostic::new(rule, document, &pointer, message));
                    }
                }
            }
            Ok(evaluations) => report.failures.push(failed(format!(
                "{name}: the stub evaluated {} of {} values",
                evaluations.len(),
                cases.len()
            ))),
            Err(error) => report.failures.push(failed(format!("{name}: {error}"))),
        }
    }
    report
}

/// The values of one schema.
fn cases(generator: &Generator<'_>, name: &str) -> Result<Vec<Case>, String> {
    let oracle = generator.oracles.of(name)?;
    let schema = json!({"$ref": format!("#/components/schemas/{name}")});
    let mut values = generator.values(&schema);
    values.retain(|value| oracle.is_valid(value));
    values.truncate(VALID);
    let (mut seen, mut repetitions, mut invalid) = (BTreeSet::new(), BTreeMap::new(), Vec::new());
    for value in &values {
        for edit in invalid::edits(generator.schemas, &schema, value) {
            let times: &mut usize = repetitions.entry(edit.defect.key()).or_default();
            // A large value has many fields, so an edit is only applied if it is needed.
            let Some((value, defect)) = (*times < INVALID).then(|| edit.apply(value)).flatten() else { continue };
            if !oracle.is_valid(&value) && seen.insert(digest(&value)) {
                *times += 1;
                invalid.push(Case { schema: name.to_owned(), value, defect: Some(defect) });
            }
        }
    }
    let valid = values.into_iter().map(|value| Case { schema: name.to_owned(), value, defect: None });
    Ok(valid.chain(invalid).collect())
}

/// A hash of a value, which can be large.
fn digest(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl InstanceReport {
    /// Counts an evaluation. Returns the rule and the message of a disagreement.
    fn counted(&mut self, schemas: &Schemas<'_>, case: &Case, evaluation: &Value) -> Option<(&'static Rule, String)> {
        let problems: Vec<(String, String)> =
            serde_json::from_value(evaluation["problems"].clone()).unwrap_or_default();
        let (agreed, rule) = if let Some(defect) = &case.defect {
            self.invalid += 1;
            (defect.is_reported_by(&problems), &INVALID_VALUE_ACCEPTED)
        } else {
            self.valid += 1;
            let back = evaluation["through"].get("Ok");
            let equal = back.is_some_and(|back| schemas.same(&case.value, back));
            (problems.is_empty() && equal, &VALID_VALUE_REJECTED)
        };
        match (agreed, &case.defect) {
            (true, Some(_)) => self.rejected += 1,
            (true, None) => self.accepted += 1,
            (false, defect) => {
                let expected = defect.as_ref().map_or("valid".to_owned(), ToString::to_string);
                let message = format!("{}: {} is {expected}, the stub reports {evaluation}", case.schema, case.value);
                return Some((rule, message));
            }
        }
        None
    }
}
