//! The machine and the compiler of a run.

use std::fs;
use std::process::Command;
use std::thread;

use serde::Serialize;

/// The machine and the compiler.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// The model of the processor.
    pub processor: String,
    /// The number of logical processors.
    pub processors: usize,
    /// The memory in MiB.
    pub memory_mib: u64,
    /// The version of the kernel.
    pub kernel: String,
    /// The version of the compiler.
    pub compiler: String,
    /// The version of node, if it is installed.
    pub node: Option<String>,
}

impl Machine {
    /// Reads the description of this machine.
    #[must_use]
    pub fn read() -> Self {
        let text = |path| fs::read_to_string(path).unwrap_or_default();
        let (cpuinfo, meminfo) = (text("/proc/cpuinfo"), text("/proc/meminfo"));
        let field = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let unknown = || "unknown".to_owned();
        let memory = field(&meminfo, "MemTotal").and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
        Self {
            processor: field(&cpuinfo, "model name").unwrap_or_else(unknown),
            processors: thread::available_parallelism().map_or(1, Into::into),
            memory_mib: memory.unwrap_or_default() / 1024,
            kernel: text("/proc/sys/kernel/osrelease").trim().to_owned(),
            compiler: version("rustc").unwrap_or_else(unknown),
            node: version("node"),
        }
    }

    /// One line for people.
    #[must_use]
    pub fn describe(&self) -> String {
        let Self { processor, processors, memory_mib, kernel, compiler, node } = self;
        let node = node.as_ref().map_or_else(String::new, |version| format!(", node {version}"));
        format!(
            "{processor}, {processors} logical processors, {memory_mib} MiB of memory, Linux {kernel}, {compiler}{node}"
        )
    }
}

fn version(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
