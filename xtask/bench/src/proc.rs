//! The processor time and the memory of a process, from `/proc`.

use std::fs;

use serde::Serialize;

use crate::Result;

/// The unit of times in `/proc`: the kernel reports hundredths of a second to programs on every architecture of Linux in use.
const MICROS_PER_TICK: u64 = 10_000;

/// The memory of a process, in KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// The resident memory.
    pub resident: u64,
    /// The largest resident memory so far.
    pub peak: u64,
    /// The anonymous part of the resident memory.
    pub anonymous: u64,
    /// The part of the resident memory that maps files.
    pub file: u64,
}

/// The processor time of a process so far, in microseconds, of user and kernel, with all threads.
///
/// # Errors
/// Fails if there is no such process.
pub fn cpu_micros(pid: u32) -> Result<u64> {
    ticks(&fs::read_to_string(format!("/proc/{pid}/stat"))?).map(|ticks| ticks * MICROS_PER_TICK)
}

/// The memory of a process.
///
/// # Errors
/// Fails if there is no such process.
pub fn memory(pid: u32) -> Result<Memory> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    Ok(Memory {
        resident: kib(&status, "VmRSS")?,
        peak: kib(&status, "VmHWM")?,
        anonymous: kib(&status, "RssAnon")?,
        file: kib(&status, "RssFile")?,
    })
}

/// The fields `utime` and `stime`. The name of the program is in parentheses and can contain anything.
fn ticks(stat: &str) -> Result<u64> {
    let (_, fields) = stat.rsplit_once(')').ok_or("no name in stat")?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let mut next = || fields.next().ok_or("stat is short");
    Ok(next()?.parse::<u64>()? + next()?.parse::<u64>()?)
}

fn kib(status: &str, field: &str) -> Result<u64> {
    let line = status.lines().find(|line| line.split(':').next() == Some(field)).ok_or("a field is missing")?;
    Ok(line.split_ascii_whitespace().nth(1).ok_or("a field is empty")?.parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_from_proc() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 50 60 0 0 20 0 3 0 1 2 3";
        assert_eq!(ticks(stat).unwrap(), 110);
        let status = "VmHWM:\t    9 kB\nVmRSS:\t   8 kB\nRssAnon:\t 5 kB\n";
        assert_eq!(kib(status, "VmRSS").unwrap(), 8);
        assert!(kib(status, "RssFile").is_err());
    }
}
