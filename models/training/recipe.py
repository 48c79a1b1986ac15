"""Recipe: makes the model from nothing, stage by stage.

Enters: a work folder and a number of minutes. Leaves: checkpoints, and the model as ggml files. Never here: how a stage
is trained.

    python recipe.py out/model 300
    python recipe.py out/model 60 models/builtin-en-q8_0.bin    # goes on from a model file or a checkpoint

Every step that is done is kept, so that the same call goes on after an interruption; more minutes add stages at the
end. A minute is one of a free core; the first quarter makes the training clips.
"""

import sys
from pathlib import Path

import torch

import export
import shards
from train import Stage, Trainer

CLIPS_A_MINUTE = 0.06  # shards synthesised for each minute asked for, 14 s each on a free core
MOST_SHARDS = 110
# What a fresh network needs, as parts of the time: the encoder first, then the decoder on what it hears, then both.
FIRST = [("encoder", 0.25, 9e-4, 0.3), ("decoder", 0.15, 1.2e-3, 0.3), ("joint", 0.60, 8e-4, 0.4)]
ROUND = 30.0  # minutes of each later round
HEADS = ("heads", 3.0, 2e-3, 0.5)  # before all else where a model file is gone on from, its minutes
LATER = [("decoder", 0.1, 1e-3, 0.5), ("joint", 0.9, 7e-4, 0.5)]


def stages(minutes, start):
    """The stages for a time: a first round for a fresh network, then rounds of half an hour."""
    fresh = start is None
    first = min(minutes, 60.0) if fresh else 0.0
    plan = [(kind, part * first, rate, augment) for kind, part, rate, augment in FIRST if fresh]
    if str(start).endswith(".bin"):
        plan = [(HEADS[0], min(HEADS[1], minutes / 4), *HEADS[2:])]
    rounds = max(0 if fresh else 1, round((minutes - first) / ROUND))
    for _ in range(rounds):
        length = (minutes - first) / rounds
        plan += [(kind, part * length, rate, augment) for kind, part, rate, augment in LATER]
    return [Stage(f"stage_{number:02}_{kind}", kind, spent, rate, augment)
            for number, (kind, spent, rate, augment) in enumerate(plan, 1)]


def run(work, minutes, start=None):
    torch.set_num_threads(1)
    work.mkdir(parents=True, exist_ok=True)
    shards.make(work, range(max(1, min(MOST_SHARDS, round(minutes * CLIPS_A_MINUTE)))))
    last = start
    for stage in stages(minutes * 0.75, start):
        out = work / f"{stage.name}.pt"
        if not out.exists():
            Trainer(stage, work, last).run(out)
        last = out
    export.export(last, work / "builtin-en")
    print(f"made {work / 'builtin-en-q8_0.bin'}")


if __name__ == "__main__":
    run(Path(sys.argv[1]), float(sys.argv[2]), *sys.argv[3:4])
