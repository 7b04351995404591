"""Sound goes through a program's callback to the sample, and comes out a period later.

The server runs freely, waits for everybody, and so loses nothing however busy the machine is.
"""

import os

import numpy
import soundfile

from bed import Bed

RATE = 48000
TAIL = 4800


def check(period, channels, pace, asked=0):
    sound = numpy.random.default_rng(period).uniform(-1, 1, (RATE, channels)).astype("float32")
    with Bed(RATE, period) as bed:
        path = bed.folder / "sound.wav"
        soundfile.write(path, sound, RATE, subtype="FLOAT")
        card = bed.card(microphones=channels, speakers=channels)
        card.pace(pace)
        program = bed.start([os.environ["LOOPBACK"], "card", asked])
        card.connected(2 * channels)
        told = program.line("running").split()
        assert told[2] == str(period), told
        heard = card.play(path, TAIL)
        assert program.end() == 0
    lag = int(numpy.argmax(heard.any(axis=1)))
    print(f"period {period}: {lag} frames, {1e3 * lag / RATE:.2f} ms from microphone to speaker")
    assert lag == period
    assert numpy.array_equal(heard[lag:lag + RATE], sound)
    assert not heard[:lag].any() and not heard[lag + RATE:].any()


check(64, 1, 0)
check(128, 2, 0)
check(256, 2, 4)
check(256, 1, 0, asked=256)
check(256, 1, 0, asked=64)  # JACK has its own
