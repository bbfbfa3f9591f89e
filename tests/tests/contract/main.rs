//! The contract tests: one binary, one server for each test, and at the end the matrix of what was seen.
//!
//! The tests are listed by hand in each module's `TESTS`, because the matrix has to run after all of them, which the
//! default harness cannot promise.

mod audit;
mod authorize;
mod content;
mod create;
mod credentials;
mod current;
mod document;
mod faults;
mod get;
mod introspect;
mod limits;
mod list;
mod methods;
mod power;
mod races;
mod repeat;
mod revoke;
mod rotate;
mod rust_client;
mod secrecy;
mod update;

use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;

use aether_tests::matrix;
use libtest_mimic::{Arguments, Trial};

/// Answers that cannot be provoked without a hook in the product. The list may only shrink.
const EXCEPTIONS: &[(&str, u16)] = &[];

/// A test: its name, and what it does.
type Test = (&'static str, fn() -> Pin<Box<dyn Future<Output = ()>>>);

/// A table of tests from the names of async functions.
macro_rules! tests {
    ($($name:ident),* $(,)?) => {
        pub(crate) const TESTS: &[crate::Test] = &[$((stringify!($name), || Box::pin($name()))),*];
    };
}
use tests;

const MODULES: &[(&str, &[Test])] = &[
    ("audit", audit::TESTS),
    ("authorize", authorize::TESTS),
    ("content", content::TESTS),
    ("create", create::TESTS),
    ("credentials", credentials::TESTS),
    ("current", current::TESTS),
    ("document", document::TESTS),
    ("faults", faults::TESTS),
    ("get", get::TESTS),
    ("introspect", introspect::TESTS),
    ("limits", limits::TESTS),
    ("list", list::TESTS),
    ("methods", methods::TESTS),
    ("power", power::TESTS),
    ("races", races::TESTS),
    ("repeat", repeat::TESTS),
    ("revoke", revoke::TESTS),
    ("rotate", rotate::TESTS),
    ("rust_client", rust_client::TESTS),
    ("secrecy", secrecy::TESTS),
    ("update", update::TESTS),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = MODULES
        .iter()
        .flat_map(|(module, tests)| tests.iter().map(move |(name, test)| trial(format!("{module}::{name}"), *test)))
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() {
        return conclusion.exit_code();
    }
    // Only a run of everything can say what nobody saw.
    if arguments.list || conclusion.num_filtered_out > 0 || arguments.ignored {
        return conclusion.exit_code();
    }
    let gaps = matrix::gaps(EXCEPTIONS);
    if gaps.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("the matrix of operations and statuses has gaps:\n  {}", gaps.join("\n  "));
    ExitCode::FAILURE
}

fn trial(name: String, test: fn() -> Pin<Box<dyn Future<Output = ()>>>) -> Trial {
    Trial::test(name, move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(test());
        Ok(())
    })
}
