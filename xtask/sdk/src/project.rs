//! The project of a generator: a directory with the contract, the generated SDK and the programs, in which commands
//! run.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;
use std::{env, fs, io};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Command;

use crate::Result;
use crate::generators::Generator;

/// The maximum duration of a command. Downloads are the longest.
const TIME_LIMIT: Duration = Duration::from_secs(300);

/// The project of a generator.
#[derive(Debug)]
pub struct Project {
    /// The directory.
    directory: PathBuf,
}

/// The output of a command.
#[derive(Debug)]
pub struct Finished {
    /// The standard output.
    pub stdout: String,
    /// The standard error.
    pub stderr: String,
    /// The reason in one line if the command failed.
    pub exit: Result<(), String>,
}

/// The root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

impl Project {
    /// Writes the project: the contract and the programs. The packages of an earlier run remain, and its SDK is
    /// removed.
    ///
    /// # Errors
    /// Fails if a file cannot be written.
    pub fn create(generator: &Generator) -> Result<Self> {
        let root = root().canonicalize()?;
        let project = Self { directory: root.join("target/sdk").join(generator.name) };
        fs::create_dir_all(&project.directory)?;
        match fs::remove_dir_all(project.directory.join("client")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let lifecycles = root.join("xtask/sdk/lifecycles");
        for files in [generator.language.name(), generator.name] {
            if lifecycles.join(files).exists() {
                copy(&lifecycles.join(files), &project.directory)?;
            }
        }
        fs::copy(root.join("openapi/aether.yaml"), project.path("aether.yaml"))?;
        Ok(project)
    }

    /// A path in the project.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The environment of Python. Go and TypeScript ignore directories with a dot.
    #[must_use]
    pub fn venv(&self) -> PathBuf {
        self.path(".venv")
    }

    /// Whether a program is on the `PATH`, or an absolute path exists. A `*` at the end is any end of the name.
    #[must_use]
    pub fn has(&self, program: &str) -> bool {
        env::split_paths(&self.search_path()).any(|directory| exists(&directory.join(program)))
    }

    /// Runs a line of `sh` in the project, and writes its output into the log of the stage.
    ///
    /// # Errors
    /// Fails if the shell cannot be run or the log cannot be written. A failure of the command is in the result.
    pub async fn run(&self, stage: &str, line: &str, variables: &[(&str, &str)]) -> Result<Finished> {
        let mut command = Command::new("sh");
        command.args(["-euc", line]).current_dir(&self.directory).stdin(Stdio::null());
        command.env("PATH", self.search_path()).envs(variables.iter().copied());
        let finished = match limited(&mut command).await? {
            Some(Output { status, stdout, stderr }) => {
                let [stdout, stderr] = [stdout, stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
                let exit = if status.success() {
                    Ok(())
                } else {
                    Err(summary(&stderr).or_else(|| summary(&stdout)).unwrap_or_else(|| status.to_string()))
                };
                Finished { stdout, stderr, exit }
            }
            None => Finished {
                stdout: String::new(),
                stderr: String::new(),
                exit: Err(format!("the command did not end within {} seconds", TIME_LIMIT.as_secs())),
            },
        };
        fs::write(self.path(&format!("{stage}.log")), format!("$ {line}\n{}{}", finished.stdout, finished.stderr))?;
        Ok(finished)
    }

    /// The directories of programs: those of the project's packages come first.
    fn search_path(&self) -> OsString {
        let own = [self.path("node_modules/.bin"), self.venv().join("bin")];
        let path = env::var_os("PATH").unwrap_or_default();
        env::join_paths(own.into_iter().chain(env::split_paths(&path))).unwrap_or(path)
    }
}

/// Whether a path exists. A `*` at the end is any end of the name.
fn exists(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (Some(beginning), Some(directory)) = (name.strip_suffix('*'), path.parent()) else { return path.exists() };
    let mut names = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.any(|name| name.to_string_lossy().starts_with(beginning))
}

/// Runs a command, and ends it with the commands that it started after the time limit, and when the future is dropped.
async fn limited(command: &mut Command) -> Result<Option<Output>> {
    let child = command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let group = Group(child.id().and_then(|id| Pid::from_raw(id.cast_signed())));
    let Ok(output) = tokio::time::timeout(TIME_LIMIT, child.wait_with_output()).await else { return Ok(None) };
    group.ended();
    Ok(Some(output?))
}

/// A group of processes. It is killed when this is dropped: the signals of a terminal do not reach it.
struct Group(Option<Pid>);

impl Group {
    /// Forgets the group. Another one can have its id.
    fn ended(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // An error means that it has ended.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// The line of an error output that names the problem.
fn summary(text: &str) -> Option<String> {
    let names_it = |line: &&str| {
        !line.starts_with(char::is_whitespace) && ["error", "Error", "Exception"].iter().any(|word| line.contains(word))
    };
    let line = text.lines().find(names_it).or_else(|| text.lines().rfind(|line| !line.trim().is_empty()))?;
    Some(line.trim().to_owned())
}

/// Copies the files of a directory, with those of directories in it.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read};

    use super::*;

    #[tokio::test]
    async fn group_of_a_dropped_command_is_killed() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().await.unwrap().success());
        let mut command = Command::new("sh");
        command.args(["-euc", "exec 3>pipe; (sleep 100; true) & echo started >&3; wait"]).current_dir(&directory);
        // The child of the shell is the last writer of the pipe.
        let started = tokio::task::spawn_blocking(move || {
            let mut reader = BufReader::new(fs::File::open(pipe).unwrap());
            reader.read_line(&mut String::new()).unwrap();
            reader
        });
        let mut reader = tokio::select! {
            ended = limited(&mut command) => panic!("{ended:?}"),
            reader = started => reader.unwrap(),
        };
        let ended = tokio::task::spawn_blocking(move || reader.read_to_end(&mut Vec::new()));
        let ended = tokio::time::timeout(Duration::from_secs(30), ended).await;
        assert_eq!(ended.expect("the processes have ended").unwrap().unwrap(), 0);
    }

    #[test]
    fn summary_is_the_line_with_the_error() {
        let node = "node:internal/run:1\n    throw new Error(x)\n    ^\n\nAssertionError: not equal\n    at f\n\nNode.js v20\n";
        assert_eq!(summary(node).unwrap(), "AssertionError: not equal");
        assert_eq!(summary("first\nlast\n\n").unwrap(), "last");
        assert_eq!(summary("\n"), None);
    }

    #[test]
    fn star_is_any_end_of_a_name() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(exists(&directory.join("Cargo.toml")) && exists(&directory.join("Carg*")));
        assert!(!exists(&directory.join("Carg")) && !exists(&directory.join("cargo*")));
        assert!(!exists(&directory.join("absent/Carg*")));
    }
}
