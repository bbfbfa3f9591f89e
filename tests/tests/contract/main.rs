//! The contract tests: the conformance suite on a server of this process, and the tests that need more than HTTP. One binary,
//! one server per test, and a final check that each documented response was observed.
//!
//! Each module lists its tests in `TESTS`, because the final check must run after all of them. The default harness does
//! not guarantee that.

mod clock;
mod database_failures;
mod documentation;
mod ext_authz;
mod idempotency_records;
mod limits;
mod management;
mod mounted;
mod privilege_escalation;
mod race_pairs;
mod races;
mod reference_page;
mod refusals;
mod secrecy;
mod slow_body;

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;

use aether_conformance::suite::{self, ELSEWHERE, Need, Outcome};
use aether_tests::{COVERAGE, MOUNTED, Options, Server};
use libtest_mimic::{Arguments, Failed, Trial};

type TestFn = fn() -> Pin<Box<dyn Future<Output = ()>>>;

/// The name of a test, and its function.
type Test = (&'static str, TestFn);

/// Defines `TESTS` from the names of async functions.
macro_rules! tests {
    ($($name:ident),* $(,)?) => {
        pub(crate) const TESTS: &[crate::Test] = &[$((stringify!($name), || Box::pin($name()))),*];
    };
}
use tests;

const MODULES: &[(&str, &[Test])] = &[
    ("clock", clock::TESTS),
    ("database_failures", database_failures::TESTS),
    ("documentation", documentation::TESTS),
    ("ext_authz", ext_authz::TESTS),
    ("idempotency_records", idempotency_records::TESTS),
    ("limits", limits::TESTS),
    ("management", management::TESTS),
    ("mounted", mounted::TESTS),
    ("privilege_escalation", privilege_escalation::TESTS),
    ("race_pairs", race_pairs::TESTS),
    ("races", races::TESTS),
    ("refusals", refusals::TESTS),
    ("reference_page", reference_page::TESTS),
    ("secrecy", secrecy::TESTS),
    ("slow_body", slow_body::TESTS),
];

/// The modules of the suite whose tests also run on a dropshot server on which the API is mounted.
const MOUNTED_MODULES: &[&str] = &[
    "authorize",
    "create",
    "current",
    "get",
    "introspect",
    "list",
    "methods",
    "query",
    "request_body",
    "revoke",
    "rotate",
    "update",
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let own = MODULES.iter().flat_map(|(module, tests)| tests.iter().map(move |test| trial(module, test)));
    let suite = suite::all().map(|test| suite_trial(false, test));
    let mounted = suite::all().filter(|test| MOUNTED_MODULES.contains(&test.module));
    let mounted = mounted.map(|test| suite_trial(true, test));
    let elsewhere = Trial::test("suite_lists_the_tests_that_it_lacks", suite_lists_the_tests_that_it_lacks);
    let conclusion = libtest_mimic::run(&arguments, own.chain(suite).chain(mounted).chain([elsewhere]).collect());
    if conclusion.has_failed() {
        return conclusion.exit_code();
    }
    // A partial run observes only some of the responses.
    if arguments.list || conclusion.num_filtered_out > 0 || arguments.ignored {
        return conclusion.exit_code();
    }
    let responses = COVERAGE.missing_responses().into_iter().map(|(operation, status)| format!("{operation} {status}"));
    let values = COVERAGE.missing_values().into_iter().map(|(list, value)| format!("{list} {value}"));
    let gaps: Vec<_> = responses.chain(values).collect();
    if gaps.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("documented, but not observed by any test:\n  {}", gaps.join("\n  "));
    ExitCode::FAILURE
}

fn trial(module: &str, (name, test): &Test) -> Trial {
    let test = *test;
    Trial::test(format!("{module}::{name}"), move || {
        runtime()?.block_on(test());
        Ok(())
    })
}

/// A test of the suite on a server that has everything that it needs.
fn suite_trial(mounted: bool, test: suite::Test) -> Trial {
    let prefix = if mounted { "mounted::" } else { "" };
    Trial::test(format!("{prefix}{test}"), move || {
        let outcome = runtime()?.block_on(MOUNTED.scope(mounted, async {
            let has_limit = test.needs.contains(&Need::RateLimit);
            let options = if has_limit { Options::arguments(&[]) } else { Options::default() };
            let server = Server::with(options).await;
            test.run(server.api_for(&test).await).await
        }));
        match outcome {
            Outcome::Passed => Ok(()),
            Outcome::Failed(reason) => Err(Failed::from(reason)),
            Outcome::Skipped(reason) => Err(Failed::from(format!("skipped: {reason}"))),
        }
    })
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

/// A run against a deployment names every test of the contract, also those that it cannot make.
fn suite_lists_the_tests_that_it_lacks() -> Result<(), Failed> {
    let own = MODULES.iter().flat_map(|(module, tests)| tests.iter().map(move |(name, _)| format!("{module}::{name}")));
    let listed: BTreeSet<_> = ELSEWHERE.iter().map(|(name, _)| (*name).to_owned()).collect();
    let own: BTreeSet<_> = own.collect();
    if own == listed {
        return Ok(());
    }
    let missing: Vec<_> = own.difference(&listed).collect();
    let obsolete: Vec<_> = listed.difference(&own).collect();
    Err(Failed::from(format!("missing in the list of the suite: {missing:?}; obsolete there: {obsolete:?}")))
}
