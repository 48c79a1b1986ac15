//! DET: misses against false alarms, as a picture.
//!
//! Enters: figures over sensitivities. Leaves: an SVG of a detection error trade-off. Drawn here in a few lines: a plotting
//! crate brings 12 others for two axes and one line. Never here: a figure that is not in the table.

use std::fmt::Write;

use super::trial::Figure;
use crate::units::length_f64;

const LEFT: f64 = 70.0;
const TOP: f64 = 30.0;
const WIDE: f64 = 520.0;
const HIGH: f64 = 340.0;

/// False alarms an hour at the left and right edge, as powers of ten.
const DECADES: [i32; 2] = [-2, 2];

/// The plot of `figures`; those that lack one of the two rates are left out.
#[must_use]
pub fn svg(figures: &[Figure]) -> String {
    let points: Vec<(f64, f64, f32)> = figures
        .iter()
        .filter_map(|one| Some((one.false_accepts_an_hour?, one.false_rejects?, one.sensitivity)))
        .collect();
    let worst = points.iter().map(|point| point.1).fold(0.1, f64::max);
    let top = (worst * 10.0).ceil() / 10.0;
    let [low, high] = DECADES.map(f64::from);
    let x = |rate: f64| LEFT + WIDE * ((rate.max(1e-9).log10() - low) / (high - low)).clamp(0.0, 1.0);
    let y = |share: f64| TOP + HIGH * (1.0 - share / top);
    let mut out = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 440\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"640\" height=\"440\" fill=\"white\"/>\n",
    );
    let mut line = |text: String| writeln!(out, "{text}").expect("writing to a string cannot fail");
    for decade in DECADES[0]..=DECADES[1] {
        let rate = 10_f64.powi(decade);
        let at = x(rate);
        let label = if decade == DECADES[0] { format!("≤{rate}") } else { rate.to_string() };
        line(format!("<path d=\"M{at:.1} {TOP}V{:.1}\" stroke=\"#ddd\"/>", TOP + HIGH));
        line(format!(
            "<text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>",
            TOP + HIGH + 18.0
        ));
    }
    for step in 0..=5_usize {
        let share = top * length_f64(step) / 5.0;
        let at = y(share);
        line(format!("<path d=\"M{LEFT} {at:.1}H{:.1}\" stroke=\"#ddd\"/>", LEFT + WIDE));
        let percent = share * 100.0;
        line(format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{percent:.0} %</text>",
            LEFT - 6.0,
            at + 4.0
        ));
    }
    let path: Vec<String> = points.iter().map(|(fa, fr, _)| format!("{:.1},{:.1}", x(*fa), y(*fr))).collect();
    line(format!(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"#06c\" stroke-width=\"2\"/>",
        path.join(" ")
    ));
    for (fa, fr, sensitivity) in &points {
        let (at, up) = (x(*fa), y(*fr));
        line(format!(
            "<circle cx=\"{at:.1}\" cy=\"{up:.1}\" r=\"3\" fill=\"#06c\"><title>sensitivity {sensitivity}</title></circle>"
        ));
    }
    line(format!(
        "<text x=\"{:.1}\" y=\"425\" text-anchor=\"middle\">false alarms an hour of other sound</text>",
        LEFT + WIDE / 2.0
    ));
    line("<text x=\"70\" y=\"18\">recordings with the wake phrase that woke nobody</text>".to_owned());
    line("</svg>".to_owned());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_with_both_rates_is_a_point() {
        let figure = |fa: Option<f64>, fr: Option<f64>| Figure {
            sensitivity: 0.5,
            false_rejects: fr,
            false_accepts_an_hour: fa,
            false_accepts: 0,
        };
        let svg = svg(&[figure(Some(0.0), Some(0.2)), figure(Some(1.0), Some(0.1)), figure(None, Some(1.0))]);
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(svg.contains("points=\"70.0,30.0 330.0,200.0\""), "{svg}");
        assert!(svg.trim_end().ends_with("</svg>"));
    }
}
