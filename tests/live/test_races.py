"""Twenty seconds of a live run, its page open, atoms learned, all commands used, on another device at the
end: for a program that was built to find data races, which then ends with a code of its own."""

import contextlib
import pathlib
import signal
import sys
import threading
import time

import scipy.signal
import soundfile
from selenium.common.exceptions import TimeoutException

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "page"))

import browser  # noqa: E402
from bed import Bed  # noqa: E402
from live_page import LivePage  # noqa: E402
from live_run import LiveRun  # noqa: E402

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "samples"
RATE, SECONDS, ATTEMPTS = 48000, 20, 5

# Devices are processes that are forked off, and have threads.
OPTIONS = {"TSAN_OPTIONS": "die_after_fork=0 halt_on_error=0"}


def keep_playing(card, path, enough):
    """A program that is watched so closely may take long to learn, and learns nothing of silence."""
    while not enough.is_set():
        card.play(path)


def hold_until_learned(page, label):
    """A hold may fall into a moment in which nothing was heard."""
    for _ in range(ATTEMPTS):
        page.hold(label, 2)
        with contextlib.suppress(TimeoutException):
            return page.wait(lambda: label in page.labels(), seconds=20)
    raise TimeoutError(f"no source {label}: {page.says()}")


def run(bed, driver):
    sound, rate = soundfile.read(SAMPLES / "voice" / "mix.flac")
    sound = scipy.signal.resample_poly(sound, 320, rate * 320 // RATE)
    soundfile.write(bed.folder / "heard.wav", sound, RATE, "FLOAT")
    card = bed.card()
    live = LiveRun(bed, "--record", "take", environment=OPTIONS)
    card.connected(2)
    page = LivePage(driver, live.address)
    enough = threading.Event()
    playing = threading.Thread(target=keep_playing, args=[card, bed.folder / "heard.wav", enough])
    playing.start()
    begun = time.monotonic()
    time.sleep(3)
    hold_until_learned(page, "A")
    hold_until_learned(page, "noise")
    live.do("learn", value=True)
    live.do("gain", source=0, value=0.5)
    live.do("solo", source=0, value=True)
    live.do("rename", source=0, label="B")
    live.do("remove", source=1)
    live.do("save", name="saved.safetensors")
    live.do("freeze", value=True)
    live.do("freeze", value=False)
    time.sleep(max(0.0, SECONDS - (time.monotonic() - begun)))
    enough.set()
    playing.join()
    live.do("device", **{"in": "card", "out": "card"})
    time.sleep(2)
    _, code = live.stop(signal.SIGTERM)
    # That nothing plays any more is true, and told on a machine slow enough to wait for it.
    said = [line for line in live.process.said
            if not line.startswith(("{", "http://")) and "card is silent" not in line]
    assert code == -signal.SIGTERM and not said, "\n".join(said)


driver = browser.start()
try:
    with Bed(RATE, 1024) as bed:
        run(bed, driver)
finally:
    browser.stop(driver)
