//! A raw client of HTTP/1.1.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(25);

/// A request that any server serves.
pub const PROBE: &str = "GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n";

/// Fails the test if the future takes too long.
#[track_caller]
pub fn soon<F: Future>(subject: &str, future: F) -> impl Future<Output = F::Output> {
    let message = format!("timeout while waiting for {subject}");
    async move { tokio::time::timeout(PATIENCE, future).await.expect(&message) }
}

/// A parsed response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value))
    }
}

/// A connection.
pub struct Connection {
    pub stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        Self { stream, received: Vec::new() }
    }

    /// Opens a connection that holds few received bytes.
    pub async fn with_small_buffer(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(2048).expect("a small buffer");
        let stream = socket.connect(address).await.expect("a connection");
        Self { stream, received: Vec::new() }
    }

    /// Sends bytes. The server may have closed the connection.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = soon("the server to read", self.stream.write_all(bytes.as_ref())).await;
    }

    /// Receives more bytes. Returns whether there were any before the end.
    async fn receive(&mut self) -> bool {
        // A reset ends the connection, too.
        soon("the server to send or to close", self.stream.read_buf(&mut self.received))
            .await
            .is_ok_and(|count| count > 0)
    }

    /// Receives exactly these bytes.
    pub async fn expect(&mut self, bytes: &str) {
        while self.received.len() < bytes.len() && self.receive().await {}
        let received: Vec<_> = self.received.drain(..bytes.len().min(self.received.len())).collect();
        assert_eq!(String::from_utf8_lossy(&received), bytes);
    }

    /// Receives a response to a request with a method other than HEAD. `None` is the end of the connection.
    pub async fn response(&mut self) -> Option<Response> {
        self.response_to("GET").await
    }

    /// Receives a response to a request with this method. `None` is the end of the connection.
    pub async fn response_to(&mut self, method: &str) -> Option<Response> {
        let end = loop {
            match self.received.windows(4).position(|window| window == b"\r\n\r\n") {
                Some(end) => break end + 4,
                None if self.receive().await => {}
                None if self.received.is_empty() => return None,
                None => panic!("the connection ended in a head: {:?}", String::from_utf8_lossy(&self.received)),
            }
        };
        let head = String::from_utf8(self.received.drain(..end).collect()).expect("a head in ASCII");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let mut response = Response { status, head, body: String::new() };
        let has_body = method != "HEAD" && status >= 200 && status != 204;
        let length = response.header("content-length").map_or(0, |length| length.parse().expect("a length"));
        let length = if has_body { length } else { 0 };
        while self.received.len() < length {
            assert!(self.receive().await, "the connection ended in a body");
        }
        response.body = String::from_utf8(self.received.drain(..length).collect()).expect("a body in UTF-8");
        Some(response)
    }

    /// Receives all responses until the server closes the connection.
    pub async fn responses(mut self) -> Vec<Response> {
        let mut responses = Vec::new();
        while let Some(response) = self.response().await {
            responses.push(response);
        }
        responses
    }

    /// Waits until the server closes the connection. Returns the bytes that it sent before.
    pub async fn end(mut self) -> Vec<u8> {
        while self.receive().await {}
        self.received
    }
}

/// Sends bytes and the end of the client's side. Returns the responses until the server closes the connection.
pub async fn exchange(address: SocketAddr, bytes: impl AsRef<[u8]>) -> Vec<Response> {
    let mut connection = Connection::open(address).await;
    connection.send(bytes).await;
    let _ = connection.stream.shutdown().await;
    connection.responses().await
}

/// Sends a request and one after it. Returns the statuses until the server closes the connection.
pub async fn statuses(address: SocketAddr, request: impl AsRef<[u8]>) -> Vec<u16> {
    let bytes = [request.as_ref(), PROBE.as_bytes()].concat();
    exchange(address, bytes).await.iter().map(|response| response.status).collect()
}

/// Sends a request and one after it, and waits until the server closes the connection by itself. Returns the only response.
#[track_caller]
pub fn refused(address: SocketAddr, request: impl AsRef<[u8]>) -> impl Future<Output = Response> {
    let bytes = [request.as_ref(), PROBE.as_bytes()].concat();
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(300)]).into_owned();
    async move {
        let mut connection = Connection::open(address).await;
        connection.send(bytes).await;
        let responses = connection.responses().await;
        let [response] = responses.as_slice() else { panic!("{shown:?}: {responses:?}") };
        response.clone()
    }
}
