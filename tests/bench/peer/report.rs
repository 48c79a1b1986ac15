//! The report: a table, every number as CSV, and a plot.

use std::{fmt::Write as _, fs, path::Path};

use plotters::prelude::*;

use super::{Row, clips::Clip, score};
use mynah::units::length_f64;

type Results<'a> = [(&'a Clip, [Row; 3])];

/// Least, median and most.
struct Spread {
    least: f64,
    median: f64,
    most: f64,
}

fn spread(values: impl Iterator<Item = f64>) -> Spread {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    Spread { least: values[0], median: values[values.len() / 2], most: values[values.len() - 1] }
}

/// How many times as long `peer` took as `mynah`, pair by pair.
fn ratios(mynah: &Row, peer: &Row) -> Spread {
    spread(mynah.measured.iter().zip(&peer.measured).map(|(ours, theirs)| theirs.wall_ms / ours.wall_ms))
}

fn wall(row: &Row) -> Spread {
    spread(row.measured.iter().map(|measured| measured.wall_ms))
}

fn mean_cpu(row: &Row) -> Option<f64> {
    let all: Option<Vec<f64>> = row.measured.iter().map(|measured| measured.cpu_ms).collect();
    all.map(|all| all.iter().sum::<f64>() / length_f64(all.len()))
}

/// Prints a line a clip and reader, and how often each misheard.
pub(crate) fn print(results: &Results<'_>) {
    println!(
        "{:>6}  {:<22} {:>26} {:>9}  {:>22}  errors  heard",
        "clip", "reader", "wall ms (least-most)", "cpu ms", "times Mynah's"
    );
    let mut errors = [0_usize; 3];
    for (clip, rows) in results {
        for (at, row) in rows.iter().enumerate() {
            let (wall, ratio) = (wall(row), ratios(&rows[0], row));
            let cpu = mean_cpu(row).map_or("-".to_owned(), |ms| format!("{ms:.0}"));
            println!(
                "{:>5.1}s  {:<22} {:>9.0} ({:>6.0}-{:>6.0}) {:>9}  {:>6.1} ({:>5.1}-{:>5.1})   {:>6}  {}",
                clip.seconds(),
                row.reader,
                wall.median,
                wall.least,
                wall.most,
                cpu,
                ratio.median,
                ratio.least,
                ratio.most,
                row.errors,
                row.heard.trim(),
            );
            errors[at] += row.errors;
        }
    }
    let words: usize = results.iter().map(|(clip, _)| score::count(clip.words)).sum();
    let all = |at: usize| ratios_of_all(results, at);
    for (at, row) in results.iter().take(1).flat_map(|(_, rows)| rows.iter().enumerate()) {
        let ratio = all(at);
        println!(
            "{:<22} {} word errors in {words}; {:.1} times Mynah's time over all clips ({:.1} to {:.1})",
            row.reader, errors[at], ratio.median, ratio.least, ratio.most
        );
    }
}

fn ratios_of_all(results: &Results<'_>, at: usize) -> Spread {
    spread(results.iter().flat_map(|(_, rows)| {
        rows[0].measured.iter().zip(&rows[at].measured).map(|(ours, theirs)| theirs.wall_ms / ours.wall_ms)
    }))
}

/// Writes `target/bench/peer.csv` and `target/bench/peer.svg`.
pub(crate) fn write(results: &Results<'_>, title: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    fs::create_dir_all(&folder).unwrap();
    let mut csv = "seconds,reader,round,wall_ms,cpu_ms,errors,words\n".to_owned();
    for (clip, rows) in results {
        for row in rows {
            for (round, measured) in row.measured.iter().enumerate() {
                let cpu = measured.cpu_ms.map(|ms| ms.to_string()).unwrap_or_default();
                writeln!(
                    csv,
                    "{:.3},\"{}\",{round},{:.2},{cpu},{},{}",
                    clip.seconds(),
                    row.reader,
                    measured.wall_ms,
                    row.errors,
                    score::count(clip.words),
                )
                .unwrap();
            }
        }
    }
    fs::write(folder.join("peer.csv"), csv).unwrap();
    let plot = folder.join("peer.svg");
    draw(results, title, &plot);
    println!("written: {} and peer.csv beside it", plot.display());
}

/// Time to words over clip length: the median of each reader, with a bar from least to most.
fn draw(results: &Results<'_>, title: &str, file: &Path) {
    let most = results.iter().flat_map(|(_, rows)| rows).map(|row| wall(row).most).fold(1.0, f64::max);
    let least = results.iter().flat_map(|(_, rows)| rows).map(|row| wall(row).least).fold(most, f64::min);
    let longest = results.iter().map(|(clip, _)| clip.seconds()).fold(1.0, f64::max);
    let area = SVGBackend::new(file, (900, 520)).into_drawing_area();
    area.fill(&WHITE).unwrap();
    let mut chart = ChartBuilder::on(&area)
        .caption(format!("From the end of speech to words, {title} model"), ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..longest * 1.05, (least * 0.7..most * 1.4).log_scale())
        .unwrap();
    chart.configure_mesh().x_desc("length of the clip, s").y_desc("time to words, ms (log)").draw().unwrap();
    for (at, colour) in
        [RGBColor(0, 110, 90), RGBColor(200, 60, 40), RGBColor(220, 150, 40)].into_iter().enumerate()
    {
        let name = results[0].1[at].reader;
        let points = || results.iter().map(|(clip, rows)| (clip.seconds(), wall(&rows[at])));
        chart
            .draw_series(LineSeries::new(points().map(|(s, wall)| (s, wall.median)), colour.stroke_width(2)))
            .unwrap()
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        let spreads = points()
            .map(|(s, wall)| PathElement::new([(s, wall.least), (s, wall.most)], colour.stroke_width(1)));
        chart.draw_series(spreads).unwrap();
        chart
            .draw_series(points().map(|(s, wall)| Circle::new((s, wall.median), 3, colour.filled())))
            .unwrap();
    }
    chart.configure_series_labels().background_style(WHITE.mix(0.8)).border_style(BLACK).draw().unwrap();
    area.present().unwrap();
}
