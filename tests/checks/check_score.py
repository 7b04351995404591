"""The figures of `unmingle score` against a computation straight from their definitions.

usage: check_score.py UNMINGLE

Makes stems and estimates of coloured noise, has the program score them, and compares every figure
with least squares on the written-out matrix of delayed sources. Figures must agree to 0.005 dB.
STOI and ESTOI are check_stoi.py's.
"""
import itertools
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import soundfile

TAPS = 512
LOADING = 1e-9
TINY = 1e-12
FIGURES = ["SDR", "ISR", "SIR", "SAR", "SDRv3", "SI-SDR"]


def decibels(signal, error):
    return 10 * np.log10((np.square(signal).sum() + TINY) / (np.square(error).sum() + TINY))


def delayed_copies(sound):
    """A column for each channel and each delay of 0 .. TAPS - 1 samples."""
    n_frames, n_channels = sound.shape
    columns = np.zeros((n_frames + TAPS - 1, n_channels * TAPS))
    for channel in range(n_channels):
        for delay in range(TAPS):
            columns[delay:delay + n_frames, channel * TAPS + delay] = sound[:, channel]
    return columns


def project(columns, target, loading):
    """The part of each column of `target` in the span of `columns`, by ridge regression."""
    gram = columns.T @ columns
    gram[np.diag_indices_from(gram)] += loading
    return columns @ np.linalg.solve(gram, columns.T @ target)


def expected_figures(truth, estimates):
    """The figures of every stem: truth and estimates are dictionaries of frames x channels."""
    copies = {name: delayed_copies(sound) for name, sound in truth.items()}
    everything = np.hstack(list(copies.values()))
    loading = LOADING * np.mean(np.square(everything).sum(axis=0))
    padding = ((0, TAPS - 1), (0, 0))
    names = list(estimates)
    padded = {name: np.pad(estimates[name], padding) for name in names}
    projected = project(everything, np.hstack([padded[name] for name in names]), loading)
    parts = dict(zip(names, np.hsplit(projected, len(names))))
    figures = {}
    for name in names:
        source = np.pad(truth[name], padding)
        estimate = padded[name]
        own = project(copies[name], estimate, loading)
        gain = np.vdot(source, estimate) / (np.vdot(source, source) + TINY)
        figures[name] = dict(zip(FIGURES, [
            decibels(source, source - estimate),
            decibels(source, own - source),
            decibels(own, parts[name] - own),
            decibels(parts[name], estimate - parts[name]),
            decibels(own, estimate - own),
            decibels(gain * source, estimate - gain * source),
        ]))
    return figures


def best_pairs(truth, estimates):
    """Names of estimates for the names of stems, by the greatest sum of SDR over all ways."""
    def total(way):
        return sum(decibels(truth[name], truth[name] - estimates[judged])
                   for name, judged in zip(truth, way))
    return dict(zip(truth, max(itertools.permutations(estimates, len(truth)), key=total)))


def make_sounds(seed, n_stems, n_channels, n_frames=4000):
    """Coloured noise with a place among the channels; estimates leak, ring and rustle."""
    random = np.random.default_rng(seed)
    truth, estimates = {}, {}
    for i in range(n_stems):
        noise = random.standard_normal(n_frames) * np.abs(np.sin(np.arange(n_frames) / 300 + i))
        colour = random.standard_normal(8)
        voice = np.convolve(noise, colour)[:n_frames, None] * random.uniform(0.2, 1, n_channels)
        voice += 0.05 * random.standard_normal((n_frames, n_channels))
        truth[f"stem{i}"] = 0.05 * voice.astype("float32").astype(float)
    for name, sound in truth.items():
        estimate = random.uniform(0.6, 1.1) * sound
        estimate += 0.2 * np.roll(sound, 40, axis=0)
        for other in truth.values():
            estimate += random.uniform(0, 0.15) * other
        estimate += 2e-3 * random.standard_normal(sound.shape)
        estimates[name] = estimate
    as_stored = lambda sounds: {n: s.astype("float32").astype(float) for n, s in sounds.items()}
    return as_stored(truth), as_stored(estimates)


def write(folder, sounds):
    folder.mkdir()
    for name, sound in sounds.items():
        soundfile.write(folder / f"{name}.wav", sound.astype("float32"), 44100, subtype="FLOAT")


def run(program, *arguments):
    return subprocess.run([program, "score", *map(str, arguments)], capture_output=True, text=True)


def compare(where, found, expected):
    if set(found) != set(expected):
        yield f"{where}: scored {sorted(found)}, expected {sorted(expected)}"
        return
    for name, figures in expected.items():
        for figure in FIGURES:
            if not abs(found[name][figure] - figures[figure]) < 0.005:
                yield (f"{where}: {name}: {figure} {found[name][figure]:.4f}, "
                       f"expected {figures[figure]:.4f}")


def read_table(text):
    """Rows of the table for people: name -> words behind it."""
    rows = [line.split() for line in text.splitlines() if not line.startswith("-")]
    assert rows[0][-9:] == FIGURES + ["dB", "STOI", "ESTOI"], rows[0]
    return {row[0]: row[1:] for row in rows[1:]}


def check_table(where, text, expected):
    rows = read_table(text)
    mean = {figure: np.mean([e[figure] for e in expected.values()]) for figure in FIGURES}
    found = {name: dict(zip(FIGURES, map(float, words[-8:-2]))) for name, words in rows.items()}
    # Two decimals add half of a hundredth to what may differ.
    for name, figures in {**expected, "mean": mean}.items():
        for figure in FIGURES:
            if not abs(found[name][figure] - figures[figure]) < 0.01:
                yield f"{where}: table: {name}: {figure} {found[name][figure]}"


def check_case(program, folder, n_stems, n_channels):
    where = f"{n_stems} stems, {n_channels} channels"
    truth, estimates = make_sounds(10 * n_stems + n_channels, n_stems, n_channels)
    write(folder / "true", truth)
    write(folder / "judged", estimates)
    options = ["--reference", folder / "true", "--estimate", folder / "judged"]
    expected = expected_figures(truth, estimates)
    yield from compare(where, json.loads(run(program, *options, "--json").stdout), expected)
    yield from check_table(where, run(program, *options).stdout, expected)

    # The same stems without their names, and one more.
    shuffled = dict(zip(["c", "a", "d", "b"], estimates.values()))
    shuffled["e"] = np.random.default_rng(1).standard_normal(truth["stem0"].shape) * 1e-3
    shuffled["e"] = shuffled["e"].astype("float32").astype(float)
    write(folder / "blind", shuffled)
    options = ["--reference", folder / "true", "--estimate", folder / "blind", "--permute"]
    pairs = best_pairs(truth, shuffled)
    answer = run(program, *options, "--json")
    found = json.loads(answer.stdout)
    if {name: figures["estimate"] for name, figures in found.items()} != pairs:
        yield f"{where}: paired otherwise than {pairs}"
    matched = {name: shuffled[judged] for name, judged in pairs.items()}
    if all(matched[name] is estimates[name] for name in matched):
        yield from compare(where + ", permuted", found, expected)
    else:
        yield from compare(where + ", permuted", found, expected_figures(truth, matched))
    if "not scored" not in answer.stderr:
        yield f"{where}: nothing was said of the estimate that is left"


def check_refusals(program, folder):
    """Exit codes and names in messages; nothing on standard output."""
    truth, estimates = make_sounds(1, 2, 1, 1000)
    write(folder / "true", truth)
    write(folder / "one", {"stem0": estimates["stem0"]})
    write(folder / "short", {name: sound[:-1] for name, sound in estimates.items()})
    (folder / "empty").mkdir()
    (folder / "junk").mkdir()
    for name in truth:
        (folder / "junk" / f"{name}.wav").write_bytes(b"this is no sound")
    for estimate, code, words in [("one", 65, ["stem1"]), ("short", 65, ["true/", "short/"]),
                                  ("empty", 65, ["empty"]), ("junk", 65, ["junk/stem0.wav"]),
                                  ("none", 66, ["none"])]:
        answer = run(program, "--reference", folder / "true", "--estimate", folder / estimate)
        if answer.returncode != code or answer.stdout != "":
            yield f"{estimate}: exit code {answer.returncode}, expected {code}"
        for word in words:
            if word not in answer.stderr:
                yield f"{estimate}: '{word}' is not in: {answer.stderr}"


def main():
    program = sys.argv[1]
    problems = []
    for n_stems, n_channels in [(2, 1), (3, 1), (4, 1), (2, 2), (3, 2)]:
        with tempfile.TemporaryDirectory() as folder:
            problems += check_case(program, pathlib.Path(folder), n_stems, n_channels)
    with tempfile.TemporaryDirectory() as folder:
        problems += check_refusals(program, pathlib.Path(folder))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
