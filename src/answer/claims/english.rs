//! English claims: "I've set a timer", "Opening Firefox", "Your alarm is set", "I'll remind you at seven".
//!
//! Enters: a sentence without its quotations. Leaves: whether it claims. Never here: a verb that only talks of words, such as
//! "I've written a poem" or "I'll explain".

/// What devices and services do; base, past, "-ing". With one of these no more is needed.
const STRONG: &str = "send sent sending; text texted texting; email emailed emailing; message messaged messaging; dial dialed \
    dialing; dial dialled dialling; book booked booking; order ordered ordering; buy bought buying; purchase purchased \
    purchasing; reserve reserved reserving; schedule scheduled scheduling; reschedule rescheduled rescheduling; cancel \
    canceled canceling; cancel cancelled cancelling; delete deleted deleting; snooze snoozed snoozing; launch launched \
    launching; mute muted muting; unmute unmuted unmuting; lock locked locking; unlock unlocked unlocking; activate \
    activated activating; deactivate deactivated deactivating; enable enabled enabling; disable disabled disabling; pause \
    paused pausing; resume resumed resuming; forward forwarded forwarding; save saved saving; dim dimmed dimming; notify \
    notified notifying; alert alerted alerting; subscribe subscribed subscribing; download downloaded downloading; install \
    installed installing; upload uploaded uploading; reboot rebooted rebooting; restart restarted restarting; pay paid \
    paying; transfer transferred transferring; archive archived archiving; print printed printing; remind reminded \
    reminding; wake woken waking; wake woke waking";

/// What people do with words and thoughts too; these need something that a device has.
const WEAK: &str = "set set setting; start started starting; stop stopped stopping; create created creating; add added adding; \
    remove removed removing; clear cleared clearing; call called calling; open opened opening; close closed closing; play \
    played playing; turn turned turning; switch switched switching; change changed changing; update updated updating; move \
    moved moving; put put putting; make made making; note noted noting; record recorded recording; share shared sharing; \
    post posted posting; connect connected connecting; reply replied replying; check checked checking; search searched \
    searching; look looked looking; write written writing; write wrote writing; increase increased increasing; decrease \
    decreased decreasing; raise raised raising; lower lowered lowering; adjust adjusted adjusting; skip skipped skipping; \
    queue queued queuing; log logged logging; place placed placing; arrange arranged arranging; confirm confirmed \
    confirming; submit submitted submitting; get got getting";

/// What a device or a service can act on.
const THINGS: &str = "timer timers countdown countdowns alarm alarms reminder reminders list lists note notes calendar event \
    events appointment appointments meeting meetings message messages email emails mail inbox voicemail light lights lamp \
    lamps music song songs playlist playlists album podcast radio volume brightness app apps browser calculator \
    thermostat heating heater fan tv television speaker speakers headphones microphone camera screen wifi bluetooth \
    computer phone laptop door car garage curtains blinds oven file files folder document documents tab tabs reservation \
    reservations booking bookings order orders payment web internet online settings account ticket tickets";

/// What a sentence is about that only works on words.
const OF_WORDS: &str = "sentence sentences word words number numbers letter letters equation sides poem story stories text \
    paragraph essay translation question questions answer answers joke example examples point points mind idea ideas name \
    names grammar spelling";

const ADVERBS: &str = "just already also now then successfully gladly quickly certainly definitely immediately personally \
    actually so still all";

/// Before "I": somebody asks, or tells of no deed.
const BEFORE: &str = "if when whenever shall should can could may might would did do have had am as before until till how where \
    what unless whether once whatever which why than";

/// Verbs that make an "-ing" at the beginning a subject: "Setting a timer is easy".
const FINITE: &str = "is are was were can could may might will would should must helps help takes take costs cost saves make \
    makes requires came comes gives lets means depends suits feels sounds";

/// Before what is said: "Sure, …".
const OPENINGS: &str = "okay ok sure alright right great certainly absolutely wonderful perfect yes yeah fine good well excellent \
    understood now and";

/// Things said of a thing that is as the user wanted it.
const STATES: &str = "on off running open confirmed active playing paused ready";

fn listed(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|listed| listed == word)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Base,
    Past,
    Ing,
}

/// Whether `word` is that form of a verb of a deed, and of which; strong ones need no thing.
fn verb(word: &str, form: Form) -> Option<(&'static str, bool)> {
    [(STRONG, true), (WEAK, false)].into_iter().find_map(|(table, strong)| {
        table.split(';').find_map(|forms| {
            let mut forms = forms.split_whitespace();
            let (base, past, ing) = (forms.next()?, forms.next()?, forms.next()?);
            let wanted = match form {
                Form::Base => base,
                Form::Past => past,
                Form::Ing => ing,
            };
            (wanted == word).then_some((base, strong))
        })
    })
}

/// A word of a sentence.
struct Word {
    text: String,
    capital: bool,
    /// Whether a comma or another mark stands behind it.
    ends: bool,
}

/// The words of `text`, contractions written out.
fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let text = text.replace('’', "'");
    for piece in text.split_whitespace() {
        let bare = piece.trim_matches(|c: char| !c.is_alphanumeric());
        let title = matches!(bare, "Dr" | "Mr" | "Mrs" | "Ms" | "St");
        let marks = piece.trim_end_matches(|c: char| matches!(c, ')' | '\'')).chars().last();
        let ends =
            !title && marks.is_some_and(|c| matches!(c, ',' | '.' | '!' | '?' | ';' | ':' | '…' | '—'));
        if bare.is_empty() {
            if let Some(last) = words.last_mut() {
                last.ends = true;
            }
            continue;
        }
        let capital = bare.chars().next().is_some_and(char::is_uppercase);
        let lower = bare.to_lowercase();
        let (stem, more) = match lower.as_str() {
            "can't" | "cannot" => ("can", Some("not")),
            "won't" => ("will", Some("not")),
            "it's" | "that's" | "there's" | "everything's" => {
                (lower.split('\'').next().unwrap_or(""), Some("is"))
            }
            other => {
                let tails = [
                    ("n't", "not"),
                    ("'ve", "have"),
                    ("'ll", "will"),
                    ("'m", "am"),
                    ("'re", "are"),
                    ("'d", "would"),
                ];
                tails
                    .into_iter()
                    .find_map(|(tail, long)| other.strip_suffix(tail).map(|stem| (stem, Some(long))))
                    .unwrap_or((other, None))
            }
        };
        words.push(Word { text: stem.to_owned(), capital, ends: ends && more.is_none() });
        if let Some(more) = more {
            words.push(Word { text: more.to_owned(), capital: false, ends });
        }
    }
    words
}

pub(super) fn is_claim(text: &str) -> bool {
    let asks = text.trim_end().ends_with('?');
    // Nothing a voice says in one sentence is as long; the rest of a hostile one is of no matter.
    let mut words = words(text);
    words.truncate(80);
    let said = Said { words: &words, asks };
    said.own_deed() || said.opens_with_deed() || said.thing_is_so() || said.you_will()
}

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

    /// "I've set", "I sent", "I'll remind you", "I'm opening", "let me set".
    fn own_deed(&self) -> bool {
        let conditional = self.is_conditional();
        (0..self.words.len()).any(|at| {
            let own = matches!(self.at(at), "i" | "we");
            if self.is(at, "let me") && !self.asks && !conditional {
                let at = self.past(at + 2, ADVERBS);
                return self.at(at) != "remind" && self.deed(at, &[Form::Base]);
            }
            let before = at.checked_sub(1).filter(|before| !self.words[*before].ends);
            if !own || before.is_some_and(|before| listed(BEFORE, self.at(before))) {
                return false;
            }
            let at = self.past(at + 1, ADVERBS);
            let ahead = |at: usize| {
                let at = self.past(at, ADVERBS);
                let long = [
                    "gone ahead and",
                    "went ahead and",
                    "go ahead and",
                    "managed to",
                    "been able to",
                    "was able to",
                ];
                long.iter().find(|long| self.is(at, long)).map(|long| at + long.split(' ').count())
            };
            let past_or_base = [Form::Past, Form::Base];
            match self.at(at) {
                "have" => match ahead(at + 1) {
                    Some(at) => self.deed(at, &past_or_base),
                    None => {
                        let at = self.past(at + 1, ADVERBS);
                        self.deed(at, &[Form::Past]) || self.did_it(at)
                    }
                },
                "will" | "am" if self.asks || conditional => false,
                "will" => {
                    let at = ahead(at + 1).unwrap_or_else(|| self.past(at + 1, ADVERBS));
                    let at = if self.at(at) == "be" { at + 1 } else { at };
                    self.deed(at, &[Form::Base, Form::Ing]) || self.promises(at)
                }
                "am" => {
                    let at = self.past(at + 1, ADVERBS);
                    if self.is(at, "going to") || self.is(at, "about to") {
                        self.deed(at + 2, &[Form::Base]) || self.promises(at + 2)
                    } else {
                        self.deed(at, &[Form::Ing])
                    }
                }
                _ if self.asks => false,
                _ => match ahead(at) {
                    Some(at) => self.deed(at, &past_or_base),
                    None => self.deed(at, &[Form::Past]) || (self.at(at) == "did" && self.did_it(at)),
                },
            }
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
    fn did_it(&self, at: usize) -> bool {
        let it = |at: usize| listed("it that this so everything", self.at(at));
        (matches!(self.at(at), "done" | "did") && it(at + 1) && self.behind_it(at + 1))
            || self.is(at, "taken care of")
    }

    /// "let you know when", "keep an eye on", "take care of it".
    fn promises(&self, at: usize) -> bool {
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
        know || keeps.iter().any(|keeps| self.is(at, keeps))
    }

    /// Whether what stands behind the pronoun at `at` leaves it one: "it off", "that for you", but no "that honey".
    fn behind_it(&self, at: usize) -> bool {
        let behind = "off on up down for to right now already in at back there too out over";
        self.words.get(at).is_none_or(|word| word.ends)
            || at + 1 >= self.words.len()
            || listed(behind, self.at(at + 1))
    }

    /// Whether the verb at `at` is one of a deed in one of `forms`, and of one on something.
    fn deed(&self, at: usize, forms: &[Form]) -> bool {
        let Some((base, strong)) = forms.iter().find_map(|form| verb(self.at(at), *form)) else {
            return false;
        };
        let (from, end) = (at + 1, self.end(at));
        let object = &self.words[from.min(end)..end];
        let has = |list: &str| object.iter().take(9).any(|word| listed(list, &word.text));
        if object.first().is_some_and(|word| listed("no nothing none not never", &word.text)) {
            return false;
        }
        if base == "remind" || base == "wake" {
            return self.at(from) == "you" && self.at(from + 1) != "that" || forms.contains(&Form::Past);
        }
        if has(OF_WORDS) && !has(THINGS) {
            return false;
        }
        if strong {
            return true;
        }
        // "Made a list of ideas" and "wrote a message" are words as well.
        match base {
            "make" => return has("note notes reservation booking appointment call payment reminder"),
            "write" => return has("notes calendar"),
            "create" if !has("your") && has("list lists document note") => return false,
            _ => {}
        }
        let pronoun =
            object.iter().take(3).position(|word| listed("it that them this those everything", &word.text));
        let pronoun = pronoun.is_some_and(|place| self.behind_it(from + place));
        let yours = has("your") && base != "look";
        let named = listed("open close call play start connect", base)
            && object.first().is_some_and(|word| word.capital);
        let some = base == "play" && object.first().is_some_and(|word| word.text == "some");
        let order = base == "place" && has("order call");
        has(THINGS) || (pronoun && base != "make") || yours || named || some || order
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
    fn opens_with_deed(&self) -> bool {
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
            "it is taken care of",
            "it is all set",
        ];
        if short.contains(&clause.join(" ").as_str()) {
            return !self.asks;
        }
        if self.asks || (at..self.words.len()).any(|place| listed(FINITE, self.at(place))) {
            return false;
        }
        if self.deed(at, &[Form::Ing]) {
            return true;
        }
        let past = verb(self.at(at), Form::Past).filter(|(base, _)| *base != self.at(at));
        if past.is_some() {
            return clause.len() == 1 || self.deed(at, &[Form::Past]) && self.on_a_thing(at + 1, end);
        }
        // Telegrams: "Timer set", "Lights off".
        let thing = (at..end.min(at + 5)).rev().find(|place| listed(THINGS, self.at(*place)));
        thing.is_some_and(|thing| {
            let state = thing + 1;
            let done = verb(self.at(state), Form::Past).is_some() && self.at(state + 1) != "by";
            state < end && (done || (listed("on off", self.at(state)) && state + 1 == end))
        })
    }

    fn on_a_thing(&self, from: usize, end: usize) -> bool {
        (from..end).any(|place| listed(THINGS, self.at(place)) || listed("your it them", self.at(place)))
    }

    /// "Your alarm is set for seven", "The lights are off now", "Your timer will ring".
    fn thing_is_so(&self) -> bool {
        let doubts = "if whether unless when no not never nothing may might could would check by of often usually always most";
        let year = |word: &Word| word.text.len() == 4 && word.text.bytes().all(|b| b.is_ascii_digit());
        if self.asks || self.words.iter().any(|word| listed(doubts, &word.text) || year(word)) {
            return false;
        }
        let mut starts = vec![self.opening()];
        starts.extend(self.words.iter().enumerate().filter(|(_, word)| word.ends).map(|(at, _)| at + 1));
        starts.into_iter().any(|start| self.clause_is_so(start))
    }

    fn clause_is_so(&self, start: usize) -> bool {
        let start = self.past(start, "and so");
        let end = self.end(start);
        let be = (start + 1..end).find(|at| listed("is are was were has have will starts", self.at(*at)));
        let Some(be) = be.filter(|be| *be < start + 12) else { return false };
        let your = matches!(self.at(start), "your" | "all") || self.is(start, "both your");
        let a = matches!(self.at(start), "a" | "an");
        let the = matches!(self.at(start), "the" | "that" | "this" | "those" | "these") || a;
        let thing = (start..be).any(|at| listed(THINGS, self.at(at)));
        let named = !your && !the && self.words[start].capital && be <= start + 3;
        let been = matches!(self.at(be), "has" | "have") && self.at(be + 1) == "been";
        if matches!(self.at(be), "has" | "have") && !been {
            return false;
        }
        let after = be + 1 + usize::from(been);
        let now = self.is(after, "now") || self.is(after, "already");
        let state = self.past(after, ADVERBS);
        if self.at(be) == "will" {
            let clock = (start..be).any(|at| listed("timer alarm reminder countdown", self.at(at)));
            return (your || the)
                && clock
                && listed("go ring sound remind wake alert start end", self.at(state));
        }
        if self.at(be) == "starts" {
            return your && thing && self.at(after) == "now";
        }
        let last = |at: usize| at >= end || self.words[at - 1].ends;
        let on_list =
            self.is(state, "on your") && (state + 2..end).any(|at| listed("list calendar", self.at(at)));
        if on_list && !self.is(start, "there") {
            return (state..end).any(|at| self.at(at) == "now") || now;
        }
        let passive =
            verb(self.at(state), Form::Past).is_some_and(|(base, _)| !listed("call make write get", base));
        let standing = listed(STATES, self.at(state)) || self.is(state, "in place");
        if !(passive || standing) {
            return false;
        }
        if your {
            let strong = passive && been;
            return thing || strong;
        }
        let behind = self.past(state + 1, "on off up down now again");
        let closed = last(behind) || self.at(behind) == "for" && !matches!(self.at(be), "was" | "were");
        if a {
            return thing && (been || now || self.at(state) == "running") && closed;
        }
        (the && thing && closed) || (named && now && last(behind))
    }

    /// "You'll be reminded at eight", "You'll get a reminder".
    fn you_will(&self) -> bool {
        if self.asks || self.is_conditional() {
            return false;
        }
        (0..self.words.len()).any(|at| {
            let at = if self.is(at, "you will") { at + 2 } else { return false };
            let told = self.at(at) == "be" && listed("reminded notified alerted woken", self.at(at + 1));
            let gets = listed("get receive hear", self.at(at));
            let news = "reminder notification alert alarm confirmation chime";
            told || gets && (at + 1..at + 5).any(|place| listed(news, self.at(place)))
        })
    }
}
