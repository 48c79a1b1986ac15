//! Fragments: "Done", "Opening Firefox", "Added milk to your list", "Message sent", "Lights off".
//!
//! Enters: a sentence. Leaves: the deed that it claims without a subject and a verb that has one. Never here: an order to
//! the user, such as "Set the oven to 180 degrees", or a subject, such as "Setting a timer is easy".

use super::{
    super::vocabulary::{ADVERBS, FINITE, Form, OF_WORDS, STATIVE, STRONG, THINGS, Verb},
    Said,
};

/// A clause of its own that says it is done or about to be.
const IDIOMS: [&str; 16] = [
    "done and dusted",
    "on it",
    "i am on it",
    "will do",
    "sorted",
    "mission accomplished",
    "job done",
    "coming up",
    "coming right up",
    "under way",
    "good to go",
    "starting now",
    "starting right now",
    "i am working on it",
    "working on it",
    "that should do it",
];

impl Said<'_> {
    /// "Done", "All sorted", "Consider it done", "You're all set", "I'm on it".
    pub(super) fn idiom(&self) -> Option<Verb> {
        if self.asks || self.is_one(0, "once if when after until unless") {
            return None;
        }
        let whole = |at: usize| {
            self.behind(at, &IDIOMS).is_some_and(|behind| self.closes(self.past(behind, "for you now then")))
        };
        let claims = |at: usize| {
            let consider =
                self.at(at) == "consider" && (at + 2..at + 6).any(|at| self.verb(at, Form::Past).is_some());
            let all_set = self.behind(at, &["you are all set", "we are all set"]).is_some();
            let own = if self.is(at, "i am") { self.past(at + 2, ADVERBS) } else { at };
            let doing = ["taking care of", "getting that", "getting it", "getting your", "getting right on"];
            let here = self.behind(at, &["here is", "here are", "here comes"]).is_some_and(|behind| {
                let media = "music song songs playlist album radio podcast jazz";
                self.is_one(behind, "your some") && self.any(behind, at + 6, media)
            });
            let successfully = at == self.opening() && self.any(at, self.words.len(), "successfully");
            let successfully = successfully
                && !self.is_doubted(at, self.words.len())
                && !self.any(at, self.words.len(), "he she they to can");
            let there = successfully || self.is(at, "there is now") && self.any(at, at + 9, THINGS);
            let lets = self.is(at, "let's get") && self.has_it_done(at + 1).is_some();
            let doing = self.behind(own, &doing).is_some();
            whole(at) || self.is_settled(at) || consider || all_set || doing || here || there || lets
        };
        let last = self.words.len().saturating_sub(2);
        let more = "louder quieter brighter dimmer warmer cooler softer";
        let soon = self.behind(last, &["starting now", "coming up", "right up"]).is_some()
            || self.is_one(last, more) && self.at(last + 1) == "now";
        let soon = soon && self.words.len() < 9 && !self.any(0, last, FINITE);
        (soon || self.starts().into_iter().any(claims)).then(Verb::bare)
    }

    /// "It's all taken care of", "all sorted", "that's booked in".
    fn is_settled(&self, at: usize) -> bool {
        let from = self.past(at, "it is that you are we i am have everything just already now been all and");
        let settled = self.is_one(from, "set sorted handled done booked")
            || self.behind(from, &["taken care of", "good to go", "dealt with"]).is_some();
        let well = at > 0 && self.at(at - 1) == "well" && !self.words[at - 1].ends;
        let done = from == at && !well && self.at(from) == "done";
        let named = from > at && (self.at(from - 1) == "all" || !self.is_one(from - 1, "you we i have"));
        let behind = "set sorted handled done booked in taken care of good to go dealt with now for you";
        settled && (done || named) && self.closes(self.past(from, behind))
    }

    pub(super) fn fragment(&self) -> Option<Verb> {
        let opening = self.opening();
        let (from, end) = (opening, self.end(opening));
        let conditional = self.any(from, end, "if when unless whether") && !self.any(from, end, "your");
        if self.asks || conditional {
            return None;
        }
        self.starts().into_iter().filter(|at| *at < opening + 9).find_map(|start| {
            // "Reminder: set for ten".
            let named = start == opening + 1 && self.is_one(opening, THINGS);
            // "Sleep well, lights off".
            let opens = start == opening || named || start <= opening + 3 && self.closes(start);
            let told = self.any(self.end(start), self.end(start) + 3, "said says say");
            let at = self.past(start, "and just already now all then still fast");
            let end = self.end(start);
            let got = at + usize::from(self.at(at) == "got");
            let own = "i he she they we who which that's";
            if told || self.any(got, end, FINITE) || self.any(at, end, own) && !self.any(at, end, "speak") {
                return None;
            }
            let rules = [Self::opens_with_ing, Self::opens_with_past, Self::ends_with_state];
            rules.iter().find_map(|rule| rule(self, at, opens))
        })
    }

    /// "Opening Firefox", "Dimming the lights".
    fn opens_with_ing(&self, at: usize, opens: bool) -> Option<Verb> {
        let (end, len) = (self.end(at), self.words.len());
        let on_a = "the your a an it that this them all both some my you up down off on to back out over in for through";
        let object = self.words.get(at)?.ends
            || self.is_one(at + 1, on_a)
            || self.is_capital(at + 1)
            || self.is_number(at + 1)
            || self.any(at + 1, end, THINGS)
            || self.any(at + 1, end, "now your one two three four five ten thirty");
        // "Moving on, the second reason is cost": what comes behind is what is said.
        let subject = self.any(end, len, FINITE) && !self.any(at, len, "your you now i");
        let so = object && !subject && !self.is(at, "moving on");
        let so = so && (opens || self.closes(at) && self.any(at, end, "your now you"));
        self.deed(at, Form::Ing).filter(|_| so)
    }

    /// "Cancelled", "Added milk to your list", "Just sent it", "Got you booked".
    fn opens_with_past(&self, at: usize, opens: bool) -> Option<Verb> {
        let (end, len) = (self.end(at), self.words.len());
        let next = "i you your enjoy have let anything see what sleep no so and with give well done for set";
        // "Turned off, the device uses no power": what comes behind tells of what is turned off.
        if !opens || end < len && !self.is_one(end, next) {
            return None;
        }
        if let Some(done) = self.has_it_done(at) {
            return Some(done);
        }
        let at = self.past(at, "got just that it");
        let verb = self.verb(at, Form::Past).filter(|verb| !verb.is_of("base found bear compare run"))?;
        let behind = "for to until on off up down";
        let goes_on = self.is_one(at + 1, behind);
        // "Set the oven to 180 degrees" asks for it.
        let asks = verb.is_of("set put cut shut read reset let") && !self.closes(at + 1) && !goes_on;
        let on_a = goes_on
            || self.is_one(at + 1, "the your a an it that them this all")
            || self.any(at + 1, end, "your")
            || self.is_capital(at + 1)
            || self.any(at + 1, end, "to for") && self.any(at, end, THINGS);
        let short = end <= at + 7 && end == len && (goes_on || self.is_one(at + 1, "as in from back"));
        let short = short && !verb.is_of(STATIVE) && !verb.is_of("raise release");
        let on_it =
            (short || on_a && self.deed(at, Form::Past).is_some()) && !asks && self.at(at + 1) != "by";
        let began = verb.is_of("start") && self.deed(at + 1, Form::Ing).is_some();
        let alone = at + 1 == end && !verb.is_of("understand agree note welcome talk know confuse do");
        (alone || (on_it || began) && !self.is_doubted(at, end)).then_some(verb)
    }

    /// "Turned", "moving", but "run", which is a thing here.
    fn is_participle(&self, at: usize) -> bool {
        self.verb(at, Form::Past).is_some() && !self.is_one(at, THINGS) || self.is(at, "moving on")
    }

    /// "Two seats reserved for Saturday", "Lights off", "Volume at sixty": without an article.
    fn ends_with_state(&self, at: usize, opens: bool) -> Option<Verb> {
        let no_name =
            "the a an this that i it you my his her their our to in of off what there here but or because";
        if self.is_doubted(at, self.end(at)) || self.is_one(at, no_name) || opens && self.is_participle(at) {
            return None;
        }
        let end = self.end(at).min(at + 7);
        let joins = (at + 1..end).find(|place| self.is_one(*place, "of by about than like as that with"));
        let counted = self.is_number(at) || self.is_one(at, "one two three four five six ten both all");
        let stands = (at + 1..joins.unwrap_or(end)).find_map(|place| {
            if let Some(verb) = self
                .verb(place, Form::Past)
                .filter(|verb| !verb.is_of("see say find base locate bear happen"))
            {
                let behind = self.past(place + 1, "up down off on again now");
                let closed = self.closes(behind);
                let goes_on = closed || self.is_one(behind, "for to at until from in into as with till like");
                let named = (at + 1..=place).any(|at| self.is_capital(at));
                let near = closed
                    && place <= at + 2
                    && !self.any(at, place, OF_WORDS)
                    && !verb.is_of("win die fall change rise");
                let settled = !named && (verb.is_of(STRONG) && goes_on || near && !verb.is_of(STATIVE));

                let thing = goes_on && (counted || self.any(at, place, THINGS)) && !verb.is_of(STATIVE);
                return (settled || thing).then_some(verb);
            }
            let behind = self.past(
                place,
                "on off up down in place complete done active live ready running gone open closed back again",
            );
            let closed = self.closes(behind);
            let goes_on = closed || self.is_one(behind, "for to at until from with");
            if self.is_one(place - 1, THINGS)
                && self.at(place) == "going"
                && self.is_one(place + 1, "up down on off")
            {
                return Some(Verb::bare());
            }
            let thing = self.is_one(place - 1, THINGS) && goes_on;
            let short = closed && opens && place <= at + 2 && !counted;
            let short = short && self.is_one(place, "on off complete active live ready done");
            (behind > place && !self.is(place, "in") && (thing || short)).then(Verb::bare)
        });
        let level =
            self.is_one(at, "volume brightness heating temperature") && self.is_one(at + 1, "at to up");
        let level = level || self.is_one(at, THINGS) && self.at(at + 1) == "to" && self.is_number(at + 2);
        stands.or_else(|| level.then(Verb::bare))
    }
}
