//! The programs of the documentation, executed as their readers would.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use aether_tests::{Server, Token};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Runs an example with the environment of a token.
async fn run(example: &str, arguments: &[&str], server: &Server, token: &Token, input: &str) -> Output {
    let mut command = Command::new(env!("CARGO"));
    // The workspace is selected and no package is named, so that the features are those of `cargo test --workspace`.
    command.args(["run", "--quiet", "--locked", "--manifest-path"]).arg(Path::new(ROOT).join("Cargo.toml"));
    command.args(["--example", example, "--"]).args(arguments);
    command.env("AETHER_URL", server.url("")).env("AETHER_TOKEN", &token.secret).env_remove("AETHER_TOKEN_FILE");
    let input = input.to_owned();
    tokio::task::spawn_blocking(move || {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("cargo");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("a reader");
        child.wait_with_output().expect("an exit")
    })
    .await
    .expect("no panic")
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

#[tokio::test(flavor = "multi_thread")]
async fn create_token_prints_the_secret() {
    let server = Server::start().await;
    let secret = stdout(&run("create_token", &[], &server, &server.owner, "").await);
    assert!(server.accepts(secret.trim()).await);
    let page = server.send(server.get(&server.tokens_path())).await.expect(200).json();
    assert_eq!(page["items"][1]["name"], "deploy pipeline");
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_prints_the_status() {
    let server = Server::start().await;
    let service = server.token(&["api-tokens:introspect"]).await;
    let (good, weak) = (server.token(&["deploy:*"]).await, server.token(&["deployment"]).await);
    for (presented, expected) in
        [(good.secret.as_str(), "200: token"), (&weak.secret, "403: "), ("nonsense", "401: "), ("", "401: ")]
    {
        let printed = stdout(&run("verify", &["deploy:production"], &server, &service, presented).await);
        assert!(printed.starts_with(expected), "{printed}");
    }
    // A service without the scope gets an error, not a verdict.
    let output = run("verify", &["deploy:production"], &server, &weak, &good.secret).await;
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("insufficient_scope"));
}

/// The program in each README is the example.
#[test]
fn readme_programs_are_the_examples() {
    let example = |name: &str| {
        let text = std::fs::read_to_string(format!("{ROOT}/client/examples/{name}.rs")).expect("an example");
        let program = text.lines().skip_while(|line| line.starts_with("//!") || line.is_empty());
        program.collect::<Vec<_>>().join("\n")
    };
    for (readme, expected) in [("README.md", &["create_token"][..]), ("client/README.md", &["create_token", "verify"])]
    {
        let text = std::fs::read_to_string(format!("{ROOT}/{readme}")).expect("a file");
        let blocks: Vec<_> =
            text.split("```rust\n").skip(1).filter_map(|rest| rest.split("\n```").next().map(str::to_owned)).collect();
        let expected: Vec<_> = expected.iter().map(|name| example(name)).collect();
        assert_eq!(blocks, expected, "{readme}");
    }
}
