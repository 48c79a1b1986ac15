//! Vocabulary: the English words that a claim's form is read by.
//!
//! Enters: a sentence. Leaves: its words, contractions written out; what a word may be a verb of. Which verbs are deeds is
//! an open class: here stand those that are none, and those that are one on some things only. Never here: an order of words.

/// What an assistant does with thoughts and words: the text itself is the deed.
pub(super) const TALK: &str = "think find know mean believe understand misunderstand see hear read guess assume explain describe list \
    translate write rewrite summarize summarise count calculate compute compare choose pick suggest recommend mention say \
    answer try want need like love hope wish learn train wonder prefer enjoy notice consider forget mistake mishear \
    apologize apologise regret feel include shorten lengthen come outline sketch draft round tailor phrase rephrase clarify \
    simplify elaborate expand focus stick begin go wait pass bite stop be do have get exist work help agree disagree doubt \
    imagine pretend invent compose spell quote cite refer note repeat stay remain listen talk speak chat discuss discover \
    figure estimate assess analyze analyse evaluate review examine consult sum condense correct fix edit proofread polish \
    improve revise refine reword paraphrase interpret infer conclude decide determine solve derive divide multiply subtract \
    convert use skip cover detail illustrate demonstrate show provide offer present give teach study research explore weigh \
    rank group sort combine mix tell ask live happen become seem appear belong depend stand sit run walk lie start fail lose \
    miss win laugh cry sing rhyme joke imply tend struggle hesitate realize realise recall recognize recognise name label \
    number highlight bold emphasize emphasise stress underline split break separate organize organise structure format \
    reason argue admit confess promise swear bet thank appreciate trust care mind admire welcome congratulate wrap lean gather \
    collect keep hold look leave change make add remove put take turn move draw play call create build follow \
    complete finish return roll throw base end bring continue proceed respond reply return cheer root sound mishandle \
    confuse owe err fall rely limit restrict exclude omit locate compile select verify fetch identify narrow spot match trim double-check picture adapt tighten annotate contrast scale rate jot skim recap iron unpack";

/// Of those, what a device does too, where something that a device has is named.
pub(super) const EITHER: &str = "list write note get read start stop put take make add remove turn move play call create build change \
    leave keep hold look skip fix sort run tell ask show roll complete finish give draw reply return pull pass organize organise follow split jot pick convert go turn move begin \
    edit cover highlight label name number check share close open switch update start clear adjust cut drop connect raise \
    lower place show bring block mark record replace";

/// Of those, what is seldom done to words: these need no thing where they are over.
pub(super) const CHANGES: &str = "change put mark open close stop switch lower raise clear drop update adjust connect replace share record cross \
    play ask place run pull";

/// What the news tell of.
pub(super) const NEWS: &str = "cancel change close open sell build move delay elect pass protect raise publish kill arrest destroy ban launch \
    release restore rename sign postpone translate play perform win show approve reject extend suspend improve reduce \
    increase accept give add set break repeat vaccinate double call stop lift defeat";

/// What only devices and services do.
pub(super) const STRONG: &str = "send text email message dial book order buy purchase reserve schedule reschedule cancel delete snooze \
    mute unmute lock unlock activate deactivate enable disable pause resume forward save dim notify subscribe unsubscribe \
    download install uninstall upload reboot restart pay transfer archive print remind rebook silence request register back \
    upgrade sync disconnect shuffle reset file submit log post publish block charge preheat arrange sort handle clear update";

/// What is set up by a device: "it's set", "that's sorted".
pub(super) const SETTLED: &str = "set do sort handle fix add remove move turn switch start play stop create record connect confirm change \
    place take deal tick mark note";

/// What no deed is, though it looks like one: "your body is made of", "it is known".
pub(super) const STATIVE: &str = "make know base call locate bear mean suppose relate tire interest please worry surprise delay protect \
    need use limit involve compare describe consider believe say think regard see find write speak marry concern repair form \
    compose build bore annoy confuse prove expect allow permit require name damage break lose discover try invent";

/// What a device or a service can act on.
pub(super) const THINGS: &str = "sounds wallpaper sound transfer request rental changes purchase downloads link show pdf house lock call scan audio contract diary fridge nightlight fireplace audiobook audiobooks chapter episode episodes intercom standup ambulance \
    announcement desktop strip page issue shopping coffee washer dryer shower pump charger watch headset doorbell siren slot spot laundry account \
    money disturb timer timers countdown countdowns stopwatch alarm alarms reminder reminders list lists note notes calendar \
    event events appointment appointments meeting meetings message messages text texts email emails mail mails inbox voicemail light \
    lights lamp lamps lighting music song songs track tracks playlist playlists album podcast radio volume brightness noise app apps browser \
    calculator thermostat heating heater fan fans aircon tv television speaker speakers headphones microphone camera screen \
    wifi wi-fi bluetooth computer phone laptop printer router projector tablet tablets door doors gate car garage curtains \
    blinds shutters window windows bath oven kettle file files folder document documents spreadsheet tab tabs reservation \
    reservations booking bookings payment refund web internet online settings account ticket tickets ride taxi uber cab \
    delivery navigation route directions location notification notifications contact contacts subtitles screenshot photo \
    photos video videos recording backup cache setup vacuum robot machine dishwasher sprinklers heater dehumidifier \
    humidifier noise-machine playlist chore chores event workout number invite invitation invitations invoice order orders \
    groceries subscription password plan status sheet budget fund savings card bin trash system security mode shuffle \
    repeat update updates download upload seat seats table run route hold item items flight train appointment subscription \
    bluetooth network feed post bill session form report parcel package";

/// What rings by itself.
pub(super) const CLOCKS: &str =
    "timer timers alarm alarms reminder reminders countdown stopwatch remind wake";

/// What a sentence is about that only works on words.
pub(super) const OF_WORDS: &str = "sentence sentences word words numbers letter letters equation sides poem story stories paragraph essay \
    translation question questions answer answers joke example examples point points idea ideas name names grammar \
    spelling wishes love regards greetings thoughts tone verb adjective adjectives noun humour humor explanation summary \
    repetition detail details step steps version draft option options recipe ingredient ingredients line lines rhyme title \
    title character characters code reply advice reason reasons figures mistake mistakes description instructions \
    comparison response conversation introduction intro conclusion topic argument context pinch speech toast \
    comma commas wording phrasing punctuation haiku syllable syllables greeting memory yes patience haiku verse lyrics plot ending opening tip tips fact facts mind basics idea choice";

pub(super) const ADVERBS: &str = "just already also now then successfully gladly quickly certainly definitely immediately personally \
    actually so still all both officially currently automatically go-ahead simply only finally kindly always safely fully \
    happily even once soon recently temporarily freshly";

/// Before "I": somebody asks, or tells of no deed.
pub(super) const BEFORE: &str = "if when whenever shall should can could may might would did do have had am as before until till how where \
    what unless whether once whatever which why than";

/// What makes what stands before it a subject: "Setting a timer is easy".
pub(super) const FINITE: &str = "is are was were be can could may might will would should must has have does do helps takes costs cost saves makes \
    requires came comes gives lets means depends suits feels sounds keeps trains works needs improves reduces increases \
    causes leads turns allows uses burns wastes brings adds seems became becomes remains shows gets goes protects \
    prevents boosts builds teaches hurts did got get says said had i'd looks used tends can't lowers raises ruins beats calls";

/// Before what is said: "Sure, …".
pub(super) const OPENINGS: &str = "okay ok sure alright right great certainly absolutely wonderful perfect yes yeah yep fine good well \
    excellent understood now and so roger noted voila voilà awesome fantastic brilliant cool lovely gladly \
    congrats congratulations thanks splendid alrighty okey-doke";

/// The same in several words.
pub(super) const PHRASES: [&str; 24] = [
    "got it",
    "no problem",
    "no worries",
    "of course",
    "all right",
    "there you go",
    "here you go",
    "and just like that",
    "just like that",
    "right away",
    "one moment",
    "you got it",
    "sure thing",
    "as requested",
    "as you asked",
    "as you wish",
    "roger that",
    "happy to help",
    "with pleasure",
    "my pleasure",
    "will do",
    "rest assured",
    "do not worry",
    "no need to worry",
];

/// How a thing is after a deed.
pub(super) const STATES: &str = "on off up down running open confirmed active playing paused ready gone live over complete done online under \
    closed back locked dark green lit silent muted in empty successful set waiting shut brighter dimmer";

pub(super) fn listed(list: &str, word: &str) -> bool {
    !word.is_empty() && list.split_whitespace().any(|listed| listed == word)
}

/// What is done to none, even where one is named: "I've texted Tom about the reminder".
pub(super) const ELSEWHERE: &str = "send text email message dial call book order buy purchase reserve pay transfer play open launch lock \
    unlock download upload install print post share forward archive subscribe dim mute unmute";

/// What can be done to a timer, an alarm or a reminder.
pub(super) const RINGS: &str = "set start stop create add remove clear put make cancel delete snooze schedule reschedule move change update \
    pause resume remind wake notify alert let do get begin note adjust have take keep tell save arrange push shift restart ping \
    nudge ring sound go confirm reset undo place extend shorten turn switch run handle sort book fix silence mark";

/// Verbs whose past does not end in "ed": base, past, participle.
const IRREGULAR: &str = "send sent sent;buy bought bought;pay paid paid;wake woke woken;make made made;put put put;set set set;take took \
    taken;write wrote written;rewrite rewrote rewritten;shut shut shut;leave left left;give gave given;get got gotten;tell told \
    told;let let let;ring rang rung;speak spoke spoken;find found found;think thought thought;know knew known;mean meant \
    meant;understand understood understood;misunderstand misunderstood misunderstood;see saw seen;hear heard heard;read \
    read read;choose chose chosen;say said said;come came come;begin began begun;go went gone;keep kept kept;hold held \
    held;run ran run;draw drew drawn;break broke broken;split split split;show showed shown;do did done;undo undid \
    undone;bring brought brought;lose lost lost;feel felt felt;forget forgot forgotten;mishear misheard misheard;spell \
    spelt spelt;lead led led;light lit lit;dim dimmed dimmed;cut cut cut;cast cast cast;reset reset reset;rebuild rebuilt \
    rebuilt;build built built;sell sold sold;hide hid hidden;withdraw withdrew withdrawn;speed sped sped;feed fed \
    fed;sweep swept swept;blow blew blown;throw threw thrown;shake shook shaken;swap swapped swapped;lend lent \
    lent;spend spent spent;bind bound bound;catch caught caught;teach taught taught;stick stuck stuck;win won won;meet met met;\
    bear bore born;fall fell fallen;drive drove driven;fly flew flown;hang hung hung;lay laid laid;quit quit quit;rewind rewound rewound;broadcast broadcast broadcast;forecast forecast forecast;spread \
    spread spread;drop dropped dropped;sing sang sung;stand stood stood;mistake mistook mistaken;wind wound wound;forgive forgave forgiven";

/// What ends like a verb and is none.
const NO_VERBS: &str = "need feed speed bed red indeed embed exceed hundred shed seed breed weed thing something anything everything nothing \
    morning evening during king spring string meeting building wedding painting ceiling clothing heating lighting being \
    having according wing ring sling sing bring depending including regarding";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Base,
    Past,
    Ing,
}

/// What `word` may be that form of: one verb, however its base is spelled.
pub(super) struct Verb {
    bases: Vec<String>,
}

impl Verb {
    pub(super) fn read(word: &str, form: Form) -> Option<Self> {
        let usual = |stem: &str| {
            let mut bases = vec![stem.to_owned(), format!("{stem}e")];
            let mut back = stem.chars().rev();
            if back.next() == back.next() {
                bases.push(stem.get(..stem.len() - 1).unwrap_or(stem).to_owned());
            }
            bases
        };
        let irregular = || {
            IRREGULAR.split(';').find_map(|forms| {
                let mut forms = forms.split_whitespace();
                let base = forms.next()?;
                forms.any(|form| form == word).then(|| vec![base.to_owned()])
            })
        };
        if form != Form::Base && listed(NO_VERBS, word) {
            return None;
        }
        let bases = match form {
            Form::Base => vec![word.to_owned()],
            Form::Ing => usual(word.strip_suffix("ing").filter(|stem| stem.len() > 1)?),
            Form::Past => match irregular() {
                Some(bases) => bases,
                None => match word.strip_suffix("ied") {
                    Some(stem) => vec![format!("{stem}y")],
                    None => usual(word.strip_suffix("ed").filter(|stem| stem.len() > 1)?),
                },
            },
        };
        Some(Self { bases })
    }

    /// For a claim without a verb of its own.
    pub(super) const fn bare() -> Self {
        Self { bases: Vec::new() }
    }

    pub(super) fn is_bare(&self) -> bool {
        self.bases.is_empty()
    }

    pub(super) fn is_of(&self, list: &str) -> bool {
        self.bases.iter().any(|base| listed(list, base))
    }
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
    let text = text.replace('’', "'").replace('—', " — ").replace('…', "… ");
    let pieces: Vec<&str> = text.split_whitespace().collect();
    for (place, piece) in pieces.iter().enumerate() {
        let bare = piece.trim_matches(|c: char| !c.is_alphanumeric());
        let title = matches!(bare, "Dr" | "Mr" | "Mrs" | "Ms" | "St");
        let marks = piece.trim_end_matches([')', '\'']).chars().last();
        let ends =
            !title && marks.is_some_and(|c| matches!(c, ',' | '.' | '!' | '?' | ';' | ':' | '…' | '—' | '–'));
        if bare.is_empty() {
            if let Some(last) = words.last_mut() {
                last.ends = true;
            }
            continue;
        }
        let capital = bare.chars().next().is_some_and(char::is_uppercase);
        let lower = bare.to_lowercase();
        // "Your reminder's been saved", "the fan's off", but "the fan's blades".
        let next = pieces.get(place + 1).map_or("", |next| next.trim_matches(|c: char| !c.is_alphanumeric()));
        let verb_next = |next: &str| {
            listed("been being all now not already in", next)
                || listed(STATES, next)
                || Verb::read(next, Form::Past).is_some()
                || listed(THINGS, lower.trim_end_matches("'s")) && Verb::read(next, Form::Ing).is_some()
        };
        let (stem, more) = match lower.as_str() {
            "can't" | "cannot" => ("can", Some("not")),
            "won't" => ("will", Some("not")),
            "it's" | "that's" | "there's" | "everything's" | "here's" | "what's" => {
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
                    .or_else(|| {
                        other.strip_suffix("'s").filter(|_| verb_next(next)).map(|stem| (stem, Some("is")))
                    })
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
