"""Batches: shards of features become what the network is trained on.

Enters: shards (8-bit log-mel pictures, phones by frame, sentences), the lexicon. Leaves: augmented pictures, tokens in
and out, where in the sound each token is. Never here: the network, sound files.

A sentence of None is a sound to be refused: three of four such rows must end in <|nospeech|> at once, the rest write
" [BLANK_AUDIO]", because whisper.cpp never writes the former but reads its probability.
"""

import json
import math
import random

import numpy as np
import torch

from features import FLOOR, HZ, MELS, log_mel
from sentences import units
from lexicon import bare
from tokens import BLANK_AUDIO, END, NO_SPEECH, NO_TIMESTAMPS, START, Tokens

SPECIAL = [END, START, NO_TIMESTAMPS, NO_SPEECH]
END_AT, START_AT, PROMPT_AT, NO_SPEECH_AT = range(4)
UNKNOWN = 255
IGNORED = -100
STEP, OFFSET = 20.0, 10.0  # 8-bit features: (log-mel + 10) * 20
LN10 = math.log(10.0)
MEL = np.arange(MELS, dtype=np.float32)


class Targets:
    """What the network must write for a sentence."""

    def __init__(self, table):
        self.encoder = Tokens()
        self.tokens = SPECIAL + [token for token in table["tokens"] if token not in SPECIAL]
        self.at = {token: index for index, token in enumerate(self.tokens)}
        self.phones = {phone: index + 1 for index, phone in enumerate(table["phones"])}
        self.words, self.known = table["words"], {}
        self.blank = [self.at[token] for token in self.encoder.encode(BLANK_AUDIO)]

    def of(self, sentence):
        """Tokens, the count of phones, and each token's place in the sentence from 0 to 1; None if out of vocabulary."""
        if sentence not in self.known:
            self.known[sentence] = self.made(sentence)
        return self.known[sentence]

    def made(self, sentence):
        words = units(sentence)
        ids, owners = self.encoder.encode_words([word for word, _ in words])
        said = [[bare(part) for part in spoken.split() if bare(part)] for _, spoken in words]
        if any(token not in self.at for token in ids) or any(part not in self.words for parts in said for part in parts):
            return None
        ends = np.cumsum([0] + [sum(len(self.words[part]) for part in parts) for parts in said])
        count, places, shares = max(1, ends[-1]), [], np.bincount(owners, minlength=len(words))
        nth = [owners[:index].count(owner) for index, owner in enumerate(owners)]
        for owner, n in zip(owners, nth):
            start, end = ends[owner], max(ends[owner + 1], ends[owner] + 0.5)
            places.append(min(1.0, (start + (end - start) * (n + 0.5) / shares[owner]) / count))
        return [self.at[token] for token in ids], int(ends[-1]), places


class Item:
    """One clip of a shard; `target` is None where it is to be refused."""

    __slots__ = ("shard", "start", "frames", "target", "voice")

    def __init__(self, shard, start, frames, target, voice):
        self.shard, self.start, self.frames, self.target, self.voice = shard, start, frames, target, voice


class Corpus:
    """All shards of a folder, mapped, not loaded; `scan` finds those that came since."""

    def __init__(self, folder, targets):
        self.folder, self.targets, self.seen, self.mels, self.labels, self.items = folder, targets, set(), [], [], []
        self.scan()

    def scan(self):
        for file in sorted(self.folder.glob("*.json")):
            if file in self.seen:
                continue
            self.seen.add(file)
            self.mels.append(np.load(file.with_suffix(".mel.npy"), mmap_mode="r"))
            self.labels.append(np.load(file.with_suffix(".phones.npy"), mmap_mode="r"))
            for start, frames, sentence, voice in json.loads(file.read_text()):
                target = self.targets.of(sentence) if sentence else None
                if target is not None or not sentence:
                    self.items.append(Item(len(self.mels) - 1, start, frames, target, voice))

    def mel(self, item):
        return self.mels[item.shard][item.start:item.start + item.frames].astype(np.float32) / STEP - OFFSET

    def phones(self, item):
        return np.array(self.labels[item.shard][item.start:item.start + item.frames])


class Augment:
    """Changes pictures as rooms, throats, tempo and noise change sounds; `strength` from 0 to 1."""

    def __init__(self, corpus, strength, seed):
        self.corpus, self.strength, self.draw = corpus, strength, np.random.default_rng(seed)
        hiss = log_mel(self.draw.standard_normal(80 * HZ).astype(np.float32))
        self.hiss = (hiss - hiss.mean(0)).astype(np.float32)

    def chance(self, p):
        return self.draw.random() < p

    def tilt(self, knots=6, spread=0.4):
        """A smooth curve over frequency, as microphones and rooms have."""
        return np.interp(MEL, np.linspace(0, MELS - 1, knots), self.draw.normal(0, spread, knots)).astype(np.float32)

    def picture(self, item, frames):
        """One clip in at most `frames`: picture, phones, first and last frame of the speech."""
        if item is None:  # nothing but noise
            count = min(int(self.draw.integers(60, 260)), frames)
            mel, phones, lead, end = np.full((count, MELS), FLOOR, np.float32), np.zeros(count, np.uint8), 0, count
        else:
            mel, phones = self.warped(item)
            lead, tail = int(self.draw.integers(0, 32)), int(self.draw.integers(0, 45))
            lead = max(0, min(lead, frames - len(mel)))
            outside = 0 if (phones != UNKNOWN).any() else UNKNOWN
            mel = np.pad(mel, ((lead, tail), (0, 0)), constant_values=FLOOR)
            phones = np.pad(phones, (lead, tail), constant_values=outside)
            end = len(mel) - tail
        return np.maximum(self.noisy(mel, item), FLOOR).astype(np.float32), phones, lead, end

    def warped(self, item):
        """Tempo, size of the throat, colour, band."""
        mel, phones, strength = self.corpus.mel(item), self.corpus.phones(item), self.strength
        if self.chance(0.6 * strength):
            frames = max(20, int(len(mel) / np.exp(self.draw.uniform(-0.2, 0.2))))
            if item.target is None or frames // 2 > item.target[1] + 2:
                at = np.linspace(0, len(mel) - 1, frames)
                mel, phones = between(mel, at), phones[np.round(at).astype(int)]
        if self.chance(0.7 * strength):
            size = np.exp(self.draw.uniform(-0.16, 0.16))
            bent = np.where(MEL < 60, MEL * size, 79 - (79 - 60 * size) / 19 * (79 - MEL))
            at = MEL * size if self.chance(0.5) else bent
            mel = between(mel.T, np.clip(at, 0, MELS - 1)).T
        if self.chance(0.7 * strength):
            mel = mel + self.tilt()
        if self.chance(0.12 * strength):
            mel = mel.copy()
            mel[:, int(self.draw.integers(52, 78)):] -= 3.5
        return mel, phones

    def babble(self, shape):
        """One to five other clips at once, each as loud as it comes."""
        behind = np.full(shape, FLOOR, np.float32)
        for _ in range(self.draw.integers(1, 6)):
            other = self.corpus.mel(self.corpus.items[self.draw.integers(len(self.corpus.items))])
            behind = summed(behind, np.roll(np.resize(other, shape), self.draw.integers(len(other)), 0))
        return behind

    def noisy(self, mel, item):
        """Other voices behind it, hiss, gain."""
        top, strength = mel.max() if item is not None else 1.0, self.strength
        if item is not None and item.target is not None and self.chance(0.1 + 0.3 * strength):
            behind = self.babble(mel.shape)
            mel = summed(mel, behind - behind.max() + top - self.draw.uniform(0.8, 2.6))
        if item is None or self.chance(0.35 + 0.4 * strength):
            near = self.draw.uniform(1.2, 3.5) if self.chance(0.5) else self.draw.uniform(2.5, 6.0)
            below = self.draw.uniform(1, 6) if item is None else near
            start = self.draw.integers(0, len(self.hiss) - len(mel))
            slope = MEL / (MELS - 1) * self.draw.uniform(-2.5, 0.5)
            mel = summed(mel, self.hiss[start:start + len(mel)] + slope + self.tilt() + top - below)
        return mel + self.draw.uniform(-2.5, 0.6)

    def batch(self, items, frames):
        """Normalised pictures [n, frames, 80], spans in encoder positions, phones by encoder position."""
        pictures = np.empty((len(items), frames, MELS), np.float32)
        phones, spans = np.full((len(items), frames // 2), UNKNOWN, np.int64), []
        for row, item in enumerate(items):
            mel, labels, start, end = self.picture(item, frames)
            mel, labels = mel[:frames], labels[:frames][::2]
            pictures[row] = normalised(mel, frames)
            phones[row] = UNKNOWN if (labels == UNKNOWN).all() else 0
            phones[row, :len(labels)] = labels
            if self.chance(0.2):  # hide a band and a moment
                band, moment = self.draw.integers(0, 72), self.draw.integers(0, frames)
                pictures[row][:, band:band + self.draw.integers(1, 9)] = pictures[row].mean()
                pictures[row][moment:moment + self.draw.integers(1, 12)] = pictures[row].mean()
            spans.append((start / 2, end / 2))
        return torch.from_numpy(pictures), spans, torch.from_numpy(phones)


def normalised(mel, frames):
    """whisper.cpp's range: eight decades below the loudest, padded with silence."""
    padded = np.full((frames, MELS), FLOOR, np.float32)
    padded[:len(mel)] = mel
    return (np.maximum(padded, mel.max() - 8) + 4) / 4


def between(rows, at):
    """Rows at fractional places."""
    below = np.minimum(at.astype(int), len(rows) - 2)
    part = (at - below)[:, None].astype(np.float32)
    return rows[below] * (1 - part) + rows[below + 1] * part


def summed(a, b):
    """Two log10 powers added."""
    return np.logaddexp(a * LN10, b * LN10) / LN10


def tokens_of(items, targets, draw):
    """Tokens in, tokens out (IGNORED where nothing is asked), and each token's place in its sentence (-1 for none)."""
    longest = max([len(item.target[0]) for item in items if item is not None and item.target] + [len(targets.blank)])
    width = 6 * math.ceil((longest + 2) / 6)
    given = np.zeros((len(items), width), np.int64)
    wanted = np.full((len(items), width), IGNORED, np.int64)
    places = np.full((len(items), width), -1, np.float32)
    for row, item in enumerate(items):
        given[row, :2] = START_AT, PROMPT_AT
        speech = item is not None and item.target is not None
        if not speech and draw.random() < 0.75:
            wanted[row, 1] = NO_SPEECH_AT
            continue
        out = item.target[0] if speech else targets.blank
        given[row, 2:2 + len(out)] = out
        wanted[row, 1:1 + len(out)] = out
        wanted[row, 1 + len(out)] = END_AT
        if speech:
            places[row, 1:1 + len(out)] = item.target[2]
            places[row, 1 + len(out)] = 1.0
    return torch.from_numpy(given), torch.from_numpy(wanted), torch.from_numpy(places)


def centres(phones, spans, places):
    """The encoder position at which each token is said: by the phones where they are known, else evenly."""
    out = np.zeros(places.shape, np.float32)
    for row, labels in enumerate(phones):
        start, end = spans[row]
        begins = np.flatnonzero(np.diff(labels, prepend=-1))
        begins = begins[labels[begins] != 0]
        if (labels != UNKNOWN).any() and len(begins) > 1:
            ends = np.append(begins[1:], end)
            middles = (begins + np.minimum(ends, begins + 12)) / 2
            out[row] = np.interp(places[row], (np.arange(len(begins)) + 0.5) / len(begins), middles)
        else:
            out[row] = start + places[row] * (end - start)
    return torch.from_numpy(out)


def grouped(items, positions, shuffle=random):
    """Batches of clips of like length, about `positions` encoder positions each: (items, frames)."""
    order = sorted(items, key=lambda item: item.frames + shuffle.uniform(-12, 12))
    out, at = [], shuffle.randrange(8)
    while at < len(order):
        frames = 64 * math.ceil((max(item.frames for item in order[at:at + 8]) + 45) / 64)
        count = max(4, int(positions / (frames / 2)))
        if len(order[at:at + count]) == count:
            out.append((order[at:at + count], min(frames, 1_024)))
        at += count
    shuffle.shuffle(out)
    return out
