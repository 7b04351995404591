"""What other programs do to take music apart, in a few lines of numpy each.

Sounds are samples x channels. Every function gives as many sounds as sources, in no order that means
anything but for the last two.
"""

import numpy as np
import scipy.ndimage
import scipy.signal


def spectrum(sound, window, hop):
    """Frames x bins x channels."""
    _, _, X = scipy.signal.stft(sound.T, window=scipy.signal.get_window("hann", window),
                                nperseg=window, noverlap=window - hop)
    return X.transpose(2, 1, 0)


def sound_of(X, window, hop, length):
    _, sound = scipy.signal.istft(X.transpose(2, 1, 0),
                                  window=scipy.signal.get_window("hann", window),
                                  nperseg=window, noverlap=window - hop)
    return sound.T[:length]


def masked(X, masks, window, hop, length):
    return [sound_of(X * mask, window, hop, length) for mask in masks]


def plain_nmf(sound, n, seed, window=1024, hop=512, iterations=100):
    """FluCoMa's fluid-nmf with its own settings: each channel by itself, n atoms from a random start,
    Lee and Seung's updates for the Kullback-Leibler divergence, a source an atom, ratio masks. Gives
    n lists of channels x samples a channel: the order in one channel tells nothing of the other."""
    parts = []
    for channel in range(sound.shape[1]):
        random = np.random.default_rng([seed, channel])
        X = spectrum(sound[:, channel:channel + 1], window, hop)
        V = np.abs(X[:, :, 0])
        W, H = random.random((n, V.shape[1])), random.random((len(V), n))
        W /= np.sqrt((W ** 2).sum(axis=1, keepdims=True))
        for _ in range(iterations):
            W *= H.T @ (V / (H @ W + 1e-12)) / (H.sum(axis=0)[:, None] + 1e-12)
            H *= V / (H @ W + 1e-12) @ W.T / (W.sum(axis=1) + 1e-12)
        model = H @ W + 1e-12
        masks = [(np.outer(H[:, k], W[k]) / model)[:, :, None] for k in range(n)]
        parts.append(masked(X, masks, window, hop, len(sound)))
    return parts


def median_hpss(sound, window=4096, hop=1024, frames=31, bins=31):
    """Struck and not, by medians over frames and over bins (Fitzgerald, 2010)."""
    X = spectrum(sound, window, hop)
    V = np.abs(X).sum(axis=2)
    lasting = scipy.ndimage.median_filter(V, (frames, 1)) ** 2
    struck = scipy.ndimage.median_filter(V, (1, bins)) ** 2
    mask = (struck / (struck + lasting + 1e-20))[:, :, None]
    return masked(X, [mask, 1 - mask], window, hop, len(sound))


def repet_sim(sound, rate, window=4096, hop=1024, n_similar=100, distance=1.0, lowest=100.0):
    """What does not repeat, and what does: the median of the frames most alike (Rafii and Pardo,
    2012). Below `lowest` Hz all repeats."""
    X = spectrum(sound, window, hop)
    V = np.abs(X).mean(axis=2)
    unit = V / (np.sqrt((V ** 2).sum(axis=1, keepdims=True)) + 1e-12)
    alike, apart = unit @ unit.T, int(distance * rate / hop)
    background = np.empty_like(X, dtype=float)
    for i, row in enumerate(alike):
        peaks = np.flatnonzero(row == scipy.ndimage.maximum_filter1d(row, 2 * apart + 1))
        chosen = peaks[np.argsort(-row[peaks])][:n_similar]
        background[i] = np.median(np.abs(X[chosen]), axis=0)
    background = np.minimum(background, np.abs(X))
    n_low = int(np.ceil(lowest * window / rate))
    background[:, :n_low] = np.abs(X[:, :n_low])
    mask = background / (np.abs(X) + 1e-12)
    return masked(X, [1 - mask, mask], window, hop, len(sound))
