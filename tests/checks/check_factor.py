"""What 'unmingle factor' finds against scikit-learn's multiplicative updates, from the same first
values in the same precision: the divergence must agree to 5 digits.

Usage: check_factor.py UNMINGLE
"""

import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
from sklearn.decomposition import NMF

ROWS, COLUMNS, ATOMS = 200, 75, 8
# Rounding adds up on the way: what may differ after so many iterations.
TOLERANCES = {1: 1e-5, 10: 1e-5, 50: 1e-5, 200: 1e-4}
LOSSES = {"kl": "kullback-leibler", "euclidean": "frobenius", "is": "itakura-saito"}


def divergence(V, M, name):
    """In double, of what either program wrote."""
    V, M = V.astype(np.float64), M.astype(np.float64)
    return {"kl": lambda: np.sum(V * np.log(V / M) - V + M),
            "euclidean": lambda: 0.5 * np.sum((V - M) ** 2),
            "is": lambda: np.sum(V / M - np.log(V / M) - 1)}[name]()


def ours(program, folder, name, n):
    output = folder / f"{name}-{n}"
    subprocess.run([program, "factor", "V.npy", "--atoms", str(ATOMS), "--divergence", name,
                    "--solver", "mu", "--init-W", "W.npy", "--init-H", "H.npy", "--iterations",
                    str(n), "--tolerance", "0", "-q", "-o", output], cwd=folder, check=True)
    return np.load(output / "H.npy") @ np.load(output / "W.npy")


def theirs(V, H, W, name, n):
    """scikit-learn calls our H W and our W H. It needs one iteration at least."""
    model = NMF(ATOMS, init="custom", solver="mu", beta_loss=LOSSES[name], max_iter=n, tol=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of having stopped by max_iter
        H = model.fit_transform(V, W=H.copy(), H=W.copy())
    assert H.dtype == np.float32
    return H @ model.components_.astype(np.float32)


def main():
    random = np.random.default_rng(1)
    V = (random.gamma(0.4, size=(ROWS, ATOMS)) @ random.gamma(0.4, size=(ATOMS, COLUMNS))
         + 0.1 * random.random((ROWS, COLUMNS))).astype(np.float32)
    W = random.random((ATOMS, COLUMNS)).astype(np.float32) + np.float32(0.01)
    H = random.random((ROWS, ATOMS)).astype(np.float32) + np.float32(0.01)
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for matrix, values in (("V", V), ("W", W), ("H", H)):
            np.save(folder / f"{matrix}.npy", values)
        for loss in LOSSES:
            for n, tolerance in TOLERANCES.items():
                a = divergence(V, ours(sys.argv[1], folder, loss, n), loss)
                b = divergence(V, theirs(V, H, W, loss, n), loss)
                if abs(a - b) > tolerance * b:
                    print(f"{loss}, {n} iterations: {a:.8g}, scikit-learn {b:.8g}")
                    failed = True
    sys.exit(failed)


main()
