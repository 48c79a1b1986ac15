"""Train: one stage of training, measured in processor minutes.

Enters: shards, a checkpoint to start from (or none). Leaves: a checkpoint. Never here: which stage comes next, sound.

Stages, because end to end a model this small stays on its first plateau:
- `encoder`: phones by frame, and the token said at each place;
- `decoder`: the decoder alone, over cached encoder outputs, with its attention guided to where the words are;
- `joint`: everything together, the helping losses fading;
- `heads`: the phones and tokens by frame alone, on an encoder that stays as it is: a model file does not hold them.

State is written every three minutes, so that an interruption costs no more.
"""

import copy
import os
import random
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.nn import functional as F

import ggml
import lexicon
from batches import END_AT, IGNORED, UNKNOWN, Augment, Corpus, Targets, centres, grouped, tokens_of
from network import Whisper

SMOOTHING, WARM_UP, SAVE_EVERY, TELL_EVERY = 0.05, 60, 180, 60
UNWRITTEN = -8.0  # logit of tokens that a checkpoint did not know
CACHE = 900  # batches of encoder outputs


@dataclass
class Stage:
    """What to do, for how many processor minutes, how boldly."""

    name: str
    kind: str
    minutes: float
    rate: float
    augment: float = 0.5
    positions: int = 1_300


def halves():
    """Whether this processor multiplies bfloat16 itself: one that does not takes fifteen times as long as with floats."""
    try:
        return any(flag in Path("/proc/cpuinfo").read_text() for flag in ("avx512_bf16", "amx_bf16"))
    except OSError:
        return False


def bfloat(enabled=halves()):
    return torch.autocast("cpu", torch.bfloat16, enabled=enabled)


def unwritten(weights):
    """A row that gives its token the logit UNWRITTEN whatever is heard: rows drawn at random would shout down all others.
    What the last layer norm normalises sums to zero, so a row along 1/gain sees its bias alone."""
    gain, bias = weights["ln.weight"], weights["ln.bias"]
    return UNWRITTEN / (bias / gain).sum() / gain


def load(path, targets):
    """The network in a checkpoint or a model file, its token rows carried over by token; a fresh one where there is none."""
    model = Whisper(len(targets.tokens), len(targets.phones))
    if path is None:
        return model
    saved = ggml.checkpoint(path) if str(path).endswith(".bin") else torch.load(path, weights_only=True)
    weights = saved["model"]
    if saved["tokens"] != targets.tokens:
        at = {token: index for index, token in enumerate(saved["tokens"])}
        old, rows = weights["emb.weight"], unwritten(weights).repeat(len(targets.tokens), 1)
        for index, token in enumerate(targets.tokens):
            if token in at:
                rows[index] = old[at[token]]
        weights["emb.weight"] = rows
    if saved["phones"] != targets.phones:
        weights = {name: value for name, value in weights.items() if not name.startswith("phone.")}
    model.load_state_dict(weights, strict=False)
    return model


def write(path, **state):
    unfinished = Path(f"{path}.part")
    torch.save(state, unfinished)
    os.replace(unfinished, path)


def guided(attended, places, centre, positions):
    """How far attention is from where it belongs: the first layer on the token just written, the last on the next."""
    at = torch.arange(positions)[None, None].float()
    before = torch.cat([centre[:, :1], centre[:, :-1]], 1)
    before[:, 1] = (centre[:, 1] - 8).clamp(min=0)
    asked = places >= 0
    loss = torch.zeros(())
    if asked.any():
        for weights, target in zip(attended, (before, centre)):
            away = 1 - torch.exp(-((at - target[:, :, None]) ** 2) / 72.0)
            loss = loss + (weights.mean(1) * away).sum(-1)[asked].mean()
    return loss


class Trainer:
    """Runs one stage."""

    def __init__(self, stage, work, start):
        self.stage, self.work = stage, work
        self.targets = Targets(lexicon.make(work / "lexicon.json"))
        self.corpus = Corpus(work / "shards", self.targets)
        self.augment = Augment(self.corpus, stage.augment, seed=random.SystemRandom().randrange(1 << 31))
        self.model, self.step, self.spent = load(start, self.targets), 0, 0.0
        trained = {"encoder": ("conv", "enc", "ln_post", "phone", "place"), "decoder": ("emb", "dec", "dpe", "ln."),
                   "heads": ("phone", "place")}
        prefixes = trained.get(stage.kind, ("",))
        self.parameters = []
        for name, parameter in self.model.named_parameters():
            parameter.requires_grad_(name.startswith(prefixes))
            if parameter.requires_grad:
                self.parameters.append(parameter)
        decay = [p for p in self.parameters if p.ndim > 1], [p for p in self.parameters if p.ndim < 2]
        self.optimizer = torch.optim.AdamW([{"params": decay[0], "weight_decay": 0.01},
                                            {"params": decay[1], "weight_decay": 0.0}],
                                           lr=stage.rate, betas=(0.9, 0.98), fused=True)
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        self.queue, self.cache, self.told = [], [], {}
        self.current = work / "current.pt"
        self.resume()
        self.begun = time.process_time()

    def resume(self):
        if self.current.exists():
            state = torch.load(self.current, weights_only=True)
            if state["stage"] == self.stage.name:
                self.model.load_state_dict(state["model"])
                self.average.load_state_dict(state["average"])
                self.optimizer.load_state_dict(state["optimizer"])
                self.step, self.spent = state["step"], state["spent"]

    def used(self):
        return self.spent + time.process_time() - self.begun

    def done(self):
        """The part of the stage that is over, 0 to 1."""
        return self.used() / (self.stage.minutes * 60)

    def set_rate(self):
        done, kind = self.done(), self.stage.kind
        falling = max(0.02, 1 - done) if kind == "joint" else 1.0 if done < 0.35 else 1 - 0.9 * (done - 0.35) / 0.65
        for group in self.optimizer.param_groups:
            group["lr"] = self.stage.rate * falling * min(1.0, (self.step + 1) / WARM_UP)

    def run(self, out):
        last_told = last_saved = time.monotonic()
        while self.done() < 1:
            self.set_rate()
            if self.stage.kind == "decoder":
                self.decoder_step()
            else:
                self.whole_step()
            now = time.monotonic()
            if now - last_told > TELL_EVERY:
                self.tell()
                last_told = now
            if now - last_saved > SAVE_EVERY:
                write(self.current, stage=self.stage.name, model=self.model.state_dict(), step=self.step,
                      average=self.average.state_dict(), optimizer=self.optimizer.state_dict(), spent=self.used())
                last_saved = now
        self.tell()
        write(out, model=self.average.state_dict(), tokens=self.targets.tokens, phones=self.targets.phones)
        self.current.unlink(missing_ok=True)

    def tell(self):
        means = " ".join(f"{name} {sum(values) / len(values):.3f}" for name, values in self.told.items() if values)
        print(f"{self.stage.name} {self.stage.kind} {self.used() / 60:.1f}/{self.stage.minutes:g} min "
              f"step {self.step} {means}", flush=True)
        self.told = {}

    def note(self, **losses):
        for name, value in losses.items():
            self.told.setdefault(name, []).append(float(value.detach()))

    def descend(self, loss):
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        if torch.isfinite(norm):
            self.optimizer.step()
        self.step += 1
        if self.step % 4 == 0:
            decay = min(0.998, (self.step + 1) / (self.step + 20)) ** 4
            with torch.no_grad():
                for mean, value in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(value, 1 - decay)

    def next_batch(self, positions, kept=lambda item: True):
        if not self.queue:
            self.corpus.scan()
            self.queue = grouped([item for item in self.corpus.items if kept(item)], positions)[:400]
            if not self.queue:
                raise SystemExit("too few clips for one batch")
        items, frames = self.queue.pop()
        return list(items), frames

    def prepared(self, items, frames):
        mel, spans, phones = self.augment.batch(items, frames)
        given, wanted, places = tokens_of(items, self.targets, random)
        return mel, phones, given, wanted, places, centres(phones.numpy(), spans, places.numpy())

    def doubtful(self, given):
        """Some tokens replaced at random: the decoder must not lean on what it wrote alone."""
        swapped = torch.rand(given.shape) < 0.08
        swapped[:, :2] = False
        return torch.where(swapped, torch.randint(4, len(self.targets.tokens), given.shape), given)

    def written(self, logits, wanted):
        asked = wanted != IGNORED
        return F.cross_entropy(logits.float()[asked], wanted[asked], label_smoothing=SMOOTHING)

    def whole_step(self):
        joint, done = self.stage.kind == "joint", self.done()
        speech_or_music = (lambda item: True) if joint else (lambda item: item.target is not None or item.voice == "music")
        items, frames = self.next_batch(self.stage.positions, speech_or_music)
        if random.random() < (0.2 if joint else 0.1):
            items[random.randrange(len(items))] = None
        if joint and frames <= 512 and random.random() < 0.15:  # the windows whisper.cpp uses most
            frames = 512 if random.random() < 0.8 else 1_024
            items = random.sample(items, max(3, min(len(items), int(self.stage.positions * 1.3 / (frames / 2)))))
        mel, phones, given, wanted, places, centre = self.prepared(items, frames)
        with bfloat():
            heard = self.model.encode(mel)
            known = phones != UNKNOWN
            phone_logits = self.model.phone(heard).float()[known]
            row, column = torch.nonzero((places >= 0) & (wanted != END_AT), as_tuple=True)
            middle = centre.round().long().clamp(0, frames // 2 - 1)[row, column]
            place_logits = F.linear(self.model.place(heard[row, middle]), self.model.emb.weight.detach()).float()
            if joint:
                logits, attended = self.model.decode(self.doubtful(given), heard)
        phone = F.cross_entropy(phone_logits, phones[known], label_smoothing=SMOOTHING) if known.any() else torch.zeros(())
        token = F.cross_entropy(place_logits, wanted[row, column], label_smoothing=SMOOTHING) if len(row) else torch.zeros(())
        self.note(phone=phone, token=token)
        if not joint:
            self.descend(phone + token)
            return
        words, fading = self.written(logits, wanted), 1 - 0.6 * done
        guide = guided(attended, places, centre, heard.shape[1]) if done < 0.6 else torch.zeros(())
        self.note(words=words)
        self.descend(words + 0.5 * fading * phone + 0.25 * fading * token + 0.6 * (1 - done) * guide)

    def decoder_step(self):
        again = 1
        if self.done() < 0.75 and len(self.cache) < CACHE:
            items, frames = self.next_batch(3_000)
            if random.random() < 0.6:
                items[random.randrange(len(items))] = None
            if random.random() < 0.12:
                frames = max(frames, 512)
            mel, _, given, wanted, places, centre = self.prepared(items, frames)
            with torch.no_grad(), bfloat():
                heard = self.model.encode(mel)
            self.cache.append((heard.to(torch.bfloat16), given, wanted, places, centre))
            again = 3
        for _ in range(again):
            heard, given, wanted, places, centre = random.choice(self.cache)
            with bfloat():
                logits, attended = self.model.decode(self.doubtful(given), heard)
            words, guide = self.written(logits, wanted), guided(attended, places, centre, heard.shape[1])
            self.note(words=words)
            self.descend(words + 0.5 * (1.5 * (1 - self.done()) + 0.1) * guide)
