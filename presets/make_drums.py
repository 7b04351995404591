#!/usr/bin/python3
"""Makes drums.safetensors and percussion.safetensors from recordings of single drum strokes.

    make_drums.py FOLDER [OUT [KIT]]

FOLDER holds files kick__KIT.flac, snare__KIT.flac and hat__KIT.flac at 44.1 kHz, each with one or
several strokes one after another. OUT is where the dictionaries go, beside this file when it is not
given; files of KITs that begin with KIT are left out, to measure with drums that were not learned from.
Needs numpy and soundfile.

drums: for each of the three the mean magnitude spectrogram of a stroke, 10 frames of 2048 samples 512
apart. A stroke is cut where it first passes 5 % of its peak, and laid so that this falls three hops
before the end of the first frame and up to a hop later, four places in all, which are averaged: in a
recording it may fall anywhere. Each stroke counts the same within its file, each file within its kind.

percussion: 32 atoms of 4096 samples by non-negative matrix factorisation (Kullback-Leibler, Lee and
Seung's updates) of all strokes, one second of each, frames 512 apart.
"""

import json
import pathlib
import struct
import sys

import numpy as np
import soundfile

RATE = 44100
KINDS = ("kick", "snare", "hat")


def strokes(path):
    """The strokes of a file, each from its onset on."""
    sound, rate = soundfile.read(path, always_2d=True)
    assert rate == RATE, path
    sound = sound[:, 0]
    step = RATE // 100
    power = np.mean(sound[:len(sound) // step * step].reshape(-1, step) ** 2, axis=1) + 1e-10
    starts = []
    for i, value in enumerate(power):
        before = np.mean(power[max(0, i - 5):i]) if i > 0 else 1e-10
        apart = not starts or i - starts[-1] > 15
        if value > 1e-3 * power.max() and value > 8 * before and apart:
            starts.append(i)
    starts = starts or [0]
    for start, end in zip(starts, starts[1:] + [None]):
        stroke = sound[max(0, start - 1) * step:None if end is None else (end - 1) * step]
        peak = np.abs(stroke).max() if len(stroke) >= 1000 else 0
        if peak >= 1e-3:
            yield stroke[np.argmax(np.abs(stroke) > 0.05 * peak):]


def magnitudes(sound, window, hop):
    frames = np.lib.stride_tricks.sliding_window_view(sound, window)[::hop]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    return np.abs(np.fft.rfft(frames * hann, axis=1))


def template(stroke, window=2048, hop=512, n_frames=10):
    total = 0
    for place in range(4):
        before = window - 3 * hop + int(hop * (place + 0.5) / 4)
        padded = np.zeros(window + n_frames * hop)
        part = stroke[:len(padded) - before]
        padded[before:before + len(part)] = part
        total = total + magnitudes(padded, window, hop)[:n_frames]
    return total / total.sum()


def factorise(V, n_atoms, iterations, seed):
    random = np.random.default_rng(seed)
    W = random.uniform(0.1, 1, (n_atoms, V.shape[1])).astype("f4")
    H = random.uniform(0.1, 1, (len(V), n_atoms)).astype("f4")
    W /= W.sum(axis=1, keepdims=True)
    H *= V.sum() / H.sum()
    for _ in range(iterations):
        H *= V / (H @ W + 1e-12) @ W.T
        W *= H.T @ (V / (H @ W + 1e-12)) / (H.sum(axis=0)[:, None] + 1e-12)
        scale = W.sum(axis=1) + 1e-30
        W /= scale[:, None]
        H *= scale
    return W


def write(path, W, labels, window, hop):
    W = W.astype("<f4")
    metadata = {"format_version": "1", "sample_rate": str(RATE), "window": "hann",
                "window_length": str(window), "hop": str(hop), "fft_size": str(window),
                "exponent": "1", "labels": json.dumps(labels), "seed": "1"}
    header = json.dumps({"__metadata__": metadata,
                         "W": {"dtype": "F32", "shape": list(W.shape),
                               "data_offsets": [0, W.nbytes]}}).encode()
    header += b" " * (-len(header) % 8)
    path.write_bytes(struct.pack("<Q", len(header)) + header + W.tobytes())


def make(folder, out, left_out=None):
    templates, pieces = [], []
    for kind in KINDS:
        paths = [path for path in sorted(folder.glob(f"{kind}__*.flac"))
                 if left_out is None or not path.stem.startswith(f"{kind}__{left_out}")]
        files = [list(strokes(path)) for path in paths]
        mean = np.mean([np.mean([template(stroke) for stroke in file], axis=0)
                        for file in files], axis=0) + 1e-8
        templates.append(mean / mean.sum())
        for stroke in sum(files, []):
            stroke = 0.5 * stroke / np.abs(stroke).max()
            pieces += [np.zeros(2048), stroke[:RATE], np.zeros(1024)]
    write(out / "drums.safetensors", np.array(templates), list(KINDS), 2048, 512)
    V = magnitudes(np.concatenate(pieces), 4096, 512).astype("f4")
    V = V[V.sum(axis=1) > 1e-3 * V.sum(axis=1).max()]
    write(out / "percussion.safetensors", factorise(V, 32, 60, 1), ["percussive"] * 32, 4096, 512)


def main():
    given = sys.argv[1:]
    make(pathlib.Path(given[0]), pathlib.Path(given[1]) if len(given) > 1
         else pathlib.Path(__file__).parent, given[2] if len(given) > 2 else None)


if __name__ == "__main__":
    main()
