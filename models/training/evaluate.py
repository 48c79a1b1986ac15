"""Evaluate: what Mynah makes of recordings, with a given model.

Enters: the evaluation's clips, a built `mynah`, a model. Leaves: tables and plots in the model card's folder. Never
here: the calibration's clips, a second decoder: what counts is what the program itself does.

    python evaluate.py out/model models/builtin-en-q8_0.bin target/release/mynah models

A wrong action is a turn that did or would have sent something although the words are not right; for a sound with no
command in it, any turn with words is one.
"""

import collections
import json
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

import mynah
import plots
import scoring

COMMANDS = {"seen": ("new sentences, seen voices", 5, 95), "unseen": ("new sentences, unseen voices", 12, 88),
            "noise": ("the same at 10 dB noise", 20, 80), "short": ("one and two words, unseen voices", None, None)}
ACTING, REAL_TIME = 2, 0.05
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def understood(program, texts):
    """The intent and slots that Mynah gives each text when it is typed; None for a question to a language model."""
    wanted = sorted(set(texts))
    with tempfile.TemporaryDirectory() as home:
        asked = [program, "ask", "--quiet", "--json", "--region", "offline", "-"]
        environment = {"HOME": home, "XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home, "PATH": "/usr/bin:/bin"}
        told = subprocess.run(asked, input="\n".join(wanted) + "\n", env=environment, capture_output=True, text=True, check=False)
    turns = [json.loads(line) for line in told.stdout.splitlines() if line.startswith("{")]
    by_text = {turn["transcript"]["text"]: turn["intent"] for turn in turns}
    return {text: by_text.get(text) for text in wanted}


def right_meaning(row, intents):
    """The same intent and slots as the typed words give; for a question, the same words."""
    intent, got = intents[row["words"]], [turn["intent"] for turn in row["turns"]]
    if intent is None:
        return scoring.same(row["words"], mynah.text_of(row))
    return got == [intent]


def of_commands(rows, intents):
    sums = collections.Counter()
    for row in rows:
        said, heard = scoring.words(row["words"]), scoring.words(mynah.text_of(row))
        meant, acted = right_meaning(row, intents), mynah.acted(row)
        sums.update(clips=1, words=len(said), edits=scoring.edits(said, heard), exact=said == heard, meant=meant,
                    refused=not acted, wrong=acted and not meant)
        if acted:
            sums.update(told_words=len(said), told_edits=scoring.edits(said, heard))
    return sums


def percent(part, whole):
    return 100 * part / whole if whole else 0.0


def seconds_of(rows):
    total = 0.0
    for row in rows:
        with wave.open(row["path"]) as file:
            total += file.getnframes() / file.getframerate()
    return total


def speed(program, model, rows):
    """Processor seconds for each second of sound on one thread, the program's start and its voice detector included."""
    some = [row["path"] for row in rows[:100]]
    asked = [program, "ask", "--quiet", "--json", "--region", "offline", "--model", str(model)]
    clock = "import resource,subprocess,sys;subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL);u=resource.getrusage(resource.RUSAGE_CHILDREN);print(u.ru_utime+u.ru_stime)"
    told = subprocess.run([sys.executable, "-c", clock, *asked, "--audio", *some], capture_output=True, text=True, check=True)
    return float(told.stdout.splitlines()[-1]) / seconds_of(rows[:100])


def tables(rows, intents, fast):
    """The card's measured part, and the numbers the plots show."""
    lines = ["| set | clips | word error | of what was answered | exact | intent and slots right | refused | wrong actions |",
             "|---|---|---|---|---|---|---|---|"]
    shown = {}
    for name, (title, *_) in COMMANDS.items():
        sums = of_commands([row for row in rows if row["set"] == name], intents)
        n = sums["clips"]
        shown[name] = percent(sums["edits"], sums["words"]), percent(sums["meant"], n)
        lines.append(f"| {title} | {n} | {shown[name][0]:.1f} % | {percent(sums['told_edits'], sums['told_words']):.1f} % | "
                     f"{percent(sums['exact'], n):.0f} % | {shown[name][1]:.0f} % | {percent(sums['refused'], n):.0f} % | "
                     f"{percent(sums['wrong'], n):.1f} % |")
    lines += ["", "| nothing for Mynah in it | clips | led to an action |", "|---|---|---|"]
    kinds, all_of = collections.defaultdict(list), []
    for row in rows:
        if not row["words"]:
            kind = row["voice"].split()[0] if row["set"] == "strangers" else f"people, {row['voice']}"
            kinds[kind].append(mynah.acted(row))
            all_of.append(mynah.acted(row))
    for kind, acting in sorted(kinds.items()):
        lines.append(f"| {kind} | {len(acting)} | {sum(acting)} ({percent(sum(acting), len(acting)):.1f} %) |")
    lines.append(f"| **all** | {len(all_of)} | **{sum(all_of)} ({percent(sum(all_of), len(all_of)):.1f} %)** |")
    lines += ["", f"Real-time factor: {fast:.3f} on one thread ({time.strftime('%Y-%m-%d')})."]
    by_voice = collections.defaultdict(list)
    for row in rows:
        if row["set"] in ("seen", "unseen"):
            by_voice[row["set"], row["voice"]].append(row)
    lines += ["", "| voice | word error | intent and slots right | clips |", "|---|---|---|---|"]
    for (name, voice), some in sorted(by_voice.items()):
        sums = of_commands(some, intents)
        lines.append(f"| {name}: {voice} | {percent(sums['edits'], sums['words']):.1f} % | "
                     f"{percent(sums['meant'], sums['clips']):.0f} % | {sums['clips']} |")
    return lines, shown, {kind: percent(sum(acting), len(acting)) for kind, acting in kinds.items()}


def run(work, model, program, card):
    folders = [folder for folder in (work / "evaluation", work / "humans/evaluation") if folder.exists()]
    rows = [row for folder in folders for row in mynah.hear(program, model, list(mynah.clips_in(folder)))]
    intents = understood(program, [row["words"] for row in rows if row["words"]])
    lines, shown, acting = tables(rows, intents, speed(program, model, [row for row in rows if row["words"]]))
    text = (card / "CARD.md").read_text()
    before, rest = text.split(BEGIN)
    (card / "CARD.md").write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + rest.split(END)[1])
    plots.bars(card / "word-error.svg", "Words wrong or refused", "%",
               [(COMMANDS[name][0], values[0], COMMANDS[name][1]) for name, values in shown.items()])
    plots.bars(card / "meaning.svg", "Intent and slots right", "%",
               [(COMMANDS[name][0], values[1], COMMANDS[name][2]) for name, values in shown.items()], lower_is_better=False)
    plots.bars(card / "strangers.svg", "Sounds without a command that led to an action", "%",
               [(kind, share, ACTING) for kind, share in sorted(acting.items())])
    print("\n".join(lines))


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]).resolve(), sys.argv[3], Path(sys.argv[4]))
