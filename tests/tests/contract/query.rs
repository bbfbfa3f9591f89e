//! Query parameters of every operation.

use aether_tests::Server;
use aether_tests::contract::CONTRACT;
use aether_tests::request::valid_request;

crate::tests!(unknown_parameter_is_rejected_by_every_operation);

async fn unknown_parameter_is_rejected_by_every_operation() {
    let server = Server::start().await;
    for operation in &CONTRACT.operations {
        let target = server.token(&[]).await;
        let rejected = if operation.id == "authorizeRequest" { 403 } else { 422 };
        let send = |query: &[(&str, &str)], secret: &str| {
            server.send(valid_request(&server, operation, &target).query(query).bearer_auth(secret))
        };
        let response = send(&[("unknown", "1"), ("limits", "2"), ("unknown", "3")], &server.owner.secret).await;
        assert_eq!(response.expect(rejected).problems(), ["limits/unknown_field", "unknown/unknown_field"]);
        assert!(server.accepts(&target.secret).await && server.accepts(&server.owner.secret).await);
        // The credential and the scopes come first.
        send(&[("unknown", "1")], "x").await.expect(401);
        if !operation.required_scopes.is_empty() && operation.id != "rotateApiToken" {
            send(&[("unknown", "1")], &target.secret).await.expect(403);
        }
    }
}
