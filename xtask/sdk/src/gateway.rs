//! A gateway in front of the server of a page. It rejects the first rotation, so that the page has to repeat it, and
//! not before the time of `Retry-After`.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use std::{io, str};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The maximum size of the headers of a request, in bytes.
const MAX_HEAD: u64 = 64 * 1024;

/// The end of the headers.
const END: &[u8] = b"\r\n\r\n";

/// The `Retry-After` of the first rotation.
const PAUSE: Duration = Duration::from_secs(1);

/// The response to the first rotation: that of a gateway, which is not in the contract's form. The names of its headers
/// are in lower case, as those of the server are.
const UNAVAILABLE: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-type: text/html\r\n\
    content-length: 15\r\nconnection: close\r\n\r\n<h1>busy</h1>\r\n";

/// The response to a repetition that came too early. It ends the program, because no retry can succeed.
const EARLY: &[u8] = b"HTTP/1.1 400 Repeated before Retry-After\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

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
        let url = format!("http://{}", listener.local_addr()?);
        let rejected = Arc::new(OnceLock::new());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let (address, rejected) = (Arc::clone(&address), Arc::clone(&rejected));
                // An error is a connection that the program or the server has closed.
                connections.spawn(async move { serve(client, &address, &rejected).await.ok() });
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
async fn serve(mut client: TcpStream, address: &str, rejected: &OnceLock<Instant>) -> io::Result<()> {
    let Some((head, rest)) = read_head(&mut client).await? else { return Ok(()) };
    let rotates = head.lines().next().is_some_and(|line| line.starts_with("POST ") && line.contains("/rotate "));
    if rotates && let Some(response) = rejection(rejected, Instant::now()) {
        // The body is read, because a reset would reach the program before the response.
        client.read_exact(&mut vec![0; content_length(&head).saturating_sub(rest.len())]).await?;
        return client.write_all(response).await;
    }
    let mut server = TcpStream::connect(address).await?;
    server.write_all(&closing(&head)).await?;
    server.write_all(&rest).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

/// The response to a rotation that is rejected. The first one determines when the next is accepted.
fn rejection(first: &OnceLock<Instant>, now: Instant) -> Option<&'static [u8]> {
    match first.get() {
        None => first.set(now).is_ok().then_some(UNAVAILABLE),
        Some(first) => (now.duration_since(*first) < PAUSE).then_some(EARLY),
    }
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
        let mut stream = TcpStream::connect(gateway.url().trim_start_matches("http://")).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        response.split(' ').nth(1).unwrap().to_owned()
    }

    #[tokio::test]
    async fn first_rotation_is_rejected() {
        let server = TestAuthority::start().await;
        let gateway = Gateway::start(server.url()).await.unwrap();
        let rotation =
            "POST /api/v1/organizations/o/api-tokens/t/rotate HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";
        let current = "GET /api/v1/api-tokens/current HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n";
        assert_eq!(status(&gateway, current).await, "401");
        assert_eq!(status(&gateway, rotation).await, "503");
        assert_eq!(status(&gateway, current).await, "401");
    }

    #[test]
    fn rotation_is_accepted_after_the_pause() {
        let (first, now) = (OnceLock::new(), Instant::now());
        assert_eq!(rejection(&first, now), Some(UNAVAILABLE));
        assert_eq!(rejection(&first, now + PAUSE / 2), Some(EARLY));
        assert_eq!(rejection(&first, now + PAUSE), None);
    }
}
