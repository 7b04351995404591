#!/usr/bin/python3
"""The whole job against the same written with soundfile, scipy and scikit-learn.

    tests/bench/compare_job.py --build BUILD [--recording FILE] [--seconds 240] [--repeat 3]
                               [--peers mean,stacked,double]

`unmingle separate --threads 1 --tolerance 0 --atoms 32 --sources 4 --iterations 100` and peer_separate.py with the
same settings take a 16-bit WAV apart and write four stems. CPU seconds are user and system time of
the whole process; memory is its peak. unmingle runs twice: with its default memory, where it learns
from a part of the frames, and with enough to learn from all of them, as the peer does. The programs
take turns.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile

import material

material.one_thread()

BAR = 8.0
ALMOST_ALL = 0.98  # of the frames: silent ones are left out
SETTINGS = ["--atoms", "32", "--sources", "4", "--iterations", "100"]
PEER_NAMES = {
    "mean": "scikit-learn, mean of the channels",
    "stacked": "scikit-learn, channels side by side",
    "double": "scikit-learn, channels side by side, double",
}
PEER_OPTIONS = {"mean": [], "stacked": ["--stacked"], "double": ["--stacked", "--double"]}


def ours(program, sound, directory, memory):
    stems = os.path.join(directory, "ours")
    command = [program, "separate", sound, "-o", stems, "--force", "--json", "--threads", "1"]
    command += ["--tolerance", "0"]  # not to stop before the last iteration
    if memory:
        command += ["--memory", memory]
    seconds, peak, output = material.run_measured(command + SETTINGS)
    report = json.loads(output)
    if report["iterations"] != 100:
        sys.exit(f"unmingle made {report['iterations']} iterations")
    return seconds, peak, report["learned_frames"], report["available_frames"]


def peer(kind, sound, directory):
    script = os.path.join(material.HERE, "peer_separate.py")
    command = [sys.executable, "-B", script, sound, os.path.join(directory, "peer")] + SETTINGS
    seconds, peak, _ = material.run_measured(command + PEER_OPTIONS[kind])
    return seconds, peak


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--build", required=True, help="folder that holds unmingle")
    parser.add_argument("--recording", default=material.RECORDING)
    parser.add_argument("--seconds", type=float, default=240)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--peers", default="mean,stacked,double")
    parser.add_argument("--all-memory", default="512M", help="enough to learn from every frame")
    return parser.parse_args()


def note(runs, name, seconds, peak):
    """Each run is told when it ends: all of them together take long."""
    print(f"{name}: {seconds:.1f} s, {peak:.0f} MiB", file=sys.stderr, flush=True)
    runs.setdefault(name, []).append((seconds, peak))


def main():
    options = arguments()
    program = os.path.join(options.build, "unmingle")
    kinds = options.peers.split(",")
    runs = {}
    with tempfile.TemporaryDirectory() as directory:
        sound = os.path.join(directory, "sound.wav")
        material.write_repeated(options.recording, options.seconds, sound)
        for _ in range(options.repeat):
            for memory in (None, options.all_memory):
                seconds, peak, learned, available = ours(program, sound, directory, memory)
                if memory and learned < ALMOST_ALL * available:
                    sys.exit(f"--memory {memory}: {learned} of {available} frames were learned from")
                amount = f"--memory {memory}" if memory else "default memory"
                name = f"unmingle, {amount}, {learned} of {available} frames"
                note(runs, name, seconds, peak)
            for kind in kinds:
                note(runs, PEER_NAMES[kind], *peer(kind, sound, directory))
    print(material.cpu_model())
    middle = {name: statistics.median(run[0] for run in all) for name, all in runs.items()}
    for name, all in runs.items():
        seconds = material.spread([run[0] for run in all], "{:.1f}")
        peak = max(run[1] for run in all)
        print(f"{name:56} {seconds:>22} s CPU {peak:7.0f} MiB")
    for kind in kinds:
        for name in runs:
            if name.startswith("unmingle"):
                ratio = middle[PEER_NAMES[kind]] / middle[name]
                print(f"{PEER_NAMES[kind]} / {name}: {ratio:.1f} (bar {BAR:g})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
