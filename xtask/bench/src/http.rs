//! Single requests, to look at a response.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde::{Deserialize, Serialize};

use crate::Result;

/// A response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The names and values of the headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// Gets a path with a token.
///
/// # Errors
/// Fails if the response is not a 200 with a content length.
pub fn get(address: &str, path: &str, token: &str) -> Result<Response> {
    let mut stream = TcpStream::connect(address)?;
    let head = format!("GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let response = parse(&text).ok_or("a malformed response")?;
    if response.status == 200 { Ok(response) } else { Err(text.into()) }
}

/// Gets a path with a token and keeps the connection open.
///
/// # Errors
/// Fails if the response is not a 200 in one piece.
pub fn keep_open(address: &str, path: &str, token: &str) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n").as_bytes())?;
    let mut text = [0; 4096];
    let length = stream.read(&mut text)?;
    if text[..length].starts_with(b"HTTP/1.1 200 ") {
        Ok(stream)
    } else {
        Err(String::from_utf8_lossy(&text[..length]).into_owned().into())
    }
}

/// Parses a head, and the body after it.
pub fn parse(text: &str) -> Option<Response> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let (first, headers) = head.split_once("\r\n")?;
    let status = first.split(' ').nth(1)?.parse().ok()?;
    let headers = headers.lines().filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    Some(Response { status, headers, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn response_is_parsed() {
        let response = parse("HTTP/1.1 200 OK\r\nContent-Type: a: b\r\nx: y\r\n\r\n{}").unwrap();
        let headers = vec![("content-type".into(), "a: b".into()), ("x".into(), "y".into())];
        assert_eq!(response, Response { status: 200, headers, body: "{}".into() });
    }
}
