//! A TLS server on loopback with certificates of its own, made by `openssl` for the test.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Stdio},
};

use super::screen::{program, started};

/// Makes a certificate authority in `folder`: `ca.pem` and its key.
pub(crate) fn authority(folder: &Path) {
    let subject = ["-subj", "/CN=Mynah's tests", "-days", "2", "-nodes"];
    openssl(
        folder,
        &[&["req", "-x509", "-newkey", "rsa:2048", "-keyout", "ca.key", "-out", "ca.pem"], &subject[..]]
            .concat(),
    );
}

/// Makes a certificate for `name`, signed by the authority in `folder` or by itself, and `days` long.
pub(crate) fn certificate(folder: &Path, file: &str, name: &str, signed: bool, days: &str) {
    let (key, pem, subject) = (format!("{file}.key"), format!("{file}.pem"), format!("/CN={name}"));
    let alternative = format!("subjectAltName=DNS:{name}");
    let make =
        ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", &key, "-out", &pem, "-subj", &subject];
    let signing: &[&str] = if signed { &["-CA", "ca.pem", "-CAkey", "ca.key"] } else { &[] };
    // A leaf: whoever may sign others is not taken for one.
    let leaf = ["-addext", &alternative, "-addext", "basicConstraints=critical,CA:FALSE", "-days", days];
    openssl(folder, &[&make[..], signing, &leaf[..]].concat());
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let mut command = program("openssl");
    command.args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::piped());
    let output = started(&mut command, "openssl", "openssl").wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// `openssl s_server`, which answers any GET with a page about the connection; it ends with the value.
pub(crate) struct TlsServer {
    process: Child,
    port: String,
}

impl TlsServer {
    /// A server with the certificate `file` in `folder`.
    pub(crate) fn start(folder: &Path, file: &str) -> Self {
        let mut command = program("openssl");
        command.args(["s_server", "-accept", "127.0.0.1:0", "-www"]);
        command.args(["-cert", &format!("{file}.pem"), "-key", &format!("{file}.key")]);
        command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = started(&mut command, "openssl", "openssl");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = lines.find_map(|line| line.unwrap().strip_prefix("ACCEPT 127.0.0.1:").map(str::to_owned));
        Self { process, port: ready.expect("openssl says where it listens") }
    }

    pub(crate) fn url(&self, host: &str) -> String {
        format!("https://{host}:{}", self.port)
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
