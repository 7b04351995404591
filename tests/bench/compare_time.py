#!/usr/bin/python3
"""Time to an objective: the solver `auto` against scikit-learn's multiplicative updates.

    tests/bench/compare_time.py --build BUILD RECORDING [RECORDING ...] [--atoms 16,32,64]
                                [--starts 5] [--repeat 3] [--solver auto] [--seconds 240]

V is the magnitude spectrogram of a recording, mean of the channels, windows of 2048, hop 512: all of
it up to --seconds, nothing repeated. scikit-learn makes 200 iterations (NMF(solver='mu',
beta_loss='kullback-leibler', init='custom', tol=0) in float32) from a random start, and its
divergence then is the target. Ours begins from the same H and W, and stops by itself: when the
divergence falls by less than --tolerance of itself in --check-every iterations. Every start is run
by both, in turns, ours --repeat times, of which the median counts. All times are CPU time of one
thread and hold everything from the given H and W to the last divergence.

Told for every K, as times as fast as scikit-learn's 200 iterations, median of the starts (slowest
start):
  end         until ours had stopped by itself
  target      until its divergence was the first time at most 0.5 % above the target
  difference  of our divergence at the end from the target, median (highest)
Divergences are judged by one function, in double precision, and ours on the way by the curve of the
library, which must agree with it at the end.
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile

import material

material.one_thread()

import numpy as np
import soundfile

import peers
from compare_nmf import divergence, magnitudes, start_values

BARS = {16: 12.0, 32: 9.0, 64: 6.0}
CLOSE = 1.005  # times the target
PEER_ITERATIONS = 200


def spectrogram(path, seconds):
    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    sound = sound[: round(seconds * rate)]
    return np.ascontiguousarray(np.mean(magnitudes(sound, rate, 2048, 512), axis=0))


class Descent:
    """Runs bench_descent over a file that holds V and room for the factors."""

    def __init__(self, build, directory, V, options):
        self.program = os.path.join(build, "tests", "bench", "bench_descent")
        self.path = os.path.join(directory, "problem")
        self.V = V
        self.settings = [options.solver, "200", str(options.tolerance), str(options.check_every)]
        self.finely = [options.solver, None, "0", "1"]
        V.tofile(self.path)

    def run(self, H, W, settings):
        """Rows of seconds, iterations and divergence."""
        with open(self.path, "r+b") as file:
            file.seek(4 * self.V.size)
            H.tofile(file)
            W.tofile(file)
            file.truncate()
        words = [str(word) for word in (*self.V.shape, len(W), *settings)]
        answer = subprocess.run(
            [self.program, self.path, *words], stdout=subprocess.PIPE, text=True, check=True
        ).stdout
        return np.array([line.split() for line in answer.splitlines()], float)

    def result(self, H, W):
        factors = np.fromfile(self.path, np.float32, offset=4 * self.V.size)
        return factors[: H.size].reshape(H.shape), factors[H.size :].reshape(W.shape)


def seconds_to(rows, target):
    """When the divergence was first at most this; infinite when never. Values from the time when
    only some of the frames were learned from are estimates, and do not count."""
    on_all = rows[:, 1] == np.floor(rows[:, 1])
    on_all &= np.cumsum(~on_all[::-1])[::-1] == 0
    reached = rows[on_all & (rows[:, 2] <= target), 0]
    return reached[0] if len(reached) else math.inf


def measure(V, descent, K, start, options):
    """Ratios until the end and until the target, and the difference, for one start."""
    H, W = start_values(V, K, start)
    peer_seconds, *factors = peers.scikit_learn(V, H, W, PEER_ITERATIONS)
    target = divergence(V, *factors)
    ends, targets = [], []
    for _ in range(options.repeat):
        rows = descent.run(H, W, descent.settings)
        ours = divergence(V, *descent.result(H, W))
        if not math.isclose(ours, rows[-1, 2], rel_tol=1e-4):
            sys.exit(f"K = {K}: the curve ends at {rows[-1, 2]:.9g}, the result is {ours:.9g}")
        ends.append(rows[-1, 0])
        # The same way once more, with every iteration's divergence told.
        descent.finely[1] = str(int(rows[-1, 1]))
        targets.append(seconds_to(descent.run(H, W, descent.finely), CLOSE * target))
    return (
        peer_seconds / statistics.median(ends),
        peer_seconds / statistics.median(targets),
        ours / target - 1,
        peer_seconds,
    )


def ratio(value):
    return f"{value:.1f}" if value > 0 else "never"


def compare(V, descent, K, options):
    """One line of the table; False when the bar is missed."""
    runs = [measure(V, descent, K, start, options) for start in range(options.starts)]
    ends, targets, differences, peer = zip(*runs)
    bar = BARS.get(K)
    print(
        f"{K:4d} {statistics.median(peer):9.2f} s"
        f" {statistics.median(ends):8.1f} ({min(ends):.1f})"
        f" {ratio(statistics.median(targets)):>8} ({ratio(min(targets))})"
        f" {bar if bar else '-':>6}"
        f"   {100 * statistics.median(differences):+.2f} % ({100 * max(differences):+.2f} %)",
        flush=True,
    )
    return bar is None or statistics.median(targets) >= bar


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--build", required=True, help="folder the benchmarks were built in")
    parser.add_argument("recordings", nargs="*", default=[material.RECORDING], metavar="RECORDING")
    parser.add_argument(
        "--atoms", type=lambda text: [int(n) for n in text.split(",")], default=[16, 32, 64]
    )
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--solver", default="auto")
    parser.add_argument("--tolerance", type=float, default=2e-3)
    parser.add_argument("--check-every", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=240)
    return parser.parse_args()


def main():
    options = arguments()
    print(material.cpu_model())
    reached = True
    for path in options.recordings:
        V = spectrogram(path, options.seconds)
        name = os.path.join(*os.path.abspath(path).split(os.sep)[-2:])
        print(f"\n{name}: {V.shape[0]} x {V.shape[1]}, {options.starts} starts")
        print("   K   200 its of         times as fast, median (slowest)        difference")
        print("     scikit-learn      end           target        bar   median (highest)")
        with tempfile.TemporaryDirectory() as directory:
            descent = Descent(options.build, directory, V, options)
            for K in options.atoms:
                reached &= compare(V, descent, K, options)
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
