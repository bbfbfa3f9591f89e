//! listApiTokens.

use aether_tests::Server;
use serde_json::{Value, json};

crate::tests!(pages_hold_every_token_once_oldest_first, limit_and_cursor_are_validated, a_page_is_of_one_organization);

async fn pages_hold_every_token_once_oldest_first() {
    let server = Server::start().await;
    let mut expected = vec![json!(server.owner_id)];
    for _ in 0..7 {
        expected.push(json!(server.token(&[]).await.id));
    }
    for limit in [1, 2, 3, 8, 9, 100] {
        let (mut found, mut pages, mut cursor) = (Vec::new(), 0, String::new());
        loop {
            let page = server.send(server.get(&format!("{}?limit={limit}{cursor}", server.tokens_path()))).await;
            let page = page.expect(200).json();
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= limit);
            found.extend(items.iter().map(|item| item["id"].clone()));
            pages += 1;
            // Absent on the last page, not null.
            match page.get("next_cursor") {
                Some(next) => cursor = format!("&cursor={}", next.as_str().unwrap()),
                None => break,
            }
        }
        assert_eq!(found, expected, "limit {limit}");
        assert_eq!(pages, expected.len().div_ceil(limit), "no page is empty");
    }
    let all = server.send(server.get(&server.tokens_path())).await.expect(200).json();
    assert_eq!(all["items"].as_array().map(Vec::len), Some(8));
    assert!(all["items"].as_array().unwrap().iter().all(|item| item.get("token").is_none()));
}

async fn limit_and_cursor_are_validated() {
    let server = Server::start().await;
    for (query, expected) in [
        ("limit=0", vec!["limit/out_of_range"]),
        ("limit=101", vec!["limit/out_of_range"]),
        ("limit=99999999999999999999", vec!["limit/out_of_range"]),
        ("limit=ten", vec!["limit/invalid_type"]),
        ("limit=", vec!["limit/invalid_type"]),
        ("limit=1.0", vec!["limit/invalid_type"]),
        ("limit=1&limit=1", vec!["limit/duplicate"]),
        ("cursor=x", vec!["cursor/invalid_format"]),
        ("cursor=x&limit=0", vec!["cursor/invalid_format", "limit/out_of_range"]),
    ] {
        let answer = server.send(server.get(&format!("{}?{query}", server.tokens_path()))).await.expect(422);
        assert_eq!(answer.problems(), expected, "{query}");
    }
    for query in ["", "limit=1", "limit=100", "unknown=1&unknown=2"] {
        server.send(server.get(&format!("{}?{query}", server.tokens_path()))).await.expect(200);
    }
}

async fn a_page_is_of_one_organization() {
    let server = Server::start().await;
    let foreign = server.other_organization().await;
    let page = server.send(server.get(&server.tokens_path())).await.expect(200).json();
    let organizations: Vec<&Value> = page["items"].as_array().unwrap().iter().map(|item| &item["org_id"]).collect();
    assert_eq!(organizations, [&json!(server.organization)]);
    // A cursor from elsewhere is only a place in the order.
    let path = format!("{}?cursor={}", server.tokens_path(), foreign.owner_id);
    let page = server.send(server.get(&path)).await.expect(200).json();
    assert_eq!(page, json!({"items": []}));
}
