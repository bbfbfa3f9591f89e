//! The version of the program.

use aether_server::version::{LONG, VERSION};

use crate::process::{Running, directory, run, text};

#[test]
fn version_is_printed_and_is_the_first_line_of_the_log() {
    let directory = directory();
    let printed = text(&run(&directory, &["--version"]).stdout);
    assert_eq!(printed, format!("aether-server {}\n", *LONG));
    let server = Running::start(&directory, &[]);
    server.signal("TERM");
    let (_, _, logs) = server.wait();
    let first = logs.lines().next().unwrap();
    assert!(first.contains(&format!("starting version=\"{VERSION}\"")), "{first}");
}
