//! Machine: how this machine is doing.

use super::{Reply, Skill, SkillContext, SkillError, asked::list, spans::roughly, unable::unable};
use crate::{
    desktop::{Battery, Charge, DesktopError, Link, Machine, Network, Room},
    flow::Intent,
};

/// Answers `system.*`.
pub(super) struct System(pub(super) Box<dyn Machine>);

impl Skill for System {
    fn handles(&self, name: &str) -> bool {
        name.starts_with("system.")
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let machine = self.0.as_mut();
        let told = match intent.name.as_str() {
            "system.battery" => machine.battery().map(|it| battery(&it, context)),
            "system.charging" => machine.battery().map(|it| plugged(&it, context)),
            "system.disk" => machine.disk().map(|it| disk(&it, context)),
            "system.memory" => machine.memory().map(|it| memory(&it, context)),
            "system.network" => machine.network().map(|it| network(&it, context)),
            "system.uptime" => machine.uptime().map(|it| uptime(it, context)),
            _ => return Err(SkillError::UnknownIntent { intent: intent.name.clone() }),
        };
        Ok(match told {
            Ok(told) => told,
            Err(DesktopError::Absent("battery")) => no_battery(context),
            Err(error) => unable(&error, context),
        })
    }
}

fn no_battery(context: &SkillContext) -> Reply {
    Reply::in_language(context, "This machine has no battery that I can see.", "这台设备上看不到电池。")
}

fn battery(battery: &Battery, context: &SkillContext) -> Reply {
    let percent = battery.percent;
    let left = battery.left.and_then(|left| i64::try_from(left.as_millis()).ok());
    let left = left.map(|ms| roughly(ms, context));
    let (english, mandarin) = match (battery.state, left) {
        (Charge::Charging, Some(left)) => {
            (format!(" and charging; full in about {left}"), format!("，正在充电，大约{left}后充满"))
        }
        (Charge::Charging, None) => (" and charging".to_owned(), "，正在充电".to_owned()),
        (Charge::Discharging, Some(left)) => {
            (format!(", enough for about {left}"), format!("，大约还能用{left}"))
        }
        (Charge::Full, _) => (" and full".to_owned(), "，已经充满".to_owned()),
        (Charge::Resting, _) if battery.plugged == Some(true) => {
            (", plugged in but not charging".to_owned(), "，插着电源但没有在充电".to_owned())
        }
        (Charge::Discharging, None) | (Charge::Resting, _) => (String::new(), String::new()),
    };
    Reply::in_language(
        context,
        format!("The battery is at {percent} percent{english}."),
        format!("电池还有百分之{percent}{mandarin}。"),
    )
}

fn plugged(battery: &Battery, context: &SkillContext) -> Reply {
    let percent = battery.percent;
    let charging = battery.state == Charge::Charging;
    let (english, mandarin) = match battery.plugged {
        Some(true) if charging => ("Yes, it's plugged in and charging", "插着电源，正在充电"),
        Some(true) => ("It's plugged in, but not charging", "插着电源，但没有在充电"),
        Some(false) => ("No, it's running on the battery", "没有插电源，正在用电池"),
        None => ("I can't tell whether it's plugged in", "看不出有没有插电源"),
    };
    Reply::in_language(
        context,
        format!("{english}; the battery is at {percent} percent."),
        format!("{mandarin}，电量百分之{percent}。"),
    )
}

/// `bytes` in giga, one decimal where it matters, as shops count them.
fn giga(bytes: u64, in_one: u64) -> String {
    let tenths = bytes.saturating_mul(10).checked_div(in_one).unwrap_or(0);
    if tenths >= 100 || tenths.is_multiple_of(10) {
        (tenths / 10).to_string()
    } else {
        format!("{}.{}", tenths / 10, tenths % 10)
    }
}

fn disk(room: &Room, context: &SkillContext) -> Reply {
    let (free, whole) = (giga(room.free, 1_000_000_000), giga(room.whole, 1_000_000_000));
    Reply::in_language(
        context,
        format!("{free} of {whole} gigabytes are free on the disk with your files."),
        format!("存放你文件的硬盘共{whole}GB，还剩{free}GB。"),
    )
}

fn memory(room: &Room, context: &SkillContext) -> Reply {
    let (free, whole) = (giga(room.free, 1 << 30), giga(room.whole, 1 << 30));
    Reply::in_language(
        context,
        format!("{free} of {whole} gigabytes of memory are available."),
        format!("内存共{whole}GB，还有{free}GB可用。"),
    )
}

fn network(network: &Network, context: &SkillContext) -> Reply {
    let named = |link: &Link| match (link, context.in_mandarin()) {
        (Link::Wired, false) => "a cable",
        (Link::Wired, true) => "网线",
        (Link::Wireless, false) => "Wi-Fi",
        (Link::Wireless, true) => "Wi-Fi",
        (Link::Other, false) => "a virtual connection",
        (Link::Other, true) => "虚拟连接",
    };
    let names: Vec<String> = network.links.iter().map(|link| named(link).to_owned()).collect();
    let names = list(&names, context);
    let (english, mandarin) = match (network.links.is_empty(), network.leads_out) {
        (false, true) => (
            format!("You're connected by {names}. I haven't tried whether the internet answers."),
            format!("已经通过{names}连接网络，不过我没有试互联网通不通。"),
        ),
        (false, false) => (
            format!("There is a connection by {names}, but no way out of the local network."),
            format!("有{names}，但没有通到外面的路。"),
        ),
        (true, _) => {
            ("No, this machine isn't connected to a network.".to_owned(), "没有连接网络。".to_owned())
        }
    };
    Reply::in_language(context, english, mandarin)
}

fn uptime(length: std::time::Duration, context: &SkillContext) -> Reply {
    let length = roughly(i64::try_from(length.as_millis()).unwrap_or(i64::MAX), context);
    Reply::in_language(
        context,
        format!("This machine has been running for {length}."),
        format!("这台设备已经运行了{length}。"),
    )
}

#[cfg(test)]
mod tests {
    use super::giga;

    #[test]
    fn bytes_are_told_as_people_count_them() {
        let told = [0, 950_000_000, 9_960_000_000, 12_900_000_000, 2_000_000_000_000]
            .map(|b| giga(b, 1_000_000_000));
        assert_eq!(told, ["0", "0.9", "9.9", "12", "2000"]);
    }
}
