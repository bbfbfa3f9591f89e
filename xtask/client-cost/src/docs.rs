//! The results in the documentation of the client.

use std::fs;
use std::path::Path;

use crate::Result;

const BEGIN: &str = "<!-- results: begin -->";
const END: &str = "<!-- results: end -->";

/// Writes the results into the document.
///
/// # Errors
/// Fails if the file cannot be written.
pub fn write(results: &str) -> Result<()> {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../client/docs/cost.md");
    let text = fs::read_to_string(&document)?;
    Ok(fs::write(document, replace(&text, results).ok_or("the document has no place for results")?)?)
}

fn replace(text: &str, results: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", results.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_replaced() {
        let text = replace(&format!("a\n{BEGIN}\nold\n{END}\nb\n"), "new\n\n").unwrap();
        assert_eq!(text, format!("a\n{BEGIN}\n\nnew\n\n{END}\nb\n"));
        assert_eq!(replace("a", "new"), None);
    }
}
