"""What 'learn --speech' and 'denoise' do, in double precision and with no code of ours."""

import json
import struct

import numpy as np

N_BINS = 513
MASK = 2**64 - 1


def uniform(seed):
    """xoshiro256**, its state from splitmix64 (Blackman, Vigna 2018), as numbers in [0.1, 1)."""
    state = []
    for _ in range(4):
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        z = ((seed ^ seed >> 30) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
        state.append(z ^ z >> 31)
    a, b, c, d = state
    while True:
        x = b * 5 & MASK
        yield 0.1 + 0.9 * (((x << 7 | x >> 57) * 9 & MASK) >> 11) / 2**53
        t = b << 17 & MASK
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= t
        d = (d << 45 | d >> 19) & MASK


def magnitudes(sound, window):
    """Frames x bins, the mean over channels; a frame ends with every hop, from silence on."""
    hop = window // 4
    n_frames = -(-len(sound) // hop)
    padded = np.zeros((window - hop + n_frames * hop, sound.shape[1]))
    padded[window - hop:window - hop + len(sound)] = sound
    shape = np.sin(np.pi * (np.arange(window) + 0.5) / window)
    frames = np.stack([padded[m * hop:m * hop + window] for m in range(n_frames)])
    return np.abs(np.fft.rfft(frames * shape[:, None], axis=1)).mean(axis=2)[:, :N_BINS]


def stacked(V):
    """Every frame between its neighbours; the first and the last are their own."""
    return np.hstack([V[np.clip(np.arange(len(V)) + i, 0, len(V) - 1)] for i in (-1, 0, 1)])


def factorise(V, n_atoms, iterations, seed):
    """W after Kullback-Leibler updates, H and then W, rows of W summing to 1; and the model."""
    numbers = uniform(seed)
    W = np.array([[next(numbers) for _ in range(V.shape[1])] for _ in range(n_atoms)])
    W /= W.sum(axis=1, keepdims=True)
    H = np.array([[next(numbers) for _ in range(n_atoms)] for _ in range(len(V))])
    H *= V.mean() * V.shape[1] / (n_atoms * 0.55)
    for _ in range(iterations):
        H *= (V / (H @ W)) @ W.T
        W *= H.T @ (V / (H @ W)) / H.sum(axis=0)[:, None]
        H *= W.sum(axis=1)
        W /= W.sum(axis=1, keepdims=True)
    return W, H @ W


def voice(rate, n_channels, seed):
    """Harmonics of a pitch that glides, and hisses, with pauses of silence between them."""
    random = np.random.default_rng(seed)
    t = np.arange(int(1.5 * rate)) / rate
    sound = np.zeros((len(t), n_channels))
    phase = 2 * np.pi * np.cumsum(120 + 60 * seed + 30 * np.sin(7 * t)) / rate
    for k in range(1, 25):
        sound += (np.cos(k * phase) * np.exp(-((k * 150 - 700 * (1 + np.sin(5 * t))) / 600)**2))[:, None]
    sound += 0.3 * (np.sin(11 * t) > 0.8)[:, None] * random.standard_normal(sound.shape)
    sound *= (np.sin(9 * t) > -0.7)[:, None]
    return 0.3 * sound / np.abs(sound).max() * np.linspace(0.6, 1, n_channels)


def read_atoms(path):
    """The tensor W of a dictionary, and its metadata."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    W = np.frombuffer(content[8 + length:], "<f4").reshape(header["W"]["shape"]).astype(float)
    return W, header["__metadata__"]
