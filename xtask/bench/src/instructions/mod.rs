//! `cargo xtask instructions`: a gate against regressions by the number of instructions of a request.
//!
//! Unlike a time, the number does not depend on the machine's load. [`count`] runs the released server under
//! [`callgrind`] and sends it the requests of a [`session`]; [`figures`] holds the numbers against those of the
//! repository, which belong to a [`toolchain`].

mod callgrind;
mod count;
mod figures;
mod session;
mod toolchain;

use crate::{Result, build, missing, program_exists};
use figures::Figures;
use toolchain::Toolchain;

/// Counts the instructions of requests and judges them, or writes them into the repository if `renew`.
///
/// Figures of another toolchain are not judged. Returns whether no number is out of tolerance.
///
/// # Errors
/// Fails if the server cannot be run.
pub fn run(renew: bool) -> Result<bool> {
    if !program_exists(callgrind::PROGRAM) {
        return missing(callgrind::PROGRAM).map(|()| true);
    }
    let (figures, toolchain) = (Figures::read()?, Toolchain::read()?);
    let differences = figures.toolchain.differences(&toolchain);
    if !renew && !differences.is_empty() {
        println!("not judged: the figures are of another toolchain: {}", differences.join("; "));
        return Ok(true);
    }
    let counts = count::count(&build::released_server()?, &build::directory()?)?;
    if renew {
        figures.renewed(toolchain, counts).write()?;
        return Ok(true);
    }
    let judged = figures.judge(&counts)?;
    if let Err(difference) = &judged {
        eprintln!("error: {difference}");
    }
    Ok(judged.is_ok())
}
