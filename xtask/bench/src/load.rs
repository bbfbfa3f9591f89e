//! Loads: `wrk` with a script, against one program.
//!
//! `wrk` is a closed loop: a connection sends its next request when it has the response, so the latencies are those under the greatest
//! throughput. It adds values for requests that a slow response has held back. A response with a status of 400 or above counts as
//! failed, and one failed request invalidates the measurement.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use serde::Deserialize;

use crate::Result;
use crate::measure::{Latency, Sample, Subject};
use crate::process::{Program, signal_child};

/// The program that sends the requests.
pub const GENERATOR: &str = "wrk";

/// The number of measurements after which a program that drops lines of its log has failed.
const ATTEMPTS: usize = 3;

/// The number of loads so far. It seeds the random draws, and makes the idempotency keys of each load its own.
static STARTED: AtomicU64 = AtomicU64::new(0);

/// The script of a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Script {
    /// The name of the file in `lua/`, without its extension.
    pub name: &'static str,
    /// Whether each token is used once. Such a load has one thread.
    pub once: bool,
}

/// A load against a program.
#[derive(Debug)]
pub struct Load<'p> {
    /// The program.
    program: &'p Program,
    /// The script.
    script: Script,
    /// The number of connections.
    connections: usize,
    /// Variables of the script, without their prefix.
    variables: Vec<(&'static str, String)>,
    /// The first token that was not used.
    first: u64,
}

/// The report of a script.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Report {
    /// The number of responses.
    pub requests: u64,
    /// The duration in microseconds.
    pub micros: u64,
    failures: Failures,
    /// The latencies.
    pub latency: Latency,
}

/// The numbers of failures by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
struct Failures {
    connect: u64,
    read: u64,
    write: u64,
    /// Responses with a status of 400 or above.
    status: u64,
    /// Responses after two seconds.
    timeout: u64,
}

impl Report {
    /// Requests per second.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "the numbers are far below 2^52")]
    pub fn rate(&self) -> f64 {
        self.requests as f64 * 1e6 / self.micros as f64
    }
}

/// A load that is running.
#[derive(Debug)]
pub struct Running(Child);

impl Running {
    /// Ends the load and returns its report.
    ///
    /// # Errors
    /// Fails if a request failed.
    pub fn end(self) -> Result<Report> {
        signal_child(&self.0, Signal::INT)?;
        let output = self.0.wait_with_output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find_map(|line| line.strip_prefix("BENCH "));
        let line = line.ok_or_else(|| format!("wrk: {text}{}", String::from_utf8_lossy(&output.stderr)))?;
        let report: Report = serde_json::from_str(line)?;
        if report.failures != Failures::default() || report.requests == 0 {
            return Err(format!("{:?} of {} requests", report.failures, report.requests).into());
        }
        Ok(report)
    }
}

impl<'p> Load<'p> {
    /// A load with the variables of its script.
    #[must_use]
    pub fn new(
        program: &'p Program,
        script: Script,
        connections: usize,
        variables: Vec<(&'static str, String)>,
    ) -> Self {
        Self { program, script, connections, variables, first: 0 }
    }

    /// A load as a subject.
    #[must_use]
    pub fn subject(
        program: &'p Program,
        script: Script,
        connections: usize,
        variables: Vec<(&'static str, String)>,
    ) -> Box<dyn Subject + 'p> {
        Box::new(Self::new(program, script, connections, variables))
    }

    /// Starts the load.
    ///
    /// # Errors
    /// Fails if `wrk` cannot be started.
    pub fn start(&self) -> Result<Running> {
        let scripts = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("lua");
        let threads = if self.script.once { 1 } else { threads().min(self.connections) };
        let mut command = Command::new(GENERATOR);
        command.args(["--threads", &threads.to_string(), "--connections", &self.connections.to_string()]);
        // It is interrupted, because it takes whole seconds only.
        command.args(["--duration", "1h", "--script"]).arg(scripts.join(self.script.name).with_extension("lua"));
        command.arg(format!("http://{}", self.program.address()));
        command.env("BENCH_LUA", &scripts).env("BENCH_SEED", STARTED.fetch_add(1, Ordering::Relaxed).to_string());
        command.env("BENCH_FIRST", self.first.to_string());
        command.envs(self.variables.iter().map(|(name, value)| (format!("BENCH_{name}"), value)));
        Ok(Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?))
    }

    /// Measures for `time`, again and again, until `count` tokens were used. Returns all samples but the last, which uses some again.
    ///
    /// # Errors
    /// Fails if a request fails.
    pub fn measure_each_once(&mut self, count: u64, time: Duration) -> Result<Vec<Sample>> {
        let mut samples = vec![self.sample(time)?];
        while self.first < count {
            samples.push(self.sample(time)?);
        }
        samples.truncate((samples.len() - 1).max(1));
        Ok(samples)
    }

    #[allow(clippy::cast_precision_loss, reason = "the numbers are far below 2^52")]
    fn sample(&mut self, time: Duration) -> Result<Sample> {
        let before = self.program.cpu_micros()?;
        let running = self.start()?;
        thread::sleep(time);
        let report =
            running.end().map_err(|error| format!("{} of {}: {error}", self.script.name, self.program.name()))?;
        let cpu = self.program.cpu_micros()? - before;
        // `wrk` tries the script once, and requests without a response are not reported.
        self.first += report.requests + u64::try_from(self.connections)? + 1;
        Ok(Sample {
            rate: report.rate(),
            cpu_micros: Some(cpu as f64 / report.requests as f64),
            latency: Some(report.latency),
        })
    }
}

impl Subject for Load<'_> {
    fn name(&self) -> String {
        self.program.name().to_owned()
    }

    fn measure(&mut self, time: Duration) -> Result<Sample> {
        for _ in 0..ATTEMPTS {
            let sample = self.sample(time)?;
            if self.program.take_dropped_lines()? == 0 {
                return Ok(sample);
            }
        }
        Err(format!("{} dropped lines of its log", self.program.name()).into())
    }
}

/// The threads of `wrk`: half of the processors, because the program needs the others.
fn threads() -> usize {
    thread::available_parallelism().map_or(1, |processors| processors.get().div_ceil(2))
}
