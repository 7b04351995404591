"""Recordings that are damaged, odd, extreme, or no recordings at all, given to every command."""

import math
import os
import struct
import unittest

import numpy as np
import soundfile

import sounds
from program import UNMINGLE, run
from scratch import QUICK, ScratchCase, record_of, stem_paths

PCM, FLOAT = 1, 3


def wav(samples, channels=1, rate=44100, tag=PCM, bits=16, n_bytes=None):
    """A WAV file, as honest as its header is told to be."""
    frame = channels * bits // 8
    n_bytes = len(samples) if n_bytes is None else n_bytes
    return (b"RIFF" + struct.pack("<I", min(n_bytes + 36, 2**32 - 1)) + b"WAVEfmt "
            + struct.pack("<IHHIIHH", 16, tag, channels, rate, rate * frame % 2**32,
                          frame % 2**16, bits)
            + b"data" + struct.pack("<I", n_bytes) + samples)


def encoded(folder, suffix, subtype):
    """The bytes of half a second of tones in a format of soundfile's."""
    path = folder / f"whole{suffix}"
    soundfile.write(path, sounds.tones(22050, 1) / 2**31, 44100, subtype)
    content = path.read_bytes()
    path.unlink()
    return content


SOUND = struct.pack("<4000h", *(round(9000 * math.sin(0.05 * i)) for i in range(4000)))
WHOLE = wav(SOUND)

# Name, bytes, and what the message says.
DAMAGED = [
    ("empty.wav", b"", "empty"),
    ("one byte.wav", b"R", ""),
    ("junk.wav", bytes(i * 7919 % 251 for i in range(5000)), "not a recording"),
    ("text.txt", b"Dear all,\n" * 99, "not a recording"),
    ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(500), "not a recording"),
    ("riff.wav", b"RIFF", ""),
    ("magic.wav", WHOLE[:12], ""),
    ("header 20.wav", WHOLE[:20], ""),
    ("header 35.wav", WHOLE[:35], ""),
    ("no channel.wav", wav(SOUND, channels=0), "0 channels"),
    ("65 channels.wav", wav(SOUND, channels=65), "65 channels"),
    ("all channels.wav", wav(SOUND, channels=65535), "65535 channels"),
    ("rate 0.wav", wav(SOUND, rate=0), "sample rate 0 Hz"),
    ("rate huge.wav", wav(SOUND, rate=2**32 - 1), "4294967295 Hz"),
    ("no bits.wav", wav(SOUND, bits=0), ""),
    ("72 bits.wav", wav(SOUND, bits=72), ""),
    ("no such tag.wav", wav(SOUND, tag=0x7777), ""),
    ("short.wav", wav(SOUND, n_bytes=9000), "declared 4500 frames, found 4000"),
    ("cut.wav", WHOLE[:-1000], "declared 4000 frames, found 3500"),
    ("cut frame.wav", WHOLE[:-1], "declared 4000 frames, found 3999"),
    ("fLaC.flac", b"fLaC", ""),
    ("OggS.ogg", b"OggS", ""),
]


class Damaged(ScratchCase):
    def setUp(self):
        super().setUp()
        (self.folder / "whole.wav").write_bytes(WHOLE)
        for folder in ("references", "estimates"):
            (self.folder / folder).mkdir()
            (self.folder / folder / "b.wav").write_bytes(WHOLE)

    def commands(self, name):
        """Every way in which a command reads the recording `name`."""
        yield ["separate", name]
        yield ["separate", "whole.wav", "--learn", f"x={name}"]
        yield ["learn", "--label", "x", "whole.wav", name, "-o", "new.safetensors"]
        yield ["learn", "--label", "x", name, "-o", "new.safetensors"]
        yield ["info", name]

    def refuse_everywhere(self, name, content, text, code=65):
        path = self.folder / name
        path.write_bytes(content)
        for command in self.commands(name):
            with self.subTest(command=command):
                self.refuse(command, code, f"unmingle: {name}: ", text)
        path.unlink()
        if not name.endswith((".wav", ".flac", ".ogg", ".mp3")):
            return  # in a folder of stems, such a file is no stem
        for folder in ("references", "estimates"):
            other = "estimates" if folder == "references" else "references"
            (self.folder / other / name).write_bytes(WHOLE)
            (self.folder / folder / name).write_bytes(content)
            with self.subTest(command="score", folder=folder):
                self.refuse(["score", "--reference", "references", "--estimate", "estimates"],
                            code, f"unmingle: {folder}/{name}: ", text)
            for each in (folder, other):
                (self.folder / each / name).unlink()

    def test_table(self):
        for name, content, text in DAMAGED:
            self.refuse_everywhere(name, content, text)

    def test_cut_streams(self):
        for suffix, subtype in [(".flac", "PCM_16"), (".ogg", "VORBIS"),
                                (".mp3", "MPEG_LAYER_III")]:
            content = encoded(self.folder, suffix, subtype)
            self.refuse_everywhere("cut" + suffix, content[:len(content) // 2], "")
            self.refuse_everywhere("header" + suffix, content[:40], "")

    def test_damaged_flac(self):
        content = bytearray(encoded(self.folder, ".flac", "PCM_16"))
        content[len(content) // 2] ^= 0x55
        self.refuse_everywhere("flipped.flac", bytes(content), "")

    def test_missing(self):
        os.symlink("nowhere", self.folder / "link.wav")
        os.symlink("loop.wav", self.folder / "loop.wav")
        for name in ("none.wav", "none/none.wav", "whole.wav/none.wav", "link.wav", "loop.wav",
                     "x" * 300):
            for command in self.commands(name):
                with self.subTest(command=command):
                    self.refuse(command, 66, f"unmingle: {name}: ")
        for folders in (["none", "estimates"], ["references", "none"]):
            self.refuse(["score", "--reference", folders[0], "--estimate", folders[1]], 66, "none")

    def test_no_files(self):
        """What could be opened, and would never end."""
        os.mkfifo(self.folder / "pipe.wav")
        (self.folder / "folder.wav").mkdir()
        for name, text in [("pipe.wav", "named pipe"), ("folder.wav", "directory"),
                           ("/dev/zero", "device"), (".", "directory")]:
            for command in self.commands(name):
                with self.subTest(command=command):
                    self.refuse(command, 65, name, text)
        for arguments in (["whole.wav", "estimates"], ["references", "pipe.wav"]):
            self.refuse(["score", "--reference", arguments[0], "--estimate", arguments[1]], 66)

    def test_allowed_truncation(self):
        for name, content, n_frames in [("short.wav", wav(SOUND, n_bytes=9000), 4000),
                                        ("cut.wav", WHOLE[:-999], 3500)]:
            path = self.folder / name
            path.write_bytes(content)
            declared = 4500 if name == "short.wav" else 4000
            text = f"{name}: truncated: declared {declared} frames, found {n_frames}"
            output = self.separate(path, "--allow-truncated", warning=text)
            for stem in stem_paths(output):
                self.assertEqual(soundfile.info(stem).frames, n_frames)
            for command in (["separate", name], ["learn", "--label", "a", name, "-o", "d"]):
                result = run(*command, "--allow-truncated", "--force", *QUICK, cwd=self.folder)
                self.assertEqual(result.returncode, 0)
                self.assertEqual(result.stderr, f"unmingle: warning: {text}\n")

    def test_a_cut_flac_ends_where_it_did_before(self):
        """It is read several times, in pieces of several sizes, as floats and as integers."""
        path = self.folder / "cut.flac"
        soundfile.write(path, sounds.noise(400000, 1) / 2**31, 44100, "PCM_16")
        path.write_bytes(path.read_bytes()[:400000])
        output = self.separate(path, "--allow-truncated", warning="damaged after")
        lengths = {soundfile.info(stem).frames for stem in stem_paths(output)}
        self.assertEqual(len(lengths), 1)
        self.assertGreater(lengths.pop(), 150000)

    def test_stream_without_a_length(self):
        """What a program wrote that could not go back to its header: legal, not truncated."""
        for n_bytes in (2**32 - 1,):
            path = self.folder / "stream.wav"
            path.write_bytes(wav(SOUND, n_bytes=n_bytes))
            stems = stem_paths(self.separate(path))
            self.assertEqual(sum(sounds.read_whole(stem) for stem in stems).tobytes(),
                             sounds.read_whole(self.folder / "whole.wav").tobytes())


class Extreme(ScratchCase):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "a.wav"

    def separate_real(self, samples, *options, warning=None, subtype="FLOAT"):
        sounds.write_real(self.path, samples, 44100, subtype)
        output = self.separate(self.path, *options, warning=warning)
        stems = [sounds.read_real(stem) for stem in stem_paths(output)]
        for stem in stems:
            self.assertEqual(len(stem), len(samples))
            self.assertTrue(np.all(np.isfinite(stem)))
        return stems

    def test_not_finite(self):
        mix = sounds.tones(9000, 1)[:, 0] / 2**31
        clean = mix.copy()
        for i, value in [(5, math.nan), (700, math.inf), (701, -math.inf)]:
            mix[i], clean[i] = value, 0
        stems = self.separate_real(mix, warning="a.wav: 3 values that were NaN or infinite")
        self.assertLess(np.max(np.abs(sum(stems)[:, 0] - clean)), 1e-6)
        for command in (["separate", "a.wav"], ["learn", "--label", "x", "a.wav", "-o", "x"]):
            result = run(*command, *QUICK, cwd=self.folder)
            self.assertEqual(result.returncode, 0)
            self.assertEqual(result.stderr.count("\n"), 1)  # once, however often it is read
            self.assertIn("a.wav: 3 values", result.stderr)
        for command in (["separate", "a.wav", "-o", "new"],
                        ["learn", "--label", "x", "a.wav", "-o", "new"]):
            self.refuse([*command, "--strict"], 65, "unmingle: a.wav: ", "NaN")

    def test_all_not_finite(self):
        stems = self.separate_real(np.full(5000, math.nan), warning="5000 values")
        self.assertFalse(any(stem.any() for stem in stems))

    def test_far_too_loud(self):
        for peak in (3e38, 1e30, 20):
            with self.subTest(peak=peak):
                mix = peak * np.sign(sounds.tones(9000, 2)).astype(np.float64)
                stems = self.separate_real(mix)
                self.assertLess(np.max(np.abs(sum(stems) / peak - mix.astype(np.float32) / peak)),
                                1e-6)

    def test_far_too_quiet(self):
        """Down to denormal numbers, which are flushed to zero in the work: the sum keeps them."""
        for peak in (1e-20, 1e-38, 1e-40, 1.5e-45):
            with self.subTest(peak=peak):
                mix = (peak * sounds.tones(9000, 2) / 2**30).astype(np.float32)
                stems = self.separate_real(mix)
                self.assertLess(np.max(np.abs(sum(stems) - mix)), 1e-6)

    def test_direct_current(self):
        for value in (1.0, -1.0, 1e-3):
            stems = self.separate_real(np.full(9000, value))
            self.assertLess(np.max(np.abs(sum(stems) - np.float32(value))), 1e-6)

    def test_one_click(self):
        mix = np.zeros(9000)
        mix[4444] = 1
        self.assertLess(np.max(np.abs(sum(self.separate_real(mix))[:, 0] - mix)), 1e-6)

    def test_silence(self):
        stems = self.separate_real(np.zeros((9000, 2)))
        self.assertFalse(any(stem.any() for stem in stems))
        for command, source in [(["separate", "a.wav", "--learn", "x=a.wav"], "a.wav"),
                                (["separate", "a.wav", "--learn", "x=@0-0.1"], "a.wav"),
                                (["learn", "--label", "x", "a.wav", "-o", "x"], "x")]:
            self.refuse([*command], 65, f"unmingle: {source}: ", "silen")

    def test_shapes(self):
        for channels, rate in [(1, 8000), (2, 11025), (3, 16000), (16, 48000), (64, 44100),
                               (1, 192000), (2, 384000)]:
            with self.subTest(channels=channels, rate=rate):
                sounds.write_whole(self.path, sounds.noise(rate // 20, channels), rate, "PCM_16")
                stems = stem_paths(self.separate(self.path, "--atoms", "4", "--sources", "2"))
                self.assertEqual(sounds.format_of(stems[0]), ("WAV", "PCM_16", rate, channels))
                total = sum(sounds.read_whole(stem) for stem in stems)
                self.assertFalse(np.any(total - sounds.read_whole(self.path)))


class StandardInput(ScratchCase):
    def test_pipe(self):
        reader, writer = os.pipe()
        with open(reader, "rb") as end:
            os.write(writer, WHOLE)  # fits the pipe
            os.close(writer)
            result = run("separate", "-", "-o", "out", *QUICK, stdin=end, cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(record_of(self.folder / "out")["input"]["frames"], 4000)

    def test_default_name(self):
        (self.folder / "a.wav").write_bytes(WHOLE)
        with open(self.folder / "a.wav", "rb") as file:
            result = run("separate", "-", *QUICK, stdin=file, cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertTrue((self.folder / "stdin.stems/unmingle.json").exists())

    def test_bad(self):
        for content, code in [(b"", 65), (b"junk" * 999, 65), (WHOLE[:-9], 65)]:
            (self.folder / "in").write_bytes(content)
            with open(self.folder / "in", "rb") as file:
                self.refuse(["separate", "-"], code, "unmingle: standard input: ", stdin=file)
        self.refuse(["separate", "-", "-"], 64, "stdin.stems")
        self.refuse(["separate", "-", "--learn", "x=-"], 64, "standard input")
        self.refuse(["learn", "--label", "x", "-", "-o", "x"], 64, "standard input")
        self.refuse(["separate", "-"], 74, "/no/such/folder",
                    env={**os.environ, "TMPDIR": "/no/such/folder"})

    def test_closed(self):
        self.refuse(["separate", "-"], 74, "standard input", stdin=None,
                    preexec_fn=lambda: os.close(0))


if __name__ == "__main__":
    unittest.main()
