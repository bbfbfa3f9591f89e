//! Audit events: actor, action, time and origin of every change of a token. The events of an organization form a chain of hashes.
//!
//! No field of an event can contain a secret or a token's name. The module has no SQL; the store inserts an event in the transaction of its
//! change.

mod archive;
mod chain;
mod event;
mod hash;
mod history;
mod origin;

pub use archive::{Archive, ArchiveError, ArchivedEvent, Ends, Header};
pub use chain::ChainHead;
pub use event::{Action, Event, NewEvent};
pub use hash::Hash;
pub use history::{History, Step, differences};
pub use origin::{Origin, UserAgent};
