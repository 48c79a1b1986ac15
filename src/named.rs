//! Named: which sound device a name means, the same for microphones and loudspeakers.
//!
//! Enters: a name as the user wrote it, devices as the system tells them. Leaves: the one that is meant. Never here: a
//! device.

/// A device as [`meant`] looks at it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'a> {
    pub(crate) name: &'a str,
    pub(crate) id: &'a str,
}

/// The device that `wish` means: by its exact name or identifier, else the first whose name holds the wish, whatever the
/// case ("headset" means "Jabra Evolve Headset"). What an output plays is recorded only where it is named exactly.
pub(crate) fn meant(wish: &str, devices: &[Named<'_>]) -> Option<usize> {
    let exact = devices.iter().position(|it| it.name == wish || it.id == wish);
    exact.or_else(|| {
        let wish = wish.to_lowercase();
        let near = |it: &Named<'_>| !is_monitor(it.id) && it.name.to_lowercase().contains(&wish);
        if wish.trim().is_empty() { None } else { devices.iter().position(near) }
    })
}

/// Whether a sound server calls so what an output plays.
pub(crate) fn is_monitor(id: &str) -> bool {
    id.ends_with(".monitor")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_an_identifier_or_a_part_of_the_name_will_do_and_the_exact_one_wins() {
        let named = |name, id| Named { name, id };
        let devices = [
            named("Monitor of Jabra Evolve Headset", "out.1.monitor"),
            named("Jabra Evolve Headset (2)", "in.1"),
            named("Jabra Evolve Headset", "in.2"),
            named("Built-in Audio", "in.3"),
        ];
        for (wish, at) in [
            ("Jabra Evolve Headset", Some(2)),
            ("in.3", Some(3)),
            ("headset", Some(1)),
            ("BUILT-IN", Some(3)),
            ("out.1.monitor", Some(0)),
            ("monitor of", None),
            ("Yeti", None),
            ("", None),
            (" ", None),
        ] {
            assert_eq!(meant(wish, &devices), at, "{wish:?}");
        }
    }
}
