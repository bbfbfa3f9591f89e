//! Log levels, by module.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Directive;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// The general level of a list that has none. A list of modules alone would switch off the access log and every error.
const DEFAULT: &str = "info";

/// The targets that a level without a module applies to.
const OWN: [&str; 4] = ["aether_server", "aether_api", "aether::access", "dropstub_runtime"];

/// Checks a list of levels: `info`, or by module `info,aether_server=debug`.
///
/// # Errors
/// Names the part that is no level, and the levels.
pub(crate) fn validate(levels: &str) -> Result<String, String> {
    for part in levels.split(',') {
        let level = part.rsplit_once('=').map_or(part, |(_, level)| level);
        if !is_level(level) {
            return Err(format!("{level:?} is not a level; the levels are {}", LEVELS.join(", ")));
        }
        if part.parse::<Directive>().is_err() {
            return Err(format!("{part:?} is not a module with its level, for example aether_server=debug"));
        }
    }
    Ok(levels.to_owned())
}

fn is_level(text: &str) -> bool {
    LEVELS.iter().any(|level| text.eq_ignore_ascii_case(level))
}

/// The filter of a valid list of levels. A level without a module applies to this program. Other crates log no more than warnings unless
/// they are named, because their details can have headers of requests; `h2` logs errors, because a client can cause its warnings.
pub(super) fn filter(levels: &str) -> EnvFilter {
    let (named, general): (Vec<_>, Vec<_>) = levels.split(',').partition(|part| part.contains('='));
    let general = general.last().copied().unwrap_or(DEFAULT);
    let is_quiet = LEVELS[..2].iter().any(|level| general.eq_ignore_ascii_case(level));
    let (others, h2) = if is_quiet { (general, general) } else { ("warn", "error") };
    let own = OWN.map(|target| format!("{target}={general}"));
    let mut directives = vec![others.to_owned(), format!("h2={h2}")];
    // Of two levels of a module, the later one applies. The order in the list has no meaning.
    directives.extend(own.into_iter().chain(named.into_iter().map(str::to_owned)));
    EnvFilter::new(directives.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_that_is_no_level_is_rejected_with_the_levels() {
        for levels in ["info", "OFF", "info,aether_server=debug", "h2=trace", "warn,a::b=off"] {
            assert_eq!(validate(levels), Ok(levels.to_owned()));
        }
        for (levels, named) in [
            ("warning", "\"warning\""),
            ("", "\"\""),
            ("info,", "\"\""),
            ("info,verbose", "\"verbose\""),
            ("aether_server", "\"aether_server\""),
            ("a=loud", "\"loud\""),
            ("a=", "\"\""),
            (" info", "\" info\""),
            ("[=info", "\"[=info\""),
        ] {
            let error = validate(levels).unwrap_err();
            assert!(error.starts_with(named), "{levels:?}: {error}");
        }
        assert!(validate("verbose").unwrap_err().ends_with("off, error, warn, info, debug, trace"));
    }

    #[test]
    fn level_without_module_applies_to_this_program() {
        let shown = |levels| {
            let mut directives: Vec<_> = filter(levels).to_string().split(',').map(str::to_owned).collect();
            directives.sort_unstable();
            directives.join(" ")
        };
        let own = |level| OWN.map(|target| format!("{target}={level}")).join(" ");
        let sorted = |text: String| {
            let mut parts: Vec<_> = text.split(' ').map(str::to_owned).collect();
            parts.sort_unstable();
            parts.join(" ")
        };
        assert_eq!(shown("trace"), sorted(format!("{} warn h2=error", own("trace"))));
        assert_eq!(shown("error"), sorted(format!("{} error h2=error", own("error"))));
        assert_eq!(shown("off"), sorted(format!("{} off h2=off", own("off"))));
        assert_eq!(shown("a=off"), sorted(format!("{} warn h2=error a=off", own("info"))));
        for levels in ["h2=trace", "info,h2=trace", "h2=trace,info"] {
            assert_eq!(shown(levels), sorted(format!("{} warn h2=trace", own("info"))));
        }
        assert_eq!(shown("off,h2=trace"), sorted(format!("{} off h2=trace", own("off"))));
        assert_eq!(shown("aether_server=debug,warn"), shown("warn,aether_server=debug"));
        assert!(shown("aether_server=debug,warn").contains("aether_server=debug"));
    }
}
