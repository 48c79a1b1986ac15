"""Ggml: a model file read back as a checkpoint, so that training goes on from what the repository holds.

Enters: a file that export.py wrote. Leaves: weights under the network's names, and the tokens that are in use. Never
here: the heads that only training needs, which no model file holds: the stage `heads` learns them anew.
"""

import struct
from collections import Counter

import numpy as np
import torch

from export import BLOCK, F16, F32, MAGIC, NAMES, Q8
from network import WIDTH

SHAPES = {F32: "<f4", F16: "<f2"}


def values(file, form, count):
    """`count` numbers in one of the three forms that export.py writes."""
    if form == Q8:
        blocks = np.frombuffer(file.read(count // BLOCK * (2 + BLOCK)), np.uint8).reshape(-1, 2 + BLOCK)
        scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
        return scale * blocks[:, 2:].copy().view(np.int8).astype(np.float32)
    shape = np.dtype(SHAPES[form])
    return np.frombuffer(file.read(count * shape.itemsize), shape).astype(np.float32)


def tensors(path):
    """Every tensor of the file, under whisper.cpp's names."""
    found = {}
    with open(path, "rb") as file:
        magic, *_ = struct.unpack("<I11i", file.read(48))
        if magic != MAGIC:
            raise SystemExit(f"{path} is no ggml file")
        mels, bins = struct.unpack("<2i", file.read(8))
        file.read(4 * mels * bins)
        for _ in range(*struct.unpack("<i", file.read(4))):
            file.read(*struct.unpack("<i", file.read(4)))
        while head := file.read(12):
            dimensions, length, form = struct.unpack("<3i", head)
            shape = struct.unpack(f"<{dimensions}i", file.read(4 * dimensions))[::-1]
            name = file.read(length).decode()
            found[name] = values(file, form, int(np.prod(shape))).reshape(shape)
    return found


def used(table):
    """The tokens whose rows are their own; export.py gives all others one and the same row."""
    rows = [row.tobytes() for row in table]
    shared = Counter(rows).most_common(1)[0][0]
    return [token for token, row in enumerate(rows) if row != shared]


def checkpoint(path):
    """What train.py saves: the weights and their tokens; no phones, since the file has no head for them."""
    ours = {theirs: name for name, theirs in NAMES.items()}
    weights, tokens = {}, []
    for name, value in tensors(path).items():
        if name == "decoder.token_embedding.weight":
            tokens = used(value)
            weights["emb.weight"] = torch.tensor(value[tokens])
        elif name in ours:
            flat = value.reshape(-1) if ours[name].endswith("bias") else value
            weights[ours[name]] = torch.tensor(flat)
        else:
            part, rest = name.split("oder.blocks.")
            weights[f"{part}.{rest}"] = torch.tensor(value)
    assert weights["emb.weight"].shape == (len(tokens), WIDTH)
    return {"model": weights, "tokens": tokens, "phones": None}
