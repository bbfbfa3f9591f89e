//! Paths that no operation has.

use reqwest::Method;
use serde_json::json;

use crate::Api;

super::tests!(unknown_path_is_404_in_the_envelope);

async fn unknown_path_is_404_in_the_envelope(api: Api) {
    let upper = api.tokens_path().replace("/api/v1", "/API/V1");
    for path in ["/api/v1/nothing".to_owned(), upper, format!("{}/nothing", api.token_path(api.root.id))] {
        for request in [api.get(&path), api.post(&path).json(&json!({})), api.anonymous(Method::GET, &path)] {
            let response = api.send(request).await.expect(404);
            assert_eq!(response.code(), "not_found");
            assert_eq!(response.header("content-type"), Some("application/json"));
            let schema = json!({"$ref": "#/components/schemas/ErrorEnvelope"});
            assert_eq!(api.check_body(&schema, &response.json()), Vec::<String>::new());
        }
    }
}
