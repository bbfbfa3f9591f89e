//! An HTTP server with one response, so that only the client costs anything that is counted.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::{io, thread};

use crate::Result;

/// The headers of a response of Aether, except the length.
const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nratelimit-policy: \"token\";q=120;w=72\r\n\
     ratelimit: \"token\";r=119;t=1\r\nx-request-id: 4022e2ae-98b0-438d-9633-8c06121166e2\r\n\
     date: Thu, 26 Nov 2026 18:28:06 GMT\r\n";

/// The current token.
const BODY: &str = r#"{"id":"01a2191d-39e5-70f5-8226-7af50b088023","org_id":"01a2191d-39e5-70f5-8226-7af4d12d369f","name":"deploy pipeline","prefix":"aether_6a3c305b","scopes":["deploy:staging","metrics:read"],"last_used_at":"2026-11-26T18:27:55.493Z","expires_at":null,"created_at":"2026-11-26T18:27:55.493Z","state":"active","revoked_at":null,"created_by":null,"rotated_to":null}"#;

/// A running server. It ends with the process.
#[derive(Debug)]
pub struct Responder {
    address: SocketAddr,
    requests: Arc<AtomicI64>,
}

impl Responder {
    /// Starts a server on a free port.
    ///
    /// # Errors
    /// Fails if no port is free.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let responder = Self { address: listener.local_addr()?, requests: Arc::default() };
        let requests = Arc::clone(&responder.requests);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(io::Result::ok) {
                let requests = Arc::clone(&requests);
                // A client that goes away is no failure.
                thread::spawn(move || respond(&stream, &requests));
            }
        });
        Ok(responder)
    }

    /// The URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The number of requests so far.
    pub fn requests(&self) -> i64 {
        self.requests.load(Ordering::SeqCst)
    }
}

/// Responds to the requests of a connection, which have no bodies.
fn respond(stream: &TcpStream, requests: &AtomicI64) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let response = format!("{HEAD}content-length: {}\r\n\r\n{BODY}", BODY.len());
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 {
        if line == "\r\n" {
            requests.fetch_add(1, Ordering::SeqCst);
            writer.write_all(response.as_bytes())?;
        }
        line.clear();
    }
    Ok(())
}
