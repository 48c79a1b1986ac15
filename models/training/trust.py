"""Trust: fits the classifier that decides whether Mynah believes what the model wrote.

Enters: what Mynah heard and weighed over the calibration clips. Leaves: the table of src/transcribe/trust.rs and what
each floor does to those clips, printed. Never here: the evaluation's clips.

    python trust.py out/model models/builtin-en-q8_0.bin target/release/mynah

Right is a read whose every word is right. Reads that Mynah refuses give no text and teach nothing, so it is built for
this with the floor (src/transcribe/confidence.rs) at zero.
"""

import sys
from pathlib import Path

import numpy as np

import mynah
import scoring

DECAY = 1.0  # ridge, in clips
FOLDS = 5


def gathered(rows):
    """Evidence, whether it was right, and whether it was a command at all, of clips read in one piece."""
    kept = [row for row in rows if len(row["evidence"]) == 1 and mynah.text_of(row)]
    right = [bool(row["words"]) and scoring.same(row["words"], mynah.text_of(row)) for row in kept]
    return np.array([row["evidence"][0] for row in kept]), np.array(right), np.array([bool(row["words"]) for row in kept])


def fitted(evidence, right):
    """Logistic regression with a ridge, by Newton's method; both outcomes weigh alike."""
    scale = np.maximum(evidence.std(0), 1e-3)
    x, y = evidence / scale, right.astype(float)
    weight = np.where(right, 0.5 / right.mean(), 0.5 / (1 - right.mean()))
    coefficients = np.zeros(x.shape[1])
    ridge = np.eye(x.shape[1]) * DECAY
    ridge[0, 0] = 1e-3  # the constant is free
    for _ in range(40):
        chance = 1 / (1 + np.exp(-np.clip(x @ coefficients, -30, 30)))
        slope = x.T @ (weight * (chance - y)) + ridge @ coefficients
        curve = (x * (weight * chance * (1 - chance))[:, None]).T @ x + ridge
        coefficients -= np.linalg.solve(curve, slope)
    # Undo the balance: the constant carries the true share of right reads.
    coefficients[0] += np.log(right.mean() / (1 - right.mean())) * scale[0]
    return coefficients / scale


def chances(evidence, coefficients):
    return 1 / (1 + np.exp(-evidence @ coefficients))


def by_others(evidence, right):
    """Each read's chance by coefficients that were fitted without it."""
    fold, out = np.random.default_rng(0).integers(0, FOLDS, len(evidence)), np.zeros(len(evidence))
    for one in range(FOLDS):
        out[fold == one] = chances(evidence[fold == one], fitted(evidence[fold != one], right[fold != one]))
    return out


def report(chance, right, command, strangers):
    """What each floor does: the share of strangers that act, of right commands that are refused, of wrong ones that pass."""
    print("| floor | strangers that act | right reads refused | wrong reads passed |", "|---|---|---|---|", sep="\n")
    for floor in np.arange(0.3, 0.81, 0.05):
        passed = chance >= floor
        acting, lost = (passed & ~command).sum() / strangers, (~passed & right).sum() / max(1, right.sum())
        wrong = (passed & command & ~right).sum() / max(1, (command & ~right).sum())
        print(f"| {floor:.2f} | {acting:.1%} | {lost:.1%} | {wrong:.1%} |")


if __name__ == "__main__":
    work, model, program = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    folders = [folder for folder in (work / "calibration", work / "humans/calibration") if folder.exists()]
    heard = [row for folder in folders for row in mynah.hear(program, model, list(mynah.clips_in(folder)))]
    seen, was_right, was_command = gathered(heard)
    numbers = ", ".join(f"{value:.3f}" for value in fitted(seen, was_right))
    print(f"const COEFFICIENTS: [f32; EVIDENCE] = [{numbers}];")
    print(f"fitted to {len(seen)} reads, {was_right.sum()} of them right; by {FOLDS}-fold cross-validation:")
    report(by_others(seen, was_right), was_right, was_command, sum(not row["words"] for row in heard))
