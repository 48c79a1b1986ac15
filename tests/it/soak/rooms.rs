//! The scripted ends: a recogniser that knows what was said, a voice, a sink and a language model, each of which does
//! well, fails, is slow or does harm as the script has it.

use std::{future::Future, path::PathBuf, pin::Pin};

use mynah::{
    answer::{AnswerEvent, Finish},
    flow::{Hush, Language, Sentence, Speech, Transcript, Utterance},
    play::{PlayError, Sink},
    session::Ask,
    speak::{SpeakError, Voice},
    transcribe::{Abort, Doubt, Reader, TranscribeError},
    units::{Probability, SAMPLES_PER_MS, SampleRate, TurnId, Words},
};
use tokio::sync::mpsc;

use super::sim::{Mood, Sim, fault};

pub(super) struct Knows(pub(super) Sim);

impl Knows {
    /// The words of which more than half was heard.
    fn words(&self, utterance: &Utterance) -> String {
        let (from, to) = (utterance.span.start.0, utterance.span.end.0);
        let mut heard = Vec::new();
        for (span, words, own) in &self.0.lock().said {
            let words: Vec<&str> = words.split(' ').collect();
            let each = (span.end - span.start) / u64::try_from(words.len()).unwrap();
            let mut middle = span.start + each / 2;
            for word in words {
                if (from..to).contains(&middle) {
                    heard.push((*own, middle, word.to_owned()));
                }
                middle += each;
            }
        }
        // The canceller leaves nothing that could be read behind somebody who speaks.
        heard.sort();
        let own = heard.first().is_some_and(|(own, ..)| *own);
        heard.into_iter().filter(|word| word.0 == own).map(|(.., word)| word).collect::<Vec<_>>().join(" ")
    }
}

impl Reader for Knows {
    fn read(&mut self, utterance: &Utterance, abort: &Abort) -> Result<Transcript, TranscribeError> {
        let sim = self.0.clone();
        sim.work(|| {
            let mood = sim.lock().reader;
            let takes = if let Mood::Slow(ms) = mood { ms } else { 60 };
            if !sim.sleep(takes, &|| abort.raised()) {
                return Err(TranscribeError::Stopped);
            }
            match mood {
                Mood::Fails => return Err(TranscribeError::Engine { why: "scripted".into() }),
                Mood::Hostile => return Err(TranscribeError::NotUnderstood { doubt: Doubt::Repeats }),
                Mood::Well | Mood::Slow(_) => {}
            }
            let words = self.words(utterance);
            if words.is_empty() {
                return Err(TranscribeError::NoSpeech);
            }
            Ok(Transcript {
                turn: utterance.turn,
                words: words.into(),
                language: Language::ENGLISH,
                confidence: Probability::clamped(0.9),
                wake: None,
            })
        })
    }
}

pub(super) struct Says {
    pub(super) sim: Sim,
    pub(super) hush: Hush,
    /// Any voice: the words are told beside it.
    pub(super) sound: Vec<f32>,
}

impl Voice for Says {
    fn speak(&mut self, sentence: &Sentence) -> Result<Speech, SpeakError> {
        let sim = self.sim.clone();
        sim.work(|| {
            let mood = sim.lock().voice;
            let takes = if let Mood::Slow(ms) = mood { ms } else { 40 };
            if !sim.sleep(takes, &|| self.hush.raised(sentence.turn)) {
                return Err(SpeakError::Stopped);
            }
            if mood == Mood::Fails {
                let program = PathBuf::from("/usr/bin/flite");
                return Err(SpeakError::Hung { program, seconds: 20 });
            }
            let words = sentence.words.as_str();
            let length = (words.chars().count() * 60 + 200) * usize::try_from(SAMPLES_PER_MS).unwrap();
            let pcm: Vec<f32> = match mood {
                Mood::Hostile => Vec::new(),
                _ => self.sound.iter().copied().cycle().take(length).collect(),
            };
            sim.lock().spoken.insert((sentence.turn.0, sentence.seq), words.to_owned());
            Ok(Speech { turn: sentence.turn, seq: sentence.seq, rate: SampleRate::PIPELINE, pcm: pcm.into() })
        })
    }
}

pub(super) struct Plays {
    pub(super) sim: Sim,
    pub(super) hush: Hush,
}

impl Sink for Plays {
    fn play(&mut self, speech: &Speech) -> Result<(), PlayError> {
        let sim = self.sim.clone();
        sim.work(|| {
            let mood = sim.lock().sink;
            if let Mood::Slow(ms) = mood {
                sim.sleep(ms, &|| self.hush.raised(speech.turn));
            }
            if self.hush.raised(speech.turn) {
                return Ok(());
            }
            if mood == Mood::Fails {
                return Err(PlayError::Stalled);
            }
            sim.tell(|inner| {
                let words = inner.spoken.remove(&(speech.turn.0, speech.seq)).unwrap_or_default();
                inner.echo(&words, &speech.pcm);
            });
            Ok(())
        })
    }

    fn finish(&mut self, turn: TurnId) -> Result<Option<PathBuf>, PlayError> {
        let sim = self.sim.clone();
        sim.work(|| {
            let mood = sim.lock().sink;
            let left = u64::try_from(sim.lock().playing.len()).unwrap() / SAMPLES_PER_MS;
            sim.sleep(left + 50, &|| self.hush.raised(turn));
            sim.lock().spoken.clear();
            match mood {
                Mood::Hostile => Err(PlayError::DiskFull { path: "out/turn.wav".into() }),
                _ => Ok(None),
            }
        })
    }

    fn hush(&mut self) {
        self.sim.tell(|inner| inner.playing.clear());
    }
}

pub(super) struct Model(pub(super) Sim);

impl Ask for Model {
    fn ask<'a>(
        &'a self,
        turn: TurnId,
        words: Words,
        language: Language,
        out: mpsc::Sender<AnswerEvent>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            let mood = self.0.lock().ask;
            let takes = if let Mood::Slow(ms) = mood { ms } else { 100 };
            // Asking holds no thread: it looks now and then whether its time has come.
            let sleeper = self.0.lie_down(takes);
            while !sleeper.is_over() {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
            let say = |seq, text: &str| {
                let words = Words::from(text);
                AnswerEvent::Sentence(Sentence { turn, seq, words, language: language.clone() })
            };
            let events = match mood {
                Mood::Fails => vec![AnswerEvent::Failed(fault("endpoint_timeout"))],
                Mood::Hostile if words.as_str().len().is_multiple_of(2) => Vec::new(),
                Mood::Hostile => vec![AnswerEvent::FirstWord, say(0, "It is"), AnswerEvent::FirstWord],
                Mood::Well | Mood::Slow(_) => vec![
                    AnswerEvent::FirstWord,
                    say(0, "That is a long story."),
                    say(1, "It has to do with the sun and the sea."),
                    AnswerEvent::Done { text: "That is a long story.".into(), finish: Finish::Stop },
                ],
            };
            drop(sleeper);
            for event in events {
                if out.send(event).await.is_err() {
                    return;
                }
            }
        })
    }
}

impl super::sim::Inner {
    /// Mynah says `words` from the loudspeaker.
    fn echo(&mut self, words: &str, pcm: &[f32]) {
        let from = self.heard_at() + u64::try_from(self.playing.len()).unwrap();
        let to = from + u64::try_from(pcm.len()).unwrap();
        self.playing.extend(pcm);
        self.said.push_back((from..to, words.to_owned(), true));
    }
}
