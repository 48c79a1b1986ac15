//! Who is asked, in what order and for how long; and the rates.

use std::sync::OnceLock;

use super::*;

#[test]
fn where_nobody_may_be_asked_it_says_so_and_nothing_leaves() {
    let refused = |region: &str, setups: Vec<FactSetup>, name: &str, slots: &[(&'static str, &str)]| {
        let mut desk = Desk::new(region, setups, Some("Berlin"), Box::new(|_| ok("{}")));
        let (text, by, reason) = desk.ask(name, slots);
        assert!(desk.double.asked().is_empty(), "{region} {name}");
        assert_eq!(by, "refused", "{text}");
        assert!(!desk.records().iter().any(|record| record["decision"] == "sent"));
        (text, reason, desk.records())
    };
    let convert = [("from", "USD"), ("to", "EUR")];
    let unattested = FactSetup { attested: false, ..set_up("open-meteo", None, None) };
    for (region, setups, name, slots, text, rule) in [
        (
            "OFFLINE",
            vec![],
            "weather.forecast",
            &[][..],
            "I can't check the weather from here: Mynah is offline, so nothing leaves this machine.",
            "region.offline",
        ),
        (
            "RESTRICTED",
            vec![],
            "weather.forecast",
            &[],
            "I can't check the weather from here: region RESTRICTED lists nobody for weather.",
            "order.nobody",
        ),
        (
            "CN",
            vec![],
            "weather.forecast",
            &[],
            "I can't check the weather from here: there is no key for qweather.",
            "key.missing",
        ),
        (
            "CN",
            vec![],
            "rates.convert",
            &convert,
            "I can't look up exchange rates from here: region CN lists nobody for rates.",
            "order.nobody",
        ),
        (
            "EU",
            vec![],
            "home.on",
            &[("item", "lights")],
            "I can't control your home from here: no Home Assistant is set up.",
            "home.unset",
        ),
        (
            "EU",
            vec![unattested],
            "weather.forecast",
            &[],
            "I can't check the weather from here: open-meteo needs a statement that only you can make: \"I use Open-Meteo's free service for no commercial purpose\".",
            "attest",
        ),
    ] {
        let (said, reason, records) = refused(region, setups, name, slots);
        assert_eq!(said, text);
        assert!(reason.starts_with(&format!("{rule}: ")), "{reason}");
        if rule == "attest" {
            let last = records.last().unwrap();
            assert_eq!(
                (&last["decision"], &last["rule"], &last["data"]),
                (&"refused".into(), &"attest".into(), &"query".into())
            );
        }
    }
}

#[test]
fn who_is_too_slow_is_not_waited_for() {
    let hold: Arc<Mutex<()>> = Arc::default();
    let held = hold.lock().unwrap();
    let gate = Arc::clone(&hold);
    let answers: Answers = Box::new(move |_| {
        drop(gate.lock());
        ok("{}")
    });
    let mut desk = Desk::new("EU", vec![set_up("open-meteo", None, None)], Some("Berlin"), answers);
    let (text, by, _) = desk.ask("weather.forecast", &[]);
    assert_eq!((text.as_str(), by.as_str()), ("The weather service did not answer in time.", "device"));
    desk.language = Language::MANDARIN;
    assert_eq!(desk.ask("weather.forecast", &[]).0, "天气服务没有及时回应。");
    drop(held);
    // Every request that was begun has its end in the audit.
    let records = desk.records();
    let count = |decision: &str| records.iter().filter(|record| record["decision"] == decision).count();
    assert!(count("sent") >= 1 && count("sent") == count("failed"), "{records:?}");
}

#[test]
fn the_next_service_is_asked_while_somebody_still_waits() {
    let ledger: Arc<OnceLock<std::path::PathBuf>> = Arc::default();
    let (kept, mut asked) = (Arc::clone(&ledger), 0);
    let answers: Answers = Box::new(move |_| {
        asked += 1;
        // The first service says nothing until it was given up.
        while asked == 1
            && !std::fs::read_to_string(kept.wait()).is_ok_and(|text| text.contains("\"failed\""))
        {
            std::thread::yield_now();
        }
        ok(r#"{"amount":1.0,"base":"EUR","date":"2026-11-20","rates":{"USD":1.16}}"#)
    });
    let mut desk = Desk::new("US", vec![], None, answers);
    ledger.set(desk.ledger.path().join("ledger.jsonl")).unwrap();
    let (text, by, _) = desk.ask("rates.convert", &[("from", "EUR")]);
    assert_eq!(
        (text.as_str(), by.as_str()),
        ("1 euro is about 1.16 US dollars, as of Friday.", "frankfurter")
    );
}

#[test]
fn from_elsewhere_nobody_is_asked() {
    let answers = weather_service(forecast());
    let mut desk =
        Desk::behind("EU", vec![set_up("open-meteo", None, None)], Some("Berlin"), answers, |_| {
            Arc::new(Shut)
        });
    let (text, ..) = desk.ask("weather.forecast", &[]);
    assert!(!text.contains("degrees"), "{text}");
    assert!(desk.double.asked().is_empty() && desk.records().is_empty());
}

#[test]
fn rates_come_from_a_whole_table_and_tell_their_day() {
    const TABLE: &str = "<gesmes:Envelope><Cube><Cube time='2026-11-20'><Cube currency='USD' rate='1.1600'/>\
        <Cube currency='GBP' rate='0.8700'/><Cube currency='CNY' rate='8.2500'/><Cube currency='JPY' rate='180.5'/></Cube></Cube>";
    let answers: Answers = Box::new(|asked| match asked.header("host") {
        Some("www.ecb.europa.eu") => ok(TABLE),
        _ => ok(r#"{"amount":1.0,"base":"EUR","date":"2026-11-20","rates":{"TWD":36.5,"USD":1.16}}"#),
    });
    let mut desk = Desk::new("US", vec![], None, answers);
    for (slots, text) in [
        (
            &[("amount", "20"), ("from", "USD"), ("to", "EUR")][..],
            "20 US dollars is about 17.24 euros, as of Friday.",
        ),
        (
            &[("amount", "100"), ("from", "CNY"), ("to", "GBP")],
            "100 yuan is about 10.55 British pounds, as of Friday.",
        ),
        (&[("from", "EUR")], "1 euro is about 1.16 US dollars, as of Friday."),
        (&[("from", "JPY"), ("to", "USD")], "1 yen is about 0.0064 US dollars, as of Friday."),
        (
            &[("amount", "1000000"), ("from", "USD"), ("to", "JPY")],
            "1000000 US dollars is about 155603448 yen, as of Friday.",
        ),
        (
            &[("amount", "5"), ("from", "TWD"), ("to", "USD")],
            "5 New Taiwan dollars is about 0.1589 US dollars, as of Friday.",
        ),
        (&[("from", "RUB"), ("to", "USD")], "I found no rate between roubles and US dollars."),
        (&[("from", "QQQ")], "I don't know the currency QQQ."),
        (&[("amount", "1e300"), ("from", "USD"), ("to", "JPY")], "That's more than I can work out."),
    ] {
        assert_eq!(desk.ask("rates.convert", slots).0, text);
    }
    // Which currencies were asked for is nobody's to know.
    let targets: Vec<String> = desk.double.asked().into_iter().map(|one| one.target).collect();
    assert!(
        targets
            .iter()
            .all(|target| target == "/stats/eurofxref/eurofxref-daily.xml" || target == "/v1/latest")
    );
    desk.language = Language::MANDARIN;
    let (text, by, reason) = desk.ask("rates.convert", &[("amount", "20"), ("from", "USD"), ("to", "CNY")]);
    assert_eq!(text, "按星期五的汇率，20美元大约等于142.24人民币。");
    assert_eq!(
        (by.as_str(), reason.as_str()),
        ("ecb", "the day's table of the European Central Bank was fetched; nothing of yours was sent")
    );
}
