//! A plain HTTP service whose response describes the request as JSON.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl Upstream {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let counter = Arc::clone(&counter);
                tokio::spawn(async move { respond(connection, &counter).await });
            }
        });
        Self { address, requests }
    }

    /// The number of received requests.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// Reads one request and sends the response. Returns none if the connection closes before the end of the headers.
async fn respond(mut connection: TcpStream, counter: &AtomicUsize) -> Option<()> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if connection.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    counter.fetch_add(1, Ordering::SeqCst);
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    // As a lenient reader would: every end of a line is one, and the fields behind a body are headers, too.
    let mut lines = head.split(['\r', '\n']).filter(|line| !line.is_empty());
    let mut request_line = lines.next()?.split(' ');
    let mut headers = lines.filter_map(header).collect::<Vec<_>>();
    let find =
        |wanted: &str| headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value);
    let is_chunked = find("transfer-encoding").is_some();
    let length: usize = find("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
    while if is_chunked { last_chunk(&bytes[end + 4..]).is_none() } else { bytes.len() < end + 4 + length } {
        if connection.read_buf(&mut bytes).await.ok()? == 0 {
            break;
        }
    }
    let trailers = last_chunk(&bytes[end + 4..]).filter(|_| is_chunked).unwrap_or_default();
    headers.extend(trailers.split(['\r', '\n']).filter_map(header));
    let description = json!({
        "method": request_line.next(), "target": request_line.next(), "headers": headers, "body": bytes.len() - end - 4,
    })
    .to_string();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        description.len()
    );
    connection.write_all(format!("{head}{description}").as_bytes()).await.ok()
}

/// The name and the value of a field.
fn header(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    Some((name.to_owned(), value.trim().to_owned()))
}

/// The fields behind the last chunk of a body, if it is complete.
fn last_chunk(body: &[u8]) -> Option<String> {
    let start =
        if body.starts_with(b"0\r\n") { 1 } else { body.windows(5).position(|window| window == b"\r\n0\r\n")? + 3 };
    let end = start + body[start..].windows(4).position(|window| window == b"\r\n\r\n")?;
    Some(String::from_utf8_lossy(&body[start..end]).into_owned())
}
