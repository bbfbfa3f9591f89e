//! The results in the documentation of the client.

use std::path::Path;

use crate::Result;

/// Writes the results into the document.
///
/// # Errors
/// Fails if the file cannot be written.
pub fn write(results: &str) -> Result<()> {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../client/docs/cost.md");
    Ok(aether_results::write(&document, results)?)
}
