//! Whisper: the recogniser, whisper.cpp on the processor.
//!
//! Enters: an utterance. Leaves: its transcript. Never here: a GPU, temperature fallback, flash attention (slower on
//! the processor in whisper.cpp 1.8.3), output on stderr, memory that grows with the number of utterances.
//!
//! `whisper_rs` is named here, in `abort.rs` and in `tongues.rs` only. The encoder's context is trimmed to the utterance, which makes
//! a short one five to eight times cheaper; what that may break, the guard catches and a pass at full context mends.

use std::{
    fs::File,
    io::{self, Cursor},
};

use whisper_rs::{
    WhisperContext, WhisperContextParameters, WhisperError, WhisperState, install_logging_hooks,
};

use crate::{
    flow::{Language, Transcript, Utterance},
    ggml::Header,
    script::Scribe,
    units::{PIPELINE_HZ, Probability, Words, f64_to_f32, length_f32, length_f64},
};

use super::{
    Abort, ModelSource, Reader, Script, TranscribeError, WakeCue, WhisperOptions, confidence, cpu,
    cue::{Spelling, spellings},
    guard::{self, Decoded, Strictness},
    loudness, pages, silence,
    tongues::{Tongue, tongues},
    trim,
    weigh::Heard,
};

/// Shortest sound handed over; whisper.cpp refuses less than 100 ms. The rest is silence.
pub(super) const LEAST_SAMPLES: usize = 16_000;

/// Above this the model says that nobody speaks (OpenAI's threshold).
pub(super) const NO_SPEECH: Probability = Probability::clamped(0.6);

/// Above this a set phrase is taken for an invention.
const NO_SPEECH_SET_PHRASE: Probability = Probability::clamped(0.3);

/// Most tokens of a wake phrase; longer ones are found by their words alone.
const MOST_WAKE_TOKENS: usize = 32;

/// A loaded model, warm between utterances.
pub struct Whisper {
    pub(super) context: WhisperContext,
    pub(super) state: WhisperState,
    pub(super) header: Header,
    scribe: Scribe,
    pub(super) speech: Speech,
    /// The languages to choose among and whisper.cpp's parameters for each, which leak what they point to and are
    /// therefore built once.
    pub(super) tongues: Vec<Tongue>,
    /// The language heard last: what the next utterance is first read in.
    pub(super) current: usize,
    /// Samples of the piece being read, padded; kept to keep memory flat.
    pub(super) sound: Vec<f32>,
    /// What is listened for while nobody is addressed.
    pub(super) cue: Option<WakeCue>,
    /// The ways its phrases may be written.
    pub(super) spellings: Vec<Spelling>,
}

/// The settings a read needs.
pub(super) struct Speech {
    pub(super) floor: Probability,
    pub(super) threads: Option<u32>,
}

/// What a piece held.
struct Piece {
    words: String,
    decoded: Decoded,
    tongue: usize,
    /// How far the words are to be trusted.
    chance: Probability,
}

impl std::fmt::Debug for Whisper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Whisper").field("header", &self.header).finish_non_exhaustive()
    }
}

impl Whisper {
    /// Loads a model: checks the processor, the options and the file before whisper.cpp sees any of it.
    ///
    /// # Errors
    /// [`TranscribeError`]: processor too old, thread count out of range, model unreadable, invalid or refused, a
    /// language the model was never taught.
    pub fn load(options: &WhisperOptions) -> Result<Self, TranscribeError> {
        if let Some(missing) = cpu::missing() {
            return Err(TranscribeError::ProcessorTooOld { missing });
        }
        options.check()?;
        let header = read_header(options)?;
        let tongues = tongues(options, &header)?;
        install_logging_hooks();
        let mut how = WhisperContextParameters::default();
        how.use_gpu(false).flash_attn(false);
        let loaded = match &options.model {
            ModelSource::File(path) => WhisperContext::new_with_params(path, how),
            ModelSource::Bytes(bytes) => WhisperContext::new_from_buffer_with_params(bytes, how),
        };
        let refused = |_: WhisperError| TranscribeError::ModelRefused { model: options.title() };
        let context = loaded.map_err(refused)?;
        if let ModelSource::Bytes(bytes) = options.model {
            pages::give_back(bytes);
        }
        let state = context.create_state().map_err(refused)?;
        let spellings = options.wake.as_ref().map_or_else(Vec::new, |cue| {
            spellings(&cue.phrases, &tongues, &|text| context.tokenize(text, MOST_WAKE_TOKENS).ok())
        });
        Ok(Self {
            state,
            cue: options.wake.clone(),
            spellings,
            scribe: Scribe::new(if header.multilingual() { options.script } else { Script::AsHeard }),
            speech: Speech { floor: confidence::floor(&header), threads: options.threads },
            tongues,
            current: 0,
            sound: Vec::new(),
            context,
            header,
        })
    }

    /// The languages that a reader with `options` would choose among, told without loading its model.
    ///
    /// # Errors
    /// [`TranscribeError`]: model unreadable or invalid, a language the model was never taught.
    pub fn languages(options: &WhisperOptions) -> Result<Vec<Language>, TranscribeError> {
        let tongues = tongues(options, &read_header(options)?)?;
        Ok(tongues.into_iter().map(|tongue| tongue.language).collect())
    }

    /// The model's dimensions.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Reads one piece that fits the window; `None` where nobody speaks.
    fn piece(&mut self, pcm: &[f32], abort: &Abort) -> Result<Option<Piece>, TranscribeError> {
        if loudness::silent(pcm) || loudness::hums(pcm) {
            return Ok(None);
        }
        let pcm = &pcm[loudness::sounding(pcm)];
        let steady = loudness::steady(pcm);
        let floor = if steady { confidence::raised(self.speech.floor) } else { self.speech.floor };
        self.sound.clear();
        self.sound.extend_from_slice(pcm);
        self.sound.resize(pcm.len().max(LEAST_SAMPLES), 0.0);
        let seconds = f64_to_f32(length_f64(pcm.len()) / f64::from(PIPELINE_HZ));
        let (trimmed, full) = (trim::context(&self.header, pcm.len()), self.full_context());

        let (mut decoded, mut tongue) = self.pass_in_its_language(trimmed, self.current, abort)?;
        let mut words = silence::words_only(&decoded.text);
        if self.nobody_spoke(&decoded, &words, pcm) {
            return Ok(None);
        }
        if self.header.narrow() {
            let chance = self.weigh(&Heard { pcm, seconds, steady }, &decoded)?;
            return Ok(chance.map(|chance| Piece { words, decoded, tongue, chance }));
        }
        let strictness = if trimmed < full { Strictness::First } else { Strictness::Last };
        let mut doubt = guard::doubt(&decoded, seconds, floor, strictness);
        if doubt.is_some() && trimmed < full {
            (decoded, tongue) = self.pass_in_its_language(full, tongue, abort)?;
            words = silence::words_only(&decoded.text);
            if self.nobody_spoke(&decoded, &words, pcm) {
                return Ok(None);
            }
            doubt = guard::doubt(&decoded, seconds, floor, Strictness::Last);
        }
        match doubt {
            None => Ok(Some(Piece { words, chance: decoded.mean(), decoded, tongue })),
            Some(_) if steady => Ok(None),
            Some(doubt) => Err(TranscribeError::NotUnderstood { doubt }),
        }
    }

    /// What a piece holds: its words, how far they are to be trusted, and their language.
    pub(super) fn piece_of(
        &mut self,
        pcm: &[f32],
        abort: &Abort,
    ) -> Result<Option<(String, Probability, usize)>, TranscribeError> {
        let window = self.header.window_samples();
        let piece = self.piece(&pcm[..pcm.len().min(window)], abort)?;
        Ok(piece.map(|piece| (piece.words, piece.chance, piece.tongue)))
    }

    /// Whether a pass says, with what the sound itself tells, that nobody spoke.
    fn nobody_spoke(&self, decoded: &Decoded, words: &str, pcm: &[f32]) -> bool {
        // The built-in model's own guess is one of the things that are weighed together.
        let improbable = !self.header.narrow() && decoded.mean() < self.speech.floor;
        words.is_empty()
            || (decoded.no_speech > NO_SPEECH && improbable)
            || (silence::is_set_phrase(words)
                && (decoded.no_speech > NO_SPEECH_SET_PHRASE
                    || loudness::faint(pcm)
                    || loudness::steady(pcm)))
    }

    /// Reads for the wake phrase's sake.
    fn wake(
        &mut self,
        utterance: &Utterance,
        pcm: &[f32],
        abort: &Abort,
    ) -> Result<Transcript, TranscribeError> {
        let called = self.read_for_wake(pcm, &utterance.span, abort)?.ok_or(TranscribeError::NoSpeech)?;
        let language = self.tongues[called.tongue].language.clone();
        Ok(Transcript {
            turn: utterance.turn,
            words: Words(self.scribe.write(called.words, &language)),
            language,
            confidence: called.confidence,
            wake: Some(called.hint),
        })
    }
}

impl Reader for Whisper {
    fn read(&mut self, utterance: &Utterance, abort: &Abort) -> Result<Transcript, TranscribeError> {
        let mut pcm = std::borrow::Cow::Borrowed(&*utterance.pcm);
        if pcm.iter().any(|s| !s.is_finite()) {
            pcm.to_mut().iter_mut().filter(|s| !s.is_finite()).for_each(|s| *s = 0.0);
        }
        if utterance.for_wake && self.cue.is_some() {
            return self.wake(utterance, &pcm, abort);
        }
        let mut text = String::new();
        let (mut log_chance, mut tokens) = (0.0, 0_usize);
        for span in loudness::pieces(&pcm, self.header.window_samples()) {
            let Some(piece) = self.piece(&pcm[span], abort)? else { continue };
            let language = &self.tongues[piece.tongue].language;
            if !text.is_empty() && language.code() != "zh" {
                text.push(' ');
            }
            text.push_str(&self.scribe.write(piece.words, language));
            log_chance +=
                piece.chance.get().max(f32::MIN_POSITIVE).ln() * length_f32(piece.decoded.tokens.len());
            tokens += piece.decoded.tokens.len();
            self.current = piece.tongue;
        }
        if abort.raised() {
            return Err(TranscribeError::Stopped);
        }
        if text.is_empty() {
            return Err(TranscribeError::NoSpeech);
        }
        Ok(Transcript {
            turn: utterance.turn,
            words: Words(text),
            language: self.tongues[self.current].language.clone(),
            confidence: confidence::from_log(log_chance / length_f32(tokens.max(1))),
            wake: None,
        })
    }
}

/// Checks the model's frame, from disk or from memory.
fn read_header(options: &WhisperOptions) -> Result<Header, TranscribeError> {
    let unreadable = |source: io::Error| TranscribeError::ModelUnreadable { model: options.title(), source };
    let header = match &options.model {
        ModelSource::File(path) => {
            let file = File::open(path).map_err(unreadable)?;
            let about = file.metadata().map_err(unreadable)?;
            if !about.is_file() {
                return Err(unreadable(io::Error::new(io::ErrorKind::InvalidInput, "not a file")));
            }
            Header::read(file, about.len())
        }
        ModelSource::Bytes(bytes) => Header::read(Cursor::new(bytes), crate::units::length_u64(bytes.len())),
    };
    header.map_err(|source| TranscribeError::ModelInvalid { model: options.title(), source })
}

pub(super) fn engine(error: WhisperError) -> TranscribeError {
    TranscribeError::Engine { why: error.to_string() }
}
