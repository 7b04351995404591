#!/usr/bin/python3
"""How much better noisy speech is after `unmingle denoise`.

    tests/bench/measure_denoise.py --build BUILD --material FOLDER [--only dev,made,gentle]
                                   [--each 6] [--seed 1] [--fast]

dev     the mixtures of FOLDER/dev (see mixtures.py), with the noise before the speech as profile, and
        without being told of it.
made    --each mixtures of each speaker of FOLDER/train, denoised by a dictionary that was learned
        without that speaker.
gentle  what is lost of the clean recordings of FOLDER/dev: SI-SDR of the output against the input.

Scores are those of `unmingle score`, taken behind the lead: SDR is version 3's, ESTOI Jensen and Taal's;
gains are over the noisy input. Every kind of noise has its row, the worst is named.
"""

import argparse
import collections
import json
import os
import pathlib
import subprocess
import tempfile

import numpy as np
import soundfile

import mixtures

FIGURES = ("SDRv3", "SI-SDR", "ESTOI")


def run(*words):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True,
                          text=True).stdout


def write(folder, sounds, rate):
    folder.mkdir(parents=True, exist_ok=True)
    for name, sound in sounds.items():
        soundfile.write(folder / f"{name}.wav", sound, rate, "FLOAT")


def scores(options, rate, clean, sounds):
    """Figures of each of `sounds` against the one clean sound."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write(folder / "reference", {"speech": clean}, rate)
        for name, sound in sounds.items():
            write(folder / name, {"speech": sound}, rate)
            found[name] = json.loads(run(options.program, "score", "--reference",
                                         folder / "reference", "--estimate", folder / name,
                                         "--json"))["speech"]
    return found


def denoised(options, items, *words):
    """The outputs for the items' noisy sounds, by name, all of them in one run."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for item in items:
            write(folder / "in", {item.name: item.noisy}, item.rate)
        run(options.program, "denoise", folder / "in", "-o", folder / "out", "--quiet",
            *(["--fast"] if options.fast else []), *words)
        return {item.name: soundfile.read(folder / "out" / f"{item.name}.wav")[0]
                for item in items}


def gains(options, items, outputs):
    """What each item has gained: its rows of FIGURES."""
    rows = []
    for item in items:
        lead = int(item.lead * item.rate)
        found = scores(options, item.rate, item.clean[lead:],
                       {"before": item.noisy[lead:], "after": outputs[item.name][lead:]})
        rows.append([found["after"][figure] - found["before"][figure] for figure in FIGURES])
    return np.array(rows)


def row(label, values):
    print(f"    {label:24s}{len(values):4d}" +
          "".join(f"{value:+9.3f}" for value in values.mean(axis=0)) +
          f"{(values[:, 0] < 0).sum():8d}{(values[:, 2] < 0).sum():8d}")


def table(title, items, values):
    print(f"{title}\n    {'gain of':24s}   n" + "".join(f"{name:>9s}" for name in FIGURES) +
          "   SDR-  ESTOI-")
    row("all", values)
    for snr in sorted({item.snr for item in items}):
        row(f"{snr:+.0f} dB", values[[item.snr == snr for item in items]])
    kinds = collections.defaultdict(list)
    for item, value in zip(items, values):
        kinds[item.noise].append(value)
    for kind in sorted(kinds):
        row(kind, np.array(kinds[kind]))
    for k, figure in ((0, "SDRv3"), (2, "ESTOI")):
        worst = min(kinds, key=lambda kind: np.mean(kinds[kind], axis=0)[k])
        print(f"    worst noise by {figure}: {worst}, "
              f"{np.mean(kinds[worst], axis=0)[k]:+.3f}")


def measure_dev(options):
    items = list(mixtures.given(options.material))
    for title, words in (("dev, profile", ["--profile", f"0-{items[0].lead}"]), ("dev, auto", [])):
        table(title, items, gains(options, items, denoised(options, items, *words)))


def dictionaries(program, material, folder):
    """Pairs of a speaker of train/speech and the path, in `folder`, of what was learned without him."""
    files = sorted(pathlib.Path(material, "train", "speech").glob("*.flac"))
    for path in files:
        dictionary = pathlib.Path(folder, path.stem)
        run(program, "learn", "--speech", *[f for f in files if f != path], "-o", dictionary,
            "--quiet")
        yield path.stem, dictionary


def measure_made(options):
    items = list(mixtures.made(options.material, options.each, options.seed))
    outputs = {"profile": {}, "auto": {}}
    with tempfile.TemporaryDirectory() as folder:
        for speaker, dictionary in dictionaries(options.program, options.material, folder):
            own = [item for item in items if item.speaker == speaker]
            outputs["auto"] |= denoised(options, own, "--dictionary", dictionary)
            outputs["profile"] |= denoised(options, own, "--dictionary", dictionary, "--profile",
                                           f"0-{mixtures.LEAD}")
    for kind, found in outputs.items():
        table(f"made, {kind}", items, gains(options, items, found))


def measure_gentle(options):
    items = list(mixtures.given(options.material))
    for item in items:
        item.noisy = item.clean
    outputs = denoised(options, items)
    found = sorted((scores(options, item.rate, item.clean, {"after": outputs[item.name]})["after"]
                    ["SI-SDR"], item.name) for item in items)
    print(f"clean speech in, SI-SDR of what comes out: {found[0][0]:.1f} dB at least "
          f"({found[0][1]}), median {found[len(found) // 2][0]:.1f} dB")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--material", required=True)
    parser.add_argument("--only", default="dev,made,gentle")
    parser.add_argument("--each", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fast", action="store_true")
    options = parser.parse_args()
    options.program = os.path.join(options.build, "unmingle")
    measures = {"dev": measure_dev, "made": measure_made, "gentle": measure_gentle}
    for name in options.only.split(","):
        measures[name](options)


if __name__ == "__main__":
    main()
