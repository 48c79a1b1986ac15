"""Mynah: runs the program itself over clips and reads what it says.

Enters: folders with clips.tsv, a built `mynah`, a model. Leaves: a row for each clip with its turns, and the evidence
that the program weighed. Never here: judgement.
"""

import json
import os
import re
import subprocess
import tempfile

AT_ONCE = 200  # files a process


def clips_in(folder):
    for line in (folder / "clips.tsv").read_text().splitlines():
        file, name, voice, words = line.split("\t")
        yield {"path": str(folder / file), "set": name, "voice": voice, "words": words}


def hear(program, model, clips):
    """Each clip with `turns`: what Mynah reported, and `evidence`: what it weighed for each piece."""
    rows = {clip["path"]: clip | {"turns": [], "evidence": []} for clip in clips}
    paths = list(rows)
    for start in range(0, len(paths), AT_ONCE):
        some = paths[start:start + AT_ONCE]
        with tempfile.TemporaryDirectory() as home:
            environment = os.environ | {"HOME": home, "XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home,
                                        "MYNAH_LOG": "mynah::transcribe=trace"}
            asked = [program, "ask", "--quiet", "--json", "--region", "offline", "--model", str(model), "--audio", *some]
            with open(f"{home}/both", "w") as both:
                subprocess.run(asked, env=environment, stdout=both, stderr=subprocess.STDOUT, check=False)
            weighed = []
            for line in open(f"{home}/both"):
                if line.startswith("{"):
                    turn = json.loads(line)
                    rows[turn["source"]]["turns"].append(turn)
                    rows[turn["source"]]["evidence"] += weighed
                    weighed = []
                elif found := re.search(r"evidence=\[([^\]]*)\]", line):
                    weighed.append([float(number) for number in found[1].split(",")])
    return list(rows.values())


def text_of(row):
    return " ".join(turn["transcript"]["text"] for turn in row["turns"]).strip()


def acted(row):
    """Whether anything was done or would have been sent: a turn with words in it."""
    return any(turn["transcript"]["text"] for turn in row["turns"])
