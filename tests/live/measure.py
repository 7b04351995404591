#!/usr/bin/python3
"""How late a live run is, what it takes of a core, and whether it holds out.

    tests/live/measure.py --build BUILD [--minutes 0]

Real time, on virtual devices, so on a machine that has nothing else to do. Delay as it is measured from
microphone to loudspeaker, and load with 2 x 16 atoms, for each latency and period. With --minutes, one run
of so long instead, with its page read and atoms being learned: blocks that were late and those that the
sound server itself lost, every half minute, and memory.
"""

import argparse
import contextlib
import http.client
import os
import pathlib
import subprocess
import threading
import urllib.request

import numpy as np
import scipy.signal
import soundfile

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "samples"
RATE, SECONDS = 48000, 30


def sound(seconds):
    heard, rate = soundfile.read(SAMPLES / "voice" / "mix.flac")
    heard = scipy.signal.resample_poly(heard, 320, rate * 320 // RATE)
    return np.tile(heard, 1 + int(seconds * RATE) // len(heard))[:int(seconds * RATE)]


def table(beds, runs):
    with beds.Bed(RATE, 256) as bed:
        dictionary = bed.folder / "voice.safetensors"
        subprocess.run([runs.UNMINGLE, "learn", "--label", "speech", SAMPLES / "voice" / "speech.flac",
                        "--label", "piano", SAMPLES / "voice" / "piano.flac", "-o", dictionary,
                        "--atoms", "16", "-q"], check=True)
        atoms = dictionary.read_bytes()
    heard = sound(3)
    print("latency  period    delay      load  late")
    for latency in ("lowest", "low", "quality"):
        for period in (64, 128, 256):
            with beds.Bed(RATE, period, real_time=True) as bed:
                (bed.folder / "voice.safetensors").write_bytes(atoms)
                soundfile.write(bed.folder / "heard.wav", heard, RATE, "FLOAT")
                card = bed.card()
                live = runs.LiveRun(bed, "--latency", latency, "--dictionary", "voice.safetensors")
                card.connected(2)
                before = live.state()["overruns"]
                played = card.play(bed.folder / "heard.wav", tail=RATE)[:, 0]
                state = live.state()
            lag = np.argmax(scipy.signal.correlate(played, heard[:2 * RATE], "valid"))
            print(f"{latency:8s} {period:6d}  {1000 * lag / RATE:5.2f} ms  {100 * state['load']:6.1f} %"
                  f"  {state['overruns'] - before:4d}")


def memory_of(pid):
    """Resident kB."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def read_page(address):
    with urllib.request.urlopen(address.replace("/?", "/stream?")) as stream:
        with contextlib.suppress(http.client.IncompleteRead):  # it is cut off at the end
            while stream.read(4096):
                pass


def endurance(beds, runs, minutes):
    with beds.Bed(RATE, 256, real_time=True) as bed:
        soundfile.write(bed.folder / "heard.wav", sound(SECONDS), RATE, "FLOAT")
        card = bed.card()
        live = runs.LiveRun(bed, "--latency", "lowest", "--record", "take")
        card.connected(2)
        threading.Thread(target=read_page, args=[live.address], daemon=True).start()
        print("minutes  late  dropped  lost by the server  memory")
        xruns = 0
        for half in range(int(2 * minutes)):
            card.play(bed.folder / "heard.wav")
            xruns += card.xruns
            state = live.state()
            print(f"{(half + 1) / 2:7.1f}  {state['overruns']:4d}  {state['dropped']:7d}  {xruns:18d}  "
                  f"{memory_of(live.process.pid)} kB", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--minutes", type=float, default=0)
    options = parser.parse_args()
    os.environ["UNMINGLE"] = os.path.abspath(os.path.join(options.build, "unmingle"))
    os.environ["VIRTUAL_CARD"] = os.path.abspath(os.path.join(options.build, "tests/live/virtual_card"))
    import bed
    import live_run
    if options.minutes > 0:
        endurance(bed, live_run, options.minutes)
    else:
        table(bed, live_run)


main()
