#!/usr/bin/python3
"""How well the recipes of `separate` take music apart.

    measure_music.py FOLDER RECIPE [--program build/release/unmingle] [--seeds 1] [--only NAME...]
                     [-- OPTIONS OF SEPARATE]

FOLDER holds a folder a mixture: mix.flac, a FLAC file a stem, and meta.json with "stems" and "kind".
RECIPE is one of

    example     every source has a clip, the loudest 3 s of its stem, which is left out of its score
    drums       kick, snare and hat, of mixtures of the kind "drums"
    blind       nothing is known but the number of sources; the best permutation counts
    percussive  drums against the rest
    voice       lead (voice or melody) against the rest
    voice-clip  the same, with a clip of the lead as in `example`

Prints a line a mixture: the SDR of the mean of its stems in dB, 10 log10 |s|^2 / |s - e|^2 with the
channels together, and with several seeds the mean and the range. All is run with one thread; the CPU
seconds are those of the whole program a second of sound.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

import numpy as np
import scipy.optimize
import soundfile

CLIP = 3.0  # seconds


def sdr(stem, estimate):
    """dB."""
    error = stem - estimate
    return 10 * np.log10(((stem ** 2).sum() + 1e-12) / ((error ** 2).sum() + 1e-12))


class Mixture:
    def __init__(self, folder):
        self.folder = folder
        self.name = folder.name
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        self.kind = meta.get("kind", "")
        self.stems = {}
        for name in meta["stems"]:
            self.stems[name], self.rate = soundfile.read(folder / f"{name}.flac", always_2d=True)

    def clip(self, name):
        """First sample and length of the loudest stretch of a stem."""
        stem = self.stems[name]
        length = min(int(CLIP * self.rate), len(stem) // 2)
        energy = np.concatenate([[0], (stem ** 2).sum(axis=1).cumsum()])
        return int(np.argmax(energy[length:] - energy[:-length])), length


def run(program, options):
    """CPU seconds that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("OPENBLAS_")}
    subprocess.run([program, "separate", "-q", "--threads", "1", *options], check=True,
                   env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def read_stems(folder):
    return {path.stem: soundfile.read(path, always_2d=True)[0]
            for path in sorted(pathlib.Path(folder).glob("*.wav"))}


def clip_options(mixture, names, scratch, mono=False):
    options = []
    for name in names:
        first, length = mixture.clip(name)
        clip = mixture.stems[name][first:first + length]
        path = pathlib.Path(scratch, f"clip-{name}.wav")
        soundfile.write(path, clip.mean(axis=1) if mono else clip, mixture.rate, "FLOAT")
        options += ["--learn", f"{name}={path}"]
    return options


def outside_clip(mixture, name):
    keep = np.ones(len(mixture.stems[name]), dtype=bool)
    first, length = mixture.clip(name)
    keep[first:first + length] = False
    return keep


def best_order(stems, estimates):
    """Which estimate is which stem, such that their mean SDR is highest."""
    table = [[sdr(stem, estimate) for estimate in estimates] for stem in stems]
    return scipy.optimize.linear_sum_assignment(-np.array(table))[1]


def lead_and_rest(mixture, names):
    """The stem among `names`, and the sum of all others."""
    lead = next(name for name in names if name in mixture.stems)
    rest = sum(stem for name, stem in mixture.stems.items() if name != lead)
    return lead, mixture.stems[lead], rest


# -- Recipes: each gives the SDR of every stem, and the CPU seconds -------------------------------

def by_example(mixture, program, extra, scratch):
    options = clip_options(mixture, mixture.stems, scratch)
    seconds = run(program, [mixture.folder / "mix.flac", "-o", scratch + "/out", *options, *extra])
    found = read_stems(scratch + "/out")
    values = []
    for name, stem in mixture.stems.items():
        keep = outside_clip(mixture, name)
        values.append(sdr(stem[keep], found[name][keep]))
    return values, seconds


def blind(mixture, program, extra, scratch):
    seconds = run(program, [mixture.folder / "mix.flac", "-o", scratch + "/out", "--sources",
                            str(len(mixture.stems)), *extra])
    found = list(read_stems(scratch + "/out").values())
    order = best_order(list(mixture.stems.values()), found)
    return [sdr(stem, found[k]) for stem, k in zip(mixture.stems.values(), order)], seconds


def drums(mixture, program, extra, scratch):
    seconds = run(program, [mixture.folder / "mix.flac", "-o", scratch + "/out", "--preset",
                            "drums", *extra])
    found = read_stems(scratch + "/out")
    return [sdr(stem, found[name]) for name, stem in mixture.stems.items()], seconds


def percussive(mixture, program, extra, scratch):
    _, lead, rest = lead_and_rest(mixture, ["drums"])
    seconds = run(program, [mixture.folder / "mix.flac", "-o", scratch + "/out", "--preset",
                            "percussive", *extra])
    found = read_stems(scratch + "/out")
    return [sdr(lead, found["percussive"]), sdr(rest, found["harmonic"])], seconds


def voice(mixture, program, extra, scratch, clip=False):
    name, lead, rest = lead_and_rest(mixture, ["voice", "melody"])
    options = clip_options(mixture, [name], scratch) if clip else []
    keep = outside_clip(mixture, name) if clip else slice(None)
    seconds = run(program, [mixture.folder / "mix.flac", "-o", scratch + "/out", "--preset",
                            "voice", *options, *extra])
    found = read_stems(scratch + "/out")
    estimate = found[name if clip else "voice"]
    other = next(stem for label, stem in found.items() if label != (name if clip else "voice"))
    return [sdr(lead[keep], estimate[keep]), sdr(rest[keep], other[keep])], seconds


def voice_clip(mixture, program, extra, scratch):
    return voice(mixture, program, extra, scratch, clip=True)


RECIPES = {
    "example": (by_example, lambda m: m.kind != "duo"),
    "drums": (drums, lambda m: m.kind == "drums"),
    "blind": (blind, lambda m: True),
    "percussive": (percussive, lambda m: "drums" in m.stems and len(m.stems) > 1),
    "voice": (voice, lambda m: "voice" in m.stems or "melody" in m.stems),
    "voice-clip": (voice_clip, lambda m: "voice" in m.stems or "melody" in m.stems),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("recipe", choices=RECIPES)
    parser.add_argument("--program", default="build/release/unmingle")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", nargs="*")
    own = sys.argv[1:]
    options = []  # of separate
    if "--" in own:
        options = own[own.index("--") + 1:]
        own = own[:own.index("--")]
    arguments = parser.parse_args(own)
    recipe, takes = RECIPES[arguments.recipe]
    table = []
    for folder in sorted(path.parent for path in arguments.folder.glob("*/meta.json")):
        mixture = Mixture(folder)
        wanted = arguments.only is None or mixture.name in arguments.only
        if not wanted or not takes(mixture):
            continue
        row = []
        for seed in range(arguments.seeds):
            extra = list(options) + (["--seed", str(seed + 1)] if seed > 0 else [])
            with tempfile.TemporaryDirectory() as scratch:
                values, seconds = recipe(mixture, arguments.program, extra, scratch)
            row.append(np.mean(values))
            if seed == 0:
                stems = " ".join(f"{value:6.2f}" for value in values)
                length = len(next(iter(mixture.stems.values()))) / mixture.rate
        table.append(row)
        spread = f"  {min(row):6.2f} .. {max(row):6.2f}" if len(row) > 1 else ""
        print(f"{mixture.name:28} {row[0]:6.2f}{spread}   ({stems})  "
              f"{seconds / length:.3f} CPU s/s", flush=True)
    means = np.mean(table, axis=0)
    spread = f"  {means.min():6.2f} .. {means.max():6.2f}" if len(means) > 1 else ""
    print(f"{'mean of ' + str(len(table)):28} {means[0]:6.2f}{spread}")


if __name__ == "__main__":
    main()
