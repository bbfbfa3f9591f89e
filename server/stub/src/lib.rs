//! What every server stub stands on that was generated from an OpenAPI document. It knows no document.
//!
//! A request goes [`incoming`] (unread, out of dropshot) -> [`serve`] (the order of the checks) -> [`credential`],
//! [`parameters`], [`content`], [`json`] or [`form`], [`validate`] (what it holds) -> a handler of the service -> [`reply`].
//! [`operation`] and [`rule`] are the tables that all of this runs on, and [`mod@account`] prints them.
//!
//! Deliberately absent: any operation, any error schema, any wording of an answer. Those are the contract's and the
//! service's.

mod account;
mod content;
mod credential;
mod endpoint;
mod fault;
mod form;
mod incoming;
mod json;
mod methods;
mod moment;
mod operation;
mod parameters;
mod problem;
mod reply;
pub mod rule;
pub mod schema;
mod secret;
mod serve;
mod validate;

pub use account::{Statements, account};
pub use credential::Credential;
pub use endpoint::{Admission, Arrival, Authorized, Endpoint, Explain, Gate, Guarded, Public, Reply, Valid};
pub use fault::Fault;
pub use incoming::{Incoming, join};
pub use methods::refuse_others;
pub use moment::Moment;
pub use operation::{BodySpec, HeaderSource, HeaderSpec, Location, Media, Operation, Parameter, ResponseSpec};
pub use parameters::PathValues;
pub use problem::{Problem, Violation, code};
pub use reply::{Failure, NO_BODY, Stamped, documented, documented_empty, respond};
pub use secret::Secret;
pub use serve::{Context, guarded, public};
