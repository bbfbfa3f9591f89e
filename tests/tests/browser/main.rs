//! The reference page in a real browser. Without Chromium or Chrome and its driver, the tests are skipped; under
//! `CI=true` they fail.

mod browser;
mod gateway;
mod page;
mod programs;

use aether_tests::contract::CONTRACT;
use aether_tests::{Server, Token, contains_secret, text};
use futures::FutureExt;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use crate::page::Page;

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_shown_with_its_scopes() {
    let server = Server::start().await;
    let Some(page) = Page::open(&server.url("/docs")).await else { return };
    assert_eq!(page.shown("h1, h2.title").await.lines().next(), Some("Aether"));
    assert_eq!(page.browser.count(".opblock").await, CONTRACT.operations.len());
    for operation in &CONTRACT.operations {
        let block = page::operation(&operation.id);
        let shown = async |part: &str| page.shown(&format!("{block} {part}")).await;
        assert_eq!(shown(".opblock-summary-method").await, operation.method.as_str());
        // Swagger UI lets long paths break.
        assert_eq!(shown(".opblock-summary-path").await.replace('\u{200b}', ""), operation.path);
        let scopes = match operation.required_scopes.as_slice() {
            [] => "none".to_owned(),
            scopes => scopes.join(" "),
        };
        assert_eq!(shown(".required-scopes").await, format!("scope: {scopes}"), "{}", operation.id);
        page.expand(&operation.id).await;
        let parameters = page.parameters(&operation.id).await;
        assert!(parameters.is_sorted_by_key(|(_, is_required)| !is_required), "{}: {parameters:?}", operation.id);
        let description = shown(".opblock-description").await;
        assert!(description.contains(&format!("Required scope: {scopes}")), "{}: {description}", operation.id);
    }
    page.assert_quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_sent_to_the_server_of_the_page() {
    let server = Server::start().await;
    let Some(page) = Page::open(&server.url("/docs")).await else { return };
    let organization = server.organization_id.to_string();
    page.authorize(&server.owner.secret).await;

    let created = page.send("createApiToken", &[("orgID", &organization), ("Idempotency-Key", "first")]).await;
    assert_eq!(created.status, "201");
    let issued = Token::from_json(&created.body);
    assert!(server.accepts(&issued.secret).await);
    assert_eq!(server.record(issued.id).await["created_by"], server.owner.id.to_string());
    // The command has a variable in place of the token.
    assert!(created.command.contains(r#"-H "Authorization: Bearer $AETHER_TOKEN""#), "{}", created.command);
    assert!(created.command.contains(&server.url("/api/v1/")) && !contains_secret(created.command.as_bytes()));
    let repeated = page.execute("createApiToken").await;
    assert_eq!((&repeated.body, repeated.header("idempotency-replayed")), (&created.body, Some("true")));

    // No parameter has the value of its example: the list has both tokens.
    let listed = page.send("listApiTokens", &[("orgID", &organization)]).await;
    assert_eq!(listed.body["items"].as_array().map(Vec::len), Some(2), "{}", listed.body);
    assert!(listed.command.contains("/api-tokens?limit=50'"), "{}", listed.command);

    let introspected = page.send("introspectApiToken", &[("token", &issued.secret)]).await;
    assert_eq!(introspected.body["active"], true, "{}", introspected.body);
    assert_eq!(text(&introspected.body["sub"]), issued.id.to_string());
    page.assert_field_is_private("introspectApiToken", "token").await;
    assert!(introspected.command.contains(r#"-d "token=$TOKEN&token_type_hint=""#), "{}", introspected.command);
    assert!(!contains_secret(introspected.command.as_bytes()), "{}", introspected.command);

    let revoked = page.send("revokeApiToken", &[("orgID", &organization), ("tokenID", &issued.id.to_string())]).await;
    assert_eq!((revoked.status.as_str(), revoked.header("x-revoked-count")), ("204", Some("1")));

    page.assert_quiet().await;
    page.assert_nothing_is_stored().await;
    for url in page.requested_urls().await {
        assert!(url.starts_with(&server.url("/")) && !contains_secret(url.as_bytes()), "{url}");
    }
    let profile = page.browser.close();
    for secret in [&server.owner.secret, &issued.secret] {
        assert_eq!(browser::files_with(profile.path(), secret.as_bytes()), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn page_is_as_wide_as_a_phone() {
    const WIDTH: u32 = 390;
    let server = Server::start().await;
    let Some(page) = Page::open(&server.url("/docs")).await else { return };
    page.browser.emulate_phone(WIDTH).await;
    page.authorize(&server.owner.secret).await;
    for operation in &CONTRACT.operations {
        page.expand(&operation.id).await;
        page.shown(&format!("{} .responses-table", page::operation(&operation.id))).await;
        assert_eq!(page.width().await, u64::from(WIDTH), "{}", operation.id);
        // Every open operation makes the page slower.
        page.collapse(&operation.id).await;
    }
    // An executed request has more buttons, a command and a response.
    let introspected = page.send("introspectApiToken", &[("token", &server.owner.secret)]).await;
    assert_eq!(introspected.body["active"], true, "{}", introspected.body);
    assert_eq!(page.width().await, u64::from(WIDTH));
    page.assert_quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn page_works_below_a_prefix_of_a_gateway() {
    let server = Server::start().await;
    let gateway = gateway::start("/platform/tokens", server.address).await;
    for path in ["docs", "docs/"] {
        let Some(page) = Page::open(&format!("{gateway}/{path}")).await else { return };
        page.authorize(&server.owner.secret).await;
        let current = page.send("getCurrentApiToken", &[]).await;
        assert_eq!(text(&current.body["id"]), server.owner.id.to_string());
        assert!(current.command.contains(&format!("'{gateway}/api/v1/api-tokens/current'")), "{}", current.command);
        page.assert_quiet().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn policy_forbids_inline_code_and_other_hosts() {
    let server = Server::start().await;
    let other = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let Some(page) = Page::open(&server.url("/docs")).await else { return };
    page.assert_quiet().await;
    let url = format!("http://{}/", other.local_addr().expect("an address"));
    let attempts = json!([
        "const it = document.createElement('script'); it.textContent = 'window.ran = true'; document.body.append(it);",
        "const it = document.createElement('p'); it.setAttribute('onclick', 'window.ran = true'); document.body.append(it); it.click();",
        "const it = document.createElement('iframe'); it.src = url; document.body.append(it);",
        "const it = document.createElement('img'); it.src = url; document.body.append(it);",
        "fetch(url).catch(() => {});",
        "navigator.sendBeacon(url);",
        "const it = document.createElement('p'); it.setAttribute('style', 'color: red'); document.body.append(it);",
    ]);
    for attempt in attempts.as_array().expect("a list") {
        let script = format!(
            "const [url] = arguments; return new Promise((resolve) => {{ \
             document.addEventListener('securitypolicyviolation', (it) => resolve(it.effectiveDirective), {{ once: true }}); \
             {} }});",
            text(attempt)
        );
        let directive = page.browser.script(&script, json!([url])).await;
        assert!(directive.is_string(), "{attempt} is no violation");
    }
    assert_eq!(page.browser.script("return window.ran", json!([])).await, Value::Null);
    // The browser connects for a frame before it reads the policy, and then sends nothing.
    drop(page.browser.close());
    while let Some(Ok((mut connection, _))) = other.accept().now_or_never() {
        let mut request = Vec::new();
        connection.read_to_end(&mut request).await.expect("a closed connection");
        assert_eq!(String::from_utf8_lossy(&request), "");
    }
}
