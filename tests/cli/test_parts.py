"""The experiment of Lee and Seung (Nature 401, 1999): NMF learns the parts of objects; principal
components and vector quantisation do not.

The objects are swimmers seen from above (after Donoho, Stodden 2003): a trunk and four limbs, each
limb in one of four positions, all parts in shades of their own. Seventeen parts make all of them.
"""

import json
import unittest

import numpy as np
from scipy.optimize import linear_sum_assignment

from program import run
from scratch import ScratchCase

SIDE, LIMBS, POSITIONS, LENGTH = 32, 4, 4, 9
N_PARTS = 1 + LIMBS * POSITIONS


def stroke(start, end):
    """A picture of one line, flattened; start and end are (row, column)."""
    picture = np.zeros((SIDE, SIDE), np.float32)
    for share in np.linspace(0, 1, 4 * SIDE):
        row, column = (a + (b - a) * share for a, b in zip(start, end))
        picture[round(row), round(column)] = 1
    return picture.ravel()


def swimmer_parts():
    """N_PARTS x pixels: the trunk, then the positions of one limb after the other."""
    parts = [stroke((10, 16), (21, 16))]
    for row, column, up, side in (11, 13, -1, -1), (11, 19, -1, 1), (20, 13, 1, -1), (20, 19, 1, 1):
        for angle in np.radians(np.linspace(0, 90, POSITIONS)):
            end = (row + up * LENGTH * np.sin(angle), column + side * LENGTH * np.cos(angle))
            parts.append(stroke((row, column), end))
    return np.array(parts)


def swimmers(parts):
    """All POSITIONS**LIMBS of them, x pixels, in random shades."""
    random = np.random.default_rng(1)
    pictures = []
    for number in range(POSITIONS**LIMBS):
        picture = random.uniform(0, 1) * parts[0]
        for limb in range(LIMBS):
            position = number // POSITIONS**limb % POSITIONS
            picture = picture + random.uniform(0.2, 1) * parts[1 + POSITIONS * limb + position]
        pictures.append(picture)
    return np.array(pictures, np.float32)


def matched_cosines(atoms, parts):
    """Of each part with the atom that stands for it, none for two, by size."""
    norm = lambda rows: rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = np.abs(norm(atoms) @ norm(parts).T)
    return np.sort(cosines[linear_sum_assignment(-cosines)])


class Parts(ScratchCase):
    def atoms(self, *options):
        result = run("factor", "V.npy", "--atoms", str(N_PARTS), "-o", "factors", "--force",
                     *options, cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        factors = self.folder / "factors"
        W, H = np.load(factors / "W.npy"), np.load(factors / "H.npy")
        self.assertEqual((W.shape, H.shape), ((N_PARTS, SIDE**2), (POSITIONS**LIMBS, N_PARTS)))
        return W, H, json.loads((factors / "report.json").read_text())

    def test_nmf_learns_parts_and_the_others_do_not(self):
        parts = swimmer_parts()
        V = swimmers(parts)
        np.save(self.folder / "V.npy", V)
        cosines = {}
        # Some starts end in a minimum where two parts share an atom: the best of a few counts.
        W, H, report = self.atoms("--restarts", "6", "--iterations", "1000", "--solver", "mu")
        cosines["nmf"] = matched_cosines(W, parts)
        self.assertGreaterEqual(min(W.min(), H.min()), 0)

        W, H, _ = self.atoms("--solver", "vq")
        cosines["vq"] = matched_cosines(W, parts)
        self.assertTrue(np.all((H > 0).sum(axis=1) == 1), "one active atom a picture")

        W, H, _ = self.atoms("--solver", "pca")
        cosines["pca"] = matched_cosines(W, parts)
        np.testing.assert_allclose(W @ W.T, np.eye(N_PARTS), atol=1e-4)
        self.assertLess(W.min(), 0)

        for name, values in cosines.items():
            print(f"{name}: mean cosine {values.mean():.3f}, least {values[0]:.3f}")
        self.assertGreaterEqual(cosines["nmf"][0], 0.95)
        self.assertLess(cosines["vq"].mean(), 0.75)
        self.assertLess(cosines["pca"].mean(), 0.75)


if __name__ == "__main__":
    unittest.main()
