//! listApiTokens.

use aether_tests::{Server, Token};
use serde_json::{Value, json};

crate::tests!(
    pages_contain_each_token_once_oldest_first,
    invalid_limit_or_cursor_is_rejected_with_422,
    tokens_of_other_organizations_are_not_listed,
    state_filter_selects_tokens,
    name_prefix_filter_selects_tokens,
    filters_apply_across_pages,
    pagination_is_stable_during_creations
);

async fn pages_contain_each_token_once_oldest_first() {
    let server = Server::start().await;
    let mut expected = vec![json!(server.owner.id)];
    for _ in 0..7 {
        expected.push(json!(server.token(&[]).await.id));
    }
    for limit in [1, 2, 3, 8, 9, 100] {
        let pages = server.pages(&format!("{}?limit={limit}", server.tokens_path())).await;
        assert!(pages.iter().all(|items| items.len() <= limit));
        let found: Vec<_> = pages.iter().flatten().map(|item| item["id"].clone()).collect();
        assert_eq!(found, expected, "limit {limit}");
        assert_eq!(pages.len(), expected.len().div_ceil(limit), "no page is empty");
    }
    let all = server.send(server.get(&server.tokens_path())).await.expect(200).json();
    assert_eq!(all["items"].as_array().map(Vec::len), Some(8));
    assert!(all["items"].as_array().unwrap().iter().all(|item| item.get("token").is_none()));
}

async fn invalid_limit_or_cursor_is_rejected_with_422() {
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
        ("Limit=1&limit=0", vec!["Limit/unknown_field", "limit/out_of_range"]),
    ] {
        let response = server.send(server.get(&format!("{}?{query}", server.tokens_path()))).await.expect(422);
        assert_eq!(response.problems(), expected, "{query}");
    }
    for query in ["", "limit=1", "limit=100", "&"] {
        server.send(server.get(&format!("{}?{query}", server.tokens_path()))).await.expect(200);
    }
}

async fn tokens_of_other_organizations_are_not_listed() {
    let server = Server::start().await;
    let foreign = server.other_organization().await;
    let page = server.send(server.get(&server.tokens_path())).await.expect(200).json();
    let organizations: Vec<&Value> = page["items"].as_array().unwrap().iter().map(|item| &item["org_id"]).collect();
    assert_eq!(organizations, [&json!(server.organization_id)]);
    // A cursor of another organization is only a position in the order.
    let path = format!("{}?cursor={}", server.tokens_path(), foreign.owner.id);
    let page = server.send(server.get(&path)).await.expect(200).json();
    assert_eq!(page, json!({"items": []}));
}

async fn names(server: &Server, query: &str) -> Vec<String> {
    let page = server.send(server.get(&format!("{}?limit=100&{query}", server.tokens_path()))).await.expect(200).json();
    page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

async fn state_filter_selects_tokens() {
    let server = Server::start().await;
    for name in ["active", "revoked", "expired", "observed expired"] {
        let created = server.create(&json!({"name": name})).await.expect(201).json();
        let token = Token::from_json(&created);
        match name {
            "revoked" => server.revoke(token.id).await,
            "expired" => server.expire(token.id),
            "observed expired" => {
                server.expire(token.id);
                assert!(!server.accepts(&token.secret).await);
                server.unexpire(token.id);
            }
            _ => {}
        }
    }
    assert_eq!(names(&server, "state=active").await, ["owner", "active"]);
    assert_eq!(names(&server, "state=revoked").await, ["revoked"]);
    assert_eq!(names(&server, "state=expired").await, ["expired", "observed expired"]);
    assert_eq!(names(&server, "").await.len(), 5);
    for query in ["state=", "state=Active", "state=dead"] {
        let response = server.send(server.get(&format!("{}?{query}", server.tokens_path()))).await.expect(422);
        assert_eq!(response.problems(), ["state/invalid_format"], "{query}");
    }
}

async fn name_prefix_filter_selects_tokens() {
    let server = Server::start().await;
    for name in ["deploy", "deploy eu", "Deploy", "de%loy", "de_loy", "ümlaut"] {
        server.create(&json!({"name": name})).await.expect(201);
    }
    for (prefix, expected) in [
        ("deploy", vec!["deploy", "deploy eu"]),
        ("deploy%20", vec!["deploy eu"]),
        ("D", vec!["Deploy"]),
        ("de%25", vec!["de%loy"]),
        ("de_", vec!["de_loy"]),
        ("%C3%BC", vec!["ümlaut"]),
        ("deployment", vec![]),
    ] {
        assert_eq!(names(&server, &format!("name_prefix={prefix}")).await, expected, "{prefix}");
    }
    for (prefix, code) in [(String::new(), "too_short"), ("x".repeat(101), "too_long")] {
        let path = format!("{}?name_prefix={prefix}", server.tokens_path());
        assert_eq!(server.send(server.get(&path)).await.expect(422).problems(), [format!("name_prefix/{code}")]);
    }
}

async fn filters_apply_across_pages() {
    let server = Server::start().await;
    let mut expected = Vec::new();
    for number in 0..12 {
        let name = if number % 2 == 0 { "even" } else { "odd" };
        let created = server.create(&json!({"name": name})).await.expect(201).json();
        if number % 3 == 0 {
            server.revoke(Token::from_json(&created).id).await;
        } else if number % 2 == 0 {
            expected.push(created["id"].clone());
        }
    }
    let pages = server.pages(&format!("{}?limit=1&state=active&name_prefix=ev", server.tokens_path())).await;
    let found: Vec<_> = pages.concat().into_iter().map(|item| item["id"].clone()).collect();
    assert_eq!(found, expected);
}

// A token that exists throughout is listed once, in any interleaving of pages and creations.
async fn pagination_is_stable_during_creations() {
    let server = Server::start().await;
    let mut existing = vec![json!(server.owner.id)];
    for _ in 0..20 {
        existing.push(json!(server.token(&[]).await.id));
    }
    for limit in [1, 2, 7] {
        let path = format!("{}?limit={limit}", server.tokens_path());
        let creations = futures::future::join_all((0..30).map(|_| server.token(&[])));
        let (created, pages) = futures::future::join(creations, server.pages(&path)).await;
        let found: Vec<_> = pages.concat().into_iter().map(|item| item["id"].clone()).collect();
        let mut unique = found.clone();
        unique.sort_by_key(ToString::to_string);
        unique.dedup();
        assert_eq!(unique.len(), found.len(), "duplicate tokens");
        assert!(existing.iter().all(|id| found.contains(id)), "limit {limit}: missing tokens");
        existing.extend(created.iter().map(|token| json!(token.id)));
    }
}
