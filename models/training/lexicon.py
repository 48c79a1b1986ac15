"""Lexicon: which tokens the model may write, and which phones the words of the sentences have.

Enters: the sentence generator, espeak-ng's pronunciations. Leaves: lexicon.json in the work folder. Never here: sound.

A small model learns a small vocabulary: the tokens that nine of ten sentences get by with. The others keep their rows
in the file and are never written.
"""

import collections
import json
import re
import subprocess

from sentences import Sentences, units
from tokens import BLANK_AUDIO, Tokens

SAMPLE, COMMONEST = 60_000, 1_400
ALWAYS = ["."] + [BLANK_AUDIO] + [f" {digit}" for digit in range(10)] + [f"{digit}" for digit in range(10)]


def bare(word):
    return re.sub(r"[.,?!]", "", word)


def make(path):
    """Writes the lexicon unless it is there, and returns it."""
    if not path.exists():
        tokens, count, sentences, words = Tokens(), collections.Counter(), Sentences(12_345), set()
        for _ in range(SAMPLE):
            drawn = units(sentences.draw())
            count.update(set(tokens.encode_words([word for word, _ in drawn])[0]))
            words.update(bare(word) for _, said in drawn for word in said.split())
        short = [line for line in sentences.templates["short"] if "<" not in line]
        needed = {token for text in ALWAYS for token in tokens.encode(text)}
        for word in {bare(word) for line in short for word in re.split(r"[|() ]", line)} - {""}:
            for form in (f" {word}", f" {word.capitalize()}"):
                needed.update(tokens.encode(form))
        kept = sorted(needed | {token for token, _ in count.most_common(COMMONEST)})
        table = pronounced(sorted(words - {""}))
        phones = sorted({phone for said in table.values() for phone in said})
        path.write_text(json.dumps({"tokens": kept, "phones": phones, "words": table}))
    return json.loads(path.read_text())


def pronounced(words):
    """American phones of each word, by espeak-ng; stress and length marks left out."""
    command = ["espeak-ng", "-q", "-x", "--sep= ", "-v", "en-us"]
    said = subprocess.run(command, input="\n\n".join(words) + "\n", capture_output=True, text=True, check=True).stdout
    lines = [line.strip() for line in said.split("\n") if line.strip()]
    if len(lines) != len(words):
        raise SystemExit(f"espeak-ng pronounced {len(lines)} of {len(words)} words")
    table = {}
    for word, line in zip(words, lines):
        phones = [re.sub(r"[',%=|_!;:2#-]", "", phone) if len(phone) > 1 else phone for phone in line.split()]
        table[word] = [phone for phone in phones if phone and phone not in "',_|-=%"]
    return table
