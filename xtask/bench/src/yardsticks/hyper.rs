//! hyper with one static response.

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::Result;
use crate::http::Response;

/// The headers that hyper adds itself.
const ADDED: [&str; 3] = ["connection", "content-length", "date"];

pub(super) async fn serve(response: Response) -> Result<()> {
    let mut headers = HeaderMap::new();
    for (name, value) in response.headers.iter().filter(|(name, _)| !ADDED.contains(&name.as_str())) {
        headers.insert(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
    }
    let shared = Arc::new((headers, Bytes::from(response.body)));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("Listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(move |_| {
                let (headers, body) = &*shared;
                let mut response = hyper::Response::new(Full::new(body.clone()));
                response.headers_mut().clone_from(headers);
                async move { Ok::<_, Infallible>(response) }
            });
            // A client that goes away is no failure.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
