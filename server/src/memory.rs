//! The memory of the machine, or of the control group in which the server runs.

use std::fs;

/// The files with the limit of a control group in bytes, of its second and its first version.
const LIMITS: [&str; 2] = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];

/// The memory that the server may use, in bytes, if the system tells.
pub(crate) fn available() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| total(&text));
    let limits = LIMITS.iter().filter_map(|path| fs::read_to_string(path).ok()?.trim().parse().ok());
    limits.chain(machine).min()
}

/// The total memory in the text of `/proc/meminfo`, in bytes.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn total_is_in_bytes() {
        assert_eq!(total("MemFree:  5 kB\nMemTotal:       24683856 kB\n"), Some(24_683_856 * 1024));
        assert_eq!(total("MemTotal: many\n"), None);
    }
}
