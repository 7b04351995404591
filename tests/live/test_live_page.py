"""The page of a real run in a browser: what is pressed there is what is heard and learned."""

import pathlib
import sys
import threading
import unittest

import numpy as np
import scipy.signal
import soundfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "page"))

import browser  # noqa: E402
from bed import Bed  # noqa: E402
from live_page import LivePage  # noqa: E402
from live_run import LiveRun  # noqa: E402

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "samples"
RATE, PERIOD = 48000, 1024
ATTEMPTS = 3  # of what a busy machine may spoil


class LivePageTest(unittest.TestCase):
    def setUp(self):
        self.driver = browser.start()
        self.addCleanup(browser.stop, self.driver)
        self.bed = Bed(RATE, PERIOD).__enter__()
        self.addCleanup(self.bed.__exit__)
        sound, rate = soundfile.read(SAMPLES / "voice" / "mix.flac")
        self.sound = scipy.signal.resample_poly(sound, 320, rate * 320 // RATE)[:6 * RATE]
        self.microphone = self.bed.folder / "heard.wav"
        soundfile.write(self.microphone, self.sound, RATE, "FLOAT")
        self.card = self.bed.card()

    def start(self, *options):
        self.live = LiveRun(self.bed, *options)
        self.card.connected(2)
        self.page = LivePage(self.driver, self.live.address)

    def playing(self):
        """The card plays, in a thread of its own; result() gives what came out."""
        found = []
        thread = threading.Thread(target=lambda: found.append(self.card.play(self.microphone)))
        thread.start()

        def result():
            thread.join()
            return found[0][:, 0]
        return result

    def test_what_is_pressed_is_heard_and_learned(self):
        self.start()
        page = self.page
        page.wait(lambda: page.labels() == ["rest"], "no rest", 20)
        result = self.playing()
        before = page.picture_of("#spectrogram")
        page.hold("A", 2.0)
        page.wait(lambda: page.labels() == ["A", "rest"], "no source A", 20)
        self.assertNotEqual(page.picture_of("#spectrogram"), before)
        self.assertGreater(np.abs(result()).max(), 0.1)
        for label in ("A", "rest"):
            page.strip(label, "mute").click()
            page.wait(lambda: page.is_pressed(page.strip(label, "mute")))
        self.assertLess(np.abs(self.playing()()).max(), 1e-6)
        page.strip("A", "mute").click()
        page.wait(lambda: not page.is_pressed(page.strip("A", "mute")))
        self.assertGreater(np.abs(self.playing()()).max(), 0.02)
        self.assertEqual(page.problems(), [])

    def test_a_reader_who_stalls_costs_nothing(self):
        self.start()
        stream = self.page.stream(buffer=4096)
        next(stream)
        for _ in range(ATTEMPTS):
            late = self.live.state()["overruns"]
            self.playing()()
            self.playing()()  # 12 s in which nothing is read
            if self.live.state()["overruns"] == late:
                break
        else:
            self.fail(f"late in each of {ATTEMPTS} attempts")
        self.assertGreater(self.page.state()["load"], 0)

    def test_strangers_are_shut_out(self):
        self.start()
        page = self.page
        self.assertEqual(page.request(token="0" * 32)[0], 403)
        self.assertEqual(page.request(headers={"Host": "example.org"})[0], 403)
        self.assertEqual(page.request(headers={"Origin": "http://example.org"})[0], 403)
        self.assertEqual(page.request()[0], 200)


if __name__ == "__main__":
    unittest.main()
