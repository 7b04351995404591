#!/usr/bin/env python3
"""The speed and the memory of the factorisation of a sparse matrix, against scikit-learn's.

    tests/bench/compare_sparse.py --build BUILD [--rows 30000] [--columns 15000]
                                  [--entries 3000000] [--atoms 200] [--solver mu|joint]

The matrix is like counts of terms in documents: every document mixes a few of 200 topics, terms are
as frequent as those of a language, by Zipf's law. Both programs get the same matrix and the same
start, in float32, and run Kullback-Leibler multiplicative updates on one thread; scikit-learn as
NMF(solver='mu', beta_loss='kullback-leibler', init='custom', tol=0) on a csr_matrix.

Times are CPU time; a run of few iterations is subtracted from one of more, so that all but the
iterations cancels out. Memory is the peak of a process that loads the problem and runs it. The
divergences that both end with, in double precision, must agree to 5 digits; `joint` takes other
steps than scikit-learn, so there they are printed and not compared.
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
import scipy.sparse

BAR = 5.0  # times as fast as scikit-learn
AGREEMENT = 1e-5


def term_counts(n_rows, n_columns, n_entries, n_topics=200):
    """Documents x terms, float32, with about n_entries different terms in all documents."""
    random = np.random.default_rng(1)
    frequency = 1.0 / (np.arange(n_columns) + 2.7)
    topics = frequency * random.gamma(0.1, 10.0, (n_topics, n_columns))
    topics = np.cumsum(topics / topics.sum(axis=1, keepdims=True), axis=1)
    counts = scipy.sparse.csr_matrix((n_rows, n_columns), dtype=np.float32)
    while counts.nnz < n_entries:
        n_words = 2 * (n_entries - counts.nnz) // n_rows + 10
        rows, columns = [], []
        for row in range(n_rows):
            chosen = np.random.default_rng(row).integers(n_topics, size=4)
            for topic in chosen:
                size = random.poisson(n_words / 4)
                columns.append(np.searchsorted(topics[topic], random.random(size)))
                rows.append(np.full(size, row))
        rows, columns = np.concatenate(rows), np.minimum(np.concatenate(columns), n_columns - 1)
        order = random.permutation(len(rows))
        ones = np.ones(len(rows), np.float32)
        counts = counts + scipy.sparse.coo_matrix(
            (ones, (rows[order], columns[order])), shape=counts.shape
        ).tocsr()
    surplus = counts.nnz - n_entries
    counts.data[random.choice(counts.nnz, surplus, replace=False)] = 0
    counts.eliminate_zeros()
    counts.sort_indices()
    return counts.astype(np.float32)


def start_values(V, K):
    random = np.random.default_rng(K)
    W = random.uniform(0.1, 1.0, (K, V.shape[1]))
    W /= W.sum(axis=1, keepdims=True)
    H = random.uniform(0.1, 1.0, (V.shape[0], K)) * (V.sum() / (0.55 * K * V.shape[0]))
    return H.astype(np.float32), W.astype(np.float32)


def divergence(V, H, W):
    """Generalised Kullback-Leibler divergence of V from H W, in double."""
    model = np.empty(V.nnz)
    columns = W.T.astype(np.float64)
    for row in range(V.shape[0]):
        begin, end = V.indptr[row], V.indptr[row + 1]
        model[begin:end] = columns[V.indices[begin:end]] @ H[row].astype(np.float64)
    v = V.data.astype(np.float64)
    mass = H.sum(axis=0, dtype=np.float64) @ W.sum(axis=1, dtype=np.float64)
    return float((v * np.log(v / model) - v).sum() + mass)


class Problem:
    """V and room for the factors, in a file of the form that bench_sparse takes."""

    def __init__(self, path, shape, n_entries, n_components):
        self.path, self.shape, self.n_entries, self.K = path, shape, n_entries, n_components

    def write(self, V, H, W):
        with open(self.path, "wb") as file:
            V.indptr.astype(np.uint64).tofile(file)
            V.indices.astype(np.uint32).tofile(file)
            V.data.tofile(file)
            H.tofile(file)
            W.tofile(file)

    def _read(self, kind, count, offset):
        return np.fromfile(self.path, kind, count, offset=offset)

    def read_matrix(self):
        rows, n = self.shape[0], self.n_entries
        starts = self._read(np.uint64, rows + 1, 0).astype(np.int32)
        columns = self._read(np.uint32, n, 8 * (rows + 1)).astype(np.int32)
        values = self._read(np.float32, n, 8 * (rows + 1) + 4 * n)
        return scipy.sparse.csr_matrix((values, columns, starts), shape=self.shape)

    def read_factors(self):
        factors = self._read(np.float32, -1, 8 * (self.shape[0] + 1) + 8 * self.n_entries)
        cut = self.shape[0] * self.K
        return factors[:cut].reshape(-1, self.K), factors[cut:].reshape(self.K, -1)

    def arguments(self):
        return [self.path, *map(str, (*self.shape, self.n_entries, self.K))]


def peer(arguments):
    """The child process: runs scikit-learn, prints its seconds, leaves the factors in the file."""
    import peers

    path, numbers, iterations = arguments[0], [int(n) for n in arguments[1:5]], int(arguments[5])
    problem = Problem(path, tuple(numbers[:2]), *numbers[2:])
    V, (H, W) = problem.read_matrix(), problem.read_factors()
    seconds, H, W = peers.scikit_learn(V, H, W, iterations)
    print(seconds)
    problem.write(V, H, W)
    return 0


# A process that starts small: a child's peak is never below what its parent held when it started.
MEASURE = """
import os, sys
child = os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def run(command):
    """Seconds that a command prints and its peak memory in MiB."""
    answer = subprocess.run(
        [sys.executable, "-S", "-c", MEASURE, *command],
        stdout=subprocess.PIPE, text=True, check=True,
    ).stdout
    *seconds, memory = [float(line) for line in answer.split()]
    return seconds, memory / 1024


def compare(problem, V, start, options):
    """False when the bar is missed. The two programs take turns."""
    program = os.path.join(options.build, "tests", "bench", "bench_sparse")
    script = [sys.executable, "-B", os.path.abspath(__file__), "--peer"]
    commands = {"unmingle": [program, *problem.arguments(), options.solver],
                "scikit-learn": [*script, *problem.arguments()]}
    few, many = options.iterations
    times, memory, ends = {name: [] for name in commands}, {}, {}
    for _ in range(options.repeat):
        for name, command in commands.items():
            seconds = []
            for n_iterations in (few, many):
                problem.write(V, *start)
                (last,), memory[name] = run([*command, str(n_iterations)])
                seconds.append(last)
            times[name].append(1e3 * (seconds[1] - seconds[0]) / (many - few))
            ends[name] = divergence(V, *problem.read_factors())
    for name in commands:
        print(f"{name:<13} {material.spread(times[name], '{:.0f}'):>20} ms an iteration,"
              f" {memory[name]:4.0f} MiB, divergence {ends[name]:.8g} after {many}")
    if options.solver == "mu" and not math.isclose(*ends.values(), rel_tol=AGREEMENT):
        sys.exit("the divergences differ")
    ratio = statistics.median(times["scikit-learn"]) / statistics.median(times["unmingle"])
    print(f"ratio {ratio:.1f} (bar {BAR:.0f})")
    return ratio >= BAR


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    numbers = lambda text: [int(n) for n in text.split(",")]
    parser.add_argument("--build", required=True, help="folder the benchmarks were built in")
    parser.add_argument("--rows", type=int, default=30000)
    parser.add_argument("--columns", type=int, default=15000)
    parser.add_argument("--entries", type=int, default=3000000)
    parser.add_argument("--atoms", type=int, default=200)
    parser.add_argument("--solver", choices=["mu", "joint"], default="mu")
    parser.add_argument("--iterations", type=numbers, default=[1, 2], metavar="FEW,MANY")
    parser.add_argument("--repeat", type=int, default=3)
    return parser.parse_args()


def main():
    if sys.argv[1:2] == ["--peer"]:
        return peer(sys.argv[2:])
    options = arguments()
    V = term_counts(options.rows, options.columns, options.entries)
    print(f"{material.cpu_model()}\n{V.shape[0]} x {V.shape[1]}, {V.nnz} entries,"
          f" K = {options.atoms}, {options.solver}", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "problem")
        problem = Problem(path, V.shape, V.nnz, options.atoms)
        start = start_values(V, options.atoms)
        return 0 if compare(problem, V, start, options) else 1


if __name__ == "__main__":
    sys.exit(main())
