//! A raw client of HTTP/2: frames by hand, and field sections of literals.

use std::collections::VecDeque;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::http1::soon;

pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PUSH_PROMISE: u8 = 5;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const ACK: u8 = 1;
pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

pub const HEADER_TABLE_SIZE: u16 = 1;
pub const ENABLE_PUSH: u16 = 2;
pub const INITIAL_WINDOW_SIZE: u16 = 4;
pub const MAX_FRAME_SIZE: u16 = 5;

pub const NO_ERROR: u32 = 0;
pub const PROTOCOL_ERROR: u32 = 1;
pub const FLOW_CONTROL_ERROR: u32 = 3;
pub const STREAM_CLOSED: u32 = 5;
pub const FRAME_SIZE_ERROR: u32 = 6;
pub const REFUSED_STREAM: u32 = 7;
pub const COMPRESSION_ERROR: u32 = 9;
pub const ENHANCE_YOUR_CALM: u32 = 11;

/// The fields of a request that any server serves.
pub const PROBE: [(&str, &str); 4] =
    [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/healthz")];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

/// The end of a stream or of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A complete response.
    Status(u16),
    /// `RST_STREAM` with its error, before a response.
    Reset(u32),
    /// `GOAWAY` with an error, or the end of the connection.
    GoAway(u32),
}

/// A connection after the preface.
pub struct Connection {
    pub stream: TcpStream,
    received: Vec<u8>,
    frames: VecDeque<Frame>,
}

/// A frame in bytes.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame");
    let mut bytes = length.to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// Settings in bytes.
pub fn settings(values: &[(u16, u32)]) -> Vec<u8> {
    let payload: Vec<_> =
        values.iter().flat_map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat()).collect();
    frame(SETTINGS, 0, 0, &payload)
}

/// A field section of literals without indexing and without Huffman coding (RFC 7541, 6.2.2).
pub fn fields<N: AsRef<[u8]>, V: AsRef<[u8]>>(fields: &[(N, V)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in fields {
        bytes.push(0);
        for text in [name.as_ref(), value.as_ref()] {
            push_length(&mut bytes, text.len());
            bytes.extend(text);
        }
    }
    bytes
}

/// An integer with a prefix of seven bits (RFC 7541, 5.1).
fn push_length(bytes: &mut Vec<u8>, mut length: usize) {
    if length < 127 {
        bytes.push(u8::try_from(length).expect("less than 127"));
        return;
    }
    bytes.push(127);
    length -= 127;
    while length >= 128 {
        bytes.push(u8::try_from(length % 128 + 128).expect("a byte"));
        length /= 128;
    }
    bytes.push(u8::try_from(length).expect("less than 128"));
}

/// The status at the start of a field section (RFC 7541, appendices A and B). The server must not use the dynamic table.
fn status(block: &[u8]) -> u16 {
    const INDEXED: [u16; 7] = [200, 204, 206, 304, 400, 404, 500];
    let block = &block[block.iter().take_while(|byte| **byte & 0xe0 == 0x20).count()..];
    let (first, rest) = block.split_first().expect("a field");
    if first & 0x80 != 0 {
        return INDEXED[usize::from(first & 0x7f) - 8];
    }
    assert!([0x48, 0x08, 0x18].contains(first), "a literal with the name :status: {first:x}");
    let (length, value) = rest.split_first().expect("a value");
    let value = &value[..usize::from(length & 0x7f)];
    if length & 0x80 == 0 {
        return std::str::from_utf8(value).expect("digits").parse().expect("a status");
    }
    // The codes of the digits: 0 to 2 have five bits, the others six.
    let bits: Vec<u8> = value.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let take =
        |at: usize, count: usize| bits[at..at + count].iter().fold(0_u16, |value, bit| value << 1 | u16::from(*bit));
    let (mut at, mut status) = (0, 0);
    for _ in 0..3 {
        let short = take(at, 5);
        let digit = if short <= 2 { short } else { take(at, 6) - 22 };
        at += if short <= 2 { 5 } else { 6 };
        status = status * 10 + digit;
    }
    status
}

impl Connection {
    /// Opens a connection and sends the preface with settings. The server is asked not to use the dynamic table.
    pub async fn open(address: SocketAddr, values: &[(u16, u32)]) -> Self {
        let mut connection = Self::silent(address).await;
        let values: Vec<_> = [(HEADER_TABLE_SIZE, 0)].iter().chain(values).copied().collect();
        connection.send([PREFACE, &settings(&values)].concat()).await;
        connection
    }

    /// Opens a connection and sends nothing.
    pub async fn silent(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        Self { stream, received: Vec::new(), frames: VecDeque::new() }
    }

    /// Sends bytes. The server may have closed the connection.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = soon("the server to read", self.stream.write_all(bytes.as_ref())).await;
    }

    pub async fn send_frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        self.send(frame(kind, flags, stream, payload)).await;
    }

    /// Sends a request without content.
    pub async fn request<N: AsRef<[u8]>, V: AsRef<[u8]>>(&mut self, stream: u32, request: &[(N, V)]) {
        self.send_frame(HEADERS, END_HEADERS | END_STREAM, stream, &fields(request)).await;
    }

    /// Receives the next frame, and acknowledges settings and pings. `None` is the end of the connection.
    pub async fn next(&mut self) -> Option<Frame> {
        let frame = self.next_unanswered().await?;
        match (frame.kind, frame.flags & ACK) {
            (SETTINGS, 0) => self.send_frame(SETTINGS, ACK, 0, &[]).await,
            (PING, 0) => self.send_frame(PING, ACK, 0, &frame.payload).await,
            _ => {}
        }
        Some(frame)
    }

    /// Receives the next frame. `None` is the end of the connection.
    pub async fn next_unanswered(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.parse() {
                return Some(frame);
            }
            let read = soon("the server to send or to close", self.stream.read_buf(&mut self.received)).await;
            if !read.is_ok_and(|count| count > 0) {
                return None;
            }
        }
    }

    /// Receives the next frame of a kind, and keeps the others. `None` is the end of the connection.
    pub async fn next_of(&mut self, kind: u8) -> Option<Frame> {
        loop {
            let frame = self.next().await?;
            if frame.kind == kind {
                return Some(frame);
            }
            self.frames.push_back(frame);
        }
    }

    fn parse(&mut self) -> Option<Frame> {
        let head = self.received.first_chunk::<9>()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let (kind, flags, stream) = (head[3], head[4], u32::from_be_bytes([head[5], head[6], head[7], head[8]]));
        (self.received.len() >= 9 + length).then(|| {
            let payload = self.received.drain(..9 + length).skip(9).collect();
            Frame { kind, flags, stream, payload }
        })
    }

    /// Waits for the outcome of a request.
    pub async fn outcome(&mut self, stream: u32) -> Outcome {
        let (mut seen, mut error) = (None, NO_ERROR);
        loop {
            let frame = match self.frames.pop_front() {
                Some(frame) => frame,
                None => match self.next().await {
                    Some(frame) => frame,
                    None => return Outcome::GoAway(error),
                },
            };
            match frame.kind {
                GOAWAY => error = code(&frame),
                RST_STREAM if frame.stream == stream && seen.is_none() => return Outcome::Reset(code(&frame)),
                HEADERS if frame.stream == stream => seen = Some(status(&frame.payload)),
                _ => {}
            }
            if let Some(seen) = seen.filter(|_| frame.stream == stream && frame.flags & END_STREAM != 0) {
                return Outcome::Status(seen);
            }
        }
    }

    /// Waits for the end of the connection. Returns the error of the last `GOAWAY`, if there was one.
    pub async fn end(&mut self) -> Option<u32> {
        let mut error = None;
        while let Some(frame) = self.next().await {
            if frame.kind == GOAWAY {
                error = Some(code(&frame));
            }
        }
        error
    }
}

/// The error of `RST_STREAM` or `GOAWAY`.
fn code(frame: &Frame) -> u32 {
    let at = if frame.kind == GOAWAY { 4 } else { 0 };
    u32::from_be_bytes(*frame.payload[at..].first_chunk().expect("an error code"))
}

/// Sends a request on a connection of its own.
pub async fn outcome<N: AsRef<[u8]>, V: AsRef<[u8]>>(address: SocketAddr, request: &[(N, V)]) -> Outcome {
    let mut connection = Connection::open(address, &[]).await;
    connection.request(1, request).await;
    connection.outcome(1).await
}
