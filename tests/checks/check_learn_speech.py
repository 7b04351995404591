"""'learn --speech' against the same recipe in double precision, with no code of ours: frames, columns,
start values and updates, atom by atom."""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import soundfile

from speech_recipe import N_BINS, factorise, magnitudes, read_atoms, stacked, voice

STACKED, ITERATIONS, SEED, N_ATOMS = 3, 60, 7, 4


def columns(V):
    """Soft ones are left out, the others divided by the root of their sum."""
    M = stacked(V)
    sums = M.sum(axis=1)
    kept = sums >= 1e-3 * sums.max()
    return M[kept] / np.sqrt(sums[kept])[:, None]


def divergence(V, model):
    return np.sum(V * np.log(np.maximum(V, 1e-300) / model) - V + model)


program = sys.argv[1]
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    speakers = [("a.wav", 16000, 1, 1024), ("b.wav", 44100, 2, 2816)]
    expected = []
    for i, (path, rate, n_channels, window) in enumerate(speakers):
        sound = voice(rate, n_channels, i).astype(np.float32)
        soundfile.write(folder / path, sound, rate, "FLOAT")
        V = columns(magnitudes(sound.astype(float), window))
        W, model = factorise(V, N_ATOMS, ITERATIONS, SEED)
        expected.append((V, W, divergence(V, model)))
    output = folder / "speech.safetensors"
    subprocess.run([program, "learn", "--speech", *(folder / path for path, *_ in speakers), "-o",
                    output, "--atoms", str(N_ATOMS), "--seed", str(SEED), "-q"], check=True)
    W, metadata = read_atoms(output)

assert W.shape == (len(speakers) * N_ATOMS, STACKED, N_BINS), W.shape
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
