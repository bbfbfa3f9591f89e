//! Values of every component schema, valid ones and such as break one rule, and whether types and rules treat them as the
//! schema has it.
//!
//! The judge of what is valid is a JSON-Schema validator that knows nothing of the stub: [`oracle`]. [`valid`]
//! makes the values that the schema allows, [`invalid`] changes one thing of them.

mod invalid;
mod oracle;
mod resolve;
mod valid;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;
use serde_json::{Value, json};

use invalid::Broken;
use oracle::Judges;
use resolve::Schemas;
use valid::Maker;

/// How many valid values of one schema are looked at, and how often one rule is broken in one place of it: alternatives
/// can have properties of one name.
const VALID: usize = 40;
const BROKEN: usize = 3;

/// What the judge and the stub said.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Judgement {
    /// Values that the judge calls valid, and how many of them went through the type and came back equal without a
    /// problem by the rule.
    pub valid: usize,
    pub taken: usize,
    /// Values that the judge calls invalid for one reason, and how many of them the rule refuses for it, where it is.
    pub broken: usize,
    pub refused: usize,
    /// The schemas of which no valid value was made.
    pub unreached: Vec<String>,
    /// Where judge and stub disagree.
    pub wrong: Vec<String>,
}

/// One value on its way to the stub and back.
struct Case {
    schema: String,
    value: Value,
    /// What breaks it, where something does.
    broken: Option<Broken>,
}

/// Judges the stub of a document by the schemas of these names. `witness` asks it about values.
pub(crate) fn judge(
    document: &Value,
    names: &BTreeSet<String>,
    witness: impl Fn(&[Value]) -> Result<Vec<Value>, String>,
) -> Judgement {
    let (schemas, judges) = (Schemas::new(document), Judges::new(document));
    let maker = Maker::new(&schemas, &judges);
    let mut judgement = Judgement::default();
    for name in names {
        let cases = match cases(&maker, name) {
            Ok(cases) if !cases.is_empty() => cases,
            Ok(_) => {
                judgement.unreached.push(name.clone());
                continue;
            }
            // Such as a pattern of a kind that the judge does not know.
            Err(why) => {
                judgement.unreached.push(why);
                continue;
            }
        };
        let asked: Vec<_> = cases.iter().map(|case| json!({"schema": case.schema, "value": case.value})).collect();
        match witness(&asked) {
            Ok(answers) if answers.len() == cases.len() => {
                cases.iter().zip(&answers).for_each(|(case, answer)| judgement.add(&schemas, case, answer));
            }
            Ok(answers) => {
                judgement.wrong.push(format!("{name}: the stub answered {} of {} values", answers.len(), cases.len()));
            }
            Err(why) => judgement.wrong.push(format!("{name}: {why}")),
        }
    }
    judgement
}

/// The values of one schema.
fn cases(maker: &Maker<'_>, name: &str) -> Result<Vec<Case>, String> {
    let judge = maker.judges.of(name)?;
    let schema = json!({"$ref": format!("#/components/schemas/{name}")});
    let mut values = maker.values(&schema);
    values.retain(|value| judge.is_valid(value));
    values.truncate(VALID);
    let (mut seen, mut rules, mut wrong) = (BTreeSet::new(), BTreeMap::new(), Vec::new());
    for value in &values {
        for change in invalid::changes(maker.schemas, &schema, value) {
            let times: &mut usize = rules.entry(change.broken.rule()).or_default();
            // A large value can be broken in many places, so it is not even made where that was done often enough.
            let Some((value, broken)) = (*times < BROKEN).then(|| change.apply(value)).flatten() else { continue };
            if !judge.is_valid(&value) && seen.insert(digest(&value)) {
                *times += 1;
                wrong.push(Case { schema: name.to_owned(), value, broken: Some(broken) });
            }
        }
    }
    let valid = values.into_iter().map(|value| Case { schema: name.to_owned(), value, broken: None });
    Ok(valid.chain(wrong).collect())
}

/// What tells values apart, of which there are many and some are large.
fn digest(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Judgement {
    fn add(&mut self, schemas: &Schemas<'_>, case: &Case, answer: &Value) {
        let problems: Vec<(String, String)> = serde_json::from_value(answer["problems"].clone()).unwrap_or_default();
        let good = if let Some(broken) = &case.broken {
            self.broken += 1;
            broken.is_said_by(&problems)
        } else {
            self.valid += 1;
            let back = answer["through"].get("Ok");
            problems.is_empty() && back.is_some_and(|back| schemas.same(&case.value, back))
        };
        match (good, &case.broken) {
            (true, Some(_)) => self.refused += 1,
            (true, None) => self.taken += 1,
            (false, broken) => {
                let what = broken.as_ref().map_or("valid".to_owned(), ToString::to_string);
                self.wrong.push(format!("{}: {} is {what}, and the stub says {answer}", case.schema, case.value));
            }
        }
    }
}
