#!/usr/bin/python3
"""What denoising costs, beside sox and FFmpeg.

    tests/bench/compare_denoise.py --build BUILD [--recording FILE] [--seconds 300] [--rounds 7]
                                   [--hours 0]

CPU seconds a second of 48 kHz, 16-bit mono sound, file to file, of `denoise` with the presets speech and
speech-fast, of sox's noisered (its profile made beforehand) and of FFmpeg's afftdn; and the peak memory of
each. They take turns; medians count. With --hours a recording of that length is denoised too, for the
peak memory alone. Everything runs on one core: start it with `taskset -c N`.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

import numpy as np
import soundfile

import material

RATE = 48000

# A process begins with the peak of the one that it was forked from; this one's is small.
LAUNCHER = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def measured(command):
    """CPU seconds and peak memory in MiB of a command."""
    result = subprocess.run([sys.executable, "-I", "-S", "-c", LAUNCHER, *command], check=True,
                            capture_output=True, text=True, env=os.environ | material.ONE_THREAD)
    return [float(word) for word in result.stdout.split()]


def write_sound(recording, seconds, path):
    """The recording again and again, as it would be at 48 kHz mono, over hiss at -40 dB."""
    random = np.random.default_rng(1)
    left = round(seconds * RATE)
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16", format="RF64") as file:
        while left > 0:
            for block, _ in material.blocks(recording, min(60, left / RATE)):
                block = block.mean(axis=1)[:left]
                left -= len(block)
                file.write(block + 0.01 * random.standard_normal(len(block)))


def commands(options, folder, sound):
    program = os.path.join(options.build, "unmingle")
    out = os.path.join(folder, "out.wav")
    found = {}
    for preset in ("speech", "speech-fast"):
        found[preset] = [program, "denoise", sound, "-o", out, "--force", "--quiet", "--jobs", "1",
                         "--preset", preset]
    if shutil.which("sox"):
        profile = os.path.join(folder, "profile")
        subprocess.run(["sox", sound, "-n", "trim", "0", "1", "noiseprof", profile], check=True)
        found["sox noisered"] = ["sox", sound, out, "noisered", profile, "0.21"]
    if shutil.which("ffmpeg"):
        found["FFmpeg afftdn"] = ["ffmpeg", "-loglevel", "error", "-y", "-threads", "1", "-i", sound,
                                  "-af", "afftdn", "-c:a", "pcm_s16le", out]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--recording", default=os.path.join(material.HERE, "..", "..", "samples",
                                                            "voice", "speech.flac"))
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--hours", type=float, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sound = os.path.join(folder, "sound.wav")
        write_sound(options.recording, options.seconds, sound)
        todo = commands(options, folder, sound)
        times = {name: [] for name in todo}
        peaks = {}
        for _ in range(options.rounds):
            for name, command in todo.items():
                cpu, peaks[name] = measured(command)
                times[name].append(cpu / options.seconds)
        print(f"{material.cpu_model()}, {options.rounds} rounds\n"
              f"{'':16s} CPU s/s   min     max     MiB")
        for name, found in times.items():
            print(f"{name:16s} {statistics.median(found):.4f}  {min(found):.4f}  {max(found):.4f}"
                  f"  {peaks[name]:6.1f}")
        if options.hours > 0:
            write_sound(options.recording, 3600 * options.hours, sound)
            for preset in ("speech", "speech-fast"):
                cpu, peak = measured(todo[preset])
                print(f"{preset}, {options.hours:g} h: {peak:.1f} MiB, "
                      f"{cpu / options.hours / 3600:.4f} CPU s/s")


if __name__ == "__main__":
    main()
