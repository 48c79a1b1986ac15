//! Launchd: the service as an agent of the user, inside an application bundle of its own.
//!
//! Enters: [`ServiceOptions`]. Leaves: steps. Never here: a daemon of root, which has no microphone.
//!
//! Why a bundle: macOS asks for the microphone in the name of what launchd started. A bare binary has no text to ask with,
//! so it is never asked for and hears nothing but zeros. `Mynah.app` holds the text (`NSMicrophoneUsageDescription`) and a
//! copy of the binary, signed for this machine alone, so that the permission has something to stay with. After an upgrade
//! `mynah service install` makes the copy anew, and macOS asks once more.

use std::{fs, io::ErrorKind, path::PathBuf};

use super::{ServiceError, ServiceOptions, Step, steps::command};

/// What launchd and macOS's permissions know the agent by.
pub(super) const LABEL: &str = "local.mynah.assistant";

/// How a property list of ours is known.
const MARK: &str = "<!-- Written by `mynah service install`. -->";

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
                    \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n";

/// Where the agent's property list lies.
pub(super) fn file(options: &ServiceOptions) -> PathBuf {
    options.home.join("Library/LaunchAgents").join(format!("{LABEL}.plist"))
}

/// Where the agent's log lies.
pub(super) fn log(options: &ServiceOptions) -> PathBuf {
    options.home.join("Library/Logs/Mynah.log")
}

fn bundle(options: &ServiceOptions) -> PathBuf {
    options.home.join("Applications/Mynah.app")
}

pub(super) fn install(options: &ServiceOptions) -> Result<Vec<Step>, ServiceError> {
    let path = file(options);
    ours(&path)?;
    let bundle = bundle(options);
    let binary = bundle.join("Contents/MacOS/mynah");
    let mut steps: Vec<Step> = options.writable.iter().cloned().map(Step::Folder).collect();
    steps.push(Step::Write { path: bundle.join("Contents/Info.plist"), text: info() });
    if options.program != binary {
        steps.push(Step::Copy { from: options.program.clone(), to: binary.clone() });
    }
    let mut sign = command(&["codesign", "--force", "--sign", "-", "--identifier", LABEL]);
    sign.push(bundle.into());
    steps.push(Step::Run { command: sign, must: true });
    steps.push(Step::Write { path: path.clone(), text: agent(options, &text(&binary)?)? });
    let domain = domain(options);
    // An agent that runs already must leave before it can be read anew.
    steps.push(Step::Run { command: command(&["launchctl", "bootout", &target(options)]), must: false });
    steps.push(Step::Run {
        command: command(&["launchctl", "bootstrap", &domain, &text(&path)?]),
        must: true,
    });
    Ok(steps)
}

pub(super) fn uninstall(options: &ServiceOptions) -> Result<Vec<Step>, ServiceError> {
    let path = file(options);
    if !ours(&path)? {
        return Ok(Vec::new());
    }
    Ok(vec![
        Step::Run { command: command(&["launchctl", "bootout", &target(options)]), must: false },
        Step::Remove(path),
        Step::Remove(bundle(options)),
    ])
}

/// What the agent is to launchctl.
pub(super) fn target(options: &ServiceOptions) -> String {
    format!("{}/{LABEL}", domain(options))
}

/// The user's graphical session; the number is that of the home's owner.
fn domain(options: &ServiceOptions) -> String {
    #[cfg(unix)]
    let user = fs::metadata(&options.home).map_or(0, |about| std::os::unix::fs::MetadataExt::uid(&about));
    #[cfg(not(unix))]
    let user = options.home.components().count();
    format!("gui/{user}")
}

pub(super) fn ours(path: &std::path::Path) -> Result<bool, ServiceError> {
    match fs::read_to_string(path) {
        Ok(text) if text.contains(MARK) => Ok(true),
        Ok(_) => Err(ServiceError::NotOurs { path: path.to_owned() }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(cause) => Err(ServiceError::Unwritable { path: path.to_owned(), cause }),
    }
}

/// The bundle's property list.
fn info() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let usage = "Mynah listens for its wake phrase. What it hears stays on this Mac.";
    let pairs = [
        ("CFBundleIdentifier", LABEL),
        ("CFBundleName", "Mynah"),
        ("CFBundleExecutable", "mynah"),
        ("CFBundlePackageType", "APPL"),
        ("CFBundleVersion", version),
        ("CFBundleShortVersionString", version),
        ("NSMicrophoneUsageDescription", usage),
    ];
    let mut text = format!("{HEAD}<plist version=\"1.0\">\n<dict>\n");
    for (key, value) in pairs {
        text.push_str(&format!("  <key>{key}</key>\n  <string>{}</string>\n", escaped(value)));
    }
    // No icon in the Dock, no menu.
    text.push_str("  <key>LSUIElement</key>\n  <true/>\n</dict>\n</plist>\n");
    text
}

/// The agent's property list.
fn agent(options: &ServiceOptions, binary: &str) -> Result<String, ServiceError> {
    let mut arguments = vec![binary.to_owned()];
    if let Some(config) = &options.config {
        arguments.extend(["--config".to_owned(), text(config)?]);
    }
    arguments.push("run".to_owned());
    let arguments: String =
        arguments.iter().map(|word| format!("    <string>{}</string>\n", escaped(word))).collect();
    let log = escaped(&text(&log(options))?);
    Ok(format!(
        "{HEAD}{MARK}\n<plist version=\"1.0\">\n<dict>\n  <key>Label</key>\n  <string>{LABEL}</string>\n  \
         <key>ProgramArguments</key>\n  <array>\n{arguments}  </array>\n  <key>RunAtLoad</key>\n  <true/>\n  \
         <key>KeepAlive</key>\n  <dict>\n    <key>SuccessfulExit</key>\n    <false/>\n  </dict>\n  \
         <key>ThrottleInterval</key>\n  <integer>10</integer>\n  <key>ProcessType</key>\n  \
         <string>Interactive</string>\n  <key>StandardOutPath</key>\n  <string>{log}</string>\n  \
         <key>StandardErrorPath</key>\n  <string>{log}</string>\n</dict>\n</plist>\n"
    ))
}

fn text(path: &std::path::Path) -> Result<String, ServiceError> {
    let bad = |why| ServiceError::BadPath { path: path.to_owned(), why };
    let text = path.to_str().ok_or_else(|| bad("it is not UTF-8"))?;
    if text.chars().any(char::is_control) {
        Err(bad("it holds a control character"))
    } else {
        Ok(text.to_owned())
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::service::unit::tests::options;

    #[test]
    fn the_agent_runs_the_bundles_binary_and_the_bundle_says_why_it_listens() {
        let home = tempfile::tempdir().unwrap();
        let mut options = options(home.path());
        options.config = Some("/etc/a&b.toml".into());
        let steps = install(&options).unwrap();
        let written: Vec<(&PathBuf, &String)> = steps
            .iter()
            .filter_map(|step| if let Step::Write { path, text } = step { Some((path, text)) } else { None })
            .collect();
        let (info, agent) = (written[0], written[1]);
        assert!(info.0.ends_with("Applications/Mynah.app/Contents/Info.plist"));
        assert!(info.1.contains("<key>NSMicrophoneUsageDescription</key>"));
        assert!(agent.1.contains("Mynah.app/Contents/MacOS/mynah</string>\n    <string>--config</string>"));
        assert!(agent.1.contains("/etc/a&amp;b.toml</string>\n    <string>run</string>"), "{}", agent.1);
        let signed = steps.iter().position(|step| step.to_string().contains("codesign")).unwrap();
        let copied = steps.iter().position(|step| matches!(step, Step::Copy { .. })).unwrap();
        assert!(copied < signed, "{steps:?}");
        assert_eq!(uninstall(&options).unwrap(), [], "nothing is installed yet");
    }
}
