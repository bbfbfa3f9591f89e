//! Methods, paths and bodies of the client, which reach neither the decision nor the required scopes.

use std::collections::BTreeSet;

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
    let (weak, strong) = (gateway.token(&["other"], None).await, gateway.token(&[SCOPE], None).await);
    let mut reached = BTreeSet::new();
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
            let mut counts = Vec::new();
            for token in [&weak, &strong] {
                let before = gateway.upstream.requests();
                let request = format!(
                    "{method} {target} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
                    token.secret
                );
                exchange(gateway.proxy.address, request.as_bytes()).await;
                counts.push(gateway.upstream.requests() - before);
            }
            assert_eq!(counts[0], 0, "{method} {target}");
            if counts[1] > 0 {
                reached.insert((method, target));
            }
        }
    }
    // Programs refuse some of the targets. Well-formed ones reach the upstream with the scope.
    for target in ["/", "//", "/;scope=other/", "/?scope=other", "/&scope=other", "/%26scope=other"] {
        for method in ["GET", "OPTIONS"] {
            assert!(reached.contains(&(method, target)), "{method} {target}: {reached:?}");
        }
    }
}
