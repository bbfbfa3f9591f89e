//! `cargo xtask report`: what the generator and the check reach, in one page.

use std::io::Write;
use std::path::PathBuf;

use super::{Exit, Failed};
use crate::project;
use dropstub_document::Document;
use dropstub_testing::fuzz::{self, Fuzzed};
use dropstub_testing::mutate::Score;
use dropstub_testing::roundtrip::{self, Outcome};

/// Write what the generator and the check reach to xtask/REPORT.md
///
/// The contract and all documents that are given go there and back; each is changed in single places, for the check to
/// find, and broken, for the generator to survive. A document may be refused, if that is by name. Exits with 1 where
/// anything is not as it should be; the page says what.
#[derive(Debug, clap::Args)]
pub struct Report {
    /// OpenAPI 3.0 documents beside the contract, in JSON or YAML
    #[arg(value_name = "FILE")]
    documents: Vec<PathBuf>,
    /// How many single changes of one construct are made of one document
    #[arg(long, value_name = "COUNT", default_value_t = 25)]
    changes: usize,
    /// How many texts and how many broken documents of each document are tried
    #[arg(long, value_name = "COUNT", default_value_t = 200)]
    fuzz: usize,
}

/// What no document can have.
const LIMITS: &str = "\
- Of any document these are refused by name: websocket channels and multipart bodies, which a roundtrip leaves out, and
  properties beside `oneOf`, `allOf` that composes schemas, schemas without a type, `not`, discriminators, cookies, lists
  in parameters, bodies that may be left out, answers of other media types than JSON and `*/*`, credentials other than
  bearer tokens, a second success, `default` beside one, and operations that do not document what the stub itself can
  answer (401, 403, 408, 413, 415, 422 and 500, where they apply; `4XX` and `5XX` do). Most documents that no dropshot
  server emitted have one of these.
- Formats of strings other than `uuid`, `date-time`, `date`, `ipv4`, `ipv6` and `ip` are carried and not enforced.
- Properties that a document does not name are allowed and dropped, unless it has `additionalProperties`, be it `true`.
- Component schemas that no operation uses are in no stub, as they are in no document that dropshot emits.
- Documentation beside descriptions, titles and examples of schemas (of parameters, media types and operations:
  `example`, `examples`, `externalDocs`) is not carried, and makes no difference.
";

pub(super) fn run(arguments: &Report, out: &mut dyn Write) -> Result<Exit, Failed> {
    let root = project::root();
    let (mut outcomes, mut score, mut broken) = (Vec::new(), Score::default(), Fuzzed::default());
    // What was compiled before would take no time.
    roundtrip::forget(&root)?;
    let contract = root.join(project::CONTRACT);
    for path in std::iter::once(&contract).chain(&arguments.documents) {
        let document = match Document::read(path) {
            Ok(document) => document,
            Err(error) => {
                outcomes.push(Outcome::unread(path, &error));
                continue;
            }
        };
        let (outcome, changes) = roundtrip::roundtrip_and_score(&root, &document, arguments.changes);
        eprintln!("{}: {}", outcome.document, if outcome.is_good() { "as it should be" } else { "not equal" });
        outcomes.push(outcome);
        score.add(changes);
        broken.add(fuzz::documents(&document, arguments.fuzz));
    }
    let texts = fuzz::texts(arguments.fuzz * 100);
    let page = page(&outcomes, &score, &broken, &texts);
    std::fs::write(root.join(project::REPORT), page)?;
    writeln!(out, "wrote {}", project::REPORT)?;
    let good = outcomes.iter().all(Outcome::is_good) && score.wrong.is_empty();
    let good = good && broken.wrong.is_empty() && texts.wrong.is_empty();
    Ok(if good { Exit::Good } else { Exit::Different })
}

fn page(outcomes: &[Outcome], score: &Score, broken: &Fuzzed, texts: &Fuzzed) -> String {
    let rows = score.constructs.iter().map(|(construct, it)| {
        format!("| {construct} | {} of {} | {} of {} |\n", it.found, it.meaning, it.alarms, it.neutral)
    });
    let total = score.total();
    let fuzzed = |name: &str, it: &Fuzzed| {
        format!("| {name} | {} | {} | {} | {} |\n", it.rounds, it.taken, it.refused, it.wrong.len())
    };
    let wrong = outcomes.iter().flat_map(|it| {
        let all = it.findings.iter().chain(&it.instances.wrong).take(10);
        all.map(|wrong| format!("- {}\n", wrong.chars().take(300).collect::<String>())).collect::<Vec<_>>()
    });
    let others = score.wrong.iter().chain(&broken.wrong).chain(&texts.wrong).map(|it| format!("- {it}\n"));
    let wrong = wrong.chain(others);
    let wrong: String = wrong.collect();
    let wrong =
        if wrong.is_empty() { "nothing beside what is said there.\n".to_owned() } else { format!("\n\n{wrong}") };
    format!(
        "<!-- Written by `cargo xtask report FILE...`. Do not edit. -->\n\
         # What the generator and the check reach\n\n\
         ## Documents there and back\n\n\
         Each document's stub was generated and compiled, dropshot emitted a document of it, and both were compared\n\
         (`cargo xtask roundtrip`). Values of every component schema went through its type and its rule: those that a\n\
         JSON-Schema validator calls valid have to come back equal, and those that break one rule to be refused for it,\n\
         where it is broken. The seconds are to generate and to compile, in a build without optimisation.\n\n{}\n\
         ## Single changes of these documents\n\n\
         Each change was made of the document alone and held against the unchanged stub. Those that mean something have\n\
         to be found, by a finding that points at them; the others must not be.\n\n\
         | construct | found | false alarms |\n| --- | --- | --- |\n{}| **all** | {} of {} | {} of {} |\n\n\
         ## Broken documents\n\n\
         Parts of the documents were deleted, repeated, replaced and moved; texts were made of parts of YAML. Each has to\n\
         give Rust or reasons, and never a panic. Texts that are no YAML are neither taken nor refused.\n\n\
         | | rounds | taken | refused | wrong |\n| --- | --- | --- | --- | --- |\n{}{}\n\
         ## What is not reached\n\n{LIMITS}\nOf the documents above: {wrong}",
        roundtrip::table(outcomes),
        rows.collect::<String>(),
        total.found,
        total.meaning,
        total.alarms,
        total.neutral,
        fuzzed("documents", broken),
        fuzzed("texts", texts),
    )
}
