//! A server of `shapes.yaml`, with the generated stub.
//!
//! ```text
//! cargo xtask generate --spec xtask/codegen/examples/shapes/shapes.yaml --out xtask/codegen/examples/shapes/stub.rs
//! cargo run -p dropstub-codegen --example shapes
//! curl -i http://127.0.0.1:8080/shapes/wheel -X PUT -H 'Content-Type: application/json' -d '{"kind": "circle", "radius": 2}'
//! curl -i http://127.0.0.1:8080/shapes
//! curl -i http://127.0.0.1:8080/shapes/wheel -X PUT -H 'Content-Type: application/json' -d '{"kind": "circle", "radius": -2}'
//! ```
//!
//! The address is an optional argument: `cargo run -p dropstub-codegen --example shapes -- 127.0.0.1:0`.

use std::collections::BTreeMap;
use std::error::Error;
use std::f64::consts::PI;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dropshot::{ConfigDropshot, ServerBuilder};
use dropstub_runtime::{Context, Rejection, StatusInClass, Valid};

#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, dead_code, reason = "generated")]
mod stub;

use stub::{
    Error4xx, GetShapeOk, GetShapeRequest, GetShapeResponse, ListShapesOk, ListShapesRequest, ListShapesResponse,
    PutShapeNoContent, PutShapeRequest, PutShapeResponse, Service, Shape,
};

/// The shapes by name.
#[derive(Debug, Default)]
struct Shapes(Mutex<BTreeMap<String, Shape>>);

impl Service for Shapes {
    fn error_body(rejection: &Rejection) -> stub::Error {
        let (message, problems) = match rejection {
            Rejection::Invalid(problems) => (
                "The request is not valid.".to_owned(),
                problems.iter().map(|it| format!("{}: {}", it.field, it.message)).collect(),
            ),
            other => (format!("{other:?}"), Vec::new()),
        };
        stub::Error { message, problems }
    }

    async fn list_shapes(&self, request: Valid<ListShapesRequest>) -> ListShapesResponse {
        let least = request.query.min_area.unwrap_or(0.0);
        let shapes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let large = shapes.iter().filter(|(_, shape)| area(shape) >= least);
        ListShapesOk { body: large.map(|(name, shape)| (name.clone(), shape.clone())).collect() }.into()
    }

    async fn get_shape(&self, request: Valid<GetShapeRequest>) -> GetShapeResponse {
        let shapes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match shapes.get(&request.path.name) {
            Some(shape) => GetShapeOk { body: shape.clone() }.into(),
            None => not_found(&request.path.name).into(),
        }
    }

    async fn put_shape(&self, request: Valid<PutShapeRequest>) -> PutShapeResponse {
        let request = request.into_inner();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(request.path.name, request.body);
        PutShapeNoContent {}.into()
    }
}

fn area(shape: &Shape) -> f64 {
    match shape {
        Shape::Circle(circle) => PI * circle.radius * circle.radius,
        Shape::Rectangle(rectangle) => rectangle.width * rectangle.height,
        Shape::Group(group) => group.shapes.iter().map(area).sum(),
    }
}

fn not_found(name: &str) -> Error4xx {
    let status = StatusInClass::new(404).expect("404 is a 4xx");
    Error4xx {
        status,
        body: stub::Error { message: format!("The shape {name} does not exist."), problems: Vec::new() },
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let config = ConfigDropshot { bind_address: address.parse::<SocketAddr>()?, ..ConfigDropshot::default() };
    let context = Context { service: Shapes::default(), body_timeout: Duration::from_secs(10) };
    let log = slog::Logger::root(slog::Discard, slog::o!());
    let server = ServerBuilder::new(stub::api()?, context, log).config(config).start()?;
    println!("listening on http://{}", server.local_addr());
    server.await?;
    Ok(())
}
