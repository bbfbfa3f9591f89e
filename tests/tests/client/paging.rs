//! Lists whose pages are empty, or fail.

use aether_client::{Client, Retries};
use aether_tests::fault_proxy::{Fault, FaultProxy};
use uuid::Uuid;

const TOKEN: &str = r#"{"id":"01939f3e-7c1a-7b52-9c0e-3f6f2c9f1a77","org_id":"01939f3e-7c1a-7b52-9c0e-3f6f2c9f1a77","name":"a","prefix":"aether_01234567","scopes":[],"created_at":"2026-04-15T12:00:00Z"}"#;

/// A page with this number of items, and the number of the next page as its cursor.
fn page(items: usize, next: Option<u128>) -> Fault {
    let items = vec![TOKEN; items].join(",");
    let next = next.map(|next| format!(",\"next_cursor\":\"{}\"", Uuid::from_u128(next))).unwrap_or_default();
    let headers = vec![("Content-Type", "application/json".to_owned())];
    Fault::Response { status: 200, headers, body: format!("{{\"items\":[{items}]{next}}}") }
}

async fn client(pages: Vec<Fault>) -> (FaultProxy, Client) {
    let proxy = FaultProxy::with_faults(String::new(), pages).await;
    let client = Client::builder().url(proxy.url()).token("aether_").organization(Uuid::nil()).retries(Retries::off());
    (proxy, client.build().unwrap())
}

#[tokio::test]
async fn empty_page_with_a_cursor_is_not_the_end() {
    let pages = vec![page(0, Some(1)), page(2, Some(2)), page(0, Some(3)), page(0, Some(4)), page(1, None)];
    let (proxy, client) = client(pages).await;
    assert_eq!(client.list_tokens().items().all().await.unwrap().len(), 3);
    let cursors: Vec<_> = proxy.heads().iter().map(|head| head.split(' ').nth(1).unwrap().to_owned()).collect();
    let path = "/api/v1/organizations/00000000-0000-0000-0000-000000000000/api-tokens";
    let expected = (0..5).map(|number| match number {
        0 => path.to_owned(),
        number => format!("{path}?cursor={}", Uuid::from_u128(number)),
    });
    assert!(cursors.into_iter().eq(expected));
}

#[tokio::test]
async fn page_that_names_itself_as_the_next_one_ends_the_list() {
    let (_proxy, client) = client(vec![page(1, Some(1)), page(1, Some(1)), page(1, Some(1))]).await;
    let error = client.list_tokens().items().all().await.unwrap_err();
    assert_eq!(error.kind(), aether_client::ErrorKind::UnexpectedResponse);
}

#[tokio::test]
async fn page_is_requested_when_it_is_needed() {
    let (proxy, client) = client(vec![page(2, Some(1)), page(1, Some(2)), page(0, None)]).await;
    let mut items = client.list_tokens().items();
    assert_eq!(proxy.requests(), 0);
    for requests in [1, 1, 2] {
        items.next().await.unwrap().unwrap();
        assert_eq!(proxy.requests(), requests);
    }
    assert!(items.next().await.is_none() && items.next().await.is_none());
    assert_eq!(proxy.requests(), 3);
}

#[tokio::test]
async fn error_is_the_last_item_and_the_cursor_goes_on() {
    let (_proxy, client) = client(vec![page(1, Some(1)), Fault::html(503, None), page(1, None)]).await;
    let mut pages = client.list_tokens().pages();
    let cursor = pages.next().await.unwrap().unwrap().next_cursor.unwrap();
    assert!(pages.next().await.unwrap().is_err());
    assert!(pages.next().await.is_none());
    let rest = client.list_tokens().cursor(cursor).items().all().await.unwrap();
    assert_eq!(rest.len(), 1);
}
