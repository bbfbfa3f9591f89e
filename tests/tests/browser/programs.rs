//! The driver and the browser of this machine.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The names of Chromium and of Chrome.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// The driver: that in the directory `CHROMEWEBDRIVER`, which hosted runners set, or else that on the `PATH`.
pub(crate) fn driver() -> PathBuf {
    let directory = std::env::var_os("CHROMEWEBDRIVER").map(PathBuf::from);
    let driver = directory.map(|directory| directory.join("chromedriver")).filter(|driver| driver.is_file());
    driver.unwrap_or_else(|| "chromedriver".into())
}

/// The browser on the `PATH` that has the version of the driver. A machine can have browsers of several versions.
pub(crate) fn browser() -> Option<&'static Path> {
    static FOUND: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
        let version = major_version(&driver())?;
        let path = std::env::var_os("PATH").unwrap_or_default();
        let directories: Vec<_> = std::env::split_paths(&path).collect();
        let programs = BROWSERS.iter().flat_map(|name| directories.iter().map(move |directory| directory.join(name)));
        programs.filter(|program| program.is_file()).find(|program| major_version(program).as_ref() == Some(&version))
    });
    FOUND.as_deref()
}

/// The major version that a program prints, if it can be run.
fn major_version(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    major(&String::from_utf8_lossy(&output.stdout)).map(str::to_owned)
}

/// The major version in a line of the form `NAME 1.2.3.4 REST`.
fn major(line: &str) -> Option<&str> {
    let version = line.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    version.split('.').next()
}

#[test]
fn major_version_is_read_from_the_lines_of_chrome_and_chromium() {
    for line in [
        "ChromeDriver 143.0.7499.40 (5b2ab2ba-refs/branch-heads/7499@{#2})",
        "Chromium 143.0.7499.40 built on Debian GNU/Linux 13 (trixie)",
        "Google Chrome 143.0.7499.40 ",
    ] {
        assert_eq!(major(line), Some("143"), "{line}");
    }
    assert_eq!(major("command not found"), None);
}
