//! `aether-conformance`: the suite on the command line.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use aether_conformance::arguments::Arguments;
use aether_conformance::report::{Report, line};
use aether_conformance::suite::{self, ELSEWHERE, Test};
use aether_conformance::{Run, Settings};
use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use secrecy::SecretString;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The status of a run that could not begin.
const UNUSABLE: u8 = 2;

const INTERRUPTION: &str = "interrupted: ending the tokens of the run; a second signal leaves them to their expiry";

/// The status of shells for a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            UNUSABLE.into()
        }
    }
}

async fn run(arguments: &Arguments) -> Result<ExitCode> {
    let tests: Vec<Test> = suite::all().filter(|test| arguments.selects(&test.to_string())).collect();
    if arguments.list {
        list(arguments, &tests);
        return Ok(ExitCode::SUCCESS);
    }
    if tests.is_empty() {
        let elsewhere = ELSEWHERE.iter().filter(|(name, _)| arguments.selects(name));
        let reasons: Vec<_> = elsewhere.map(|(name, reason)| format!("{name} {reason}")).collect();
        ensure!(!reasons.is_empty(), "no test has a name with {}; --list has the names", arguments.tests.join(" or "));
        bail!("no selected test can run: {}", reasons.join(", "));
    }
    let settings = settings(arguments)?;
    // The reports are written at the end of a run that takes minutes.
    for path in [&arguments.junit, &arguments.json].into_iter().flatten() {
        let file = fs::OpenOptions::new().append(true).create(true).open(path);
        file.with_context(|| format!("cannot write {}", path.display()))?;
    }
    // An assertion that fails is a result, and not a message of its own.
    std::panic::set_hook(Box::new(|_| {}));
    let mut signals = Signals::new()?;
    let mut start = Box::pin(Run::start(settings));
    let mut run = tokio::select! {
        run = &mut start => run?,
        () = signals.next() => {
            say(INTERRUPTION);
            // The token of the run may have been created.
            tokio::select! {
                run = start => drop(run?.end().await),
                () = signals.next() => {}
            }
            return Ok(INTERRUPTED.into());
        }
    };
    say(&format!("{} tests, tokens named {:?} until {}", tests.len(), run.label(), run.expires_at().to_rfc3339()));
    let mut results = Vec::new();
    let is_interrupted = tokio::select! {
        () = run.execute(&tests, |result| {
            say(&line(&result));
            results.push(result);
        }) => false,
        () = signals.next() => true,
    };
    if is_interrupted {
        say(INTERRUPTION);
    }
    let cleanup = tokio::select! {
        cleanup = run.end() => cleanup,
        () = signals.next() => return Ok(INTERRUPTED.into()),
    };
    let report = Report::new(&run, results, |name| arguments.selects(name), cleanup, is_interrupted);
    for result in report.results.iter().filter(|result| is_elsewhere(&result.name)) {
        say(&line(result));
    }
    say(&format!("\n{report}"));
    write_reports(arguments, &report)?;
    Ok(match (is_interrupted, report.is_success()) {
        (true, _) => INTERRUPTED.into(),
        (_, true) => ExitCode::SUCCESS,
        (_, false) => ExitCode::FAILURE,
    })
}

/// The signals that interrupt a run.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for the next signal.
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

fn is_elsewhere(name: &str) -> bool {
    ELSEWHERE.iter().any(|(elsewhere, _)| *elsewhere == name)
}

fn list(arguments: &Arguments, tests: &[Test]) {
    for test in tests {
        let needs: Vec<_> = test.needs.iter().map(ToString::to_string).collect();
        say(&if needs.is_empty() { test.to_string() } else { format!("{test}: {}", needs.join(", ")) });
    }
    for (name, reason) in ELSEWHERE.iter().filter(|(name, _)| arguments.selects(name)) {
        say(&format!("{name}: skipped, {reason}"));
    }
}

fn settings(arguments: &Arguments) -> Result<Settings> {
    let (Some(url), Some(token_file)) = (&arguments.url, &arguments.token_file) else {
        bail!("--url and --token-file are required");
    };
    let token = read_token(token_file)?;
    let other_token = arguments.other_token_file.as_deref().map(read_token).transpose()?;
    let mut http = reqwest::Client::builder()
        .timeout(Duration::from_secs(arguments.timeout.into()))
        // A redirect is a response that the contract does not have, and would carry a token away.
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("aether-conformance/", env!("CARGO_PKG_VERSION")));
    if let Some(path) = &arguments.ca_file {
        let pem = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let certificates = reqwest::Certificate::from_pem_bundle(&pem)
            .with_context(|| format!("{} has no usable certificates", path.display()))?;
        ensure!(!certificates.is_empty(), "{} has no certificates", path.display());
        http = http.tls_certs_merge(certificates);
    }
    Ok(Settings {
        base_url: url.as_str().trim_end_matches('/').to_owned(),
        http: http.build()?,
        ignored_headers: arguments.ignore_header.clone(),
        token,
        other_token,
        prefix: arguments.prefix.clone(),
        lifetime: arguments.lifetime,
        jobs: arguments.jobs.into(),
    })
}

fn read_token(path: &Path) -> Result<SecretString> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let token = text.trim();
    let is_token = token.starts_with("aether_") && token.bytes().all(|byte| byte.is_ascii_graphic());
    // The content is not shown: it may be a secret of another kind.
    ensure!(is_token, "{} does not contain an Aether token, which begins with aether_", path.display());
    Ok(token.into())
}

fn write_reports(arguments: &Arguments, report: &Report) -> Result<()> {
    if let Some(path) = &arguments.junit {
        fs::write(path, report.to_junit()?).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(path) = &arguments.json {
        let json = format!("{:#}\n", report.to_json());
        fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Prints a line. A reader that has gone does not stop the run, which has tokens to end.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
