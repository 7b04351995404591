"""'denoise' against its recipe in double precision, with no code of ours, from the sound in the file to
the sound in the file: noise found and learned, both passes, evidence, gains, a weak profile's share of
them, and the way back."""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import soundfile

from speech_recipe import N_BINS, factorise, read_atoms, stacked, voice

RATE, WINDOW, HOP = 16000, 1024, 256
SHAPE = np.sin(np.pi * (np.arange(WINDOW) + 0.5) / WINDOW)
LEAD = 0.8  # seconds of noise alone


def transform(sound):
    """Spectra of all frames that hold a sample."""
    n_frames = (len(sound) + WINDOW - 1) // HOP
    padded = np.zeros(WINDOW - HOP + n_frames * HOP)
    padded[WINDOW - HOP:WINDOW - HOP + len(sound)] = sound
    return np.array([np.fft.rfft(padded[m * HOP:m * HOP + WINDOW] * SHAPE)
                     for m in range(n_frames)])


def back(X, n):
    padded = np.zeros(WINDOW - HOP + len(X) * HOP)
    for m, frame in enumerate(X):
        padded[m * HOP:m * HOP + WINDOW] += np.fft.irfft(frame) * SHAPE / 2
    return padded[WINDOW - HOP:WINDOW - HOP + n]


def quiet_order(V):
    """Frames by energy, each bin's relative to the root of its usual level."""
    usual = V.mean() * (np.exp(np.log(V / V.mean() + 1e-4).mean(axis=0)) + 0.02)
    return np.argsort((V ** 2 / usual).sum(axis=1), kind="stable")


def bands():
    """Bins x bands: single bins, then 6 %."""
    edges, edge = [], 0.0
    while int(edge) < N_BINS:
        edges.append(int(edge))
        edge += 1.0 if edge < 32 else max(1.0, 0.06 * edge)
    B = np.zeros((N_BINS, len(edges)))
    for b, (first, end) in enumerate(zip(edges, edges[1:] + [N_BINS])):
        B[first:end, b] = 1
    return B


def mirrored_mean(w, V, sigma):
    """Means over time of V^2, weighted by w and a Gaussian."""
    reach = int(4 * sigma + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    w = np.pad(w + 1e-6, ((reach, reach), (0, 0)), mode="symmetric")
    power = w * np.pad(V, ((reach, reach), (0, 0)), mode="symmetric") ** 2
    return np.array([(kernel @ power[t:t + len(kernel)]) / (kernel @ w[t:t + len(kernel)])
                     for t in range(len(V))])


class Section:
    def __init__(self, V, speech, noise, quiet_power, fast):
        self.V, self.fast, self.stacked = V, fast, (lambda M: M) if fast else stacked
        self.unit = V.mean()
        self.n_stacked = 1 if fast else 3
        W = speech.reshape(len(speech), 3, N_BINS)[:, 1 if fast else slice(None)]
        W = W.reshape(len(speech), -1)
        self.n_speech = len(W)
        mean = noise.mean(axis=0, keepdims=True)
        W = np.vstack([W / W.sum(axis=1, keepdims=True), factorise(noise, 16, 40, 1)[0],
                       mean / mean.sum()])
        level = mean.reshape(self.n_stacked, N_BINS)[self.n_stacked // 2]
        weights = 1 / np.sqrt(level / self.unit + 0.03)
        self.B = (weights / weights.mean())[:, None] * bands()
        frames = W.reshape(len(W), self.n_stacked, N_BINS)
        self.folded = (frames @ self.B).reshape(len(W), -1)
        scale = self.folded.sum(axis=1)
        self.folded /= scale[:, None]
        self.atoms = frames / scale[:, None, None]
        gentle = 0.08 if fast else 0.2
        level = 10 * np.log10(quiet_power / (V ** 2).mean())
        self.strength = gentle + (1 - gentle) * np.clip((level + 29) / 15, 0, 1)

    def models(self, iterations, C):
        """Of speech and noise, from activations in bands."""
        V = self.stacked(self.V @ self.B)
        C = self.stacked(C @ self.B)
        penalty = np.where(np.arange(len(self.folded)) < self.n_speech, 1.1, 1.0)
        H = np.repeat(V.sum(axis=1, keepdims=True) / len(penalty), len(penalty), axis=1)
        for _ in range(iterations):
            H *= (V / np.maximum(H @ self.folded + C, 1e-24)) @ self.folded.T / penalty
        t = np.arange(len(H))
        S = N = 0
        for i in range(self.n_stacked):
            seen = H[np.clip(t - i + self.n_stacked // 2, 0, len(H) - 1)] / self.n_stacked
            S = S + seen[:, :self.n_speech] @ self.atoms[:self.n_speech, i]
            N = N + seen[:, self.n_speech:] @ self.atoms[self.n_speech:, i]
        return S, N

    def log_ratio(self, a, b, limit):
        small = 1e-4 * self.unit
        return np.clip(np.log((a + small) / (b + small)), -limit, limit)

    def gains(self):
        V, none = self.V, np.zeros_like(self.V)
        if self.fast:
            S, N = self.models(20, none)
            z = (-0.761 + 1.999 * self.log_ratio(S, N, 7) - 0.123 * self.log_ratio(V, N, 5) +
                 0.722 * self.log_ratio(V, S + N, 3))
            return (1 + np.exp(-z)) ** (-1.437 * self.strength)
        S, N = self.models(40, none)
        first = self.log_ratio(S, N, 7)
        R = np.sqrt(mirrored_mean((N ** 2 / (S ** 2 + N ** 2)) ** 8, V, 0.4 * RATE / HOP))
        S, atoms = self.models(40, 0.8 * R)
        N = atoms + 0.8 * R
        z = (0.307 + 0.429 * self.log_ratio(S, N, 7) + 1.221 * first +
             0.390 * self.log_ratio(V, N, 5) + 0.407 * self.log_ratio(V, S + N, 3) -
             0.436 * self.log_ratio(R, atoms, 4))
        return (1 + np.exp(-z)) ** (-0.780 * self.strength)


def denoised(sound, speech, known, fast):
    X = transform(sound)
    V = np.abs(X)
    stack = (lambda M: M) if fast else stacked
    inner = V[3:-3]  # the others reach beyond the ends
    order = quiet_order(inner)
    power = (inner[order[:max(4, int(0.02 * len(inner)))]] ** 2).mean()
    noise = stack(inner)[order[:int(0.1 * len(inner))]]
    G = Section(V, speech, noise, power, fast).gains()
    if known:
        frames = V[3:int(LEAD * RATE) // HOP]
        power = (frames ** 2).mean()
        level = 10 * np.log10(power / (V ** 2).mean())
        share = (0.75 * (1 - np.clip((level + 12) / 6, 0, 1)) *
                 (1 - np.clip((np.arange(N_BINS) - 9) / 7, 0, 1)))
        G = share * G + (1 - share) * Section(V, speech, stack(frames), power, fast).gains()
    return back(np.maximum(G, 0.01) * X, len(sound))


program, dictionary = sys.argv[1], pathlib.Path(sys.argv[2])
atoms, _ = read_atoms(dictionary)
random = np.random.default_rng(1)
clean = np.concatenate([np.zeros(int(LEAD * RATE)), voice(RATE, 1, 1)[:, 0], voice(RATE, 1, 2)[:, 0]])
noise = random.standard_normal(len(clean)) * (1 + 0.5 * np.sin(np.arange(len(clean)) / 3000))
noisy = (clean + 0.006 * np.convolve(noise, [1, 0.7, 0.4], "same")).astype(np.float32)
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    soundfile.write(folder / "in.wav", noisy, RATE, "FLOAT")
    for fast in (False, True):
        for known in (False, True):
            words = (["--fast"] if fast else []) + (["--profile", f"0-{LEAD}"] if known else [])
            subprocess.run([program, "denoise", folder / "in.wav", "-o", folder / "out.wav",
                            "--force", "-q", "--dictionary", dictionary, *words], check=True)
            ours, _ = soundfile.read(folder / "out.wav")
            expected = denoised(noisy.astype(float), atoms, known, fast)
            change = np.abs(expected - noisy).max()
            difference = np.abs(ours - expected).max()
            print(f"{'fast' if fast else 'best'}, {'profile' if known else 'auto'}: takes away up to "
                  f"{change:.4f}, differs by {difference:.2e}")
            assert change > 0.02 and difference < 1e-5, (change, difference)
