"""Export: a checkpoint becomes a ggml file that whisper.cpp reads.

Enters: a checkpoint of train.py. Leaves: PREFIX-f16.bin and PREFIX-q8_0.bin. Never here: anything from another weights
file; vocabulary and filters are our own.

    python export.py out/model/stage_09.pt out/model/builtin-en

The file has Whisper's whole vocabulary, the model a few tokens of it. The rows of the others are one vector that gives
every input the same low logit: rows along 1/gain turn the last layer norm's output into a constant, since what it
normalises sums to zero.
"""

import os
import struct
import sys

import numpy as np
import torch

from features import FILTERS
from network import AUDIO_CONTEXT, DECODER_LAYERS, ENCODER_LAYERS, HEADS, TEXT_CONTEXT, WIDTH
from tokens import VOCABULARY, Tokens

MAGIC, F32, F16, Q8 = 0x67676D6C, 0, 1, 8
FILE_TYPES = {"f16": 1, "q8_0": 2_007}  # 7, and version 2 of the quantised formats
UNUSED_LOGIT = -60.0
BLOCK = 32
NAMES = {"epe": "encoder.positional_embedding", "conv1.weight": "encoder.conv1.weight", "conv1.bias": "encoder.conv1.bias",
         "conv2.weight": "encoder.conv2.weight", "conv2.bias": "encoder.conv2.bias",
         "ln_post.weight": "encoder.ln_post.weight", "ln_post.bias": "encoder.ln_post.bias",
         "dpe": "decoder.positional_embedding", "ln.weight": "decoder.ln.weight", "ln.bias": "decoder.ln.bias"}


def whole_vocabulary(weights, tokens):
    """Rows for all tokens, and the last bias that goes with them."""
    gain, bias = (weights[f"ln.{name}"].numpy().astype(np.float64) for name in ("weight", "bias"))
    rows = weights["emb.weight"].numpy().astype(np.float64)
    total = (bias / gain).sum()
    if abs(total) < 4:  # too near zero for the trick: shift the bias, and take the shift out of the rows we use
        shift = 0.3
        rows = rows - (shift * rows.sum(1) / (total + shift * (1 / gain).sum()))[:, None] / gain[None]
        bias = bias + shift
        total = (bias / gain).sum()
    table = np.tile((UNUSED_LOGIT / total / gain).astype(np.float32), (VOCABULARY, 1))
    table[np.array(tokens)] = rows.astype(np.float32)
    return table, bias.astype(np.float32)


def tensors(weights, tokens):
    table, bias = whole_vocabulary(weights, tokens)
    named = {"decoder.token_embedding.weight": table}
    for name, value in weights.items():
        part = name.split(".")[0]
        if name in NAMES:
            named[NAMES[name]] = value.numpy()
        elif part in ("enc", "dec"):
            named[f"{part}oder.blocks.{name[4:]}"] = value.numpy()
    named["decoder.ln.bias"] = bias
    for name in ("encoder.conv1.bias", "encoder.conv2.bias"):
        named[name] = named[name].reshape(-1, 1)
    return named


def quantised(values):
    """Blocks of 32: a half-precision scale, then bytes."""
    blocks = values.astype(np.float16).astype(np.float32).reshape(-1, BLOCK)
    scale = (np.abs(blocks).max(1) / np.float32(127)).astype(np.float32)
    inverse = np.where(scale > 0, 1 / np.where(scale > 0, scale, 1), 0).astype(np.float32)
    scaled = blocks * inverse[:, None]
    whole = (np.sign(scaled) * np.floor(np.abs(scaled) + np.float32(0.5))).astype(np.int8)
    out = np.empty((len(blocks), 2 + BLOCK), np.uint8)
    out[:, :2] = scale.astype("<f2").view(np.uint8).reshape(-1, 2)
    out[:, 2:] = whole.view(np.uint8)
    return out.tobytes()


def write(path, kind, named, vocabulary):
    with open(f"{path}.part", "wb") as file:
        file.write(struct.pack("<I11i", MAGIC, VOCABULARY, AUDIO_CONTEXT, WIDTH, HEADS, ENCODER_LAYERS, TEXT_CONTEXT,
                               WIDTH, HEADS, DECODER_LAYERS, FILTERS.shape[0], FILE_TYPES[kind]))
        file.write(struct.pack("<2i", *FILTERS.shape) + FILTERS.astype("<f4").tobytes())
        file.write(struct.pack("<i", len(vocabulary)))
        for token in vocabulary:
            file.write(struct.pack("<i", len(token)) + token)
        for name, value in named.items():
            value = np.asarray(value, np.float32)
            small = value.ndim < 2 or name.endswith("positional_embedding") or value.shape[-1] == 1
            if small:
                form, raw = F32, value.tobytes()
            elif value.ndim == 2 and kind == "q8_0":
                form, raw = Q8, quantised(value)
            else:
                form, raw = F16, value.astype(np.float16).tobytes()
            file.write(struct.pack("<3i", value.ndim, len(name), form))
            file.write(struct.pack(f"<{value.ndim}i", *value.shape[::-1]) + name.encode() + raw)
    os.replace(f"{path}.part", path)


def export(checkpoint, prefix):
    saved = torch.load(checkpoint, weights_only=True)
    named, vocabulary = tensors(saved["model"], saved["tokens"]), Tokens().vocabulary
    for kind in FILE_TYPES:
        write(f"{prefix}-{kind}.bin", kind, named, vocabulary)


if __name__ == "__main__":
    export(sys.argv[1], sys.argv[2])
