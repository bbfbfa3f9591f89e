//! The version of the program.

use std::sync::LazyLock;

/// The version, for example `1.0.0`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The hash of the commit, cut to 8 digits, with `-dirty` if the tree was changed. A debug build and a build of sources without a
/// repository have none.
pub const COMMIT: Option<&str> = option_env!("AETHER_BUILD_COMMIT");

/// The date of the commit, for example `2026-11-27`.
pub const DATE: Option<&str> = option_env!("AETHER_BUILD_DATE");

/// The version with the commit and its date, for example `1.0.0 (1a2b3c4d 2026-11-27)`.
pub static LONG: LazyLock<String> = LazyLock::new(|| long(COMMIT, DATE));

fn long(commit: Option<&str>, date: Option<&str>) -> String {
    match (commit, date) {
        (None, _) => VERSION.to_owned(),
        (Some(commit), None) => format!("{VERSION} ({commit})"),
        (Some(commit), Some(date)) => format!("{VERSION} ({commit} {date})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_has_the_commit_if_it_is_known() {
        for (commit, date, expected) in [
            (None, None, ""),
            (None, Some("2026-11-27"), ""),
            (Some("1a2b3c4d"), None, " (1a2b3c4d)"),
            (Some("1a2b3c4d-dirty"), Some("2026-11-27"), " (1a2b3c4d-dirty 2026-11-27)"),
        ] {
            assert_eq!(long(commit, date), format!("{VERSION}{expected}"));
        }
    }
}
