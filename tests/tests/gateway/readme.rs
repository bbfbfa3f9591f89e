//! The configurations of the README, with no more changed than where things listen.

use std::net::SocketAddr;

const README: &str = include_str!("../../../README.md");

/// The block of this language.
fn block(language: &str) -> &'static str {
    let blocks: Vec<_> = README.split(&format!("```{language}\n")).skip(1).collect();
    let [block] = blocks.as_slice() else { panic!("the README has {} blocks of {language}", blocks.len()) };
    block.split("```").next().expect("the block ends")
}

/// The printed configuration between these three.
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
