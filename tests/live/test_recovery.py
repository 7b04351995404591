"""A sound server that dies or hangs: noticed, let go, and sound again when it is back.

How soon after that is not for us to say: on a busy machine JACK now and then does not serve a client that comes
just when another does, and is given up after five seconds. A server that was told to wait for its clients then waits
for that one too, for ever, and says nothing about us either: that test begins again with another server.
"""

import os
import signal
import time

import numpy
import soundfile

from bed import Bed

RATE = 48000
NOTICED = 1.0  # seconds
CLOSED = 2.0
PLAYED = 15.0  # what takes a sixth of a second, on a machine under load
ATTEMPTS = 3


def check_lost(program, since):
    program.line("lost")
    print(f"noticed after {time.monotonic() - since:.2f} s")
    assert time.monotonic() - since < NOTICED + 0.5
    answer, seconds = program.line("closed").split()[2:]
    print(f"closed: {answer}, in {seconds} s")
    assert answer == "yes" and float(seconds) < CLOSED


def check_sound(bed, card, sound):
    """Whether the server served its clients so that there was something to check."""
    path = bed.folder / "sound.wav"
    soundfile.write(path, sound, RATE, subtype="FLOAT")
    card.pace(4)
    try:
        heard = card.play(path, RATE // 10, PLAYED)[:, 0]
    except TimeoutError as error:
        print(error)
        return False
    lag = int(numpy.argmax(heard != 0))
    print(f"{lag} frames from microphone to speaker")
    assert numpy.array_equal(heard[lag:lag + len(sound)], sound)
    return True


def check_killed(sound):
    """As check_sound."""
    with Bed(RATE, in_step=False) as bed:
        bed.card()
        program = bed.start([os.environ["LOOPBACK"], "card", 0])
        program.line("running")

        killed = time.monotonic()
        bed.kill_server()
        check_lost(program, killed)
        time.sleep(1)  # the program tries in vain meanwhile
        bed.start_server()
        card = bed.card()
        back = time.monotonic()
        program.line("running")
        print(f"sound again {time.monotonic() - back:.2f} s after the card was back")
        if not check_sound(bed, card, sound):
            return False
        assert program.end() == 0
        return True


def check_hung():
    with Bed(RATE, in_step=False) as bed:
        bed.card()
        program = bed.start([os.environ["LOOPBACK"], "card", 0])
        program.line("running")
        stopped = time.monotonic()
        bed.server.send_signal(signal.SIGSTOP)
        check_lost(program, stopped)
        bed.server.send_signal(signal.SIGCONT)
        program.line("running")
        print(f"sound again {time.monotonic() - stopped:.2f} s after the server had hung")
        assert program.end() == 0


sound = numpy.random.default_rng(1).uniform(-1, 1, RATE // 2).astype("float32")
assert any(check_killed(sound) for _ in range(ATTEMPTS))
check_hung()
