//! The cost of a call: the difference between two runs of a client, divided by the calls that only one of them has.
//!
//! So neither start nor stop is counted, and Valgrind counts all the time. The server is in this process, which is not counted.

use std::process::Command;

use clap::ValueEnum;

use crate::Result;
use crate::machine::first_line;
use crate::responder::Responder;
use crate::subject::Subject;
use crate::table::{markdown, whole};

/// The calls of both runs: they open the connection and fill caches.
const WARM_UP: i64 = 100;

/// The calls that only the second run has.
const COUNTED: i64 = 1000;

/// The cost of a call.
#[derive(Debug, Clone, Copy)]
struct Cost {
    /// The instructions in user space.
    instructions: i64,
    /// The blocks that were allocated on the heap.
    allocations: i64,
    /// Their size.
    bytes: i64,
}

/// Measures the cost of a call of the client and of reqwest.
///
/// # Errors
/// Fails if Valgrind cannot run this program, or a call fails.
pub fn measure() -> Result<String> {
    let responder = Responder::start()?;
    let plain = cost(Subject::Reqwest, &responder)?;
    let typed = cost(Subject::AetherClient, &responder)?;
    let row = |name: &str, cost: Cost| {
        vec![name.into(), whole(cost.instructions), whole(cost.allocations), whole(cost.bytes)]
    };
    let difference = |of: fn(&Cost) -> i64| whole(of(&typed) - of(&plain));
    let rows = [
        row("reqwest", plain),
        row("aether-client", typed),
        vec![
            "difference".into(),
            difference(|cost| cost.instructions),
            difference(|cost| cost.allocations),
            difference(|cost| cost.bytes),
        ],
    ];
    let table = markdown(&["client", "instructions", "allocations", "allocated bytes"], &rows);
    Ok(format!("### Calls\n\n{table}\nCounted by {}.\n\n", first_line("valgrind", "--version")?))
}

fn cost(subject: Subject, responder: &Responder) -> Result<Cost> {
    let instructions = |calls| {
        let report = valgrind(&["--tool=callgrind", "--callgrind-out-file=/dev/null"], subject, responder, calls)?;
        number_after(&report, "Collected : ")
    };
    let heap = |calls| -> Result<(i64, i64)> {
        let report = valgrind(&["--tool=dhat", "--dhat-out-file=/dev/null"], subject, responder, calls)?;
        Ok((number_after(&report, "Total: ")?, number_after(&report, " bytes in ")?))
    };
    let (fewer, more) = (WARM_UP, WARM_UP + COUNTED);
    let ((fewer_bytes, fewer_blocks), (more_bytes, more_blocks)) = (heap(fewer)?, heap(more)?);
    Ok(Cost {
        instructions: per_call(instructions(fewer)?, instructions(more)?),
        allocations: per_call(fewer_blocks, more_blocks),
        bytes: per_call(fewer_bytes, more_bytes),
    })
}

/// The cost of a call, rounded.
fn per_call(fewer: i64, more: i64) -> i64 {
    (more - fewer + COUNTED / 2) / COUNTED
}

/// Runs this program under Valgrind. Returns Valgrind's report.
fn valgrind(tool: &[&str], subject: Subject, responder: &Responder, calls: i64) -> Result<String> {
    let name = subject.to_possible_value().ok_or("a subject without a name")?;
    let mut command = Command::new("valgrind");
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.args(tool).arg(std::env::current_exe()?).args([
        "call",
        name.get_name(),
        &responder.url(),
        &calls.to_string(),
    ]);
    let before = responder.requests();
    let output = command.output().map_err(|error| format!("valgrind: {error}"))?;
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(report.into());
    }
    let sent = responder.requests() - before;
    if sent != calls {
        return Err(format!("{calls} calls of {} sent {sent} requests", name.get_name()).into());
    }
    Ok(report)
}

/// The first number after a label in a report of Valgrind. It can have separators of thousands.
fn number_after(report: &str, label: &str) -> Result<i64> {
    let (_, rest) = report.split_once(label).ok_or_else(|| format!("valgrind does not report {label:?}: {report}"))?;
    let digits = rest.trim_start().chars().take_while(|&c| c.is_ascii_digit() || c == ',').filter(|&c| c != ',');
    Ok(digits.collect::<String>().parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_reports() {
        let report = "==7== Total:     1,234,567 bytes in 89 blocks\n==7== Collected : 4242\n";
        let number = |label| number_after(report, label).unwrap();
        assert_eq!((number("Total: "), number(" bytes in "), number("Collected : ")), (1_234_567, 89, 4242));
        number_after(report, "Refs: ").unwrap_err();
    }

    #[test]
    fn cost_of_a_call_is_rounded() {
        assert_eq!((per_call(500, 500 + 1499), per_call(500, 500 + 1500)), (1, 2));
    }
}
