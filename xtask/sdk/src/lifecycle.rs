//! The output of a lifecycle program: `ok STEP` for each step, then `secret printed` or `secret hidden`.

use crate::stage::Failure;

/// The steps, in their order.
pub const STEPS: [&str; 11] = [
    "create",
    "replay",
    "paging",
    "update-absent",
    "update-empty",
    "rotate",
    "introspect",
    "authorize",
    "invalid",
    "revoke",
    "refused",
];

/// Whether the ordinary textual form of an issued token contains its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secret {
    /// The text contains it.
    Printed,
    /// The text does not contain it.
    Hidden,
}

/// Reads the output. Other lines are those of the SDK, and are ignored.
///
/// # Errors
/// Fails if a step is missing or in another place, and if the program failed. The failure is at the first step that is
/// missing.
pub fn read(output: &str, exit: Result<(), String>) -> Result<Secret, Failure> {
    let mut steps = STEPS.iter();
    let mut secret = None;
    let fail = |at: Option<&&'static str>, reason| Err(Failure { at: at.copied().unwrap_or("secret"), reason });
    for line in output.lines() {
        let expected = steps.as_slice().first();
        match line.split_once(' ') {
            Some(("ok", step)) => match steps.next() {
                Some(expected) if *expected == step => {}
                _ => return fail(expected, format!("the program printed `{line}`")),
            },
            Some(("secret", "printed")) => secret = Some(Secret::Printed),
            Some(("secret", "hidden")) => secret = Some(Secret::Hidden),
            _ => {}
        }
    }
    let missing = steps.as_slice().first();
    match (exit, missing, secret) {
        (Err(reason), at, _) => fail(at, reason),
        (Ok(()), None, Some(secret)) => Ok(secret),
        (Ok(()), at, _) => fail(at, "the program ended before the step".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> String {
        STEPS.iter().flat_map(|step| ["ok ", step, "\n"]).collect()
    }

    #[test]
    fn complete_lifecycle_passes() {
        assert_eq!(read(&(all() + "secret printed\n"), Ok(())), Ok(Secret::Printed));
        assert_eq!(read(&("a remark\n".to_owned() + &all() + "secret hidden\n"), Ok(())), Ok(Secret::Hidden));
    }

    #[test]
    fn early_end_fails_at_the_missing_step() {
        let at = |output: &str, exit| read(output, exit).unwrap_err().at;
        assert_eq!(at("", Ok(())), "create");
        assert_eq!(at("ok create\nok replay\nsecret hidden\n", Ok(())), "paging");
        assert_eq!(at("ok create\n", Err("status 1".to_owned())), "replay");
        assert_eq!(at(&all(), Ok(())), "secret");
    }

    #[test]
    fn step_in_another_place_fails() {
        for output in ["ok replay\n", "ok create\nok paging\n", "ok create\nok create\n", "ok unknown\n"] {
            assert!(read(&(output.to_owned() + &all() + "secret hidden\n"), Ok(())).is_err(), "{output}");
        }
        assert!(read(&(all() + "ok refused\nsecret hidden\n"), Ok(())).is_err());
    }

    #[test]
    fn failure_after_the_last_step_is_a_failure() {
        let failure = read(&(all() + "secret hidden\n"), Err("status 1".to_owned())).unwrap_err();
        assert_eq!(failure, Failure { at: "secret", reason: "status 1".to_owned() });
    }
}
