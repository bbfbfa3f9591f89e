//! Mutations of a document for scoring the check: semantic ones, which it must report, and equivalent ones, which it must not.
//!
//! [`operations`] and [`schemas`] create semantic mutations, [`equivalent`] the others. [`score`] compares each mutated
//! document with the manifest of the original's stub.

mod edit;
mod equivalent;
mod operations;
mod schemas;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use dropstub_checks::check::{Finding, Manifest, ServerDocument};
use dropstub_document::Pointer;

use edit::Edit;

/// A single edit of a document.
#[derive(Debug, Clone)]
pub struct Mutation {
    /// The mutated construct: `bounds`, `statuses`.
    pub construct: &'static str,
    /// The edit, for people.
    pub description: String,
    /// The mutated value.
    pub pointer: Pointer,
    /// Whether the mutation has to be found.
    pub semantic: bool,
    edits: Vec<Edit>,
}

/// The semantic mutations found so far.
#[derive(Debug, Default)]
struct Found(Vec<Mutation>);

impl Found {
    fn add(&mut self, construct: &'static str, description: &str, pointer: &Pointer, edits: Vec<Edit>) {
        self.0.push(Mutation::new(construct, description, pointer.clone(), edits));
    }

    fn set(&mut self, construct: &'static str, description: &str, pointer: &Pointer, value: Value) {
        self.add(construct, description, pointer, vec![Edit::Set(pointer.clone(), value)]);
    }

    fn remove(&mut self, construct: &'static str, description: &str, pointer: &Pointer) {
        self.add(construct, description, pointer, vec![Edit::Remove(pointer.clone())]);
    }

    fn rename(&mut self, construct: &'static str, description: &str, pointer: &Pointer, name: &str) {
        self.add(construct, description, pointer, vec![Edit::Rename(pointer.clone(), name.to_owned())]);
    }
}

impl Mutation {
    fn new(construct: &'static str, description: impl Into<String>, pointer: Pointer, edits: Vec<Edit>) -> Self {
        Self { construct, description: description.into(), pointer, semantic: true, edits }
    }

    /// The mutated document.
    #[must_use]
    pub fn apply(&self, document: &Value) -> Value {
        let mut changed = document.clone();
        self.edits.iter().for_each(|edit| edit.apply(&mut changed));
        changed
    }

    /// Whether a finding is about the mutated value, its parent or a part of it.
    fn is_located_by(&self, finding: &Finding) -> bool {
        let (found, changed) = (finding.pointer.tokens(), self.pointer.tokens());
        let around = &changed[..changed.len().saturating_sub(1)];
        found.starts_with(around) || (found.len() > 1 && changed.starts_with(&found))
    }
}

/// The mutations of a document, at most `most` of each construct, chosen evenly.
#[must_use]
pub fn mutations(document: &Value, most: usize) -> Vec<Mutation> {
    let mut found = operations::mutations(document);
    found.extend(schemas::mutations(document));
    found.extend(equivalent::mutations(document));
    let mut by_construct: BTreeMap<(&str, bool), Vec<Mutation>> = BTreeMap::new();
    for mutation in found {
        by_construct.entry((mutation.construct, mutation.semantic)).or_default().push(mutation);
    }
    let chosen = by_construct.into_values().flat_map(|all| {
        let step = all.len().div_ceil(most.max(1)).max(1);
        all.into_iter().step_by(step)
    });
    chosen.filter(|mutation| mutation.apply(document) != *document || !mutation.semantic).collect()
}

/// The numbers of mutations of a construct.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Semantic mutations.
    pub semantic: usize,
    /// Semantic mutations that were found at their pointer.
    pub found: usize,
    /// Equivalent mutations.
    pub equivalent: usize,
    /// Equivalent mutations that were reported.
    pub false_positives: usize,
}

/// The score of the check.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Score {
    /// The numbers of each construct.
    pub constructs: BTreeMap<&'static str, Tally>,
    /// The semantic mutations that were not found, or not at their pointer, and the false positives.
    pub failures: Vec<String>,
}

impl Score {
    /// The sum over all constructs.
    #[must_use]
    pub fn total(&self) -> Tally {
        self.constructs.values().fold(Tally::default(), |sum, it| Tally {
            semantic: sum.semantic + it.semantic,
            found: sum.found + it.found,
            equivalent: sum.equivalent + it.equivalent,
            false_positives: sum.false_positives + it.false_positives,
        })
    }

    /// Adds the score of another document.
    pub fn add(&mut self, other: Self) {
        for (construct, tally) in other.constructs {
            let sum = self.constructs.entry(construct).or_default();
            sum.semantic += tally.semantic;
            sum.found += tally.found;
            sum.equivalent += tally.equivalent;
            sum.false_positives += tally.false_positives;
        }
        self.failures.extend(other.failures);
    }
}

/// Compares each mutated document with the manifest of the original's stub.
#[must_use]
pub fn score(document: &Value, manifest: &Manifest, mutations: &[Mutation]) -> Score {
    let server = ServerDocument::new(manifest);
    let mut score = Score::default();
    for mutation in mutations {
        let tally = score.constructs.entry(mutation.construct).or_default();
        let report = server.compare(&mutation.apply(document));
        // A document that fails validation counts as found.
        let found = report.as_ref().map_or(true, |report| !report.findings.is_empty());
        let located =
            report.as_ref().map_or(true, |report| report.findings.iter().any(|it| mutation.is_located_by(it)));
        if mutation.semantic {
            tally.semantic += 1;
            tally.found += usize::from(found && located);
        } else {
            tally.equivalent += 1;
            tally.false_positives += usize::from(found);
        }
        let findings = || match &report {
            Ok(report) => report.findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            Err(error) => error.to_string(),
        };
        let at = format!("{}: {} at {}", mutation.construct, mutation.description, mutation.pointer);
        match (mutation.semantic, found, located) {
            (true, false, _) => score.failures.push(format!("not found: {at}")),
            (true, true, false) => score.failures.push(format!("found elsewhere: {at}: {}", findings())),
            (false, true, _) => score.failures.push(format!("false positive: {at}: {}", findings())),
            (true, true, true) | (false, false, _) => {}
        }
    }
    score
}
