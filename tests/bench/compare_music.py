#!/usr/bin/python3
"""The recipes of `separate` beside what is simpler, on given mixtures and on made ones.

    compare_music.py --dev FOLDER --made FOLDER [--strokes FOLDER] [--seeds 5] [--jobs 2]
                     [--program build/release/unmingle] [--only GROUP...]

The folders are laid out as measure_music.py wants them; music.py makes the second. STROKES holds the
drums that the made ones are of: for mixtures whose meta.json names a "kit" dictionaries without it are
made first. Prints tables in Markdown: the mean SDR of every method, with the default seed and, of so
many seeds, the mean and the range of the mean over the mixtures; then means of kinds of mixture, and every
mixture. All methods of a group are scored on the same part of the same mixtures.
"""

import argparse
import concurrent.futures
import functools
import json
import pathlib
import subprocess
import sys
import tempfile

from material import one_thread

one_thread()

import numpy as np

import measure_music as measure
import music_peers as peers


class Bench:
    """A mixture and a seed. What several methods need is computed once."""

    def __init__(self, folder, program, seed, dictionaries, scratch):
        self.mixture = measure.Mixture(folder)
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        self.dictionaries = dictionaries.get(meta.get("kit"))
        self.program, self.seed, self.scratch = program, seed, scratch
        self.stems = self.mixture.stems
        self.mix = sum(self.stems.values())
        self.n_runs = 0

    @functools.lru_cache(maxsize=None)
    def separate(self, *options):
        """Stems by label."""
        self.n_runs += 1
        out = f"{self.scratch}/out{self.n_runs}"
        measure.run(self.program, [self.mixture.folder / "mix.flac", "-o", out, "--seed",
                                   str(self.seed), *options])
        return measure.read_stems(out)

    def clips(self, names, mono=False):
        scratch = pathlib.Path(self.scratch, "mono" if mono else "clips")
        scratch.mkdir(exist_ok=True)
        return measure.clip_options(self.mixture, names, scratch, mono)

    # -- Scores -------------------------------------------------------------------------------

    def score(self, found, left_out):
        """Mean SDR of all stems, by name; without each stem's clip when that is left out."""
        values = []
        for name, stem in self.stems.items():
            keep = measure.outside_clip(self.mixture, name) if left_out else slice(None)
            values.append(measure.sdr(stem[keep], found[name][keep]))
        return np.mean(values)

    def unnamed(self, found, left_out):
        """The same for sources in the best order."""
        order = measure.best_order(list(self.stems.values()), found)
        return self.score({name: found[k] for name, k in zip(self.stems, order)}, left_out)

    def plain_nmf(self, left_out, **settings):
        """Channel by channel in the best order, which is more than a user could know."""
        channels = self.plain_nmf_channels(**settings)
        found = {name: np.zeros_like(stem) for name, stem in self.stems.items()}
        for c, parts in enumerate(channels):
            order = measure.best_order([stem[:, c:c + 1] for stem in self.stems.values()], parts)
            for name, k in zip(self.stems, order):
                found[name][:, c:c + 1] = parts[k]
        return self.score(found, left_out)

    @functools.lru_cache(maxsize=None)
    def plain_nmf_channels(self, **settings):
        return peers.plain_nmf(self.mix, len(self.stems), self.seed, **settings)

    def split(self, found, names, left_out=False):
        """One stem against the rest: `found` is the two of them."""
        name, lead, rest = measure.lead_and_rest(self.mixture, names)
        keep = measure.outside_clip(self.mixture, name) if left_out else slice(None)
        return np.mean([measure.sdr(lead[keep], found[0][keep]),
                        measure.sdr(rest[keep], found[1][keep])])


# -- Methods: each gives the mean SDR of a mixture, or None where it is not for it ----------------

def by_example(b, *options, mono=False):
    return b.score(b.separate(*b.clips(b.stems, mono), *options), True)


def blind(b, left_out, *options):
    found = b.separate("--sources", str(len(b.stems)), *options)
    return b.unnamed(list(found.values()), left_out)


def mixture_itself(b, left_out):
    return b.score({name: b.mix / len(b.stems) for name in b.stems}, left_out)


def with_dictionary(b, preset, score):
    """With a dictionary that has not heard this kit, or the shipped one, which does not know dev."""
    own = b.dictionaries
    files = {"drums": "drums.safetensors", "percussive": "percussion.safetensors"}
    options = ["--dictionary", str(own / files[preset])] if own else []
    return score(b.separate("--preset", preset, *options))


def struck(b, found):
    return b.split([found["percussive"], found["harmonic"]], ["drums"])


LEADS = ["voice", "melody"]


def lead(b, found, label, left_out=True):
    other = next(stem for name, stem in found.items() if name != label)
    return b.split([found[label], other], LEADS, left_out)


def lead_by_clip(b, *options):
    name = measure.lead_and_rest(b.mixture, LEADS)[0]
    return lead(b, b.separate(*b.clips([name]), *options), name)


EXAMPLE = {
    "by example": by_example,
    "without shifts (`--shifts 0`)": lambda b: by_example(b, "--shifts", "0"),
    "ratio masks (clips of one channel)": lambda b: by_example(b, mono=True),
    "ratio masks, no shifts": lambda b: by_example(b, "--shifts", "0", mono=True),
    "blind (`--sources S`)": lambda b: blind(b, True),
    "plain NMF (FluCoMa), K = S": lambda b: b.plain_nmf(True),
    "the mixture / S": lambda b: mixture_itself(b, True),
}

# With the first seed alone: what shows what a part of a recipe is good for, and what draws nothing.
ONCE = ("without shifts (`--shifts 0`)", "ratio masks (clips of one channel)",
        "ratio masks, no shifts", "the mixture / S", "atoms from a random start", "`drums` as shipped",
        "`percussive` as shipped", "medians (HPSS), 4096/1024", "REPET-SIM alone",
        "REPET-SIM alone, whole recording")

# Name of the group: which mixtures, and the methods, the recipe first.
GROUPS = {
    "example": (lambda m: m.kind != "duo", EXAMPLE),
    "example, panned pairs": (lambda m: m.kind == "duo", EXAMPLE),
    "blind": (lambda m: True, {
        "blind (`--sources S`)": lambda b: blind(b, False),
        "atoms from a random start": lambda b: blind(b, False, "--start", "random"),
        "plain NMF (FluCoMa), K = S": lambda b: b.plain_nmf(False),
        "the mixture / S": lambda b: mixture_itself(b, False),
    }),
    "drums": (lambda m: m.kind == "drums", {
        "`drums`, kit not learned from":
            lambda b: with_dictionary(b, "drums", lambda found: b.score(found, False)),
        "`drums` as shipped": lambda b: b.score(b.separate("--preset", "drums"), False),
        "blind (`--sources 3`)": lambda b: blind(b, False),
        "plain NMF, K = 3, 2048/512": lambda b: b.plain_nmf(False, window=2048, hop=512),
    }),
    "percussive": (lambda m: "drums" in m.stems and len(m.stems) > 1, {
        "`percussive`, kit not learned from":
            lambda b: with_dictionary(b, "percussive", functools.partial(struck, b)),
        "`percussive` as shipped": lambda b: struck(b, b.separate("--preset", "percussive")),
        "medians (HPSS), 4096/1024": lambda b: b.split(peers.median_hpss(b.mix), ["drums"]),
    }),
    "voice": (lambda m: "voice" in m.stems or "melody" in m.stems, {
        "`voice` with a clip": lambda b: lead_by_clip(b, "--preset", "voice"),
        "the clip alone (`--learn voice=CLIP`)": lead_by_clip,
        "`voice` without a clip": lambda b: lead(b, b.separate("--preset", "voice"), "voice"),
        "REPET-SIM alone": lambda b: b.split(peers.repet_sim(b.mix, b.mixture.rate), LEADS, True),
        "`voice` without a clip, whole recording":
            lambda b: lead(b, b.separate("--preset", "voice"), "voice", False),
        "REPET-SIM alone, whole recording":
            lambda b: b.split(peers.repet_sim(b.mix, b.mixture.rate), LEADS, False),
    }),
}


def measured(folder, program, seed, dictionaries, only):
    """SDR by group and method of one mixture with one seed."""
    values = {}
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(folder, program, seed, dictionaries, scratch)
        for group, (takes, methods) in GROUPS.items():
            if takes(bench.mixture) and (only is None or group in only):
                values |= {(group, name): method(bench) for name, method in methods.items()
                           if seed == 1 or name not in ONCE}
    return values


def dictionaries_without(kits, strokes, folder, program):
    """A folder with the dictionaries of the others for every kit, made as presets/README.md has it."""
    made = {}
    for kit in sorted(kits):
        made[kit] = pathlib.Path(folder, kit)
        made[kit].mkdir()
        files = {kind: [path for path in sorted(strokes.glob(f"{kind}__*.flac"))
                        if not path.stem.startswith(f"{kind}__{kit}")]
                 for kind in ("kick", "snare", "hat")}
        labels = [word for kind, paths in files.items() for word in ("--label", kind, *paths)]
        learn(program, labels, made[kit] / "drums.safetensors", "--atom-frames", "10", "--window",
              "2048", "--hop", "512")
        learn(program, ["--label", "percussive", *sum(files.values(), [])],
              made[kit] / "percussion.safetensors", "--atoms", "32", "--window", "4096", "--hop",
              "512", "--start", "random", "--seed", "2", "--iterations", "500", "--tolerance", "0")
    return made


def learn(program, labels, output, *options):
    subprocess.run([program, "learn", "-q", *labels, "-o", output, *options], check=True)


# -- Tables ---------------------------------------------------------------------------------------

def cell(rows):
    """Of mixtures x seeds: the mean with the first seed, and over seeds the mean and range of it."""
    if not rows:
        return "| | "
    means = np.mean(rows, axis=0)
    spread = f"{means.mean():.2f} ({means.min():.2f}..{means.max():.2f})" if len(means) > 1 else ""
    return f"| {means[0]:.2f} | {spread} "


def print_means(results, sets, group):
    methods = GROUPS[group][1]
    rows = {(label, name): [values[group, name] for values in results[label].values()
                            if (group, name) in values] for label in sets for name in methods}
    counts = [len(rows[label, next(iter(methods))]) for label in sets]
    if not any(counts):
        return
    print(f"\n| {group} | " + " | ".join(f"{label} ({n}) | seeds" for label, n in
                                         zip(sets, counts)) + " |")
    print("|---|" + "---|---|" * len(sets))
    for name in methods:
        print(f"| {name} " + "".join(cell(rows[label, name]) for label in sets) + "|")


def print_rows(group, title, rows):
    """Of (name, values of a mixture): mean over seeds, and its range where there is one."""
    methods = list(GROUPS[group][1])
    rows = [(name, values) for name, values in rows if (group, methods[0]) in values]
    if not rows:
        return
    print(f"\n| {group}, {title} | " + " | ".join(methods) + " |")
    print("|---|" + "---|" * len(methods))
    for name, values in rows:
        cells = []
        for method in methods:
            row = values[group, method]
            narrow = max(row) - min(row) < 0.05
            cells.append(f"{np.mean(row):.1f}" +
                         ("" if narrow else f" ({min(row):.1f}..{max(row):.1f})"))
        print(f"| {name} | " + " | ".join(cells) + " |")


def means_by(results, facts, field, group):
    """(value of the field and number of mixtures, means of these) for mixtures that have the group."""
    first = (group, next(iter(GROUPS[group][1])))
    names = {}
    for name, values in results.items():
        if first in values:
            names.setdefault(facts[name].get(field, "other"), []).append(name)
    for value, of in names.items():
        keys = [(group, method) for method in GROUPS[group][1]]
        yield f"{value} ({len(of)})", {key: np.mean([results[name][key] for name in of], axis=0)
                                       for key in keys}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dev", type=pathlib.Path)
    parser.add_argument("--made", type=pathlib.Path)
    parser.add_argument("--strokes", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--program", default="build/release/unmingle")
    parser.add_argument("--only", nargs="+", choices=GROUPS)
    arguments = parser.parse_args()
    folders = {label: sorted(path.parent for path in folder.glob("*/meta.json"))
               for label, folder in (("dev", arguments.dev), ("made", arguments.made)) if folder}
    facts = {folder.name: json.loads((folder / "meta.json").read_text(encoding="utf-8"))
             for folder in sum(folders.values(), [])}
    kits = {known.get("kit") for known in facts.values()} - {None}
    results = {label: {} for label in folders}
    with tempfile.TemporaryDirectory() as scratch, \
            concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool:
        dictionaries = dictionaries_without(kits, arguments.strokes, scratch, arguments.program) \
            if arguments.strokes else {}
        tasks = {pool.submit(measured, folder, arguments.program, seed, dictionaries,
                             arguments.only): (label, folder.name)
                 for label in folders for folder in folders[label]
                 for seed in range(1, arguments.seeds + 1)}
        for i, (task, (label, name)) in enumerate(tasks.items(), 1):
            for key, value in task.result().items():
                results[label].setdefault(name, {}).setdefault(key, []).append(value)
            print(f"\r{i} of {len(tasks)}", end="", file=sys.stderr, flush=True)
    for group in arguments.only or GROUPS:
        print_means(results, list(folders), group)
    for group in arguments.only or GROUPS:
        for field in ("kind", "place") if arguments.made else ():
            print_rows(group, f"made by {field}", means_by(results["made"], facts, field, group))
    for group in arguments.only or GROUPS:
        for label in folders:
            print_rows(group, label, results[label].items())


if __name__ == "__main__":
    main()
