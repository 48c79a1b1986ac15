//! Home: lights, switches, heating, locks and blinds, through the user's own Home Assistant.
//!
//! Enters: an intent, what there is at home. Leaves: an order, and what the things say of themselves afterwards; nothing is
//! claimed that they do not say. What unlocks, opens a door or silences an alarm is asked about first.

use super::{
    Reply, Skill, SkillContext, SkillError,
    asked::{self, missing, text},
    home_names::{Meant, meant},
    outside::{About, Beyond, Device, Found, House, NoFact, Order},
};
use crate::flow::{Intent, Slot, SlotValue, Wanted};

/// What cannot be done, and by whom.
const ABOUT: About = About {
    to_do: ["control your home", "控制家里的设备"],
    service: ["Home Assistant", "Home Assistant"],
};

/// The slot that holds "yes" once the user confirmed, and the one that says for what.
const CONFIRMED: &str = "confirmed";
const FOR: &str = "id";

/// At most so many names are read out.
const MOST_NAMES: usize = 4;

/// Words in a name by which a thing is more than a comfort.
const RISKY: [&str; 14] = [
    "door", "gate", "garage", "lock", "alarm", "security", "siren", "camera", "门", "锁", "警", "安防",
    "车库", "摄像",
];

/// States of what is on; a television that idles is on too.
const ON: &[&str] =
    &["on", "playing", "paused", "idle", "buffering", "heat", "cool", "auto", "heat_cool", "dry", "fan_only"];
const OFF: &[&str] = &["off", "standby"];

/// Answers `home.on`, `home.off`, `home.set`, `home.heat`, `home.lock`, `home.unlock`, `home.open`, `home.close` and
/// `home.state`.
pub(super) struct Home(pub(super) Beyond);

/// What an intent does.
struct Deed {
    /// Kinds of things that it can be done to.
    kinds: &'static [&'static str],
    service: &'static str,
    done: &'static [&'static str],
    /// What they are then, in English and Mandarin.
    then: [&'static str; 2],
}

const SWITCHED: &[&str] =
    &["light", "switch", "fan", "media_player", "climate", "humidifier", "input_boolean"];

fn deed(name: &str) -> Option<Deed> {
    let deed = |kinds, service, done, then| Some(Deed { kinds, service, done, then });
    match name {
        "home.on" => deed(SWITCHED, "turn_on", ON, ["on", "开了"]),
        "home.off" => deed(SWITCHED, "turn_off", OFF, ["off", "关了"]),
        "home.set" => deed(&["light", "fan", "cover"], "turn_on", ON, ["set", "调好了"]),
        "home.heat" => deed(&["climate"], "set_temperature", &[], ["set", "调好了"]),
        "home.lock" => deed(&["lock"], "lock", &["locked"], ["locked", "锁上了"]),
        "home.unlock" => deed(&["lock"], "unlock", &["unlocked", "open"], ["unlocked", "解锁了"]),
        "home.open" => deed(&["cover"], "open_cover", &["open", "opening"], ["open", "打开了"]),
        "home.close" => deed(&["cover"], "close_cover", &["closed", "closing"], ["closed", "关上了"]),
        _ => None,
    }
}

impl Skill for Home {
    fn handles(&self, name: &str) -> bool {
        name == "home.state" || deed(name).is_some()
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let mut outside = self.0.get();
        let house = &mut *outside.house;
        let found = match house.devices() {
            Ok(found) => found,
            Err(none) => return Ok(none.reply(&ABOUT, context)),
        };
        let reply = match deed(&intent.name) {
            None => state(intent, &found.what, context)?,
            Some(deed) => match carry_out(house, intent, &deed, &found.what, context) {
                Ok(reply) => reply,
                Err(reply) => return Ok(*reply),
            },
        };
        let Found { by, reason, .. } = found;
        Ok(reply.told_by(by, reason))
    }
}

fn carry_out(
    house: &mut dyn House,
    intent: &Intent,
    deed: &Deed,
    all: &[Device],
    context: &SkillContext,
) -> Result<Reply, Box<Reply>> {
    let able: Vec<&Device> = all.iter().filter(|device| deed.kinds.contains(&device.domain())).collect();
    let item = text(intent, "item").unwrap_or(if intent.name == "home.heat" { "heating" } else { "" });
    // "Turn the light off in the hall": the room comes behind.
    let said = text(intent, "place").map_or_else(|| item.to_owned(), |room| format!("{room} {item}"));
    let these = match chosen(intent, &said, &able, context) {
        Ok(these) => these,
        Err(reply) => return Ok(*reply),
    };
    let number = match (intent.name.as_str(), intent.slot("percent"), intent.slot("number")) {
        ("home.set", Some(SlotValue::Number(percent)), _) => Some(percent.clamp(0.0, 100.0)),
        ("home.set", ..) => {
            let ask = Reply::in_language(context, "To how many percent?", "调到百分之多少？");
            return Ok(ask.asking(intent, "percent", Wanted::Percent));
        }
        ("home.heat", _, Some(SlotValue::Number(degrees))) => {
            // Celsius or Fahrenheit is the home's own; what is in neither's range was misheard.
            if !(5.0..=35.0).contains(degrees) && !(41.0..=95.0).contains(degrees) {
                return Ok(Reply::in_language(
                    context,
                    format!("{degrees} degrees is nothing that I would set a heating to, so I left it."),
                    format!("{degrees}度不像是室温，我没有调。"),
                ));
            }
            Some(*degrees)
        }
        ("home.heat", ..) => {
            let ask = Reply::in_language(context, "To how many degrees?", "调到多少度？");
            return Ok(ask.asking(intent, "number", Wanted::Number));
        }
        _ => None,
    };
    let ids: Vec<String> = these.iter().map(|device| device.id.clone()).collect();
    let confirmed = text(intent, CONFIRMED) == Some("yes") && text(intent, FOR) == Some(&ids.join(","));
    if !confirmed && these.iter().any(|device| needs_word(&intent.name, device)) {
        let names = list(&these, context);
        let [question, question_zh] = match intent.name.as_str() {
            "home.unlock" => ["unlock", "解锁"],
            "home.open" => ["open", "打开"],
            "home.off" => ["turn off", "关掉"],
            _ => ["switch", "操作"],
        };
        let slot = Slot { name: FOR, value: SlotValue::Text(ids.join(",")), span: 0..0 };
        let intent = intent.clone().with(slot);
        return Ok(Reply::in_language(
            context,
            format!("Shall I {question} {names}?"),
            format!("要{question_zh}{names}吗？"),
        )
        .asking(&intent, CONFIRMED, Wanted::YesNo));
    }
    let mut after = Vec::new();
    let mut domains: Vec<&str> = these.iter().map(|device| device.domain()).collect();
    domains.sort_unstable();
    domains.dedup();
    for domain in domains {
        let ids = these.iter().filter(|device| device.domain() == domain).map(|d| d.id.clone()).collect();
        match house.order(&order(intent, deed, domain, ids, number)) {
            Ok(found) => after.extend(found.what),
            Err(none) => {
                let reply = none.reply(&ABOUT, context);
                // What was ordered may have been done all the same.
                let nothing = after.is_empty() && matches!(none, NoFact::Refused { .. });
                return Err(Box::new(if nothing { reply } else { reply.for_good() }));
            }
        }
    }
    Ok(told(intent, deed, &these, &after, number, context).for_good())
}

/// What is meant, or the reply that asks or says that there is none.
fn chosen<'d>(
    intent: &Intent,
    said: &str,
    able: &[&'d Device],
    context: &SkillContext,
) -> Result<Vec<&'d Device>, Box<Reply>> {
    if let Some(ids) = text(intent, FOR) {
        let these: Vec<&Device> =
            able.iter().copied().filter(|device| ids.split(',').any(|id| id == device.id)).collect();
        if !these.is_empty() {
            return Ok(these);
        }
    }
    match meant(said, intent.slot("all").is_some(), able) {
        Meant::These(these) => Ok(these),
        Meant::OneOf(these) => {
            let shown = said_name(said, context);
            let reply = if these.len() > MOST_NAMES {
                Reply::in_language(
                    context,
                    format!("Which one? There are several called {shown}."),
                    format!("哪一个？{shown}有好几个。"),
                )
            } else {
                let names = names(&these, context, asked::OR);
                Reply::in_language(context, format!("Which one: {names}?"), format!("哪一个：{names}？"))
            };
            Err(Box::new(reply.asking(intent, "item", Wanted::Text)))
        }
        Meant::Nothing => {
            let shown = said_name(said, context);
            Err(Box::new(Reply::in_language(
                context,
                format!("I found nothing in Home Assistant called {shown} that I could do that to."),
                format!("Home Assistant里没有能这样操作的{shown}。"),
            )))
        }
    }
}

/// Whether the user must say yes first.
fn needs_word(intent: &str, device: &Device) -> bool {
    let name = device.name.to_lowercase();
    let risky = RISKY.iter().any(|word| name.contains(word) || device.id.contains(word));
    match intent {
        "home.unlock" => true,
        "home.open" => risky,
        // A switch may open the garage, and a plug feed the alarm; the light beside the door is a light.
        "home.on" | "home.off" | "home.set" => risky && device.domain() != "light",
        _ => false,
    }
}

fn order(intent: &Intent, deed: &Deed, domain: &str, ids: Vec<String>, number: Option<f64>) -> Order {
    let (service, with) = match (intent.name.as_str(), domain, number) {
        ("home.set", "fan", Some(percent)) => ("set_percentage", Some(("percentage", percent))),
        ("home.set", "cover", Some(percent)) => ("set_cover_position", Some(("position", percent))),
        ("home.set", _, Some(percent)) => (deed.service, Some(("brightness_pct", percent))),
        ("home.heat", _, Some(degrees)) => (deed.service, Some(("temperature", degrees))),
        _ => (deed.service, None),
    };
    // How a brightness or a temperature stands is told apart from the state.
    let done = if with.is_some() { &[][..] } else { deed.done };
    Order { domain: domain.to_owned(), service, ids, with, done }
}

/// What the things say of themselves after an order.
fn told(
    intent: &Intent,
    deed: &Deed,
    these: &[&Device],
    after: &[Device],
    number: Option<f64>,
    context: &SkillContext,
) -> Reply {
    let is_done = |device: &&Device| match (intent.name.as_str(), number) {
        ("home.heat", Some(degrees)) => device.wanted.is_some_and(|wanted| (wanted - degrees).abs() < 0.6),
        ("home.set", Some(percent)) => {
            let off = percent < 1.0 && OFF.contains(&device.state.as_str());
            off || device.percent.is_some_and(|now| (now - percent).abs() <= 3.0)
        }
        _ => deed.done.contains(&device.state.as_str()),
    };
    let of = |wanted: &&Device| after.iter().find(|device| device.id == wanted.id);
    let (done, open): (Vec<&Device>, Vec<&Device>) =
        these.iter().copied().partition(|device| of(device).as_ref().is_some_and(is_done));
    let Some(first) = open.first() else {
        let names = list(&done, context);
        let is = if done.len() == 1 { "is" } else { "are" };
        let [then, then_zh] = deed.then;
        return match number {
            Some(degrees) if intent.name == "home.heat" => Reply::in_language(
                context,
                format!("{names} {is} set to {degrees} degrees."),
                format!("{names}已经调到{degrees}度。"),
            ),
            Some(percent) => Reply::in_language(
                context,
                format!("{names} {is} at {percent:.0} percent."),
                format!("{names}已经调到百分之{percent:.0}。"),
            ),
            None => {
                Reply::in_language(context, format!("{names} {is} {then}."), format!("{names}{then_zh}。"))
            }
        };
    };
    let names = list(&open, context);
    let [state, state_zh] = of(first).map_or(UNAVAILABLE, |device| known(&device.state));
    let one = open.len() == 1;
    let (say, is) = if one { ("says it is", "is") } else { ("say they are", "are") };
    match number {
        Some(_) if state != "unavailable" => Reply::in_language(
            context,
            format!("I told Home Assistant, but {names} {is} not there yet."),
            format!("我告诉了Home Assistant，但{names}还没有调到。"),
        ),
        _ => Reply::in_language(
            context,
            format!("I told Home Assistant, but {names} {say} still {state}."),
            format!("我告诉了Home Assistant，但{names}还是{state_zh}。"),
        ),
    }
}

/// How things stand.
fn state(intent: &Intent, all: &[Device], context: &SkillContext) -> Result<Reply, SkillError> {
    let said = text(intent, "item").ok_or_else(|| missing(intent, "item"))?;
    let asked = text(intent, "state");
    let kinds: &[&str] = match asked {
        Some("locked" | "unlocked") => &["lock"],
        Some("open" | "closed") => &["cover", "binary_sensor"],
        _ => SWITCHED,
    };
    let able: Vec<&Device> = all.iter().filter(|device| kinds.contains(&device.domain())).collect();
    let these = match chosen(intent, said, &able, context) {
        Ok(these) => these,
        Err(reply) => return Ok(*reply),
    };
    let is_sure = |device: &&&Device| ![UNAVAILABLE, UNKNOWN].contains(&known(stands(device)));
    let is_not = |device: &&&Device| asked.is_some_and(|asked| known(stands(device))[0] != asked);
    let (sure, unsure): (Vec<&Device>, Vec<&Device>) = these.iter().partition(is_sure);
    let not: Vec<&Device> = sure.iter().copied().filter(|device| is_not(&device)).collect();
    // One that is otherwise makes it a no; one that says nothing leaves it open.
    let (opening, opening_zh, of_many) = match (not.is_empty(), unsure.is_empty()) {
        (false, _) => ("No, ", "不，", not),
        (true, false) => ("", "", unsure),
        (true, true) => ("Yes, ", "是的，", sure),
    };
    let told = if these.len() > MOST_NAMES { of_many } else { these };
    let mut lines: Vec<[String; 2]> = Vec::new();
    for device in told.iter().take(MOST_NAMES) {
        let [state, state_zh] = known(stands(device));
        let name = list(&[device], context);
        lines.push([format!("{name} is {state}"), format!("{name}{state_zh}")]);
    }
    let join =
        |at: usize, joint: &str| lines.iter().map(|line| line[at].clone()).collect::<Vec<_>>().join(joint);
    Ok(Reply::in_language(
        context,
        format!("{opening}{}.", join(0, ", ")),
        format!("{opening_zh}{}。", join(1, "，")),
    ))
}

/// The state of `device`; a contact that is on is open.
fn stands(device: &Device) -> &str {
    match (device.domain(), device.state.as_str()) {
        ("binary_sensor", "on") => "open",
        ("binary_sensor", "off") => "closed",
        (_, state) => state,
    }
}

/// What nothing follows from.
const UNAVAILABLE: [&str; 2] = ["unavailable", "连不上"];
const UNKNOWN: [&str; 2] = ["in a state I don't know", "状态不明"];

/// A state in words; what a home calls otherwise is not read out.
fn known(state: &str) -> [&'static str; 2] {
    match state {
        "locked" => ["locked", "锁着"],
        "unlocked" => ["unlocked", "没锁"],
        "locking" | "unlocking" => ["moving", "正在动作"],
        "jammed" => ["jammed", "卡住了"],
        "open" | "opening" => ["open", "开着"],
        "closed" | "closing" => ["closed", "关着"],
        "unavailable" => UNAVAILABLE,
        on if ON.contains(&on) => ["on", "开着"],
        off if OFF.contains(&off) => ["off", "关着"],
        _ => UNKNOWN,
    }
}

/// The names of `these`, for a sentence about them.
fn list(these: &[&Device], context: &SkillContext) -> String {
    if these.len() > MOST_NAMES {
        let count = these.len();
        return if context.in_mandarin() { format!("{count}个设备") } else { format!("{count} devices") };
    }
    names(these, context, asked::AND)
}

fn names(these: &[&Device], context: &SkillContext, joint: [&str; 2]) -> String {
    let article = |device: &&Device| {
        let name = &device.name;
        let lower = name.to_lowercase();
        let bare = lower.starts_with("the ") || lower.starts_with("my ") || !name.is_ascii();
        if context.in_mandarin() || bare { name.clone() } else { format!("the {name}") }
    };
    asked::joined(&these.iter().map(article).collect::<Vec<_>>(), joint, context)
}

/// What was said, for a sentence that says it was not found.
fn said_name(said: &str, context: &SkillContext) -> String {
    let said = said.trim();
    if said.is_empty() {
        return if context.in_mandarin() { "那个".to_owned() } else { "that".to_owned() };
    }
    said.strip_prefix("the ").unwrap_or(said).to_owned()
}
