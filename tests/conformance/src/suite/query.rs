//! Query parameters of every operation.

use crate::Api;
use crate::contract::CONTRACT;
use crate::valid_request;

super::tests!(unknown_parameter_is_rejected_by_every_operation);

async fn unknown_parameter_is_rejected_by_every_operation(api: Api) {
    for operation in &CONTRACT.operations {
        let target = api.token(&[]).await;
        let rejected = if operation.id == "authorizeRequest" { 403 } else { 422 };
        let send = |query: &[(&str, &str)], secret: &str| {
            api.send(valid_request(&api, operation, &target).query(query).bearer_auth(secret))
        };
        let response = send(&[("unknown", "1"), ("limits", "2"), ("unknown", "3")], &api.root.secret).await;
        assert_eq!(response.expect(rejected).problems(), ["limits/unknown_field", "unknown/unknown_field"]);
        assert!(api.accepts(&target.secret).await && api.accepts(&api.root.secret).await);
        // The credential and the scopes come first.
        send(&[("unknown", "1")], "x").await.expect(401);
        if !operation.required_scopes.is_empty() && operation.id != "rotateApiToken" {
            send(&[("unknown", "1")], &target.secret).await.expect(403);
        }
    }
}
