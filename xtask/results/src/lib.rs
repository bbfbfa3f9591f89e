//! Results that a command writes into a document: the text between two comments of Markdown.

use std::path::Path;
use std::{fs, io};

/// The comment before the results.
pub const BEGIN: &str = "<!-- results: begin -->";
/// The comment after the results.
pub const END: &str = "<!-- results: end -->";

/// Replaces the results in a document.
///
/// # Errors
/// Fails if the document cannot be read or written, and if it has no place for results.
pub fn write(document: &Path, results: &str) -> io::Result<()> {
    let text = fs::read_to_string(document)?;
    let replaced = replace(&text, results).ok_or_else(|| {
        io::Error::other(format!("{} has no place for results: the lines `{BEGIN}` and `{END}`", document.display()))
    })?;
    fs::write(document, replaced)
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
        let directory = tempfile::tempdir().unwrap();
        let document = directory.path().join("document.md");
        fs::write(&document, format!("a\n{BEGIN}\nold\n{END}\nb\n")).unwrap();
        write(&document, "new\n\n").unwrap();
        assert_eq!(fs::read_to_string(&document).unwrap(), format!("a\n{BEGIN}\n\nnew\n\n{END}\nb\n"));
    }

    #[test]
    fn document_without_a_place_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let document = directory.path().join("document.md");
        fs::write(&document, "a").unwrap();
        assert!(write(&document, "new").unwrap_err().to_string().contains(BEGIN));
        assert_eq!(fs::read_to_string(&document).unwrap(), "a");
    }
}
