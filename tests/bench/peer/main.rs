//! Transcription against whisper.cpp's own defaults: the same model, the same clips, one process, in turns.
//!
//! `make bench`, or `MODEL=ggml-base.en.bin cargo bench --bench peer`. Three readers take turns on each clip, so that
//! a busy minute hits all: Mynah; whisper.cpp as its own program runs it (beam of 5, full encoder context, flash
//! attention, temperature fallback, min(4, cores) threads); and the same with as many threads as Mynah took, which
//! tells what the threads cost from what the work costs. All are warm: loading is not timed. The word errors of each
//! stand beside its times, so that no speed is bought with them.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking, and its line is the report")]
#![expect(clippy::print_stdout, reason = "the table is what a benchmark is for")]

mod clips;
mod readers;
mod report;
mod score;

use std::path::PathBuf;

use clips::Clip;
use readers::{MynahReader, Peer, Reading};

/// Rounds on each clip; each gives one ratio.
const ROUNDS: usize = 7;

/// What one reader did with one clip in one round.
struct Measured {
    wall_ms: f64,
    /// Processor time of all threads, where the system tells it.
    cpu_ms: Option<f64>,
}

/// What one reader did with one clip in all rounds.
struct Row {
    reader: &'static str,
    measured: Vec<Measured>,
    heard: String,
    errors: usize,
}

fn main() {
    // `cargo test` runs benches too, without this flag: one round shows that all works.
    let rounds = if std::env::args().any(|arg| arg == "--bench") { ROUNDS } else { 1 };
    let model = model();
    let title = model.as_ref().map_or("built-in".to_owned(), |path| path.display().to_string());

    let mut mynah = MynahReader::load(model.as_deref());
    let clips = clips::all(mynah.window_samples());
    let mut peer = Peer::load(model.as_deref());
    let threads = readers::default_threads();
    println!(
        "model {title}; whisper.cpp {}, {threads} threads by default; Mynah 1 thread; load before {}",
        readers::version(),
        readers::load()
    );

    let mut results = Vec::new();
    for clip in &clips {
        let mut rows = [Row::new("mynah"), Row::new("whisper.cpp"), Row::new("whisper.cpp, 1 thread")];
        for _ in 0..rounds {
            rows[0].take(&mut || mynah.read(clip), clip);
            rows[1].take(&mut || peer.read(clip, threads), clip);
            rows[2].take(&mut || peer.read(clip, 1), clip);
        }
        results.push((clip, rows));
    }
    report::print(&results);
    report::write(&results, &title);
}

/// The model to read with: `MODEL`, or the built-in one.
#[expect(clippy::disallowed_methods, reason = "a benchmark has no settings file")]
fn model() -> Option<PathBuf> {
    std::env::var_os("MODEL").filter(|path| !path.is_empty()).map(PathBuf::from)
}

impl Row {
    const fn new(reader: &'static str) -> Self {
        Self { reader, measured: Vec::new(), heard: String::new(), errors: 0 }
    }

    fn take(&mut self, read: &mut dyn FnMut() -> String, clip: &Clip) {
        let Reading { heard, wall_ms, cpu_ms } = readers::timed(read);
        self.errors = score::word_errors(clip.words, &heard);
        self.heard = heard;
        self.measured.push(Measured { wall_ms, cpu_ms });
    }
}
