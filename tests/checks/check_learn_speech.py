"""'learn --speech' against the same recipe in double precision, with no code of ours: frames, columns,
start values and updates, atom by atom."""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy as np
import soundfile

N_BINS, STACKED, ITERATIONS, SEED, N_ATOMS = 513, 3, 60, 7, 4
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


def columns(V):
    """Every frame between its neighbours; the first and the last are their own. Soft ones are left
    out, the others divided by the root of their sum."""
    M = np.hstack([V[np.clip(np.arange(len(V)) + i, 0, len(V) - 1)] for i in (-1, 0, 1)])
    sums = M.sum(axis=1)
    kept = sums >= 1e-3 * sums[1:-1].max()
    return M[kept] / np.sqrt(sums[kept])[:, None]


def learn(V):
    """Kullback-Leibler updates, H and then W, rows of W summing to 1."""
    numbers = uniform(SEED)
    W = np.array([[next(numbers) for _ in range(V.shape[1])] for _ in range(N_ATOMS)])
    W /= W.sum(axis=1, keepdims=True)
    H = np.array([[next(numbers) for _ in range(N_ATOMS)] for _ in range(len(V))])
    H *= V.mean() * V.shape[1] / (N_ATOMS * 0.55)
    for _ in range(ITERATIONS):
        H *= (V / (H @ W)) @ W.T
        W *= H.T @ (V / (H @ W)) / H.sum(axis=0)[:, None]
        H *= W.sum(axis=1)
        W /= W.sum(axis=1, keepdims=True)
    return W, divergence(V, H @ W)


def divergence(V, model):
    return np.sum(V * np.log(np.maximum(V, 1e-300) / model) - V + model)


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


program = sys.argv[1]
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    speakers = [("a.wav", 16000, 1, 1024), ("b.wav", 44100, 2, 2816)]
    expected = []
    for i, (path, rate, n_channels, window) in enumerate(speakers):
        sound = voice(rate, n_channels, i).astype(np.float32)
        soundfile.write(folder / path, sound, rate, "FLOAT")
        V = columns(magnitudes(sound.astype(float), window))
        expected.append((V, *learn(V)))
    output = folder / "speech.safetensors"
    subprocess.run([program, "learn", "--speech", *(folder / path for path, *_ in speakers), "-o",
                    output, "--atoms", str(N_ATOMS), "--seed", str(SEED), "-q"], check=True)
    content = output.read_bytes()
(length,) = struct.unpack("<Q", content[:8])
header = json.loads(content[8:8 + length])
W = np.frombuffer(content[8 + length:], "<f4").reshape(header["W"]["shape"]).astype(float)

assert W.shape == (len(speakers) * N_ATOMS, STACKED, N_BINS), W.shape
metadata = header["__metadata__"]
assert json.loads(metadata["labels"]) == ["speech"] * len(W)
for key, value in {"sample_rate": "16000", "window": "sine", "window_length": "1024", "hop": "256",
                   "fft_size": "1024", "exponent": "1", "seed": str(SEED),
                   "trained_from": "a.wav, b.wav"}.items():
    assert metadata[key] == value, (key, metadata[key])
for i, (V, atoms, reached) in enumerate(expected):
    ours = W[i * N_ATOMS:(i + 1) * N_ATOMS].reshape(N_ATOMS, -1)
    difference = np.abs(ours - atoms).sum(axis=1)
    print(f"{speakers[i][0]}: {len(V)} columns, divergence {reached:.6g} from "
          f"{divergence(V, V.mean() * np.ones_like(V)):.6g}, atoms differ by {difference.max():.2e}")
    assert len(V) > 50 and difference.max() < 1e-4, difference
