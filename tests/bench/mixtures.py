"""Noisy speech to measure denoising with: given mixtures, and made ones.

A folder of material holds dev/ (noisy/, clean/ and manifest.json with name, snr, noise and lead of each)
and train/ (speech/, noise/). Made mixtures take a speaker of train/speech and a noise of train/noise, or
one that is made here, at 16 kHz, with noise alone before the speech.
"""

import dataclasses
import json
import pathlib

import numpy as np
import scipy.signal
import soundfile

LEAD = 0.75  # seconds of noise before made mixtures
RATE = 16000
SNRS = (-5, 0, 5, 10, 15)


@dataclasses.dataclass
class Mixture:
    name: str
    snr: float
    noise: str
    speaker: str
    rate: int
    lead: float
    clean: np.ndarray
    noisy: np.ndarray


def given(folder):
    """The mixtures of dev/."""
    folder = pathlib.Path(folder, "dev")
    for entry in json.loads((folder / "manifest.json").read_text(encoding="utf-8")):
        clean, rate = soundfile.read(folder / "clean" / f"{entry['name']}.flac")
        noisy, _ = soundfile.read(folder / "noisy" / f"{entry['name']}.flac")
        yield Mixture(entry["name"], entry["snr"], entry["noise"], entry["spk"], rate, entry["lead"],
                      clean, noisy)


def resampled(path):
    sound, rate = soundfile.read(path)
    divisor = np.gcd(RATE, rate)
    return scipy.signal.resample_poly(sound, RATE // divisor, rate // divisor)


# -- Noises that are made ------------------------------------------------------------------------

def coloured(slope):
    """Noise whose power falls with frequency to the power of `slope`."""
    def make(n, random, _):
        spectrum = np.fft.rfft(random.standard_normal(n))
        return np.fft.irfft(spectrum * np.arange(1, len(spectrum) + 1.0) ** (-slope / 2), n)
    return make


def hum(n, random, _):
    """Mains with its harmonics, and a little hiss."""
    time = np.arange(n) / RATE
    mains = random.choice([50.0, 60.0])
    sound = sum(random.uniform(0.2, 1) / (1 + 0.15 * k) *
                np.sin(2 * np.pi * (mains * k * time + random.uniform())) for k in range(1, 24))
    return sound + 0.05 * sound.std() * random.standard_normal(n)


def clicks(n, random, _):
    """Keys and knocks: seven a second, each a burst of its own colour and length."""
    sound = 0.003 * random.standard_normal(n)
    for start in random.integers(0, n, 7 * n // RATE):
        fade = np.exp(-np.arange(RATE // 20) / (RATE * random.uniform(0.002, 0.012)))
        burst = scipy.signal.lfilter([1], [1, -random.uniform(-0.7, 0.9)],
                                     random.standard_normal(len(fade))) * fade
        burst = burst[:n - start] * random.uniform(0.2, 1)
        sound[start:start + len(burst)] += burst
    return sound


def modulated(n, random, _):
    """Noise that swells and fades, once or more a second."""
    swell = 1 + 0.9 * np.sin(2 * np.pi * (random.uniform(0.7, 3) * np.arange(n) / RATE +
                                          random.uniform()))
    return coloured(0.7)(n, random, None) * swell ** 2


def siren(n, random, _):
    frequency = 700 + 300 * np.sin(2 * np.pi * (0.4 * np.arange(n) / RATE + random.uniform()))
    phase = 2 * np.pi * np.cumsum(frequency) / RATE
    return sum(np.sin(k * phase) / k for k in range(1, 5)) + 0.1 * random.standard_normal(n)


def talkers(n, random, others):
    """Four of the other speakers at once."""
    sound = np.zeros(n)
    for i in random.choice(len(others), 4, replace=False):
        start = random.integers(0, len(others[i]) - n)
        sound += others[i][start:start + n] / others[i].std()
    return sound


MADE = {"brown": coloured(2.0), "clicks": clicks, "hum": hum, "modulated": modulated,
        "pink": coloured(1.0), "siren": siren, "talkers": talkers, "white": coloured(0.0)}


# -- Mixtures ------------------------------------------------------------------------------------

def excerpt(sound, n, random):
    """n samples that are not mostly a pause."""
    for _ in range(50):
        start = random.integers(0, len(sound) - n)
        part = sound[start:start + n]
        if (part ** 2).mean() > 0.25 * (sound ** 2).mean():
            break
    return part


def made(folder, n_each, seed):
    """n_each mixtures of every speaker; noises and levels take turns."""
    random = np.random.default_rng(seed)
    train = pathlib.Path(folder, "train")
    speech = {path.stem: resampled(path) for path in sorted((train / "speech").glob("*.flac"))}
    noise = {path.stem: resampled(path) for path in sorted((train / "noise").glob("*.flac"))}
    kinds = sorted([*noise, *MADE])
    count = 0
    for _ in range(n_each):
        for speaker, sound in speech.items():
            if count % len(kinds) == 0:
                random.shuffle(kinds)
            kind, snr = kinds[count % len(kinds)], SNRS[random.integers(len(SNRS))]
            clean = excerpt(sound, int(random.uniform(3.5, 6.5) * RATE), random)
            clean = np.concatenate([np.zeros(int(LEAD * RATE)), 0.05 * clean / clean.std()])
            n, lead = len(clean), int(LEAD * RATE)
            if kind in MADE:
                others = [other for name, other in speech.items() if name != speaker]
                added = MADE[kind](n, random, others)
            else:
                start = random.integers(0, len(noise[kind]) - n)
                added = noise[kind][start:start + n]
            power = (clean[lead:] ** 2).sum() / (added[lead:] ** 2).sum()
            added = added * np.sqrt(power / 10 ** (snr / 10))
            yield Mixture(f"{count:03d}_{speaker}_{kind}_{snr:+d}dB", snr, kind, speaker, RATE, LEAD,
                          clean, clean + added)
            count += 1
