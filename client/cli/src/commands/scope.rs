//! The comparison of scopes, without a server.

use aether_client::covers;
use serde::Serialize;

use crate::arguments::Scope;
use crate::failure::{Exit, Failure};
use crate::output::Output;

/// The result in JSON.
#[derive(Serialize)]
struct Comparison<'a> {
    granted: &'a str,
    required: &'a str,
    covers: bool,
}

pub(super) fn run(command: &Scope, output: Output) -> Result<Exit, Failure> {
    let Scope::Covers { granted, required } = command;
    let covers = covers(granted, required);
    let verb = if covers { "covers" } else { "does not cover" };
    output.result(&format!("{granted} {verb} {required}"), &Comparison { granted, required, covers })?;
    Ok(if covers { Exit::Success } else { Exit::Negative })
}
