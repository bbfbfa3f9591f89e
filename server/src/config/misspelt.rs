//! Variables of the environment whose names are misspelt. The program would ignore them.

use clap::{Arg, Command, CommandFactory};

use super::file::nearest;
use super::{Arguments, Dev};

/// The beginning of the names.
const PREFIX: &str = "AETHER_";

/// The variables that the program does not have as those of arguments: its own and those of clients.
const OTHERS: [&str; 4] = [Dev::TOKEN_VARIABLE, "AETHER_ORGANIZATION", "AETHER_TOKEN", "AETHER_URL"];

/// Warnings about variables of the process with names that are similar to those of the program.
///
/// Other variables have none: for a service with the name `aether`, Kubernetes sets `AETHER_PORT` and more.
pub(crate) fn misspelt_variables() -> Vec<String> {
    let known = known();
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut warnings: Vec<_> = names.filter_map(|name| warning(&name, &known)).collect();
    warnings.sort_unstable();
    warnings
}

/// The names without their prefix.
fn known() -> Vec<String> {
    fn of(command: &Command) -> Vec<String> {
        let own = command.get_arguments().filter_map(Arg::get_env).filter_map(|name| name.to_str()).map(str::to_owned);
        own.chain(command.get_subcommands().flat_map(of)).collect()
    }
    let all = of(&Arguments::command()).into_iter().chain(OTHERS.map(str::to_owned));
    all.filter_map(|name| name.strip_prefix(PREFIX).map(str::to_owned)).collect()
}

fn warning(name: &str, known: &[String]) -> Option<String> {
    let rest = name.strip_prefix(PREFIX).filter(|rest| !known.iter().any(|it| it == rest))?;
    let meant = nearest(rest, known.iter().map(String::as_str))?;
    Some(format!("{name}: unknown variable; did you mean {PREFIX}{meant}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_name_is_suggested() {
        for (name, meant) in [
            ("AETHER_DATABSE", "AETHER_DATABASE"),
            ("AETHER_TLS_CERT", "AETHER_TLS_CERTIFICATE"),
            ("AETHER_LISTEN_ADDRESS", "AETHER_LISTEN"),
            ("AETHER_DEV_TOKN", "AETHER_DEV_TOKEN"),
        ] {
            let expected = format!("{name}: unknown variable; did you mean {meant}?");
            assert_eq!(warning(name, &known()), Some(expected));
        }
    }

    #[test]
    fn known_and_other_names_have_no_warning() {
        for name in ["AETHER_DATABASE", "AETHER_TOKEN", "AETHER_URL", "AETHER_DEV_TOKEN", "DATABSE", "AETHER_"] {
            assert_eq!(warning(name, &known()), None);
        }
        // Those that Kubernetes sets.
        for name in ["SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT", "PORT_8080_TCP", "PORT_8080_TCP_ADDR"]
        {
            assert_eq!(warning(&format!("AETHER_{name}"), &known()), None);
        }
    }
}
