//! listApiTokens.

use aether_tests::Server;
use serde_json::{Value, json};

crate::tests!(
    pages_hold_every_token_once_oldest_first,
    limit_and_cursor_are_validated,
    a_page_is_of_one_organization,
    the_state_filters,
    the_beginning_of_a_name_filters,
    filters_and_pages_go_together,
    paging_is_stable_while_tokens_are_made
);

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

async fn names(server: &Server, query: &str) -> Vec<String> {
    let page = server.send(server.get(&format!("{}?limit=100&{query}", server.tokens_path()))).await.expect(200).json();
    page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

async fn the_state_filters() {
    let server = Server::start().await;
    for name in ["active", "revoked", "expired", "seen expired"] {
        let created = server.create(&json!({"name": name})).await.expect(201).json();
        let id = created["id"].as_str().unwrap().parse().unwrap();
        match name {
            "revoked" => drop(server.send(server.delete(&server.token_path(id))).await.expect(204)),
            "expired" => server.expire(id),
            "seen expired" => {
                server.expire(id);
                assert!(!server.is_live(created["token"].as_str().unwrap()).await);
                server.unexpire(id);
            }
            _ => {}
        }
    }
    assert_eq!(names(&server, "state=active").await, ["owner", "active"]);
    assert_eq!(names(&server, "state=revoked").await, ["revoked"]);
    assert_eq!(names(&server, "state=expired").await, ["expired", "seen expired"]);
    assert_eq!(names(&server, "").await.len(), 5);
    for query in ["state=", "state=Active", "state=dead"] {
        let answer = server.send(server.get(&format!("{}?{query}", server.tokens_path()))).await.expect(422);
        assert_eq!(answer.problems(), ["state/invalid_format"], "{query}");
    }
}

async fn the_beginning_of_a_name_filters() {
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

async fn filters_and_pages_go_together() {
    let server = Server::start().await;
    let mut expected = Vec::new();
    for number in 0..12 {
        let name = if number % 2 == 0 { "even" } else { "odd" };
        let created = server.create(&json!({"name": name})).await.expect(201).json();
        if number % 3 == 0 {
            let path = format!("{}/{}", server.tokens_path(), created["id"].as_str().unwrap());
            server.send(server.delete(&path)).await.expect(204);
        } else if number % 2 == 0 {
            expected.push(created["id"].clone());
        }
    }
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("{}?limit=1&state=active&name_prefix=ev{cursor}", server.tokens_path());
        let page = server.send(server.get(&path)).await.expect(200).json();
        found.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].clone()));
        match page.get("next_cursor") {
            Some(next) => cursor = format!("&cursor={}", next.as_str().unwrap()),
            None => break,
        }
    }
    assert_eq!(found, expected);
}

/// However pages and creations fall between one another, what was there throughout is found once.
async fn paging_is_stable_while_tokens_are_made() {
    let server = Server::start().await;
    let mut throughout = vec![json!(server.owner_id)];
    for _ in 0..20 {
        throughout.push(json!(server.token(&[]).await.id));
    }
    for limit in [1, 2, 7] {
        let makers = futures::future::join_all((0..30).map(|_| server.token(&[])));
        let pages = async {
            let (mut found, mut cursor) = (Vec::new(), String::new());
            loop {
                let path = format!("{}?limit={limit}{cursor}", server.tokens_path());
                let page = server.send(server.get(&path)).await.expect(200).json();
                found.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].clone()));
                match page.get("next_cursor") {
                    Some(next) => cursor = format!("&cursor={}", next.as_str().unwrap()),
                    None => return found,
                }
            }
        };
        let (made, found) = futures::future::join(makers, pages).await;
        let mut once = found.clone();
        once.sort_by_key(ToString::to_string);
        once.dedup();
        assert_eq!(once.len(), found.len(), "none is there twice");
        assert!(throughout.iter().all(|id| found.contains(id)), "limit {limit}: one was lost");
        throughout.extend(made.iter().map(|token| json!(token.id)));
    }
}
