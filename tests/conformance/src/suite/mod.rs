//! The tests, a module for each subject.

mod audit;
mod authorize;
mod create;
mod credentials;
mod current;
mod elsewhere;
mod get;
mod idempotency;
mod introspect;
mod list;
mod methods;
mod paths;
pub mod privilege_escalation;
mod query;
pub mod race_pairs;
mod races;
mod rate_limit;
mod request_body;
mod revoke;
mod rotate;
mod secrecy;
mod update;

use std::any::Any;
use std::fmt;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use futures::future::LocalBoxFuture;

use crate::Api;

pub use elsewhere::{ELSEWHERE, Elsewhere};

/// The scopes that the token of a run needs. Every other scope of a test begins with `conformance:`.
pub const REQUIRED_SCOPES: [&str; 5] =
    ["api-tokens:introspect", "api-tokens:read", "api-tokens:write", "audit-events:read", "conformance:*"];

/// A condition of a test that not every run meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// An audit log that is short enough to be read up to its end.
    AuditLog,
    /// A rate limit of tokens.
    RateLimit,
    /// A second organization.
    SecondOrganization,
    /// A root token with the scope `*`.
    Unrestricted,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AuditLog => "needs an audit log with fewer events",
            Self::RateLimit => "needs a deployment with a rate limit",
            Self::SecondOrganization => "needs a second organization (--other-token-file)",
            Self::Unrestricted => "needs a token with the scope `*`",
        })
    }
}

/// A test of the suite.
#[derive(Clone, Copy)]
pub struct Test {
    pub module: &'static str,
    pub name: &'static str,
    pub needs: &'static [Need],
    run: fn(Api) -> LocalBoxFuture<'static, ()>,
}

/// The result of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    /// The reason, without secrets.
    Failed(String),
    /// The reason.
    Skipped(String),
}

impl fmt::Debug for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Test").field(&self.to_string()).finish()
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.module, self.name)
    }
}

impl Test {
    /// Runs the test. An assertion that fails is its failure; the message has the last responses.
    pub async fn run(&self, api: Api) -> Outcome {
        match AssertUnwindSafe((self.run)(api.clone())).catch_unwind().await {
            Ok(()) => Outcome::Passed,
            Err(panic) if panic.is::<Skip>() => {
                Outcome::Skipped(panic.downcast::<Skip>().map(|skip| skip.0).unwrap_or_default())
            }
            Err(panic) => {
                let mut message = message(&*panic);
                for exchange in api.last_exchanges() {
                    message = format!("{message}\n  {exchange}");
                }
                Outcome::Failed(api.deployment().redact(&message))
            }
        }
    }
}

/// The message of a panic.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without a message".to_owned())
}

/// The reason for which a test skips itself.
struct Skip(String);

/// Ends the present test as skipped.
fn skip(reason: &str) -> ! {
    // No panic hook prints it.
    std::panic::resume_unwind(Box::new(Skip(reason.to_owned())))
}

/// Defines `TESTS` from the names of async functions and their needs.
macro_rules! tests {
    ($($name:ident $(needs $($need:ident)+)?),* $(,)?) => {
        pub(super) const TESTS: &[crate::suite::Test] = &[$(crate::suite::Test {
            // The path has at least a segment.
            module: crate::suite::last_segment(module_path!()),
            name: stringify!($name),
            needs: &[$($(crate::suite::Need::$need),+)?],
            run: |api| Box::pin($name(api)),
        }),*];
    };
}
use tests;

/// The part of a path of modules behind its last `::`.
const fn last_segment(path: &str) -> &str {
    let mut at = path.len();
    while at > 0 && path.as_bytes()[at - 1] != b':' {
        at -= 1;
    }
    path.split_at(at).1
}

const MODULES: &[&[Test]] = &[
    audit::TESTS,
    authorize::TESTS,
    create::TESTS,
    credentials::TESTS,
    current::TESTS,
    get::TESTS,
    idempotency::TESTS,
    introspect::TESTS,
    list::TESTS,
    methods::TESTS,
    paths::TESTS,
    privilege_escalation::TESTS,
    query::TESTS,
    race_pairs::TESTS,
    races::TESTS,
    rate_limit::TESTS,
    request_body::TESTS,
    revoke::TESTS,
    rotate::TESTS,
    secrecy::TESTS,
    update::TESTS,
];

/// Every test of the suite.
pub fn all() -> impl Iterator<Item = Test> {
    MODULES.iter().flat_map(|tests| tests.iter().copied())
}
