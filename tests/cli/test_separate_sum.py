"""Stems add up to the recording: in whole numbers exactly, in float within 1e-6 of full scale."""

import math
import re
import unittest

import numpy as np
import soundfile

import sounds
from program import run
from scratch import QUICK, ScratchCase, record_of, stem_paths

FULL_SCALE = 2**31
WHOLE_FILES = [("a.wav", "PCM_16"), ("a.wav", "PCM_24"), ("a.flac", "PCM_16"), ("a.flac", "PCM_24")]
N_FRAMES = 22050
HELD = "louder than the format can hold"


def recordings():
    """Name, samples, sample rate."""
    yield "music", *sounds.sample("trio/mix.flac", N_FRAMES)
    yield "speech", *sounds.sample("voice/mix.flac", N_FRAMES)
    yield "noise", sounds.noise(N_FRAMES, 2), 44100
    yield "silence", sounds.silence(N_FRAMES, 2), 44100
    yield "squares", sounds.squares(N_FRAMES, 2), 48000


class Sum(ScratchCase):
    def check_whole(self, path, *options):
        """Takes apart, adds up, compares every sample; the stems."""
        output = self.separate(path, *options, warning=HELD)
        mix = sounds.read_whole(path)
        stems = [sounds.read_whole(stem) for stem in stem_paths(output)]
        for stem in stems:
            self.assertEqual(stem.shape, mix.shape)
        self.assertEqual(np.count_nonzero(mix - sum(stems)), 0)
        record = record_of(output)
        self.assertIs(record["null_exact"], True)
        self.assertIsNone(record["null_db"])
        return stems

    def check_real(self, path, tolerance, *options):
        """The same for what is no whole number; the largest difference."""
        output = self.separate(path, *options)
        # The program reads into float, the last bits of a double are none of it.
        mix = sounds.read_real(path).astype(np.float32).astype(np.float64)
        stems = [sounds.read_real(stem) for stem in stem_paths(output)]
        difference = float(np.max(np.abs(mix - sum(stems)), initial=0))
        self.assertLessEqual(difference, tolerance)
        self.check_told(output, difference)
        return difference

    def check_told(self, output, difference):
        record = record_of(output)
        self.assertIs(record["null_exact"], difference == 0)
        if difference == 0:
            self.assertIsNone(record["null_db"])
        else:
            self.assertAlmostEqual(record["null_db"], 20 * math.log10(difference), places=6)

    def test_blind(self):
        for name, whole, rate in recordings():
            for file, subtype in WHOLE_FILES:
                with self.subTest(sound=name, file=file, subtype=subtype):
                    path = self.folder / file
                    sounds.write_whole(path, whole, rate, subtype)
                    stems = self.check_whole(path, "--sources", "3")
                    self.assertEqual(len(stems), 3)
                    self.assertEqual(any(stem.any() for stem in stems), name != "silence")
                    if name in ("music", "noise", "squares"):  # not all of it in one stem
                        self.assertGreater(sum(stem.any() for stem in stems), 1)

    def test_learn(self):
        for name, whole, rate in recordings():
            if name == "silence":
                continue  # nothing to learn from: see test_bad_input.py
            for file, subtype in WHOLE_FILES:
                with self.subTest(sound=name, file=file, subtype=subtype):
                    path = self.folder / file
                    sounds.write_whole(path, whole, rate, subtype)
                    self.check_whole(path, "--learn", "a=@0-0.2", "--learn", "b=@0.25-",
                                     "--clip-atoms", "4", "--residual")

    def test_channels(self):
        for channels in range(1, 9):
            for file, subtype in WHOLE_FILES:
                with self.subTest(channels=channels, file=file, subtype=subtype):
                    path = self.folder / file
                    sounds.write_whole(path, sounds.noise(9000, channels), 44100, subtype)
                    stems = self.check_whole(path, "--sources", "2", "--atoms", "4")
                    self.assertEqual(stems[0].shape, (9000, channels))

    def test_stems_past_full_scale(self):
        """A stem may be louder than the square it is a part of: told, and the sum stays."""
        path = self.folder / "a.wav"
        sounds.write_whole(path, sounds.squares(N_FRAMES, 1), 44100, "PCM_16")
        mix = sounds.read_whole(path)
        loud = self.separate(path, "--sample-format", "float")
        floats = [np.rint(sounds.read_real(stem) * 2**15) for stem in stem_paths(loud)]
        self.assertEqual(record_of(loud)["samples_held"], 0)
        n_loud = np.count_nonzero(np.any([(f > 2**15 - 1) | (f < -2**15) for f in floats], axis=0))
        self.assertGreater(n_loud, 0)
        output = self.folder / "stems"
        result = run("separate", str(path), "-o", str(output), "--force", *QUICK)
        held = record_of(output)["samples_held"]
        self.assertAlmostEqual(held, n_loud, delta=n_loud / 50)  # the last stem is a rest
        self.assertIn(f"{held} of {len(mix)} samples", result.stderr)
        stems = [sounds.read_whole(stem) for stem in stem_paths(output)]
        self.assertEqual(np.count_nonzero(mix - sum(stems)), 0)

    def test_a_recording_past_full_scale(self):
        """What integers cannot hold of it is in no stem."""
        path = self.folder / "a.wav"
        soundfile.write(path, 1.5 * sounds.tones(9000, 1, peak=0.9) / 2**31, 44100, "FLOAT")
        result = run("separate", str(path), "-o", str(self.folder / "stems"), "--sample-format",
                     "16", *QUICK)
        self.assertEqual(result.returncode, 0)
        self.assertIn("the recording is louder than the format can hold", result.stderr)
        self.assertNotIn("in the other stems", result.stderr)

    def test_other_depths(self):
        for subtype in ("PCM_U8", "PCM_32"):
            with self.subTest(subtype=subtype):
                path = self.folder / "a.wav"
                sounds.write_whole(path, sounds.noise(9000, 2), 44100, subtype)
                self.check_whole(path)
                output = self.folder / "stems"
                self.assertEqual(sounds.format_of(stem_paths(output)[0]),
                                 ("WAV", subtype, 44100, 2))

    def test_format_is_kept(self):
        for file, subtype, rate, channels in [
                ("a.wav", "PCM_16", 8000, 1), ("a.wav", "PCM_24", 48000, 2),
                ("a.flac", "PCM_24", 96000, 3), ("a.wav", "FLOAT", 44100, 2),
                ("a.wav", "DOUBLE", 22050, 1), ("a.wav", "ALAW", 8000, 2)]:
            with self.subTest(subtype=subtype, rate=rate):
                path = self.folder / file
                soundfile.write(path, sounds.tones(9000, channels, rate).astype(np.int32), rate,
                                subtype)
                for stem in stem_paths(self.separate(path)):
                    self.assertEqual(sounds.format_of(stem), ("WAV", subtype, rate, channels))
                    self.assertEqual(soundfile.info(stem).frames, 9000)

    def test_float(self):
        mix = sounds.noise(N_FRAMES, 2) / FULL_SCALE
        for subtype in ("FLOAT", "DOUBLE"):
            with self.subTest(subtype=subtype):
                path = self.folder / "a.wav"
                sounds.write_real(path, mix, 44100, subtype)
                self.check_real(path, 1e-6)
                self.check_real(path, 1e-6, "--learn", "a=@0-0.2", "--clip-atoms", "4")

    def test_laws_tell_their_null(self):
        """An A-law stem is coarse, so the sum is: the figure that is told must be the true one."""
        path = self.folder / "a.wav"
        soundfile.write(path, sounds.tones(N_FRAMES, 1).astype(np.int32), 44100, "ALAW")
        self.assertGreater(self.check_real(path, 0.05), 0)
        result = run("separate", str(path), "-o", str(self.folder / "other"), *QUICK)
        told = float(re.search(r"null: (-[0-9.]+) dB", result.stdout)[1])
        self.assertAlmostEqual(told, record_of(self.folder / "other")["null_db"], delta=0.051)

    def test_exact_null_is_printed(self):
        path = self.folder / "a.wav"
        sounds.write_whole(path, sounds.noise(9000, 1), 44100, "PCM_16")
        result = run("separate", str(path), *QUICK)
        self.assertIn("null: exact", result.stdout)
        record = record_of(self.folder / "a.wav.stems")
        for stem in record["stems"]:
            self.assertRegex(result.stdout, rf"{re.escape(stem['file'])} .*, {len(stem['atoms'])} atom")

    def test_json_is_the_record(self):
        path = self.folder / "a.wav"
        sounds.write_whole(path, sounds.noise(9000, 1), 44100, "PCM_16")
        result = run("separate", str(path), *QUICK, "--json")
        self.assertEqual(result.stdout, (self.folder / "a.wav.stems/unmingle.json").read_text())

    def test_formats_asked_for(self):
        """The stems sum to the recording as the format asked for can hold it."""
        path = self.folder / "a.wav"
        whole = sounds.write_whole(path, sounds.noise(9000, 2, peak=0.5), 44100, "PCM_24")
        for options, container, subtype in [
                (["--sample-format", "16"], "WAV", "PCM_16"),
                (["--sample-format", "32"], "WAV", "PCM_32"),
                (["--format", "flac"], "FLAC", "PCM_24"),
                (["--format", "flac", "--sample-format", "16"], "FLAC", "PCM_16")]:
            with self.subTest(options=options):
                stems = stem_paths(self.separate(path, *options))
                self.assertEqual(sounds.format_of(stems[0]), (container, subtype, 44100, 2))
                step = 2**(32 - sounds.bits_of(subtype))
                wanted = np.rint(whole / step) * step
                total = sum(sounds.read_whole(stem) for stem in stems)
                self.assertEqual(np.count_nonzero(total - wanted), 0)

    def test_lossy_input(self):
        """MP3 and Ogg have no depth: their stems are 24-bit and sum to what a decoder gives."""
        for file, subtype in [("a.mp3", "MPEG_LAYER_III"), ("a.ogg", "VORBIS")]:
            with self.subTest(file=file):
                path = self.folder / file
                soundfile.write(path, sounds.tones(30000, 2) / FULL_SCALE, 44100, subtype)
                stems = [sounds.read_real(stem) for stem in stem_paths(self.separate(path))]
                mix = sounds.read_real(path)
                self.assertEqual(stems[0].shape, mix.shape)
                self.assertLessEqual(np.max(np.abs(mix - sum(stems))), 2**-23)

    def test_short(self):
        hop = 1024  # at 44.1 kHz
        for n_frames in (0, 1, 2, 3, hop - 1, hop, hop + 1, 4 * hop - 1):
            with self.subTest(n_frames=n_frames):
                path = self.folder / "a.wav"
                sounds.write_whole(path, sounds.noise(n_frames, 2), 44100, "PCM_16")
                self.assertEqual(self.check_whole(path)[0].shape, (n_frames, 2))
                stems = self.check_whole(path, "--format", "flac")
                self.assertEqual(stems[0].shape, (n_frames, 2))
                # soundfile cannot write a FLAC without a frame: the stem is the input of the next.
                (self.folder / "stems/source-1.flac").rename(self.folder / "a.flac")
                stems = self.check_whole(self.folder / "a.flac")
                self.assertEqual(stems[0].shape, (n_frames, 2))


if __name__ == "__main__":
    unittest.main()
