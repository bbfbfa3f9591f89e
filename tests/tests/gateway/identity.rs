//! The identity headers reach the service as Aether wrote them, and otherwise the request is refused: whatever the spelling
//! in which the client sends them, and for services that replace characters of names.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use aether_tests::Token;
use serde_json::Value;

use crate::proxy::{Program, Proxy};
use crate::raw::exchange;
use crate::service::{Language, Service};
use crate::{Gateway, SCOPE};

/// The words of the headers' names.
const NAMES: [&[&str]; 4] = [
    &["X", "Auth", "Org", "Id"],
    &["X", "Auth", "Token", "Id"],
    &["X", "Auth", "Scopes"],
    &["X", "Auth", "Expires", "At"],
];

/// The characters of a header name that are neither letters nor digits (RFC 9110, 5.6.2).
const SEPARATORS: &str = "-_.!#$%&'*+^`|~";

/// The value of every header that a client forges.
const FORGED: &str = "forged";

/// The headers of a request that the tests send at a time. Envoy allows 100.
const BATCH: usize = 60;

/// The values of the identity headers, by name as CGI writes it.
type Identity = BTreeMap<String, BTreeSet<String>>;

/// The name of a CGI variable (RFC 3875, 4.1.18), without `HTTP_`.
fn variable(name: &str) -> String {
    let folded = name.chars().map(|char| if char.is_ascii_alphanumeric() { char.to_ascii_uppercase() } else { '_' });
    let folded: String = folded.collect();
    folded.strip_prefix("HTTP_").map(str::to_owned).unwrap_or(folded)
}

/// The identity that a service reads from its headers.
fn identity(body: &[u8]) -> Identity {
    let description: Value = serde_json::from_slice(body).expect("the service's description as JSON");
    let mut identity = Identity::new();
    for header in description["headers"].as_array().expect("a list") {
        let (name, value) = (variable(header[0].as_str().expect("a name")), header[1].as_str().expect("a value"));
        if name.starts_with("X_AUTH_") {
            identity.entry(name).or_default().insert(value.to_owned());
        }
    }
    identity
}

/// Every spelling of the headers' names that a service could read as the name, in three cases.
fn spellings() -> Vec<String> {
    let mut spellings = Vec::new();
    for words in NAMES {
        let mut names = vec![words[0].to_owned()];
        for word in &words[1..] {
            let longer = |name: &String| -> Vec<_> {
                SEPARATORS.chars().map(|separator| format!("{name}{separator}{word}")).collect()
            };
            names = names.iter().flat_map(longer).collect();
        }
        for (index, name) in names.into_iter().enumerate() {
            match index % 3 {
                0 => spellings.push(name),
                1 => spellings.push(name.to_lowercase()),
                _ => spellings.push(name.to_uppercase()),
            }
        }
        let exact = words.join("-");
        spellings.extend([exact.to_lowercase(), exact.to_uppercase(), exact.clone(), exact]);
    }
    spellings
}

/// A proxy before a service, and tokens whose identity the service has to read.
struct Setup<'g> {
    address: SocketAddr,
    http2: reqwest::Client,
    http2_address: SocketAddr,
    expected: [(&'g Token, Identity); 2],
}

impl<'g> Setup<'g> {
    async fn new(gateway: &Gateway, proxy: &Proxy, tokens: &'g [Token; 2]) -> Self {
        let organization = gateway.server.organization_id.to_string();
        let expected = tokens.each_ref().map(|token| {
            let mut identity = Identity::new();
            let mut insert = |name: &str, value: &str| identity.insert(name.to_owned(), [value.to_owned()].into());
            insert("X_AUTH_ORG_ID", &organization);
            insert("X_AUTH_TOKEN_ID", &token.id.to_string());
            insert("X_AUTH_SCOPES", SCOPE);
            if token.id == tokens[1].id {
                insert("X_AUTH_EXPIRES_AT", "2100-01-01T00:00:00.000Z");
            }
            (token, identity)
        });
        let http2 = reqwest::Client::builder().http2_prior_knowledge().build().expect("a client");
        let setup = Self { address: proxy.address, http2, http2_address: proxy.http2_address, expected };
        for (token, identity) in &setup.expected {
            assert_eq!(setup.send(token, "").await.as_ref(), Some(identity), "without a header of the client");
            assert_eq!(setup.send_http2(token, &[]).await.as_ref(), Some(identity), "without a header of the client");
        }
        setup
    }

    /// The identity in the service, or none if the request was refused. `lines` are further lines of the head.
    async fn send(&self, token: &Token, lines: &str) -> Option<Identity> {
        self.send_bytes(token, lines.as_bytes(), b"").await
    }

    async fn send_bytes(&self, token: &Token, lines: &[u8], body: &[u8]) -> Option<Identity> {
        let method = if body.is_empty() { "GET" } else { "POST" };
        let start = format!("{method} / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n", token.secret);
        let request = [start.as_bytes(), lines, b"\r\n", body].concat();
        let (status, body) = exchange(self.address, &request).await;
        (status == 200).then(|| identity(&body))
    }

    async fn send_http2(&self, token: &Token, names: &[String]) -> Option<Identity> {
        let url = format!("http://{}/", self.http2_address);
        let request = self.http2.get(url).bearer_auth(&token.secret);
        let request = names.iter().fold(request, |request, name| request.header(name, FORGED));
        // A refused request can be an error of its stream.
        let response = request.send().await.ok().filter(|response| response.status() == 200)?;
        Some(identity(&response.bytes().await.expect("a body")))
    }
}

/// Whether a name is that of an identity header, in any case. Such a request is well-formed, and is accepted without the header.
fn is_spelled_with_hyphens(name: &str) -> bool {
    NAMES.iter().any(|words| name.eq_ignore_ascii_case(&words.join("-")))
}

/// Sends every spelling in batches. The halves of a refused batch are sent alone, so that no name hides another one.
async fn every_spelling_is_removed(setup: &Setup<'_>) {
    let mut batches: Vec<_> = spellings().chunks(BATCH).map(<[String]>::to_vec).collect();
    let mut sent = 0;
    while let Some(names) = batches.pop() {
        sent += 1;
        let (token, expected) = &setup.expected[sent % 2];
        let lines = names.iter().flat_map(|name| [name, ": ", FORGED, "\r\n"]).collect::<String>();
        for found in [setup.send(token, &lines).await, setup.send_http2(token, &names).await] {
            match found {
                Some(found) => assert_eq!(&found, expected, "{names:?}"),
                None if names.len() > 1 => {
                    batches.extend([&names[..names.len() / 2], &names[names.len() / 2..]].map(<[String]>::to_vec));
                }
                None => assert!(!is_spelled_with_hyphens(&names[0]), "{names:?} is refused"),
            }
        }
    }
    assert!(sent > 100, "{sent} requests");
}

/// Sends names in `Connection`, which a proxy removes from the request that it sends on (RFC 9110, 7.6.1).
async fn headers_named_in_connection_are_sent_on(setup: &Setup<'_>) {
    for words in NAMES {
        let (exact, lower) = (words.join("-"), words.join("-").to_lowercase());
        for lines in [
            format!("Connection: {exact}\r\n"),
            format!("Connection: close, {lower}\r\n"),
            format!("Connection: {exact},close\r\n"),
            format!("Connection: keep-alive\r\nConnection: close, {exact}\r\n"),
            format!("Connection: {lower}\r\nConnection: close\r\n"),
            format!("Connection: Upgrade, {exact}\r\nUpgrade: websocket\r\n"),
            format!("Proxy-Connection: {exact}\r\n"),
            format!("Keep-Alive: {exact}\r\n"),
            format!("TE: {exact}\r\nConnection: TE\r\n"),
            format!("Trailer: {exact}\r\n"),
            format!("Connection: {exact}\r\n{exact}: {FORGED}\r\n"),
        ] {
            for (token, expected) in &setup.expected {
                match setup.send(token, &lines).await {
                    Some(found) => assert_eq!(&found, expected, "{lines:?}"),
                    // Envoy refuses every upgrade that its configuration does not allow.
                    None => assert!(lines.contains("Upgrade"), "{lines:?} is refused"),
                }
            }
        }
    }
}

/// Sends lines that a lenient reader splits or joins in another way than the proxy, and fields behind the body.
async fn malformed_headers_are_removed(setup: &Setup<'_>) {
    let mut heads: Vec<Vec<u8>> = Vec::new();
    for name in [&b"X-Auth-Org-Id"[..], b"X-Auth_Org-Id"] {
        for (before, after) in [
            (&b""[..], &b" "[..]),
            (b"", b"\t"),
            (b"", b"\0"),
            (b"", b"\x0b"),
            (b"", b"\xa0"),
            (b"", b"[a]"),
            (b"", b"["),
            (b" ", b""),
            (b"\t", b""),
            (b":", b""),
            (b"\xef\xbb\xbf", b""),
            (b"A: b\r\n ", b""),
            (b"A: b\n", b""),
            (b"A: b\r", b""),
            (b"A: b\x0b", b""),
            (b"A: b\0\n", b""),
            (b"A: b\xc2\x85", b""),
            (b"A: b\xe2\x80\xa8", b""),
        ] {
            heads.push([before, name, after, b": ", FORGED.as_bytes(), b"\r\n"].concat());
        }
    }
    for separator in *b" \t/()[]{}<>@,;\\\"?=\x7f\x80\xad\xff" {
        heads.push([b"X-Auth", &[separator][..], b"Org-Id: ", FORGED.as_bytes(), b"\r\n"].concat());
    }
    for head in heads {
        for (token, expected) in &setup.expected {
            if let Some(found) = setup.send_bytes(token, &head, b"").await {
                assert_eq!(&found, expected, "{}", head.escape_ascii());
            }
        }
    }
    let mut accepted = 0;
    for name in ["X-Auth-Org-Id", "X-Auth_Org-Id", "X-Auth-Expires-At"] {
        for lines in [String::new(), format!("Trailer: {name}\r\n"), format!("TE: trailers\r\nTrailer: {name}\r\n")] {
            let lines = format!("{lines}Transfer-Encoding: chunked\r\n");
            let body = format!("1\r\na\r\n0\r\n{name}: {FORGED}\r\n\r\n");
            for (token, expected) in &setup.expected {
                if let Some(found) = setup.send_bytes(token, lines.as_bytes(), body.as_bytes()).await {
                    assert_eq!(&found, expected, "{name} behind the body");
                    accepted += 1;
                }
            }
        }
    }
    // A service that does not read the body can close the connection too early for some.
    assert!(accepted > 5, "{accepted} requests with fields behind the body are accepted");
}

/// The service reads the identity of Aether only, with the upstream that shows every header as it was sent.
pub(crate) async fn service_reads_the_identity_of_aether_only(program: Program) {
    let Some(gateway) = Gateway::start(program).await else { return };
    let tokens = tokens(&gateway).await;
    let setup = Setup::new(&gateway, &gateway.proxy, &tokens).await;
    every_spelling_is_removed(&setup).await;
    headers_named_in_connection_are_sent_on(&setup).await;
    malformed_headers_are_removed(&setup).await;
}

async fn service_in_reads_the_identity_of_aether_only(program: Program, language: Language) {
    let Some(gateway) = Gateway::start(program).await else { return };
    let Some(service) = Service::start(language).await else { return aether_tests::skip(language.program()) };
    let proxy = Proxy::start(program, gateway.server.address, service.address).await.expect("it is installed");
    let tokens = tokens(&gateway).await;
    let setup = Setup::new(&gateway, &proxy, &tokens).await;
    every_spelling_is_removed(&setup).await;
    headers_named_in_connection_are_sent_on(&setup).await;
    malformed_headers_are_removed(&setup).await;
}

pub(crate) async fn wsgi_service_reads_the_identity_of_aether_only(program: Program) {
    service_in_reads_the_identity_of_aether_only(program, Language::Wsgi).await;
}

pub(crate) async fn php_service_reads_the_identity_of_aether_only(program: Program) {
    service_in_reads_the_identity_of_aether_only(program, Language::Php).await;
}

/// A token without and one with an expiry.
async fn tokens(gateway: &Gateway) -> [Token; 2] {
    [gateway.token(&[SCOPE], None).await, gateway.token(&[SCOPE], Some("2100-01-01T00:00:00Z")).await]
}
