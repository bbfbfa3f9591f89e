//! The refusal of secrets in arguments, which the other users of a machine can see.

use std::ffi::OsString;

use crate::failure::Failure;

/// The beginning of every token.
const PREFIX: &str = "aether_";
/// The digits after it that are not secret.
const PUBLIC_DIGITS: usize = 8;

/// Checks that no argument has a secret.
///
/// # Errors
/// Fails with the status of a usage error. The message has the public prefix of the token and no more of it.
pub(crate) fn check(arguments: impl Iterator<Item = OsString>) -> Result<(), Failure> {
    let mut has_options = true;
    for argument in arguments {
        let argument = argument.to_string_lossy();
        if let Some(prefix) = prefix_of_secret(&argument) {
            return Err(Failure::usage(format!(
                "an argument has the secret of the token {prefix}, and other users of this machine can see arguments; write \
                 secrets to standard input, name a token by its id or prefix, and rotate {prefix}, which the history of \
                 the shell can have"
            )));
        }
        has_options &= argument != "--";
        if has_options && (argument == "--token" || argument.starts_with("--token=")) {
            return Err(Failure::usage(
                "there is no --token, because other users of this machine can see arguments; run `aether login`, or set \
                 AETHER_TOKEN or AETHER_TOKEN_FILE with AETHER_URL",
            ));
        }
    }
    Ok(())
}

/// The public prefix of the first text that has more digits than a prefix.
fn prefix_of_secret(text: &str) -> Option<&str> {
    text.match_indices(PREFIX).find_map(|(at, _)| {
        let digits = text[at + PREFIX.len()..].bytes().take_while(u8::is_ascii_hexdigit).count();
        (digits > PUBLIC_DIGITS).then(|| &text[at..at + PREFIX.len() + PUBLIC_DIGITS])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(arguments: &[&str]) -> Option<String> {
        check(arguments.iter().map(OsString::from)).err().map(|failure| failure.to_string())
    }

    #[test]
    fn secrets_are_refused_anywhere_and_prefixes_are_not() {
        let secret = format!("aether_01234567{}", "89abcdef".repeat(8));
        for argument in [secret.clone(), format!("--token={secret}"), format!("x {secret}"), secret[..16].to_owned()] {
            let problem = problem(&["token", "show", &argument]).expect("a secret");
            assert!(problem.contains("aether_01234567,") && !problem.contains("aether_012345678"), "{problem}");
        }
        for argument in ["aether_", "aether_01234567", "aether_deploy-everything", "the aether_01234567 token"] {
            assert_eq!(problem(&["token", "show", argument]), None);
        }
    }

    #[test]
    fn option_token_is_explained_except_as_a_value() {
        for argument in ["--token", "--token=x"] {
            assert!(problem(&["login", argument]).expect("an option").starts_with("there is no --token"));
            assert_eq!(problem(&["token", "create", "--", argument]), None);
        }
    }
}
