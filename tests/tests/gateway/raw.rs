//! A client that sends the bytes of a request of HTTP/1.1 as they are.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longer than a response takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends a request, and returns the status and the body of the response. A connection that is closed without a response is
/// status 0.
pub(crate) async fn exchange(address: SocketAddr, request: &[u8]) -> (u16, Vec<u8>) {
    let mut connection = TcpStream::connect(address).await.expect("a connection");
    // The proxy may refuse the beginning and close the connection.
    let _ = connection.write_all(request).await;
    let mut bytes = Vec::new();
    let read =
        async { while !is_complete(&bytes) && connection.read_buf(&mut bytes).await.is_ok_and(|count| count > 0) {} };
    tokio::time::timeout(PATIENCE, read).await.expect("a response in time");
    let status = bytes.get(9..12).and_then(|status| std::str::from_utf8(status).ok()?.parse().ok());
    let body = head_length(&bytes).map(|length| bytes.split_off(length)).unwrap_or_default();
    (status.unwrap_or_default(), body)
}

/// The length of the head with the empty line.
fn head_length(bytes: &[u8]) -> Option<usize> {
    Some(bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4)
}

/// Whether the head and a body of the announced length are there. Otherwise the response ends with the connection.
fn is_complete(bytes: &[u8]) -> bool {
    let Some(end) = head_length(bytes) else { return false };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    length.is_some_and(|length| bytes.len() >= end + length)
}
