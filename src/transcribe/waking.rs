//! Waking: reads no more of an utterance than it takes to know whether it begins with a wake phrase.
//!
//! Enters: an utterance that nobody is addressed by yet. Leaves: a transcript with a [`WakeHint`]; its words are the
//! beginning alone where nothing there is like a wake phrase. Never here: the decision whether somebody called.
//!
//! The recogniser gives more than its text: with the sound encoded, the decoder tells how likely each token of a phrase is
//! next to the one it would rather write. So a phrase that was heard as "hay compuder" is still found, and where the read
//! is doubtful the phrase alone is handed on, never a command.

use std::ops::Range;

use super::{
    Abort, TranscribeError, Whisper, confidence,
    cue::Spelling,
    guard::{self, Decoded, Strictness},
    loudness, silence, trim, trust,
    weigh::Heard,
};
use crate::{
    flow::WakeHint,
    units::{PIPELINE_HZ, Probability, SampleIndex, f64_to_f32, length_f32, length_f64},
};

/// A stop word counts from here. Over Mynah's own voice "stop" was read with chances of 0.45 to 0.8.
const HALF_TRUST: Probability = Probability::clamped(0.3);

/// An utterance longer than this is read in two steps, the beginning first: nearly all speech that is not for Mynah ends
/// there, at the cost of a short pass whatever its length.
const SHORT: usize = 48_000;

/// The beginning: all of what is passed on while somebody talks without a pause, so that each part of that is read.
const BEGINNING: usize = 56_000;

/// A token this much less likely than the one preferred (natural logarithm) is not said; its phrase is dropped.
const HOPELESS: f32 = 7.0;

/// A likeness below this is not worth another look. The judge asks for more at any sensitivity.
const FAINT: f32 = 0.02;

/// What the sound encoded last says of a spelling.
#[derive(Debug, Clone)]
struct Scored {
    spelling: Spelling,
    tally: Tally,
}

/// What the decoder makes of the tokens so far.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    /// How far they lie behind those it would rather write, as natural logarithms, summed.
    behind: f32,
    /// Their own log-probabilities, summed.
    log: f32,
}

/// What was read for the wake phrase's sake.
pub(super) struct Called {
    /// The words; none where they are not to be trusted.
    pub(super) words: String,
    pub(super) tongue: usize,
    pub(super) confidence: Probability,
    pub(super) hint: WakeHint,
}

impl Whisper {
    /// Reads `pcm`, the whole utterance that lies at `span`; `None` where nobody speaks.
    pub(super) fn read_for_wake(
        &mut self,
        pcm: &[f32],
        span: &Range<SampleIndex>,
        abort: &Abort,
    ) -> Result<Option<Called>, TranscribeError> {
        if loudness::silent(pcm) || loudness::hums(pcm) {
            return Ok(None);
        }
        let pcm = &pcm[loudness::sounding(pcm)];
        let whole = pcm.len() <= SHORT;
        let beginning = if whole { pcm } else { &pcm[loudness::pieces(pcm, BEGINNING)[0].clone()] };
        self.take_up(beginning);
        let context =
            if whole { trim::context } else { trim::context_at_first }(&self.header, beginning.len());
        let (decoded, tongue) = self.pass_in_its_language(context, self.current, abort)?;
        let words = silence::words_only(&decoded.text);
        let scored = self.score()?;
        let cue = self.cue.clone();
        let alike = cue.as_ref().and_then(|cue| cue.alike.as_ref()).map(|alike| alike(beginning));
        let begins = |words: &str| cue.as_ref().is_some_and(|cue| (cue.begins)(words));
        let found = begins(&words);
        let tally = scored.as_ref().map(|scored| scored.tally);
        let hint = WakeHint {
            phrase: scored.as_ref().map_or(0, |scored| scored.spelling.phrase),
            score: Probability::clamped(tally.map_or(0.0, |tally| (-tally.behind).exp())),
            sure: tally
                .zip(scored.as_ref())
                .map_or(Probability::ZERO, |(tally, scored)| mean(tally.log, scored.spelling.tokens.len())),
            read: decoded.mean(),
            alike,
            forced: false,
            span: span.clone(),
        };
        let trusted = self.trusts(&decoded, beginning, Strictness::First);
        let likely = hint.score.get() >= FAINT;
        if !found && !likely {
            let stops = cue.as_ref().is_some_and(|cue| (cue.stops)(&words));
            let heard = trusted || (stops && self.half_trusts(&decoded, beginning));
            let words = if heard { words } else { String::new() };
            return Ok(Some(Called { words, tongue, confidence: decoded.mean(), hint }));
        }
        if found && trusted && whole {
            return Ok(Some(Called { words, tongue, confidence: decoded.mean(), hint }));
        }
        // What can be read as a whole, and then still begins with the phrase, is the transcript.
        if found || !whole {
            match self.piece_of(pcm, abort) {
                Ok(Some(piece)) if begins(&piece.0) => {
                    return Ok(Some(Called { words: piece.0, tongue: piece.2, confidence: piece.1, hint }));
                }
                Ok(_) | Err(TranscribeError::NotUnderstood { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let Some(scored) = scored.filter(|_| likely) else {
            return Ok(Some(Called { words: String::new(), tongue, confidence: decoded.mean(), hint }));
        };
        self.take_up(pcm);
        let context = trim::context(&self.header, pcm.len());
        self.pass_in_its_language(context, scored.spelling.tongue, abort)?;
        let after = self.after(&scored.spelling)?;
        let sure = self.trusts(&after, pcm, Strictness::Last);
        // A command that is not understood is not guessed at: the phrase alone asks for it again.
        let rest = if sure { silence::words_only(&after.text) } else { String::new() };
        let phrase = scored.spelling.text.trim_start();
        let words = if rest.is_empty() { phrase.to_owned() } else { format!("{phrase}, {rest}") };
        let hint = WakeHint { forced: true, ..hint };
        Ok(Some(Called { words, tongue: scored.spelling.tongue, confidence: after.mean(), hint }))
    }

    /// Whether `decoded`, made from `pcm`, is to be trusted, by what judges any other words of this model.
    fn trusts(&self, decoded: &Decoded, pcm: &[f32], strictness: Strictness) -> bool {
        let seconds = f64_to_f32(length_f64(pcm.len()) / f64::from(PIPELINE_HZ));
        if self.header.narrow() {
            let heard = Heard { pcm, seconds, steady: loudness::steady(pcm) };
            return matches!(self.weigh(&heard, decoded), Ok(Some(_)));
        }
        guard::doubt(decoded, seconds, self.speech.floor, strictness).is_none()
    }

    /// Whether a stop word is likely enough: it undoes nothing and sends nothing, and Mynah's own words are no such word.
    fn half_trusts(&self, decoded: &Decoded, pcm: &[f32]) -> bool {
        let chance = if self.header.narrow() {
            let seconds = f64_to_f32(length_f64(pcm.len()) / f64::from(PIPELINE_HZ));
            trust::chance(&trust::evidence(decoded, seconds, loudness::swing(pcm)))
        } else {
            decoded.mean()
        };
        chance >= HALF_TRUST
    }

    /// Makes `pcm` the sound to be read.
    fn take_up(&mut self, pcm: &[f32]) {
        self.sound.clear();
        self.sound.extend_from_slice(pcm);
        self.sound.resize(pcm.len().max(super::whisper::LEAST_SAMPLES), 0.0);
    }

    /// The likeliest spelling at the beginning of the sound encoded last; `None` where none has a chance.
    fn score(&mut self) -> Result<Option<Scored>, TranscribeError> {
        let spellings = std::mem::take(&mut self.spellings);
        let mut best: Option<(usize, Tally)> = None;
        for tongue in 0..self.tongues.len() {
            let open: Vec<usize> =
                (0..spellings.len()).filter(|at| spellings[*at].tongue == tongue).collect();
            if !open.is_empty() {
                let prompt = self.prompt(tongue);
                self.step(&prompt, 0)?;
                self.walk(&spellings, &open, (0, prompt.len()), Tally::default(), &mut best)?;
            }
        }
        let scored = best.map(|(at, tally)| Scored { spelling: spellings[at].clone(), tally });
        self.spellings = spellings;
        Ok(scored)
    }

    /// Follows the spellings `open`, which share `depth` tokens, from where the decoder stands (`past`).
    fn walk(
        &mut self,
        spellings: &[Spelling],
        open: &[usize],
        (depth, past): (usize, usize),
        so_far: Tally,
        best: &mut Option<(usize, Tally)>,
    ) -> Result<(), TranscribeError> {
        let better = |tally: Tally, best: &Option<(usize, Tally)>| {
            best.is_none_or(|(_, known)| tally.behind < known.behind)
        };
        let mut next: Vec<i32> = Vec::new();
        for at in open {
            match spellings[*at].tokens.get(depth) {
                Some(token) if !next.contains(token) => next.push(*token),
                None if better(so_far, best) => *best = Some((*at, so_far)),
                Some(_) | None => {}
            }
        }
        let steps: Vec<(f32, f32)> =
            next.iter().map(|token| self.weighed(*token)).collect::<Result<_, _>>()?;
        for (token, (behind, log)) in next.into_iter().zip(steps) {
            let tally = Tally { behind: so_far.behind + behind, log: so_far.log + log };
            if behind > HOPELESS || !better(tally, best) {
                continue;
            }
            let below: Vec<usize> =
                open.iter().copied().filter(|at| spellings[*at].tokens.get(depth) == Some(&token)).collect();
            // A last token need not be fed to the decoder: what follows it does not matter.
            match below.iter().find(|at| spellings[**at].tokens.len() == depth + 1) {
                Some(at) if below.len() == 1 => *best = Some((*at, tally)),
                _ => {
                    self.step(&[token], past)?;
                    self.walk(spellings, &below, (depth + 1, past + 1), tally, best)?;
                }
            }
        }
        Ok(())
    }

    /// What the decoder writes after `spelling`, greedily, for the sound encoded last.
    fn after(&mut self, spelling: &Spelling) -> Result<Decoded, TranscribeError> {
        let mut start = self.prompt(spelling.tongue);
        start.extend_from_slice(&spelling.tokens);
        self.step(&start, 0)?;
        let cap = trim::token_cap(self.sound.len(), &self.tongues[spelling.tongue].language);
        let mut tokens: Vec<i32> = Vec::new();
        let (mut log_probability, mut least, mut ending) = (0.0, 0.0_f32, 0.0);
        let (mut ended, mut bytes) = (false, Vec::new());
        while tokens.len() < cap {
            let (token, log) = self.preferred()?;
            ended = token == self.end();
            if ended {
                ending = log;
                break;
            }
            least = least.min(log);
            bytes.extend_from_slice(&self.bytes(token));
            log_probability += log;
            self.step(&[token], start.len() + tokens.len())?;
            tokens.push(token);
        }
        // What the phrase itself was worth is in its own score; an end at once is as sure as that.
        let text = String::from_utf8_lossy(&bytes)
            .trim_start_matches(|c: char| c.is_whitespace() || ",.!?，。！？".contains(c))
            .to_owned();
        Ok(Decoded { text, tokens, log_probability, least, ending, ended, no_speech: Probability::ZERO })
    }
}

/// How far below the likeliest of the first `count` logits the one at `at` lies, and its natural log-probability among
/// them; infinitely far where it does not exist.
pub(super) fn weighed(logits: &[f32], count: usize, at: usize) -> (f32, f32) {
    let (top, log) = likeliest(logits, count);
    let behind = logits.get(at).filter(|_| at < count).map_or(f32::INFINITY, |logit| logits[top] - logit);
    (behind, log - behind)
}

/// The likeliest of the first `count` logits and its natural log-probability among them.
pub(super) fn likeliest(logits: &[f32], count: usize) -> (usize, f32) {
    let said = &logits[..count.min(logits.len())];
    let (at, top) = said
        .iter()
        .enumerate()
        .fold((0, f32::NEG_INFINITY), |best, (at, logit)| if *logit > best.1 { (at, *logit) } else { best });
    let sum: f32 = said.iter().map(|logit| (logit - top).exp()).sum();
    (at, -sum.ln())
}

/// The mean chance of tokens from their log-probabilities.
fn mean(log_probability: f32, tokens: usize) -> Probability {
    confidence::from_log(log_probability / length_f32(tokens.max(1)))
}
