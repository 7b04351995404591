"""factor: V in any format to W and H, as numpy reads and reckons them."""

import json
import unittest

import numpy as np

import sounds
from program import run
from scratch import ScratchCase

ROWS, COLUMNS, ATOMS = 60, 25, 4

# Options, exit code, what standard error says. V.npy is ROWS x COLUMNS, W.npy fits ATOMS.
WRONG = [
    (["V.npy"], 64, "--atoms K is missing"),
    (["--atoms", "4"], 64, "V is missing"),
    (["V.npy", "W.npy", "--atoms", "4"], 64, "'W.npy' is one argument too many"),
    (["V.npy", "--atoms", "0"], 64, "--atoms: 0 is outside 1..4096"),
    (["V.npy", "--atoms", "5000"], 64, "--atoms: 5000 is outside 1..4096"),
    (["V.npy", "--atoms", "4", "--divergence", "l1"], 64, "'l1' is none of kl, euclidean, is, beta"),
    (["V.npy", "--atoms", "4", "--divergence", "beta"], 64, "give its --beta X"),
    (["V.npy", "--atoms", "4", "--divergence", "kl", "--beta", "0.5"], 64, "give one of them"),
    (["V.npy", "--atoms", "4", "--beta", "5"], 64, "--beta: 5 is outside -2..4"),
    (["V.npy", "--atoms", "4", "--solver", "joint", "--divergence", "is"], 64, "--solver mu"),
    (["V.npy", "--atoms", "4", "--precision", "bf16", "--beta", "0.5"], 64, "--precision bf16"),
    (["V.npy", "--atoms", "4", "--fix-W"], 64, "--init-W"),
    (["V.npy", "--atoms", "4", "--init-w", "W.npy"], 64, "did you mean --init-W?"),
    (["V.npy", "--atoms", "5", "--init-W", "W.npy"], 64, "W.npy: 4 x 25, but W"),
    (["V.npy", "--atoms", "5", "--init-W", "W.npy"], 64, "is 5 x 25"),
    (["V.npy", "--atoms", "4", "--init-H", "W.npy"], 64, "W.npy: 4 x 25, but H"),
    (["V.npy", "--atoms", "4", "--init-W", "none.npy"], 66, "none.npy: "),
    (["V.npy", "--atoms", "4", "--init-W", "zero-row.npy"], 65, "zero-row.npy: row 3 is all zero"),
    (["V.npy", "--atoms", "4", "--init-W", "negative.npy"], 65, "negative.npy: "),
    (["V.npy", "--atoms", "4", "--weights", "1,2,3"], 64, "--weights: 3 numbers, but --atoms 4"),
    (["V.npy", "--atoms", "4", "--weights", "1,2,x,4"], 64, "--weights: '1,2,x,4'"),
    (["V.npy", "--atoms", "4", "--weights", "1,2,-3,4"], 64, "--weights: -3 is negative"),
    (["V.npy", "--atoms", "4", "--restarts", "3", "--start", "nndsvd"], 64, "--start random"),
    (["V.npy", "--atoms", "4", "--restarts", "3", "--init-W", "W.npy", "--init-H", "H.npy"], 64,
     "leave one of them out"),
    (["V.npy", "--atoms", "4", "--report-1999", "--divergence", "euclidean"], 64,
     "--report-1999: for the Kullback"),
    (["V.npy", "--atoms", "4", "--solver", "vq", "--divergence", "kl"], 64, "Euclidean divergence"),
    (["V.npy", "--atoms", "4", "--solver", "vq", "--init-W", "W.npy"], 64, "--init-W: not with"),
    (["V.npy", "--atoms", "4", "--solver", "pca", "--restarts", "2"], 64, "not with --solver pca"),
    (["V.npy", "--atoms", "4", "--solver", "pca", "--report-1999"], 64, "--report-1999: "),
    (["V.npy", "--atoms", "4000", "--restarts", "500", "--memory", "32M"], 71, "--memory allows 32 MiB"),
    (["V.npy", "--atoms", "4", "--harmonic", "55-880"], 64, "V.npy: --harmonic needs a recording"),
    (["V.npy", "--atoms", "4", "--percussive", "3"], 64, "V.npy: --percussive needs a recording"),
    (["sound.wav", "--atoms", "4", "--harmonic", "55"], 64, "'55' is not a range"),
    (["sound.wav", "--atoms", "4", "--harmonic", "55-880"], 64, "give --atoms 49 or more"),
    (["sound.wav", "--atoms", "40", "--harmonic", "55-880", "--init-W", "W.npy"], 64, "--init-W: "),
    (["sound.wav", "--atoms", "60", "--harmonic", "55-880", "--atom-frames", "2"], 64,
     "--harmonic: not with --atom-frames"),
    (["V.npy", "--atoms", "4", "-o", "."], 64, "V.npy: lies in the folder"),
    (["V.npy", "--atoms", "4", "-o", "in", "--init-W", "in/W.npy"], 64, "in/W.npy: lies in"),
    (["V.npy", "--atoms", "4", "-o", "W.npy"], 73, "W.npy: "),
    (["none.npy", "--atoms", "4"], 66, "none.npy: "),
    (["negative.npy", "--atoms", "4"], 65, "negative.npy: "),
    (["nan.npy", "--atoms", "4"], 65, "nan.npy: "),
    (["empty.npy", "--atoms", "4"], 65, "empty.npy: "),
    (["cube.npy", "--atoms", "4"], 65, "cube.npy: "),
    (["short.npy", "--atoms", "4"], 65, "short.npy: "),
    (["words.csv", "--atoms", "4"], 65, "words.csv: "),
    (["junk.bin", "--atoms", "4"], 65, "no matrix (NPY, "),
    (["nothing", "--atoms", "4"], 65, "nothing: "),
    (["silent.wav", "--atoms", "4"], 65, "silent.wav: there is no sound in it"),
    (["sound.wav", "--atoms", "4", "--window", "64", "--hop", "64"], 64, "--hop"),
    (["in", "--atoms", "4"], 65, "in: "),
    (["-", "--atoms", "4"], 65, "standard input"),
]


def product(rows=ROWS, columns=COLUMNS, atoms=ATOMS, seed=1):
    """A product that has something to find, and noise on it."""
    random = np.random.default_rng(seed)
    H, W = random.gamma(0.4, size=(rows, atoms)), random.gamma(0.4, size=(atoms, columns))
    return (H @ W + 0.01 * random.random((rows, columns))).astype(np.float32)


def divergence(V, M, beta):
    """The beta-divergence, as its definition has it."""
    V, M = V.astype(np.float64), M.astype(np.float64)
    if beta == 1:
        some = V > 0
        return np.sum(V[some] * np.log(V[some] / M[some])) - V.sum() + M.sum()
    if beta == 0:
        return np.sum(V / M - np.log(V / M) - 1)
    return np.sum(V**beta + (beta - 1) * M**beta - beta * V * M**(beta - 1)) / (beta * (beta - 1))


class Factor(ScratchCase):
    def setUp(self):
        super().setUp()
        self.V = product()
        np.save(self.folder / "V.npy", self.V)

    def factor(self, *arguments, output="out", warning=None):
        """W, H and the report of a run that must end well."""
        result = run("factor", *arguments, "-o", output, "--json", cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        for line in result.stderr.splitlines():
            self.assertTrue(warning is not None and warning in line, line)
        report = json.loads((self.folder / output / "report.json").read_text())
        self.assertEqual(json.loads(result.stdout), report)
        return (np.load(self.folder / output / "W.npy"), np.load(self.folder / output / "H.npy"),
                report)

    def put_start(self, seed=2):
        random = np.random.default_rng(seed)
        W = random.random((ATOMS, COLUMNS)).astype(np.float32)
        H = random.random((ROWS, ATOMS)).astype(np.float32)
        np.save(self.folder / "W.npy", W)
        np.save(self.folder / "H.npy", H)
        return W, H

    # -- Results -----------------------------------------------------------------------------------

    def test_numpy_reads_what_was_found(self):
        W, H, report = self.factor("V.npy", "--atoms", "4", "--solver", "mu", "--tolerance",
                                   "0")
        self.assertEqual((W.shape, W.dtype), ((ATOMS, COLUMNS), np.float32))
        self.assertEqual((H.shape, H.dtype), ((ROWS, ATOMS), np.float32))
        self.assertTrue((W >= 0).all() and (H >= 0).all())
        np.testing.assert_allclose(W.sum(axis=1), 1, rtol=1e-5)
        self.assertLess(np.abs(H @ W - self.V).mean(), 0.02 * self.V.mean())
        self.assertAlmostEqual(report["final_divergence"], divergence(self.V, H @ W, 1), 3)
        curve = report["curve"]
        self.assertEqual(curve["iteration"], list(range(0, 201, 10)))
        self.assertEqual(curve["objective"][-1], report["final_divergence"])
        self.assertEqual(sorted(curve["objective"], reverse=True), curve["objective"])
        self.assertEqual((report["iterations"], report["seed"]), (200, 1))
        self.assertEqual(report["input"]["rows"], ROWS)
        self.assertEqual(report["input"]["non_zeros"], np.count_nonzero(self.V))

    def test_divergences(self):
        for options, name, beta in [(["--divergence", "euclidean"], "euclidean", 2),
                                    (["--divergence", "is"], "is", 0),
                                    (["--beta", "0.5"], "beta", 0.5), (["--beta", "3"], "beta", 3),
                                    (["--divergence", "beta", "--beta", "-1"], "beta", -1),
                                    (["--beta", "1"], "beta", 1)]:
            with self.subTest(options=options):
                W, H, report = self.factor("V.npy", "--atoms", "4", *options, "--force")
                self.assertEqual((report["divergence"], report["beta"]), (name, beta))
                expected = divergence(self.V, H @ W, beta)
                self.assertLess(abs(report["final_divergence"] - expected), 1e-3 * expected)
                self.assertLess(expected, 0.3 * report["curve"]["objective"][0])

    def test_every_format_gives_the_same(self):
        W, H, _ = self.factor("V.npy", "--atoms", "4")
        np.save(self.folder / "double.npy", self.V.astype(np.float64))
        np.save(self.folder / "fortran.npy", np.asfortranarray(self.V))
        digits = "%.9g"
        np.savetxt(self.folder / "V.csv", self.V, fmt=digits, delimiter=",")
        np.savetxt(self.folder / "V.tsv", self.V, fmt=digits, delimiter="\t")
        (self.folder / "V.mtx").write_text(
            f"%%MatrixMarket matrix array real general\n{ROWS} {COLUMNS}\n"
            + "".join(f"{v:.9g}\n" for v in self.V.T.ravel()))
        for name, kind in [("double.npy", "npy"), ("fortran.npy", "npy"), ("V.csv", "csv"),
                           ("V.tsv", "csv"), ("V.mtx", "matrix-market")]:
            with self.subTest(name=name):
                again = self.factor(name, "--atoms", "4", "--force")
                np.testing.assert_array_equal(again[0], W)
                np.testing.assert_array_equal(again[1], H)
                self.assertEqual(again[2]["input"]["kind"], kind)

    def test_sparse(self):
        V = np.where(np.random.default_rng(3).random(self.V.shape) < 0.7, 0, self.V)
        np.save(self.folder / "some.npy", V)
        rows, columns = np.nonzero(V)
        (self.folder / "some.mtx").write_text(
            f"%%MatrixMarket matrix coordinate real general\n{ROWS} {COLUMNS} {len(rows)}\n"
            + "".join(f"{r + 1} {c + 1} {V[r, c]:.9g}\n" for r, c in zip(rows, columns)))
        for solver in ("auto", "mu"):
            options = ["--atoms", "4", "--solver", solver, "--report-1999", "--force"]
            dense, sparse = (self.factor(name, *options) for name in ("some.npy", "some.mtx"))
            np.testing.assert_allclose(sparse[1] @ sparse[0], dense[1] @ dense[0], atol=0.02)
            self.assertLess(abs(sparse[2]["final_divergence"] / dense[2]["final_divergence"] - 1),
                            1e-3)
            self.assertLess(abs(sparse[2]["lee_seung_1999"] / dense[2]["lee_seung_1999"] - 1), 1e-3)
            self.assertEqual(sparse[2]["input"]["non_zeros"], len(rows))
        self.refuse(["factor", "some.mtx", "--atoms", "4", "--beta", "0"], 64, "V is sparse")
        self.refuse(["factor", "some.mtx", "--atoms", "4", "--save-V"], 64, "--save-V: some.mtx")

    def test_what_the_paper_of_1999_compares_with(self):
        V = self.V.astype(np.float64)
        W, H, report = self.factor("V.npy", "--atoms", "4", "--solver", "pca")
        U, s, X = np.linalg.svd(V, full_matrices=False)
        best = 0.5 * np.sum(np.square(s[4:]))
        self.assertLess(abs(0.5 * np.sum(np.square(V - H @ W)) - best), 1e-3 * best)
        self.assertLess(abs(report["final_divergence"] - best), 1e-3 * best)
        np.testing.assert_allclose(W @ W.T, np.eye(4), atol=1e-5)
        self.assertTrue((W < 0).any())
        self.assertEqual((report["solver"], report["divergence"]), ("pca", "euclidean"))
        W, H, report = self.factor("V.npy", "--atoms", "4", "--solver", "vq", "--restarts", "3",
                                   "--force")
        np.testing.assert_array_equal(np.sort(H, axis=1)[:, -2:], np.tile([0, 1], (ROWS, 1)))
        for k in range(4):
            np.testing.assert_allclose(W[k], V[H[:, k] == 1].mean(axis=0), rtol=1e-4)
        self.assertLess(abs(report["final_divergence"] - 0.5 * np.sum(np.square(V - H @ W))),
                        1e-4 * report["final_divergence"])
        self.assertEqual(len(report["restarts"]), 3)

    def test_online(self):
        """V that memory does not hold: the same W and H whatever asks for it, as good as of V held."""
        V = product(9000, 900, 6)
        np.save(self.folder / "long.npy", V)
        options = ["--atoms", "6", "--iterations", "40"]
        _, _, whole = self.factor("long.npy", *options, "--solver", "joint")
        W, H, report = self.factor("long.npy", *options, "--memory", "50M", "--force",
                                   warning="long.npy: needs ")
        self.assertEqual((report["solver"], report["settings"]["solver"]), ("online", "auto"))
        self.assertIn("it is factorised online", report["warnings"][0])
        self.assertEqual((W.shape, H.shape), ((6, 900), (9000, 6)))
        expected = divergence(V, H @ W, 1)
        self.assertLess(abs(report["final_divergence"] - expected), 1e-3 * expected)
        self.assertLess(expected, whole["final_divergence"])
        self.assertEqual(report["curve"]["iteration"][-1], report["iterations"])
        again = [self.factor("long.npy", *options, "--memory", "50M", "--solver", "online",
                             "--threads", n, "--force") for n in "13"]
        for one in again:
            np.testing.assert_array_equal(one[0], W)
            np.testing.assert_array_equal(one[1], H)
        for wrong in (["--divergence", "is"], ["--save-V"], ["--sparsity", "1"]):
            self.refuse(["factor", "long.npy", *options, *wrong, "--memory", "50M", "--force"], 71,
                        "--memory allows 50 MiB")
            self.refuse(["factor", "long.npy", *options, *wrong, "--solver", "online"], 64,
                        "--solver online")
        self.put_start()
        np.save(self.folder / "W.npy", 3 * W)
        fixed = self.factor("long.npy", *options, "--init-W", "W.npy", "--fix-W", "--solver",
                            "online", "--force")
        np.testing.assert_array_equal(fixed[0], 3 * W)
        self.assertLess(abs(divergence(V, fixed[1] @ fixed[0], 1) - expected), 1e-3 * expected)

    def test_atoms_of_several_rows(self):
        W, H, report = self.factor("V.npy", "--atoms", "3", "--atom-frames", "4")
        self.assertEqual((W.shape, H.shape), ((3, 4, COLUMNS), (ROWS, 3)))
        self.assertEqual(report["matrices"][0], {"file": "W.npy", "shape": [3, 4, COLUMNS]})
        M = sum(np.vstack([np.zeros((t, 3)), H[:ROWS - t]]) @ W[:, t] for t in range(4))
        expected = divergence(self.V, M, 1)
        self.assertLess(abs(report["final_divergence"] - expected), 1e-4 * expected)
        np.save(self.folder / "W.npy", W.reshape(3, -1))
        fixed = self.factor("V.npy", "--atoms", "3", "--atom-frames", "4", "--init-W", "W.npy",
                            "--fix-W", "--force")
        np.testing.assert_array_equal(fixed[0], W)

    def test_standard_input(self):
        W, _, _ = self.factor("V.npy", "--atoms", "4")
        with open(self.folder / "V.npy", "rb") as file:
            result = run("factor", "-", "--atoms", "4", "-q", stdin=file, cwd=self.folder)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        np.testing.assert_array_equal(np.load(self.folder / "stdin.factors/W.npy"), W)

    def test_same_bits_on_any_threads(self):
        V = product(700, 90)
        np.save(self.folder / "long.npy", V)
        for options in (["--solver", "mu"], ["--solver", "joint"], ["--divergence", "euclidean"],
                        ["--beta", "0.5"], ["--continuity", "1"], ["--start", "nndsvd"]):
            with self.subTest(options=options):
                found = [self.factor("long.npy", "--atoms", "6", "--iterations", "25", *options,
                                     "--threads", str(n), "--force") for n in (1, 2, 5)]
                for other in found[1:]:
                    np.testing.assert_array_equal(other[0], found[0][0])
                    np.testing.assert_array_equal(other[1], found[0][1])
                    self.assertEqual(other[2]["curve"], found[0][2]["curve"])

    def test_report_1999(self):
        V = np.where(np.random.default_rng(1).random(self.V.shape) < 0.2, 0, self.V)
        np.save(self.folder / "zeros.npy", V)
        W, H, report = self.factor("zeros.npy", "--atoms", "4", "--report-1999")
        M = H.astype(np.float64) @ W
        some = V > 0
        F = np.sum(V[some] * np.log(M[some])) - M.sum()
        self.assertLess(abs(report["lee_seung_1999"] - F), 1e-4 * abs(F))
        result = run("factor", "zeros.npy", "--atoms", "4", "--report-1999", "--force",
                     cwd=self.folder)
        self.assertIn(f"F (1999): {report['lee_seung_1999']:.6g}\n", result.stdout)

    def test_penalties(self):
        plain = self.factor("V.npy", "--atoms", "4")
        for options in (["--sparsity", "0.2"], ["--atom-sparsity", "0.2"], ["--continuity", "5"]):
            with self.subTest(options=options):
                W, H, report = self.factor("V.npy", "--atoms", "4", *options, "--force")
                self.assertGreater(report["curve"]["objective"][-1], report["final_divergence"])
                self.assertGreater(report["final_divergence"], plain[2]["final_divergence"])
                steps = [np.square(np.diff(h, axis=0)).sum() for h in (H, plain[1])]
                sums = [h.sum() for h in (H, plain[1])]
                spread = [np.mean(np.sum(w, axis=1) / np.linalg.norm(w, axis=1))
                          for w in (W, plain[0])]
                low, high = {"--sparsity": sums, "--atom-sparsity": spread,
                             "--continuity": steps}[options[0]]
                self.assertLess(low, high)
        weighted = self.factor("V.npy", "--atoms", "4", "--sparsity", "0.5", "--weights",
                               "0,0,0,50", "--force")[1].sum(axis=0)
        self.assertLess(weighted[3], 0.3 * weighted[:3].mean())

    # -- Starts ------------------------------------------------------------------------------------

    def test_start_values(self):
        W0, H0 = self.put_start()
        start = ["--init-W", "W.npy", "--init-H", "H.npy"]
        W, H, report = self.factor("V.npy", "--atoms", "4", *start, "--iterations", "0")
        np.testing.assert_allclose(H @ W, H0 @ W0, rtol=1e-5)
        self.assertAlmostEqual(report["curve"]["objective"][0] / divergence(self.V, H0 @ W0, 1), 1,
                               5)
        self.assertEqual((report["iterations"], report["curve"]["iteration"]), (0, [0]))
        # One update of H, then one of W, by their definitions.
        W0, H0 = W0.astype(np.float64), H0.astype(np.float64)
        H1 = H0 * ((self.V / (H0 @ W0)) @ W0.T) / W0.sum(axis=1)
        W1 = W0 * (H1.T @ (self.V / (H1 @ W0))) / H1.sum(axis=0)[:, None]
        W, H, _ = self.factor("V.npy", "--atoms", "4", *start, "--iterations", "1", "--solver",
                              "mu", "--force")
        np.testing.assert_allclose(H @ W, H1 @ W1, rtol=1e-4)

    def test_fixed_W(self):
        W0, _ = self.put_start()
        W, H, report = self.factor("V.npy", "--atoms", "4", "--init-W", "W.npy", "--fix-W",
                                   "--iterations", "2000", "--tolerance", "0")
        np.testing.assert_array_equal(W, W0)
        self.assertLess(abs(report["final_divergence"] - divergence(self.V, H @ W, 1)),
                        1e-4 * report["final_divergence"])
        # Nothing is to be gained any more: the update leaves H as it is.
        gain = ((self.V / (H @ W)) @ W.T) / W.sum(axis=1)
        self.assertLess(np.max(np.where(H > 1e-4 * H.max(), np.abs(gain - 1), 0)), 0.01)

    def test_restarts(self):
        W, _, report = self.factor("V.npy", "--atoms", "4", "--restarts", "4", "--seed", "10",
                                   "--iterations", "40")
        runs = report["restarts"]
        self.assertEqual([r["seed"] for r in runs], [10, 11, 12, 13])
        best = min(runs, key=lambda r: r["divergence"])
        self.assertEqual([r for r in runs if r["best"]], [best])
        self.assertEqual((report["seed"], report["final_divergence"]),
                         (best["seed"], best["divergence"]))
        for one in runs:
            Wi, _, alone = self.factor("V.npy", "--atoms", "4", "--seed", str(one["seed"]),
                                       "--iterations", "40", "--force")
            self.assertEqual(alone["final_divergence"], one["divergence"])
            unit = [w / np.linalg.norm(w, axis=1, keepdims=True) for w in (W, Wi)]
            cosines = unit[0] @ unit[1].T
            if len(set(cosines.argmax(axis=1))) == ATOMS:  # then each takes the one it likes best
                self.assertAlmostEqual(cosines.max(axis=1).mean(), one["matched_cosine"], 5)
                self.assertAlmostEqual(cosines.max(axis=1).min(), one["least_matched_cosine"], 5)

    # -- Recordings --------------------------------------------------------------------------------

    def test_recording(self):
        whole = sounds.tones(9000, 2)
        whole[:3000] = 0  # silence is rows, too
        sounds.write_whole(self.folder / "a.wav", whole, 44100, "PCM_24")
        W, H, report = self.factor("a.wav", "--atoms", "2", "--window", "512", "--hop", "128",
                                   "--save-V")
        V = np.load(self.folder / "out/V.npy")
        n = -(-len(whole) // 128)
        self.assertEqual((V.shape, W.shape, H.shape), ((n, 257), (2, 257), (n, 2)))
        self.assertEqual((report["input"]["kind"], report["input"]["sample_rate"]),
                         ("recording", 44100))
        real = sounds.read_real(self.folder / "a.wav")
        padded = np.concatenate([np.zeros((512 - 128, 2)), real, np.zeros((128, 2))])
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(512) / 512)
        for row in (0, 10, 40, n - 1):
            frame = padded[row * 128:row * 128 + 512]
            expected = np.abs(np.fft.rfft(frame * window[:, None], axis=0)).mean(axis=1)
            np.testing.assert_allclose(V[row], expected, atol=1e-4)
        self.assertLess(abs(report["final_divergence"] - divergence(V, H @ W, 1)),
                        1e-3 * report["final_divergence"])
        self.assertEqual(np.count_nonzero(H[:3000 // 128 - 4]), 0)

    def test_combs_keep_their_pitch(self):
        """A tone of 440 Hz is found by the comb of that pitch; of the others, which share no more than
        some partials with it, those an octave apart get most."""
        time = np.arange(20000) / 8000
        tone = sum(np.sin(2 * np.pi * 440 * h * time) / h for h in (1, 2, 3))
        sounds.write_real(self.folder / "a.wav", 0.3 * tone, 8000)
        W, H, report = self.factor("a.wav", "--atoms", "27", "--harmonic", "220-880",
                                   "--percussive", "1")
        self.assertEqual((report["settings"]["harmonic"], report["settings"]["percussive"]),
                         ([220, 880], 1))
        self.assertEqual(H.sum(axis=0).argmax(), 12)
        self.assertGreater(H.sum(axis=0)[[0, 12, 24]].sum(), 0.7 * H.sum())
        bin_of_tone = 440 * (W.shape[1] - 1) * 2 / 8000
        self.assertEqual(W[12].argmax(), round(bin_of_tone))
        self.assertEqual(W[12, round(1.5 * bin_of_tone)], 0)

    # -- Edges -------------------------------------------------------------------------------------

    def test_odd_shapes(self):
        for rows, columns, atoms in [(1, 1, 1), (1, 40, 3), (40, 1, 3), (3, 2, 9), (300, 7, 20)]:
            with self.subTest(shape=(rows, columns, atoms)):
                V = product(rows, columns)
                V[rows // 2] = V[:, columns // 2] = 0
                np.save(self.folder / "odd.npy", V)
                W, H, _ = self.factor("odd.npy", "--atoms", str(atoms), "--force",
                                      warning="every value is zero")
                self.assertTrue(np.isfinite(W).all() and np.isfinite(H).all())
                self.assertTrue((W >= 0).all() and (H >= 0).all())

    def test_zeros(self):
        np.save(self.folder / "zero.npy", np.zeros((5, 6)))
        _, H, report = self.factor("zero.npy", "--atoms", "2", warning="every value is zero")
        self.assertEqual(np.count_nonzero(H), 0)
        self.assertEqual(len(report["warnings"]), 1)
        self.assertIn("zero.npy", report["warnings"][0])

    def test_names_and_force(self):
        np.save(self.folder / "a b\n.npy", self.V)
        result = run("factor", "a b\n.npy", "--atoms", "2", cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertTrue(result.stdout.startswith("a b\\n.npy.factors/\n  W.npy  2 x 25"))
        output = self.folder / "a b\n.npy.factors"
        self.assertEqual(sorted(p.name for p in output.iterdir()),
                         ["H.npy", "W.npy", "report.json"])
        self.refuse(["factor", "a b\n.npy", "--atoms", "2"], 73, "--force")
        (output / "notes").write_text("mine")
        result = run("factor", "a b\n.npy", "--atoms", "3", "--force", "--save-V", cwd=self.folder)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(len(np.load(output / "W.npy")), 3)
        run("factor", "a b\n.npy", "--atoms", "3", "--force", cwd=self.folder)
        self.assertEqual(sorted(p.name for p in output.iterdir()),
                         ["H.npy", "W.npy", "notes", "report.json"])

    def test_wrong(self):
        self.put_start()
        (self.folder / "in").mkdir()
        np.save(self.folder / "in/W.npy", np.ones((ATOMS, COLUMNS)))
        zero_row = np.ones((ATOMS, COLUMNS))
        zero_row[2] = 0
        np.save(self.folder / "zero-row.npy", zero_row)
        np.save(self.folder / "negative.npy", -np.ones((ATOMS, COLUMNS)))
        np.save(self.folder / "nan.npy", np.full((2, 3), np.nan))
        np.save(self.folder / "empty.npy", np.ones((0, 3)))
        np.save(self.folder / "cube.npy", np.ones((2, 3, 4)))
        whole = (self.folder / "V.npy").read_bytes()
        (self.folder / "short.npy").write_bytes(whole[:-1])
        (self.folder / "words.csv").write_text("1,2\n3,four\n")
        (self.folder / "junk.bin").write_bytes(b"\1\2\3junk")
        (self.folder / "nothing").write_bytes(b"")
        sounds.write_whole(self.folder / "silent.wav", sounds.silence(0, 1), 44100, "PCM_16")
        sounds.write_whole(self.folder / "sound.wav", sounds.noise(900, 1), 44100, "PCM_16")
        for arguments, code, text in WRONG:
            with self.subTest(arguments=arguments):
                self.refuse(["factor", *arguments], code, text)


if __name__ == "__main__":
    unittest.main()
