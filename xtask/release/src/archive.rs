//! Archives whose bytes depend on their contents only.

use std::io::Write;

use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};

use crate::Result;
use crate::tree::Tree;

/// A compressed archive of the tree below the directory `name`. Every file has the time of the commit, `time`, and belongs to root.
pub(crate) fn archive(name: &str, tree: &Tree, time: u64) -> Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, file) in tree.files() {
        let mut header = tar::Header::new_gnu();
        header.set_size(file.contents.len() as u64);
        header.set_mode(if file.is_program { 0o755 } else { 0o644 });
        header.set_mtime(time);
        header.set_uid(0);
        header.set_gid(0);
        builder.append_data(&mut header, format!("{name}/{path}"), file.contents.as_slice())?;
    }
    compress(&builder.into_inner()?)
}

/// Compresses without a name and a time.
pub(crate) fn compress(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// The SHA-256 of each file, in the lines that `sha256sum --check` reads.
pub(crate) fn checksums(files: &[(String, Vec<u8>)]) -> String {
    let mut sums: Vec<_> = files.iter().map(|(name, bytes)| (name, hex::encode(Sha256::digest(bytes)))).collect();
    sums.sort();
    sums.into_iter().fold(String::new(), |lines, (name, sum)| lines + &format!("{sum}  {name}\n"))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn tree(names: &[&str]) -> Tree {
        let mut tree = Tree::default();
        for name in names {
            tree.add(name, name.as_bytes().to_vec());
        }
        tree.add_program("bin/b", vec![7; 1000]);
        tree
    }

    #[test]
    fn archive_depends_on_its_contents_only() {
        let long = format!("share/{}/a", "long".repeat(40));
        let one = archive("a-1", &tree(&["share/z", "share/a", &long]), 1_700_000_000).unwrap();
        let two = archive("a-1", &tree(&[&long, "share/a", "share/z"]), 1_700_000_000).unwrap();
        assert!(one == two, "the order of the additions changes the bytes");
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(one.as_slice()).read_to_end(&mut unpacked).unwrap();
        let mut archive = tar::Archive::new(unpacked.as_slice());
        let mut found = Vec::new();
        for entry in archive.entries().unwrap() {
            let entry = entry.unwrap();
            let header = entry.header();
            assert_eq!((header.mtime().unwrap(), header.uid().unwrap(), header.gid().unwrap()), (1_700_000_000, 0, 0));
            found.push((entry.path().unwrap().display().to_string(), header.mode().unwrap()));
        }
        let expected = [("bin/b", 0o755), ("share/a", 0o644), (&long, 0o644), ("share/z", 0o644)];
        assert_eq!(found, expected.map(|(path, mode)| (format!("a-1/{path}"), mode)));
    }

    #[test]
    fn checksums_are_sorted_lines() {
        let files = [("b".to_owned(), b"b".to_vec()), ("a".to_owned(), Vec::new())];
        let lines = checksums(&files);
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a\n";
        assert!(lines.starts_with(empty) && lines.ends_with("  b\n"), "{lines}");
    }
}
