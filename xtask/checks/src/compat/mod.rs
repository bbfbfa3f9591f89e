//! Whether a contract is still compatible with one that was released.
//!
//! [`compat`] walks both documents and classifies each change: [`Verdict::Breaking`] where a request that was good is
//! refused, an answer is one that a client could not have expected, or a name is gone that generated clients have;
//! [`Verdict::Compatible`] where neither can happen; [`Verdict::Documentation`] where only people notice. What is sent is
//! held to other rules than what is received: a bound that narrows breaks a request and no answer.
//!
//! Nothing here knows Aether, and unlike [`compare`](crate::check) nothing here knows a server.

mod change;
mod normalize;
mod operations;
mod schemas;

use serde_json::Value;

pub use change::{Change, Direction, Verdict};

use change::Changes;

/// Every change from `base` to `now`, by the place in `now` where it stands, or stood in `base` where it is gone.
#[must_use]
pub fn compat(base: &Value, now: &Value) -> Vec<Change> {
    let (base, now) = (&normalize::normal(base), &normalize::normal(now));
    let mut changes = Changes::new(base, now);
    operations::document(&mut changes);
    changes.into_sorted()
}
