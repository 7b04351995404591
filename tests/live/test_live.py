"""'unmingle live' among virtual devices: exact, steerable, and alive whatever happens to them."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import numpy as np
import scipy.signal
import soundfile

from bed import Bed
from live_run import UNMINGLE, LiveRun

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "samples"
RATE = 48000

# Much slower than the clock: so nobody is late on a machine that has other things to do.
PACE = 0.25
SECONDS = 3
ATTEMPTS = 3


def resampled(path, seconds):
    sound, rate = soundfile.read(path)
    divisor = np.gcd(RATE, rate)
    sound = scipy.signal.resample_poly(sound, RATE // divisor, rate // divisor)
    return sound[:int(seconds * RATE)].astype(np.float32)


def decibels(error, sound):
    return 10 * np.log10((error.astype(float) ** 2).sum() / (sound.astype(float) ** 2).sum() + 1e-30)


def delay_of(heard, played):
    """Frames by which what is played trails what is heard."""
    return int(np.argmax(scipy.signal.correlate(played[:3 * RATE], heard[:2 * RATE], "valid")))


class Live(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="unmingle_live_"))
        cls.dictionary = cls.folder / "voice.safetensors"
        subprocess.run([UNMINGLE, "learn", "--label", "speech", SAMPLES / "voice" / "speech.flac",
                        "--label", "piano", SAMPLES / "voice" / "piano.flac", "-o", cls.dictionary,
                        "--atoms", "16", "-q"], check=True)
        cls.heard = resampled(SAMPLES / "voice" / "mix.flac", SECONDS)
        cls.microphone = cls.folder / "heard.wav"
        soundfile.write(cls.microphone, cls.heard, RATE, "FLOAT")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def play(self, *options, period=256, before=lambda live: None, after=lambda live: None):
        """What is played for what is heard, and the last state; no block may have been late. A machine
        that is too busy even at half speed gets further attempts."""
        for _ in range(ATTEMPTS):
            with Bed(RATE, period) as bed:
                card = bed.card()
                live = LiveRun(bed, *options)
                card.connected(2)
                card.pace(PACE)
                before(live)
                late = live.state()["overruns"]
                played = card.play(self.microphone, tail=RATE // 2)[:, 0]
                state = live.state()
                late = live.state()["overruns"] - late
                after(live)
                if late == 0:
                    return played, state
        self.fail(f"late in each of {ATTEMPTS} attempts")

    def assert_delayed(self, played, period, better_than):
        """What is played is what was heard, 3 periods less a sample before."""
        delay = 3 * period - 1
        self.assertEqual(delay_of(self.heard, played), delay)
        part = played[delay:delay + len(self.heard)]
        self.assertLess(decibels(part - self.heard, self.heard), better_than)

    def test_sources_add_up_to_what_was_heard(self):
        for period in (64, 256):
            with self.subTest(period=period):
                played, state = self.play("--latency", "lowest", "--dictionary", self.dictionary,
                                          period=period)
                self.assert_delayed(played, period, -120)
                self.assertAlmostEqual(state["delay_ms"], (3 * period - 1) / RATE * 1000, places=6)
                self.assertEqual([s["label"] for s in state["sources"]], ["speech", "piano", "rest"])

    def test_a_muted_source_leaves_what_separate_calls_the_others(self):
        saved = self.folder / "saved.safetensors"

        def mute_and_save(live):
            live.do("mute", source=0, value=True)
            live.do("save", name=saved.name)
            shutil.move(live.bed.folder / saved.name, saved)

        played, _ = self.play("--latency", "lowest", "--dictionary", self.dictionary, "--iterations",
                              "50", before=mute_and_save)
        stems = self.folder / "stems"
        subprocess.run([UNMINGLE, "separate", self.microphone, "--dictionary", saved, "-o", stems,
                        "--sample-format", "float", "--shifts", "0", "-q"], check=True)
        expected, _ = soundfile.read(stems / "piano.wav", dtype="float32")
        delay = 3 * 256 - 1
        part = played[delay:delay + len(expected)]
        self.assertLess(decibels(part - expected, expected), -100)
        self.assertGreater(decibels(part - self.heard, self.heard), -20)

    def test_it_records_sources_that_add_up(self):
        with Bed(RATE, 256) as bed:
            card = bed.card()
            live = LiveRun(bed, "--dictionary", self.dictionary, "--record", "take")
            card.connected(2)
            card.pace(PACE)
            card.play(self.microphone, tail=RATE // 2)
            seconds, code = live.stop(signal.SIGINT)
            self.assertLess(seconds, 1.0)
            self.assertEqual(code, -signal.SIGINT)
            take = bed.folder / "take"
            sounds = {path.stem: soundfile.read(path, dtype="float32")[0]
                      for path in take.glob("*.wav")}
        self.assertEqual(sorted(sounds), ["mix", "piano", "rest", "speech"])
        mix = sounds.pop("mix")
        self.assertLess(decibels(sum(sounds.values()) - mix, mix), -120)
        at = delay_of(self.heard, mix)
        self.assertLess(decibels(mix[at:at + len(self.heard)] - self.heard, self.heard), -100)

    def plays_again(self, card, live):
        """Whether the server serves its clients when all are back: see test_recovery.py."""
        live.wait_for(lambda state: state["condition"] == "running")
        try:
            card.connected(2)
            card.pace(PACE)
            played = card.play(self.microphone, tail=RATE)[:, 0]
        except TimeoutError as error:
            print(error)
            return False
        return np.abs(played).max() > 0.1

    def comes_back(self):
        """A dead server is noticed; and whether there is sound again with the next one."""
        with Bed(RATE, 256) as bed:
            card = bed.card()
            live = LiveRun(bed, "--record", "take")
            card.connected(2)
            card.play(self.microphone)
            bed.kill_server()
            died = time.monotonic()
            live.process.line("gone", 3.0)
            self.assertLess(time.monotonic() - died, 1.0)
            live.wait_for(lambda state: state["condition"] == "retrying")
            recorded, _ = soundfile.read(bed.folder / "take" / "mix.wav")
            self.assertGreater(len(recorded), (SECONDS - 1) * RATE)
            bed.start_server()
            if not self.plays_again(bed.card(), live):
                return False
            live.stop(signal.SIGTERM)
            recorded, _ = soundfile.read(bed.folder / "take" / "mix.wav")
            self.assertGreater(len(recorded), 2 * (SECONDS - 1) * RATE)
            return True

    def test_a_dead_server_is_noticed_and_comes_back(self):
        self.assertTrue(any(self.comes_back() for _ in range(ATTEMPTS)), "no sound again")

    def test_a_server_that_hangs_does_not_keep_it(self):
        with Bed(RATE, 256) as bed:
            card = bed.card()
            live = LiveRun(bed, "--record", "take")
            card.connected(2)
            bed.server.send_signal(signal.SIGSTOP)
            live.process.line("gone", 3.0)
            live.wait_for(lambda state: state["condition"] == "retrying")
            seconds, code = live.stop(signal.SIGINT)
            bed.server.send_signal(signal.SIGCONT)
            self.assertLess(seconds, 1.0)
            self.assertEqual(code, -signal.SIGINT)
            self.assertGreater(len(soundfile.read(bed.folder / "take" / "mix.wav")[0]), 0)

    def test_without_retry_a_dead_server_ends_it(self):
        with Bed(RATE, 256) as bed:
            card = bed.card()
            live = LiveRun(bed, "--no-retry", "--record", "take")
            card.connected(2)
            card.play(self.microphone)
            bed.kill_server()
            died = time.monotonic()
            self.assertEqual(live.process.wait(10), 69)
            self.assertLess(time.monotonic() - died, 3.0)
            recorded, _ = soundfile.read(bed.folder / "take" / "mix.wav")
            self.assertGreater(len(recorded), (SECONDS - 1) * RATE)

    def test_the_callback_keeps_to_what_real_time_allows(self):
        with Bed(RATE, 256) as bed:
            card = bed.card()
            live = LiveRun(bed, "--dictionary", self.dictionary, "--record", "take",
                           environment={"LD_PRELOAD": os.environ["RT_GUARD"]})
            card.connected(2)
            card.play(self.microphone)
            self.assertEqual(live.state()["condition"], "running")
            live.stop(signal.SIGTERM)
            said = live.process.said
            self.assertTrue([line for line in said if line.startswith("rt_guard: watches heap")])
            self.assertFalse([line for line in said if "the callback called" in line])

    def test_without_anything_to_play_on_it_listens(self):
        with Bed(RATE, 1024, speakers=False) as bed:
            card = bed.card("card", 1, 0)
            live = bed.start([UNMINGLE, "live", "--in", "card", "--json"], stderr=subprocess.STDOUT)
            live.line("nothing to play on")
            card.connected(1)
            self.assertIsNone(json.loads(live.line('{"condition"'))["out"])

    def test_silence_is_told(self):
        with Bed(RATE, 1024) as bed:
            card = bed.card()
            live = LiveRun(bed, plays=False)
            card.connected(1)
            live.process.line("is silent", 10.0)
            state = live.wait_for(lambda state: state["condition"] == "silent")
            self.assertIsNone(state["out"])
            self.assertIsNone(state["delay_ms"])

    def test_the_preset_for_speech_takes_noise_away(self):
        noisy, clean = [resampled(SAMPLES / "noisy" / f"{name}.flac", 4) for name in ("mix", "speech")]
        twice = self.folder / "noisy.wav"  # the first time it gets to know the noise
        soundfile.write(twice, np.concatenate([noisy, noisy]), RATE, "FLOAT")
        with Bed(RATE, 256) as bed:
            card = bed.card()
            live = LiveRun(bed, "--preset", "speech", "--latency", "quality")
            card.connected(2)
            card.pace(PACE)
            played = card.play(twice, tail=RATE)[:, 0]
            state = live.state()
        self.assertEqual([(s["label"], s["mute"]) for s in state["sources"]],
                         [("speech", False), ("noise", True), ("rest", True)])
        at = len(noisy) + round(state["delay_ms"] * RATE / 1000)
        part = played[at:at + len(noisy)]
        before = decibels(noisy - clean, clean)
        self.assertLess(decibels(part - clean, clean), before - 2.5)

    def test_another_rate_is_converted(self):
        played, state = self.play("--latency", "low", "--dictionary", self.dictionary, "--rate",
                                  "44100")
        self.assertEqual(state["rate"], 44100)
        at = delay_of(self.heard, played)
        spectrum, frequency = np.fft.rfft(self.heard), np.fft.rfftfreq(len(self.heard))
        shifts = [np.fft.irfft(spectrum * np.exp(-2j * np.pi * frequency * x), len(self.heard))
                  for x in np.arange(-0.7, 0.7, 0.01)]  # of a fraction of a frame
        low = scipy.signal.firwin(255, 15000, fs=RATE)
        part = played[at:at + len(self.heard)]
        middle = slice(RATE // 10, -RATE // 10)
        self.assertLess(min(decibels(scipy.signal.fftconvolve(part - shifted, low, "same")[middle],
                                     self.heard[middle]) for shifted in shifts), -30)
        self.assertLess(abs(at / RATE * 1000 - state["delay_ms"]), 1.0)


if __name__ == "__main__":
    unittest.main()
