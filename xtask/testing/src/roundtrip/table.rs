//! Outcomes as a Markdown table.

use std::path::Path;

use dropstub_document::render::by_rule;

use super::Outcome;

const HEAD: [&str; 11] = [
    "document",
    "operations",
    "generated",
    "equal",
    "rejected",
    "schemas",
    "generated",
    "equal",
    "valid values accepted",
    "invalid values rejected",
    "seconds",
];

/// A row for each document, followed by lists of exclusions, rejections and schemas without values.
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
    let rejected = outcomes.iter().flat_map(|outcome| {
        let exclusions = outcome.exclusions.iter();
        let exclusions = exclusions.map(|it| format!("- {}: `{}` is {}\n", name(outcome), it.operation, it.reason));
        let rejected = (!outcome.rejected.is_empty()).then(|| format!("- {}: {}\n", name(outcome), reasons(outcome)));
        exclusions.chain(rejected)
    });
    table += &list("Rejected, with the reasons", rejected);
    let unreached = outcomes.iter().filter(|outcome| !outcome.instances.unreached.is_empty());
    let unreached = unreached.map(|it| format!("- {}: {}\n", name(it), it.instances.unreached.join(", ")));
    table += &list("Schemas without a generated value", unreached);
    table
}

/// Lines under a heading, if there are any.
fn list(heading: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("\n{heading}:\n\n{lines}") }
}

/// The number of rules in a list of reasons.
const LISTED: usize = 6;

fn reasons(outcome: &Outcome) -> String {
    let counts = by_rule(&outcome.rejected);
    let named = counts.iter().take(LISTED).map(|(rule, count)| match count {
        1 => rule.id.to_owned(),
        count => format!("{} ({count} times)", rule.id),
    });
    let named = named.collect::<Vec<_>>().join(", ");
    if counts.len() > LISTED { format!("{named}, and {} other rules", counts.len() - LISTED) } else { named }
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
        of(instances.accepted, instances.valid),
        of(instances.rejected, instances.invalid),
        format!("{:.2} + {:.0}", outcome.generate_seconds, outcome.build_seconds),
    ]
}

/// The file name without its directory.
fn name(outcome: &Outcome) -> String {
    Path::new(&outcome.document).file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
