#!/usr/bin/python3
"""The iteration against scikit-learn's, on one thread, in CPU time.

    tests/bench/compare_nmf.py --build BUILD [--recording FILE] [--atoms 8,16,32,64]
                               [--iterations 10,30] [--repeat 5]

Both programs get the same V and the same start and run Kullback-Leibler multiplicative updates,
scikit-learn as NMF(solver='mu', beta_loss='kullback-leibler', init='custom', tol=0) in float32. V is
a magnitude spectrogram of four minutes of sound: once the mean of the channels with windows of 2048,
once two channels side by side with windows of 4096.

A run of few iterations is subtracted from one of more, so that loading, checks and the first and
last divergence cancel out on both sides. The two programs take turns. What both reached is judged by
one function here, in double precision; they must agree to 5 digits, or the comparison fails.

GFLOP/s count the four products of an iteration, 8 N M K operations, and nothing else. Their share is
of the rate at which bench_kernels measures OpenBLAS to multiply square matrices, in the same turn.
"""

import argparse
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

import material

material.one_thread()

import numpy as np
import scipy.signal
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning

BARS = {16: 5.0, 32: 3.5, 64: 2.0}  # times as fast as scikit-learn
AIMS = {8: 50, 16: 70, 32: 80, 64: 85}  # per cent of sgemm's rate
AGREEMENT = 1e-5


def magnitudes(sound, rate, window, hop):
    """Frames x bins, in float32, channel after channel to keep the complex spectrum small."""
    parts = [
        np.abs(scipy.signal.stft(channel, rate, nperseg=window, noverlap=window - hop)[2]).T
        for channel in sound.T
    ]
    return [part.astype(np.float32) for part in parts]


def problems(path):
    """Names and matrices, one at a time: together they would need much memory."""
    sound, rate = material.repeated(path, 240)
    yield "mean of channels, 2048/512", np.mean(magnitudes(sound, rate, 2048, 512), axis=0)
    yield "channels side by side, 4096/1024", np.hstack(magnitudes(sound, rate, 4096, 1024))


def start_values(V, K):
    """Random H and W; rows of W sum to 1, which one of the two programs insists on."""
    random = np.random.default_rng(K)
    W = random.uniform(0.1, 1.0, (K, V.shape[1]))
    W /= W.sum(axis=1, keepdims=True)
    H = random.uniform(0.1, 1.0, (V.shape[0], K)) * (V.mean() * V.shape[1] / (0.55 * K))
    return H.astype(np.float32), W.astype(np.float32)


def divergence(V, H, W):
    """Generalised Kullback-Leibler divergence of V from H W, in double, 0 log 0 = 0."""
    total = 0.0
    for first in range(0, len(V), 512):
        v = V[first : first + 512].astype(np.float64)
        m = H[first : first + 512].astype(np.float64) @ W.astype(np.float64)
        m = np.maximum(m, 1e-30)
        total += (np.where(v > 0, v * np.log(np.where(v > 0, v, 1) / m), 0) - v + m).sum()
    return total


def peer_run(V, H, W, iterations):
    model = NMF(
        n_components=len(W),
        solver="mu",
        beta_loss="kullback-leibler",
        init="custom",
        tol=0,
        max_iter=iterations,
    )
    H, W = H.copy(), W.copy()
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        H = model.fit_transform(V, W=H, H=W)
    return time.process_time() - start, H, model.components_


class Ours:
    """Runs bench_nmf over a file that holds V and room for the factors."""

    def __init__(self, program, directory, V):
        self.program = program
        self.path = os.path.join(directory, "problem")
        self.shape = V.shape
        V.tofile(self.path)

    def run(self, H, W, counts):
        """Seconds for each count of iterations, and the factors after the last."""
        with open(self.path, "r+b") as file:
            file.seek(4 * self.shape[0] * self.shape[1])
            H.tofile(file)
            W.tofile(file)
            file.truncate()
        numbers = [str(n) for n in (*self.shape, len(W), *counts)]
        answer = subprocess.run(
            [self.program, self.path, *numbers], stdout=subprocess.PIPE, text=True, check=True
        ).stdout
        factors = np.fromfile(self.path, np.float32, offset=4 * self.shape[0] * self.shape[1])
        return (
            [float(line) for line in answer.split()],
            factors[: H.size].reshape(H.shape),
            factors[H.size :].reshape(W.shape),
        )


def sgemm_rate(program):
    """In operations a second. bench_kernels measures it first; of no size it measures no kernels."""
    answer = subprocess.run(
        [program, "avx512", "1", "1"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    found = re.search(r"^sgemm .*: ([0-9.]+) GFLOP/s", answer)
    if not found:
        sys.exit("bench_kernels did not tell sgemm's rate")
    return 1e9 * float(found.group(1))


def compare(V, ours, K, options, kernels):
    """One line of the table; False when the bar is missed. Ends when the results differ."""
    H, W = start_values(V, K)
    few, many = options.iterations
    our_times, peer_times, rates = [], [], []
    for _ in range(options.repeat):
        times, our_H, our_W = ours.run(H, W, [few, many])
        our_times.append((times[1] - times[0]) / (many - few))
        first, _, _ = peer_run(V, H, W, few)
        second, peer_H, peer_W = peer_run(V, H, W, many)
        peer_times.append((second - first) / (many - few))
        rates.append(sgemm_rate(kernels))
    our_end, peer_end = divergence(V, our_H, our_W), divergence(V, peer_H, peer_W)
    if not math.isclose(our_end, peer_end, rel_tol=AGREEMENT):
        sys.exit(f"K = {K}: ours ends at {our_end:.9g}, scikit-learn at {peer_end:.9g}")
    ratio = statistics.median(peer_times) / statistics.median(our_times)
    ratios = [p / o for p, o in zip(peer_times, our_times)]
    rate = 8.0 * V.shape[0] * V.shape[1] * K / statistics.median(our_times)
    share = 100 * rate / statistics.median(rates)
    bar = BARS.get(K, 0.0)
    print(
        f"{K:3d} {material.spread([1e3 * t for t in our_times], '{:.0f}'):>18}"
        f" {material.spread([1e3 * t for t in peer_times], '{:.0f}'):>18}"
        f" {ratio:6.1f} ({min(ratios):.1f}..{max(ratios):.1f})"
        f" {bar if bar else '-':>5} {1e-9 * rate:8.1f} {share:6.0f} {AIMS.get(K, '-'):>5}"
        f"   {our_end:.7g} {abs(our_end / peer_end - 1):.0e}",
        flush=True,
    )
    return ratio >= bar


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    numbers = lambda text: [int(n) for n in text.split(",")]
    parser.add_argument("--build", required=True, help="folder the benchmarks were built in")
    parser.add_argument("--recording", default=material.RECORDING)
    parser.add_argument("--atoms", type=numbers, default=[8, 16, 32, 64])
    parser.add_argument("--iterations", type=numbers, default=[10, 30], metavar="FEW,MANY")
    parser.add_argument("--repeat", type=int, default=5)
    return parser.parse_args()


def main():
    options = arguments()
    programs = os.path.join(options.build, "tests", "bench")
    kernels = os.path.join(programs, "bench_kernels")
    print(material.cpu_model())
    reached = True
    for name, V in problems(options.recording):
        V = np.ascontiguousarray(V)
        print(f"\n{name}: {V.shape[0]} x {V.shape[1]}, milliseconds an iteration, median (range)")
        print(f"  K {'unmingle':>18} {'scikit-learn':>18}  ratio (range)     bar  GFLOP/s  share"
              "   aim   divergence, difference")
        with tempfile.TemporaryDirectory() as directory:
            ours = Ours(os.path.join(programs, "bench_nmf"), directory, V)
            for K in options.atoms:
                reached &= compare(V, ours, K, options, kernels)
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
