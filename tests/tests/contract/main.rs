//! The contract tests: one binary, one server per test, and a final check that each documented response was observed.
//!
//! Each module lists its tests in `TESTS`, because the final check must run after all of them. The default harness does
//! not guarantee that.

mod audit;
mod authorize;
mod create;
mod credentials;
mod current;
mod database_failures;
mod documentation;
mod get;
mod idempotency;
mod introspect;
mod limits;
mod list;
mod management;
mod methods;
mod mounted;
mod privilege_escalation;
mod query;
mod race_pairs;
mod races;
mod request_body;
mod revoke;
mod rotate;
mod secrecy;
mod update;

use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;

use aether_tests::{MOUNTED, coverage};
use libtest_mimic::{Arguments, Trial};

/// Responses that cannot be provoked without a hook in the product. The list may only shrink.
const EXCEPTIONS: &[(&str, u16)] = &[];

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
    ("audit", audit::TESTS),
    ("authorize", authorize::TESTS),
    ("create", create::TESTS),
    ("credentials", credentials::TESTS),
    ("current", current::TESTS),
    ("database_failures", database_failures::TESTS),
    ("documentation", documentation::TESTS),
    ("get", get::TESTS),
    ("idempotency", idempotency::TESTS),
    ("introspect", introspect::TESTS),
    ("limits", limits::TESTS),
    ("list", list::TESTS),
    ("management", management::TESTS),
    ("methods", methods::TESTS),
    ("mounted", mounted::TESTS),
    ("privilege_escalation", privilege_escalation::TESTS),
    ("query", query::TESTS),
    ("race_pairs", race_pairs::TESTS),
    ("races", races::TESTS),
    ("request_body", request_body::TESTS),
    ("revoke", revoke::TESTS),
    ("rotate", rotate::TESTS),
    ("secrecy", secrecy::TESTS),
    ("update", update::TESTS),
];

/// The modules whose tests also run on a dropshot server on which the API is mounted.
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
    let own = MODULES.iter().map(|module| (false, module));
    let mounted = MODULES.iter().filter(|(module, _)| MOUNTED_MODULES.contains(module)).map(|module| (true, module));
    let trials = own
        .chain(mounted)
        .flat_map(|(mounted, (module, tests))| tests.iter().map(move |test| trial(mounted, module, test)))
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() {
        return conclusion.exit_code();
    }
    // A partial run observes only some of the responses.
    if arguments.list || conclusion.num_filtered_out > 0 || arguments.ignored {
        return conclusion.exit_code();
    }
    let gaps = coverage::gaps(EXCEPTIONS);
    if gaps.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("the coverage of documented responses has gaps:\n  {}", gaps.join("\n  "));
    ExitCode::FAILURE
}

fn trial(mounted: bool, module: &str, (name, test): &Test) -> Trial {
    let (name, test) = (format!("{}{module}::{name}", if mounted { "mounted::" } else { "" }), *test);
    Trial::test(name, move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(MOUNTED.scope(mounted, test()));
        Ok(())
    })
}
