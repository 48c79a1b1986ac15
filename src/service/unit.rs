//! Unit: the systemd user unit as text.
//!
//! Enters: [`ServiceOptions`]. Leaves: `config/mynah.service` with the lines made to fit. Never here: I/O; a path that
//! could be read as anything but itself.

use std::path::Path;

use super::{ServiceError, ServiceOptions};

/// The unit as shipped.
const SHIPPED: &str = include_str!("../../config/mynah.service");

/// How a unit of ours begins; what does not is the user's own.
pub(super) const MARK: &str = "# Written by `mynah service install`.";

/// The unit for `options`.
pub(super) fn unit(options: &ServiceOptions) -> Result<String, ServiceError> {
    let mut start = format!("ExecStart={}", argument(&options.program)?);
    if let Some(config) = &options.config {
        start.push_str(&format!(" --config {}", argument(config)?));
    }
    start.push_str(" run");
    let writable: Vec<String> = options.writable.iter().map(|path| place(path)).collect::<Result<_, _>>()?;
    let writable = format!("ReadWritePaths={}", writable.join(" "));
    let session = "graphical-session.target";
    let mut text = format!("{MARK}\n");
    for line in SHIPPED.lines() {
        let key = line.split_once('=').map_or("", |(key, _)| key);
        let line = match key {
            "ExecStart" => start.clone(),
            "ReadWritePaths" => writable.clone(),
            "PrivateUsers" if !options.namespaces => continue,
            "RestrictNamespaces" | "MemoryDenyWriteExecute" if options.tool_servers => continue,
            "RestrictAddressFamilies" if options.listed_hosts => format!("{line} AF_NETLINK"),
            "RestrictAddressFamilies" if options.without_network => format!("{key}=AF_UNIX"),
            "After" if options.graphical => format!("{line} {session}\nPartOf={session}"),
            "WantedBy" if options.graphical => format!("{key}={session}"),
            _ => line.to_owned(),
        };
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

/// `path` as one argument of ExecStart: quoted, with what systemd would expand taken literally.
fn argument(path: &Path) -> Result<String, ServiceError> {
    quoted(path).map(|text| format!("\"{}\"", text.replace('$', "$$")))
}

/// `path` as one of ReadWritePaths; the hyphen lets the service start where it is not there.
fn place(path: &Path) -> Result<String, ServiceError> {
    quoted(path).map(|text| format!("\"-{text}\""))
}

fn quoted(path: &Path) -> Result<String, ServiceError> {
    let bad = |why| ServiceError::BadPath { path: path.to_owned(), why };
    if !path.is_absolute() {
        return Err(bad("it is not absolute"));
    }
    let text = path.to_str().ok_or_else(|| bad("it is not UTF-8"))?;
    if text.chars().any(char::is_control) {
        return Err(bad("it holds a control character"));
    }
    Ok(text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%"))
}

#[cfg(all(test, unix))]
pub(super) mod tests {
    use super::*;

    pub(in crate::service) fn options(home: &Path) -> ServiceOptions {
        ServiceOptions {
            program: "/usr/local/bin/mynah".into(),
            config: None,
            home: home.to_owned(),
            config_home: home.join(".config"),
            writable: vec![home.join("state"), home.join("run")],
            without_network: false,
            graphical: false,
            namespaces: true,
            tool_servers: false,
            listed_hosts: false,
        }
    }

    fn value<'a>(unit: &'a str, key: &str) -> Vec<&'a str> {
        unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect()
    }

    #[test]
    fn the_plain_unit_is_the_shipped_one_with_its_own_paths() {
        let unit = unit(&options(Path::new("/h"))).unwrap();
        assert!(unit.starts_with(MARK));
        assert_eq!(value(&unit, "ExecStart"), ["\"/usr/local/bin/mynah\" run"]);
        assert_eq!(value(&unit, "ReadWritePaths"), ["\"-/h/state\" \"-/h/run\""]);
        assert_eq!(value(&unit, "RestrictAddressFamilies"), ["AF_UNIX AF_INET AF_INET6"]);
        assert_eq!(value(&unit, "PrivateUsers"), ["yes"]);
        assert_eq!(value(&unit, "WantedBy"), ["default.target"]);
        assert!(!unit.contains("PartOf="));
    }

    #[test]
    fn a_desktop_a_bare_kernel_and_a_machine_that_asks_nobody_each_change_their_lines() {
        let options = ServiceOptions {
            graphical: true,
            namespaces: false,
            without_network: true,
            ..options(Path::new("/h"))
        };
        let unit = unit(&options).unwrap();
        assert_eq!(value(&unit, "RestrictAddressFamilies"), ["AF_UNIX"]);
        assert!(value(&unit, "PrivateUsers").is_empty());
        assert_eq!(value(&unit, "WantedBy"), ["graphical-session.target"]);
        assert_eq!(value(&unit, "PartOf"), ["graphical-session.target"]);
        assert!(value(&unit, "After")[0].ends_with(" graphical-session.target"));
    }

    #[test]
    fn servers_of_tools_get_their_fence_and_may_compile_while_they_run() {
        let with = |tool_servers| unit(&ServiceOptions { tool_servers, ..options(Path::new("/h")) }).unwrap();
        for key in ["RestrictNamespaces", "MemoryDenyWriteExecute"] {
            assert_eq!(value(&with(false), key), ["yes"]);
            assert!(value(&with(true), key).is_empty(), "{key}");
        }
        assert_eq!(value(&with(true), "NoNewPrivileges"), ["yes"]);
        let listed = |without_network| {
            let home = options(Path::new("/h"));
            unit(&ServiceOptions { listed_hosts: true, tool_servers: true, without_network, ..home }).unwrap()
        };
        for families in
            [listed(false), listed(true)].map(|unit| value(&unit, "RestrictAddressFamilies").concat())
        {
            assert_eq!(families, "AF_UNIX AF_INET AF_INET6 AF_NETLINK");
        }
    }

    #[test]
    fn no_character_of_a_path_is_read_as_anything_else() {
        let mut options = options(Path::new("/h"));
        options.program = "/opt/my bird/100%/$HOME/a\"b\\c".into();
        options.config = Some("/h/assistant two.toml".into());
        let text = unit(&options).unwrap();
        assert_eq!(
            value(&text, "ExecStart"),
            [r#""/opt/my bird/100%%/$$HOME/a\"b\\c" --config "/h/assistant two.toml" run"#]
        );
        for bad in ["/opt/a\nExecStartPre=rm", "mynah"] {
            options.program = bad.into();
            assert!(matches!(unit(&options), Err(ServiceError::BadPath { .. })), "{bad}");
        }
    }
}
