"""Sounds: what rooms, distance and other noises do to a voice.

Enters: 16 kHz samples and a seeded numpy generator. Leaves: samples. Never here: speech engines, features.
"""

import numpy as np

HZ = 16_000


def resampled(sound, hz, speed=1.0):
    """To 16 kHz, and `speed` times as fast and as high: a voice from a smaller or larger throat. By FFT."""
    block = -(-(len(sound) + 400) // 2_000) * 2_000  # lengths whose FFT is quick
    out_block = 2 * round(block * HZ / (hz * speed) / 2)
    spectrum = np.fft.rfft(np.pad(sound, (0, block - len(sound))))
    kept = np.zeros(out_block // 2 + 1, complex)
    n = min(len(spectrum), len(kept))
    kept[:n] = spectrum[:n]
    edge = int(n * 0.97)
    kept[edge:n] *= np.linspace(1, 0, n - edge)
    made = np.fft.irfft(kept, out_block) * out_block / block
    return made.astype(np.float32)[:int(len(sound) * out_block / block) + 1]


def trimmed(sound):
    """The sounding part with a little before and after it, and where it began; None for silence."""
    level = np.convolve(np.abs(sound), np.ones(320) / 320, "same")
    sounding = np.where(level > max(level.max() * 0.012, 1e-4))[0]
    if not len(sounding):
        return None
    start = max(0, sounding[0] - 480)
    return sound[start:sounding[-1] + 1_200], start


def in_a_room(sound, draw):
    """Reverberation of a small to a large room."""
    decay = draw.uniform(0.08, 0.5)
    length = int(HZ * decay)
    response = draw.standard_normal(length) * np.exp(-6.9 * np.arange(length) / HZ / decay)
    response[:draw.integers(16, 400)] = 0
    response *= 10 ** (-draw.uniform(2, 18) / 20) / np.sqrt((response**2).sum() + 1e-9)
    response[0] = 1
    size = 1 << (len(sound) + length).bit_length()
    wet = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size)
    return wet[:len(sound) + length // 3].astype(np.float32)


def hiss(count, draw):
    """White noise, or noise that falls with frequency as most rooms' does."""
    white = draw.standard_normal(count)
    if draw.random() < 0.5:
        return white
    spectrum = np.fft.rfft(white)
    return np.fft.irfft(spectrum / np.sqrt(np.arange(len(spectrum)) + 20.0), count)


def with_noise(sound, noise, speech, decibels):
    """`sound` and `noise`, `decibels` below the mean power of `speech`."""
    gain = np.sqrt((speech**2).mean() / ((noise**2).mean() + 1e-12) / 10 ** (decibels / 10))
    return sound + noise * gain


def music(draw):
    """Tones, knocks, or notes with harmonics and perhaps a beat."""
    count = int(HZ * draw.uniform(0.8, 4))
    kind = draw.random()
    made = tones(count, draw) if kind < 0.15 else knocks(count, draw) if kind < 0.30 else melody(count, draw)
    return (made / (np.abs(made).max() + 1e-6)).astype(np.float32)


def tones(count, draw):
    """Hums, whistles, sirens."""
    at, made = np.arange(count) / HZ, np.zeros(count)
    for _ in range(draw.integers(1, 5)):
        hz = draw.choice([50, 60, draw.uniform(80, 4_000)])
        bend = 1 + draw.choice([0, 0, 0.05, 0.3]) * np.sin(2 * np.pi * draw.uniform(0.3, 6) * at)
        made += draw.random() * np.sin(2 * np.pi * np.cumsum(hz * bend) / HZ)
    return made


def knocks(count, draw):
    """Clicks, knocks, bursts of noise."""
    made = np.zeros(count)
    for _ in range(draw.integers(1, 15)):
        start = draw.integers(count)
        length = min(int(HZ * draw.uniform(0.003, 0.25)), count - start)
        fading = np.exp(-np.arange(length) / (length / 4 + 1))
        made[start:start + length] += draw.standard_normal(length) * fading * draw.random()
    return made


def melody(count, draw):
    """Up to four voices on one scale, half the time with a drum."""
    made, end = np.zeros(count), count / HZ
    step = 60 / draw.uniform(70, 180) / draw.choice([1, 2, 4])
    scale = [[0, 2, 4, 5, 7, 9, 11], [0, 3, 5, 7, 10], [0, 2, 3, 5, 7, 8, 10]][draw.integers(3)]
    base, decay, harmonics, tilt = draw.uniform(80, 300), draw.uniform(0.1, 1.2), draw.integers(1, 11), draw.uniform(0.3, 2)
    for _ in range(draw.integers(1, 5)):
        at = 0.0
        while at < end:
            if draw.random() < 0.8:
                hz = base * 2 ** ((draw.choice(scale) + 12 * draw.choice([0, 0, 1, 1, 2])) / 12)
                start = int(at * HZ)
                length = min(count - start, int(step * draw.choice([1, 1, 2, 4]) * HZ * 1.3))
                time = np.arange(length) / HZ
                shape = np.minimum(1, time / 0.01) * np.exp(-time / decay)
                for n in range(1, harmonics + 1):
                    if hz * n < 7_500:
                        made[start:start + length] += shape * np.sin(2 * np.pi * hz * n * time + n) / n**tilt
            at += step * draw.choice([1, 1, 2])
    if draw.random() < 0.5:
        for start in range(0, count, max(1, int(step * HZ))):
            length = min(count - start, 2_400)
            fading = np.exp(-np.arange(length) / draw.uniform(100, 900))
            made[start:start + length] += draw.standard_normal(length) * fading * draw.uniform(0.3, 2.5)
    return made
