//! The documented example: it is built, started as a program, and tested over the wire.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// The running example. It is killed when this is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn documented_example_is_a_running_server() {
    // A test that is selected by name is built without the examples.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "-p", "dropstub-codegen", "--example", "shapes"])
        .status()
        .unwrap();
    assert!(built.success());
    let here = std::env::current_exe().unwrap();
    let directory = here.parent().and_then(Path::parent).unwrap().join("examples");
    let program = directory.join(format!("shapes{}", std::env::consts::EXE_SUFFIX));
    let mut running = Running(Command::new(program).arg("127.0.0.1:0").stdout(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(running.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address =
        line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("unexpected output {line:?}")).to_owned();

    let client = reqwest::Client::new();
    let put = |radius: i64| {
        client.put(format!("{address}/shapes/wheel")).json(&json!({"kind": "circle", "radius": radius})).send()
    };
    assert_eq!(put(2).await.unwrap().status(), 204);
    let rejected = put(-2).await.unwrap();
    assert_eq!(rejected.status(), 422);
    let body: Value = rejected.json().await.unwrap();
    assert_eq!(body["problems"], json!(["radius: Must be at least 0."]), "{body}");
    let shapes: Value = client.get(format!("{address}/shapes")).send().await.unwrap().json().await.unwrap();
    assert_eq!(shapes, json!({"wheel": {"kind": "circle", "radius": 2.0}}));
}
