#!/usr/bin/python3
"""The iteration against others', on one thread, in CPU time.

    tests/bench/compare_nmf.py --build BUILD [--recording FILE] [--atoms 8,16,32,64,128]
                               [--peers scikit-learn,numpy,torch] [--cpu avx512|avx2]
                               [--precision fp32|bf16] [--iterations 4,16] [--repeat 5]

All programs get the same V and the same start and run Kullback-Leibler multiplicative updates in
float32 (peers.py tells how). V is a magnitude spectrogram of four minutes of sound: once the mean of
the channels with windows of 2048, once two channels side by side with windows of 4096.

A run of few iterations is subtracted from one of more, so that loading, checks and the first and
last divergence cancel out on both sides. The programs take turns. What they reached is judged by
one function here, in double precision; ours (solver mu) must agree with each peer to 5 digits, or
the comparison fails. Our joint solver takes another way, so its divergence is only printed.

GFLOP/s count the products of an iteration, 8 N M K operations (joint: 6), and nothing else. Their
share is of the rate at which bench_kernels measures OpenBLAS to multiply square matrices, in the
same turn. `at 100 %` is the ratio that an alternating iteration at that very rate would have.

--precision bf16 adds our solvers with operands in bfloat16 (on a processor that has instructions for
it). They end near the others, so their divergence is only printed.

--cpu avx2 limits our kernels and OpenBLAS (peers and square product) to AVX2.
"""

import argparse
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile

import material

if "--cpu=avx2" in sys.argv or "avx2" in sys.argv:
    material.ONE_THREAD |= {"OPENBLAS_CORETYPE": "Haswell", "UNMINGLE_CPU": "avx2"}
material.one_thread()

import numpy as np
import scipy.signal

import peers

BARS = {"mu": {16: 6.0, 32: 4.0, 64: 2.2}, "joint": {16: 7.5, 32: 5.2, 64: 2.8}}
AIMS = {8: 52, 16: 72, 32: 82, 64: 88, 128: 85}  # per cent of sgemm's rate
PRODUCTS = {"mu": 4, "joint": 3}
REDUCED = {"mu-bf16": 4, "joint-bf16": 3}
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


def start_values(V, K, seed):
    """Random H and W; rows of W sum to 1, which one of the programs insists on."""
    random = np.random.default_rng(seed)
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


class Ours:
    """Runs bench_nmf over a file that holds V and room for the factors."""

    def __init__(self, program, directory, V):
        self.program = program
        self.path = os.path.join(directory, "problem")
        self.shape = V.shape
        V.tofile(self.path)

    def run(self, H, W, solver, counts):
        """Seconds for each count of iterations, and the factors after the last."""
        with open(self.path, "r+b") as file:
            file.seek(4 * self.shape[0] * self.shape[1])
            H.tofile(file)
            W.tofile(file)
            file.truncate()
        words = [str(word) for word in (*self.shape, len(W), solver, *counts)]
        answer = subprocess.run(
            [self.program, self.path, *words], stdout=subprocess.PIPE, text=True, check=True
        ).stdout
        factors = np.fromfile(self.path, np.float32, offset=4 * self.shape[0] * self.shape[1])
        return (
            [float(line) for line in answer.split()],
            factors[: H.size].reshape(H.shape),
            factors[H.size :].reshape(W.shape),
        )


def sgemm_rate(program, level):
    """In operations a second. bench_kernels measures it first; of no size it measures no kernels."""
    answer = subprocess.run(
        [program, level, "1", "1"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    found = re.search(r"^sgemm .*: ([0-9.]+) GFLOP/s", answer)
    if not found:
        sys.exit("bench_kernels did not tell sgemm's rate")
    return 1e9 * float(found.group(1))


def measure(V, ours, K, options, kernels):
    """Seconds an iteration of every program, turn after turn; sgemm's rates; divergences."""
    H, W = start_values(V, K, K)
    few, many = options.iterations
    times, ends, rates = {}, {}, []
    for _ in range(options.repeat):
        for solver in PRODUCTS:
            seconds, our_H, our_W = ours.run(H, W, solver, [few, many])
            times.setdefault(solver, []).append((seconds[1] - seconds[0]) / (many - few))
            ends[solver] = (our_H, our_W)
        for name in options.peers:
            first, _, _ = peers.ALL[name](V, H, W, few)
            second, *ends[name] = peers.ALL[name](V, H, W, many)
            times.setdefault(name, []).append((second - first) / (many - few))
        rates.append(sgemm_rate(kernels, options.cpu))
    divergences = {name: divergence(V, *factors) for name, factors in ends.items()}
    for name in options.peers:
        if not math.isclose(divergences["mu"], divergences[name], rel_tol=AGREEMENT):
            sys.exit(f"K = {K}: ours ends at {divergences['mu']:.9g}, "
                     f"{name} at {divergences[name]:.9g}")
    return times, rates, divergences


def compare(V, ours, K, options, kernels):
    """The lines of the table for one K; False when a bar is missed."""
    times, rates, divergences = measure(V, ours, K, options, kernels)
    median = {name: statistics.median(values) for name, values in times.items()}
    operations = 2.0 * V.shape[0] * V.shape[1] * K
    reached = True
    for solver, n_products in PRODUCTS.items():
        rate = n_products * operations / median[solver]
        ratios = [median[name] / median[solver] for name in options.peers]
        bar = BARS.get(solver, {}).get(K)
        limit = median[options.peers[0]] * statistics.median(rates) / (n_products * operations)
        aim = AIMS.get(K, "-") if solver == "mu" else "-"
        reached &= bar is None or ratios[0] >= bar
        print(
            f"{K:4d} {solver:>10} {material.spread([1e3 * t for t in times[solver]], '{:.0f}'):>16}"
            + "".join(f" {ratio:12.1f}" for ratio in ratios)
            + f" {bar if bar else '-':>5} {limit:8.1f} {1e-9 * rate:8.1f}"
            f" {100 * rate / statistics.median(rates):5.0f} % {aim:>4}"
            f"   {divergences[solver]:.7g}",
            flush=True,
        )
    print("                peers' ms:  " + "".join(f" {1e3 * median[name]:12.0f}" for name in options.peers),
          flush=True)
    return reached


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    numbers = lambda text: [int(n) for n in text.split(",")]
    names = lambda text: text.split(",")
    parser.add_argument("--build", required=True, help="folder the benchmarks were built in")
    parser.add_argument("--recording", default=material.RECORDING)
    parser.add_argument("--atoms", type=numbers, default=[8, 16, 32, 64, 128])
    parser.add_argument("--peers", type=names, default=list(peers.ALL))
    parser.add_argument("--cpu", choices=["avx512", "avx2"], default="avx512")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--iterations", type=numbers, default=[4, 16], metavar="FEW,MANY")
    parser.add_argument("--repeat", type=int, default=5)
    return parser.parse_args()


def main():
    options = arguments()
    if options.precision == "bf16":
        PRODUCTS.update(REDUCED)
    programs = os.path.join(options.build, "tests", "bench")
    kernels = os.path.join(programs, "bench_kernels")
    print(f"{material.cpu_model()}, {options.cpu}")
    reached = True
    for name, V in problems(options.recording):
        V = np.ascontiguousarray(V)
        print(f"\n{name}: {V.shape[0]} x {V.shape[1]}; milliseconds an iteration, median (range),"
              " times as fast as")
        print(f"   K     solver {'unmingle':>16}" + "".join(f" {name:>12}" for name in options.peers)
              + "   bar at 100 %  GFLOP/s  share  aim   divergence")
        with tempfile.TemporaryDirectory() as directory:
            ours = Ours(os.path.join(programs, "bench_nmf"), directory, V)
            for K in options.atoms:
                reached &= compare(V, ours, K, options, kernels)
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
