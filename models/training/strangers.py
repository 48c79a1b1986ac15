"""Strangers: everything that sounds and is no command, so that the model must not answer it.

Enters: engines and seeded generators. Leaves: samples, their rate, and what kind they are. Never here: sentences the
model is to write.

Kinds: other languages, English about other things, invented words, calls that only sound like the wake phrase, speech
played backwards, several people at once, music and noises. Evaluation uses languages, texts and calls that training
never does.
"""

import re
import sys
from pathlib import Path

import numpy as np

import sounds
import voices
from sentences import spoken

# Everyday words, so that real sounds of a language come in sequences nobody says.
TRAINED_LANGUAGES = {
    "de": "guten Morgen wie geht es dir heute ich habe keine Zeit das Wetter ist schön wir fahren morgen nach Hause der Hund läuft über die Straße bitte noch ein Bier vielleicht können Sie mir helfen wo ist der Bahnhof zwei drei vier fünf",
    "fr": "bonjour comment allez vous je voudrais un café s'il vous plaît le chat dort sur la table nous partons demain matin il fait très beau aujourd'hui où est la gare merci beaucoup quelle heure deux trois quatre cinq pourquoi toujours jamais",
    "es": "buenos días cómo estás quiero una cerveza por favor el perro corre por la calle mañana vamos a la playa dónde está la estación muchas gracias uno dos tres cuatro siempre nunca porque hace mucho calor",
    "it": "buongiorno come stai vorrei un caffè per favore il gatto dorme sul tavolo domani andiamo al mare dove si trova la stazione grazie mille uno due tre quattro sempre perché oggi fa molto caldo",
    "ru": "доброе утро как дела сегодня хорошая погода я хочу чай собака бежит по улице завтра мы поедем домой где находится вокзал большое спасибо один два три четыре потому что никогда всегда",
    "cmn": "早上好 你好吗 今天 天气 很 好 我 想 喝 茶 明天 我们 去 北京 火车站 在 哪里 谢谢 一 二 三 四 因为 没有 时间 狗 在 街上 跑",
    "sv": "god morgon hur mår du jag vill ha en kopp kaffe hunden springer över gatan imorgon åker vi hem var ligger stationen tack så mycket ett två tre fyra",
    "pl": "dzień dobry jak się masz chcę kawę proszę pies biegnie przez ulicę jutro jedziemy do domu gdzie jest dworzec dziękuję bardzo jeden dwa trzy cztery",
    "tr": "günaydın nasılsın bugün hava çok güzel bir kahve istiyorum köpek sokakta koşuyor yarın eve gidiyoruz istasyon nerede teşekkür ederim bir iki üç dört",
    "hi": "नमस्ते आप कैसे हैं आज मौसम बहुत अच्छा है मुझे चाय चाहिए कल हम घर जा रहे हैं स्टेशन कहाँ है धन्यवाद एक दो तीन चार",
    "fi": "hyvää huomenta mitä kuuluu haluan kupin kahvia koira juoksee kadulla huomenna menemme kotiin missä on asema kiitos paljon yksi kaksi kolme neljä",
    "el": "καλημέρα τι κάνεις σήμερα θέλω έναν καφέ ο σκύλος τρέχει στο δρόμο αύριο πάμε σπίτι πού είναι ο σταθμός ευχαριστώ πολύ ένα δύο τρία",
}
OTHER_LANGUAGES = {
    "nl": "goedemorgen hoe gaat het met je ik wil graag een kop koffie de hond loopt over straat morgen gaan we naar huis waar is het station dank je wel een twee drie vier",
    "pt": "bom dia como vai você eu quero um café por favor o cachorro corre pela rua amanhã vamos para casa onde fica a estação muito obrigado um dois três quatro",
    "cs": "dobré ráno jak se máš chci kávu prosím pes běží přes ulici zítra jedeme domů kde je nádraží děkuji moc jedna dva tři čtyři",
    "hu": "jó reggelt hogy vagy kérek egy kávét a kutya fut az utcán holnap hazamegyünk hol van az állomás köszönöm szépen egy kettő három",
    "da": "god morgen hvordan har du det jeg vil gerne have en kop kaffe hunden løber over gaden i morgen tager vi hjem hvor ligger stationen mange tak en to tre",
    "ro": "bună dimineața ce mai faci vreau o cafea vă rog câinele aleargă pe stradă mâine mergem acasă unde este gara mulțumesc mult unu doi trei",
    "id": "selamat pagi apa kabar saya mau secangkir kopi anjing itu berlari di jalan besok kita pulang di mana stasiun terima kasih banyak satu dua tiga",
}
# "Hey commuter" must not be written as "Hey computer": where such a call was never heard, every second one was.
TRAINED_CALLS = "computing compute commute committee company compare complete competing compose composing community combine common come pewter computation confuse tutor pewter mutant jupiter scooter neuter future suitor supper copper pupil".split()
OTHER_CALLS = "commuter composer competitor companion comfort compass comforter muter".split()
GREETINGS = ["hey", "hey", "okay", "hello", "hi", "a", "the", "my", ""]
ONSETS = "b d f g h j k l m n p r s t v w z ch sh th br dr fl gr pl sk st tr".split()
VOWELS = "a e i o u ai ee oo ou".split()
LONGEST = 4.0  # seconds


class Strangers:
    """Draws sounds to be refused; `others` draws the kinds that training never hears."""

    def __init__(self, espeak, programs, sentences, draw, noise, others):
        self.espeak, self.programs, self.sentences = espeak, programs, sentences
        self.draw, self.noise, self.others = draw, noise, others
        self.languages = OTHER_LANGUAGES if others else TRAINED_LANGUAGES
        self.running = running_english(others)
        self.calls = OTHER_CALLS if others else TRAINED_CALLS

    def sound(self):
        kind = self.draw.random()
        if kind < 0.30:
            made = self.language()
        elif kind < 0.56:
            made = *self.english(self.prose()), "prose"
        elif kind < 0.61:
            made = *self.english(self.invented_words()), "invented words"
        elif kind < 0.67:
            made = *self.english(self.call()), "near call"
        elif kind < 0.74:
            samples, hz = self.english(spoken(self.sentences.draw()))
            made = samples[::-1].copy(), hz, "backwards"
        elif kind < 0.82:
            made = *self.crowd(), "crowd"
        else:
            made = sounds.music(self.noise), sounds.HZ, "music"
        samples, hz, kind = made
        return samples[:int(LONGEST * hz)], hz, kind

    def voice(self, text, voice):
        draw = self.draw.uniform
        samples, hz, _ = self.espeak.say(text, voice, draw(130, 215), draw(20, 80), draw(25, 75))
        return samples, hz

    def language(self):
        code = self.draw.choice(list(self.languages))
        words = self.languages[code].split()
        start, count = self.draw.randrange(len(words)), self.draw.randint(2, 9)
        said = words[start:start + count] if self.draw.random() < 0.5 else self.draw.sample(words, min(count, len(words)))
        variant = f"+{self.draw.choice(voices.VARIANTS + voices.INVENTED[:120])}" if self.draw.random() < 0.8 else ""
        return *self.voice(" ".join(said), code + variant), f"language {code}"

    def english(self, text):
        if self.draw.random() < 0.35:
            voice = self.draw.choice(["slt", "rms", "awb"])
            samples, hz, _ = self.programs.flite(text, voice, self.draw.uniform(0.8, 1.2))
            return samples, hz
        return self.voice(text, voices.any_english(self.draw))

    def prose(self):
        start = self.draw.randrange(len(self.running) - 20)
        return " ".join(self.running[start:start + self.draw.randint(3, 12)])

    def invented_words(self):
        def syllable():
            return self.draw.choice(ONSETS) + self.draw.choice(VOWELS)

        words = ["".join(syllable() for _ in range(self.draw.randint(1, 3))) + self.draw.choice(["", "n", "t", "s", "k", "m"])
                 for _ in range(self.draw.randint(2, 8))]
        return " ".join(words)

    def call(self):
        """A call like the wake phrase, alone or before a command."""
        call = f"{self.draw.choice(GREETINGS)} {self.draw.choice(self.calls)}".strip()
        return call if self.draw.random() < 0.4 else f"{call}, {spoken(self.sentences.draw())}"

    def crowd(self):
        parts = [self.voice(spoken(self.sentences.draw()), voices.any_english(self.draw))
                 for _ in range(self.draw.randint(3, 6))]
        mixed = np.zeros(max(len(samples) for samples, _ in parts), np.float32)
        for samples, _ in parts:
            start = self.draw.randint(0, len(mixed) - len(samples))
            mixed[start:start + len(samples)] += samples * self.draw.uniform(0.4, 1)
        return mixed, parts[0][1]


def running_english(others):
    """Words of English texts on this machine: Python's and Perl's documentation trains, the licence texts evaluate."""
    if others:
        files = sorted(Path("/usr/share/common-licenses").glob("*"))
        text = " ".join(file.read_text(errors="ignore") for file in files if file.is_file())
    else:
        library = Path(sys.base_prefix) / f"lib/python3.{sys.version_info.minor}"
        files = sorted(library.glob("*.py")) + sorted(Path("/usr/share/perl").rglob("*.pm"))[:400]
        text = " ".join(paragraph for file in files
                        for paragraph in re.split(r"\n\s*\n", file.read_text(errors="ignore")) if is_prose(paragraph))
    words = [word for word in re.sub(r"[^A-Za-z' ]", " ", text).lower().split() if len(word) < 14]
    if len(words) < 1_000:
        raise SystemExit("too little English text found on this machine to train refusals with")
    return words


def is_prose(paragraph):
    words = re.findall(r"[A-Za-z']+", paragraph)
    return len(words) > 14 and len(words) * 6.5 > len(paragraph) * 0.93 and not re.search(r"[=$@{}();\\<>|]", paragraph)
