//! Alone: requests of other tests once more in a network namespace of their own, whose only way out is a wire that counts.
//! Every packet is seen there, whoever sends it: a look-up of a name, a second address, a program that was started.

use std::process::Output;

use crate::support::screen::program;

/// A default route over a wire to nowhere. Without addresses that a kernel gives itself, it sends nothing by itself.
const NAMESPACE: &str = r#"
ip link set lo up
ip link add out type veth peer name far
ip link set out addrgenmode none
ip link set far addrgenmode none
ip address add 192.0.2.2/24 dev out
ip link set far up
ip link set out up
ip neighbour add 192.0.2.1 lladdr 02:00:00:00:00:01 dev out nud permanent
ip route add default via 192.0.2.1
"$0" "$@"
sed -n 's/^ *out:/WIRE /p' /proc/net/dev
"#;

/// Runs the tests of this binary that `filters` name there; how many packets went out by the wire.
fn packets(filters: &[&str]) -> u64 {
    let mut command = program("unshare");
    command.args(["-rn", "sh", "-euc", NAMESPACE]).arg(std::env::current_exe().unwrap());
    command.args(filters).args(["--test-threads=1", "--include-ignored", "--skip", "alone::in_a_namespace_"]);
    let Output { status, stdout, stderr } = command.output().expect("install the package util-linux");
    let told = String::from_utf8_lossy(&stdout);
    assert!(status.success(), "{told}{}", String::from_utf8_lossy(&stderr));
    assert!(!told.contains(" 0 passed"), "{told}");
    let wire = told.lines().find_map(|line| line.strip_prefix("WIRE ")).expect("the wire is there");
    // Of the eight numbers on what came in, the next is what went out: bytes, then packets.
    wire.split_whitespace().nth(9).unwrap().parse().unwrap()
}

/// What the test below sees the wire count by.
#[test]
#[ignore = "sends a packet away from this machine: the test of this file starts it where it cannot"]
fn the_stray() {
    #[expect(clippy::disallowed_types, reason = "a packet that must be seen")]
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.send_to(b"stray", "203.0.113.9:53").unwrap();
}

#[test]
fn in_a_namespace_no_packet_leaves_this_machine() {
    assert_eq!(packets(&["door::alone::the_stray"]), 1, "the wire counts");
    let questions = [
        "headless::loopback::loopback_answer_is_spoken",
        "headless::loopback::loopback_mandarin",
        "headless::loopback::loopback_endpoint_that_is_not_there",
        "door::hostile::",
        "door::words_never_follow_a_redirect",
        "region::refusals::",
    ];
    assert_eq!(packets(&questions), 0);
}
