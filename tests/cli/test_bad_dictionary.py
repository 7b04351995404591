"""Dictionaries and presets that are wrong in every way: 78, the file, and the field or line."""

import json
import os
import struct
import unittest

import numpy as np

import sounds
from program import run
from scratch import QUICK, ScratchCase, record_of

ATOMS, BINS = 2, 9
METADATA = {"format_version": "1", "sample_rate": "44100", "window": "hann", "window_length": "16",
            "hop": "4", "fft_size": "16", "exponent": "1", "labels": '["a", "b"]', "seed": "1"}
TENSOR = {"dtype": "F32", "shape": [ATOMS, BINS], "data_offsets": [0, 4 * ATOMS * BINS]}


def atoms(value=None, at=3):
    """Two flat atoms, their sum 1, with one value put in."""
    W = np.full(ATOMS * BINS, 1 / BINS, dtype="<f4")
    if value is not None:
        W[at] = value
    return W.tobytes()


def safetensors(metadata=None, tensor=None, data=None, header=None, length=None):
    """The bytes of a dictionary, written from the description of the format alone. `metadata` and
    `tensor` hold what differs from a good one; None takes a key away."""
    def changed(good, changes):
        return {key: value for key, value in {**good, **(changes or {})}.items()
                if value is not None}
    if header is None:
        header = json.dumps({"__metadata__": changed(METADATA, metadata),
                             "W": changed(TENSOR, tensor)})
    header = header.encode()
    length = len(header) if length is None else length
    return struct.pack("<Q", length) + header + (atoms() if data is None else data)


WHOLE = safetensors()
NAMED = json.dumps({"X": TENSOR, "__metadata__": METADATA})
TWO = json.dumps({"W": TENSOR, "X": {**TENSOR, "data_offsets": [72, 144]},
                  "__metadata__": METADATA})

# What is wrong, the file, what the message says besides the file's name.
WRONG = [
    ("empty", b"", "empty"),
    ("few bytes", WHOLE[:5], "5 bytes"),
    ("no header", WHOLE[:8], "truncated"),
    ("half a header", WHOLE[:100], "truncated"),
    ("half the data", WHOLE[:-10], "W: "),
    ("trailing bytes", WHOLE + b"x", "trailing"),
    ("header of 2^63 bytes", safetensors(length=2**63), "header length"),
    ("header of 0 bytes", safetensors(length=0), "header length"),
    ("no JSON", safetensors(header="{nonsense"), "JSON"),
    ("nested deep", safetensors(header='{"a":' * 9999 + "1" + "}" * 9999), "nested"),
    ("an array", safetensors(header="[1, 2]"), ""),
    ("no tensor", safetensors(header="{}", data=b""), ""),
    ("two tensors", safetensors(header=TWO, data=atoms() * 2), "W alone"),
    ("another tensor", safetensors(header=NAMED), "W alone"),
    ("no metadata", safetensors(header=json.dumps({"W": TENSOR})), "format_version"),
    ("F64", safetensors(tensor={"dtype": "F64"}), "W: "),
    ("unknown dtype", safetensors(tensor={"dtype": "F31"}), "dtype"),
    ("a vector", safetensors(tensor={"shape": [18]}), "shape"),
    ("three dimensions", safetensors(tensor={"shape": [2, 3, 3]}), "W: 3 bins"),
    ("four dimensions", safetensors(tensor={"shape": [2, 3, 3, 1]}), "shape"),
    ("no frames", safetensors(tensor={"shape": [2, 0, 9], "data_offsets": [0, 0]}, data=b""), "shape"),
    ("no atoms", safetensors(tensor={"shape": [0, 9], "data_offsets": [0, 0]}, data=b""), "shape"),
    ("overflow", safetensors(tensor={"shape": [2**33, 2**33]}), "shape"),
    ("negative shape", safetensors(tensor={"shape": [-2, -9]}), "shape"),
    ("shape that differs", safetensors(tensor={"shape": [2, 8]}), "72"),
    ("offsets past the end", safetensors(tensor={"data_offsets": [72, 144]}), "truncated"),
    ("offsets in reverse", safetensors(tensor={"data_offsets": [72, 0]}), "data_offsets"),
    ("unknown key of a tensor", safetensors(tensor={"colour": "red"}), "W: "),
    ("unknown key", safetensors({"colour": "red"}), "colour"),
    ("metadata of numbers", safetensors({"seed": 1}), "__metadata__"),
    *((f"no {key}", safetensors({key: None}), f"{key}: missing") for key in METADATA),
    ("version 3", safetensors({"format_version": "3"}), "format_version"),
    ("rate 0", safetensors({"sample_rate": "0"}), "sample_rate"),
    ("rate -44100", safetensors({"sample_rate": "-44100"}), "sample_rate"),
    ("rate in words", safetensors({"sample_rate": "high"}), "sample_rate"),
    ("rate NaN", safetensors({"sample_rate": "NaN"}), "sample_rate"),
    ("no such window", safetensors({"window": "round"}), "window"),
    ("odd window", safetensors({"window_length": "15"}), "window"),
    ("window 0", safetensors({"window_length": "0"}), "window_length"),
    ("hop past the window", safetensors({"hop": "17"}), "hop"),
    ("hop 2^64", safetensors({"hop": str(2**64)}), "hop"),
    ("fft that does not fit", safetensors({"fft_size": "32"}), "W: 9 bins"),
    ("fft below the window", safetensors({"fft_size": "14"}), "fft_size"),
    ("exponent 0", safetensors({"exponent": "0"}), "exponent"),
    ("alpha for Hann", safetensors({"kbd_alpha": "4"}), "kbd_alpha"),
    ("labels no array", safetensors({"labels": '"ab"'}), "labels"),
    ("too few labels", safetensors({"labels": '["a"]'}), "labels: 1 for 2"),
    ("a number for a label", safetensors({"labels": '["a", 7]'}), "labels"),
    ("label with a slash", safetensors({"labels": '["a", "../b"]'}), "labels[1]"),
    ("label with a dot in front", safetensors({"labels": '[".a", "b"]'}), "labels[0]"),
    ("empty label", safetensors({"labels": '["", "b"]'}), "labels[0]"),
    ("long label", safetensors({"labels": json.dumps(["a" * 65, "b"])}), "labels"),
    ("seed -1", safetensors({"seed": "-1"}), "seed"),
    ("negative value", safetensors(data=atoms(-0.1)), "W[0][3]"),
    ("NaN", safetensors(data=atoms(np.nan, 12)), "W[1][3]"),
    ("infinity", safetensors(data=atoms(np.inf)), "W[0][3]"),
    ("zero atom", safetensors(data=bytes(36) + atoms()[36:]), "W[0]: all zero"),
    ("sum not 1", safetensors(data=atoms(0.9)), "W[0]: the sum"),
]

# Lines of a preset behind its command, the number of the wrong line, what the message says.
PRESETS = [
    ("atoms = 0\n", 1, "atoms: 0 is outside 1..4096"),
    ("\n# words\nsources = many\n", 3, "sources"),
    ("colour = red\n", 1, "colour"),
    ("atoms = 20\nforce = yes\n", 2, "force"),
    ("atoms 20\n", 1, ""),
    ("format = mp3\n", 1, "mp3"),
    ("residual = perhaps\n", 1, "perhaps"),
    ("memory = 1K\n", 1, "memory"),
    ("tolerance = nan\n", 1, "tolerance"),
    ("dictionary = {\n", 2, "end of file"),
]


class BadDictionary(ScratchCase):
    def setUp(self):
        super().setUp()
        sounds.write_whole(self.folder / "a.wav", sounds.noise(4000, 1), 44100, "PCM_16")

    def test_the_writer(self):
        """A good one is taken, or the table would prove little."""
        (self.folder / "d").write_bytes(WHOLE)
        result = run("separate", "a.wav", "--dictionary", "d", *QUICK, cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        record = record_of(self.folder / "a.wav.stems")
        self.assertEqual([stem["label"] for stem in record["stems"]], ["a", "b"])

    def test_wrong(self):
        for name, content, text in WRONG:
            (self.folder / "bad.safetensors").write_bytes(content)
            for command in (["separate", "a.wav", "--dictionary", "bad.safetensors"],
                            ["info", "bad.safetensors"]):
                with self.subTest(wrong=name, command=command[0]):
                    self.refuse(command, 78, "unmingle: bad.safetensors: ", text)

    def test_no_dictionary(self):
        os.mkfifo(self.folder / "pipe")
        os.symlink("nowhere", self.folder / "link")
        for name, code in [("none", 66), ("link", 66), ("pipe", 78), (".", 78), ("/dev/zero", 78),
                           ("a.wav", 78)]:
            with self.subTest(name=name):
                self.refuse(["separate", "a.wav", "--dictionary", name], code,
                            f"unmingle: {name}: ")

    def test_does_not_fit(self):
        (self.folder / "48k").write_bytes(safetensors({"sample_rate": "48000"}))
        (self.folder / "good").write_bytes(WHOLE)
        (self.folder / "hop").write_bytes(safetensors({"hop": "8"}))
        (self.folder / "rest").write_bytes(safetensors({"labels": '["a", "residual"]'}))
        for arguments, name, texts in [
                (["48k"], "48k", ["48000 Hz", "44100 Hz", "a.wav"]),
                (["good", "--dictionary", "48k"], "48k", ["48000 Hz", "44100 Hz", "good"]),
                (["good", "--dictionary", "hop"], "hop", ["hop 8", "hop 4", "good"]),
                (["good", "--window", "64"], "good", ["16", "64", "--window"]),
                (["rest"], "rest", ["labels[1]", "residual"])]:
            with self.subTest(arguments=arguments):
                self.refuse(["separate", "a.wav", "--dictionary", *arguments], 78,
                            f"unmingle: {name}: ", *texts)

    def test_presets(self):
        for content, line, text in PRESETS:
            with self.subTest(preset=content):
                (self.folder / "bad.conf").write_text("command = separate " + content)
                self.refuse(["separate", "a.wav", "--preset", "bad.conf"], 78,
                            f"unmingle: bad.conf:{line}: ", text)

    def test_no_preset(self):
        (self.folder / "folder.conf").mkdir()
        os.mkfifo(self.folder / "pipe.conf")
        for name in ("none.conf", "no-such", "folder.conf", "pipe.conf"):
            with self.subTest(name=name):
                self.refuse(["separate", "a.wav", "--preset", name], 78, name)


if __name__ == "__main__":
    unittest.main()
