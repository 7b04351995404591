"""The same in real time, where the system allows it and the machine keeps up: else this is skipped."""

import os
import sys

import numpy
import soundfile

from bed import Bed, may_real_time

RATE = 48000
PERIODS = [64, 128, 256]
ATTEMPTS = 5


def lag_of(sound, period):
    """Frames from microphone to speaker; None when something came late."""
    with Bed(RATE, period, real_time=True) as bed:
        path = bed.folder / "sound.wav"
        soundfile.write(path, sound, RATE, subtype="FLOAT")
        card = bed.card()
        program = bed.start([os.environ["LOOPBACK"], "card", 0])
        card.connected(2)
        program.line("running")
        heard = card.play(path, RATE // 10)[:, 0]
        assert program.end() == 0
    if card.xruns > 0:
        return None
    lag = int(numpy.argmax(heard != 0))
    assert numpy.array_equal(heard[lag:lag + len(sound)], sound)
    return lag


if not may_real_time():
    print("no real-time scheduling here")
    sys.exit(77)
sound = numpy.random.default_rng(1).uniform(-1, 1, RATE // 2).astype("float32")
for period in PERIODS:
    lags = (lag_of(sound, period) for _ in range(ATTEMPTS))
    lag = next((lag for lag in lags if lag is not None), None)
    if lag is None:
        print(f"the machine is too busy for periods of {period} frames")
        sys.exit(77)
    print(f"period {period}: {lag} frames, {1e3 * lag / RATE:.2f} ms")
    assert lag == period
