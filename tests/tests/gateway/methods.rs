//! Methods, paths and bodies of the client, which reach neither the decision nor the required scopes.

use crate::proxy::Program;
use crate::raw::exchange;
use crate::{Gateway, SCOPE};

/// Every method is passed on for a token with the scope, and refused otherwise.
pub(crate) async fn every_method_is_authorized(program: Program) {
    let Some(gateway) = Gateway::start(program).await else { return };
    let (strong, weak) = (gateway.token(&[SCOPE], None).await, gateway.token(&["other"], None).await);
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "BREW", "CONNECT"] {
        for (token, granted) in [(&strong, true), (&weak, false)] {
            let before = gateway.upstream.requests();
            let request = format!(
                "{method} / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
                token.secret
            );
            let (status, _) = exchange(gateway.proxy.address, request.as_bytes()).await;
            let reached = gateway.upstream.requests() > before;
            // Programs refuse methods that they do not know.
            let refused = matches!(method, "TRACE" | "PROPFIND" | "BREW" | "CONNECT") && (400..600).contains(&status);
            assert!(if granted { status == 200 || refused } else { status == 403 || refused }, "{method}: {status}");
            assert_eq!(reached, status == 200, "{method}: {status}");
        }
    }
}

pub(crate) async fn path_of_the_client_does_not_change_the_scopes(program: Program) {
    let Some(gateway) = Gateway::start(program).await else { return };
    let weak = gateway.token(&["other"], None).await;
    for target in [
        "/",
        "//",
        "/../ext-authz;scope=other/",
        "/%2e%2e/%2e%2e/ext-authz;scope=other/",
        "/..%2f..%2fext-authz;scope=other/",
        "/..\\..\\ext-authz;scope=other/",
        "/;scope=other/",
        "/?scope=other",
        "/&scope=other",
        "/%26scope=other",
        "/api/v1/authorize?scope=other",
        "/%23?scope=other",
        "/#?scope=other",
        "/%00",
        "/%0d%0aX-Auth-Org-Id:%20forged",
        "http://a?scope=other",
        "http://a/?scope=other",
        "?scope=other",
        "other/",
        "*",
    ] {
        for method in ["GET", "OPTIONS"] {
            let request = format!(
                "{method} {target} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
                weak.secret
            );
            exchange(gateway.proxy.address, request.as_bytes()).await;
            assert_eq!(gateway.upstream.requests(), 0, "{method} {target}");
        }
    }
    // The same requests reach the upstream with the scope.
    let strong = gateway.token(&[SCOPE], None).await;
    gateway.get(Some(&strong.secret), &[]).await.upstream.expect("the request reaches the upstream");
}
