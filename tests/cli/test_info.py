"""info: what it tells of recordings and dictionaries, and of files that are neither."""

import json
import os
import pathlib
import struct
import tempfile
import unittest
import wave

from program import UNMINGLE, run


def write_wav(path, rate=44100, channels=2, n_bytes=2, frames=1000):
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, n_bytes, rate, frames, "NONE", ""))
        file.writeframes(bytes(channels * n_bytes * frames))


def write_dictionary(path):
    """Three atoms of nine bins, written from the description in dictionary.h alone."""
    metadata = {"format": "unmingle dictionary", "version": "1"}
    header = json.dumps({"__metadata__": metadata,
                         "W": {"dtype": "F32", "shape": [3, 9], "data_offsets": [0, 108]}})
    path.write_bytes(struct.pack("<Q", len(header)) + header.encode() + bytes(108))


class Info(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_recording(self):
        path = self.folder / "a b.wav"
        write_wav(path, rate=48000, channels=3, n_bytes=3, frames=48000 * 3725 // 1000)
        result = run("info", str(path))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout, f"{path}\n"
                         "  recording     WAV, 24-bit\n"
                         "  sample rate   48000 Hz\n"
                         "  channels      3\n"
                         "  duration      0:00:03.725\n"
                         "  frames        178800\n")

    def test_long_recording(self):
        path = self.folder / "long.wav"
        write_wav(path, rate=1000, channels=1, n_bytes=1, frames=3723999)
        self.assertIn("1:02:03.999\n", run("info", str(path)).stdout)

    def test_json(self):
        path = self.folder / "a.wav"
        write_wav(path, rate=8000, channels=1, frames=12345)
        result = run("info", "--json", str(path))
        self.assertEqual(json.loads(result.stdout), [{
            "file": str(path), "kind": "recording", "container": "WAV", "sample_format": "16-bit",
            "sample_rate": 8000, "channels": 1, "duration": 12345 / 8000, "frames": 12345}])

    def test_standard_input(self):
        path = self.folder / "a.wav"
        write_wav(path, frames=77)
        with open(path, "rb") as file:
            self.assertIn("frames        77\n", run("info", "-", stdin=file).stdout)

    def test_no_frames(self):
        path = self.folder / "a.wav"
        write_wav(path, frames=0)
        self.assertIn("duration      0:00:00.000\n", run("info", str(path)).stdout)

    def test_names(self):
        for name in ["- ű.wav", "new\nline.wav", "-o.wav", "esc\x1b[2J.wav"]:
            with self.subTest(name=name):
                write_wav(self.folder / name)
                result = run("info", "--", name, cwd=self.folder)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertEqual(result.stdout.count("\n"), 6)
                self.assertNotIn("\x1b", result.stdout)
                listed = json.loads(run("info", "--json", "--", name, cwd=self.folder).stdout)
                self.assertEqual(listed[0]["file"], name)

    def test_bad_files(self):
        write_wav(self.folder / "whole.wav")
        whole = (self.folder / "whole.wav").read_bytes()
        cases = [("empty.wav", b"", 65), ("junk.wav", os.urandom(999), 65),
                 ("short.wav", whole[:1000], 65), ("header.wav", whole[:20], 65),
                 ("empty.safetensors", b"", 78), ("junk.safetensors", b"\xff" * 999, 78),
                 ("brace", b"\x10\0\0\0\0\0\0\0{" + b" " * 99, 78)]
        for name, content, code in cases:
            with self.subTest(name=name):
                (self.folder / name).write_bytes(content)
                result = run("info", str(self.folder / name))
                self.assertEqual(result.returncode, code, result.stderr)
                self.assertEqual(result.stdout, "")
                self.assertIn(name, result.stderr)
        for name, code in [("none.wav", 66), ("none.safetensors", 66), (".", 65)]:
            with self.subTest(name=name):
                result = run("info", name, cwd=self.folder)
                self.assertEqual(result.returncode, code)
                self.assertTrue(result.stderr.startswith(f"unmingle: {name}: "))

    def test_zero_atom_is_no_dictionary(self):
        write_dictionary(self.folder / "zero.safetensors")
        self.assertEqual(run("info", str(self.folder / "zero.safetensors")).returncode, 78)

    def test_atoms_of_several_frames(self):
        """The dictionary that comes with the program."""
        path = pathlib.Path(UNMINGLE).parent / "presets/speech.safetensors"
        result = run("info", str(path))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("  frames        3 an atom\n  bins          513, 15.62 Hz apart\n",
                      result.stdout)
        entry = json.loads(run("info", "--json", str(path)).stdout)[0]
        self.assertEqual((entry["frames"], entry["bins"], entry["fft_size"]), (3, 513, 1024))

    def test_several_files(self):
        write_wav(self.folder / "a.wav")
        write_wav(self.folder / "b.wav")
        result = run("info", "a.wav", "none.wav", "b.wav", cwd=self.folder)
        self.assertEqual(result.returncode, 3)
        self.assertEqual(result.stderr.count("\n"), 1)
        self.assertEqual([line for line in result.stdout.splitlines() if line[0] != " "],
                         ["a.wav", "b.wav"])
        result = run("info", "--json", "a.wav", "none.wav", "b.wav", cwd=self.folder)
        self.assertEqual(result.returncode, 3)
        self.assertEqual([entry["file"] for entry in json.loads(result.stdout)],
                         ["a.wav", "b.wav"])


if __name__ == "__main__":
    unittest.main()
