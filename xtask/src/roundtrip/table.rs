//! Outcomes as a table in Markdown.

use std::path::Path;

use super::Outcome;

const HEAD: [&str; 10] = [
    "document",
    "operations",
    "generated",
    "equal",
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
    let left_out = outcomes.iter().flat_map(|outcome| outcome.left_out.iter().map(move |it| (name(outcome), it)));
    let left_out = left_out.map(|(name, it)| format!("- {name}: `{}` is {}\n", it.operation, it.why));
    table += &list("Left out by name", left_out);
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

fn row(outcome: &Outcome) -> Vec<String> {
    let Outcome { operations, schemas, instances, .. } = outcome;
    let of = |part: usize, whole: usize| format!("{part} of {whole}");
    vec![
        name(outcome),
        operations.all.to_string(),
        operations.generated.to_string(),
        operations.equal.to_string(),
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
