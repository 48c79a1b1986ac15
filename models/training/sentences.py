"""Sentences: what people say to an assistant, written as Whisper writes it.

Enters: commands.txt and a seeded random generator. Leaves: marked sentences, in which `{7:30 p.m.|seven thirty pee em}`
stands for a piece that is written one way and said another. Never here: sound, tokens.

    python sentences.py 20 1        # twenty sentences from seed 1
"""

import random
import re
import sys
import zlib
from pathlib import Path

ONES = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen").split()
TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
IRREGULAR_ORDINALS = {1: "first", 2: "second", 3: "third", 5: "fifth", 8: "eighth", 9: "ninth", 12: "twelfth"}
WAKES = ["Hey computer"] * 7 + ["Computer"] * 2 + ["Okay computer", "Hello computer", "Hi computer", "Hey Mynah"]
# Units that convert into one another: a question mixes no miles with litres.
MEASURES = [
    "miles kilometers feet inches meters centimeters yards millimeters".split(),
    "pounds kilograms ounces grams kilos tons".split(),
    "liters cups gallons milliliters tablespoons teaspoons pints".split(),
    "seconds minutes hours days weeks months years".split(),
]
# Domains that keep their wording: no "please" is added to them.
FIXED = {"short", "wake", "loose", "figures", "dictation"}
# Said to a person or about a state, so that no "can you" goes before them.
NO_REQUEST = set("I I'm it's we is a volume lights louder quieter too maximum mute unmute".split())
MOST_SPOKEN = 95  # characters; about seven seconds of speech


def in_words(n, with_and=False):
    """A whole number as it is said."""
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10] + (f" {ONES[n % 10]}" if n % 10 else "")
    size, name = (100, "hundred") if n < 1_000 else (1_000, "thousand") if n < 1_000_000 else (1_000_000, "million")
    head, rest = divmod(n, size)
    link = " and " if with_and and rest < 100 else " "
    return f"{in_words(head)} {name}" + (link + in_words(rest, with_and) if rest else "")


def ordinal_in_words(n):
    """`21` is said "twenty first"."""
    if n in IRREGULAR_ORDINALS:
        return IRREGULAR_ORDINALS[n]
    if n < 20:
        return ONES[n] + "th"
    tens, ones = divmod(n, 10)
    return f"{TENS[tens]} {ordinal_in_words(ones)}" if ones else TENS[tens][:-1] + "ieth"


class Sentences:
    """Draws sentences from the grammar."""

    def __init__(self, seed, grammar=Path(__file__).with_name("commands.txt")):
        self.random = random.Random(seed)
        self.lists, self.domains, self.weights, self.templates = {}, [], [], {}
        for line in grammar.read_text().splitlines():
            if line.startswith("= "):
                _, domain, weight = line.split()
                self.domains.append(domain)
                self.weights.append(float(weight))
                self.templates[domain] = []
            elif line.startswith("@ "):
                name, words = line[2:].split(": ", 1)
                self.lists[name] = words.split(",")
            elif line and not line.startswith("#"):
                times = re.match(r"x(\d+) ", line)
                template = line[times.end():] if times else line
                self.templates[domain] += [template] * (int(times[1]) if times else 1)

    # -- made slots ----------------------------------------------------------------------------------------------

    def integer(self, *spans):
        low, high = self.random.choice(spans)
        return self.random.randint(low, high)

    def marked(self, n):
        written = f"{n}" if n < 10_000 else f"{n:,}"
        return "{%s|%s}" % (written, in_words(n, self.random.random() < 0.5))

    def small(self):
        return self.marked(self.integer((1, 12), (1, 12), (2, 60), (5, 99)))

    def number(self):
        if self.random.random() < 0.07:
            whole, part = self.integer((0, 20)), self.random.choice([5, 5, 2, 25, 75, 1, 3])
            said = " ".join(ONES[int(digit)] for digit in str(part))
            return "{%d.%d|%s point %s}" % (whole, part, in_words(whole), said)
        round_ones = [100, 120, 144, 150, 200, 250, 300, 400, 500, 1_000, 1_500, 2_000, 5_000, 10_000]
        if self.random.random() < 0.15:
            return self.marked(self.random.choice(round_ones))
        return self.marked(self.integer((0, 12), (1, 12), (1, 20), (2, 99), (2, 99), (100, 999)))

    def percent(self):
        n = self.random.choice([5, 10, 15, 18, 20, 25, 30, 40, 50, 60, 75, 80, 90, self.integer((0, 100))])
        return "{%d%%|%s percent}" % (n, in_words(n))

    def dollars(self):
        n = self.integer((1, 99), (1, 500))
        return "{$%d|%s dollar%s}" % (n, in_words(n), "" if n == 1 else "s")

    def digits(self):
        drawn = [self.integer((0, 9)) for _ in range(self.integer((2, 5)))]
        return " ".join("{%d|%s}" % (d, ONES[d]) for d in drawn)

    def ordinal(self):
        n = self.integer((1, 31))
        ending = "th" if 10 <= n <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
        return "{%d%s|%s}" % (n, ending, ordinal_in_words(n))

    def year(self):
        n = self.integer((1900, 1999), (1700, 1899), (2010, 2030))
        head, tail = divmod(n, 100)
        said = "hundred" if tail == 0 else f"oh {ONES[tail]}" if tail < 10 else in_words(tail)
        return "{%d|%s %s}" % (n, in_words(head), said)

    def time(self):
        hour, kind = self.integer((1, 12)), self.random.random()
        half, said_half = self.random.choice([("a.m.", "ay em"), ("p.m.", "pee em")])
        if kind < 0.30:
            return "{%d %s|%s %s}" % (hour, half, in_words(hour), said_half)
        if kind < 0.42:
            return "{%d o'clock|%s o'clock}" % (hour, in_words(hour))
        if kind < 0.50:
            return self.random.choice(["noon", "midnight"])
        plain = "{%d|%s}" % (hour, in_words(hour))
        if kind < 0.62:
            return plain + self.random.choice([" in the morning", " in the evening", " in the afternoon", " tonight", ""])
        if kind < 0.68:
            before = ["half past ", "a quarter past ", "a quarter to ", "{10|ten} past ", "{20|twenty} to "]
            return self.random.choice(before) + plain
        minute = self.random.choice([15, 30, 30, 45, 10, 20, 40, 50, 5, self.integer((1, 59)), self.integer((10, 59))])
        said = f"{in_words(hour)} " + (f"oh {ONES[minute]}" if minute < 10 else in_words(minute))
        if self.random.random() < 0.6:
            return "{%d:%02d %s|%s %s}" % (hour, minute, half, said, said_half)
        return "{%d:%02d|%s}" % (hour, minute, said)

    def duration(self):
        unit = self.random.choice(["minute"] * 4 + ["hour"] * 2 + ["second", "day"])
        if self.random.random() < 0.08:
            return self.random.choice(["half an hour", "an hour and a half", "a few minutes", "an hour", "a minute"])
        n = self.random.choice([self.integer((1, 12)), self.integer((2, 60)), 5, 10, 15, 20, 25, 30, 45, 90])
        text = f"{self.marked(n)} {unit}{'' if n == 1 else 's'}"
        if unit in ("minute", "hour") and self.random.random() < 0.12:
            rest = self.integer((2, 59))
            text += f" and {self.marked(rest)} {'seconds' if unit == 'minute' else 'minutes'}"
        return text

    def date(self):
        return self.expand(self.random.choice([
            "<month> <ordinal>", "<month> <ordinal>", "the <ordinal> of <month>", "<day>", "<next> <day>",
            "(today|tomorrow|tomorrow morning|tonight|this weekend|next week|this evening|the day after tomorrow)",
        ]))

    def thing(self):
        return self.expand("(the|a|my|this|that|your|our|his|her) (|<adjective> )<noun>")

    def words(self):
        pieces = ["<noun>"] * 6 + ["<verb>"] * 3 + ["<adjective>"] * 3 + ["<function>"] * 4 + ["<number>"] * 2
        pieces += ["<name>", "<food>", "<room>", "<color>", "<tongue>", "<city>", "<device>", "<country>", "<day>"]
        return self.expand(" ".join(self.random.choices(pieces, k=self.integer((1, 3), (2, 7)))))

    # -- expansion -----------------------------------------------------------------------------------------------

    def expand(self, template, chosen=None):
        """Fills one template. Marks made by slots hold no brackets, so innermost choices can go first."""
        chosen = {} if chosen is None else chosen
        while choice := re.search(r"\(([^()]*)\)", template):
            template = template[:choice.start()] + self.random.choice(choice[1].split("|")) + template[choice.end():]
        return re.sub(r"<([a-z-]+)>", lambda slot: self.slot(slot[1], chosen), template)

    def slot(self, name, chosen):
        if name in ("measures", "measures-in", "measure", "alike"):
            if "measures" not in chosen:
                chosen["measures"] = self.random.sample(self.random.choice(MEASURES), 2)
            one, other = chosen["measures"]
            joined = {"measures": f"{one} {self.random.choice(['to', 'to', 'into'])} {other}", "measure": one,
                      "measures-in": f"{one} in {other}", "alike": other}
            return joined[name]
        if name in self.lists:
            return self.expand(self.random.choice(self.lists[name]), chosen)
        return getattr(self, name)()

    def draw(self):
        """One marked sentence, with its capital, its mark at the end, and now and then a wake phrase before it."""
        domain = self.random.choices(self.domains, self.weights)[0]
        template = self.random.choice(self.templates[domain])
        sentence = re.sub(r"\s+", " ", self.expand(template)).strip()
        asks = sentence.endswith("?")
        sentence = sentence.rstrip("?.")
        first = sentence.split()[0]
        if not asks and domain not in FIXED and first.islower() and first not in NO_REQUEST and " " in sentence:
            kind = self.random.random()
            if kind < 0.10:
                request = self.random.choice(["can you ", "could you ", "please ", "I want you to ", "would you "])
                asks, sentence = request[0] in "cw", request + sentence
            elif kind < 0.17:
                sentence += self.random.choice([", please", " please", " now", " for me"])
        sentence = re.sub(r"\b([Aa]) (?=[aeiou](?!ne\b|uro|ni))", r"\1n ", sentence)
        if domain != "wake" and self.random.random() < (0.05 if domain in ("loose", "figures") else 0.16):
            sentence = f"{self.random.choice(WAKES)}, {sentence}"
        if sentence[0] != "{":
            sentence = sentence[0].upper() + sentence[1:]
        return re.sub(r"\.m\.\}\.$", ".m.}", sentence + ("?" if asks else "."))

    def draw_many(self, count, wanted=lambda sentence: True):
        """`count` different sentences that a voice can say in the model's window."""
        found = {}
        while len(found) < count:
            sentence = self.draw()
            if 2 <= len(spoken(sentence)) <= MOST_SPOKEN and wanted(sentence):
                found[sentence] = None
        return list(found)


def units(sentence):
    """The sentence as (written, spoken) words; what is written begins with a space, as Whisper's tokens do."""
    out = []
    for piece in re.findall(r"\{[^}]*\}[^\s{]*|[^\s{]*\{[^}]*\}[^\s{]*|\S+", sentence):
        mark = re.match(r"([^{]*)\{([^|]*)\|([^}]*)\}(.*)$", piece)
        out.append((f" {mark[1]}{mark[2]}{mark[4]}", mark[3]) if mark else (f" {piece}", piece))
    return out


def written(sentence):
    """What the model must write."""
    return "".join(word for word, _ in units(sentence)).strip()


def spoken(sentence):
    """What the voice says, with the punctuation that shapes its melody."""
    out = []
    for word, said in units(sentence):
        ending = re.search(r"[.,?]+$", word)
        out.append(said + (ending[0] if ending and said[-1] not in ".,?" else ""))
    return " ".join(out)


def held_out(sentence):
    """Whether this sentence is kept for evaluation: one in twenty, short set phrases excepted."""
    text = written(sentence).lower()
    long_enough = len(text.split()) > 4 or any(letter.isdigit() for letter in text)
    return long_enough and zlib.crc32(text.encode()) % 20 == 0


if __name__ == "__main__":
    for line in Sentences(int(sys.argv[2])).draw_many(int(sys.argv[1])):
        print(written(line), "|", spoken(line))
