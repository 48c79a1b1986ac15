//! Own deeds: "I've set", "I sent", "I'll remind you", "I'm opening", "let me set".
//!
//! Enters: a sentence. Leaves: the verb of a deed that the assistant says of itself. Any verb is one, but those of
//! thinking and wording; a few are one on a thing that a device has. Never here: what is said of things.

use super::{
    super::vocabulary::{
        ADVERBS, BEFORE, CHANGES, CLOCKS, EITHER, Form, OF_WORDS, SETTLED, STRONG, TALK, THINGS, Verb,
    },
    Said,
};

impl Said<'_> {
    pub(super) fn own_deed(&self) -> Option<Verb> {
        let conditional = self.is_conditional();
        let yours = self.any(0, self.words.len(), "you your");
        (0..self.words.len()).find_map(|at| {
            if self.is(at, "let me") && !self.asks && !conditional {
                let at = self.past(at + 2, ADVERBS);
                return self.deed(at, Form::Base).filter(|verb| !verb.is_of("remind"));
            }
            let blocked = at > 0 && !self.words[at - 1].ends && self.is_one(at - 1, BEFORE);
            // "We" are people, but where they speak to the user.
            let own = self.at(at) == "i" || (self.at(at) == "we" && yours);
            if !own || blocked {
                return None;
            }
            let from = self.past(at + 1, ADVERBS);
            self.deed_behind_i(from, conditional).or_else(|| self.and_then(from, conditional))
        })
    }

    /// The deed that begins at `at`, behind "I".
    fn deed_behind_i(&self, at: usize, conditional: bool) -> Option<Verb> {
        let behind = self.past(at + 1, ADVERBS);
        match self.at(at) {
            "have" => self.over(behind).or_else(|| self.has_it_done(at)),
            "will" | "am" if self.asks || conditional => None,
            "will" => {
                let at = self.ahead(behind).unwrap_or(behind);
                match self.at(at) {
                    // "I'll keep checking the score".
                    "keep" if self.verb(at + 1, Form::Ing).is_some() => self.deed(at + 1, Form::Ing),
                    "be" => self.deed(at + 1, Form::Ing),
                    _ => self
                        .deed(at, Form::Base)
                        .or_else(|| self.promise(at))
                        .or_else(|| self.has_it_done(at)),
                }
            }
            "am" => {
                if let Some(at) = self.behind(behind, &["going to", "about to"]) {
                    return self.deed(at, Form::Base).or_else(|| self.promise(at));
                }
                self.deed(self.behind(behind, &["in the process of"]).unwrap_or(behind), Form::Ing)
            }
            _ if self.asks => None,
            _ => self.over(at).or_else(|| if self.at(at) == "got" { self.has_it_done(at) } else { None }),
        }
    }

    /// What is over from `at` on: "set it", "went ahead and set it", "started playing".
    fn over(&self, at: usize) -> Option<Verb> {
        if let Some(at) = self.ahead(at) {
            return [Form::Past, Form::Base, Form::Ing].into_iter().find_map(|form| self.deed(at, form));
        }
        let began =
            || if self.is_one(at, "started finished begun") { self.deed(at + 1, Form::Ing) } else { None };
        self.deed(at, Form::Past).or_else(|| self.did_it(at)).or_else(began)
    }

    /// "… and sent it", "… and will alert you", behind what began at `from`.
    fn and_then(&self, from: usize, conditional: bool) -> Option<Verb> {
        let before = self.is_one(from, "can could may might would should was cannot did");
        if before || self.is_one(from + 1, "not") || self.asks {
            return None;
        }
        (from + 1..self.words.len()).filter(|at| self.is_one(*at, "and then but")).find_map(|at| {
            let at = self.past(at + 1, ADVERBS);
            match self.at(from) {
                "will" if self.verb(at, Form::Past).is_none() => None,
                _ if self.at(at) == "will" && !conditional => self.deed(at + 1, Form::Base),
                "am" => self.deed(at, Form::Ing),
                _ => self.deed(at, Form::Past),
            }
        })
    }

    /// Where the verb stands behind "gone ahead and", "was able to".
    fn ahead(&self, at: usize) -> Option<usize> {
        self.behind(
            self.past(at, ADVERBS),
            &[
                "gone ahead and",
                "went ahead and",
                "go ahead and",
                "managed to",
                "been able to",
                "was able to",
                "be sure to",
                "make sure to",
                "took the liberty of",
                "taken the liberty of",
            ],
        )
    }

    /// "done that", "did it", "taken care of it", "made sure the door is locked".
    fn did_it(&self, at: usize) -> Option<Verb> {
        let it = self.is_one(at + 1, "it that this so everything");
        let did = self.is_one(at, "done did") && it && self.is_pronoun(at + 1);
        let known = self.at(at) == "let" && self.lets_know(at);
        let said = self.behind(at, &["taken care of", "took care of", "got you down"]).is_some();
        let sure = self.is(at, "made sure") && self.any(at, self.words.len(), THINGS);
        (did || known || said || sure).then(Verb::bare)
    }

    /// "let your wife know".
    fn lets_know(&self, at: usize) -> bool {
        !self.is_one(at + 1, "me you us") && self.any(at + 2, at + 5, "know")
    }

    /// "have your reminder set", "got you booked", "have it delivered by noon".
    pub(super) fn has_it_done(&self, at: usize) -> Option<Verb> {
        let at = at + usize::from(self.is(at, "have got"));
        let whose = self.is_one(at + 1, "your the it that you everything them those all this");
        if !self.is_one(at, "have got get keep") || !whose {
            return None;
        }
        let end = self.end(at).min(at + 7);
        let closes = |at: usize| {
            self.closes(at) || self.is_one(at, "for on at to by in now when up down off again with")
        };
        let done = (at + 2..end)
            .filter(|place| closes(place + 1))
            .find_map(|place| self.verb(place, Form::Past).filter(|verb| !verb.is_of("find say think read")));
        let waits = self.at(at + 1) == "your" && self.any(at, end, "ready waiting");
        let stands =
            self.any(at + 2, end, "ready going running on off out waiting") && self.any(at, end, THINGS);
        done.or_else(|| (waits || stands).then(Verb::bare))
    }

    /// "let you know when", "keep an eye on", "take care of it".
    fn promise(&self, at: usize) -> Option<Verb> {
        let len = self.words.len();
        let soon = "when once at if as in tomorrow tonight the before after";
        let know = self.is(at, "let you know") && (self.closes(at + 3) || self.is_one(at + 3, soon));
        // "I'll tell you when the war ended" tells of another time.
        let ended = (at + 3..len).any(|place| self.verb(place, Form::Past).is_some());
        let told = self.is(at, "tell you") && self.is_one(at + 2, "when once if as") && !ended;
        let keeps = [
            "tell you the moment",
            "tell you the minute",
            "keep an eye",
            "keep track",
            "keep you posted",
            "take care of",
            "get that done",
            "get it done",
            "do that",
            "get on it",
            "get right on",
            "check on you",
            "hold your",
        ];
        let others = self.at(at) == "let" && self.lets_know(at);
        let sure = self.is(at, "make sure") && (self.any(at, len, THINGS) || self.at(at + 2) == "you");
        let rings = self.at(at) == "have" && self.any(at + 1, at + 4, CLOCKS);
        let call =
            self.at(at) == "give" && self.any(at + 1, at + 5, "call ring reminder nudge shout heads-up");
        let keeps = self.behind(at, &keeps).is_some();
        (know || told || others || sure || rings || call || keeps).then(Verb::bare)
    }

    /// Whether what stands behind the pronoun at `at` leaves it one: "it off", "that for you", but no "that honey".
    fn is_pronoun(&self, at: usize) -> bool {
        let behind = "off on up down for to right now already in at back there too out over through by under as until \
            again today tomorrow tonight";
        self.closes(at + 1) || self.is_one(at + 1, behind)
    }

    /// The verb at `at`, if it is one of a deed in that form, on something that words are not.
    pub(super) fn deed(&self, at: usize, form: Form) -> Option<Verb> {
        let verb = self.verb(at, form)?;
        // "I added eggs, flour and sugar to the list": to the end of the sentence.
        let object = Object { said: self, at, from: at + 1, end: self.words.len().min(at + 14), form };
        let none =
            self.is_one(at, "not never be been was were am had could would always usually often to a the in");
        let none = none || !object.is_missing() && self.is_one(at + 1, "no nothing none not never neither");
        (!none && object.is_acted_on(&verb)).then_some(verb)
    }
}

/// What stands behind the verb at `at`.
struct Object<'s> {
    said: &'s Said<'s>,
    at: usize,
    from: usize,
    end: usize,
    form: Form,
}

impl Object<'_> {
    /// Whether the verb ends its clause.
    fn is_missing(&self) -> bool {
        self.said.words[self.at].ends
    }

    fn begins(&self, list: &str) -> bool {
        !self.is_missing() && self.said.is_one(self.from, list)
    }

    fn has(&self, list: &str) -> bool {
        self.said.any(self.from, self.end, list)
    }

    fn is_person(&self) -> bool {
        self.begins("him her them your") || !self.is_missing() && self.said.is_capital(self.from)
    }

    /// Whether it is of words, and not of a thing: "a story about a door" is no door.
    fn is_of_words(&self, verb: &Verb) -> bool {
        let first = |list: &str| (self.from..self.end).find(|place| self.said.is_one(*place, list));
        let near = |place: &usize| *place < self.from + 4 || !verb.is_of(STRONG);
        let it = self.begins("it them that") && verb.is_of(STRONG);
        let words = first(OF_WORDS).filter(near).filter(|_| !it && !verb.is_of("dial call"));
        words.is_some_and(|words| first(THINGS).is_none_or(|thing| words < thing))
    }

    fn is_acted_on(&self, verb: &Verb) -> bool {
        let past = self.form == Form::Past;
        let behalf = ["on your behalf", "under your name", "in your name"];
        let shown = |at: usize| {
            let said = self.said;
            said.at(at) == "on" && said.is_one(at + 1, "your the") && said.any(at + 2, at + 5, THINGS)
        };
        if (self.from..self.end)
            .any(|at| self.said.behind(at, &behalf).is_some() || verb.is_of("show display") && shown(at))
        {
            return true;
        }
        if self.is_turn_of_phrase(verb) || self.is_of_words(verb) && !verb.is_of("remind wake") {
            return false;
        }
        if verb.is_of("remind wake") {
            let you = self.begins("you") && self.said.at(self.from + 1) != "that";
            return you || past && !self.begins("me");
        }
        if verb.is_of("tell ask") {
            let asked = self.begins("for") && !self.has("help patience forgiveness");
            let told = self.begins("the") && self.said.is_one(self.from + 1, THINGS);
            return past
                && (asked
                    || told
                    || self.is_person()
                    || self.said.any(self.from, self.from + 3, "kids team family"));
        }
        if verb.is_of("speak talk") {
            return past && self.begins("to with") && self.said.at(self.from + 1) != "you";
        }
        if verb.is_of("let") {
            return !self.begins("me us you");
        }
        if verb.is_of("leave") {
            return self.has("message note voicemail") || self.has("on off") && self.has(THINGS);
        }
        if verb.is_of("make write create build list") {
            return self.is_made(verb);
        }
        if verb.is_of(EITHER) { self.is_a_thing(verb) } else { !verb.is_of(TALK) }
    }

    /// "I pause here", "I set great store by it", "put together", "I only set alarms when asked".
    fn is_turn_of_phrase(&self, verb: &Verb) -> bool {
        let said = self.said;
        verb.is_of("pause resume order")
            && (self.has("here there by alphabetically")
                || verb.is_of("order") && self.begins("the") && self.has("from"))
            || verb.is_of("put") && self.has("together")
            || verb.is_of("turn") && self.has("into")
            || verb.is_of("take") && self.has("as")
            || verb.is_of("go") && self.begins("through")
            || verb.is_of("run") && self.begins("on in from")
            || verb.is_of("set")
                && (self.begins("out aside forth")
                    || self.has("foot store sail fire stage record")
                    || said.is(self.from, "the scene") && said.at(self.from + 2) != "to")
            || self.form == Form::Past
                && verb.is_of("set put let shut")
                && self.has("when if always whenever")
    }

    /// "Made a list of ideas" and "wrote a message" are words as well.
    fn is_made(&self, verb: &Verb) -> bool {
        let list = self.has("list lists document note");
        self.has("notes calendar reservation booking appointment call payment reminder event")
            || verb.is_of("make") && self.has("note")
            || list && self.has("your called named with")
            || verb.is_of("create build") && self.has(THINGS) && !list
    }

    /// Whether a verb of words too is one of a deed here: "I moved it", "I turned the lights off", "I put it in your calendar".
    fn is_a_thing(&self, verb: &Verb) -> bool {
        let said = self.said;
        let past = self.form == Form::Past;
        if self.is_missing() {
            return self.form == Form::Ing && verb.is_of("record track play start stop call");
        }
        let it = (self.from..self.from + 3)
            .find(|place| said.is_one(*place, "it that them this those both everything"))
            .is_some_and(|place| said.is_pronoun(place));
        let it = it && (verb.is_of(SETTLED) || !verb.is_of(TALK) || self.has("for off on up down"));
        let your = |at: &usize| said.at(*at) == "your" && !said.any(at + 1, at + 4, OF_WORDS);
        let your = (self.from..self.end).any(|at| your(&at)) && !verb.is_of("look read give keep get show");
        let thing = self.has(THINGS) && !self.has("text") && !verb.is_of("read keep show give get");
        let counted = verb.is_of("stop") && said.verb(self.from, Form::Ing).is_some();
        let put = verb.is_of("put") && !self.begins("on up");
        let changed = past
            && !counted
            && !put
            && verb.is_of(CHANGES)
            && !self.begins("with in on from into my as it them")
            && !self.has("here there by");
        let named = verb.is_of("open close call play start connect") && said.is_capital(self.from);
        let now = self.has("now") && !verb.is_of("show give tell list") || said.has(self.from, "as we speak");
        let turned = verb.is_of("turn switch put")
            && past
            && (self.has("up down off")
                || self.has("on")
                    && (self.from..self.end).any(|at| said.at(at) == "on" && said.closes(at + 1)));
        let for_you =
            past && verb.is_of("skip move pick open close start stop") && said.has(self.from, "for you");
        it || your
            || turned
            || for_you
            || changed
            || thing
            || named
            || now
            || verb.is_of("put connect patch") && self.begins("you") && self.has("through to")
            || verb.is_of("get put take move") && self.has("you") && self.has("seat down name")
            || verb.is_of("play") && self.begins("some")
            || verb.is_of("call")
                && (self.begins("him her")
                    || self.has("help ambulance police doctor")
                    || self.begins("the your") && (!past || said.closes(self.from + 2)))
    }
}
