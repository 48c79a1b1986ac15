"""Scoring: how far what was written is from what was said.

Enters: two texts. Leaves: edits and words, the words without case and punctuation. Never here: files.
"""

import re


def words(text):
    """Lower case, without punctuation except inside numbers and times."""
    kept = re.sub(r"[^a-z0-9%$:'. ]", " ", text.lower())
    return kept.replace(". ", " ").rstrip(". ").split()


def edits(said, heard):
    """Insertions, deletions and substitutions from one list of words to the other."""
    row = list(range(len(heard) + 1))
    for i, one in enumerate(said, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (one != other))
    return row[-1]


def same(said, heard):
    return words(said) == words(heard)
