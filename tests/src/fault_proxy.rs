//! An HTTP/1.1 proxy that breaks chosen exchanges on their way to a server.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use reqwest::{Client, Method};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The treatment of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The request reaches the server, and the response the client.
    None,
    /// The connection is reset; the request does not reach the server.
    ResetBefore,
    /// The request reaches the server, and the connection is reset instead of the response.
    ResetAfter,
    /// A response of the proxy: the status, `Retry-After`, other headers, the media type and the body.
    Response { status: u16, headers: Vec<(&'static str, String)>, body: String },
    /// The request reaches the server, and the connection ends in the middle of the body.
    CutBody(BodyEnd),
    /// The request reaches the server, and the body stops in the middle while the connection stays open.
    SlowBody,
    /// The request does not reach the server, and there is no response.
    Silence,
}

/// The mark of a body's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyEnd {
    ContentLength,
    Chunked,
    Connection,
}

impl Fault {
    /// A gateway's error page.
    #[must_use]
    pub fn html(status: u16, retry_after: Option<&str>) -> Self {
        let headers = [("Content-Type", "text/html".to_owned()), ("X-Request-Id", "gateway-1".to_owned())];
        let retry_after = retry_after.map(|value| ("Retry-After", value.to_owned()));
        let body = "<html><h1>The upstream is unavailable</h1></html>".to_owned();
        Self::Response { status, headers: headers.into_iter().chain(retry_after).collect(), body }
    }

    /// A redirect.
    #[must_use]
    pub fn redirect(status: u16, location: String) -> Self {
        Self::Response { status, headers: vec![("Location", location)], body: String::new() }
    }
}

/// Chooses the treatment of the request with this number, from 0.
type Choose = Box<dyn Fn(u64) -> Fault + Send + Sync>;

/// A running proxy. It stops when it is dropped.
#[allow(missing_debug_implementations, reason = "it contains a function")]
pub struct FaultProxy {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    upstream: String,
    http: Client,
    choose: Choose,
    requests: AtomicU64,
    heads: Mutex<Vec<String>>,
}

impl FaultProxy {
    /// Starts a proxy before the server with the URL `upstream`.
    pub async fn start(upstream: String, choose: impl Fn(u64) -> Fault + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (http, choose) = (Client::new(), Box::new(choose));
        let shared = Arc::new(Shared { upstream, http, choose, requests: AtomicU64::new(0), heads: Mutex::default() });
        let accepted = Arc::clone(&shared);
        let accepting = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let shared = Arc::clone(&accepted);
                // A client that gives up breaks its connection.
                tokio::spawn(async move { shared.serve(connection).await.unwrap_or_default() });
            }
        });
        Self { address, shared, accepting }
    }

    /// Starts a proxy that treats the first requests as given, and the others well.
    pub async fn with_faults(upstream: String, faults: Vec<Fault>) -> Self {
        Self::start(upstream, move |number| {
            usize::try_from(number).ok().and_then(|at| faults.get(at)).cloned().unwrap_or(Fault::None)
        })
        .await
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The number of requests so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::SeqCst)
    }

    /// The heads of the requests so far.
    #[must_use]
    pub fn heads(&self) -> Vec<String> {
        self.shared.heads.lock().expect("no panic").clone()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

struct Request {
    head: String,
    body: Vec<u8>,
}

impl Shared {
    async fn serve(&self, mut connection: TcpStream) -> io::Result<()> {
        while let Some(request) = read_request(&mut connection).await? {
            self.heads.lock().expect("no panic").push(request.head.clone());
            let fault = (self.choose)(self.requests.fetch_add(1, Ordering::SeqCst));
            match fault {
                Fault::None => {
                    let (head, body) = self.forward(&request).await;
                    write_whole(&mut connection, &head, &body).await?;
                }
                Fault::ResetBefore => return reset(connection),
                Fault::ResetAfter => {
                    self.forward(&request).await;
                    return reset(connection);
                }
                Fault::Response { status, headers, body } => {
                    let mut head = format!("HTTP/1.1 {status} Proxy\r\n");
                    for (name, value) in headers {
                        write!(head, "{name}: {value}\r\n").expect("a string");
                    }
                    write_whole(&mut connection, &head, body.as_bytes()).await?;
                }
                Fault::CutBody(end) => {
                    let (head, body) = self.forward(&request).await;
                    write_half(&mut connection, &head, &body, end).await?;
                    return connection.shutdown().await;
                }
                Fault::SlowBody => {
                    let (head, body) = self.forward(&request).await;
                    write_half(&mut connection, &head, &body, BodyEnd::ContentLength).await?;
                    return wait_for_end(&mut connection).await;
                }
                Fault::Silence => return wait_for_end(&mut connection).await,
            }
        }
        Ok(())
    }

    /// Sends the request to the server. Returns the head without the length, and the body.
    async fn forward(&self, request: &Request) -> (String, Vec<u8>) {
        let mut lines = request.head.lines();
        let mut start = lines.next().expect("a request line").split(' ');
        let method: Method = start.next().expect("a method").parse().expect("a method");
        let path = start.next().expect("a path");
        let mut forwarded = self.http.request(method, format!("{}{path}", self.upstream)).body(request.body.clone());
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            if !["host", "content-length", "connection"].contains(&name.to_ascii_lowercase().as_str()) {
                forwarded = forwarded.header(name, value);
            }
        }
        let response = forwarded.send().await.expect("the server responds");
        let mut head = format!("HTTP/1.1 {}\r\n", response.status());
        for (name, value) in response.headers() {
            if name != "content-length" && name != "transfer-encoding" && name != "connection" {
                write!(head, "{name}: {}\r\n", value.to_str().expect("text")).expect("a string");
            }
        }
        (head, response.bytes().await.expect("a body").to_vec())
    }
}

async fn read_request(connection: &mut TcpStream) -> io::Result<Option<Request>> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if connection.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let mut body = bytes.split_off(end);
    let head = String::from_utf8(bytes).map_err(io::Error::other)?;
    let length = head.lines().filter_map(|line| line.split_once(": "));
    let length = length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.map(|(_, value)| value.parse().expect("a length")).next().unwrap_or(0);
    while body.len() < length {
        if connection.read_buf(&mut body).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(Request { head, body }))
}

async fn write_whole(connection: &mut TcpStream, head: &str, body: &[u8]) -> io::Result<()> {
    let is_empty = head.starts_with("HTTP/1.1 204");
    let length = if is_empty { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    connection.write_all(format!("{head}{length}\r\n").as_bytes()).await?;
    connection.write_all(body).await
}

async fn write_half(connection: &mut TcpStream, head: &str, body: &[u8], end: BodyEnd) -> io::Result<()> {
    let half = &body[..body.len() / 2];
    let framing = match end {
        BodyEnd::ContentLength => format!("Content-Length: {}\r\n", body.len()),
        BodyEnd::Chunked => "Transfer-Encoding: chunked\r\n".to_owned(),
        BodyEnd::Connection => "Connection: close\r\n".to_owned(),
    };
    connection.write_all(format!("{head}{framing}\r\n").as_bytes()).await?;
    if end == BodyEnd::Chunked {
        connection.write_all(format!("{:x}\r\n", half.len()).as_bytes()).await?;
        connection.write_all(half).await?;
        return connection.write_all(b"\r\n").await;
    }
    connection.write_all(half).await
}

async fn wait_for_end(connection: &mut TcpStream) -> io::Result<()> {
    while connection.read(&mut [0; 1024]).await? > 0 {}
    Ok(())
}

fn reset(connection: TcpStream) -> io::Result<()> {
    connection.set_zero_linger()?;
    drop(connection);
    Ok(())
}
