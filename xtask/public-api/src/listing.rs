//! A file with the public items of a library.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use similar::{ChangeTag, TextDiff};

use crate::Result;

/// A file with one item per line.
#[derive(Debug)]
pub struct Listing {
    /// The path.
    pub path: PathBuf,
    /// The path from the root of the repository, for messages.
    pub name: &'static str,
}

impl Listing {
    /// Writes the items.
    ///
    /// # Errors
    /// Fails if the file cannot be written.
    pub fn write(&self, items: &str) -> Result<()> {
        Ok(fs::write(&self.path, items).map_err(|error| format!("{}: {error}", self.name))?)
    }

    /// Compares the file with items and prints the difference. Returns whether there is none. All items differ from a missing file.
    ///
    /// # Errors
    /// Fails if the file cannot be read.
    pub fn compare(&self, items: &str) -> Result<bool> {
        let listed = match fs::read_to_string(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            read => read.map_err(|error| format!("{}: {error}", self.name))?,
        };
        let difference = difference(&listed, items);
        if !difference.is_empty() {
            println!("{} differs from the public API:\n{difference}", self.name);
        }
        Ok(difference.is_empty())
    }
}

/// The lines of `listed` that `present` lacks, with `-`, and those that it adds, with `+`. Each item contains its whole path, so that
/// the lines around it have no information.
fn difference(listed: &str, present: &str) -> String {
    let diff = TextDiff::from_lines(listed, present);
    let changes = diff.iter_all_changes().filter(|change| change.tag() != ChangeTag::Equal);
    changes.flat_map(|change| [change.tag().to_string(), change.value().to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_listings_have_no_difference() {
        assert_eq!(difference("pub fn a::b()\n", "pub fn a::b()\n"), "");
    }

    #[test]
    fn difference_has_removed_and_added_items_only() {
        let listed = "pub mod a\npub fn a::b()\npub fn a::c()\n";
        let present = "pub mod a\npub fn a::b(u8)\npub fn a::c()\npub fn a::d()\n";
        assert_eq!(difference(listed, present), "-pub fn a::b()\n+pub fn a::b(u8)\n+pub fn a::d()\n");
    }

    #[test]
    fn missing_listing_lacks_every_item() {
        let path = std::env::temp_dir().join("aether-public-api-no-such-directory/public-api.txt");
        let listing = Listing { path, name: "public-api.txt" };
        assert!(!listing.compare("pub mod a\n").unwrap());
    }
}
