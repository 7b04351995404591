#!/usr/bin/python3
"""The whole job as one would write it with Debian's Python packages, for compare_job.py.

    peer_separate.py IN.wav DIR --atoms 32 --sources 4 --iterations 100 [--stacked] [--double]

Reads a recording, factorises its magnitude spectrogram with scikit-learn, groups the atoms into
sources with k-means over their spectra, and writes one stem a source by Wiener masks. The
factorisation sees the mean of the channels, and one mask serves all of them; with --stacked it sees
the channels side by side, as unmingle does, and every channel has a mask of its own. All is in float32;
with --double it is as soundfile gives it when nothing is asked for.
"""

import argparse
import os
import warnings

import numpy as np
import scipy.signal
import soundfile
from sklearn.cluster import KMeans
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning

WINDOW, HOP = 4096, 1024
EXPONENT = 1.5  # of the masks: unmingle's default


def factorise(V, n_atoms, iterations):
    model = NMF(
        n_components=n_atoms,
        solver="mu",
        beta_loss="kullback-leibler",
        init="nndsvda",
        tol=0,
        max_iter=iterations,
        random_state=1,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        H = model.fit_transform(V)
    return H, model.components_


def group(W, n_sources):
    spectra = np.sqrt(W / W.sum(axis=1, keepdims=True))
    return KMeans(n_sources, n_init=10, random_state=1).fit_predict(spectra)


def separate(sound, rate, options):
    """Stems, one after the other, each samples x channels."""
    overlap = WINDOW - HOP
    _, _, X = scipy.signal.stft(sound.T, rate, nperseg=WINDOW, noverlap=overlap)
    magnitude = np.abs(X)  # channels x bins x frames
    n_channels, n_bins, n_frames = magnitude.shape
    if options.stacked:
        V = magnitude.reshape(n_channels * n_bins, n_frames).T
    else:
        V = magnitude.mean(axis=0).T
    del magnitude
    H, W = factorise(V, options.atoms, options.iterations)
    del V
    source_of = group(W, options.sources)

    def power(source):
        atoms = source_of == source
        return (H[:, atoms] @ W[atoms]) ** EXPONENT

    total = sum(power(source) for source in range(options.sources))
    total[total == 0] = 1
    for source in range(options.sources):
        mask = (power(source) / total).T
        masked = X * mask.reshape(-1, n_bins, n_frames)
        _, stem = scipy.signal.istft(masked, rate, nperseg=WINDOW, noverlap=overlap)
        yield stem.T[: len(sound)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("recording")
    parser.add_argument("directory")
    parser.add_argument("--atoms", type=int, default=32)
    parser.add_argument("--sources", type=int, default=4)
    parser.add_argument("--iterations", type=int, default=100)
    parser.add_argument("--stacked", action="store_true")
    parser.add_argument("--double", action="store_true")
    options = parser.parse_args()
    dtype = "float64" if options.double else "float32"
    sound, rate = soundfile.read(options.recording, dtype=dtype, always_2d=True)
    os.makedirs(options.directory, exist_ok=True)
    for i, stem in enumerate(separate(sound, rate, options)):
        path = os.path.join(options.directory, f"source-{i + 1}.wav")
        soundfile.write(path, stem, rate, soundfile.info(options.recording).subtype)


if __name__ == "__main__":
    main()
