//! What every server stub stands on that was generated from an OpenAPI document. It knows no document.
//!
//! A request goes [`incoming`] (unread, out of dropshot) -> [`serve`] (the order of the checks) -> [`credential`],
//! [`parameters`], [`content`], [`mod@json`] or [`form`], [`validate`] (what it holds) -> a handler of the service -> [`reply`].
//! [`operation`] and [`rule`] are the tables that all of this runs on, and [`mod@account`] prints them.
//! [`schema`] builds what dropshot emits of the types; [`mod@witness`] proves types and rules by values.
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
mod witness;

pub use account::{Statements, account};
pub use bytes::Bytes;
pub use credential::Credential;
pub use endpoint::{
    Admission, Arrival, Authorized, Endpoint, ErrorOf, Explain, Gate, Guarded, Public, Reply, Serves, Valid,
};
pub use fault::Fault;
pub use incoming::{Incoming, join};
pub use methods::refuse_others;
pub use moment::Moment;
pub use operation::{
    BodySpec, Content, HeaderSource, HeaderSpec, Location, Media, Operation, Pages, Parameter, ResponseSpec, Status,
};
pub use parameters::PathValues;
pub use problem::{Problem, Violation, code};
pub use reply::{
    Failure, Headers, InClass, Stamped, anything, documented, documented_anything, documented_empty, json, nothing,
    respond, undescribed, with_headers,
};
pub use secret::Secret;
pub use serve::{Context, guarded, public};
pub use witness::{Witness, witness};
