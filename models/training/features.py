"""Features: the log-mel picture of a sound, as whisper.cpp makes it.

Enters: 16 kHz mono samples. Leaves: 80 values a hundredth of a second. The filters come from their formula (Slaney's
mel scale, triangles of equal area). Never here: a filter table from a weights file.
"""

import numpy as np

HZ, WINDOW, HOP, MELS = 16_000, 400, 160, 80
FLOOR = -10.0  # log10 of the least power
LINEAR_HZ, LINEAR_MEL, LOG_STEP = 1_000.0, 15.0, np.log(6.4) / 27.0


def hz_of_mel(mel):
    """Slaney's scale: 200/3 Hz a mel up to 1 kHz, logarithmic above."""
    return np.where(mel < LINEAR_MEL, mel * 200.0 / 3.0, LINEAR_HZ * np.exp(LOG_STEP * (mel - LINEAR_MEL)))


def filters():
    """The filter bank, [80, 201]."""
    top = LINEAR_MEL + np.log(HZ / 2 / LINEAR_HZ) / LOG_STEP
    edges = hz_of_mel(np.linspace(0.0, top, MELS + 2))
    bins = np.linspace(0.0, HZ / 2, WINDOW // 2 + 1)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    area = 2.0 / (edges[2:] - edges[:-2])
    return (np.maximum(0.0, np.minimum(rising, falling)) * area[:, None]).astype(np.float32)


FILTERS = filters()
HANN = np.hanning(WINDOW + 1)[:-1].astype(np.float32)


def log_mel(sound):
    """log10 power in each filter, [frames, 80], not yet normalised."""
    before = sound[1:WINDOW // 2 + 1][::-1] if len(sound) > WINDOW // 2 else np.zeros(WINDOW // 2, np.float32)
    padded = np.concatenate([before, sound, np.zeros(WINDOW, np.float32)])
    frames = np.arange(len(sound) // HOP)[:, None] * HOP + np.arange(WINDOW)[None]
    spectrum = np.fft.rfft(padded[frames] * HANN, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    return np.log10(np.maximum(power @ FILTERS.T, 10.0**FLOOR))
