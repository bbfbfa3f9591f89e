//! Secrets in arguments.

use aether_tests::Options;

use crate::home::Home;

#[test]
fn secret_as_an_argument_is_refused_without_being_printed() {
    let home = Home::with(Options::default());
    let (url, secret) = (home.url(), home.server.owner.secret.clone());
    let option = format!("--token={secret}");
    for arguments in [
        &["token", "show", &secret][..],
        &["token", "revoke", &secret, "--yes"],
        &["token", "introspect", &secret],
        &["token", "create", &format!("for {secret}")],
        &["login", &url, &secret],
        &["login", &url, &option],
        &["login", &url, "--token", &secret],
        &["--profile", &secret, "token", "list"],
        &["completions", &secret],
        &[&secret],
    ] {
        let refused = home.run(arguments).failed(2, "other users of this machine can see arguments");
        assert!(!refused.stderr.contains(&secret[..16]), "{refused:?}");
    }
    home.run(&["token", "show", &secret]).failed(2, &format!("the secret of the token {}, and", &secret[..15]));
}
