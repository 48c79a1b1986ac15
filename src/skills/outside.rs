//! Outside: what skills may ask of services and of the user's home, each behind a trait.
//!
//! Enters: what a skill wants to know or to have done. Leaves: numbers and states that were checked, who told them, or why
//! there are none. Never here: the network; a text from outside that was not cut to size and cleaned.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::civil::Date;

use super::{Reply, SkillContext};
use crate::flow::{Fault, Language};

/// What skills ask beyond this device.
pub struct Outside {
    /// Weather and rates.
    pub facts: Box<dyn Facts>,
    /// The user's home.
    pub house: Box<dyn House>,
    /// The place that is meant where none is said; never guessed.
    pub home_place: Option<String>,
    /// Whether temperatures are told in degrees Fahrenheit.
    pub fahrenheit: bool,
}

impl Outside {
    /// Nobody to ask, for where nothing leaves.
    #[must_use]
    pub fn nobody() -> Self {
        Self { facts: Box::new(Nobody), house: Box::new(Nobody), home_place: None, fahrenheit: false }
    }
}

/// Who tells the weather and what money is worth. Each call may take some seconds.
pub trait Facts: Send {
    /// The weather at `place`, which is a name as the user said it, in `language`.
    ///
    /// # Errors
    /// [`NoFact`].
    fn weather(&mut self, place: &str, language: &Language) -> Result<Found<Weather>, NoFact>;

    /// A table of rates that has both currencies, by their ISO 4217 codes.
    ///
    /// # Errors
    /// [`NoFact`].
    fn rates(&mut self, of: [&str; 2]) -> Result<Found<Rates>, NoFact>;
}

/// The user's home. Each call may take some seconds.
pub trait House: Send {
    /// What there is, and how it stands.
    ///
    /// # Errors
    /// [`NoFact`].
    fn devices(&mut self) -> Result<Found<Vec<Device>>, NoFact>;

    /// Has `order` carried out, and gives how those stand that it is for once it is done, or once it has had its time.
    ///
    /// # Errors
    /// [`NoFact`]; what was ordered may have been done all the same where the answer was lost.
    fn order(&mut self, order: &Order) -> Result<Found<Vec<Device>>, NoFact>;
}

/// What a service told.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<T> {
    /// That.
    pub what: T,
    /// The endpoint.
    pub by: String,
    /// Whose it is, for the user: "Open-Meteo.com".
    pub credit: &'static str,
    /// What was sent and on what terms it may be told, for the report.
    pub reason: String,
}

/// Why a service told nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoFact {
    /// Nobody may be asked.
    Refused {
        /// The rule, a dotted word.
        rule: String,
        /// Why, in English.
        reason: String,
        /// What to do about it, in English.
        remedy: String,
    },
    /// The answer took too long.
    TooSlow {
        /// The endpoint.
        by: String,
    },
    /// There was an answer, and none that can be told; or there was nobody.
    Failed {
        /// The endpoint.
        by: String,
        /// What happened.
        fault: Fault,
    },
    /// The service does not know what was asked about.
    Unknown {
        /// The endpoint.
        by: String,
    },
}

/// The weather at a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Weather {
    /// The country that the place was found in, where that is a name that can be spoken.
    pub country: Option<String>,
    /// How it is now.
    pub now: Now,
    /// The days from the place's today on, in order; one at least.
    pub days: Vec<DayAhead>,
}

/// The weather now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Now {
    /// What the sky does.
    pub sky: Sky,
    /// Temperature, degrees Celsius.
    pub celsius: f64,
}

/// The weather of a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DayAhead {
    /// Which.
    pub date: Date,
    /// What the sky does, at its worst.
    pub sky: Sky,
    /// The lowest temperature, degrees Celsius.
    pub low: f64,
    /// The highest.
    pub high: f64,
    /// How likely rain or snow is, in percent, where that is told.
    pub wet_percent: Option<f64>,
}

/// What the sky does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each says itself")]
pub enum Sky {
    Clear,
    MostlyClear,
    PartlyCloudy,
    Overcast,
    Fog,
    Haze,
    Drizzle,
    FreezingRain,
    LightRain,
    Rain,
    HeavyRain,
    Showers,
    Sleet,
    LightSnow,
    Snow,
    HeavySnow,
    SnowShowers,
    Thunderstorm,
    Hail,
}

/// What one euro is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    /// The day of the rates.
    pub date: Date,
    /// By ISO 4217 codes, the euro among them.
    pub per_euro: Vec<(String, f64)>,
}

/// Something in the home.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Device {
    /// Its identifier there ("light.kitchen").
    pub id: String,
    /// Its name, cut to size and without control characters.
    pub name: String,
    /// How it stands: "on", "locked", "open", "heat", "unavailable".
    pub state: String,
    /// How bright, in percent.
    pub percent: Option<f64>,
    /// The temperature that is wanted, in the home's own degrees.
    pub wanted: Option<f64>,
    /// The temperature that there is.
    pub measured: Option<f64>,
}

impl Device {
    /// What kind of thing it is ("light").
    pub(super) fn domain(&self) -> &str {
        self.id.split('.').next().unwrap_or_default()
    }
}

/// What a home is told to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The kind of things ("light").
    pub domain: String,
    /// What they do ("`turn_on`").
    pub service: &'static str,
    /// Which.
    pub ids: Vec<String>,
    /// How, by name ("`brightness_pct`").
    pub with: Option<(&'static str, f64)>,
    /// The states that mean it is done, any of them.
    pub done: &'static [&'static str],
}

/// One for all skills, which take turns.
#[derive(Clone)]
pub(super) struct Beyond(Arc<Mutex<Outside>>);

impl Beyond {
    pub(super) fn new(outside: Outside) -> Self {
        Self(Arc::new(Mutex::new(outside)))
    }

    pub(super) fn get(&self) -> MutexGuard<'_, Outside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nobody: for where nothing leaves.
struct Nobody;

impl Facts for Nobody {
    fn weather(&mut self, _: &str, _: &Language) -> Result<Found<Weather>, NoFact> {
        Err(nobody())
    }

    fn rates(&mut self, _: [&str; 2]) -> Result<Found<Rates>, NoFact> {
        Err(nobody())
    }
}

impl House for Nobody {
    fn devices(&mut self) -> Result<Found<Vec<Device>>, NoFact> {
        Err(nobody())
    }

    fn order(&mut self, _: &Order) -> Result<Found<Vec<Device>>, NoFact> {
        Err(nobody())
    }
}

fn nobody() -> NoFact {
    NoFact::Refused {
        rule: "nobody".to_owned(),
        reason: "there is nobody to ask".to_owned(),
        remedy: "ask Mynah itself".to_owned(),
    }
}

/// What a skill could not do, for its answer: "check the weather" 查天气, "the weather service" 天气服务.
pub(super) struct About {
    pub(super) to_do: [&'static str; 2],
    pub(super) service: [&'static str; 2],
}

impl NoFact {
    /// The answer that says so.
    pub(super) fn reply(&self, about: &About, context: &SkillContext) -> Reply {
        let ([to_do, to_do_zh], [service, service_zh]) = (about.to_do, about.service);
        match self {
            Self::Refused { rule, reason, remedy } => Reply::in_language(
                context,
                format!("I can't {to_do} from here: {reason}."),
                format!("我从这里没法{to_do_zh}：{}。", in_mandarin(rule)),
            )
            .told_by("refused", format!("{rule}: {reason}; {remedy}")),
            Self::TooSlow { by } => Reply::in_language(
                context,
                format!("{service} did not answer in time."),
                format!("{service_zh}没有及时回应。"),
            )
            .told_by("device", format!("{by} did not answer in time")),
            Self::Failed { by, fault } => {
                let (english, mandarin) = match fault.kind {
                    "endpoint_unreachable" => ("could not be reached", "联系不上"),
                    "endpoint_unauthorised" | "endpoint_forbidden" | "endpoint_wants_key" => {
                        ("does not accept the key", "不接受这个密钥")
                    }
                    "region_changed" => (
                        "was not asked, because this machine seems to be somewhere else now",
                        "没有被问到，因为这台设备好像换了地方",
                    ),
                    _ => ("did not give an answer that I can use", "没有给出可用的回答"),
                };
                Reply::in_language(
                    context,
                    format!("{service} {english}."),
                    format!("{service_zh}{mandarin}。"),
                )
                .told_by("device", format!("{by}: {}; {}", fault.message, fault.remedy))
            }
            Self::Unknown { by } => Reply::in_language(
                context,
                format!("{service} doesn't know that."),
                format!("{service_zh}不知道这个。"),
            )
            .told_by(by.clone(), format!("{by} knows nothing of what was asked")),
        }
    }
}

/// Why nobody may be asked, in Mandarin.
fn in_mandarin(rule: &str) -> &'static str {
    match rule {
        "order.nobody" => "这个地区的名单里没有可以问的服务",
        "region.offline" => "现在是离线状态，什么都不会发出去",
        "key.missing" => "还没有设置密钥",
        "home.unset" => "还没有设置家里的Home Assistant",
        "attest" | "min_age" => "要先在设置里确认一项声明",
        "url.placeholder" => "还没有设置账号自己的网址",
        _ => "规则不允许",
    }
}
