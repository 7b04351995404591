"""Sound that the comparisons work on, and how they are measured.

The sound is a recording repeated to a length. Every repetition gets slightly other gains, one a
channel, so that no two frames of the spectrogram are equal and the stereo image moves a little.
"""

import os
import re
import statistics
import subprocess
import sys

import numpy as np
import soundfile

HERE = os.path.dirname(os.path.abspath(__file__))
RECORDING = os.path.join(HERE, "..", "..", "samples", "trio", "mix.flac")

# One thread for OpenBLAS, which reads this when numpy is loaded: see one_thread().
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def one_thread():
    """Starts the script again with one thread a process, unless that is so already."""
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):
        os.execve(sys.executable, [sys.executable] + sys.argv, os.environ | ONE_THREAD)


def blocks(path, seconds, seed=1):
    """The recording, again and again, as float32 blocks of samples x channels, and the rate."""
    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    random = np.random.default_rng(seed)
    left = round(seconds * rate)
    while left > 0:
        gains = 10 ** (random.uniform(-1.5, -0.5, sound.shape[1]) / 20)
        block = sound[:left] * gains.astype(np.float32)
        left -= len(block)
        yield block, rate


def repeated(path, seconds):
    """The same in one piece."""
    pieces = list(blocks(path, seconds))
    return np.concatenate([block for block, _ in pieces]), pieces[0][1]


def write_repeated(path, seconds, target):
    """Writes it as a 16-bit WAV, block by block, so that an hour needs no memory to speak of."""
    info = soundfile.info(path)
    with soundfile.SoundFile(target, "w", info.samplerate, info.channels, "PCM_16") as file:
        for block, _ in blocks(path, seconds):
            file.write(block)


def cpu_model():
    with open("/proc/cpuinfo", encoding="ascii") as file:
        found = re.search(r"^model name\s*:\s*(.*)$", file.read(), re.MULTILINE)
    return found.group(1) if found else "unknown processor"


def run_measured(command):
    """CPU seconds (user and system) and peak memory in MiB of a command; ends when it fails."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | ONE_THREAD
    )
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output


def spread(values, form="{:.2f}"):
    """Median (smallest..largest)."""
    middle, low, high = (
        form.format(x) for x in (statistics.median(values), min(values), max(values))
    )
    return f"{middle} ({low}..{high})"
