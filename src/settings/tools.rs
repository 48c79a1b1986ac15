//! Tools: what the user says of servers of tools, each a `[[tools.server]]` table.
//!
//! Enters: the value of `tools.server`. Leaves: [`ToolServer`]s. Never here: a key nobody knows, a host that no
//! fence could keep a program to, a key of an endpoint handed to a foreign program.

use toml::{Table, Value};

use super::{
    SettingsError,
    keys::{self, Accepts},
};
use crate::policy::Destination;

/// Most servers.
const SERVERS: usize = 16;

/// Longest name of a server: its tools' names are no longer than 64 with it.
const NAME: usize = 16;

/// When the user has to say yes before a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolConfirm {
    /// Unless the server says that the tool changes nothing.
    Changes,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What a program may reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolNetwork {
    /// Nothing.
    None,
    /// These hosts, each connection judged.
    Hosts(Vec<Destination>),
    /// Everything.
    Whole,
}

/// Where a server of tools is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolPlace {
    /// In a program that is started on this machine.
    Program {
        /// The program and its arguments.
        command: Vec<String>,
        /// What it may reach.
        network: ToolNetwork,
        /// Names of variables that it gets.
        environment: Vec<String>,
    },
    /// At an endpoint of the user's own rules, by its id.
    Endpoint(String),
}

/// A server of tools, as the user set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolServer {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub at: ToolPlace,
    /// When the user has to say yes.
    pub confirm: ToolConfirm,
    /// Tools that are offered; empty for all.
    pub allow: Vec<String>,
    /// Tools that are not.
    pub deny: Vec<String>,
    /// Whether the region's language model completes texts for it while a tool is called.
    pub sampling: bool,
}

impl ToolServer {
    /// What it may reach, where it is a program.
    #[must_use]
    pub const fn network(&self) -> Option<&ToolNetwork> {
        match &self.at {
            ToolPlace::Program { network, .. } => Some(network),
            ToolPlace::Endpoint(_) => None,
        }
    }

    /// Whether it is a program.
    #[must_use]
    pub const fn is_program(&self) -> bool {
        matches!(self.at, ToolPlace::Program { .. })
    }
}

const KEYS: [&str; 9] =
    ["name", "command", "endpoint", "network", "environment", "confirm", "allow", "deny", "sampling"];

const URL: &str = "no `url`: a server over HTTP is an [endpoint.ID] with `dialect = \"mcp\"` in regions.user.toml, which has its \
    URL, and `endpoint = \"ID\"` here";

const EITHER: &str = "either `command`, a program and its arguments as a list of texts, or `endpoint`, the id of a server of \
    yours over HTTP in regions.user.toml";

const NO_PROGRAM: &str = "left out beside `endpoint`: that is a server somewhere else, which is not started from here and has a network of its own";

/// Most hosts of one program.
const MOST_HOSTS: usize = 32;

const HOSTS: &str = "false (no network, the default), true (the whole network) or a list of 1 to 32 hosts, such as \
    [\"api.example.com\", \"example.org:8443\"]";

const SAMPLING: &str =
    "true or false; true lets the region's language model complete texts that the server writes";

/// The servers in `value`, which was set in `origin`.
pub(super) fn read(value: &Value, origin: &str) -> Result<Vec<ToolServer>, SettingsError> {
    let refuse = |key: String, value: String, allowed: &str| SettingsError::BadValue {
        origin: origin.to_owned(),
        key,
        value,
        allowed: allowed.to_owned(),
    };
    let tables = value.as_array().filter(|list| list.len() <= SERVERS && list.iter().all(Value::is_table));
    let Some(tables) = tables else {
        let allowed = "at most 16 [[tools.server]] tables, in a file";
        return Err(refuse("tools.server".into(), shortened(value), allowed));
    };
    let mut servers: Vec<ToolServer> = Vec::new();
    for table in tables.iter().filter_map(Value::as_table) {
        let name = table.get("name").and_then(Value::as_str).unwrap_or_default();
        let place = |key: &str| format!("tools.server.{}.{key}", if name.is_empty() { "?" } else { name });
        let wrong = |key: &str, allowed: &str| {
            let value = table.get(key).map_or_else(|| "not there".to_owned(), shortened);
            refuse(place(key), value, allowed)
        };
        if let Some(stranger) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
            if stranger == "url" {
                return Err(wrong(stranger, URL));
            }
            let nearest = keys::most_like(KEYS.into_iter(), stranger);
            return Err(SettingsError::UnknownKey {
                origin: origin.to_owned(),
                key: place(stranger),
                nearest: nearest.map(place),
            });
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if !(name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.len() <= NAME
            && name.chars().all(plain))
        {
            return Err(wrong("name", "1 to 16 small letters and digits, the first a letter"));
        }
        if servers.iter().any(|server| server.name == name) {
            return Err(wrong("name", "a name that no other server has"));
        }
        let server = server(name, table).map_err(|(key, allowed)| wrong(key, &allowed))?;
        if !server.is_program() && servers.iter().any(|other| other.at == server.at) {
            return Err(wrong("endpoint", "an endpoint that no other server has"));
        }
        servers.push(server);
    }
    Ok(servers)
}

/// The server in `table`; else the key that is wrong, and what is allowed.
fn server(name: &str, table: &Table) -> Result<ToolServer, (&'static str, String)> {
    let at = match (table.get("command"), table.get("endpoint")) {
        (Some(_), None) => program(table)?,
        (None, Some(_)) => endpoint(table)?,
        (None, None) => return Err(("command", EITHER.to_owned())),
        (Some(_), Some(_)) => return Err(("endpoint", EITHER.to_owned())),
    };
    let confirm = Accepts::OneOf(&["changes", "always", "never"]);
    let said = table.get("confirm").cloned().unwrap_or_else(|| Value::String("changes".to_owned()));
    confirm.check(&said).map_err(|allowed| ("confirm", allowed))?;
    Ok(ToolServer {
        name: name.to_owned(),
        at,
        confirm: match said.as_str() {
            Some("always") => ToolConfirm::Always,
            Some("never") => ToolConfirm::Never,
            _ => ToolConfirm::Changes,
        },
        allow: texts(table, "allow", 64)?,
        deny: texts(table, "deny", 64)?,
        sampling: match table.get("sampling") {
            None => false,
            Some(value) => value.as_bool().ok_or_else(|| ("sampling", SAMPLING.to_owned()))?,
        },
    })
}

/// The program in `table`.
fn program(table: &Table) -> Result<ToolPlace, (&'static str, String)> {
    let command = texts(table, "command", 64)?;
    if command.first().is_none_or(|program| program.trim().is_empty() || program.starts_with('~')) {
        let allowed =
            "a program, by its absolute path or its name on PATH, and its arguments: a list of texts";
        return Err(("command", allowed.to_owned()));
    }
    let program = &command[0];
    if program.contains('/') && !program.starts_with('/') && !cfg!(windows) {
        return Err(("command", "a program by its absolute path, or by its name alone".to_owned()));
    }
    let environment = texts(table, "environment", 32)?;
    let variable = |name: &String| super::secrets::is_variable_name(name) && !name.starts_with("MYNAH_");
    if !environment.iter().all(variable) {
        let allowed = "names of variables, whose values stay in the environment; none of Mynah's own (MYNAH_...), where keys \
                       of endpoints may lie";
        return Err(("environment", allowed.to_owned()));
    }
    let network = network(table.get("network")).map_err(|allowed| ("network", allowed))?;
    Ok(ToolPlace::Program { command, network, environment })
}

/// The network that `value` stands for; else what is allowed.
fn network(value: Option<&Value>) -> Result<ToolNetwork, String> {
    let list = match value {
        None | Some(Value::Boolean(false)) => return Ok(ToolNetwork::None),
        Some(Value::Boolean(true)) => return Ok(ToolNetwork::Whole),
        Some(value) => value.as_array().filter(|list| (1..=MOST_HOSTS).contains(&list.len())),
    };
    let texts: Option<Vec<&str>> = list.and_then(|list| list.iter().map(Value::as_str).collect());
    let mut hosts: Vec<Destination> = Vec::new();
    for text in texts.ok_or_else(|| HOSTS.to_owned())? {
        let host = text.parse().map_err(|wrong| format!("{HOSTS}; {wrong}"))?;
        if hosts.contains(&host) {
            return Err(format!("{HOSTS}; {host} stands there twice"));
        }
        hosts.push(host);
    }
    Ok(ToolNetwork::Hosts(hosts))
}

/// The endpoint in `table`. Whether the rules have it is theirs to say, when it is asked.
fn endpoint(table: &Table) -> Result<ToolPlace, (&'static str, String)> {
    if let Some(key) = ["network", "environment"].into_iter().find(|key| table.contains_key(*key)) {
        return Err((key, NO_PROGRAM.to_owned()));
    }
    let fits = |id: &&str| {
        let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (1..=64).contains(&id.len()) && id.bytes().all(letter)
    };
    let id = table.get("endpoint").and_then(Value::as_str).filter(fits);
    let allowed = || ("endpoint", "the id of an endpoint in regions.user.toml, such as \"notes\"".to_owned());
    id.map(|id| ToolPlace::Endpoint(id.to_owned())).ok_or_else(allowed)
}

/// The list of at most `most` texts that `key` has in `table`.
fn texts(table: &Table, key: &'static str, most: usize) -> Result<Vec<String>, (&'static str, String)> {
    let Some(value) = table.get(key) else { return Ok(Vec::new()) };
    let list = value.as_array().filter(|list| list.len() <= most);
    let texts = list.and_then(|list| {
        let text =
            |item: &Value| item.as_str().filter(|text| !text.contains(char::is_control)).map(str::to_owned);
        list.iter().map(text).collect::<Option<Vec<String>>>()
    });
    texts.ok_or_else(|| (key, format!("a list of at most {most} texts on one line each")))
}

/// `value` as it is shown where it is wrong.
fn shortened(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().nth(80).is_some() {
        format!("{}...", text.chars().take(80).collect::<String>())
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(text: &str) -> Result<Vec<ToolServer>, String> {
        let table: Table = text.parse().unwrap();
        read(&table["tools"]["server"], "user.toml").map_err(|error| error.to_string())
    }

    #[test]
    fn a_server_is_fenced_and_asks_unless_told_otherwise() {
        let read = servers("[[tools.server]]\nname = \"files\"\ncommand = [\"npx\", \"-y\", \"x\"]").unwrap();
        assert_eq!(
            read,
            [ToolServer {
                name: "files".into(),
                at: ToolPlace::Program {
                    command: vec!["npx".into(), "-y".into(), "x".into()],
                    network: ToolNetwork::None,
                    environment: Vec::new(),
                },
                confirm: ToolConfirm::Changes,
                allow: Vec::new(),
                deny: Vec::new(),
                sampling: false,
            }]
        );
        let all = "[[tools.server]]\nname = \"a1\"\ncommand = [\"/bin/x\"]\nnetwork = true\nenvironment = [\"TOKEN\"]\n\
            confirm = \"never\"\nallow = [\"read_*\"]\ndeny = [\"read_secret\"]";
        let read = servers(all).unwrap();
        assert!(
            matches!(&read[0].at, ToolPlace::Program { network: ToolNetwork::Whole, environment, .. } if *environment == ["TOKEN"])
        );
        assert!(read[0].confirm == ToolConfirm::Never && read[0].allow == ["read_*"]);
        let hosts = "[[tools.server]]\nname = \"a1\"\ncommand = [\"x\"]\nnetwork = [\"Example.com\", \"a.example:8443\"]";
        let Some(ToolNetwork::Hosts(hosts)) = servers(hosts).unwrap()[0].network().cloned() else {
            panic!("no list")
        };
        assert_eq!(
            hosts.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["example.com:443", "a.example:8443"]
        );
        let read =
            servers("[[tools.server]]\nname = \"notes\"\nendpoint = \"my-notes\"\ndeny = [\"x\"]").unwrap();
        assert_eq!(
            (&read[0].at, &*read[0].deny),
            (&ToolPlace::Endpoint("my-notes".into()), &["x".to_owned()][..])
        );
    }

    #[test]
    fn what_is_wrong_is_refused_with_its_place_and_its_reason() {
        let with = |line: &str| format!("[[tools.server]]\nname = \"files\"\ncommand = [\"npx\"]\n{line}");
        for (text, expected) in [
            ("tools.server = 3".to_owned(), "`tools.server` is 3"),
            ("[[tools.server]]\ncommand = [\"x\"]".to_owned(), "`tools.server.?.name` is not there"),
            ("[[tools.server]]\nname = \"A b\"\ncommand = [\"x\"]".to_owned(), "small letters and digits"),
            ("[[tools.server]]\nname = \"a\"".to_owned(), "`tools.server.a.command` is not there"),
            ("[[tools.server]]\nname = \"a\"".to_owned(), "either `command`"),
            (with("endpoint = \"notes\""), "either `command`"),
            ("[[tools.server]]\nname = \"a\"\nendpoint = \"A b\"".to_owned(), "the id of an endpoint"),
            ("[[tools.server]]\nname = \"a\"\nendpoint = 3".to_owned(), "the id of an endpoint"),
            (
                "[[tools.server]]\nname = \"a\"\nendpoint = \"n\"\nnetwork = true".to_owned(),
                "left out beside `endpoint`",
            ),
            (
                "[[tools.server]]\nname = \"a\"\nendpoint = \"n\"\nenvironment = []".to_owned(),
                "left out beside `endpoint`",
            ),
            ("[[tools.server]]\nname = \"a\"\ncommand = \"npx x\"".to_owned(), "a list of at most 64 texts"),
            ("[[tools.server]]\nname = \"a\"\ncommand = [\"bin/x\"]".to_owned(), "absolute path"),
            (with("network = \"yes\""), "a list of 1 to 32 hosts"),
            (with("network = []"), "a list of 1 to 32 hosts"),
            (with("network = [3]"), "a list of 1 to 32 hosts"),
            (with(&format!("network = [{}]", "\"example.com\", ".repeat(33))), "a list of 1 to 32 hosts"),
            (with("network = [\"*.example.com\"]"), "\"*.example.com\" is a pattern"),
            (with("network = [\"10.0.0.1\"]"), "\"10.0.0.1\" names a host by number"),
            (with("network = [\"nas.local\"]"), "the local network"),
            (with("network = [\"example.com\", \"Example.com:443\"]"), "stands there twice"),
            (with("url = \"https://mcp.example.com\""), "`dialect = \"mcp\"` in regions.user.toml"),
            (with("environment = [\"MYNAH_KEY_OPENAI\"]"), "none of Mynah's own"),
            (with("environment = [\"A=b\"]"), "names of variables"),
            (with("confirm = \"sometimes\""), "\"changes\", \"always\", \"never\""),
            (with("alow = [\"read_*\"]"), "nearest known: `tools.server.files.allow`"),
            (format!("{0}\n{0}", with("")), "a name that no other server has"),
            (
                ["a", "b"]
                    .map(|name| format!("[[tools.server]]\nname = {name:?}\nendpoint = \"n\"\n"))
                    .concat(),
                "an endpoint that no other server has",
            ),
        ] {
            let told = servers(&text).unwrap_err();
            assert!(told.starts_with("user.toml: ") && told.contains(expected), "{text}: {told}");
        }
    }
}
