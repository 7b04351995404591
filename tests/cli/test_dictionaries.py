"""Dictionaries that one command makes and another takes: those of a live run have asymmetric windows,
any sample rate, and labels of their own."""

import json
import struct
import unittest

import numpy as np

import sounds
from program import run
from scratch import SAMPLES, ScratchCase, record_of, stem_paths


def write_dictionary(path, W, labels, rate, **transform):
    """By the description of the format alone, as a live run saves one."""
    W = (W / W.sum(axis=1, keepdims=True)).astype("<f4")
    metadata = {"format_version": "1",
                "sample_rate": f"{rate}", "exponent": "1", "seed": "0",
                "labels": json.dumps(labels), "program": "unmingle", **transform}
    header = {"__metadata__": metadata,
              "W": {"dtype": "F32", "shape": list(W.shape), "data_offsets": [0, W.nbytes]}}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + W.tobytes())
    return str(path)


def live_transform(length, synthesis, hop):
    return {"window": "asymmetric", "window_length": f"{length}", "hop": f"{hop}",
            "synthesis_length": f"{synthesis}", "fft_size": f"{length}"}


def bands(rate, length, edges):
    """Atoms that have all of the bins between two edges, Hz."""
    frequencies = np.arange(length // 2 + 1) * rate / length
    return np.array([(low <= frequencies) & (frequencies < high)
                     for low, high in zip(edges, edges[1:])], float) + 1e-6


class Dictionaries(ScratchCase):
    def tones(self, rate, seconds=1):
        """A low and a high tone, as whole numbers, and their sum in a file."""
        t = np.arange(seconds * rate)[:, None] / rate
        low, high = [np.rint(2**13 * np.sin(2 * np.pi * f * t)).astype(np.int64) << 16
                     for f in (300, 3000)]
        path = self.folder / "mix.wav"
        sounds.write_whole(path, low + high, rate, "PCM_16")
        return path, low, high

    def test_separate_takes_one_of_a_live_run(self):
        for length, synthesis, hop in [(2048, 256, 128), (4096, 2048, 512), (2048, 64, 32)]:
            mix, low, high = self.tones(48000)
            dictionary = write_dictionary(
                self.folder / "live.safetensors", bands(48000, length, [0, 1000, 24001]),
                ["low", "high"], 48000, **live_transform(length, synthesis, hop))
            output = self.separate(mix, "--dictionary", dictionary)
            paths = stem_paths(output)
            self.assertEqual([path.name for path in paths], ["low.wav", "high.wav"])
            stems = [sounds.read_whole(path) for path in paths]
            self.assertFalse(np.any(sum(stems) - low - high))
            for stem, true in zip(stems, (low, high)):
                error = np.sum((stem - true)[4800:-4800].astype(float) ** 2)
                self.assertLess(error, 1e-2 * np.sum(true[4800:-4800].astype(float) ** 2))
            settings = record_of(output)["settings"]
            self.assertEqual([settings["window"], settings["hop"], settings["window_shape"]],
                             [length, hop, "asymmetric"])

    def test_denoise_takes_the_speech_of_one(self):
        W = bands(48000, 2048, [0, 1000, 4000, 24001])
        dictionary = write_dictionary(self.folder / "live.safetensors", W,
                                      ["speech", "speech", "rest"], 48000,
                                      **live_transform(2048, 256, 128))
        result = run("denoise", str(SAMPLES / "voice/mix.flac"), "-o", str(self.folder / "out"),
                     "--dictionary", dictionary)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        cleaned = sounds.read_whole(self.folder / "out/mix.flac")
        self.assertEqual(len(cleaned), len(sounds.read_whole(SAMPLES / "voice/mix.flac")))
        self.assertGreater(np.abs(cleaned).max(), 0)

    def test_denoise_wants_some_of_speech(self):
        dictionary = write_dictionary(self.folder / "live.safetensors",
                                      bands(48000, 2048, [0, 1000, 24001]), ["voice", "rest"],
                                      48000, **live_transform(2048, 256, 128))
        self.refuse(["denoise", str(SAMPLES / "voice/mix.flac"), "-o", "out", "--dictionary",
                     dictionary], 78, "live.safetensors: ", "'speech'")

    def test_what_learn_makes_is_speech_to_denoise(self):
        learned = str(self.folder / "d.safetensors")
        result = run("learn", "--label", "speech", str(SAMPLES / "voice/speech.flac"), "--label",
                     "piano", str(SAMPLES / "voice/piano.flac"), "-o", learned, "--atoms", "8",
                     "--iterations", "20")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        result = run("denoise", str(SAMPLES / "voice/mix.flac"), "-o", str(self.folder / "out"),
                     "--dictionary", learned)
        self.assertEqual((result.returncode, result.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
