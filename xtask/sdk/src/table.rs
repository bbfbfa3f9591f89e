//! The results as a table in the documentation.

use std::fmt::Write;

use crate::Result;
use crate::lifecycle::Secret;
use crate::project::root;
use crate::stage::{Outcome, Stages};

/// Writes the table into `server/docs/sdks.md`.
///
/// # Errors
/// Fails if the file cannot be written.
pub fn write(outcomes: &[Outcome]) -> Result<()> {
    Ok(aether_results::write(&root().join("server/docs/sdks.md"), &markdown(outcomes))?)
}

/// The table, with the known failures below it.
fn markdown(outcomes: &[Outcome]) -> String {
    let mut text = String::from(
        "| language | generator | version | warnings | compiles | lifecycle | prints the secret | remark |\n\
         | --- | --- | --- | ---: | --- | --- | --- | --- |\n",
    );
    for outcome in outcomes {
        let generator = outcome.generator;
        let (warnings, compiles, lifecycle, secret) = cells(outcome);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {warnings} | {compiles} | {lifecycle} | {secret} | {} |",
            generator.language,
            generator.title,
            generator.version(),
            generator.remark
        );
    }
    for outcome in outcomes {
        if let (Stages::Ran { end: Err(failure), .. }, Some(known)) = (&outcome.result, outcome.generator.fails)
            && failure.at == known.at
        {
            let _ = write!(text, "\n{} fails at `{}`: {}\n", outcome.generator.title, known.at, known.reason);
        }
    }
    text
}

/// The warnings, the result of the compiler, that of the lifecycle, and whether the secret is printed.
fn cells(outcome: &Outcome) -> (String, String, String, &'static str) {
    let none = || "–".to_owned();
    match &outcome.result {
        Stages::Skipped(_) => (none(), none(), "skipped".to_owned(), "–"),
        Stages::Ran { warnings, end } => {
            let compiler = outcome.generator.compiler;
            let (compiles, lifecycle, secret) = match end {
                Ok(Secret::Printed) => (compiler.to_owned(), "passed".to_owned(), "yes"),
                Ok(Secret::Hidden) => (compiler.to_owned(), "passed".to_owned(), "no"),
                Err(failure) if failure.at == "generate" => (none(), none(), "–"),
                Err(failure) if failure.at == "compile" => (format!("no ({compiler})"), none(), "–"),
                Err(failure) => (compiler.to_owned(), format!("fails at `{}`", failure.at), "–"),
            };
            (warnings.to_string(), compiles, lifecycle, secret)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generators::{GENERATORS, Generator, KnownFailure};
    use crate::stage::Failure;

    fn row(fails: Option<KnownFailure>, result: Stages) -> String {
        let generator =
            Generator { title: "a generator", package: "g@1.2.3", compiler: "tsc", remark: "", fails, ..GENERATORS[0] };
        markdown(&[Outcome { generator: Box::leak(Box::new(generator)), result }])
    }

    #[test]
    fn row_has_the_result_of_each_stage() {
        let passed = row(None, Stages::Ran { warnings: 3, end: Ok(Secret::Printed) });
        assert!(passed.ends_with("| a generator | 1.2.3 | 3 | tsc | passed | yes |  |\n"), "{passed}");
        let failure = |at| Stages::Ran { warnings: 0, end: Err(Failure { at, reason: "a line".to_owned() }) };
        assert!(row(None, failure("compile")).contains("| no (tsc) | – | – |"));
        let known = KnownFailure { at: "introspect", reason: "It sends no form." };
        let failed = row(Some(known), failure("introspect"));
        assert!(failed.contains("| tsc | fails at `introspect` | – |"), "{failed}");
        assert!(failed.ends_with("\na generator fails at `introspect`: It sends no form.\n"), "{failed}");
        assert!(row(None, Stages::Skipped("no java".to_owned())).contains("| skipped |"));
    }
}
