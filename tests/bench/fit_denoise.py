#!/usr/bin/python3
"""Fits the coefficients of the last step of `denoise` (src/core/speech_gain.c).

    tests/bench/fit_denoise.py --build BUILD --material FOLDER [--each 8] [--seed 2]

The mixtures are --each of each speaker of FOLDER/train (see mixtures.py), taken apart by a dictionary that
was learned without that speaker, with the noise before the speech as profile and without being told of it;
FOLDER/dev is not looked at. The evidence is that of tests/checks/denoise_recipe.py, found once. From it
follow the gains, the sound and its score for any coefficients: SDR (the clean sound's power against that
of what differs from it, dB) + 30 ESTOI, both taken behind the lead. The mean of the scores is made
greatest, from gains of S / (S + N), for the two passes and for the one of --fast. The ratios say much the
same: coefficients that lie far apart may have scores within 0.02, so compare scores.

Printed are the score, SDR and ESTOI of the gains at the start, of the C's coefficients (as the recipe has
them) and of the fitted ones, and the same for mixtures of the next seed, which had no part in the fit.
measure_denoise.py makes its mixtures of seed 1.
"""

import argparse
import dataclasses
import multiprocessing
import os
import pathlib
import sys
import tempfile

import numpy as np
import scipy.optimize
import scipy.signal

sys.path.append(str(pathlib.Path(__file__).parents[1] / "checks"))
import check_stoi
import denoise_recipe as recipe
import material
import mixtures
from measure_denoise import dictionaries
from speech_recipe import read_atoms

WEIGHT_OF_ESTOI = 30
START = recipe.Coefficients(1, 0, 1, 0, 0, 0, 0)
N_KNOWN = int(mixtures.LEAD * mixtures.RATE) // recipe.HOP


@dataclasses.dataclass
class Case:
    """A mixture from which only the coefficients lead to the score."""
    X: np.ndarray
    parts: list  # see parts_of_gains of the recipe
    clean: np.ndarray  # behind the lead
    heard: np.ndarray  # the same at the rate of STOI


def without_lead(sound):
    return sound[int(mixtures.LEAD * mixtures.RATE):]


def heard(sound):
    return scipy.signal.resample_poly(sound, check_stoi.RATE, mixtures.RATE)


def prepare(mixture, atoms, n_known, fast):
    X = recipe.transform(mixture.noisy)
    parts = [(bins, share, strength, {name: values.astype(np.float32)
                                      for name, values in evidence.items()})
             for bins, share, strength, evidence in
             recipe.parts_of_gains(np.abs(X), atoms, n_known, fast)]
    clean = without_lead(mixture.clean)
    return Case(X.astype(np.complex64), parts, clean, heard(clean))


def figures(case, coefficients):
    """SDR and ESTOI of a case."""
    G = recipe.sum_of_gains(case.parts, len(case.X), coefficients)
    n = len(case.clean) + int(mixtures.LEAD * mixtures.RATE)
    sound = without_lead(recipe.back(G * case.X, n))
    sdr = 10 * np.log10((case.clean ** 2).sum() / ((case.clean - sound) ** 2).sum())
    _, estoi = check_stoi.stoi_and_estoi(case.heard, heard(sound))
    return sdr, estoi


# -- Cases are found and kept by processes that share them ---------------------------------------

cases = []


def figures_of(i, coefficients):
    return figures(cases[i], coefficients)


class Scores:
    """Of a set of mixtures, each with a profile and without."""

    def __init__(self, sounds, atoms, fast):
        with multiprocessing.Pool() as pool:
            found = pool.starmap(prepare, [(mixture, atoms[mixture.speaker], n_known, fast)
                                           for mixture in sounds for n_known in (0, N_KNOWN)])
        cases[:] = found  # for the processes that are made next
        self.pool = multiprocessing.Pool()
        self.n = len(found)
        cases.clear()

    def means(self, coefficients):
        """Of score, SDR and ESTOI."""
        found = self.pool.starmap(figures_of, [(i, coefficients) for i in range(self.n)])
        sdr, estoi = np.mean(found, axis=0)
        return sdr + WEIGHT_OF_ESTOI * estoi, sdr, estoi


def fitted(scores, fast):
    names = [name for name, value in zip(START._fields, recipe.ONE_PASS)
             if value != 0 or not fast]  # one pass has no evidence of the others

    def of(values):
        return START._replace(**dict(zip(names, values)))

    found = scipy.optimize.minimize(lambda values: -scores.means(of(values))[0],
                                    [getattr(START, name) for name in names], method="BFGS",
                                    options={"eps": 1e-3, "gtol": 1e-2})
    return of(found.x), found.nfev


def fit(sets, atoms, fast):
    """sets: the mixtures to fit with, and those held back."""
    scores = [Scores(sounds, atoms, fast) for sounds in sets]
    best, n_tries = fitted(scores[0], fast)
    print(f"{'one_pass' if fast else 'two_passes'}, after {n_tries} tries: "
          f"{{{', '.join(f'{value:.3f}f' for value in best)}}}")
    print(f"    {'':10s}{'fitted with':>24s}{'held back':>27s}\n" + " " * 14 +
          "   score     SDR   ESTOI   " * 2)
    for label, coefficients in (("start", START), ("present", recipe.ONE_PASS if fast else
                                                   recipe.TWO_PASSES), ("fitted", best)):
        print(f"    {label:10s}" + "   ".join("{:8.3f}{:8.3f}{:8.4f}".format(*s.means(coefficients))
                                              for s in scores), flush=True)


def main():
    material.one_thread()
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--material", required=True)
    parser.add_argument("--each", type=int, default=8)
    parser.add_argument("--seed", type=int, default=2)
    options = parser.parse_args()
    sets = [list(mixtures.made(options.material, options.each, seed))
            for seed in (options.seed, options.seed + 1)]
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(options.build, "unmingle")
        atoms = {speaker: read_atoms(path)[0]
                 for speaker, path in dictionaries(program, options.material, folder)}
    for fast in (False, True):
        fit(sets, atoms, fast)


if __name__ == "__main__":
    main()
