"""Humans: recordings of people, to judge refusal by. Nothing of them is kept in the repository or trained on.

Enters: Debian's packages of Asterisk's telephone prompts. Leaves: WAV files and clips.tsv, as clips.py writes them.
Never here: digits, letters and single words that a command may be.

    python humans.py out/model/humans

The English and Spanish prompts (Allison Smith, CC BY-SA 3.0) evaluate; the French (June Wallack, CC BY-SA 3.0), the
Italian (Carlo Flora, CC BY 3.0) and the Russian ones (Maxim Topal, CC BY 3.0) calibrate.
"""

import random
import subprocess
import sys
from pathlib import Path

PROMPTS = {"en": "evaluation", "es": "evaluation", "fr": "calibration", "it": "calibration", "ru": "calibration"}
SKIPPED = {"digits", "letters", "phonetic", "silence"}
WORDS = {"for", "vm-for", "vm-no", "vm-yes", "hello", "vm-goodbye"}
SMALLEST, LARGEST = 6_000, 60_000  # bytes of G.722: three quarters of a second to seven and a half


def make(out, count):
    packages = [f"asterisk-core-sounds-{language}-g722" for language in PROMPTS]
    folder = out / "packages"
    folder.mkdir(parents=True, exist_ok=True)
    if not list(folder.glob("*.deb")):
        subprocess.run(["apt-get", "download", "-q", *packages], cwd=folder, check=True)
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package.name, "."], cwd=folder, check=True)
    rows = {"evaluation": [], "calibration": []}
    for language, use in PROMPTS.items():
        voice = next((folder / "usr/share/asterisk/sounds").glob(f"{language}_*"))
        prompts = [file for file in sorted(voice.rglob("*.g722"))
                   if SMALLEST < file.stat().st_size < LARGEST and not SKIPPED & set(file.parts) and file.stem not in WORDS]
        random.Random(4).shuffle(prompts)
        (out / use).mkdir(exist_ok=True)
        for prompt in prompts[:count]:
            name = f"{language}_{'-'.join(prompt.relative_to(voice).with_suffix('').parts)}.wav"
            command = ["ffmpeg", "-v", "error", "-y", "-i", prompt, "-ar", "16000", "-ac", "1", out / use / name]
            subprocess.run(command, check=True)
            rows[use].append(f"{name}\thumans\t{voice.name}\t")
    for use, lines in rows.items():
        (out / use / "clips.tsv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    make(Path(sys.argv[1]).resolve(), 200)
