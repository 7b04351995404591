"""'denoise' in double precision, with no code of ours, from a sound to a sound: noise found and learned,
both passes, evidence, gains, a weak profile's share of them, and the way back."""

import collections

import numpy as np

from speech_recipe import N_BINS, factorise, stacked

RATE, WINDOW, HOP = 16000, 1024, 256
SHAPE = np.sin(np.pi * (np.arange(WINDOW) + 0.5) / WINDOW)

# Of speech_gain.c, by its names: the power and the constant, then the evidence.
Coefficients = collections.namedtuple(
    "Coefficients", "power, constant, ratio, first_ratio, over_noise, unexplained, rise")
TWO_PASSES = Coefficients(0.780, 0.307, 0.429, 1.221, 0.390, 0.407, -0.436)
ONE_PASS = Coefficients(1.437, -0.761, 1.999, 0.0, -0.123, 0.722, 0.0)


def transform(sound):
    """Spectra of all frames that hold a sample."""
    n_frames = (len(sound) + WINDOW - 1) // HOP
    padded = np.zeros(WINDOW - HOP + n_frames * HOP)
    padded[WINDOW - HOP:WINDOW - HOP + len(sound)] = sound
    return np.array([np.fft.rfft(padded[m * HOP:m * HOP + WINDOW] * SHAPE)
                     for m in range(n_frames)])


def back(X, n):
    padded = np.zeros(WINDOW - HOP + len(X) * HOP)
    for m, frame in enumerate(np.fft.irfft(X) * SHAPE / 2):
        padded[m * HOP:m * HOP + WINDOW] += frame
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

    def evidence(self):
        """Frames x bins of what each coefficient is of."""
        V = self.V
        S, N = self.models(20 if self.fast else 40, np.zeros_like(V))
        more = {}
        if not self.fast:
            R = np.sqrt(mirrored_mean((N ** 2 / (S ** 2 + N ** 2)) ** 8, V, 0.4 * RATE / HOP))
            more["first_ratio"] = self.log_ratio(S, N, 7)
            S, atoms = self.models(40, 0.8 * R)
            N = atoms + 0.8 * R
            more["rise"] = self.log_ratio(R, atoms, 4)
        return {"ratio": self.log_ratio(S, N, 7), "over_noise": self.log_ratio(V, N, 5),
                "unexplained": self.log_ratio(V, S + N, 3), **more}


def gains(evidence, strength, b):
    """The logistic function of the evidence, to a power."""
    z = b.constant + sum(getattr(b, name) * values for name, values in evidence.items())
    return np.exp(-b.power * strength * np.log1p(np.exp(-z)))


def parts_of_gains(V, speech, n_known, fast):
    """Whose sum the gains are: the bins and their share, the strength, and the evidence there, from the
    noise that is found and from that of the first n_known frames (0: no profile)."""
    stack = (lambda M: M) if fast else stacked
    share = np.ones(N_BINS)
    sections = []  # pairs of share and section
    if n_known:
        frames = V[3:n_known]
        power = (frames ** 2).mean()
        level = 10 * np.log10(power / (V ** 2).mean())
        share = (0.75 * (1 - np.clip((level + 12) / 6, 0, 1)) *
                 (1 - np.clip((np.arange(N_BINS) - 9) / 7, 0, 1)))
        sections.append((1 - share, Section(V, speech, stack(frames), power, fast)))
    if share.any():
        inner = V[3:-3]  # the others reach beyond the ends
        order = quiet_order(inner)
        power = (inner[order[:max(4, int(0.02 * len(inner)))]] ** 2).mean()
        noise = stack(inner)[order[:int(0.1 * len(inner))]]
        sections.append((share, Section(V, speech, noise, power, fast)))
    for share_of_it, section in sections:
        bins = np.flatnonzero(share_of_it)
        yield bins, share_of_it[bins], section.strength, {
            name: values[:, bins] for name, values in section.evidence().items()}


def sum_of_gains(parts, n_frames, coefficients):
    G = np.zeros((n_frames, N_BINS))
    for bins, share, strength, evidence in parts:
        G[:, bins] += share * gains(evidence, strength, coefficients)
    return np.maximum(G, 0.01)


def denoised(sound, speech, n_known, fast):
    X = transform(sound)
    parts = parts_of_gains(np.abs(X), speech, n_known, fast)
    return back(sum_of_gains(parts, len(X), ONE_PASS if fast else TWO_PASSES) * X, len(sound))
