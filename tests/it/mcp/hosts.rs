//! A program that may reach some hosts: the binary as a user runs it, in a network namespace that stands for the world. A public
//! address is this machine's there, names lead to it by the system's own file, and the only way out is a wire that counts.

use std::{
    fs,
    io::{Read, Write},
    path::Path,
    process::{Command, Output},
    sync::mpsc::{self, Receiver},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::server::{Script, table, tool};
use crate::support::{
    binary::{Home, ran},
    screen::program,
};

/// A world of its own: `$1/etc` in place of `/etc`, a host at 9.9.9.9, a default route over a wire to nowhere.
const WORLD: &str = r#"
ip link set lo up
ip address add 9.9.9.9/32 dev lo
ip link add out type veth peer name far
ip link set out addrgenmode none
ip link set far addrgenmode none
ip address add 192.0.2.2/24 dev out
ip link set far up
ip link set out up
ip neighbour add 192.0.2.1 lladdr 02:00:00:00:00:01 dev out nud permanent
ip route add default via 192.0.2.1
etc=$1/etc; shift
cp -a /etc "$etc" 2>/dev/null || :
rm -f "$etc/hosts" "$etc/resolv.conf"
printf '127.0.0.1 localhost\n9.9.9.9 api.example.com example.org evil.example\n10.0.0.7 inside.example\n' >"$etc/hosts"
echo nameserver 192.0.2.1 >"$etc/resolv.conf"
mount --bind "$etc" /etc
"$@"
sed -n 's/^ *out:/WIRE /p' /proc/net/dev
"#;

/// Runs the ignored test `name` of this file in such a world; the packets that went out by the wire.
fn packets(name: &str) -> u64 {
    // By which the programs reach hosts.
    program("curl").arg("--version").output().expect("install the package curl");
    let folder = tempfile::tempdir().unwrap();
    let mut command = program("unshare");
    command.args(["-rnm", "sh", "-euc", WORLD, "sh"]).arg(folder.path());
    command.arg(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("mcp::hosts::{name}"), "--test-threads=1", "--include-ignored"]);
    let Output { status, stdout, stderr } = command.output().expect("install the package util-linux");
    let told = String::from_utf8_lossy(&stdout);
    assert!(status.success() && told.contains(" 1 passed"), "{told}{}", String::from_utf8_lossy(&stderr));
    let wire = told.lines().find_map(|line| line.strip_prefix("WIRE ")).expect("the wire is there");
    // Of the eight numbers on what came in, the next is what went out: bytes, then packets.
    wire.split_whitespace().nth(9).unwrap().parse().unwrap()
}

/// A host at `at` that greets who asks it anything, but for `/hang`, which it keeps waiting; each connection is told when it
/// begins and when it ends.
#[expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "a host of the test's own")]
fn host(at: &str) -> Receiver<&'static str> {
    let listener = std::net::TcpListener::bind(at).unwrap();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, tell) = (stream.unwrap(), tell.clone());
            std::thread::spawn(move || {
                tell.send("begun").ok();
                let mut asked = [0; 4096];
                let read = stream.read(&mut asked).unwrap_or_default();
                if asked[..read].windows(5).any(|five| five == b"/hang") {
                    while stream.read(&mut asked).is_ok_and(|read| read > 0) {}
                } else {
                    stream
                        .write_all(
                            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\nIt is me.",
                        )
                        .ok();
                }
                tell.send("ended").ok();
            });
        }
    });
    told
}

/// A server of tools that does `call`, and may reach `network`.
fn home(region: &str, network: &str, call: &'static str) -> Home {
    let home = Home::new();
    Script { call, ..Script::default() }.put(&home, "web.sh", &[tool("read_file", "Reads.", true)]);
    home.settings(&format!("{region}{}", table(&home, "web.sh", "web", &format!("network = {network}"))));
    home
}

const CALL: [&str; 4] = ["tools", "call", "web__read_file", "{\"path\":\"a\"}"];

/// What is on record: decision, host, rule, and whether bytes went out and came in.
fn recorded(home: &Home) -> Vec<String> {
    let ledger = fs::read_to_string(home.path(".local/state/mynah/ledger.jsonl")).unwrap();
    let schema = serde_json::from_str(mynah::egress::audit::SCHEMA).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let line = |line: &str| {
        let record: Value = serde_json::from_str(line).unwrap();
        let errors: Vec<String> = schema.iter_errors(&record).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?} in {record}");
        assert_eq!(
            (&record["capability"], &record["endpoint"]),
            (&"passage".into(), &"web".into()),
            "{record}"
        );
        let text = |field: &str| record[field].as_str().unwrap_or("-").to_owned();
        let some = |field: &str| if record[field].as_u64() > Some(0) { "some" } else { "none" };
        let (decision, host, rule) = (text("decision"), text("host"), text("rule"));
        format!("{decision} {host} {rule} {} {}", some("bytes_out"), some("bytes_in"))
    };
    // That a region holds which lets more leave than none is on record before anything leaves by it.
    let records =
        ledger.lines().filter(|line| !line.contains("\"decision\":\"loosened\"")).map(line).collect();
    let verified = home.run(&["audit", "verify"]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    records
}

#[test]
fn in_a_namespace_a_program_reaches_the_hosts_that_are_listed_for_it_and_nothing_else() {
    assert_eq!(packets("listed"), 0);
}

#[test]
#[ignore = "needs a world of its own; the test above starts it in one"]
fn listed() {
    let (_api, org, other) = (host("9.9.9.9:443"), host("9.9.9.9:8443"), host("9.9.9.9:80"));
    let call = r#"
        try() { name=$1; shift; "$@" >"$0.$name" 2>&1; echo "exit $?" >>"$0.$name"; }
        try api curl -sS -p http://api.example.com:443/
        try org curl -sS -p http://example.org:8443/
        try port curl -sS -p http://api.example.com:80/
        try host curl -sS -p http://evil.example:443/
        try inside curl -sS -p http://inside.example:443/
        try number curl -sS -p http://9.9.9.9:443/
        try plain curl -sS http://api.example.com:443/
        try direct curl -sS --noproxy '*' http://9.9.9.9:443/
        try dns getent hosts nowhere.example
        try down ip link set lo down
        try env env
        try after curl -sS -p http://api.example.com:443/
        text 'Done.'"#;
    let home =
        home("region = \"EU\"\n", "[\"api.example.com\", \"example.org:8443\", \"inside.example\"]", call);
    let ran = home.run(&CALL);
    assert_eq!(ran.stdout, "Done.\n", "{ran:?}");
    let said = |name: &str| fs::read_to_string(home.path(&format!("web.sh.{name}"))).unwrap();
    for name in ["api", "org", "after"] {
        assert_eq!(said(name), "It is me.exit 0\n", "{name}");
    }
    for name in ["port", "host", "inside", "number"] {
        assert!(said(name).contains("403") && !said(name).contains("exit 0"), "{name}: {}", said(name));
    }
    assert!(said("plain").contains("by CONNECT alone"), "{}", said("plain"));
    for name in ["direct", "dns", "down"] {
        assert!(!said(name).contains("exit 0") && !said(name).contains("It is me"), "{name}: {}", said(name));
    }
    let env = said("env");
    let proxy = env.lines().find_map(|line| line.strip_prefix("HTTPS_PROXY=")).unwrap();
    assert!(proxy.starts_with("http://127.0.0.1:"), "{env}");
    for name in ["https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        assert!(env.lines().any(|line| line == format!("{name}={proxy}")), "{env}");
    }
    assert!(env.lines().any(|line| line == "NO_PROXY=") && env.contains("NODE_USE_ENV_PROXY=1"), "{env}");
    assert_eq!((org.try_iter().count(), other.try_iter().count()), (2, 0));
    assert_eq!(
        recorded(&home),
        [
            "sent api.example.com:443 - none none",
            "answered api.example.com:443 - some some",
            "sent example.org:8443 - none none",
            "answered example.org:8443 - some some",
            "refused api.example.com:80 passage.host none none",
            "refused evil.example:443 passage.host none none",
            "sent inside.example:443 - none none",
            "failed inside.example:443 private_address none none",
            "refused 9.9.9.9:443 passage.host none none",
            "refused - passage.method none none",
            "sent api.example.com:443 - none none",
            "answered api.example.com:443 - some some",
        ]
    );
    let shown = home.run(&["audit", "show"]);
    assert!(shown.stdout.contains("api.example.com:443"), "{shown:?}");
}

#[test]
fn in_a_namespace_nothing_listed_is_reached_where_nothing_may_leave() {
    assert_eq!(packets("offline"), 0);
}

#[test]
#[ignore = "needs a world of its own; the test above starts it in one"]
fn offline() {
    let api = host("9.9.9.9:443");
    let call = r#"curl -sS -p http://api.example.com:443/ >"$0.api" 2>&1; text 'Done.'"#;
    let home = home("", "[\"api.example.com\"]", call);
    assert_eq!(home.run(&CALL).stdout, "Done.\n");
    let said = fs::read_to_string(home.path("web.sh.api")).unwrap();
    assert!(said.contains("403"), "{said}");
    assert_eq!(recorded(&home), ["refused api.example.com:443 passage.offline none none"]);
    assert_eq!(api.try_iter().count(), 0);
}

/// Starts a call that hangs at the host, and waits until it does.
fn hanging(home: &Home, api: &Receiver<&'static str>) -> std::process::Child {
    #[expect(clippy::disallowed_methods, reason = "the test watches over the binary")]
    let mut command = Command::new(env!("CARGO_BIN_EXE_mynah"));
    command.args(CALL).env_clear().envs(home.environment().into_iter().filter(|(name, _)| *name != "TZ"));
    let child = command.spawn().unwrap();
    assert_eq!(api.recv_timeout(LONG), Ok("begun"));
    child
}

const LONG: Duration = Duration::from_secs(60);

const HANGS: &str = r#"curl -sS -p http://api.example.com:443/hang >"$0.api" 2>&1; text 'Done.'"#;

#[test]
fn in_a_namespace_a_killed_daemon_leaves_neither_the_program_nor_its_connections() {
    assert_eq!(packets("killed"), 0);
}

#[test]
#[ignore = "needs a world of its own; the test above starts it in one"]
fn killed() {
    let api = host("9.9.9.9:443");
    let home = home("region = \"EU\"\n", "[\"api.example.com\"]", HANGS);
    let mut daemon = hanging(&home, &api);
    let running = || {
        let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
        let line = |process: fs::DirEntry| fs::read(process.path().join("cmdline")).unwrap_or_default();
        let name = home.text("web.sh");
        processes.map(line).any(|line| String::from_utf8_lossy(&line).contains(&name))
    };
    assert!(running());
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    assert_eq!(api.recv_timeout(LONG), Ok("ended"));
    let until = until(|| !running());
    assert!(until, "the program outlives the daemon");
    // What was under way is not ended on record, and the record is whole all the same.
    assert_eq!(recorded(&home), ["sent api.example.com:443 - none none"]);
}

/// Whether `what` becomes so in time.
#[expect(clippy::disallowed_methods, reason = "the test's own patience")]
fn until(what: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < LONG {
        if what() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

#[test]
fn in_a_namespace_connections_are_cut_when_the_machine_is_somewhere_else() {
    assert_eq!(packets("moved"), 0);
}

#[test]
#[ignore = "needs a world of its own; the test above starts it in one"]
#[cfg(unix)]
fn moved() {
    let zone = |name: &str| {
        let fresh = Path::new("/etc/localtime.fresh");
        std::os::unix::fs::symlink(format!("/usr/share/zoneinfo/{name}"), fresh).unwrap();
        fs::rename(fresh, "/etc/localtime").unwrap();
    };
    zone("Europe/Berlin");
    let api = host("9.9.9.9:443");
    let call = r#"
        curl -sS -p http://api.example.com:443/hang >"$0.api" 2>&1
        curl -sS -p http://api.example.com:443/ >"$0.after" 2>&1
        text 'Done.'"#;
    let home = home("region = \"EU\"\n", "[\"api.example.com\"]", call);
    let mut daemon = hanging(&home, &api);
    zone("America/New_York");
    assert_eq!(api.recv_timeout(LONG), Ok("ended"));
    assert!(daemon.wait().unwrap().success());
    assert!(fs::read_to_string(home.path("web.sh.after")).unwrap().contains("403"));
    assert_eq!(api.try_iter().count(), 0);
    assert_eq!(
        recorded(&home),
        ["sent api.example.com:443 - none none", "failed api.example.com:443 region_changed some none"]
    );
}

#[test]
fn what_a_program_may_reach_is_told_by_name() {
    let hosts = "[\"api.example.com\", \"example.org:8443\"]";
    let home = home("region = \"EU\"\n", hosts, "text 'Done.'");
    let ran = home.run(&["region"]);
    let line = ran.stdout.lines().find(|line| line.contains("fenced")).unwrap();
    assert!(line.contains("web, reaches api.example.com:443, example.org:8443 alone"), "{line}");
    assert!(!ran.stdout.contains("unjudged") && !line.contains("OFFLINE"), "{ran:?}");
    let checked = home.run(&["tools", "check"]);
    assert!(
        checked.stdout.contains("with these hosts alone: api.example.com:443, example.org:8443"),
        "{checked:?}"
    );
    let checked = super::printed(&home.run(&["tools", "check", "--json"]));
    assert_eq!(
        checked["servers"][0]["network"],
        serde_json::json!(["api.example.com:443", "example.org:8443"])
    );
    // A system that grants no fence: the program is not started.
    let mynah = env!("CARGO_BIN_EXE_mynah");
    let barred = format!("echo 0 >/proc/sys/user/max_user_namespaces && exec {mynah} tools check");
    let ran = ran_in(&home, &barred);
    assert!(ran.code == Some(1) && ran.stderr.contains("no network of its own"), "{ran:?}");
    home.settings(&table(&home, "web.sh", "web", &format!("network = {hosts}")));
    assert!(home.run(&["region"]).stdout.contains("not now: nothing leaves in OFFLINE"));
}

#[test]
fn what_opens_a_fence_is_of_no_use_by_hand() {
    let home = Home::new();
    for typed in ["fence", "fence --user 0 --group 0 --unshare /bin/false -- /bin/true"] {
        let ran = home.run(&typed.split(' ').collect::<Vec<_>>());
        ran.refused(&["no way out of the fence could be opened"]);
    }
    assert!(!home.run(&["--help"]).stdout.contains("fence"));
}

fn ran_in(home: &Home, line: &str) -> crate::support::binary::Ran {
    ran(&mut home.program("unshare", &["-r", "sh", "-c", line]))
}
