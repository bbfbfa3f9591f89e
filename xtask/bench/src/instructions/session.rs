//! The requests of one client, with the owner token, on one connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::Result;
use crate::http::{Response, parse};

/// The time that a response can take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A counted operation.
#[derive(Debug, Clone, Copy)]
pub enum Operation {
    /// `GET /api-tokens/current`.
    Verify,
    /// `POST /api-tokens` with an idempotency key.
    Create,
}

impl Operation {
    /// The name in the figures.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Create => "create",
        }
    }
}

/// An open connection.
#[derive(Debug)]
pub struct Session {
    stream: BufReader<TcpStream>,
    token: String,
    organization: String,
    created: u64,
}

impl Session {
    /// Connects to a server, and asks it for the organization of the token.
    ///
    /// # Errors
    /// Fails if the server does not accept the token.
    pub fn open(address: &str, token: String) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        let mut session = Self { stream: BufReader::new(stream), token, organization: String::new(), created: 0 };
        let current: serde_json::Value = serde_json::from_str(&session.send(Operation::Verify)?.body)?;
        current["org_id"].as_str().ok_or("no organization")?.clone_into(&mut session.organization);
        Ok(session)
    }

    /// Sends a request of an operation. Each creation has another key.
    ///
    /// # Errors
    /// Fails if it does not succeed.
    pub fn send(&mut self, operation: Operation) -> Result<Response> {
        let (request, expected) = match operation {
            Operation::Verify => (self.verification(), 200),
            Operation::Create => (self.creation(), 201),
        };
        let response = self.exchange(&request)?;
        if response.status == expected { Ok(response) } else { Err(format!("unexpected: {response:?}").into()) }
    }

    fn verification(&self) -> String {
        format!("GET /api/v1/api-tokens/current HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\r\n", self.token)
    }

    fn creation(&mut self) -> String {
        const BODY: &str = r#"{"name":"deploy pipeline","scopes":["deploy:staging","metrics:read"]}"#;
        self.created += 1;
        let Self { token, organization, created, .. } = self;
        let length = BODY.len();
        format!(
            "POST /api/v1/organizations/{organization}/api-tokens HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nIdempotency-Key: creation-{created:08}\r\nContent-Length: {length}\r\n\r\n{BODY}"
        )
    }

    fn exchange(&mut self, request: &str) -> Result<Response> {
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head)? == 0 {
                return Err("the server closed the connection".into());
            }
        }
        let mut response = parse(&head).ok_or("a malformed response")?;
        let length = response.headers.iter().find(|(name, _)| name == "content-length").ok_or("no content length")?;
        let mut body = vec![0; length.1.parse()?];
        self.stream.read_exact(&mut body)?;
        response.body = String::from_utf8(body)?;
        Ok(response)
    }
}
