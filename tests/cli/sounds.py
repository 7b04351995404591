"""Sounds to take apart, and files of them in every format.

Whole numbers are left-justified in 32 bits here, whatever the depth of the file, as soundfile gives
and takes them: 1 in 16 bits is 65536."""

import numpy as np
import soundfile

from scratch import SAMPLES

HIGHEST, LOWEST = 2**31 - 1, -2**31


def cut_to(whole, bits):
    """What `bits` can hold of whole numbers."""
    return whole >> (32 - bits) << (32 - bits)


def bits_of(subtype):
    return {"PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}[subtype]


def write_whole(path, whole, rate, subtype):
    """Writes whole numbers; the file holds exactly these."""
    whole = cut_to(np.asarray(whole, dtype=np.int64), bits_of(subtype)).astype(np.int32)
    soundfile.write(path, whole, rate, subtype)
    return whole


def write_real(path, samples, rate, subtype="FLOAT"):
    soundfile.write(path, samples, rate, subtype)


def read_whole(path):
    """frames x channels, so wide that stems can be added."""
    info = soundfile.info(path)
    # 0 in a FLAC's header stands for an unknown length, and soundfile fails on one without a frame.
    if info.frames in (0, 2**63 - 1):
        return silence(0, info.channels)
    return soundfile.read(path, dtype="int32", always_2d=True)[0].astype(np.int64)


def read_real(path):
    return soundfile.read(path, dtype="float64", always_2d=True)[0]


def format_of(path):
    """Container, sample format, rate and channels; a float WAV may say so in one of two headers."""
    info = soundfile.info(path)
    return info.format.replace("WAVEX", "WAV"), info.subtype, info.samplerate, info.channels


# -- Sounds, frames x channels of whole numbers ----------------------------------------------------


def noise(n_frames, channels, peak=0.9, seed=1):
    return (np.random.default_rng(seed).uniform(-peak, peak, (n_frames, channels))
            * HIGHEST).astype(np.int64)


def silence(n_frames, channels):
    return np.zeros((n_frames, channels), dtype=np.int64)


def squares(n_frames, channels):
    """Full scale on both sides, another pitch in every channel, and noise in time: no two alike."""
    time = np.arange(n_frames)[:, None]
    high = time // (40 + 17 * np.arange(channels)) % 2 == 0
    return np.where(high, HIGHEST, LOWEST)


def tones(n_frames, channels, rate=44100, peak=0.4):
    """Two tones that take turns, in the channels to different shares."""
    time = np.arange(n_frames) / rate
    turn = np.sin(2 * np.pi * 3 * time) > 0
    low = np.sin(2 * np.pi * 220 * time) * turn
    high = np.sin(2 * np.pi * 1650 * time) * ~turn
    share = np.linspace(0.2, 0.8, channels)
    return (peak * HIGHEST * (np.outer(low, share) + np.outer(high, 1 - share))).astype(np.int64)


def sample(name, n_frames):
    """The middle of one of the recordings in samples/, and its rate."""
    whole = read_whole(SAMPLES / name)
    rate = soundfile.info(SAMPLES / name).samplerate
    first = len(whole) // 3
    return whole[first:first + n_frames], rate


def energy(whole):
    return float(np.sum(np.square(whole.astype(np.float64))))
