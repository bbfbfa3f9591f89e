//! The files of an archive, by their paths below the prefix of an installation.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::Result;

/// The directories of an installation, each with the files and the directories of the repository whose files it gets.
const REPOSITORY: [(&str, &[&str]); 5] = [
    ("share/doc/aether", &["LICENSE-APACHE", "LICENSE-MIT", "README.md", "CHANGELOG.md", "server/docs"]),
    ("share/doc/aether/aether", &["client/cli/README.md"]),
    (
        "lib/systemd/system",
        &["server/deploy/aether.service", "server/deploy/aether-backup.service", "server/deploy/aether-backup.timer"],
    ),
    ("lib/sysusers.d", &["server/deploy/sysusers.conf"]),
    ("share/aether", &["openapi/aether.yaml", "server/deploy"]),
];

/// The files of `server/deploy` that have another place, or none.
const ELSEWHERE: [&str; 5] =
    ["aether.service", "aether-backup.service", "aether-backup.timer", "sysusers.conf", "Containerfile"];

/// A file of an archive.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) contents: Vec<u8>,
    pub(crate) is_program: bool,
}

/// The files of an archive, sorted by their paths.
#[derive(Debug, Default)]
pub(crate) struct Tree(BTreeMap<String, File>);

impl Tree {
    pub(crate) fn add(&mut self, path: &str, contents: Vec<u8>) {
        self.0.insert(path.to_owned(), File { contents, is_program: false });
    }

    pub(crate) fn add_program(&mut self, path: &str, contents: Vec<u8>) {
        self.0.insert(path.to_owned(), File { contents, is_program: true });
    }

    /// Adds the files of another tree below a directory.
    pub(crate) fn extend(&mut self, directory: &str, other: Self) {
        self.0.extend(other.0.into_iter().map(|(path, file)| (format!("{directory}/{path}"), file)));
    }

    /// Adds the guides, the units and the examples of the repository.
    ///
    /// # Errors
    /// Fails if one cannot be read.
    pub(crate) fn add_repository(&mut self, root: &Path) -> Result<()> {
        for (directory, sources) in REPOSITORY {
            for source in sources {
                let path = root.join(source);
                if path.is_dir() {
                    self.add_directory(directory, &path)?;
                } else {
                    let name = match *source {
                        "server/deploy/sysusers.conf" => "aether.conf",
                        source => source.rsplit('/').next().unwrap_or(source),
                    };
                    self.add(&format!("{directory}/{name}"), read(&path)?);
                }
            }
        }
        Ok(())
    }

    fn add_directory(&mut self, directory: &str, source: &Path) -> Result<()> {
        for entry in fs::read_dir(source)? {
            let entry = entry?;
            let name = entry.file_name().into_string().map_err(|name| format!("{} is not UTF-8", name.display()))?;
            if entry.file_type()?.is_file() && !ELSEWHERE.contains(&name.as_str()) {
                self.add(&format!("{directory}/{name}"), read(&entry.path())?);
            }
        }
        Ok(())
    }

    /// The files by their paths.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &File)> {
        self.0.iter().map(|(path, file)| (path.as_str(), file))
    }

    /// Writes the files below a directory.
    ///
    /// # Errors
    /// Fails if one cannot be written.
    pub(crate) fn write(&self, directory: &Path) -> Result<()> {
        for (path, file) in self.files() {
            let path = directory.join(path);
            fs::create_dir_all(path.parent().ok_or("a file is in a directory")?)?;
            fs::write(path, &file.contents)?;
        }
        Ok(())
    }
}

/// Reads a file; the error has its path.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()).into())
}
