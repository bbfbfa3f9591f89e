//! The runtime of generated server stubs. It knows no document.
//!
//! A request goes through [`mod@server`] and [`router`], or through dropshot, to [`request`] (the unread request) and [`pipeline`] (the
//! order of the checks), [`credential`], [`parameters`], [`body`], [`mod@json`] or [`form`], [`validate`], the service's handler, and
//! [`response`]. [`operation`] and [`rule`] are the tables that control it, and [`mod@manifest`] prints them. [`schema`] and
//! [`describe`] build the document that dropshot emits. [`evaluate`] is for tests of the generator.
//!
//! Deliberately absent: operations, error schemas, and texts of responses. Those come from the document and the service.

#![warn(missing_docs, unreachable_pub)]

mod body;
mod credential;
mod current_request;
mod date_time;
mod describe;
mod endpoint;
mod evaluation;
mod form;
mod json;
mod manifest;
mod method_not_allowed;
mod operation;
mod parameters;
mod pipeline;
mod precondition;
mod problem;
mod rejection;
mod request;
mod response;
mod router;
pub mod rule;
pub mod schema;
mod secret;
pub mod server;
mod trace_parent;
mod validate;

pub use bytes::Bytes;
pub use credential::Credential;
pub use current_request::{CurrentRequest, current_request};
pub use date_time::DateTime;
pub use describe::{ErrorSchema, Headers, documented, documented_any_body, documented_empty, with_headers};
pub use endpoint::{
    AccessControl, Admission, Authorized, Endpoint, ErrorOf, Guarded, OperationResponse, Public, RejectionBody,
    RequestMeta, ServiceAdapter, Valid,
};
pub use evaluation::{Evaluation, evaluate};
pub use manifest::{Statements, manifest};
pub use method_not_allowed::method_not_allowed;
pub use operation::{
    BodySpec, Content, HeaderSource, HeaderSpec, Location, Media, Operation, Pages, Parameter, ResponseSpec, Status,
};
pub use parameters::PathValues;
pub use pipeline::{Context, guarded, public};
pub use problem::{Problem, Unchecked, Violation, code};
pub use rejection::Rejection;
pub use request::{RawRequest, RoutedRequest, merge_metadata};
pub use response::{StatusInClass, WithHeaders, any_body, empty, json, respond, undocumented};
pub use router::Router;
pub use secret::Secret;
pub use trace_parent::{ParentId, TraceId, TraceParent};
