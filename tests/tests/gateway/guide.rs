//! The configurations of the guide to gateways. Only the addresses are replaced.

use std::net::SocketAddr;

const GUIDE: &str = include_str!("../../../server/docs/gateways.md");

/// The only block in a language.
fn block(language: &str) -> &'static str {
    let blocks: Vec<_> = GUIDE.split(&format!("```{language}\n")).skip(1).collect();
    let [block] = blocks.as_slice() else { panic!("the guide has {} blocks of {language}", blocks.len()) };
    block.split("```").next().expect("a split has a first part")
}

/// The configuration in a language, with the addresses of the gateway, of Aether and of the service.
pub(crate) fn configuration(
    language: &str,
    (listen, here): (&str, String),
    aether: SocketAddr,
    service: SocketAddr,
) -> String {
    let changes = [(listen, here), ("127.0.0.1:8080", aether.to_string()), ("127.0.0.1:9000", service.to_string())];
    changes.into_iter().fold(block(language).to_owned(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "{from} in the configuration of {language}");
        text.replace(from, &to)
    })
}

/// A gateway that is configured without a query can pass on the client's, which Aether rejects.
#[test]
fn every_configuration_writes_the_query() {
    let mut uses = 0;
    for language in ["nginx", "caddyfile", "yaml"] {
        for after in block(language).split("/api/v1/authorize").skip(1) {
            assert!(after.starts_with("?scope="), "{language}: {after}");
            uses += 1;
        }
    }
    assert_eq!(uses, 3);
}
