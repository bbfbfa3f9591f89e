//! listApiTokens.

use futures::future::{join, join_all};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Api, Token, text};

super::tests!(
    pages_contain_each_token_once_oldest_first,
    default_page_has_at_most_fifty_tokens,
    items_are_records_without_secrets,
    invalid_limit_or_cursor_is_rejected_with_422,
    tokens_of_other_organizations_are_not_listed needs SecondOrganization,
    state_filter_selects_tokens,
    name_prefix_filter_selects_tokens,
    filters_apply_across_pages,
    pagination_is_stable_during_creations,
    changes_are_listed_at_once,
    empty_cursor_is_rejected_with_422,
);

/// The query that selects the tokens of the test, and of them those whose names begin with `name`.
fn named(api: &Api, name: &str) -> String {
    format!("name_prefix={}", utf8_percent_encode(&api.name(name), NON_ALPHANUMERIC))
}

fn ids(items: &[Value]) -> Vec<Value> {
    items.iter().map(|item| item["id"].clone()).collect()
}

async fn pages_contain_each_token_once_oldest_first(api: Api) {
    let mut expected = Vec::new();
    for _ in 0..7 {
        expected.push(json!(api.token(&[]).await.id));
    }
    for limit in [1, 2, 3, 7, 8, 100] {
        let pages = api.pages(&format!("{}?limit={limit}&{}", api.tokens_path(), named(&api, ""))).await;
        assert!(pages.iter().all(|items| items.len() <= limit), "limit {limit}: a longer page");
        assert_eq!(ids(&pages.concat()), expected, "limit {limit}");
    }
    // Without a filter, and up to three pages.
    let (mut found, mut cursor) = (Vec::new(), String::new());
    for _ in 0..3 {
        let path = format!("{}?limit=5{cursor}", api.tokens_path());
        let page = api.send(api.get(&path)).await.expect(200).json();
        found.extend(page["items"].as_array().cloned().expect("a list"));
        match page.get("next_cursor") {
            Some(next) => cursor = format!("&cursor={}", text(next)),
            None => break,
        }
    }
    let found: Vec<_> = found.iter().map(|item| text(&item["created_at"]).to_owned()).collect();
    assert!(found.is_sorted(), "{found:?}");
}

async fn default_page_has_at_most_fifty_tokens(api: Api) {
    let page = api.send(api.get(&api.tokens_path())).await.expect(200).json();
    let items = page["items"].as_array().expect("a list").len();
    assert!((1..=50).contains(&items), "{items} tokens");
    assert!(items == 50 || page.get("next_cursor").is_none(), "a shorter page without a filter is the last one");
}

async fn items_are_records_without_secrets(api: Api) {
    let token = api.token(&["conformance:x"]).await;
    let items = api.list(&named(&api, "")).await;
    assert_eq!(items, [api.record(token.id).await]);
    assert_eq!(items[0].get("token"), None);
}

async fn invalid_limit_or_cursor_is_rejected_with_422(api: Api) {
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
        let response = api.send(api.get(&format!("{}?{query}", api.tokens_path()))).await.expect(422);
        assert_eq!(response.problems(), expected, "{query}");
    }
    for query in ["", "limit=1", "limit=100", "&"] {
        api.send(api.get(&format!("{}?{query}", api.tokens_path()))).await.expect(200);
    }
}

async fn tokens_of_other_organizations_are_not_listed(api: Api) {
    let (own, foreign) = (api.token(&[]).await, api.other_token(&[]).await);
    assert_eq!(ids(&api.list(&named(&api, "")).await), [json!(own.id)]);
    let foreign_path = format!("/api/v1/organizations/{}/api-tokens", api.other().id);
    api.send(api.get(&foreign_path)).await.expect(404);
    let request = api.get(&format!("{foreign_path}?{}", named(&api, ""))).bearer_auth(&api.other().root.secret);
    let page = api.send(request).await.expect(200).json();
    assert_eq!(ids(page["items"].as_array().expect("a list")), [json!(foreign.id)]);
    // A cursor of another organization selects no token of it.
    let path = format!("{}?cursor={}&limit=100", api.tokens_path(), api.other().root.id);
    let page = api.send(api.get(&path)).await.expect(200).json();
    let organizations = page["items"].as_array().expect("a list").iter().map(|item| item["org_id"].clone());
    assert!(organizations.into_iter().all(|id| id == json!(api.organization_id)), "{page}");
}

async fn names(api: &Api, query: &str) -> Vec<String> {
    let strip = |name: &str| name.strip_prefix(&api.name("")).unwrap_or(name).to_owned();
    api.list(query).await.iter().map(|item| strip(text(&item["name"]))).collect()
}

async fn state_filter_selects_tokens(api: Api) {
    for name in ["active", "revoked", "expired", "rotated", "in grace", "over and revoked"] {
        let token = Token::from_json(&api.create(&json!({"name": api.name(name)})).await.expect(201).json());
        let rotate = |grace: i32| api.post(&api.rotate_path(token.id)).json(&json!({"grace_seconds": grace}));
        match name {
            "revoked" => api.revoke(token.id).await,
            "expired" => api.let_expire(token.id).await,
            "rotated" => drop(api.send(rotate(0)).await.expect(201)),
            "over and revoked" => {
                api.let_expire(token.id).await;
                api.revoke(token.id).await;
            }
            "in grace" => drop(api.send(rotate(600)).await.expect(201)),
            _ => {}
        }
    }
    let select = async |state: &str| names(&api, &format!("{}{state}", named(&api, ""))).await;
    // A successor has the name of its predecessor.
    assert_eq!(select("&state=active").await, ["active", "rotated", "in grace", "in grace"]);
    assert_eq!(select("&state=revoked").await, ["revoked", "over and revoked"]);
    assert_eq!(select("&state=expired").await, ["expired", "rotated"]);
    assert_eq!(select("").await.len(), 8);
    for query in ["state=", "state=Active", "state=dead"] {
        let response = api.send(api.get(&format!("{}?{query}", api.tokens_path()))).await.expect(422);
        assert_eq!(response.problems(), ["state/invalid_format"], "{query}");
    }
}

async fn name_prefix_filter_selects_tokens(api: Api) {
    for name in ["deploy", "deploy eu", "Deploy", "de%loy", "de_loy", "ümlaut"] {
        api.create(&json!({"name": api.name(name)})).await.expect(201);
    }
    for (prefix, expected) in [
        ("deploy", vec!["deploy", "deploy eu"]),
        ("deploy ", vec!["deploy eu"]),
        ("D", vec!["Deploy"]),
        ("de%", vec!["de%loy"]),
        ("de_", vec!["de_loy"]),
        ("ü", vec!["ümlaut"]),
        ("deployment", vec![]),
    ] {
        assert_eq!(names(&api, &named(&api, prefix)).await, expected, "{prefix}");
    }
    for (prefix, code) in [(String::new(), "too_short"), ("x".repeat(101), "too_long")] {
        let path = format!("{}?name_prefix={prefix}", api.tokens_path());
        assert_eq!(api.send(api.get(&path)).await.expect(422).problems(), [format!("name_prefix/{code}")]);
    }
}

async fn filters_apply_across_pages(api: Api) {
    let mut expected = Vec::new();
    for number in 0..12 {
        let name = if number % 2 == 0 { "even" } else { "odd" };
        let created = api.create(&json!({"name": api.name(name)})).await.expect(201).json();
        if number % 3 == 0 {
            api.revoke(Token::from_json(&created).id).await;
        } else if number % 2 == 0 {
            expected.push(created["id"].clone());
        }
    }
    let pages = api.pages(&format!("{}?limit=1&state=active&{}", api.tokens_path(), named(&api, "ev"))).await;
    assert_eq!(ids(&pages.concat()), expected);
}

// A token that exists throughout is listed once, in any interleaving of pages and creations.
async fn pagination_is_stable_during_creations(api: Api) {
    let mut existing = Vec::new();
    for _ in 0..12 {
        existing.push(json!(api.token(&[]).await.id));
    }
    for limit in [3, 7] {
        let path = format!("{}?limit={limit}&{}", api.tokens_path(), named(&api, ""));
        let creations = join_all((0..15).map(|_| api.token(&[])));
        let (created, pages) = join(creations, api.pages(&path)).await;
        let found = ids(&pages.concat());
        let mut unique = found.clone();
        unique.sort_by_key(ToString::to_string);
        unique.dedup();
        assert_eq!(unique.len(), found.len(), "duplicate tokens");
        assert!(existing.iter().all(|id| found.contains(id)), "limit {limit}: missing tokens");
        existing.extend(created.iter().map(|token: &Token| json!(token.id)));
    }
    // A cursor that no page returned is a position in the order.
    let path = format!("{}?cursor={}&{}", api.tokens_path(), Uuid::now_v7(), named(&api, ""));
    api.send(api.get(&path)).await.expect(200);
}

async fn changes_are_listed_at_once(api: Api) {
    let mut expected = Vec::new();
    for _ in 0..3 {
        let token = api.token(&[]).await;
        expected.push(json!(token.id));
        assert_eq!(ids(&api.list(&named(&api, "")).await), expected);
        api.send(api.get_current(&token.secret)).await.expect(200);
        api.wait_for_use(token.id).await;
        let last = api.list(&named(&api, "")).await.pop();
        assert_eq!(last, Some(api.record(token.id).await), "a list has the records");
        api.revoke(token.id).await;
        assert_eq!(api.list(&format!("{}&state=active", named(&api, ""))).await, Vec::<Value>::new());
    }
}

async fn empty_cursor_is_rejected_with_422(api: Api) {
    let response = api.send(api.get(&format!("{}?cursor=", api.tokens_path()))).await.expect(422);
    assert_eq!(response.problems(), ["cursor/invalid_format"]);
}
