"""Voices: who speaks in training, and who is kept for evaluation.

Enters: a seeded random generator. Leaves: an (engine, voice) pair; espeak-ng's data folder with speakers of our own.
Never here: sound.

espeak-ng shapes a voice by its formants, so any number of speakers can be invented: 170 of them train, 40 others take
part in the calibration of the refusal. Its list of voices holds 349, which bounds both and is why most of its other
languages are left out of the copy.
"""

import random
import shutil
from pathlib import Path

ACCENTS = ["en-us"] * 6 + ["en"] * 2 + ["en-gb-x-rp", "en-029", "en-us-nyc", "en-gb-x-gbclan", "en-gb-scotland"]
VARIANTS = """adam Alex Alicia Andrea Andy antonio aunty belinda benjamin boris caleb david Denis Diogo ed edward edward2
    Gene Gene2 Henrique Hugo iven iven2 iven3 iven4 Jacky john Lee linda marcelo Marco Mario max michel miguel Mike Mr
    pablo paul pedro quincy rob robert steph steph3 travis victor f1 f2 f3 f5 m1 m2 m3 m4 m5 m6 m8 klatt klatt2 klatt3
    klatt4 klatt5 klatt6 anika grandma grandpa norbert sandro shelby zac gustave kaukovalta Nguyen RicishayMax
    announcer AnxiousAndy Storm""".split()
INVENTED = [f"t{n:03}" for n in range(170)]
INVENTED_FOR_CALIBRATION = [f"c{n:03}" for n in range(40)]
LANGUAGES = "en de fr es it ru cmn sv pl tr hi fi el nl pt cs hu da nb ro id".split()

# Heard in training, with new sentences in evaluation.
SEEN = [("flite", "slt"), ("flite", "rms"), ("flite", "awb"), ("festival", "hts"), ("espeak", "en-us"),
        ("espeak", "en+f2"), ("espeak", "en-us+linda"), ("espeak", "en-us+m3")]
# Never heard in training nor in calibration.
UNSEEN = [("espeak", "en-us+f4"), ("espeak", "en-us+m7"), ("espeak", "en+Annie"), ("espeak", "en-us+steph2"),
          ("espeak", "en-gb-x-gbcwmd"), ("espeak", "en-us+Michael"), ("festival", "ked"), ("festival", "ked")]


def for_training(draw):
    kind = draw.random()
    if kind < 0.62:
        accent, which = draw.choice(ACCENTS), draw.random()
        names = None if which < 0.06 else VARIANTS if which < 0.45 else INVENTED
        return "espeak", accent + (f"+{draw.choice(names)}" if names else "")
    flite = {0.72: "slt", 0.82: "rms", 0.92: "awb", 0.945: "kal16"}
    for bound, voice in flite.items():
        if kind < bound:
            return "flite", voice
    return "festival", "hts" if kind < 0.98 else "kal"


def for_calibration(draw):
    """Voices of training and as many that were never heard: the verdict must hold for strangers."""
    if draw.random() < 0.5:
        return "espeak", f"{draw.choice(ACCENTS)}+{draw.choice(INVENTED_FOR_CALIBRATION)}"
    return for_training(draw)


def any_english(draw):
    """An English voice for sounds that must be refused."""
    return f"{draw.choice(ACCENTS)}+{draw.choice(VARIANTS + INVENTED[:120])}"


def espeak_data(folder, installed=Path("/usr/lib/x86_64-linux-gnu/espeak-ng-data")):
    """A copy of espeak-ng's data with the invented speakers, made once; where it is."""
    data = folder / "espeak-ng-data"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(installed, data)
        shutil.rmtree(data / "voices/mb", ignore_errors=True)
        for file in [file for file in (data / "lang").rglob("*") if file.is_file()]:
            if file.name.split("-")[0] not in LANGUAGES:
                file.unlink()
        for seed, names in ((20, INVENTED), (21, INVENTED_FOR_CALIBRATION)):
            draw = random.Random(seed)
            for name in names:
                (data / "voices/!v" / name).write_text(invented(name, draw))
        (folder / "complete").touch()
    return folder


def invented(name, draw):
    """A variant file of espeak-ng: throat, formants, pitch, breath, roughness and rhythm drawn at random."""
    woman = draw.random() < 0.5
    throat = draw.uniform(1.0, 1.28) if woman else draw.uniform(0.84, 1.1)
    low = draw.uniform(110, 210) if woman else draw.uniform(55, 120)
    lines = ["language variant", f"name {name}", f"gender {'female' if woman else 'male'}",
             f"pitch {low:.0f} {low * draw.uniform(1.15, 1.9):.0f}"]
    for n in range(9):
        strength = draw.uniform(70, 135) if n else draw.uniform(85, 120)
        lines.append(f"formant {n} {100 * throat * draw.uniform(0.92, 1.08):.0f} {strength:.0f} {draw.uniform(75, 180):.0f}")

    def perhaps(chance, line):
        if draw.random() < chance:
            lines.append(line)

    perhaps(0.6, f"flutter {draw.uniform(0, 12):.0f}")
    perhaps(0.5, f"roughness {draw.uniform(0, 5):.0f}")
    perhaps(0.6, f"voicing {draw.uniform(35, 120):.0f}")
    perhaps(0.6, f"consonants {draw.uniform(60, 140):.0f} {draw.uniform(60, 140):.0f}")
    perhaps(0.35, "breath " + " ".join(f"{draw.uniform(0, 6):.0f}" for _ in range(6)))
    perhaps(0.2, f"echo {draw.uniform(20, 150):.0f} {draw.uniform(3, 14):.0f}")
    perhaps(0.5, f"intonation {draw.randint(1, 4)}")
    high = [draw.uniform(least, 255) for least in (150, 90, 60, 40)]
    perhaps(0.5, "tone " + " ".join(f"{hz} {level:.0f}" for hz, level in zip((600, 1_200, 2_000, 3_500), high)))
    lengths = [draw.uniform(110, 170)] * 2 + [draw.uniform(150, 210)] * 2 + [0, 0, draw.uniform(200, 270), draw.uniform(220, 290)]
    perhaps(0.35, "stressLength " + " ".join(f"{length:.0f}" for length in lengths))
    perhaps(0.12, f"klatt {draw.randint(1, 5)}")
    return "\n".join(lines) + "\n"
