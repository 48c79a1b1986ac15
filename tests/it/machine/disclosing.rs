//! What is told of who answers: the first-use line, the badge, the marks in front and behind.

use super::*;
use mynah::{
    answer::Finish,
    report::Answerer,
    session::{Room, Surroundings},
};

const DAY: jiff::civil::Date = jiff::civil::date(2026, 11, 22);

fn seen(day: jiff::civil::Date, screen: bool) -> Event {
    Event::Seen(Surroundings { today: day, screen })
}

/// A session in `region` that never introduced itself.
fn new(region: &str, change: impl FnOnce(&mut Disclosing)) -> Script {
    let mut plan = plan(true, false);
    plan.disclosing = Disclosing { told: None, ..disclosing(region) };
    plan.disclosing.answerers = vec![Answerer {
        endpoint: "qwen-cn".into(),
        provider: "Alibaba Cloud".into(),
        model: "qwen-flash".into(),
        filing: Some("Z-1".into()),
    }];
    change(&mut plan.disclosing);
    let mut script = Script::planned(plan);
    script.feed(seen(DAY, true));
    script
}

/// A question that a language model answers with one sentence, up to the sink's last; what was to be played and said.
fn asked(script: &mut Script, number: u64, words: &str, language: Language) -> Vec<String> {
    let mut effects = script.feed(typed(words, language));
    effects.extend(script.feed(understood(number, question(words))));
    let route = AnswerEvent::Route { by: "qwen-cn".into(), reason: "listed".into() };
    effects.extend(script.feed(answered(number, route)));
    effects.extend(script.feed(sentence(number, 0, "Because.")));
    let done = AnswerEvent::Done { text: no_words(), finish: Finish::Stop };
    effects.extend(script.feed(answered(number, done)));
    effects.extend(said(script, number, &effects.clone()));
    effects.retain(|it| !it.starts_with("understand") && !it.starts_with("ask"));
    effects
}

/// Gives voice and sink what they were asked for until nothing more is.
fn said(script: &mut Script, turn: u64, effects: &[String]) -> Vec<String> {
    let mut waiting: Vec<String> = effects.to_vec();
    let mut all = Vec::new();
    while let Some(effect) = (!waiting.is_empty()).then(|| waiting.remove(0)) {
        let next = if effect.starts_with("speak") {
            script.feed(spoken(turn, 0))
        } else if effect.starts_with("play") {
            script.feed(played(turn))
        } else if effect.starts_with("finish") {
            script.feed(finished(turn))
        } else {
            continue;
        };
        waiting.extend(next.clone());
        all.extend(next);
    }
    all
}

#[test]
fn the_first_use_line_is_said_before_the_first_generated_answer_and_remembered() {
    let mut script = new("EU", |_| ());
    let line = disclosing("EU").wishes.first_use("en").to_owned();
    let effects = asked(&mut script, 1, "why", Language::ENGLISH);
    assert_eq!(effects[0], "made by qwen-flash");
    assert_eq!(effects[1..3], [format!("speak {line}"), "speak Because.".to_owned()]);
    assert_eq!(effects[effects.len() - 3..], ["report 1", "told 2026-11-22", "go on"]);
    let again = asked(&mut script, 2, "why", Language::ENGLISH);
    assert!(!again.iter().any(|it| it.contains(&line) || it.starts_with("told")), "{again:?}");
    let [first, second] = script.reports.as_slice() else { panic!("two turns") };
    assert_eq!(first.reply.text.as_str(), "Because.", "the line is no part of the reply");
    assert_eq!(first.disclosure.notice.as_ref().unwrap().as_str(), line);
    assert!(first.disclosure.ai_generated && second.disclosure.ai_generated);
    assert_eq!(second.disclosure.notice, None);
    assert_eq!(second.disclosure.badge.as_deref(), Some(disclosing("EU").wishes.badge("en")));
    assert_eq!(second.disclosure.model, None, "the EU does not ask for it");
}

#[test]
fn where_it_is_due_daily_a_new_day_brings_it_again() {
    let mut script = new("US", |_| ());
    let mut days = Vec::new();
    for (number, day) in (1..).zip([DAY, DAY, DAY.tomorrow().unwrap(), DAY.tomorrow().unwrap()]) {
        script.feed(seen(day, true));
        let effects = asked(&mut script, number, "why", Language::ENGLISH);
        days.push(effects.iter().any(|it| it.starts_with("told")));
    }
    assert_eq!(days, [true, false, true, false]);
}

#[test]
fn it_is_in_the_language_of_the_turn_and_model_and_filing_where_china_wants_them() {
    let mut script = new("CN", |_| ());
    let effects = asked(&mut script, 1, "为什么", Language::MANDARIN);
    assert!(effects.contains(&format!("speak {}", disclosing("CN").wishes.first_use("zh"))), "{effects:?}");
    let told = &script.reports[0].disclosure;
    assert_eq!(told.line().unwrap(), "AI生成 · qwen-flash · Z-1");
    let mut script = new("CN", |_| ());
    let effects = asked(&mut script, 1, "pourquoi", Language::from_code("fr").unwrap());
    assert!(effects.contains(&format!("speak {}", disclosing("CN").wishes.first_use("en"))), "{effects:?}");
}

#[test]
fn a_line_that_was_cut_off_is_due_again_and_one_that_nobody_needed_was_not_said() {
    let mut script = new("EU", |_| ());
    // A skill's answer, and a failure, are no generated ones.
    script.feed(typed("what time is it", Language::ENGLISH));
    let effects = script.answer_here(1, 1, "Noon.");
    let more = said(&mut script, 1, &effects);
    assert!(!effects.iter().chain(&more).any(|it| it.starts_with("told") || it.starts_with("made")));
    assert!(!script.reports[0].disclosure.ai_generated && script.reports[0].disclosure.badge.is_none());
    script.feed(typed("why", Language::ENGLISH));
    script.feed(understood(2, question("why")));
    script.feed(sentence(2, 0, "Because."));
    assert!(!script.feed(Event::Interrupted).iter().any(|it| it.starts_with("told")));
}

#[test]
fn a_line_whose_sound_was_lost_is_due_again() {
    let fault = || Fault { kind: "sound", message: "broke".into(), remedy: "mend".into() };
    let (turn, line) = (TurnId(1), disclosing("EU").wishes.first_use("en").to_owned());
    for lost in [
        Event::Spoken { turn, result: Err(fault()) },
        Event::Played { turn, result: Err(fault()) },
        Event::SinkFinished { turn, result: Err(fault()) },
    ] {
        let mut script = new("EU", |_| ());
        script.feed(typed("why", Language::ENGLISH));
        script.feed(understood(1, question("why")));
        let mut effects = script.feed(sentence(1, 0, "Because."));
        let done = AnswerEvent::Done { text: no_words(), finish: Finish::Stop };
        effects.extend(script.feed(answered(1, done)));
        if !matches!(lost, Event::Spoken { .. }) {
            effects.extend(script.feed(spoken(1, 0)));
            effects.extend(script.feed(spoken(1, 1)));
        }
        if matches!(lost, Event::SinkFinished { .. }) {
            script.feed(played(1));
            script.feed(played(1));
        }
        effects.extend(script.feed(lost));
        effects.retain(|it| !it.starts_with("play"));
        let rest = said(&mut script, 1, &effects);
        assert!(!effects.iter().chain(&rest).any(|it| it.starts_with("told")), "{effects:?} {rest:?}");
        script.feed(Event::Spoken { turn, result: Err(fault()) });
        script.feed(played(1));
        script.feed(finished(1));
        assert_eq!(script.reports.len(), 1);
        let again = asked(&mut script, 2, "why", Language::ENGLISH);
        assert!(again.contains(&format!("speak {line}")), "{again:?}");
    }
}

#[test]
fn without_a_screen_china_gets_the_rhythm_behind_the_reply() {
    let mark = format!("play {}", u32::MAX);
    let marked = |region: &str, screen: bool, change: fn(&mut Disclosing)| {
        let mut script = new(region, change);
        script.feed(seen(DAY, screen));
        let effects = asked(&mut script, 1, "why", Language::ENGLISH);
        let at = effects.iter().position(|it| *it == mark);
        let finish = effects.iter().position(|it| it.starts_with("finish")).unwrap();
        assert!(at.is_none_or(|at| at < finish), "{effects:?}");
        assert_eq!(script.reports.len(), 1);
        at.is_some()
    };
    assert!(marked("CN", false, |_| ()));
    assert!(!marked("CN", true, |_| ()), "a screen shows the badge");
    assert!(!marked("EU", false, |_| ()));
    // A file keeps its mark, whoever looks on.
    assert!(marked("CN", true, |it| it.exported = true));
    // What a skill computed is not generated, unless a trained model speaks it.
    for trained in [false, true] {
        let mut script = new("CN", |it| it.generated_voice = trained);
        script.feed(seen(DAY, false));
        script.feed(typed("what time is it", Language::ENGLISH));
        let effects = script.answer_here(1, 1, "Noon.");
        assert_eq!(said(&mut script, 1, &effects).contains(&mark), trained);
    }
}

#[test]
fn files_begin_with_the_spoken_mark_where_the_region_wants_that() {
    for region in ["EU", "KR", "IN"] {
        let mark = format!("speak {}", disclosing(region).wishes.spoken("en"));
        let mut script = new(region, |it| it.exported = true);
        let first = asked(&mut script, 1, "why", Language::ENGLISH);
        assert!(!first.contains(&mark), "{region}: the first-use line said so");
        let second = asked(&mut script, 2, "why", Language::ENGLISH);
        assert_eq!(
            second.iter().filter(|it| it.starts_with("speak")).collect::<Vec<_>>(),
            [&mark, &"speak Because.".to_owned()]
        );
        script.feed(typed("what time is it", Language::ENGLISH));
        let effects = script.answer_here(3, 3, "Noon.");
        assert!(effects.contains(&mark), "{region}: {effects:?}");
    }
}

#[test]
fn a_voice_that_breaks_ends_the_turn_all_the_same() {
    let mut script = new("EU", |it| it.exported = true);
    script.feed(typed("why", Language::ENGLISH));
    script.feed(understood(1, question("why")));
    script.feed(sentence(1, 0, "Because."));
    let fault = Fault { kind: "voice", message: "broke".into(), remedy: "mend".into() };
    script.feed(Event::Spoken { turn: TurnId(1), result: Err(fault) });
    let done = AnswerEvent::Done { text: no_words(), finish: Finish::Stop };
    let mut effects = script.feed(answered(1, done));
    effects.extend(script.feed(spoken(1, 0)));
    effects.extend(said(&mut script, 1, &effects.clone()));
    assert_eq!(script.reports.len(), 1, "{effects:?}");
    script.feed(Event::RoomClosed { room: Room::Speak, cause: None });
}
