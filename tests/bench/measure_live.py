#!/usr/bin/python3
"""How well a live run separates what it learned by hold, beside `separate --learn`.

    tests/bench/measure_live.py --build BUILD --material FOLDER [--all] [SETTING ...]

Each folder NAME in FOLDER has mix.flac and the stems that sum to it. Two sources are learned, the
first stem and the others together (--all: every stem), from the 3 s in which each is loudest; the
rest of the mixture, in which no source was learned, is scored: SDR over it (10 log10 |s|^2 / |s -
estimate|^2), mean over the sources. A SETTING is

    WINDOW/SYNTHESIS/HOP/ITERATIONS/EXPONENT/ATOMS

in samples; SYNTHESIS 0 is a Hann window. Printed for each: SDR of each mixture, their mean, CPU
seconds a second of sound, those of learning a source.
"""

import argparse
import pathlib
import subprocess
import tempfile

import numpy as np
import soundfile

SECONDS = 3
SETTINGS = ["2048/256/128/30/1.5/32", "4096/2048/512/30/1.5/32"]


def loudest(sound, n):
    """Where the n samples begin in which a sound has the most energy."""
    energy = np.concatenate([[0], np.cumsum(np.sum(sound ** 2, axis=1))])
    return int(np.argmax(energy[n:] - energy[:-n]))


def sdr(truth, estimate):
    return 10 * np.log10(np.sum(truth ** 2) / np.sum((truth - estimate) ** 2))


class Mixture:
    def __init__(self, folder, scratch, each_stem):
        self.name = folder.name
        self.path = folder / "mix.flac"
        self.mix, self.rate = soundfile.read(self.path, dtype="float32", always_2d=True)
        stems = [soundfile.read(path, dtype="float32", always_2d=True)[0]
                 for path in sorted(folder.glob("*.flac")) if path.name != "mix.flac"]
        self.sources = stems if each_stem else [stems[0], sum(stems[1:])]
        self.scored = np.ones(len(self.mix), bool)
        self.clips = []
        n = min(SECONDS * self.rate, len(self.mix))
        for i, source in enumerate(self.sources):
            start = loudest(source, n)
            self.scored[start:start + n] = False
            clip = scratch / f"{self.name}-{i}"
            source[start:start + n].astype("<f4").tofile(clip)
            soundfile.write(f"{clip}.wav", source[start:start + n], self.rate, "FLOAT")
            self.clips.append(clip)
        self.raw = scratch / self.name
        self.mix.astype("<f4").tofile(self.raw)

    def score(self, estimates):
        at = self.scored
        return np.mean([sdr(truth[at], estimate[at])
                        for truth, estimate in zip(self.sources, estimates)])

    def live(self, build, setting, scratch):
        window, synthesis, hop, iterations, exponent, atoms = setting.split("/")
        words = [build / "tests/bench/bench_live", self.rate, self.mix.shape[1], window, synthesis,
                 hop, iterations, exponent, atoms, scratch / "out", self.raw, *self.clips]
        told = subprocess.run([str(word) for word in words], check=True, capture_output=True,
                              text=True).stdout
        estimates = np.fromfile(scratch / "out", "<f4").reshape(-1, *self.mix.shape)
        return (self.score(estimates), *[float(word) for word in told.split()])

    def offline(self, build, scratch):
        words = [build / "unmingle", "separate", self.path, "-o", scratch / "stems", "--force",
                 "--sample-format", "float", "--quiet"]
        for i, clip in enumerate(self.clips):
            words += ["--learn", f"source-{i}={clip}.wav"]
        subprocess.run([str(word) for word in words], check=True)
        return self.score([soundfile.read(scratch / f"stems/source-{i}.wav", always_2d=True)[0]
                           for i in range(len(self.clips))]), np.nan, np.nan


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--material", type=pathlib.Path, required=True)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("settings", nargs="*", metavar="SETTING", default=SETTINGS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        mixtures = [Mixture(folder, scratch, options.all)
                    for folder in sorted(options.material.iterdir())]
        mixtures = [m for m in mixtures if m.scored.sum() >= m.rate]
        print("|", " | ".join(["", *[m.name for m in mixtures], "mean", "CPU", "learning"]), "|")
        for setting in ["separate --learn", *options.settings]:
            rows = [m.offline(options.build, scratch) if setting.startswith("separate")
                    else m.live(options.build, setting, scratch) for m in mixtures]
            scores, cpu, learning = np.array(rows).T
            figures = [f"{x:.2f}" for x in [*scores, scores.mean()]]
            print("|", " | ".join([setting, *figures, f"{cpu.mean():.3f}", f"{learning.mean():.2f}"]),
                  "|", flush=True)


if __name__ == "__main__":
    main()
