//! A gateway in front of the server of a guide's program. Its URL has a path, and it rejects the first two rotations, so that
//! the program has to repeat them: one with the seconds of `Retry-After`, one with a date, and none before that time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{io, str};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The path of the gateway's URL.
const PREFIX: &str = "/gateway";

/// The maximum size of the headers of a request, in bytes.
const MAX_HEAD: u64 = 64 * 1024;

/// The end of the headers.
const END: &[u8] = b"\r\n\r\n";

/// The `Retry-After` of the first rotation.
const PAUSE: Duration = Duration::from_secs(1);

/// The time from the second rotation to the date of its `Retry-After`. Dates have whole seconds.
const DELAY: TimeDelta = TimeDelta::seconds(2);

/// The time that a repetition can be too early by, because sleeps have whole milliseconds.
const PRECISION: TimeDelta = TimeDelta::milliseconds(10);

/// The response to a repetition that came too early. It ends the program, because no retry can succeed.
const EARLY: &str = "HTTP/1.1 400 Repeated before Retry-After\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// The response to a request without the path of the URL.
const ELSEWHERE: &str = "HTTP/1.1 404 Not in the gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// A gateway. It ends when it is dropped.
#[derive(Debug)]
pub struct Gateway {
    url: String,
    // Aborted when it is dropped.
    _connections: JoinSet<()>,
}

impl Gateway {
    /// Starts a gateway on a free port of the loopback address.
    ///
    /// # Errors
    /// Fails if there is no free port.
    pub async fn start(server: &str) -> io::Result<Self> {
        let address: Arc<str> = server.trim_start_matches("http://").trim_end_matches('/').into();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}{PREFIX}", listener.local_addr()?);
        let rejections = Arc::new(Mutex::new(Rejections::default()));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let (address, rejections) = (Arc::clone(&address), Arc::clone(&rejections));
                // An error is a connection that the program or the server has closed.
                connections.spawn(async move { serve(client, &address, &rejections).await.ok() });
            }
        });
        Ok(Self { url, _connections: tasks })
    }

    /// The URL of the gateway.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Serves one request of a connection, which the response closes.
async fn serve(mut client: TcpStream, address: &str, rejections: &Mutex<Rejections>) -> io::Result<()> {
    let Some((head, rest)) = read_head(&mut client).await? else { return Ok(()) };
    let response = match without_prefix(&head) {
        None => ELSEWHERE.to_owned(),
        Some(head) => {
            let rotates =
                head.lines().next().is_some_and(|line| line.starts_with("POST ") && line.contains("/rotate "));
            let rejection = |it: &Mutex<Rejections>| {
                it.lock().unwrap_or_else(PoisonError::into_inner).next(Instant::now(), Utc::now())
            };
            match rotates.then(|| rejection(rejections)).flatten() {
                Some(response) => response,
                None => return forward(client, address, &head, &rest).await,
            }
        }
    };
    // The body is read, because a reset would reach the program before the response.
    client.read_exact(&mut vec![0; content_length(&head).saturating_sub(rest.len())]).await?;
    client.write_all(response.as_bytes()).await
}

/// Forwards a request with the beginning of its body.
async fn forward(mut client: TcpStream, address: &str, head: &str, rest: &[u8]) -> io::Result<()> {
    let mut server = TcpStream::connect(address).await?;
    server.write_all(&closing(head)).await?;
    server.write_all(rest).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

/// The headers with the path of the server, or none if that of the gateway is missing.
fn without_prefix(head: &str) -> Option<String> {
    let (method, target) = head.split_once(' ')?;
    let path = target.strip_prefix(PREFIX).filter(|path| path.starts_with('/'))?;
    Some(format!("{method} {path}"))
}

/// The rotations that were rejected.
#[derive(Debug, Default)]
struct Rejections {
    /// The time of the first one.
    first: Option<Instant>,
    /// The date of the second one.
    date: Option<DateTime<Utc>>,
}

impl Rejections {
    /// The response to the next rotation if it is rejected.
    fn next(&mut self, now: Instant, time: DateTime<Utc>) -> Option<String> {
        match (self.first, self.date) {
            (None, _) => {
                self.first = Some(now);
                Some(unavailable(&PAUSE.as_secs().to_string()))
            }
            (Some(first), None) if now.duration_since(first) < PAUSE => Some(EARLY.to_owned()),
            (Some(_), None) => {
                let date = time.duration_trunc(TimeDelta::seconds(1)).unwrap_or(time) + DELAY;
                self.date = Some(date);
                Some(unavailable(&date.format("%a, %d %b %Y %H:%M:%S GMT").to_string()))
            }
            (_, Some(date)) => (time + PRECISION < date).then(|| EARLY.to_owned()),
        }
    }
}

/// The response of a gateway, which is not in the contract's form. The names of its headers are in lower case, as those of
/// the server are.
fn unavailable(retry_after: &str) -> String {
    format!(
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: {retry_after}\r\ncontent-type: text/html\r\n\
         content-length: 15\r\nconnection: close\r\n\r\n<h1>busy</h1>\r\n"
    )
}

/// Reads the headers of a request, without the empty line, and the bytes that arrived with them.
async fn read_head(client: &mut TcpStream) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(END.len()).position(|window| window == END) {
            let rest = bytes.split_off(end + END.len());
            let head =
                str::from_utf8(&bytes[..end]).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            return Ok(Some((head.to_owned(), rest)));
        }
        let space = MAX_HEAD.saturating_sub(bytes.len() as u64);
        if client.take(space.min(4096)).read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
}

fn content_length(head: &str) -> usize {
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    let mut lengths = fields.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    lengths.next().and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0)
}

/// The headers with `Connection: close` and without an upgrade to HTTP/2, which Java requests.
fn closing(head: &str) -> Vec<u8> {
    let hop = ["connection", "upgrade", "http2-settings"];
    let end_to_end = |line: &&str| {
        !line.split_once(':').is_some_and(|(name, _)| hop.iter().any(|hop| name.eq_ignore_ascii_case(hop)))
    };
    let mut lines: Vec<&str> = head.lines().filter(end_to_end).collect();
    lines.extend(["Connection: close", "", ""]);
    lines.join("\r\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use aether_client_mock::TestAuthority;

    use super::*;

    async fn status(gateway: &Gateway, request: &str) -> String {
        let address = gateway.url().trim_start_matches("http://").trim_end_matches(PREFIX);
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        response.split(' ').nth(1).unwrap().to_owned()
    }

    #[tokio::test]
    async fn first_rotation_and_other_paths_are_rejected() {
        let server = TestAuthority::start().await;
        let gateway = Gateway::start(server.url()).await.unwrap();
        let rotation = "POST /gateway/api/v1/organizations/o/api-tokens/t/rotate HTTP/1.1\r\nHost: a\r\n\
                        Content-Length: 2\r\n\r\n{}";
        let current = "GET /gateway/api/v1/api-tokens/current HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n";
        assert_eq!(status(&gateway, current).await, "401");
        assert_eq!(status(&gateway, rotation).await, "503");
        assert_eq!(status(&gateway, current).await, "401");
        assert_eq!(status(&gateway, &current.replace("/gateway", "")).await, "404");
        assert_eq!(status(&gateway, &current.replace("/gateway", "/gateways")).await, "404");
    }

    #[test]
    fn rotation_is_accepted_after_both_times() {
        let (mut rejections, now) = (Rejections::default(), Instant::now());
        let time = DateTime::parse_from_rfc3339("2026-01-01T00:00:00.9Z").unwrap().to_utc();
        let mut next = |seconds, time| rejections.next(now + Duration::from_secs(seconds), time);
        assert!(next(0, time).unwrap().contains("\r\nretry-after: 1\r\n"));
        assert_eq!(next(0, time).unwrap(), EARLY);
        assert!(next(1, time).unwrap().contains("\r\nretry-after: Thu, 01 Jan 2026 00:00:02 GMT\r\n"));
        assert_eq!(next(9, time + TimeDelta::seconds(1)).unwrap(), EARLY);
        assert_eq!(next(9, time + TimeDelta::milliseconds(1100)), None);
    }
}
