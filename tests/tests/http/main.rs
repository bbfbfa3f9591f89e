//! Tests of connections and of HTTP's own rules over raw sockets. [http.md](../../../server/docs/http.md) lists them by requirement.

mod http1;
mod http2;
mod tls;

mod bodies;
mod connections;
mod errors;
mod frames;
mod framing;
mod heads;
mod idle;
mod limits;
mod persistence;
mod preconditions;
mod streams;
mod targets;
