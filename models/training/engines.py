"""Engines: the free speech synthesisers that packages bring: espeak-ng, flite, festival.

Enters: a text and a voice. Leaves: samples, their rate, and when each phone begins (as a number of the phone table, 0
for a pause, 255 for unknown), which teaches the encoder where it is in a sentence. Never here: which voice trains.
"""

import ctypes
import re
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np

UNKNOWN = 255
SAFE_EVENT, PHONEME_EVENT = 0, 7
NO_RESAMPLING_OF_VOICES = 1  # espeakINITIALIZE_PHONEME_EVENTS
# flite and festival name phones as CMU's dictionary does; espeak-ng's mnemonics are the common table.
CMU = dict(aa="A", ae="a", ah="V", ao="O@", aw="aU", ax="@", ay="aI", b="b", ch="tS", d="d", dh="D", eh="E", er="3",
           ey="eI", f="f", g="g", hh="h", ih="I", iy="i", jh="dZ", k="k", l="l", m="m", n="n", ng="N", ow="oU",
           oy="OI", p="p", r="r", s="s", sh="S", t="t", th="T", uh="U", uw="u", v="v", w="w", y="j", z="z", zh="Z",
           axr="3")
FESTIVAL = {"hts": "voice_cmu_us_slt_arctic_hts", "kal": "voice_kal_diphone", "ked": "voice_ked_diphone"}


def read_wav(path):
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32_768, file.getframerate()


class Event(ctypes.Structure):
    """espeak_EVENT of espeak-ng 1.51."""

    _fields_ = [("kind", ctypes.c_int), ("of", ctypes.c_uint), ("text_position", ctypes.c_int),
                ("length", ctypes.c_int), ("audio_ms", ctypes.c_int), ("sample", ctypes.c_int),
                ("user", ctypes.c_void_p), ("phone", ctypes.c_char * 8)]


class Espeak:
    """espeak-ng through its library: ten milliseconds a sentence, where a process a sentence takes thirty."""

    RATE, PITCH, RANGE, GAP = 1, 3, 4, 7

    def __init__(self, phones, data):
        self.phones, self.heard, self.events = phones, [], []
        self.library = ctypes.CDLL("libespeak-ng.so.1")
        self.hz = self.library.espeak_Initialize(2, 200, str(data).encode(), NO_RESAMPLING_OF_VOICES)
        if self.hz <= 0:
            raise SystemExit(f"espeak-ng cannot use {data}")
        callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event))
        self.callback = callback(self.take)  # kept: ctypes frees what nobody holds
        self.library.espeak_SetSynthCallback(self.callback)

    def take(self, samples, count, events):
        i = 0
        while events[i].kind != SAFE_EVENT:
            if events[i].kind == PHONEME_EVENT:
                name = events[i].phone.decode("utf-8", "replace")
                bare = name if len(name) == 1 else re.sub(r"[#:2']", "", name)
                self.events.append((events[i].audio_ms / 1000,
                                    0 if name.startswith("_") else self.phones.get(bare, UNKNOWN)))
            i += 1
        if samples and count > 0:
            self.heard.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    def say(self, text, voice, rate=170, pitch=50, spread=50, gap=0):
        if self.library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {voice}")
        for parameter, value in ((self.RATE, rate), (self.PITCH, pitch), (self.RANGE, spread), (self.GAP, gap)):
            self.library.espeak_SetParameter(parameter, int(value), 0)
        self.heard, self.events = [], []
        raw = text.encode() + b"\0"
        self.library.espeak_Synth(raw, ctypes.c_size_t(len(raw)), 0, 1, 0, 1, None, None)
        self.library.espeak_Synchronize()
        if not self.heard:
            raise ValueError(f"{voice} said nothing")
        return np.concatenate(self.heard).astype(np.float32) / 32_768, self.hz, self.events


class Programs:
    """flite and festival, which write files."""

    def __init__(self, phones):
        self.phones = phones
        self.folder = tempfile.TemporaryDirectory(prefix="voices")
        self.at = Path(self.folder.name)

    def of_cmu(self, name):
        return 0 if name in ("pau", "h#", "#") else self.phones.get(CMU.get(name, "?"), UNKNOWN)

    def flite(self, text, voice, stretch=1.0, pitch=None):
        out = self.at / "flite.wav"
        command = ["flite", "-voice", voice, "-psdur", "--setf", f"duration_stretch={stretch:.3f}"]
        if pitch:
            command += ["--setf", f"f0_shift={pitch:.3f}"]
        told = subprocess.run([*command, "-t", text, "-o", out], check=True, capture_output=True, text=True).stdout
        events, start = [], 0.0
        for name, end in (piece.split(":") for piece in told.split() if ":" in piece):
            events.append((start, self.of_cmu(name)))
            start = float(end)
        return *read_wav(out), events

    def festival(self, wanted):
        """Says many sentences in one go, since it takes a second to start: (key, text, voice, stretch) each."""
        lines, current = [], None
        for key, text, voice, stretch in sorted(wanted, key=lambda one: one[2]):
            if voice != current:
                lines.append(f"({FESTIVAL[voice]})")
                current = voice
            clean = text.replace('"', "").replace("\\", "")
            lines += [f"(Parameter.set 'Duration_Stretch {stretch:.3f})",
                      f"(set! said (utt.synth (eval (list 'Utterance 'Text \"{clean}\"))))",
                      f'(utt.save.wave said "{self.at}/{key}.wav" \'riff)',
                      f'(utt.save.segs said "{self.at}/{key}.seg")']
        script = self.at / "all.scm"
        script.write_text("\n".join(lines))
        subprocess.run(["festival", "-b", script], capture_output=True, check=False)

    def of_festival(self, key):
        """What `festival` made for `key`; its segment file gives each phone's end."""
        events, start = [], 0.0
        for line in (self.at / f"{key}.seg").read_text().split("#", 1)[1].splitlines():
            columns = line.split()
            if len(columns) >= 3:
                events.append((start, self.of_cmu(columns[2])))
                start = float(columns[0])
        return *read_wav(self.at / f"{key}.wav"), events
