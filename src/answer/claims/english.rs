//! English claims: "I've set a timer", "Opening Firefox", "Your alarm is set", "I'll remind you at seven".
//!
//! Enters: a sentence without its quotations. Leaves: what it claims. Never here: a verb that only talks of words, such as
//! "I've written a poem" or "I'll explain".

use super::{
    Deed,
    vocabulary::{
        ADVERBS, BEFORE, ELSEWHERE, FINITE, Form, OF_WORDS, OPENINGS, STATES, THINGS, Word, listed, verb,
        words,
    },
};

pub(super) fn claim(text: &str) -> Option<Deed> {
    let asks = text.trim_end().ends_with('?');
    // Nothing a voice says in one sentence is as long; the rest of a hostile one is of no matter.
    let mut words = words(text);
    words.truncate(80);
    let said = Said { words: &words, asks };
    let verb = said
        .own_deed()
        .or_else(|| said.opens_with_deed())
        .or_else(|| said.thing_is_so())
        .or_else(|| said.you_will())?;
    Some(if listed(ELSEWHERE, verb) || said.and_elsewhere() { Deed::Elsewhere } else { Deed::Ring })
}

/// For a claim without a verb of its own.
const BARE: &str = "";

struct Said<'w> {
    words: &'w [Word],
    asks: bool,
}

impl Said<'_> {
    fn at(&self, place: usize) -> &str {
        self.words.get(place).map_or("", |word| word.text.as_str())
    }

    fn is(&self, place: usize, phrase: &str) -> bool {
        phrase.split(' ').enumerate().all(|(n, word)| self.at(place + n) == word)
    }

    /// The place behind the clause that `place` is in.
    fn end(&self, place: usize) -> usize {
        let marked = self.words.iter().enumerate().skip(place).find(|(_, word)| word.ends);
        marked.map_or(self.words.len(), |(at, _)| at + 1)
    }

    fn past(&self, mut place: usize, list: &str) -> usize {
        while listed(list, self.at(place)) {
            place += 1;
        }
        place
    }

    /// "I've set", "I sent", "I'll remind you", "I'm opening", "let me set": its verb.
    fn own_deed(&self) -> Option<&'static str> {
        let conditional = self.is_conditional();
        (0..self.words.len()).find_map(|at| {
            if self.is(at, "let me") && !self.asks && !conditional {
                let at = self.past(at + 2, ADVERBS);
                return self.deed(at, &[Form::Base]).filter(|base| *base != "remind");
            }
            let before = at.checked_sub(1).filter(|before| !self.words[*before].ends);
            let blocked = before.is_some_and(|before| listed(BEFORE, self.at(before)));
            // "I'll watch it and will alert you"; "we" are people, but where they speak to the user.
            let goes_on = self.is(at, "and will") && self.words[..at].iter().any(|word| word.text == "i");
            let yours = self.words.iter().any(|word| listed("you your", &word.text));
            let own = self.at(at) == "i" || (self.at(at) == "we" && yours) || goes_on;
            if !own || blocked {
                return None;
            }
            self.own_deed_after(self.past(at + 1, ADVERBS), conditional)
        })
    }

    /// The deed that begins at `at`, behind "I".
    fn own_deed_after(&self, at: usize, conditional: bool) -> Option<&'static str> {
        let past_or_base = [Form::Past, Form::Base];
        match self.at(at) {
            "have" => match self.ahead(at + 1) {
                Some(at) => self.deed(at, &past_or_base),
                None => {
                    let at = self.past(at + 1, ADVERBS);
                    self.deed(at, &[Form::Past]).or_else(|| self.did_it(at)).or_else(|| self.began(at))
                }
            },
            "will" | "am" if self.asks || conditional => None,
            "will" => {
                let at = self.ahead(at + 1).unwrap_or_else(|| self.past(at + 1, ADVERBS));
                let at = at + usize::from(self.at(at) == "be");
                self.deed(at, &[Form::Base, Form::Ing]).or_else(|| self.promises(at))
            }
            "am" => {
                let at = self.past(at + 1, ADVERBS);
                if self.is(at, "going to") || self.is(at, "about to") {
                    self.deed(at + 2, &[Form::Base]).or_else(|| self.promises(at + 2))
                } else {
                    self.deed(at, &[Form::Ing])
                }
            }
            _ if self.asks => None,
            "did" => self.did_it(at),
            _ => match self.ahead(at) {
                Some(at) => self.deed(at, &past_or_base),
                None => self.deed(at, &[Form::Past]).or_else(|| self.began(at)),
            },
        }
    }

    /// "started playing", "finished setting".
    fn began(&self, at: usize) -> Option<&'static str> {
        if listed("started finished begun", self.at(at)) { self.deed(at + 1, &[Form::Ing]) } else { None }
    }

    /// Where the verb stands behind "gone ahead and", "was able to".
    fn ahead(&self, at: usize) -> Option<usize> {
        let at = self.past(at, ADVERBS);
        let long = [
            "gone ahead and",
            "went ahead and",
            "go ahead and",
            "managed to",
            "been able to",
            "was able to",
            "be sure to",
            "make sure to",
        ];
        long.iter().find(|long| self.is(at, long)).map(|long| at + long.split(' ').count())
    }

    /// Whether something that no timer is was done beside: "… and sent the message".
    fn and_elsewhere(&self) -> bool {
        (1..self.words.len()).any(|at| {
            let verb =
                [Form::Past, Form::Base, Form::Ing].into_iter().find_map(|form| verb(self.at(at), form));
            self.at(at - 1) == "and" && verb.is_some_and(|(base, _)| listed(ELSEWHERE, base))
        })
    }

    /// Whether the sentence only says what would be: "once you tell me the time".
    fn is_conditional(&self) -> bool {
        let first = self.past(0, "just please simply");
        if matches!(self.at(first), "say" | "tell") {
            return true;
        }
        (0..self.words.len()).any(|at| {
            let asks = "tell give say want would like need ask let confirm are can provide specify choose do";
            let so = listed("if once when whenever after unless until before", self.at(at));
            so && self.at(at + 1) == "you" && listed(asks, self.at(at + 2))
        })
    }

    /// "done that", "did it", "taken care of it".
    fn did_it(&self, at: usize) -> Option<&'static str> {
        let it = |at: usize| listed("it that this so everything", self.at(at));
        let did = matches!(self.at(at), "done" | "did") && it(at + 1) && self.behind_it(at + 1);
        let known = self.at(at) == "let" && self.lets_know(at);
        let said = ["taken care of", "got you down"].iter().any(|phrase| self.is(at, phrase));
        (did || known || said).then_some(BARE)
    }

    /// "let your wife know".
    fn lets_know(&self, at: usize) -> bool {
        !listed("me you us", self.at(at + 1)) && (at + 2..at + 5).any(|place| self.at(place) == "know")
    }

    /// "let you know when", "keep an eye on", "take care of it".
    fn promises(&self, at: usize) -> Option<&'static str> {
        let soon = "when once at if as in tomorrow tonight the before after";
        let know = self.is(at, "let you know") && (self.words[at + 2].ends || listed(soon, self.at(at + 3)));
        let keeps = [
            "keep an eye",
            "keep track",
            "keep you posted",
            "take care of",
            "get that done",
            "get it done",
            "do that",
        ];
        let others = self.at(at) == "let" && self.lets_know(at);
        let clock = |place: usize| listed("timer alarm reminder", self.at(place));
        let rings = self.at(at) == "have" && (at + 1..at + 4).any(clock);
        let call = self.at(at) == "give"
            && (at + 1..at + 5).any(|place| listed("call ring reminder", self.at(place)));
        (know || others || rings || call || keeps.iter().any(|keeps| self.is(at, keeps))).then_some(BARE)
    }

    /// Whether what stands behind the pronoun at `at` leaves it one: "it off", "that for you", but no "that honey".
    fn behind_it(&self, at: usize) -> bool {
        let behind = "off on up down for to right now already in at back there too out over";
        self.words.get(at).is_none_or(|word| word.ends)
            || at + 1 >= self.words.len()
            || listed(behind, self.at(at + 1))
    }

    /// The verb at `at`, if it is one of a deed in one of `forms`, and of one on something.
    fn deed(&self, at: usize, forms: &[Form]) -> Option<&'static str> {
        let (base, strong) = forms.iter().find_map(|form| verb(self.at(at), *form))?;
        // To the end of the sentence: "I added eggs, flour and sugar to the list".
        let (from, end) = (at + 1, self.words.len());
        let object = &self.words[from.min(end)..end];
        let first = object.first();
        let has = |list: &str| object.iter().take(12).any(|word| listed(list, &word.text));
        if first.is_some_and(|word| listed("no nothing none not never", &word.text)) {
            return None;
        }
        let place = |list: &str| object.iter().take(12).position(|word| listed(list, &word.text));
        // "A story about a door" is no door.
        let of_words = place(OF_WORDS).is_some_and(|words| place(THINGS).is_none_or(|thing| words < thing));
        let of_words = of_words && !matches!(base, "dial" | "call");
        // A verb that ends its clause has no object.
        let alone = self.words[at].ends;
        let first = if alone { None } else { first };
        let on_something = match base {
            "remind" | "wake" => {
                forms.contains(&Form::Past) || (self.at(from) == "you" && self.at(from + 1) != "that")
            }
            _ if of_words => false,
            // "I'll pause here", "I'll order them by age".
            "pause" | "resume"
                if first.is_some_and(|word| matches!(word.text.as_str(), "here" | "there")) =>
            {
                false
            }
            "order" if has("by alphabetically") => false,
            _ if strong => true,
            _ if alone && !has(THINGS) => false,
            "call" if !forms.contains(&Form::Past) && first.is_some_and(|word| word.text == "the") => true,
            "leave" => has("message note voicemail"),
            "place" => has("order call orders"),
            "switch" if first.is_some_and(|word| word.text == "you") => true,
            _ if has("text") => false,
            // "Made a list of ideas" and "wrote a message" are words as well.
            "take" => has("note notes message order"),
            "make" => has("note notes reservation booking appointment call payment reminder"),
            "write" => has("notes calendar"),
            "create" if !has("your") && has("list lists document note") => false,
            _ => {
                let it = |word: &Word| listed("it that them this those both everything", &word.text);
                let pronoun = object.iter().take(3).position(it);
                let named = listed("open close call play start connect", base)
                    && first.is_some_and(|word| word.capital);
                has(THINGS)
                    || pronoun.is_some_and(|place| self.behind_it(from + place))
                    || (has("your") && base != "look")
                    || named
                    || (base == "call" && first.is_some_and(|word| listed("him her", &word.text)))
                    || (base == "play" && first.is_some_and(|word| word.text == "some"))
            }
        };
        on_something.then_some(base)
    }

    /// Where the first clause begins that says something: behind "Sure,".
    fn opening(&self) -> usize {
        let mut at = 0;
        loop {
            let past = self.past(at, OPENINGS);
            let past = [
                "got it",
                "no problem",
                "of course",
                "all right",
                "there you go",
                "here you go",
                "right away",
                "one moment",
                "you got it",
            ]
            .iter()
            .find(|phrase| self.is(past, phrase))
            .map_or(past, |phrase| past + phrase.split(' ').count());
            if past == at || past >= self.words.len() {
                return at;
            }
            at = past;
        }
    }

    /// "Done", "Opening Firefox", "Added milk to your list", "Message sent".
    fn opens_with_deed(&self) -> Option<&'static str> {
        let at = self.opening();
        let end = self.end(at);
        let clause: Vec<&str> = (at..end).map(|place| self.at(place)).collect();
        let short = [
            "done",
            "all done",
            "all set",
            "you are all set",
            "it is done",
            "that is done",
            "consider it done",
            "everything is set",
            "that is taken care of",
            "starting now",
            "starting right now",
            "it is taken care of",
            "it is all set",
        ];
        if short.contains(&clause.join(" ").as_str()) {
            return (!self.asks).then_some(BARE);
        }
        let starts_now = (at..self.words.len())
            .any(|place| self.is(place, "starting now") && self.end(place) == place + 2);
        if starts_now && !self.asks && self.words.len() < 8 {
            return Some(BARE);
        }
        if self.asks || (at..self.words.len()).any(|place| listed(FINITE, self.at(place))) {
            return None;
        }
        if let Some(base) = self.deed(at, &[Form::Ing]) {
            return Some(base);
        }
        // "Flight booked."
        let booked =
            verb(self.at(at + 1), Form::Past).filter(|(_, strong)| *strong && self.words.len() == at + 2);
        if let Some((base, _)) = booked {
            return Some(base);
        }
        let past = verb(self.at(at), Form::Past).filter(|(base, _)| *base != self.at(at));
        if let Some((base, _)) = past {
            let so =
                clause.len() == 1 || self.deed(at, &[Form::Past]).is_some() && self.on_a_thing(at + 1, end);
            return so.then_some(base);
        }
        // Telegrams, which have no articles and no conditions: "Timer set", "Lights off".
        if self.is_doubted(at) || listed("the a an this that", self.at(at)) {
            return None;
        }
        let state = 1 + (at..end.min(at + 5)).rev().find(|place| listed(THINGS, self.at(*place)))?;
        if state >= end {
            return None;
        }
        let switched = listed("on off", self.at(state)) && state + 1 == end;
        let done = verb(self.at(state), Form::Past).filter(|_| self.at(state + 1) != "by");
        done.map(|(base, _)| base).or_else(|| switched.then_some("turn"))
    }

    fn on_a_thing(&self, from: usize, end: usize) -> bool {
        (from..end).any(|place| listed(THINGS, self.at(place)) || listed("your you it them", self.at(place)))
    }

    /// "Your alarm is set for seven", "The lights are off now", "Your timer will ring".
    fn thing_is_so(&self) -> Option<&'static str> {
        if self.asks {
            return None;
        }
        let mut starts = vec![self.opening()];
        starts.extend(self.words.iter().enumerate().filter(|(_, word)| word.ends).map(|(at, _)| at + 1));
        starts.into_iter().filter(|start| !self.is_doubted(*start)).find_map(|start| self.clause_is_so(start))
    }

    /// Whether what is said from `start` on may not be, or was long ago.
    fn is_doubted(&self, start: usize) -> bool {
        let doubts = "if whether unless when no not never nothing may might could would check by of often usually always most";
        let year = |word: &Word| word.text.len() == 4 && word.text.bytes().all(|b| b.is_ascii_digit());
        self.words.iter().skip(start).any(|word| listed(doubts, &word.text) || year(word))
    }

    fn clause_is_so(&self, start: usize) -> Option<&'static str> {
        let start = self.past(start, "and so");
        let end = self.end(start);
        let be = (start + 1..end)
            .find(|at| listed("is are was were has have will starts went should", self.at(*at)))?;
        if be > start + 12 {
            return None;
        }
        let everything = self.at(start) == "everything";
        let your = matches!(self.at(start), "your") || self.is(start, "both your");
        let a = matches!(self.at(start), "a" | "an");
        let the = a
            || self.at(start) == "all"
            || matches!(self.at(start), "the" | "that" | "this" | "those" | "these");
        let has = |list: &str| (start..be).any(|at| listed(list, self.at(at)));
        let thing = has(THINGS);
        let next = self.past(be + 1, ADVERBS);
        let been = matches!(self.at(be), "has" | "have" | "is") && self.at(next) == "been";
        let should = self.at(be) == "should" && self.at(be + 1) == "be";
        let after = if been || should { next + 1 } else { be + 1 };
        let now = self.is(be + 1, "now") || self.is(after, "now") || self.is(after, "already");
        let state = self.past(after, ADVERBS);
        let passive = verb(self.at(state), Form::Past).map(|(base, _)| base);
        let passive = passive.filter(|base| !listed("call make write get", base));
        let closes = |at: usize| at >= end || self.words[at - 1].ends;
        let so = match self.at(be) {
            "has" | "have" if !been => {
                let begun = listed("started begun resumed", self.at(self.past(be + 1, ADVERBS)));
                (your || the) && begun && has("timer countdown alarm music")
            }
            "should" if !should => false,
            "should" => {
                let it = thing || matches!(self.at(start), "it" | "that" | "this");
                it && listed(STATES, self.at(state)) && self.at(state + 1) == "now"
            }
            "went" => (your || the) && thing && self.at(after) == "through",
            _ if your && (self.is(state, "on its way") || self.is(state, "on the way")) => true,
            "will" => {
                let goes = listed("go ring sound remind wake alert start end", self.at(state));
                (your || the) && has("timer alarm reminder countdown") && goes
            }
            "starts" => your && thing && self.at(after) == "now",
            _ if self.is(state, "on your") && self.at(start) != "there" => {
                let list = (state + 2..end).any(|at| listed("list calendar", self.at(at)));
                list && (now || (state..end).any(|at| self.at(at) == "now"))
            }
            _ => {
                let stands = listed(STATES, self.at(state)) || self.is(state, "in place");
                let behind = self.past(state + 1, "on off up down now again");
                let was = matches!(self.at(be), "was" | "were");
                let closed = closes(behind) || (self.at(behind) == "for" && !was && passive.is_some());
                let settled = closes(behind)
                    || listed("for at until now in to", self.at(behind))
                    || passive.is_some()
                    || self.is(state, "in place");
                let to_yours = been && self.at(behind) == "to" && self.at(behind + 1) == "your";
                let bare = listed(THINGS, self.at(start)) && be == start + 1 && stands && closed;
                let named = self.words[start].capital && be <= start + 3;
                let subject = if to_yours {
                    true
                } else if everything {
                    closes(behind)
                        && passive.is_some_and(|base| {
                            listed("set schedule book order save send cancel delete", base)
                        })
                } else if your {
                    settled && (thing || has("order orders") || (passive.is_some() && been))
                } else if a {
                    thing && closed && (been || now || self.at(state) == "running")
                } else if the {
                    thing && closed
                } else {
                    bare || named && now && closes(behind)
                };
                subject && (passive.is_some() || stands)
            }
        };
        so.then_some(passive.unwrap_or(BARE))
    }

    /// "You'll be reminded at eight", "You'll get a reminder".
    fn you_will(&self) -> Option<&'static str> {
        if self.asks || self.is_conditional() {
            return None;
        }
        (0..self.words.len()).find_map(|at| {
            let at = at + 2;
            if !self.is(at - 2, "you will") {
                return None;
            }
            let told = self.at(at) == "be" && listed("reminded notified alerted woken", self.at(at + 1));
            let gets = listed("get receive hear", self.at(at));
            let news = "reminder notification alert alarm confirmation chime";
            let behind = "at when on in for from soon shortly then once email tomorrow tonight every";
            let comes = |place: usize| {
                let end =
                    self.words.get(place).is_some_and(|word| word.ends) || place + 1 == self.words.len();
                listed(news, self.at(place)) && (end || listed(behind, self.at(place + 1)))
            };
            (told || gets && (at + 1..at + 5).any(comes)).then_some(BARE)
        })
    }
}
