//! Things: "Your alarm is set for seven", "The lights are off now", "Your timer will ring", "You'll get a reminder".
//!
//! Enters: a sentence. Leaves: the deed by which a thing of the user's, or of a device, is said to be as it is or will be.
//! Never here: what is said of the world, such as "The treaty was signed in Paris".

use super::{
    super::vocabulary::{
        ADVERBS, CLOCKS, Form, NEWS, OF_WORDS, SETTLED, STATES, STATIVE, STRONG, THINGS, Verb,
    },
    Said,
};

/// What a subject is no thing with.
const PEOPLE: &str =
    "he she you i we who here there what why how can may if when because said told says or my our his their";

/// What is said of a thing without anything being done.
const JUDGED: &str = "good great nice fine long short big small large late early low high beautiful lovely old new empty full correct \
    right wrong fast slow safe important broken here there it bad cheap expensive";

/// What a thing does by itself once it is told to.
const GOES: &str = "begin come go ring sound remind wake alert start end stop turn switch run open close play fire visit pop appear \
    ping buzz chime notify beep lock unlock";

/// Whose what a clause is about is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Yours,
    /// "It", "that", "both".
    Pronoun,
    Other,
}

/// A clause with a subject, and a verb at `be`.
struct Clause<'s> {
    said: &'s Said<'s>,
    start: usize,
    be: usize,
    end: usize,
    whose: Whose,
    /// Whether the subject is what a device or a service can act on.
    thing: bool,
    /// "has been", "is being", "is going to".
    perfect: bool,
    being: bool,
    going: bool,
    /// Where it stands what the subject is.
    next: usize,
    state: usize,
    passive: Option<Verb>,
}

impl Said<'_> {
    pub(super) fn thing_is_so(&self) -> Option<Verb> {
        let opening = self.opening();
        let whenever = self.is(opening, "as soon")
            || self.is_one(opening, "if when once unless after before until whether");
        if self.asks || whenever {
            return None;
        }
        self.starts().into_iter().find_map(|start| {
            let clause = Clause::read(self, start)?;
            let so = !clause.is_doubted() && clause.claims();
            so.then(|| clause.passive.unwrap_or_else(Verb::bare))
        })
    }

    /// "You're booked for two", "You'll be reminded at eight", "You'll get a reminder", "You now have an alarm".
    pub(super) fn you_are_or_will(&self) -> Option<Verb> {
        if self.asks || self.is_conditional() || self.is_one(0, "if when once unless") {
            return None;
        }
        if self.has(0, "got you down") {
            return Some(Verb::bare());
        }
        let said = |at: &usize| {
            let that = "if when once unless until after that whether";
            self.at(*at) == "you" && (*at == 0 || !self.is_one(at - 1, that))
        };
        (0..self.words.len()).filter(said).find_map(|at| {
            let have = self.behind(at, &["you now have", "you will now have"]).is_some();
            let have = have && self.any(at, self.words.len(), THINGS);
            let see = self.is(at, "you should") && self.is_one(at + 2, "have see hear get feel");
            let see = see && self.any(at, self.words.len(), "now");
            let live = self
                .behind(
                    at,
                    &[
                        "you are live",
                        "you are on the list",
                        "you are on the waiting list",
                        "you are down for",
                        "you are on air",
                    ],
                )
                .is_some();
            if have || see || live {
                return Some(Verb::bare());
            }
            if self.is_one(at + 1, "are have") { self.you_are(at) } else { self.you_will(at) }
        })
    }

    fn you_are(&self, at: usize) -> Option<Verb> {
        let from = self.past(at + 2, "all now already officially also successfully");
        let been = self.at(from) == "been";
        let from = from + usize::from(been);
        let more = "check sign connect confirm enroll enter add set move log disconnect";
        let verb = self.verb(from, Form::Past).filter(|verb| verb.is_of(STRONG) || verb.is_of(more))?;
        let are = self.at(at + 1) == "are" || been;
        let other = self.is_one(from + 1, "with by") || self.at(from + 2) == "someone";
        (are && !other).then_some(verb)
    }

    fn you_will(&self, at: usize) -> Option<Verb> {
        let from = self.past(at + 2, ADVERBS);
        let will = self.at(at + 1) == "will";
        let should = self.at(at + 1) == "should";
        let expects = self.is(at, "you can expect");
        let told = "reminded warned notified alerted woken contacted emailed texted called";
        let told = self.at(from) == "be" && self.is_one(from + 1, told) || self.is(from, "be receiving");
        let soon = should && self.any(from, self.words.len(), "soon shortly confirmation");
        let gets =
            expects || (will || soon) && self.is_one(from, "get receive") || will && self.at(from) == "hear";
        let news = "reminder notification alert alarm confirmation chime ping beep message text call";
        let behind =
            "at when on in for from soon shortly then once email tomorrow tonight every ten five before as";
        let comes = |place: usize| {
            self.is_one(place, news) && (self.closes(place + 1) || self.is_one(place + 1, behind))
        };
        let gets = gets && (from + 1..from + 5).any(comes) && !self.any(0, self.words.len(), "if");
        (will && told || gets).then(Verb::bare)
    }
}

impl<'s> Clause<'s> {
    fn read(said: &'s Said<'s>, start: usize) -> Option<Self> {
        let start = said.past(start, "and so but now");
        let start =
            if said.at(start) == "all" && said.is_one(start + 1, "your the") { start + 1 } else { start };
        let end = said.end(start);
        let verbs =
            "now is are was were has have will start starts rings fires stays went came should sounds goes";
        let be = (start + 1..end.min(start + 13)).find(|at| {
            said.is_one(*at, verbs)
                && (said.at(*at) != "now" || said.at(*at + 1).ends_with('s') || said.at(*at + 1) == "start")
        })?;
        let whose = if said.at(start) == "your" || said.is(start, "both your") {
            Whose::Yours
        } else if be == start + 1 && said.is_one(start, "it that this they these those everything all both") {
            Whose::Pronoun
        } else {
            Whose::Other
        };
        let next = said.past(be + 1, ADVERBS);
        let is = said.is_one(be, "is are");
        let perfect = (is || said.is_one(be, "has have")) && said.at(next) == "been";
        let being = is && said.at(next) == "being";
        let going = is && said.is(next, "going to");
        let state = said.past(next + usize::from(perfect || being) + 2 * usize::from(going), ADVERBS);
        let made =
            "reservation booking appointment payment order request transfer call change changes purchase";
        let made = said.at(state) == "made" && said.any(start, be, made) || said.at(state) == "saved";
        let passive = said.verb(state, Form::Past).filter(|verb| !verb.is_of(STATIVE) || made);
        let thing = said.any(start, be, THINGS);
        Some(Self { said, start, be, end, whose, thing, perfect, being, going, next, state, passive })
    }

    /// Whether it may not be, or somebody says it, or it is of people or of words.
    fn is_doubted(&self) -> bool {
        let said = self.said;
        let yours = self.whose == Whose::Yours;
        let doubted = if yours {
            said.any(self.start, self.end, "if may might not never no probably usually says said")
        } else {
            said.is_doubted(self.start, said.words.len())
        };
        let words = !said.is(self.state, "on the list")
            && said.any(self.start, if yours { self.be } else { self.end }, OF_WORDS)
            && !self.is_in_yours();
        let told = said.any(self.end, self.end + 3, "says say said goes")
            || said.is_one(self.end - 1, "say says said");
        doubted || words || told || said.any(self.start, self.be, PEOPLE)
    }

    /// Behind the state and what belongs to it: "off", "back online".
    fn behind(&self) -> usize {
        let more = "on off up down now again in back here out its way place set yours online outside inside upstairs downstairs through away home \
            successfully";
        self.said.past(self.state + 1, more)
    }

    /// Whether nothing more is said of the state.
    fn is_closed(&self) -> bool {
        self.said.closes(self.behind()) || self.said.at(self.behind()) == "and"
    }

    /// Whether what more is said of it is when, where to or how long.
    fn goes_on(&self) -> bool {
        let behind = self.behind();
        let goes = "for at until now to till under as into from like";
        let turned = behind > self.state + 1 && self.said.is_one(behind - 1, "up down back out away off");
        self.is_closed() || turned || self.said.is_one(behind, goes) || self.said.is_number(behind)
    }

    fn was(&self) -> bool {
        self.said.is_one(self.be, "was were")
    }

    fn is_now(&self) -> bool {
        self.said.any(self.be, self.end, "now already just") || self.said.any(self.end, self.end + 2, "now")
    }

    fn passive_of(&self, list: &str) -> bool {
        self.passive.as_ref().is_some_and(|verb| verb.is_of(list))
    }

    /// "on its way", "on your phone".
    fn is_on_its_way(&self) -> bool {
        self.said.behind(self.state, &["on its way", "on the way", "on your way"]).is_some()
    }

    /// "on your screen", "ready in your downloads".
    fn is_in_yours(&self) -> bool {
        let said = self.said;
        let yours = |at: usize| {
            said.is_one(at, "on in") && said.at(at + 1) == "your" && said.any(at + 2, at + 5, THINGS)
        };
        said.is_one(self.be, "is are") && (self.be + 1..self.be + 4).any(yours)
    }

    fn stands(&self) -> bool {
        let so = [
            "in place",
            "on your",
            "under way",
            "all set",
            "good to go",
            "up and",
            "up to date",
            "warming up",
        ];
        self.said.is_one(self.state, STATES)
            || self.is_on_its_way()
            || self.said.behind(self.state, &so).is_some()
    }

    fn claims(&self) -> bool {
        let said = self.said;
        let yours = self.whose == Whose::Yours;
        let acted = yours || self.thing;
        let motion = said.verb(self.state, Form::Ing).is_some_and(|verb| {
            !verb.is_of("look get try make need go come take rain wear learn become grow sit")
        });
        match said.at(self.be) {
            "has" | "have" if !self.perfect => {
                acted
                    && said.is_one(
                        self.state,
                        "started begun resumed stopped gone moved finished switched turned come",
                    )
            }
            "should" => {
                let so = self.is_now() || said.closes(said.past(self.be + 2, "playing on off running open"));
                (self.thing || self.whose == Whose::Pronoun) && said.at(self.be + 1) == "be" && so
            }
            "went" => {
                let (out, to) = (said.is_one(self.next, "out off"), said.at(self.be + 2) == "to");
                acted && said.at(self.next) == "through" || out && (yours || to)
            }
            "came" => {
                acted
                    && (said.at(self.next) == "through"
                        || said.at(self.next) == "on" && said.closes(self.next + 1))
            }
            "will" => self.will(),
            // "Your visit now sits at four".
            "now" => acted,
            "stays" => self.thing && said.is_one(self.be + 1, "on off open locked"),
            "start" => yours && said.at(self.be + 1) == "now",
            "starts" | "rings" | "fires" | "sounds" | "goes" => {
                let when = said.is_one(said.past(self.be + 1, "off"), "now at in for from");
                when && said.any(self.start, self.be, CLOCKS) || self.thing && said.is(self.be, "goes out")
            }
            _ if self.going => acted && said.is_one(self.state, "turn switch ring start stop go open close"),
            _ if self.being => acted && self.passive.is_some(),
            _ if motion && !self.stands() && !self.was() && !self.perfect => {
                let at = said.at(said.past(self.state + 1, "up")) == "at";
                self.thing && (yours || self.is_now() || self.is_closed() || at)
            }
            _ => {
                // "The budget is now 300 euros".
                let now = self.next > self.be + 1
                    && said.at(self.next - 1) == "now"
                    && !said.is_one(self.start, "a an");
                let so = said.behind(self.state, &["on the list", "set for", "yours"]);
                let so = so.is_some_and(|behind| {
                    said.closes(said.past(behind, "now"))
                        || said.at(self.state) == "set"
                            && !self.was()
                            && self.whose == Whose::Other
                            && self.be <= self.start + 2
                });
                let level = "volume brightness heating temperature thermostat";
                let level = said.is(self.be, "is at") && said.is_one(self.be - 1, level);
                self.is_in_yours()
                    || so
                    || level
                    || now && acted
                    || match self.whose {
                        Whose::Yours => self.yours(),
                        Whose::Pronoun => self.pronoun(),
                        Whose::Other => self.other(),
                    }
            }
        }
    }

    /// "The alarm will ring at seven", "Your email will be sent", "It will go off at noon".
    fn will(&self) -> bool {
        let said = self.said;
        if self.whose == Whose::Pronoun {
            let goes =
                "ring sound remind wake alert fire chime record start play turn switch stop open close lock";
            return said.is_one(self.next, goes)
                || said.behind(self.next, &["go off", "be there at"]).is_some();
        }
        let yours = self.whose == Whose::Yours;
        let done = said
            .verb(self.next + 1, Form::Past)
            .is_some_and(|verb| !verb.is_of(STATIVE) && !verb.is_of("hold"));
        let done = said.at(self.next) == "be"
            && (done || said.is_one(self.next + 1, "warm ready on off open waiting"));
        let arrives =
            yours && said.at(self.next) == "arrive" && !said.any(self.start, self.be, "flight train bus");
        let goes = said.is_one(self.next, GOES) || done;
        arrives
            || self.thing && said.is(self.next, "be here")
            || (yours || self.thing) && goes && !said.any(self.be, self.end, "late")
    }

    /// "Your table has been booked", "Your lights are off", "Your timer is running".
    fn yours(&self) -> bool {
        let said = self.said;
        let on = said.is_one(self.state + 1, "on in");
        let passive = self.passive.is_some()
            && (self.goes_on() || self.perfect || self.passive_of(STRONG) && !on || self.thing && !on)
            && (!self.was() || self.thing || self.passive_of(STRONG) || self.perfect || self.is_closed());
        let turned = said.is_one(self.state, "up down running open");
        let stands = self.is_closed() || self.goes_on() && !turned && !self.perfect || self.is_now();
        let word = said.at(self.state).chars().all(char::is_alphabetic) && !said.is_one(self.state, JUDGED);
        let so = self.thing && word && !self.was() && !self.perfect;
        let so = so && said.closes(said.past(self.state + 1, "again"));
        passive
            || so
            || self.stands() && stands
            || self.is_on_its_way()
            || self.thing && said.at(self.state) == "on" && !self.was() && said.closes(self.state + 2)
    }

    /// "It's set for seven", "They have been deleted", "That's in your calendar now".
    fn pronoun(&self) -> bool {
        let said = self.said;
        let to_yours = said.any(self.be, self.end, "your you");
        if self.was() {
            return self.passive_of(STRONG) && to_yours;
        }
        let set = self.passive_of(STRONG) || self.passive_of(SETTLED);
        let set = set
            && !self.passive_of("connect")
            && !said.is(self.state, "set in")
            && said.at(self.behind()) != "into";
        let short =
            self.passive.is_some() && self.is_closed() && said.words.len() < 8 && !self.passive_of("connect");
        let perfect = self.perfect && self.passive.is_some() && (self.is_closed() || to_yours);
        let stands = said.is_one(self.state, "on off gone ready live locked playing running");
        let stands = stands && (self.is_closed() || self.is_now());
        let listed = said.is(self.state, "on the")
            && said.is_one(self.state + 2, "calendar list schedule agenda books");
        let in_yours = listed || said.behind(self.state, &["on your", "in your", "up to date"]).is_some();
        set && self.goes_on() || short || perfect || stands || in_yours || self.is_on_its_way()
    }

    /// "The lights are off now", "The email has been sent to your boss", "Bluetooth is on".
    fn other(&self) -> bool {
        let said = self.said;
        let counted = said.is_one(self.start, "one two three four five") && said.at(self.state) == "running";
        if said.any(self.start, self.be, "of") && !(self.perfect && self.passive_of(STRONG)) || counted {
            return false;
        }
        let a = said.is_one(self.start, "a an");
        let the = a || said.is_one(self.start, "the this that these those all both two three");
        let (closed, now, was) = (self.is_closed(), self.is_now(), self.was());
        let (strong, settled) =
            (self.passive_of(STRONG), self.passive_of(STRONG) || self.passive_of(SETTLED));
        let near = self.be <= self.start + 3;
        let to_yours = said.any(self.be, self.end, "your you");
        let behind = self.behind();
        // News is told of other things so, too: "The concert has been cancelled".
        let perfect = self.perfect
            && (self.passive.is_some() && (self.thing && self.goes_on() || to_yours)
                || a && (strong || said.is_one(self.state, "called opened created"))
                || self.passive_of("inform notify invite")
                || (near || self.be <= self.start + 2)
                    && closed
                    && self.passive.is_some()
                    && !self.passive_of(NEWS));
        let passive = self.passive.is_some()
            && !self.perfect
            && if was {
                let moved = settled && said.at(behind) == "to" && said.any(behind, self.end, THINGS);
                self.thing && the && (closed || moved)
            } else {
                let until = settled && the && !a && said.is_one(behind, "for to until now as");
                self.thing && (closed && the || until || now)
                    || to_yours && settled
                    || said.is(behind, "for you")
                    || strong && near && closed && !self.passive_of("cancel publish pay")
                    || said.is_one(self.state, "booked reserved marked")
                        && !said.is(behind, "to")
                        && (self.goes_on() || said.at(behind) == "as")
            };
        let up = said.is_one(self.state, "up down") && said.at(behind) == "to";
        let until = up || said.is_one(behind, "until for") && said.at(self.state) != "ready";
        let mode = said.is_one(self.state, "on in")
            && (said.at(self.state + 1) == "its" || said.any(self.state, self.end, "mode cycle"));
        let thing = self.thing && (mode || self.stands() && (closed || now || until));
        let switched = near && closed && said.is_one(self.state, "on off complete locked")
            || self.be == self.start + 1 && closed && said.is_one(self.state, "lit dark muted");
        let named = said.is_capital(self.start) && near && now && closed && self.stands();
        let doing = said.verb(self.start, Form::Ing).is_some() && said.is(self.state, "under way");
        perfect || passive || !was && (thing || switched || named || doing || near && self.is_on_its_way())
    }
}
