//! The deviations of the wrong server, and the tests of the suite that find them.

use aether_conformance::wire_time;
use chrono::{DateTime, TimeDelta};
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::proxy::{Exchange, Reply};

/// A deviation from the contract.
#[derive(Clone, Copy)]
pub struct Deviation {
    pub name: &'static str,
    /// Parts of the names of the tests that run. At least one of them fails.
    pub tests: &'static [&'static str],
    /// Changes a request, or responds to it.
    pub request: fn(&mut Exchange) -> Option<Reply>,
    /// Changes a response.
    pub response: fn(&Exchange, &mut Reply),
}

fn forwarded(_: &mut Exchange) -> Option<Reply> {
    None
}

fn unchanged(_: &Exchange, _: &mut Reply) {}

/// A deviation of requests.
const fn request(
    name: &'static str,
    tests: &'static [&'static str],
    request: fn(&mut Exchange) -> Option<Reply>,
) -> Deviation {
    Deviation { name, tests, request, response: unchanged }
}

/// A deviation of responses.
const fn response(
    name: &'static str,
    tests: &'static [&'static str],
    response: fn(&Exchange, &mut Reply),
) -> Deviation {
    Deviation { name, tests, request: forwarded, response }
}

/// No deviation, behind a gateway that adds headers.
pub const NONE: Deviation = response("none", &[""], |_, reply| {
    reply.set("server", "gateway");
    reply.set("via", "1.1 gateway");
    reply.set("strict-transport-security", "max-age=63072000");
});

/// Every page has a next one.
pub const ENDLESS_LISTS: Deviation = response("lists have no end", &["current::token_without"], |_, reply| {
    reply.change(|page| {
        if page["items"].is_array() {
            page["next_cursor"] = json!(Uuid::now_v7());
        }
    });
});

/// The expiry of a creation is ignored.
pub const WITHOUT_EXPIRY: Deviation = request("tokens do not expire", &[], |exchange| {
    exchange.change_body(|fields| drop(fields.remove("expires_at")));
    None
});

/// Every expiry is in the past.
pub const CLOCK_AHEAD: Deviation = request("clock is ahead", &[], |exchange| {
    exchange.change_body(|fields| {
        if fields.get("expires_at").is_some_and(Value::is_string) {
            fields.insert("expires_at".to_owned(), json!("2020-01-01T00:00:00Z"));
        }
    });
    None
});

/// The header after which a request is repeated is not ASCII.
pub const UNREADABLE_HEADER: Deviation = response("header is not ASCII", &["get::"], |exchange, reply| {
    if exchange.is_on_token(&Method::GET) && exchange.path.contains("/organizations/") {
        reply.status = 429;
        reply.headers.insert("retry-after", HeaderValue::from_bytes(b"\xfc").expect("a header"));
    }
});

fn items(reply: &mut Reply, change: impl FnOnce(&mut Vec<Value>)) {
    reply.change(|page| {
        if let Some(items) = page["items"].as_array_mut() {
            change(items);
        }
    });
}

pub const DEVIATIONS: &[Deviation] = &[
    request("revocation is confirmed and not done", &["revoke::revoked_token"], |exchange| {
        exchange.is_on_token(&Method::DELETE).then(|| {
            let mut reply = Reply::new(204);
            reply.set("x-revoked-count", "1");
            reply
        })
    }),
    request("self-revocation is confirmed and not done", &["current::"], |exchange| {
        exchange.is(&Method::DELETE, "/api-tokens/current").then(|| Reply::new(204))
    }),
    request("descendants are not revoked", &["revoke::descendants"], |exchange| {
        if exchange.method == Method::DELETE {
            exchange.retain_query(|name| name != "descendants");
        }
        None
    }),
    request("descendants are always revoked", &["revoke::descendants"], |exchange| {
        if exchange.is_on_token(&Method::DELETE) && exchange.query.is_none() {
            exchange.query = Some("descendants=true".to_owned());
        }
        None
    }),
    response("number of revoked tokens is that of requests", &["revoke::response_has"], |_, reply| {
        if reply.headers.contains_key("x-revoked-count") {
            reply.set("x-revoked-count", "1");
        }
    }),
    request("idempotency key is ignored", &["idempotency::repeated"], |exchange| {
        exchange.headers.remove("idempotency-key");
        None
    }),
    response("replay is not marked", &["idempotency::repeated"], |_, reply| {
        reply.headers.remove("idempotency-replayed");
    }),
    request("idempotency key is that of all callers", &["idempotency::same_key"], |exchange| {
        if exchange.headers.contains_key("idempotency-key") {
            let owner = format!("Bearer {}", exchange.owner);
            exchange.headers.insert("authorization", owner.parse().expect("a header"));
        }
        None
    }),
    request("unknown fields are ignored", &["create::all_problems"], |exchange| {
        exchange.change_body(|fields| fields.retain(|name, _| ["name", "scopes", "expires_at"].contains(&&**name)));
        None
    }),
    request("unknown parameters are ignored", &["query::", "revoke::unknown"], |exchange| {
        let known = ["scope", "cursor", "limit", "state", "name_prefix", "descendants"];
        exchange.retain_query(|name| known.contains(&name));
        None
    }),
    request("empty scopes are absent scopes", &["update::empty"], |exchange| {
        if exchange.is_on_token(&Method::PUT) {
            exchange.change_body(|fields| {
                if fields.get("scopes") == Some(&json!([])) {
                    fields.remove("scopes");
                }
            });
        }
        None
    }),
    request("absent scopes are empty scopes", &["update::empty"], |exchange| {
        if exchange.is_on_token(&Method::PUT) {
            exchange.change_body(|fields| {
                fields.entry("scopes").or_insert(json!([]));
            });
        }
        None
    }),
    request("grants are not checked", &["create::scopes_beyond", "privilege_escalation::"], |exchange| {
        if exchange.is(&Method::POST, "/api-tokens") && exchange.path.contains(exchange.organization) {
            let owner = format!("Bearer {}", exchange.owner);
            exchange.headers.insert("authorization", owner.parse().expect("a header"));
        }
        None
    }),
    response("404 tells whether the token exists", &["get::absent_and", "revoke::foreign"], |exchange, reply| {
        let issued = reply.json();
        if let (201, Some(id)) = (reply.status, issued["id"].as_str()) {
            exchange.memory().insert(id.to_owned(), String::new());
        }
        let id = exchange.path.rsplit('/').next().unwrap_or_default();
        if reply.status == 404 && exchange.memory().contains_key(id) {
            reply.change(|body| body["error"]["message"] = json!("Belongs to another organization."));
        }
    }),
    Deviation {
        name: "introspection is cached",
        tests: &["introspect::introspection_follows"],
        request: |exchange| {
            let is_introspection = exchange.path.ends_with("/introspect");
            let kept = exchange.memory().get(&*String::from_utf8_lossy(&exchange.body)).cloned();
            kept.filter(|_| is_introspection).map(|kept| {
                let mut reply = Reply { body: kept.into_bytes(), ..Reply::new(200) };
                reply.set("content-type", "application/json");
                reply.set("cache-control", "no-store");
                reply
            })
        },
        response: |exchange, reply| {
            if exchange.path.ends_with("/introspect") && reply.status == 200 {
                let body = String::from_utf8_lossy(&reply.body).into_owned();
                exchange.memory().insert(String::from_utf8_lossy(&exchange.body).into_owned(), body);
            }
        },
    },
    request("authorization ignores the scopes", &["authorize::every"], |exchange| {
        if exchange.path.ends_with("/authorize") {
            exchange.query = None;
        }
        None
    }),
    Deviation {
        name: "authorization is cached",
        tests: &["races::use_after"],
        request: |exchange| {
            let kept = exchange.memory().contains_key(exchange.header("authorization"));
            (kept && exchange.path.ends_with("/authorize")).then(|| Reply::new(200))
        },
        response: |exchange, reply| {
            if exchange.path.ends_with("/authorize") && reply.status == 200 {
                exchange.memory().insert(exchange.header("authorization").to_owned(), String::new());
            }
        },
    },
    response("401 tells that the token was revoked", &["credentials::rejected"], |exchange, reply| {
        // The proxy knows the tokens that were accepted before.
        let bearer = exchange.header("authorization").to_owned();
        match reply.status {
            200 => drop(exchange.memory().insert(bearer, String::new())),
            401 if bearer.len() > 70 => {
                reply.change(|body| body["error"]["message"] = json!("The token is not active any more."));
            }
            _ => {}
        }
    }),
    response("401 has no challenge", &["credentials::rejected"], |_, reply| {
        reply.headers.remove("www-authenticate");
    }),
    response("403 does not name the scopes", &["credentials::every_operation"], |_, reply| {
        if reply.status == 403 {
            reply.set("www-authenticate", r#"Bearer error="insufficient_scope""#);
        }
    }),
    request("scheme is compared with case", &["credentials::scheme"], |exchange| {
        let scheme = exchange.header("authorization").split(' ').next().unwrap_or_default().to_owned();
        if scheme != "Bearer" {
            exchange.headers.remove("authorization");
        }
        None
    }),
    request("secret is compared without case", &["credentials::rejected", "introspect::inactive"], |exchange| {
        let bearer = exchange.header("authorization").replace("AETHER_", "aether_").to_lowercase();
        if bearer.starts_with("bearer aether_") {
            let bearer = bearer.replacen("bearer", "Bearer", 1);
            exchange.headers.insert("authorization", bearer.parse().expect("a header"));
        }
        if exchange.path.ends_with("/introspect") {
            exchange.body = String::from_utf8_lossy(&exchange.body).to_lowercase().into();
        }
        None
    }),
    request("token of the query is accepted", &["current::token_in_query"], |exchange| {
        let query = exchange.query.clone().unwrap_or_default();
        if let Some(token) = query.split('&').find_map(|pair| pair.strip_prefix("access_token=")) {
            let bearer = HeaderValue::from_str(&format!("Bearer {token}")).expect("a header");
            exchange.headers.entry("authorization").or_insert(bearer);
            exchange.query = None;
        }
        None
    }),
    response("response has no request id", &["create::created_token_is"], |_, reply| {
        reply.headers.remove("x-request-id");
    }),
    response("secret may be cached", &["create::created_token_is"], |_, reply| {
        reply.headers.remove("cache-control");
    }),
    response("response has an undocumented header", &["get::token_is"], |_, reply| reply.set("x-powered-by", "x")),
    response("last page has a cursor that is null", &["list::"], |exchange, reply| {
        if exchange.is(&Method::GET, "/api-tokens") {
            reply.change(|page| {
                if page.get("next_cursor").is_none() {
                    page["next_cursor"] = Value::Null;
                }
            });
        }
    }),
    response("page repeats the last token of the page before", &["list::pages"], |exchange, reply| {
        if exchange.query.as_ref().is_some_and(|query| query.contains("cursor=")) {
            items(reply, |items| items.extend(items.first().cloned()));
        }
    }),
    response("page lacks its last token", &["list::pages"], |_, reply| {
        let has_next = reply.json()["next_cursor"].is_string();
        items(reply, |items| drop(has_next.then(|| items.pop())));
    }),
    response("newest tokens are listed first", &["list::pages"], |exchange, reply| {
        if exchange.is(&Method::GET, "/api-tokens") {
            items(reply, |items| items.reverse());
        }
    }),
    request("limit of a page is ignored", &["list::pages"], |exchange| {
        exchange.retain_query(|name| name != "limit");
        None
    }),
    request("filter by state is ignored", &["list::state"], |exchange| {
        exchange.retain_query(|name| name != "state");
        None
    }),
    response("times have an offset", &["create::expiry_is"], |_, reply| reply.replace(".000Z\"", ".000+00:00\"")),
    response("records contain the secret", &["get::token_is"], |exchange, reply| {
        let issued = reply.json();
        if let (201, Some(secret)) = (reply.status, issued["token"].as_str()) {
            exchange.memory().insert(issued["id"].to_string(), secret.to_owned());
        } else if let Some(secret) = exchange.memory().get(&issued["id"].to_string()) {
            reply.change(|record| record["name"] = json!(secret));
        }
    }),
    request("predecessor of a rotation stays active", &["rotate::rotation_without"], |exchange| {
        if exchange.path.ends_with("/rotate") {
            exchange.change_body(|fields| {
                fields.entry("grace_seconds").or_insert(json!(600));
            });
        }
        None
    }),
    request("grace period is not given", &["rotate::both"], |exchange| {
        if exchange.path.ends_with("/rotate") {
            exchange.change_body(|fields| drop(fields.remove("grace_seconds")));
        }
        None
    }),
    response("successor has the scopes `*`", &["rotate::successor"], |exchange, reply| {
        if exchange.path.ends_with("/rotate") {
            reply.change(|issued| issued["scopes"] = json!(["*"]));
        }
    }),
    response("invalid request is 400", &["request_body::body_other"], |_, reply| {
        if reply.status == 422 {
            reply.status = 400;
        }
    }),
    response("only the first problem is reported", &["create::all_problems"], |_, reply| {
        reply.change(|body| {
            if let Some(details) = body["error"]["details"].as_array_mut() {
                details.truncate(1);
            }
        });
    }),
    request("media type is not checked", &["request_body::body_without"], |exchange| {
        if exchange.method == Method::POST && exchange.path.ends_with("/api-tokens") {
            exchange.headers.insert("content-type", HeaderValue::from_static("application/json"));
        }
        None
    }),
    request("body is checked before the credential", &["credentials::authentication"], |exchange| {
        let is_json = serde_json::from_slice::<Value>(&exchange.body).is_ok();
        (exchange.is(&Method::POST, "/api-tokens") && !is_json).then(|| {
            let mut reply = Reply::new(415);
            reply.set("content-type", "application/json");
            reply.body = br#"{"error":{"code":"unsupported_media_type","message":"No."}}"#.to_vec();
            reply
        })
    }),
    response("unknown path is a page of HTML", &["paths::"], |exchange, reply| {
        if exchange.path.ends_with("/nothing") {
            reply.set("content-type", "text/html");
            reply.body = b"<h1>Not Found</h1>".to_vec();
        }
    }),
    response("request id is that of all requests", &["methods::every"], |_, reply| {
        reply.set("x-request-id", "01939f3e-7c1a-7b52-9c0e-3f6f2c9f1a77");
    }),
    Deviation {
        name: "tokens expire later than their expiry",
        tests: &["credentials::token_is_rejected"],
        request: |exchange| {
            let memory = exchange.memory;
            exchange.change_body(|fields| {
                let expires_at = fields.get("expires_at").and_then(Value::as_str);
                if let Some(time) = expires_at.and_then(|text| DateTime::parse_from_rfc3339(text).ok()) {
                    let later = time + TimeDelta::seconds(4);
                    memory
                        .lock()
                        .expect("no panic while locked")
                        .insert(wire_time(later.into()), wire_time(time.into()));
                    fields.insert("expires_at".to_owned(), json!(wire_time(later.into())));
                }
            });
            None
        },
        response: |exchange, reply| {
            let issued = reply.json();
            let given = issued["expires_at"].as_str().and_then(|time| exchange.memory().get(time).cloned());
            if let Some(given) = given {
                reply.change(|issued| issued["expires_at"] = json!(given));
            }
        },
    },
    response("405 has no methods", &["methods::"], |_, reply| drop(reply.headers.remove("allow"))),
    response("code is not documented", &["rotate::rotation_of_inactive"], |_, reply| {
        reply.replace("token_revoked", "revoked");
    }),
    response("state of a revoked token is active", &["get::token_is"], |_, reply| {
        reply.replace(r#""state":"revoked""#, r#""state":"active""#);
    }),
    response("use is not recorded", &["authorize::authorization_updates"], |_, reply| {
        reply.change(|record| {
            if record.get("last_used_at").is_some() {
                record["last_used_at"] = Value::Null;
            }
        });
    }),
    response("creator is not recorded", &["create::created_token_is"], |_, reply| {
        reply.change(|record| {
            if record.get("created_by").is_some() {
                record["created_by"] = Value::Null;
            }
        });
    }),
    response("audit log lacks updates", &["audit::every"], |_, reply| {
        items(reply, |items| items.retain(|event| event["action"] != "api_token.updated"));
    }),
    response("issued token has a state", &["create::issued_token"], |_, reply| {
        if reply.status == 201 {
            reply.change(|issued| issued["state"] = json!("active"));
        }
    }),
    request("scopes are lower-cased", &["create::scopes_are_kept"], |exchange| {
        exchange.change_body(|fields| {
            if let Some(scopes) = fields.get("scopes").filter(|scopes| scopes.is_array()) {
                let lower = scopes.to_string().to_lowercase();
                fields.insert("scopes".to_owned(), serde_json::from_str(&lower).expect("JSON"));
            }
        });
        None
    }),
    request("key of another header is a credential", &["credentials::token_elsewhere"], |exchange| {
        if let Some(key) = exchange.headers.get("x-api-key").and_then(|key| key.to_str().ok()) {
            let bearer = HeaderValue::from_str(&format!("Bearer {key}")).expect("a header");
            exchange.headers.entry("authorization").or_insert(bearer);
        }
        None
    }),
    request("parameter without a value is true", &["revoke::malformed"], |exchange| {
        let query = exchange.query.take();
        exchange.query = query.map(|query| if query == "descendants=" { "descendants=true".to_owned() } else { query });
        None
    }),
    Deviation {
        name: "expiry of an update is rounded",
        tests: &["update::expiry_is_truncated"],
        request: forwarded,
        response: |_, reply| reply.replace(".123Z", ".124Z"),
    },
    response("audit log has a gap", &["audit::sequence"], |_, reply| {
        items(reply, |events| {
            if events.len() > 2 && events[0].get("sequence").is_some() {
                events.remove(1);
            }
        });
    }),
    response("audit log names the wrong actor", &["audit::every"], |_, reply| {
        items(reply, |events| {
            for event in events.iter_mut().filter(|event| event["actor_id"].is_string()) {
                event["actor_id"] = event["token_id"].clone();
            }
        });
    }),
];
