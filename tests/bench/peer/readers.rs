//! The readers: Mynah's own, and whisper.cpp with nothing changed.

use std::{path::Path, sync::Arc, thread::available_parallelism, time::Instant};

use mynah::{
    flow::{Language, Remedy, Utterance},
    models::BUILT_IN,
    transcribe::{Abort, ModelSource, Reader, Whisper, WhisperOptions},
    units::{SampleIndex, TurnId, length_u64},
};
use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState};

use super::clips::Clip;

/// One timed reading.
pub(crate) struct Reading {
    pub(crate) heard: String,
    pub(crate) wall_ms: f64,
    pub(crate) cpu_ms: Option<f64>,
}

/// Times `read` by the wall and by the processor.
#[expect(clippy::disallowed_methods, reason = "a benchmark is about wall time")]
pub(crate) fn timed(read: &mut dyn FnMut() -> String) -> Reading {
    let (ticks, start) = (cpu_ms(), Instant::now());
    let heard = read();
    let wall_ms = start.elapsed().as_secs_f64() * 1000.0;
    let cpu_ms = cpu_ms().zip(ticks).map(|(after, before)| after - before);
    Reading { heard, wall_ms, cpu_ms }
}

/// Processor time of this process so far, user and system, in steps of 10 ms; `None` where `/proc` is not.
fn cpu_ms() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Fields 14 and 15, counted after the name, which may hold anything but ends at the last parenthesis.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) * 10.0)
}

/// Mynah's reader on one thread, in English, as the daemon keeps it: loaded once.
pub(crate) struct MynahReader(Whisper);

impl MynahReader {
    pub(crate) fn load(model: Option<&Path>) -> Self {
        let source = model.map_or(ModelSource::Bytes(BUILT_IN), |path| ModelSource::File(path.to_owned()));
        let options = WhisperOptions {
            language: Some(Language::ENGLISH),
            threads: Some(1),
            ..WhisperOptions::new(source, "the model")
        };
        Self(Whisper::load(&options).unwrap())
    }

    pub(crate) fn window_samples(&self) -> usize {
        self.0.header().window_samples()
    }

    /// The words, or the error's word in brackets.
    pub(crate) fn read(&mut self, clip: &Clip) -> String {
        let utterance = Utterance {
            turn: TurnId(1),
            span: SampleIndex(0)..SampleIndex(length_u64(clip.pcm.len())),
            pcm: Arc::from(&clip.pcm[..]),
            for_wake: false,
        };
        match self.0.read(&utterance, &Abort::default()) {
            Ok(transcript) => transcript.words.0,
            Err(error) => format!("[{}]", error.kind()),
        }
    }
}

/// whisper.cpp as `whisper-cli` runs it.
pub(crate) struct Peer {
    state: WhisperState,
    _context: WhisperContext,
}

impl Peer {
    pub(crate) fn load(model: Option<&Path>) -> Self {
        let mut how = WhisperContextParameters::default();
        how.use_gpu(false).flash_attn(true); // whisper.cpp's default; the bindings' own is off
        let context = match model {
            Some(path) => WhisperContext::new_with_params(path, how).unwrap(),
            None => WhisperContext::new_from_buffer_with_params(BUILT_IN, how).unwrap(),
        };
        Self { state: context.create_state().unwrap(), _context: context }
    }

    pub(crate) fn read(&mut self, clip: &Clip, threads: usize) -> String {
        let mut how = FullParams::new(SamplingStrategy::BeamSearch { beam_size: 5, patience: -1.0 });
        how.set_n_threads(i32::try_from(threads).unwrap());
        how.set_language(Some("en"));
        how.set_print_progress(false);
        how.set_print_realtime(false);
        how.set_print_timestamps(false);
        self.state.full(how, &clip.pcm).unwrap();
        self.state.as_iter().map(|segment| segment.to_str_lossy().unwrap().into_owned()).collect()
    }
}

/// whisper.cpp's own choice.
pub(crate) fn default_threads() -> usize {
    available_parallelism().map_or(1, |cores| cores.get().min(4))
}

/// The vendored whisper.cpp.
pub(crate) const fn version() -> &'static str {
    whisper_rs::WHISPER_CPP_VERSION
}

/// How many others want the processor, as the system tells it: spinning threads suffer most from them.
pub(crate) fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split_whitespace().next().unwrap_or("unknown").to_owned()
}
