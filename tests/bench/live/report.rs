//! The report: a table against what the daemon is held to, every number as CSV, and a plot.

use std::{fmt::Write as _, fs, path::Path};

use plotters::{coord::Shift, prelude::*};

use super::Plan;
use mynah::units::length_f64;

/// From the end of speech to the reply, ms: the median, and the 95th percentile. With a larger model, the second pair.
const ANSWER: [(f64, f64); 2] = [(450.0, 800.0), (600.0, 950.0)];
/// From the decision to silence, ms.
const HUSH_MS: f64 = 100.0;
/// Share of a core while nobody speaks, and while somebody else does.
const IDLE: f64 = 0.01;
const TALK: f64 = 0.15;
/// Resident memory beyond the model, MB.
const BEYOND_MODEL: f64 = 60.0;

const BLUE: RGBColor = RGBColor(0, 110, 90);
const RED: RGBColor = RGBColor(200, 60, 40);
const COLOURS: [RGBColor; 4] = [BLUE, RGBColor(60, 90, 190), RGBColor(220, 150, 40), RGBColor(150, 60, 150)];

/// A command and how soon it was answered.
pub(crate) struct Answered {
    pub(crate) way: &'static str,
    pub(crate) words: String,
    pub(crate) heard: String,
    /// ms from the last loud sample at the microphone to the first at the loudspeaker; `None` where the words were not
    /// understood, which the recogniser's own figures tell of.
    pub(crate) total: Option<f64>,
    pub(crate) endpoint: Option<f64>,
    pub(crate) transcribe: Option<f64>,
    pub(crate) first_word: Option<f64>,
    pub(crate) first_sound: Option<f64>,
}

/// A reply that was cut off; ms.
pub(crate) struct Hushed {
    pub(crate) way: &'static str,
    pub(crate) from_decision: Option<f64>,
    pub(crate) from_word: Option<f64>,
}

pub(crate) struct Cost {
    pub(crate) share: f64,
    pub(crate) seconds: f64,
    pub(crate) rss: f64,
    pub(crate) woken: usize,
}

pub(crate) struct Load {
    pub(crate) seconds: f64,
    pub(crate) heard: f64,
    pub(crate) lost: u64,
    pub(crate) cores: usize,
}

pub(crate) struct Report {
    title: String,
    model_mb: f64,
    larger: bool,
    pub(crate) answered: Vec<Answered>,
    pub(crate) hushed: Vec<Hushed>,
    pub(crate) idle: Option<Cost>,
    pub(crate) talk: Option<Cost>,
    pub(crate) load: Option<Load>,
}

/// Least, median, 95th percentile and most.
struct Spread {
    count: usize,
    least: f64,
    median: f64,
    p95: f64,
    most: f64,
}

fn spread(values: impl Iterator<Item = f64>) -> Option<Spread> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let at = |share: usize| values.get((values.len() * share).div_ceil(100).max(1) - 1).copied();
    Some(Spread { count: values.len(), least: at(0)?, median: at(50)?, p95: at(95)?, most: at(100)? })
}

/// How many others want the processor, as the system tells it.
fn machine() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split_whitespace().next().unwrap_or("unknown").to_owned()
}

fn verdict(held: bool) -> &'static str {
    if held { "held" } else { "MISSED" }
}

impl Report {
    pub(crate) fn new(plan: &Plan) -> Self {
        let title = plan.model.as_ref().map_or("built-in".to_owned(), |path| path.display().to_string());
        let bytes = plan.model.as_ref().map_or(mynah::models::BUILT_IN.len(), |path| {
            usize::try_from(fs::metadata(path).unwrap().len()).unwrap()
        });
        println!("model {title}, {:.1} MB; load before {}", length_f64(bytes) / 1e6, machine());
        Self {
            title,
            model_mb: length_f64(bytes) / 1e6,
            larger: plan.model.is_some(),
            answered: Vec::new(),
            hushed: Vec::new(),
            idle: None,
            talk: None,
            load: None,
        }
    }

    /// Notes an answer, and shows it: the whole takes minutes.
    pub(crate) fn took(&mut self, it: Answered) {
        let ms = |value: Option<f64>| value.unwrap_or(f64::NAN);
        println!(
            "{:<18} {:<36} {:>6.0} ms ({:>4.0} of silence, {:>4.0} to sound)  {}",
            it.way,
            it.words,
            ms(it.total),
            ms(it.endpoint),
            ms(it.first_sound),
            it.heard
        );
        self.answered.push(it);
    }

    /// Notes a hush, and shows it.
    pub(crate) fn cut(&mut self, it: Hushed) {
        let ms = |value: Option<f64>| value.unwrap_or(f64::NAN);
        println!(
            "{:<18} silent after {:>6.0} ms, {:>6.0} from the word",
            it.way,
            ms(it.from_decision),
            ms(it.from_word)
        );
        self.hushed.push(it);
    }

    fn ways<T>(all: &[T], way: impl Fn(&T) -> &'static str) -> Vec<&'static str> {
        let mut ways: Vec<&'static str> = Vec::new();
        for one in all.iter().map(way) {
            if !ways.contains(&one) {
                ways.push(one);
            }
        }
        ways
    }

    pub(crate) fn print(&self) {
        let line = |name: &str, values: Option<Spread>, limit: &str| match values {
            None => println!("{name:<52} -"),
            Some(Spread { count, least, median, p95, most }) => println!(
                "{name:<52} {median:>6.0} median {p95:>6.0} p95 {most:>6.0} worst {least:>6.0} least ms of {count:>3}  {limit}"
            ),
        };
        for way in Self::ways(&self.answered, |it| it.way) {
            let of = || self.answered.iter().filter(move |it| it.way == way);
            let part = |get: fn(&Answered) -> Option<f64>| {
                spread(of().filter(|it| it.total.is_some()).filter_map(get))
            };
            line(&format!("end of speech to reply, {way}"), part(|it| it.total), "");
            line("    silence waited for", part(|it| it.endpoint), "");
            line("    words, after that", part(|it| it.transcribe), "");
            line("    reply, after the words", part(|it| Some(it.first_word? - it.transcribe?)), "");
            line("    its sound, after that", part(|it| Some(it.first_sound? - it.first_word?)), "");
            let rest = |it: &Answered| Some(it.total? - it.endpoint.unwrap_or(0.0) - it.first_sound?);
            line("    the way in and the way out", part(rest), "");
            for missed in of().filter(|it| it.total.is_none()) {
                println!("    not answered on the device: {} (heard: {})", missed.words, missed.heard);
            }
        }
        if let Some(all) = spread(self.answered.iter().filter_map(|it| it.total)) {
            let (median, p95) = ANSWER[usize::from(self.larger)];
            let held = verdict(all.median <= median && all.p95 <= p95);
            line("end of speech to reply, all", Some(all), &format!("{median}/{p95}: {held}"));
        }
        for way in Self::ways(&self.hushed, |it| it.way) {
            let of = || self.hushed.iter().filter(move |it| it.way == way);
            let decided = spread(of().filter_map(|it| it.from_decision));
            let held = verdict(decided.as_ref().is_some_and(|it| it.most <= HUSH_MS));
            line(&format!("{way} to silence, from the decision"), decided, &format!("{HUSH_MS}: {held}"));
            if of().any(|it| it.from_word.is_some()) {
                let known = spread(of().filter_map(|it| it.from_word));
                let missed = of().filter(|it| it.from_word.is_none()).count();
                let all = missed == 0 && known.as_ref().is_some_and(|it| it.p95 <= HUSH_MS);
                let note = format!("{HUSH_MS}: {}, not obeyed {missed} times", verdict(all));
                line("    from the end of the word", known, &note);
            }
        }
        for (name, cost, limit) in
            [("in a quiet room", &self.idle, IDLE), ("while somebody else talks", &self.talk, TALK)]
        {
            let Some(Cost { share, seconds, rss, woken }) = cost else { continue };
            println!(
                "{name:<52} {:>6.2} % of a core over {seconds:.0} s, {rss:.1} MB resident, woken {woken} times  {} %: {}",
                share * 100.0,
                limit * 100.0,
                verdict(*share < limit)
            );
        }
        if let Some(idle) = &self.idle {
            let limit = self.model_mb + BEYOND_MODEL;
            println!(
                "{:<52} {:>6.1} MB  {limit:.1}: {}",
                "resident in a quiet room",
                idle.rss,
                verdict(idle.rss < limit)
            );
        }
        if let Some(Load { seconds, heard, lost, cores }) = &self.load {
            println!(
                "{:<52} {seconds:.1} s with {cores} cores busy: {heard:.1} s heard, {lost} samples lost: {}",
                "capture",
                verdict(*lost == 0 && (seconds - heard).abs() < 0.5)
            );
        }
        println!("load after {}", machine());
    }

    /// Writes `target/bench/live.csv` and `target/bench/live.svg`.
    pub(crate) fn write(&self) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
        fs::create_dir_all(&folder).unwrap();
        let mut csv = "what,way,ms,endpoint,transcribe,first_word,first_sound,heard\n".to_owned();
        let text = |value: Option<f64>| value.map(|ms| format!("{ms:.1}")).unwrap_or_default();
        for it in &self.answered {
            let parts =
                [it.total, it.endpoint, it.transcribe, it.first_word, it.first_sound].map(text).join(",");
            writeln!(csv, "\"{}\",{},{parts},\"{}\"", it.words, it.way, it.heard).unwrap();
        }
        for it in &self.hushed {
            writeln!(csv, "hush,{},{},,,,,", it.way, text(it.from_decision)).unwrap();
            writeln!(csv, "hush from the word,{},{},,,,,", it.way, text(it.from_word)).unwrap();
        }
        fs::write(folder.join("live.csv"), csv).unwrap();
        let plot = folder.join("live.svg");
        self.draw(&plot);
        println!("written: {} and live.csv beside it", plot.display());
    }

    fn draw(&self, file: &Path) {
        let area = SVGBackend::new(file, (900, 520)).into_drawing_area();
        area.fill(&WHITE).unwrap();
        let (left, right) = area.split_horizontally(560);
        let (median, p95) = ANSWER[usize::from(self.larger)];
        let answers: Vec<(&'static str, Vec<f64>)> = Self::ways(&self.answered, |it| it.way)
            .into_iter()
            .map(|way| {
                (way, self.answered.iter().filter(|it| it.way == way).filter_map(|it| it.total).collect())
            })
            .collect();
        let caption = format!("From the end of speech to the reply, {} model", self.title);
        distribution(&left, &caption, &answers, &[median, p95]);
        let hushes: Vec<(&'static str, Vec<f64>)> = Self::ways(&self.hushed, |it| it.way)
            .into_iter()
            .map(|way| {
                (
                    way,
                    self.hushed.iter().filter(|it| it.way == way).filter_map(|it| it.from_decision).collect(),
                )
            })
            .collect();
        distribution(&right, "From barging in to silence", &hushes, &[HUSH_MS]);
        area.present().unwrap();
    }
}

/// Which share of all was done within so many ms, a step curve a way, and the limits as upright lines.
fn distribution(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    caption: &str,
    ways: &[(&'static str, Vec<f64>)],
    limits: &[f64],
) {
    let most = ways.iter().flat_map(|(_, all)| all).chain(limits).copied().fold(1.0, f64::max) * 1.1;
    let mut chart = ChartBuilder::on(area)
        .caption(caption, ("sans-serif", 16))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(50)
        .build_cartesian_2d(0.0..most, 0.0..100.0)
        .unwrap();
    chart.configure_mesh().x_desc("ms").y_desc("% within").x_labels(6).draw().unwrap();
    chart
        .draw_series(
            limits.iter().map(|ms| PathElement::new([(*ms, 0.0), (*ms, 100.0)], RED.stroke_width(1))),
        )
        .unwrap();
    for ((way, all), colour) in ways.iter().zip(COLOURS) {
        let mut all = all.clone();
        all.sort_by(f64::total_cmp);
        let share = |done: usize| 100.0 * length_f64(done) / length_f64(all.len());
        let steps: Vec<(f64, f64)> =
            all.iter().enumerate().flat_map(|(at, ms)| [(*ms, share(at)), (*ms, share(at + 1))]).collect();
        chart
            .draw_series(LineSeries::new(steps, colour.stroke_width(2)))
            .unwrap()
            .label(*way)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .draw()
        .unwrap();
}
