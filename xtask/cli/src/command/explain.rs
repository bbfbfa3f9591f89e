//! `dropstub explain`: the rules of all commands.

use std::fmt::Write as _;
use std::io::Write;

use dropstub_checks::{check, compat, lint};
use dropstub_document::Rule;

use crate::failure::{Exit, Failure};

/// Explain a rule
///
/// Without a rule, lists all rules as Markdown.
#[derive(Debug, Clone, clap::Args)]
pub struct Explain {
    /// The id of a rule, as in the output of a check
    #[arg(value_name = "RULE")]
    rule: Option<String>,
}

/// The rules of each command.
fn groups() -> [(&'static str, &'static [&'static Rule]); 6] {
    [
        ("generate", dropstub_codegen::RULES),
        ("check", check::RULES),
        ("compat", compat::RULES),
        ("lint", lint::RULES),
        ("roundtrip", dropstub_testing::RULES),
        ("check (generated files)", crate::rules::RULES),
    ]
}

pub(super) fn execute(arguments: &Explain, out: &mut dyn Write) -> Result<Exit, Failure> {
    let Some(id) = &arguments.rule else {
        write!(out, "{}", rules())?;
        return Ok(Exit::Success);
    };
    let mut all = groups().into_iter().flat_map(|(command, rules)| rules.iter().map(move |rule| (command, rule)));
    match all.find(|(_, rule)| rule.id == id) {
        Some((command, rule)) => {
            writeln!(out, "{} ({command}, {})\n\n{}.\n\n{}", rule.id, rule.severity, rule.summary, rule.explanation)?;
            Ok(Exit::Success)
        }
        None => Err(Failure::new(format!("unknown rule {id}; `explain` without a rule lists all rules"))),
    }
}

/// The list of all rules, as Markdown.
#[must_use]
pub fn rules() -> String {
    let mut text = String::new();
    for (command, rules) in groups() {
        let _ =
            write!(text, "## {command}\n\n| rule | severity | summary | explanation |\n| --- | --- | --- | --- |\n");
        for Rule { id, severity, summary, explanation } in rules.iter().copied() {
            let cell = |text: &str| text.replace('|', "\\|");
            let _ = writeln!(text, "| `{id}` | {severity} | {} | {} |", cell(summary), cell(explanation));
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn rule_ids_are_unique_and_in_kebab_case() {
        let ids: Vec<_> = groups().into_iter().flat_map(|(_, rules)| rules.iter().map(|rule| rule.id)).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        let kebab = |id: &&str| {
            id.split('-')
                .all(|word| !word.is_empty() && word.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit()))
        };
        assert!(ids.iter().all(kebab), "{ids:?}");
    }
}
