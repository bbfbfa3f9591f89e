//! The configurations of the guide to gateways. Only the addresses are replaced.

const GUIDE: &str = include_str!("../../../server/docs/gateways.md");

/// The only block of a section, by the section's title.
fn block(title: &str) -> &'static str {
    let (_, section) = GUIDE.split_once(&format!("\n## {title}\n")).expect("the guide has the section");
    let section = section.split("\n## ").next().expect("a split has a first part");
    let parts: Vec<_> = section.split("```").collect();
    let [_, block, _] = parts.as_slice() else { panic!("the section {title} has {} blocks", parts.len() / 2) };
    block.split_once('\n').expect("a block has lines").1
}

/// The configuration in a section, with other addresses. Each of them is there once.
pub(crate) fn configuration(title: &str, addresses: &[(&str, String)]) -> String {
    addresses.iter().fold(block(title).to_owned(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "{from} in the configuration of {title}");
        text.replace(from, to)
    })
}

/// A gateway that is configured without a query can pass on the client's, which Aether rejects.
#[test]
fn every_configuration_writes_the_scopes() {
    let mut uses = 0;
    for title in ["nginx", "Caddy", "Traefik", "Envoy"] {
        for (target, parameter) in [("/api/v1/authorize", "?scope="), ("/ext-authz", ";scope=")] {
            for after in block(title).split(target).skip(1) {
                assert!(after.starts_with(parameter), "{title}: {after}");
                uses += 1;
            }
        }
    }
    assert_eq!(uses, 4);
}
