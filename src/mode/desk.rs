//! Desk: where things lie on the user's machine, for the skills that work it.
//!
//! Enters: the environment and the system's conventions. Leaves: a [`Desk`]. Never here: anything opened.

use std::path::PathBuf;

use crate::{
    desktop::{Around, Desk},
    program::default_program_dirs,
    settings::{
        environment::{session_bus, variable},
        folders, shelves,
    },
};

/// The variables that an application needs and no other: the desktop's, the user's and their language's.
const HANDED_ON: [&str; 34] = [
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "PATH",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "LC_TIME",
    "LC_NUMERIC",
    "LC_MESSAGES",
    "TZ",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "DBUS_SESSION_BUS_ADDRESS",
    "DESKTOP_SESSION",
    "PULSE_SERVER",
    "GTK_IM_MODULE",
    "QT_IM_MODULE",
    "XMODIFIERS",
    "QT_QPA_PLATFORMTHEME",
    "XDG_RUNTIME_DIR",
    "XDG_SESSION_ID",
    "XDG_SESSION_TYPE",
    "XDG_SESSION_DESKTOP",
    "XDG_CURRENT_DESKTOP",
    "XDG_DATA_HOME",
    "XDG_DATA_DIRS",
    "XDG_CONFIG_HOME",
    "XDG_CONFIG_DIRS",
    "XDG_CACHE_HOME",
    "XDG_STATE_HOME",
];

/// Where the system's bus is, by its specification.
const SYSTEM_BUS: &str = "unix:path=/run/dbus/system_bus_socket";

/// The machine that the environment describes.
pub(super) fn desk() -> Desk {
    let home = folders().map(|folders| folders.home);
    let below = |path: &str| home.as_ref().map(|home| home.join(path));
    let own = |name: &str, usual: &str| variable(name).map(PathBuf::from).or_else(|| below(usual));
    let data = own("XDG_DATA_HOME", ".local/share")
        .into_iter()
        .chain(several("XDG_DATA_DIRS", "/usr/local/share:/usr/share"))
        // Where applications from other shops show themselves; a service may not be told of these.
        .chain(below(".local/share/flatpak/exports/share"))
        .chain(["/var/lib/flatpak/exports/share", "/var/lib/snapd/desktop"].map(PathBuf::from));
    let config =
        own("XDG_CONFIG_HOME", ".config").into_iter().chain(several("XDG_CONFIG_DIRS", "/etc/xdg")).collect();
    // A service's PATH may lack what the system's applications lie in, and those folders what the user put elsewhere.
    let programs = default_program_dirs()
        .into_iter()
        .chain(["/usr/games", "/usr/local/games", "/snap/bin"].map(PathBuf::from))
        .chain(below(".local/bin"))
        .chain(several("PATH", ""));
    let value = |name: &str| variable(name).map(|value| (name.to_owned(), value));
    Desk::new(&Around {
        root: "/".into(),
        data: unique(data),
        config,
        desktops: variable("XDG_CURRENT_DESKTOP")
            .map(|names| names.split(':').map(str::to_owned).collect())
            .unwrap_or_default(),
        folders: shelves(),
        programs: unique(programs),
        session_bus: session_bus(),
        system_bus: Some(variable("DBUS_SYSTEM_BUS_ADDRESS").unwrap_or_else(|| SYSTEM_BUS.to_owned())),
        sound_server: None,
        variables: HANDED_ON.iter().filter_map(|name| value(name)).collect(),
        home,
    })
}

/// The directories in the variable `name`, else the `usual` ones.
fn several(name: &str, usual: &str) -> Vec<PathBuf> {
    let paths = variable(name).unwrap_or_else(|| usual.to_owned());
    paths.split(':').map(PathBuf::from).filter(|path| path.is_absolute()).collect()
}

fn unique(paths: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut known = Vec::new();
    for path in paths {
        if !known.contains(&path) {
            known.push(path);
        }
    }
    known
}
