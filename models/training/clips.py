"""Clips: recordings for calibration and evaluation, as files that Mynah itself reads.

Enters: a kind of set, a seed, a count. Leaves: WAV files and clips.tsv beside them: file, set, voice, the words (none
for what must be refused). Never here: features, judgement.

    python clips.py calibration out/model/calibration 400
    python clips.py evaluation out/model/evaluation 200

Evaluation: sentences never trained in seen and in unseen voices, the same at 10 dB noise, short phrases in unseen
voices, strangers of kinds never trained. Calibration: none of those voices, texts and languages.
"""

import random
import sys
import wave
from pathlib import Path

import numpy as np

import lexicon
import sounds
import voices
from engines import Espeak, Programs
from sentences import Sentences, held_out, spoken, units, written
from strangers import Strangers
from tokens import Tokens

BEFORE, AFTER = 3_200, 6_400  # samples of quiet around each clip
LEVEL = 0.5


class Studio:
    """Speaks sentences and writes files."""

    def __init__(self, work, seed):
        table = lexicon.make(work / "lexicon.json")
        phones = {phone: index + 1 for index, phone in enumerate(table["phones"])}
        self.espeak = Espeak(phones, voices.espeak_data(work / "espeak"))
        self.programs = Programs(phones)
        self.draw, self.noise = random.Random(seed), np.random.default_rng(seed)
        self.sentences, self.tokens, self.known = Sentences(seed), Tokens(), set(table["tokens"])

    def writable(self, sentence):
        """Whether the model has the tokens for it."""
        return set(self.tokens.encode_words([word for word, _ in units(sentence)])[0]) <= self.known

    def say(self, sentence, engine, voice, varied):
        text, draw = spoken(sentence), self.draw.uniform
        if engine == "espeak":
            how = (draw(130, 215), draw(20, 80), draw(25, 75)) if varied else ()
            samples, hz, _ = self.espeak.say(text, voice, *how)
        elif engine == "flite":
            samples, hz, _ = self.programs.flite(text, voice, draw(0.8, 1.2) if varied else 1.0)
        else:
            self.programs.festival([("one", text.replace("?", "."), voice, 1.0)])
            samples, hz, _ = self.programs.of_festival("one")
        return ready(samples, hz)

    def crowd_noise(self, count):
        """Four people who talk at once."""
        mixed = np.zeros(count)
        for _ in range(4):
            samples, hz, _ = self.espeak.say(spoken(self.sentences.draw()), voices.any_english(self.draw))
            mixed += np.resize(np.roll(sounds.resampled(samples, hz), self.draw.randint(0, 8_000)), count)
        return mixed

    def framed(self, sound, decibels):
        """With quiet before and after, and noise `decibels` below it or hardly any."""
        whole = np.concatenate([np.zeros(BEFORE), sound, np.zeros(AFTER)])
        if decibels is None:
            return whole + self.noise.standard_normal(len(whole)) * 3e-4
        crowd = self.draw.random() < 0.3
        noise = self.crowd_noise(len(whole)) if crowd else sounds.hiss(len(whole), self.noise)
        return sounds.with_noise(whole, noise, sound, decibels)


def ready(samples, hz):
    """At 16 kHz, trimmed and at a common level; None where nothing sounds."""
    cut = sounds.trimmed(sounds.resampled(samples, hz))
    return None if cut is None else cut[0] / np.abs(cut[0]).max() * LEVEL


def write_wav(path, sound):
    scaled = np.clip(sound * min(1.0, 0.95 / np.abs(sound).max()), -1, 1)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sounds.HZ)
        file.writeframes((scaled * 32_767).astype("<i2").tobytes())


def plan(kind, count, studio):
    """(set, engine, voice, sentence, decibels, varied) for every clip with words in it."""
    def sentences(number, wanted):
        return studio.sentences.draw_many(number, lambda one: studio.writable(one) and wanted(one))

    draw = studio.draw
    if kind == "calibration":
        for sentence in sentences(count, lambda one: not held_out(one)):
            yield "commands", *voices.for_calibration(draw), sentence, draw.choice([None, None, 20, 10]), True
        return
    for name, of in (("seen", voices.SEEN), ("unseen", voices.UNSEEN)):
        for index, sentence in enumerate(sentences(count, held_out)):
            engine, voice = draw.choice(of)
            yield name, engine, voice, sentence, None, False
            if index % 2 == 0:
                yield "noise", engine, voice, sentence, 10, False
    for sentence in sentences(count // 2, lambda one: len(written(one).split()) <= 2):
        yield "short", *draw.choice(voices.UNSEEN), sentence, None, False


def make(kind, out, count, work, seed):
    out.mkdir(parents=True, exist_ok=True)
    studio, rows = Studio(work, seed), []

    def keep(name, voice, words, sound):
        file = f"{name}_{len(rows):04}.wav"
        write_wav(out / file, sound)
        rows.append(f"{file}\t{name}\t{voice}\t{words}")

    for name, engine, voice, sentence, decibels, varied in plan(kind, count, studio):
        sound = studio.say(sentence, engine, voice, varied)
        if sound is not None:
            keep(name, voice, written(sentence), studio.framed(sound, decibels))
    for others in (True,) if kind == "evaluation" else (False,):
        strangers = Strangers(studio.espeak, studio.programs, studio.sentences, studio.draw, studio.noise, others)
        for _ in range(count):
            samples, hz, what = strangers.sound()
            sound = ready(samples, hz)
            if sound is not None:
                keep("strangers", what, "", studio.framed(sound, studio.draw.choice([None, None, 20])))
    (out / "clips.tsv").write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    asked, folder, number = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    make(asked, folder, number, folder.parent, seed=7 if asked == "evaluation" else 8)
