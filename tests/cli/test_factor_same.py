"""factor: the same bits on any number of threads and any processor that has fused products, and
nearly the same result on all others, whatever the solver."""

import json
import unittest

import numpy as np

from program import run
from scratch import ScratchCase

ROWS, COLUMNS, ATOMS = 1500, 60, 5

RUNS = [
    ["--solver", "auto"],
    ["--solver", "mu"],
    ["--solver", "joint"],
    ["--solver", "mu-extrapolated"],
    ["--solver", "online"],
    ["--solver", "vq"],
    ["--solver", "pca"],
    ["--atom-frames", "3"],
    ["--divergence", "euclidean"],
    ["--divergence", "is"],
    ["--beta", "0.5"],
    ["--beta", "3"],
    ["--sparsity", "0.1", "--continuity", "0.5", "--atom-sparsity", "0.05"],
    ["--start", "nndsvd"],
    ["sparse.mtx"],
]


def problem():
    """A product of few atoms, and noise enough for a minimum that is not next to 0, where the way
    there would be all that is compared."""
    random = np.random.default_rng(1)
    H = random.gamma(0.3, size=(ROWS, ATOMS))
    W = random.gamma(0.3, size=(ATOMS, COLUMNS))
    return (random.gamma(5, (H @ W + 0.01) / 5)).astype(np.float32)


def write_sparse(path, V):
    """The larger half of the cells, as Matrix Market."""
    rows, columns = np.nonzero(V > np.median(V))
    with open(path, "w", encoding="ascii") as file:
        file.write("%%MatrixMarket matrix coordinate real general\n")
        file.write(f"{V.shape[0]} {V.shape[1]} {len(rows)}\n")
        for row, column in zip(rows, columns):
            file.write(f"{row + 1} {column + 1} {V[row, column]:.6g}\n")


class Same(ScratchCase):
    def setUp(self):
        super().setUp()
        np.save(self.folder / "V.npy", problem())
        write_sparse(self.folder / "sparse.mtx", problem())

    def factor(self, options, *more):
        """The bytes of W and H, and the objective."""
        V = [] if options[0] == "sparse.mtx" else ["V.npy"]
        result = run("factor", *V, *options, *more, "--atoms", str(ATOMS), "-o", "factors", "--force",
                     "--tolerance", "0", "--iterations", "150", cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        factors = self.folder / "factors"
        report = json.loads((factors / "report.json").read_text())
        return ((factors / "W.npy").read_bytes() + (factors / "H.npy").read_bytes(),
                report["curve"]["objective"][-1])

    def test_threads_change_no_bit(self):
        for options in RUNS:
            with self.subTest(options=options):
                one, _ = self.factor(options, "--threads", "1")
                for threads in "2", "3":
                    self.assertEqual(self.factor(options, "--threads", threads)[0], one)

    def test_processors_agree(self):
        for options in RUNS:
            with self.subTest(options=options):
                bits, best = self.factor(options)
                self.assertEqual(self.factor(options, "--cpu", "avx2"), (bits, best))
                for level in "scalar", "sse2":
                    objective = self.factor(options, "--cpu", level)[1]
                    self.assertLess(abs(objective / best - 1), 1e-4, level)


if __name__ == "__main__":
    unittest.main()
