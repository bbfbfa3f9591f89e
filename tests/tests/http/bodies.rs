//! Expectations, and bodies that no one reads.

use aether_tests::Server;

use crate::http1::{self, PROBE, exchange, refused, statuses};

const BODY: &str = r#"{"name":"a"}"#;

fn create(server: &Server, version: &str, fields: &str) -> String {
    format!(
        "POST {} HTTP/{version}\r\nhost: a\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n{fields}\r\n",
        server.tokens_path(),
        server.owner.secret,
        BODY.len()
    )
}

#[tokio::test]
async fn expected_body_is_asked_for() {
    let server = Server::start().await;
    for value in ["100-continue", "100-CONTINUE"] {
        let mut connection = http1::Connection::open(server.address).await;
        connection.send(create(&server, "1.1", &format!("expect: {value}\r\n"))).await;
        connection.expect("HTTP/1.1 100 Continue\r\n\r\n").await;
        connection.send(BODY).await;
        assert_eq!(connection.response().await.unwrap().status, 201);
    }
}

#[tokio::test]
async fn body_that_is_not_wanted_is_not_asked_for() {
    let server = Server::start().await;
    let path = server.tokens_path();
    let request = format!("POST {path} HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 12\r\n\r\n");
    let mut connection = http1::Connection::open(server.address).await;
    connection.send(request).await;
    assert_eq!(connection.response().await.unwrap().status, 401, "no 100 before");
    assert_eq!(connection.end().await, b"", "the client may send the body or not");
}

#[tokio::test]
async fn expectation_of_http_1_0_is_ignored() {
    let server = Server::start().await;
    for value in ["100-continue", "tea"] {
        let request = create(&server, "1.0", &format!("expect: {value}\r\n"));
        let responses = exchange(server.address, format!("{request}{BODY}")).await;
        assert_eq!(responses.iter().map(|response| response.status).collect::<Vec<_>>(), [201], "{value}");
    }
}

#[tokio::test]
async fn unknown_expectation_is_rejected_with_417() {
    let server = Server::start().await;
    for value in ["tea", "100-continue, tea", "100-continue=1"] {
        let request = create(&server, "1.1", &format!("expect: {value}\r\n"));
        assert_eq!(refused(server.address, request).await.status, 417, "{value}");
    }
}

#[tokio::test]
async fn body_without_a_length_is_empty() {
    let server = Server::start().await;
    assert_eq!(statuses(server.address, "POST /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await, [405, 200]);
}

#[tokio::test]
async fn response_arrives_before_a_large_body_is_sent() {
    let server = Server::start().await;
    for path in [server.tokens_path(), "/nothing".to_owned(), "/healthz".to_owned()] {
        let mut connection = http1::Connection::open(server.address).await;
        let head = format!("POST {path} HTTP/1.1\r\nhost: a\r\ncontent-length: 100000000\r\n\r\n");
        connection.send(head).await;
        connection.send(vec![b'x'; 100_000]).await;
        let response = connection.response().await.unwrap();
        assert!([401, 404, 405].contains(&response.status), "{path}: {}", response.status);
        connection.send(PROBE).await;
        assert_eq!(connection.end().await, b"", "the rest is not read as a request");
    }
}
