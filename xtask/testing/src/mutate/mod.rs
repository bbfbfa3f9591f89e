//! Single changes of a document, to try the comparison on: such as change what goes over the wire or a name in a client,
//! and such as change nothing.
//!
//! [`operations`] and [`schemas`] make the first, [`equivalent`] the second. [`score`] compares each changed document with
//! the account of a stub of the unchanged one.

mod edit;
mod equivalent;
mod operations;
mod schemas;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use dropstub_checks::check::{Account, Finding, Server};
use dropstub_document::Pointer;

use edit::Edit;

/// A document changed in one place.
#[derive(Debug, Clone)]
pub struct Mutation {
    /// What kind of thing is changed: `bounds`, `statuses`.
    pub construct: &'static str,
    /// What was done, for people.
    pub what: String,
    /// Where.
    pub pointer: Pointer,
    /// Whether the change means something, and has to be found.
    pub means: bool,
    edits: Vec<Edit>,
}

impl Mutation {
    fn new(construct: &'static str, what: impl Into<String>, pointer: Pointer, edits: Vec<Edit>) -> Self {
        Self { construct, what: what.into(), pointer, means: true, edits }
    }

    /// The changed document.
    #[must_use]
    pub fn apply(&self, document: &Value) -> Value {
        let mut changed = document.clone();
        self.edits.iter().for_each(|edit| edit.apply(&mut changed));
        changed
    }

    /// Whether a finding speaks of the place, or of what it is in or has in it.
    fn is_met_by(&self, finding: &Finding) -> bool {
        let (found, changed) = (finding.pointer.tokens(), self.pointer.tokens());
        let around = &changed[..changed.len().saturating_sub(1)];
        found.starts_with(around) || (found.len() > 1 && changed.starts_with(&found))
    }
}

/// All changes of a document, at most so many of each construct: evenly chosen where there are more.
#[must_use]
pub fn mutations(document: &Value, most: usize) -> Vec<Mutation> {
    let mut found = operations::mutations(document);
    found.extend(schemas::mutations(document));
    found.extend(equivalent::mutations(document));
    // What leaves the document as it was is no change.
    let mut by_construct: BTreeMap<(&str, bool), Vec<Mutation>> = BTreeMap::new();
    for mutation in found {
        by_construct.entry((mutation.construct, mutation.means)).or_default().push(mutation);
    }
    let chosen = by_construct.into_values().flat_map(|all| {
        let step = all.len().div_ceil(most.max(1)).max(1);
        all.into_iter().step_by(step)
    });
    chosen.filter(|mutation| mutation.apply(document) != *document || !mutation.means).collect()
}

/// How many changes of one construct there were, and how many were found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    pub meaning: usize,
    pub found: usize,
    pub neutral: usize,
    pub alarms: usize,
}

/// What the comparison made of the changes.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Score {
    pub constructs: BTreeMap<&'static str, Tally>,
    /// The changes that were not found, or not where they are, and the false alarms.
    pub wrong: Vec<String>,
}

impl Score {
    /// All constructs together.
    #[must_use]
    pub fn total(&self) -> Tally {
        self.constructs.values().fold(Tally::default(), |sum, it| Tally {
            meaning: sum.meaning + it.meaning,
            found: sum.found + it.found,
            neutral: sum.neutral + it.neutral,
            alarms: sum.alarms + it.alarms,
        })
    }

    /// Adds the score of another document.
    pub fn add(&mut self, other: Self) {
        for (construct, tally) in other.constructs {
            let sum = self.constructs.entry(construct).or_default();
            sum.meaning += tally.meaning;
            sum.found += tally.found;
            sum.neutral += tally.neutral;
            sum.alarms += tally.alarms;
        }
        self.wrong.extend(other.wrong);
    }
}

/// Compares each changed document with a stub of the unchanged one.
#[must_use]
pub fn score(document: &Value, account: &Account, mutations: &[Mutation]) -> Score {
    let server = Server::new(account);
    let mut score = Score::default();
    for mutation in mutations {
        let tally = score.constructs.entry(mutation.construct).or_default();
        let report = server.compare(&mutation.apply(document));
        // What cannot even be read is found by everybody.
        let found = report.as_ref().map_or(true, |report| !report.findings.is_empty());
        let met = report.as_ref().map_or(true, |report| report.findings.iter().any(|it| mutation.is_met_by(it)));
        if mutation.means {
            tally.meaning += 1;
            tally.found += usize::from(found && met);
        } else {
            tally.neutral += 1;
            tally.alarms += usize::from(found);
        }
        let said = || match &report {
            Ok(report) => report.findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            Err(error) => error.to_string(),
        };
        let at = format!("{}: {} at {}", mutation.construct, mutation.what, mutation.pointer);
        match (mutation.means, found, met) {
            (true, false, _) => score.wrong.push(format!("not found: {at}")),
            (true, true, false) => score.wrong.push(format!("found elsewhere: {at}: {}", said())),
            (false, true, _) => score.wrong.push(format!("a false alarm: {at}: {}", said())),
            (true, true, true) | (false, false, _) => {}
        }
    }
    score
}
