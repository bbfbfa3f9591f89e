//! The audit log.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aether_tests::fault_proxy::Fault;
use serde_json::Value;

use crate::home::Home;

/// A running `audit list --follow`. It is killed when this is dropped.
struct Follower {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: BufReader<ChildStderr>,
}

impl Follower {
    fn start(home: &Home) -> Self {
        let mut command = home.command(&["audit", "list", "--follow", "--interval=100ms", "--output=json"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
        let stdout = BufReader::new(child.stdout.take().expect("standard output"));
        let stderr = BufReader::new(child.stderr.take().expect("standard error"));
        Self { child, stdout, stderr }
    }

    /// The sequence and the action of the next event.
    fn event(&mut self) -> (i64, String) {
        let event: Value = serde_json::from_str(&line(&mut self.stdout)).expect("a JSON object");
        (event["sequence"].as_i64().expect("a number"), event["action"].as_str().expect("a text").to_owned())
    }
}

fn line(reader: &mut impl BufRead) -> String {
    let mut line = String::new();
    reader.read_line(&mut line).expect("a line");
    line
}

impl Drop for Follower {
    fn drop(&mut self) {
        // Fails if the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn events_are_listed_to_the_end() {
    let home = Home::start();
    let aether = home.server.client();
    home.runtime.block_on(async {
        for _ in 0..120 {
            aether.create_token("a").await.expect("a token");
        }
    });
    let events = home.run(&["audit", "list", "-o", "json"]).json_lines();
    assert!(events.iter().map(|event| event["sequence"].as_i64().unwrap()).eq(1..=121));
    let table = home.run(&["audit", "list"]).succeeded().stdout;
    assert_eq!(table.lines().count(), 122);
}

#[test]
fn new_events_follow_once_across_pages() {
    let home = Home::start();
    let aether = home.server.client();
    let create = |count: usize| {
        home.runtime.block_on(async {
            for _ in 0..count {
                aether.create_token("a").await.expect("a token");
            }
        });
    };
    create(98);
    let mut follower = Follower::start(&home);
    for sequence in 1..=99 {
        assert_eq!(follower.event().0, sequence);
    }
    // The page becomes full, then there is a second one, then that is read again.
    for sequence in 100..=103 {
        create(1);
        assert_eq!(follower.event(), (sequence, "api_token.created".to_owned()));
    }
}

#[test]
fn outage_is_reported_and_survived() {
    let home = Home::start();
    let is_out = Arc::new(AtomicBool::new(false));
    let decides = Arc::clone(&is_out);
    let proxy = home.proxy(move |_| if decides.load(Ordering::SeqCst) { Fault::ResetBefore } else { Fault::None });
    home.run_with_input(&["login", &proxy.url()], &home.server.owner.secret).succeeded();
    let mut follower = Follower::start(&home);
    assert_eq!(follower.event().0, 1);
    is_out.store(true, Ordering::SeqCst);
    let report = line(&mut follower.stderr);
    assert!(report.starts_with("aether: the connection broke") && report.ends_with("goes on trying\n"), "{report}");
    home.runtime.block_on(home.server.token(&["a"]));
    is_out.store(false, Ordering::SeqCst);
    assert_eq!(line(&mut follower.stderr), "aether: connected again\n");
    assert_eq!(follower.event(), (2, "api_token.created".to_owned()));
}

#[test]
fn interrupt_and_a_revoked_token_end_a_follower() {
    let home = Home::start();
    let mut follower = Follower::start(&home);
    assert_eq!(follower.event().0, 1);
    let interrupt = Command::new("kill").args(["-INT", &follower.child.id().to_string()]).status();
    assert!(interrupt.expect("kill runs").success());
    assert_eq!(follower.child.wait().expect("the program ends").code(), Some(130));
    assert_eq!(line(&mut follower.stderr), "");

    let token = home.create("reader", &["audit-events:read"]);
    home.run_with_input(&["login", &home.url()], token["token"].as_str().unwrap()).succeeded();
    let mut follower = Follower::start(&home);
    assert_eq!(follower.event().0, 1);
    home.runtime.block_on(home.server.revoke(token["id"].as_str().unwrap().parse().unwrap()));
    assert_eq!(follower.child.wait().expect("the program ends").code(), Some(3));
}
