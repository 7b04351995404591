"""Matrices that numpy and scipy write are read to the bit, and they read what is written here.

Usage: check_matrix.py MATRIX_COPY
"""
import csv
import os
import subprocess
import sys
import tempfile

import numpy as np
import scipy.io
import scipy.sparse

copy = sys.argv[1]
folder = tempfile.TemporaryDirectory()
n_checked = 0


def path(name):
    return os.path.join(folder.name, name)


def copied(source, *arguments):
    """What matrix_copy wrote, as numpy reads it, or the message with which it refused."""
    target = path("out.npy")
    if os.path.exists(target):
        os.remove(target)
    run = subprocess.run([copy, source, target, *map(str, arguments)], capture_output=True)
    if run.returncode != 0:
        assert run.returncode == 65 and run.stderr.startswith(source.encode()), run
        return run.stderr.decode()
    result = np.load(target)
    assert result.dtype == np.dtype("<f4") and result.flags.c_contiguous, result.dtype
    return result


def check(source, expected, *arguments):
    global n_checked
    with np.errstate(over="ignore"):
        expected = np.atleast_2d(expected).astype(np.float32)
    result = copied(source, *arguments)
    assert isinstance(result, np.ndarray), result
    assert result.shape == expected.shape and result.tobytes() == expected.tobytes(), (
        source, result, expected)
    n_checked += 1


def refuse(source, word):
    global n_checked
    message = copied(source, 1)
    assert isinstance(message, str) and word in message, (source, message)
    n_checked += 1


rng = np.random.default_rng(1)
V = rng.random((37, 19)) * 10.0 ** rng.integers(-12, 12, (37, 19))

# -- NPY ------------------------------------------------------------------------------------------
for dtype in "f4 f8 i1 i2 i4 i8 u1 u2 u4 u8".split():
    for order in "<>":
        matrix = np.clip(V, 0, 120 if dtype[0] in "iu" else None).astype(order + dtype)
        for array in (matrix, np.asfortranarray(matrix), matrix[:1], matrix[:, :1], matrix[3]):
            np.save(path("a.npy"), array)
            for rows in (1, 5, 1000):
                check(path("a.npy"), array, rows)
for version in ((1, 0), (2, 0), (3, 0)):
    with open(path("a.npy"), "wb") as file:
        np.lib.format.write_array(file, V, version=version)
    check(path("a.npy"), V, 7)
np.save(path("a.npy"), V > 1)
check(path("a.npy"), V > 1, 7)
np.save(path("a.npy"), V[:36].reshape(36, 19))
array = copied(path("a.npy"), 4, 9, 19)
assert array.shape == (4, 9, 19) and np.array_equal(array, V[:36].reshape(4, 9, 19).astype("f4"))
for array, word in ((np.ones(3, "f2"), "<f2"), (V.astype("c8"), "<c8"), (np.array(["a"]), "<U1"),
                    (np.zeros(3, "f4,i4"), "records"), (V.reshape(1, 37, 19), "3 dimensions"),
                    (np.array(5.0), "0 dimensions"), (V[:0], "0 x 19"),
                    (np.array([[1.0, np.nan]]), "column 2: nan"), (V - 1, "outside"),
                    (np.array([[1e300]]), "1e+300"), (np.array([[np.inf]]), "inf"),
                    (np.array([[-5]]), "-5"), (np.array([[2**63]], "u8"), "9.22337e+18")):
    np.save(path("a.npy"), array)
    refuse(path("a.npy"), word)

# -- Matrix Market --------------------------------------------------------------------------------
def check_market(matrix, **options):
    scipy.io.mmwrite(path("a.mtx"), matrix, **options)
    read = scipy.io.mmread(path("a.mtx"))
    check(path("a.mtx"), read.toarray() if scipy.sparse.issparse(read) else read, 1)


square = np.tril(V[:19]) + np.tril(V[:19], -1).T
sparse = scipy.sparse.random(40, 30, 0.1, random_state=2)
# Sums that float32 holds, whatever the order in which they are made.
twice = scipy.sparse.coo_matrix((rng.integers(0, 100, 500),
                                 (rng.integers(0, 20, 500), rng.integers(0, 10, 500))), (20, 10))
check_market(V)
check_market(V, precision=17)
check_market(square)
check_market((V * 1e-3).astype("i8"))
check_market(sparse)
check_market(sparse.tocsr(), comment="two\nlines")
check_market(sparse, field="pattern")
check_market(scipy.sparse.coo_matrix(np.where(square > 1, square, 0)), symmetry="symmetric")
check_market(twice)
check_market(scipy.sparse.coo_matrix((4, 5)))
scipy.io.mmwrite(path("a.mtx"), -sparse)
refuse(path("a.mtx"), "outside")
scipy.io.mmwrite(path("a.mtx"), sparse * 1j)
refuse(path("a.mtx"), "complex")
scipy.io.mmwrite(path("a.mtx"), sparse)
run = subprocess.run([copy, path("a.mtx")], capture_output=True, check=True)
assert run.stdout.split()[:3] == [b"40", b"30", b"%d" % sparse.nnz], run.stdout

# -- Tables ---------------------------------------------------------------------------------------
for delimiter in " ,;\t":
    for header in ("", "made by numpy"):
        for form in ("%.18e", "%.9g", "%.3f"):
            np.savetxt(path("a.txt"), V, form, delimiter, header=header)
            check(path("a.txt"), np.loadtxt(path("a.txt"), delimiter=delimiter), 1)
    with open(path("a.csv"), "w", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(['a "name", with; all\tof it', *range(18)])
    with open(path("a.csv"), "a", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(V.tolist())
    refuse(path("a.csv"), "neither a header nor a row")
    with open(path("a.csv"), "w", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow([f'{i}"th name", with; all\tof it' for i in range(19)])
        writer.writerows(V.tolist())
    check(path("a.csv"), V, 1)

print(n_checked, "matrices")
