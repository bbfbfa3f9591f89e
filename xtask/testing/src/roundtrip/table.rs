//! Outcomes as a table in Markdown.

use std::path::Path;

use super::{Outcome, failure};

const HEAD: [&str; 11] = [
    "document",
    "operations",
    "generated",
    "equal",
    "refused",
    "schemas",
    "generated",
    "equal",
    "values taken",
    "refused as they should be",
    "seconds",
];

/// A row for each document, and below the table what was left out and why.
#[must_use]
pub fn table(outcomes: &[Outcome]) -> String {
    let mut rows = vec![HEAD.map(str::to_owned).to_vec()];
    rows.extend(outcomes.iter().map(row));
    let widths: Vec<_> =
        (0..HEAD.len()).map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
    };
    let rule = widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>().join(" | ");
    let mut table = format!("{}| {rule} |\n", line(&rows[0]));
    rows.iter().skip(1).for_each(|row| table += &line(row));
    let refused = outcomes.iter().flat_map(|outcome| {
        let left_out =
            outcome.left_out.iter().map(|it| format!("- {}: `{}` is {}\n", name(outcome), it.operation, it.why));
        left_out.chain((!outcome.refused.is_empty()).then(|| format!("- {}: {}\n", name(outcome), why(outcome))))
    });
    table += &list("Refused, and why", refused);
    let unreached = outcomes.iter().filter(|outcome| !outcome.instances.unreached.is_empty());
    let unreached = unreached.map(|it| format!("- {}: {}\n", name(it), it.instances.unreached.join(", ")));
    table += &list("Schemas of which no valid value was made", unreached);
    table
}

/// Lines under a heading, if there are any.
fn list(heading: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("\n{heading}:\n\n{lines}") }
}

/// How many kinds of reasons are named.
const KINDS: usize = 6;

fn why(outcome: &Outcome) -> String {
    let kinds = failure::kinds(&outcome.refused);
    let named = kinds.iter().take(KINDS).map(|(kind, count)| match count {
        1 => kind.clone(),
        count => format!("{kind} ({count} times)"),
    });
    let named = named.collect::<Vec<_>>().join("; ");
    if kinds.len() > KINDS { format!("{named}; and {} other kinds of reasons", kinds.len() - KINDS) } else { named }
}

fn row(outcome: &Outcome) -> Vec<String> {
    let Outcome { operations, schemas, instances, .. } = outcome;
    let of = |part: usize, whole: usize| format!("{part} of {whole}");
    vec![
        name(outcome),
        operations.all.to_string(),
        operations.generated.to_string(),
        operations.equal.to_string(),
        (operations.all - operations.generated).to_string(),
        schemas.all.to_string(),
        schemas.generated.to_string(),
        schemas.equal.to_string(),
        of(instances.taken, instances.valid),
        of(instances.refused, instances.broken),
        format!("{:.2} + {:.0}", outcome.generate_seconds, outcome.build_seconds),
    ]
}

/// The file's name without its folder: where it lay says nothing.
fn name(outcome: &Outcome) -> String {
    Path::new(&outcome.document).file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
