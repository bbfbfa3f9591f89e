//! The addresses to listen on, and the addresses of proxies.

use crate::process::{Running, directory, run, text};

#[test]
fn server_listens_on_a_name_or_on_all_addresses() {
    for address in ["localhost:0", ":0", "[::ffff:127.0.0.1]:0"] {
        let directory = directory();
        let server = Running::start(&directory, &["--listen", address]);
        let port = server.address.rsplit(':').next().unwrap();
        let url = format!("http://localhost:{port}/healthz");
        assert_eq!(reqwest::blocking::get(url).unwrap().status(), 200, "{address}");
    }
}

#[test]
fn unusable_address_is_reported_with_the_forms() {
    let directory = directory();
    for (command, address, status, expected) in [
        (&[][..], "127.0.0.1", 2, "the port is missing; the forms are 127.0.0.1:8080, [::1]:8080, localhost:8080"),
        (&[], "http://127.0.0.1:8080", 2, "an address has no scheme; the forms are"),
        (&[], "127.0.0.1:70000", 2, "from 0 to 65535; the forms are"),
        (&[], "no-such-host.invalid:0", 1, "cannot listen on no-such-host.invalid:0: "),
        (&["dev"], "0.0.0.0:0", 2, "listen on 127.0.0.1 or [::1]"),
        (&["dev"], ":0", 2, "listen on 127.0.0.1 or [::1]"),
        (&["dev"], "::1", 2, "an IPv6 address needs brackets"),
    ] {
        let output = run(&directory, &[command, &["--listen", address]].concat());
        let printed = text(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{address}: {printed}");
        assert!(printed.contains(expected), "{address}: {printed}");
    }
}

#[test]
fn unusable_address_of_a_proxy_is_reported() {
    let directory = directory();
    for (proxy, expected) in [
        ("localhost", "must be an address or a network, without a name or a port; the forms are 10.0.0.5, 10.0.0.0/8"),
        ("127.0.0.1,10.1.2.3/8", "write 10.0.0.0/8 for the network, or 10.1.2.3 for one proxy"),
        ("0.0.0.0/0", "every client could then choose its address"),
    ] {
        let output = run(&directory, &["--trusted-proxy", proxy]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(expected), "{proxy}: {}", text(&output.stderr));
    }
}
