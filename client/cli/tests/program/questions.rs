//! Questions before a change that cannot be undone, and the prompt for a secret.

use aether_tests::{Options, contains_secret};

use crate::home::Home;
use crate::terminal::Terminal;

/// The state of a token.
fn state(home: &Home, id: &str) -> String {
    home.run(&["token", "show", id, "-o", "json"]).json()["state"].as_str().unwrap().to_owned()
}

fn id(home: &Home, name: &str, scopes: &[&str]) -> String {
    home.create(name, scopes)["id"].as_str().unwrap().to_owned()
}

#[test]
fn without_a_terminal_the_flag_is_required_and_nothing_is_sent() {
    let home = Home::start();
    let token = id(&home, "a", &["a"]);
    for (arguments, action) in [
        (&["revoke", &token][..], "a revocation"),
        (&["revoke", &token, "--descendants"], "a revocation"),
        (&["rotate", &token], "a rotation without --grace"),
        (&["rotate", &token, "--grace", "0s"], "a rotation without --grace"),
        (&["update", &token, "--scope", "a"], "an update of scopes or of the expiry"),
        (&["update", &token, "--no-scopes"], "an update of scopes or of the expiry"),
        (&["update", &token, "--expires-in", "1h"], "an update of scopes or of the expiry"),
    ] {
        let arguments: Vec<_> = ["token"].iter().chain(arguments).copied().collect();
        home.run_with_input(&arguments, "y\n").failed(2, action).failed(2, "confirm it with --yes");
    }
    assert_eq!(home.run(&["audit", "list", "-o", "json"]).json_lines().len(), 2);
}

#[test]
fn reply_decides_about_a_revocation() {
    let home = Home::start();
    let token = home.create("deploy pipeline", &[]);
    let (id, prefix) = (token["id"].as_str().unwrap(), token["prefix"].as_str().unwrap());
    let question = format!("Revoke {prefix} (deploy pipeline)? This cannot be undone. [y/N] ");
    for (reply, message) in [
        ("\n", "not confirmed; nothing was changed\nstatus 1."),
        ("no\n", "status 1."),
        ("\u{4}", "status 1."),
        ("\u{3}", "status 130."),
    ] {
        let Some(mut terminal) = Terminal::start(&home, &format!("token revoke {prefix}"), "") else { return };
        terminal.reply(&question, reply);
        let screen = terminal.end();
        assert!(screen.contains(message), "{reply:?}: {screen}");
        assert_eq!(state(&home, id), "active");
    }
    let Some(mut terminal) = Terminal::start(&home, &format!("token revoke {id}"), "") else { return };
    terminal.reply(&question, "y\n");
    let screen = terminal.end();
    assert!(screen.contains(&format!("revoked {prefix} (deploy pipeline)\nstatus 0.")), "{screen}");
    assert_eq!(state(&home, id), "revoked");
}

#[test]
fn question_about_an_update_names_the_scopes_that_are_lost() {
    let home = Home::start();
    let token = id(&home, "a", &["a:b", "c"]);
    let update = format!("token update {token} --scope a:b");
    let Some(mut terminal) = Terminal::start(&home, &format!("{update} --expires-in 90d"), "") else { return };
    terminal.reply("remove the scopes c, set the expiry? This cannot be undone. [y/N] ", "yes\n");
    assert!(terminal.end().contains("status 0."));
    // Nothing is lost.
    let Some(terminal) = Terminal::start(&home, &update, "") else { return };
    let screen = terminal.end();
    assert!(screen.contains("status 0.") && !screen.contains("[y/N]"), "{screen}");
}

#[test]
fn rotation_asks_only_if_the_predecessor_is_rejected_at_once() {
    let home = Home::start();
    let (first, second) = (id(&home, "a", &[]), id(&home, "b", &[]));
    let Some(mut terminal) = Terminal::start(&home, &format!("token rotate {first} > /dev/null"), "") else { return };
    terminal.reply("Without --grace, its present secret is rejected at once. [y/N] ", "y\n");
    assert!(terminal.end().contains("status 0."));
    assert_eq!(state(&home, &first), "expired");
    let Some(terminal) = Terminal::start(&home, &format!("token rotate {second} --grace 1h > /dev/null"), "") else {
        return;
    };
    assert!(terminal.end().contains("status 0."));
    assert_eq!(state(&home, &second), "active");
}

#[test]
fn caller_who_cannot_read_a_token_is_asked_about_its_id() {
    let home = Home::start();
    let token = id(&home, "a", &[]);
    let writer = home.create("writer", &["api-tokens:write"]);
    let login = ["login", &home.url(), "--profile", "writer"];
    home.run_with_input(&login, writer["token"].as_str().unwrap()).succeeded();
    let Some(mut terminal) = Terminal::start(&home, &format!("--profile writer token revoke {token}"), "") else {
        return;
    };
    terminal.reply(&format!("Revoke {token}?"), "y\n");
    assert!(terminal.end().contains("status 0."));
}

#[test]
fn typed_secret_is_not_shown_and_the_terminal_is_restored() {
    let home = Home::with(Options::default());
    let login = format!("login {}", home.url());
    let prompt = format!("Token for {}: ", home.url());
    for (typed, status) in [("\u{3}".to_owned(), 130), ("\n".to_owned(), 2), ("\u{4}".to_owned(), 2)]
        .into_iter()
        .chain([(format!("{}\n", home.server.owner.secret), 0)])
    {
        assert!(!home.profiles().exists());
        let Some(mut terminal) = Terminal::start(&home, &login, "stty -a") else { return };
        terminal.reply(&prompt, &typed);
        let screen = terminal.end();
        assert!(screen.contains(&format!("status {status}.")), "{screen}");
        assert!(screen.contains(" echo ") && screen.contains(" icanon "), "{screen}");
        assert!(!contains_secret(screen.as_bytes()), "{screen}");
    }
    assert!(home.profiles().exists());
}
