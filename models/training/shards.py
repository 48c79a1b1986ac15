"""Shards: training clips as features, some hundred sentences a file.

Enters: a folder, which shards, how many sentences each. Leaves: NAME.mel.npy (8-bit log-mel), NAME.phones.npy, NAME.json
([start, frames, marked sentence, voice] each; an empty sentence is a sound to be refused). Never here: WAV files.

    python shards.py out/model 0 8          # shards 0 to 7; those that exist are kept

A shard depends on its number alone, so any machine makes the same ones, and several processes may share the work.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

import sounds
import voices
from batches import OFFSET, STEP, UNKNOWN
from clips import LEVEL, Studio
from features import HOP, log_mel
from sentences import held_out, spoken
from strangers import Strangers

SENTENCES = 400
STRANGERS = 0.24  # for each sentence
LONGEST = 7.5  # seconds


class Shard:
    """Collects the clips of one shard."""

    def __init__(self, number, work):
        self.studio = Studio(work, seed=1_000 + number)
        self.draw, self.noise = self.studio.draw, self.studio.noise
        self.mels, self.phones, self.rows, self.frames = [], [], [], 0

    def keep(self, samples, hz, events, sentence, voice, speed):
        """Adds one clip: trimmed, perhaps in a room; with the phone of each frame where the engine told it."""
        cut = sounds.trimmed(sounds.resampled(samples, hz, speed))
        if cut is None:
            return
        sound, start = cut
        if len(sound) > LONGEST * sounds.HZ:
            return
        sound = sound / np.abs(sound).max() * LEVEL
        if self.draw.random() < 0.3:
            sound = sounds.in_a_room(sound, self.noise)
            sound *= LEVEL / np.abs(sound).max()
        mel = log_mel(sound.astype(np.float32))
        labels = np.full(len(mel), UNKNOWN, np.uint8)
        if events:
            begins = np.array([at for at, _ in events])
            at = (np.arange(len(mel)) * HOP + start) / sounds.HZ * speed
            index = np.searchsorted(begins, at, "right") - 1
            names = np.array([phone for _, phone in events])
            labels = np.where(index < 0, 0, names[np.maximum(index, 0)]).astype(np.uint8)
        elif voice == "music":
            labels[:] = 0
        self.mels.append(np.clip(np.round((mel + OFFSET) * STEP), 0, 255).astype(np.uint8))
        self.phones.append(labels)
        self.rows.append([self.frames, len(mel), sentence, voice])
        self.frames += len(mel)

    def speak(self, key, sentence, engine, voice, stretch):
        """Says one sentence; the dearer engines' clips are kept twice, the second time from another throat."""
        text, draw, studio = spoken(sentence), self.draw.uniform, self.studio
        if engine == "espeak":
            gap = 0 if self.draw.random() < 0.8 else self.draw.randint(0, 3)
            made = studio.espeak.say(text, voice, draw(130, 220), draw(20, 80), draw(25, 75), gap)
            self.keep(*made, sentence, voice, 1.0 if self.draw.random() < 0.5 else draw(0.90, 1.10))
            return
        if engine == "flite":
            pitch = draw(0.8, 1.3) if self.draw.random() < 0.5 else None
            made = studio.programs.flite(text, voice, stretch, pitch)
        else:
            made = studio.programs.of_festival(key)
        self.keep(*made, sentence, voice, draw(0.94, 1.06))
        self.keep(*made, sentence, voice, self.draw.choice([draw(0.80, 0.95), draw(1.05, 1.24)]))

    def fill(self):
        studio = self.studio
        sentences = studio.sentences.draw_many(SENTENCES, lambda one: studio.writable(one) and not held_out(one))
        plans = [(f"u{index}", sentence, *voices.for_training(self.draw), min(1.4, max(0.72, self.draw.gauss(1.0, 0.14))))
                 for index, sentence in enumerate(sentences)]
        studio.programs.festival([(key, spoken(sentence).replace("?", "."), voice, stretch)
                                  for key, sentence, engine, voice, stretch in plans if engine == "festival"])
        strangers = Strangers(studio.espeak, studio.programs, studio.sentences, self.draw, self.noise, others=False)
        for plan in plans:
            try:
                self.speak(*plan)
            except (ValueError, OSError) as problem:  # an engine that chokes on a word costs one clip
                print("skipped:", problem, file=sys.stderr)
            if self.draw.random() < STRANGERS:
                samples, hz, kind = strangers.sound()
                self.keep(samples, hz, None, "", kind, self.draw.choice([1.0, self.draw.uniform(0.9, 1.1)]))

    def write(self, base):
        np.save(base.with_suffix(".mel.npy"), np.concatenate(self.mels))
        np.save(base.with_suffix(".phones.npy"), np.concatenate(self.phones))
        unfinished = base.with_suffix(".part")
        unfinished.write_text(json.dumps(self.rows))
        unfinished.rename(base.with_suffix(".json"))  # the shard exists once this name does


def make(work, numbers):
    folder = work / "shards"
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        base = folder / f"shard_{number:04}"
        if not base.with_suffix(".json").exists():
            begun, shard = time.monotonic(), Shard(number, work)
            shard.fill()
            shard.write(base)
            print(f"shard {number}: {len(shard.rows)} clips, {shard.frames / 6_000:.0f} min, "
                  f"{time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    make(Path(sys.argv[1]), range(int(sys.argv[2]), int(sys.argv[3])))
