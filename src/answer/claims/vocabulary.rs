//! Vocabulary: the English words by which claims are told from other sentences.
//!
//! Enters: a sentence. Leaves: its words, contractions written out; whether a word is a verb of a deed. Never here: an order
//! of words.

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
    paying; transfer transferred transferring; archive archived archiving; print printed printing; ping pinged pinging; search searched searching; remind reminded \
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
    confirming; submit submitted submitting; reduce reduced reducing; \
    request requested requesting; renew renewed renewing; shut shut shutting; deliver delivered delivering; pull pulled \
    pulling; take taken taking; take took taking; block blocked blocking; leave left leaving; back backed backing; join joined joining";

/// What a device or a service can act on.
pub(super) const THINGS: &str = "timer timers countdown countdowns alarm alarms reminder reminders list lists note notes calendar event \
    events appointment appointments meeting meetings message messages email emails mail inbox voicemail light lights lamp \
    lamps music song songs playlist playlists album podcast radio volume brightness app apps browser calculator \
    thermostat heating heater fan tv television speaker speakers headphones microphone camera screen wifi bluetooth \
    computer phone laptop door car garage curtains blinds oven file files folder document documents tab tabs reservation \
    reservations booking bookings payment web internet online settings account ticket tickets ride taxi uber cab \
    delivery";

/// What a sentence is about that only works on words.
pub(super) const OF_WORDS: &str = "sentence sentences word words number numbers letter letters equation sides poem story stories paragraph essay translation question questions answer answers joke example examples point points mind idea ideas name \
    names grammar spelling wishes love regards greetings thoughts";

pub(super) const ADVERBS: &str = "just already also now then successfully gladly quickly certainly definitely immediately personally \
    actually so still all";

/// Before "I": somebody asks, or tells of no deed.
pub(super) const BEFORE: &str = "if when whenever shall should can could may might would did do have had am as before until till how where \
    what unless whether once whatever which why than";

/// Verbs that make an "-ing" at the beginning a subject: "Setting a timer is easy".
pub(super) const FINITE: &str = "is are was were can could may might will would should must helps help takes take costs cost saves make \
    makes requires came comes gives lets means depends suits feels sounds";

/// Before what is said: "Sure, …".
pub(super) const OPENINGS: &str = "okay ok sure alright right great certainly absolutely wonderful perfect yes yeah fine good well excellent \
    understood now and";

/// Things said of a thing that is as the user wanted it.
pub(super) const STATES: &str = "on off running open confirmed active playing paused ready gone";

pub(super) fn listed(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|listed| listed == word)
}

/// What no timer, alarm or reminder is.
pub(super) const ELSEWHERE: &str = "send text email message dial call book order buy purchase reserve pay transfer play open launch lock \
    unlock download upload install print post share forward archive subscribe dim mute unmute pause resume";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Base,
    Past,
    Ing,
}

/// Whether `word` is that form of a verb of a deed, and of which; strong ones need no thing.
pub(super) fn verb(word: &str, form: Form) -> Option<(&'static str, bool)> {
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
pub(super) struct Word {
    pub(super) text: String,
    pub(super) capital: bool,
    /// Whether a comma or another mark stands behind it.
    pub(super) ends: bool,
}

/// The words of `text`, contractions written out.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let text = text.replace('’', "'");
    for piece in text.split_whitespace() {
        let bare = piece.trim_matches(|c: char| !c.is_alphanumeric());
        let title = matches!(bare, "Dr" | "Mr" | "Mrs" | "Ms" | "St");
        let marks = piece.trim_end_matches([')', '\'']).chars().last();
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
        // "Your reminder's been saved".
        let (stem, more) = match stem.strip_suffix("'s").filter(|thing| listed(THINGS, thing)) {
            Some(thing) if more.is_none() => (thing, Some("is")),
            _ => (stem, more),
        };
        words.push(Word { text: stem.to_owned(), capital, ends: ends && more.is_none() });
        if let Some(more) = more {
            words.push(Word { text: more.to_owned(), capital: false, ends });
        }
    }
    words
}
