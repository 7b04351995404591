#!/usr/bin/python3
"""What `unmingle factor` needs: memory on a matrix and on a long recording, and what a second thread
gains.

    tests/bench/measure_factor.py --build BUILD [--only dense,online,threads] [--hours 10]
                                  [--recording FILE] [--repeat 3]

dense    peak memory on a V in an NPY file, the program and all, in parts of V's size.
online   peak memory of the online solver on a recording of --hours, made of --recording repeated; and
         its divergence on one hour against those of `mu` and `auto`, medians of --repeat starts: which
         minimum a start leads to makes more of a difference than the solver.
threads  wall time of `mu` on one and on two threads, for three sizes, and whether the factors have the
         same bits. Needs two processors that nothing else uses.
"""

import argparse
import json
import os
import statistics
import tempfile
import time

import numpy as np

import material


def factor(options, V, *words):
    """Peak memory in MiB, wall seconds and the divergence at the end. Factors go to DIR/out."""
    command = [options.program, "factor", V, "-o", os.path.join(options.directory, "out"), "--force",
               *map(str, words)]
    start = time.monotonic()
    _, peak, _ = material.run_measured(command)
    seconds = time.monotonic() - start
    with open(os.path.join(options.directory, "out", "report.json"), encoding="utf-8") as file:
        report = json.load(file)
    return peak, seconds, report["final_divergence"]


def factors(options):
    """The bytes of W and H."""
    contents = []
    for name in ("W.npy", "H.npy"):
        with open(os.path.join(options.directory, "out", name), "rb") as file:
            contents.append(file.read())
    return contents


def save_matrix(options, rows, cols):
    """Block by block: the peak of a process counts as that of what it starts, too."""
    path = os.path.join(options.directory, f"V{rows}x{cols}.npy")
    random = np.random.default_rng(1)
    with open(path, "wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f4", "fortran_order": False, "shape": (rows, cols)})
        for first in range(0, rows, 500):
            block = random.random((min(500, rows - first), cols), dtype=np.float32) + np.float32(0.01)
            block.tofile(file)
    return path


def measure_dense(options):
    words = ["--atoms", 16, "--threads", 1, "--iterations", 20, "--memory", "2G"]
    for rows in 20000, 100000:
        V = save_matrix(options, rows, 1025)
        size = rows * 1025 * 4 / 2**20
        for solver in "mu", "auto":
            peak, _, _ = factor(options, V, *words, "--solver", solver)
            print(f"dense V {rows} x 1025, {solver}: {size:.0f} MiB; peak {peak:.0f} MiB, "
                  f"V + {100 * peak / size - 100:.1f} % (bar 15)", flush=True)
        os.remove(V)


def measure_online(options):
    hour = os.path.join(options.directory, "hour.wav")
    material.write_repeated(options.recording, 3600, hour)
    ends = {}
    for solver in "auto", "mu", "online":
        runs = [factor(options, hour, "--atoms", 16, "--solver", solver, "--seed", seed)
                for seed in range(1, options.repeat + 1)]
        ends[solver] = statistics.median(divergence for _, _, divergence in runs)
        print(f"1 h, {solver}: {max(peak for peak, _, _ in runs):.0f} MiB, "
              f"{statistics.median(seconds for _, seconds, _ in runs):.0f} s, divergences " +
              " ".join(f"{divergence:.4g}" for _, _, divergence in runs), flush=True)
    print(f"1 h, online: median {100 * (ends['online'] / ends['mu'] - 1):+.2f} % above that of mu, "
          f"{100 * (ends['online'] / ends['auto'] - 1):+.2f} % above that of auto (bar 2)", flush=True)
    os.remove(hour)
    long = os.path.join(options.directory, "long.wav")
    material.write_repeated(options.recording, 3600 * options.hours, long)
    peak, seconds, _ = factor(options, long, "--atoms", 16, "--solver", "online")
    print(f"{options.hours:g} h, online: {peak:.0f} MiB (bar 200), {seconds:.0f} s", flush=True)


def measure_threads(options):
    print("   K  columns  one thread  two threads   gain  same bits")
    for rows, cols, K in (20000, 1025, 16), (20000, 1025, 64), (10000, 4098, 32):
        V = save_matrix(options, rows, cols)
        times, ends = {}, {}
        for _ in range(options.repeat):
            for n in 1, 2:
                # A run of few iterations is subtracted, so that loading and writing cancel out.
                seconds = []
                for iterations in 10, 60:
                    seconds.append(factor(options, V, "--atoms", K, "--threads", n, "--solver", "mu",
                                          "--tolerance", 0, "--iterations", iterations,
                                          "--memory", "2G")[1])
                times.setdefault(n, []).append((seconds[1] - seconds[0]) / 50)
                ends[n] = factors(options)
        one, two = (statistics.median(times[n]) for n in (1, 2))
        print(f"{K:4} {cols:8} {1e3 * one:8.1f} ms {1e3 * two:9.1f} ms {one / two:6.2f}  "
              f"{'yes' if ends[1] == ends[2] else 'NO'}", flush=True)
        os.remove(V)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--only", default="dense,online,threads")
    parser.add_argument("--hours", type=float, default=10.0)
    parser.add_argument("--recording", default=material.RECORDING)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    options.program = os.path.join(options.build, "unmingle")
    parts = {"dense": measure_dense, "online": measure_online, "threads": measure_threads}
    print(material.cpu_model())
    with tempfile.TemporaryDirectory() as options.directory:
        for name in options.only.split(","):
            parts[name](options)


if __name__ == "__main__":
    main()
