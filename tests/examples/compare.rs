//! Compares two builds of the server: verification and creation, in paired rounds of one run.
//!
//! `cargo run --release -p aether-tests --example compare BEFORE AFTER [ROUNDS]`
//!
//! Both servers run during the whole comparison. In each round, one after the other gets the same load for the same time, and the order
//! alternates. A ratio is the median of the rounds' ratios, so a machine that is busy for a while weighs on both.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// The time of one measurement.
const TIME: Duration = Duration::from_millis(700);

const ROUNDS: usize = 15;

/// Formats a request of a server.
type Request = fn(&Running) -> String;

/// The loads: the name, the number of connections, and the request.
const LOADS: [(&str, usize, Request); 5] = [
    ("GET /api-tokens/current", 16, verify),
    ("GET /authorize", 1, authorize),
    ("GET /authorize", 64, authorize),
    ("POST /api-tokens", 1, create),
    ("POST /api-tokens", 64, create),
];

/// A server process with an empty database.
struct Running {
    child: Child,
    address: String,
    organization: String,
    owner: String,
    _directory: TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has no state to keep.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(program: &str) -> Result<Running, Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let log = std::fs::File::create(directory.path().join("log"))?;
    let mut child = Command::new(std::fs::canonicalize(program)?)
        .args(["--listen", "127.0.0.1:0", "--rate-limit", "off"])
        .current_dir(directory.path())
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()?;
    let mut output = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    let mut greeting = String::new();
    let address = loop {
        let line = output.next().ok_or("the server ended")??;
        match line.strip_prefix("Listening on http://") {
            Some(address) => break address.to_owned(),
            None => greeting += &line,
        }
    };
    let rest = greeting.split("/organizations/").nth(1).ok_or("no organization")?;
    let organization = rest.split('/').next().unwrap_or_default().to_owned();
    let owner = std::fs::read_to_string(directory.path().join("aether-owner.token"))?.trim().to_owned();
    Ok(Running { child, address, organization, owner, _directory: directory })
}

fn verify(server: &Running) -> String {
    format!("GET /api/v1/api-tokens/current HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\r\n", server.owner)
}

fn authorize(server: &Running) -> String {
    format!("GET /api/v1/authorize?scope=a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\r\n", server.owner)
}

fn create(server: &Running) -> String {
    let (organization, owner, body) = (&server.organization, &server.owner, r#"{"name":"n","scopes":["a:b"]}"#);
    format!(
        "POST /api/v1/organizations/{organization}/api-tokens HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {owner}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Repeats a request on each of `connections`. Returns the number of responses per second.
async fn measure(address: &str, request: &str, connections: usize) -> Result<f64, Box<dyn Error>> {
    let (mut tasks, begun) = (JoinSet::new(), Instant::now());
    for _ in 0..connections {
        let (mut stream, request) = (TcpStream::connect(address).await?, request.to_owned());
        stream.set_nodelay(true)?;
        tasks.spawn(async move {
            let (mut responses, mut buffer) = (0_u32, vec![0; 16 * 1024]);
            while begun.elapsed() < TIME {
                stream.write_all(request.as_bytes()).await.expect("the server reads");
                read_response(&mut stream, &mut buffer).await;
                responses += 1;
            }
            responses
        });
    }
    let responses: u32 = tasks.join_all().await.into_iter().sum();
    Ok(f64::from(responses) / begun.elapsed().as_secs_f64())
}

/// Reads one response with a content length, and requires a success.
async fn read_response(stream: &mut TcpStream, buffer: &mut [u8]) {
    let mut length = 0;
    loop {
        length += stream.read(&mut buffer[length..]).await.expect("a response");
        let text = std::str::from_utf8(&buffer[..length]).expect("responses are text");
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 20"), "{text}");
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let declared = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= declared.map_or(0, |length| length.parse().expect("a number")) {
            return;
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(before), Some(after)) = (arguments.next(), arguments.next()) else {
        return Err("usage: compare BEFORE AFTER [ROUNDS]".into());
    };
    let rounds = arguments.next().map_or(Ok(ROUNDS), |rounds| rounds.parse())?;
    let servers = [start(&before)?, start(&after)?];
    for (name, connections, request) in LOADS {
        let mut rates = [Vec::new(), Vec::new()];
        for round in 0..rounds {
            for index in if round % 2 == 0 { [0, 1] } else { [1, 0] } {
                let server = &servers[index];
                rates[index].push(measure(&server.address, &request(server), connections).await?);
            }
        }
        let ratio = median(rates[0].iter().zip(&rates[1]).map(|(before, after)| after / before).collect());
        let [before, after] = rates.map(median);
        let line = serde_json::json!({
            "request": name, "connections": connections, "before": before.round(), "after": after.round(), "ratio": (ratio * 1000.0).round() / 1000.0,
        });
        println!("{}", Value::to_string(&line));
    }
    Ok(())
}
