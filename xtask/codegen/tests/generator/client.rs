//! A server of the bookshelf, and a plain HTTP client.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use dropshot::HttpServer;
use dropstub_runtime::Context;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method};
use serde_json::Value;

use crate::bookshelf_service::{self, Library};

/// A timeout that no test reaches.
pub const LONG: Duration = Duration::from_secs(600);

/// The headers of a request with a JSON body, by caller.
pub const WRITER: &[(&str, &str)] = &[("authorization", "Bearer writer"), JSON];
pub const READER: &[(&str, &str)] = &[("authorization", "Bearer reader"), JSON];
pub const ANONYMOUS: &[(&str, &str)] = &[JSON];
pub const JSON: (&str, &str) = ("content-type", "application/json");

/// A running server, and a client.
pub struct TestServer {
    address: SocketAddr,
    client: Client,
    _server: HttpServer<Context<Library>>,
}

/// A response.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: HeaderMap,
    /// Null for an empty body.
    pub body: Value,
}

impl TestServer {
    pub fn new(body_timeout: Duration) -> Self {
        let (address, server) = bookshelf_service::serve(body_timeout);
        Self { address, client: Client::new(), _server: server }
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Response {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body.to_owned());
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect("the body is JSON") };
        Response { status, headers, body }
    }

    /// Sends the bytes unaltered, and reads a response that ends with a JSON object.
    pub fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let (mut response, mut buffer) = (String::new(), [0; 1024]);
        while !response.ends_with('}') {
            let read = stream.read(&mut buffer).unwrap();
            assert!(read > 0, "the server closed the connection: {response}");
            response += std::str::from_utf8(&buffer[..read]).unwrap();
        }
        response
    }
}

impl Response {
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The problems of the request, as `field/code`.
    pub fn problems(&self) -> Vec<&str> {
        self.body["fields"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
