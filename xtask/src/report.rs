//! `cargo xtask report`: the results of the generator and the check on real documents, on one page.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use dropstub::{Exit, Failure};
use dropstub_document::Document;
use dropstub_testing::fuzz::{self, Fuzzed};
use dropstub_testing::mutate::{self, Score};
use dropstub_testing::roundtrip::{self, Outcome};

use crate::project;

/// Write the report on the generator and the check to xtask/REPORT.md
///
/// The contract and the given documents go through a roundtrip; each is mutated for the check, and fuzzed for the generator. The
/// generator may reject a document with diagnostics. Exits with 1 if there is a failure; the report lists it.
#[derive(Debug, Clone, clap::Args)]
pub struct Report {
    /// Further OpenAPI 3.0 documents, in JSON or YAML
    #[arg(value_name = "FILE")]
    documents: Vec<PathBuf>,
    /// The number of mutations of each construct in each document
    #[arg(long, value_name = "COUNT", default_value_t = 25)]
    changes: usize,
    /// The number of fuzzing rounds for each document; texts get 100 times as many
    #[arg(long, value_name = "COUNT", default_value_t = 200)]
    fuzz: usize,
}

const LIMITS: &str = "\
- These constructs are rejected with a diagnostic: websocket channels and multipart bodies (excluded from a roundtrip),
  properties next to `oneOf`, `allOf` with several schemas, schemas without a type, `not`, discriminators, cookies, lists in
  parameters, optional bodies, response media types other than JSON and `*/*`, credentials other than bearer tokens, a second
  success, `default` next to a success, and operations that do not document the stub's own statuses (401, 403, 408, 413, 415,
  422 and 500, where they apply; `4XX` and `5XX` are sufficient). Most documents that no dropshot server emitted have one of
  these.
- Formats of strings other than `uuid`, `date-time`, `date`, `ipv4`, `ipv6` and `ip` are emitted and not enforced.
- Properties that a document does not name are allowed and dropped, unless it has `additionalProperties`, even if `true`.
- Component schemas that no operation uses are in no stub, as they are in no document that dropshot emits.
- Documentation other than descriptions, titles and examples of schemas (`example`, `examples`, `externalDocs` of parameters,
  media types and operations) is not emitted, and makes no difference.
";

/// Executes the command.
///
/// # Errors
/// Fails if the report cannot be written.
pub fn execute(arguments: &Report, out: &mut dyn Write) -> Result<Exit, Failure> {
    let (root, settings) = (project::root(), project::roundtrip_settings());
    let (mut outcomes, mut score, mut mutated) = (Vec::new(), Score::default(), Fuzzed::default());
    // A stub that was compiled before would take no time.
    roundtrip::clean(&settings)?;
    let contract = root.join(project::CONTRACT);
    for path in std::iter::once(&contract).chain(&arguments.documents) {
        let document = match Document::read(path) {
            Ok(document) => document,
            Err(error) => {
                outcomes.push(Outcome::unreadable(path, &error));
                continue;
            }
        };
        let outcome = roundtrip::roundtrip(&document, &settings);
        if let Some(manifest) = &outcome.manifest {
            let (comparable, _) = roundtrip::exclude(&document);
            let mutations = mutate::mutations(&comparable.value, arguments.changes);
            score.add(mutate::score(&comparable.value, manifest, &mutations));
        }
        eprintln!("{}: {}", outcome.document, if outcome.failures().is_empty() { "no failure" } else { "failures" });
        outcomes.push(outcome);
        mutated.add(fuzz::documents(&document, arguments.fuzz));
    }
    let texts = fuzz::texts(arguments.fuzz * 100);
    std::fs::write(root.join(project::REPORT), page(&outcomes, &score, &mutated, &texts))?;
    writeln!(out, "wrote {}", project::REPORT)?;
    let good = outcomes.iter().all(|it| it.failures().is_empty()) && score.failures.is_empty();
    Ok(Exit::found_if(!good || !mutated.failures.is_empty() || !texts.failures.is_empty()))
}

fn page(outcomes: &[Outcome], score: &Score, mutated: &Fuzzed, texts: &Fuzzed) -> String {
    let mut constructs = String::new();
    for (construct, it) in score.constructs.iter().chain([(&"**all**", &score.total())]) {
        let mutate::Tally { semantic, found, equivalent, false_positives } = it;
        let _ = writeln!(constructs, "| {construct} | {found} of {semantic} | {false_positives} of {equivalent} |");
    }
    let fuzzed = |name: &str, it: &Fuzzed| {
        format!("| {name} | {} | {} | {} | {} |\n", it.rounds, it.accepted, it.rejected, it.failures.len())
    };
    let failed = outcomes.iter().flat_map(|it| it.failures().into_iter().take(10));
    let failed = failed.map(|it| it.to_string().chars().take(300).collect::<String>());
    let others = score.failures.iter().chain(&mutated.failures).chain(&texts.failures).cloned();
    let failures = failed.chain(others).fold(String::new(), |list, failure| list + &format!("- {failure}\n"));
    let failures = if failures.is_empty() { "none.\n".to_owned() } else { format!("\n\n{failures}") };
    format!(
        "<!-- Written by `cargo xtask report FILE...`. Do not edit. -->\n\
         # Report on the generator and the check\n\n\
         ## Roundtrips\n\n\
         Each document's stub was generated and compiled, dropshot emitted a document of it, and both were compared\n\
         (`cargo xtask roundtrip`). Values of every component schema went through its type and its rule: values that a JSON\n\
         Schema validator considers valid have to come back equal, and values that break one rule have to be rejected for it, at\n\
         that field. The seconds are those of generating and of compiling, in a build without optimization.\n\n{}\n\
         ## Mutations\n\n\
         Each mutated document was compared with the stub of the original. A semantic mutation has to be found, at its pointer; an\n\
         equivalent one must not be reported.\n\n\
         | construct | found | false positives |\n| --- | --- | --- |\n{constructs}\n\
         ## Fuzzing\n\n\
         Parts of the documents were deleted, repeated, replaced and moved; texts were assembled from fragments of YAML. Each has\n\
         to give Rust or diagnostics, and never a panic. Invalid YAML counts as neither.\n\n\
         | | rounds | accepted | rejected | failures |\n| --- | --- | --- | --- | --- |\n{}{}\n\
         ## Limits\n\n{LIMITS}\nFailures of the documents above: {failures}",
        roundtrip::table(outcomes),
        fuzzed("documents", mutated),
        fuzzed("texts", texts),
    )
}
