"""learn: from recordings of known sources to a dictionary, and what separate makes of it; --learn,
which does the same within one run."""

import json
import re
import struct
import unittest

import numpy as np

import sounds
from program import run
from scratch import QUICK, SAMPLES, ScratchCase, record_of, stem_paths

DRUMS = ["kick", "snare", "hat"]

# What --learn must not be, exit code, what the message says.
WRONG_EXAMPLES = [
    ("drums", 64, "'drums' is not LABEL=CLIP"),
    ("=a.wav", 64, "'' cannot name a stem"),
    ("x=", 64, "'x=' names no clip"),
    ("x/y=a.wav", 64, "'x/y' cannot name a stem"),
    (".x=a.wav", 64, "'.x' cannot name a stem"),
    ("x" * 65 + "=a.wav", 64, "1 to 64 bytes"),
    ("x\ty=a.wav", 64, "label"),
    ("x=a.wav@2-1", 64, "'2-1'"),
    ("x=@0:00.1-0:00.1", 64, "'0:00.1-0:00.1'"),
    ("x=@1:99-2:00", 64, "'1:99-2:00'"),
    ("x=@-", 64, "'-'"),
    ("x=@3", 64, "after @ comes a stretch of time"),
    ("x=@0-0.02", 65, "a.wav: the clip of 'x' is too short: 0.05 s are needed"),
    ("residual=a.wav", 64, "residual"),
    ("mix=a.wav", 64, "mixture"),
    ("x=none.wav", 66, "unmingle: none.wav: "),
    ("x=none.wav@0-1", 66, "unmingle: none.wav: "),
    ("x=a.wav@7-8", 65, "unmingle: a.wav: "),
    ("x=@0:07-", 65, "unmingle: a.wav: "),
    ("x=other.wav", 65, "unmingle: other.wav: "),
]


def read_dictionary(path):
    """Atoms and metadata, by the description of the format alone."""
    content = path.read_bytes()
    length, = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    W = np.frombuffer(content[8 + length:], dtype="<f4").reshape(header["W"]["shape"])
    return W, header["__metadata__"]


class Learn(ScratchCase):
    def learn(self, *arguments):
        result = run("learn", *arguments, "-o", "d.safetensors", "--force", cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def write(self, name, n_frames=9000, channels=1, rate=44100, seed=1):
        path = self.folder / name
        sounds.write_whole(path, sounds.noise(n_frames, channels, seed=seed), rate, "PCM_16")
        return str(path)

    def test_from_recordings_to_stems(self):
        arguments = [text for drum in DRUMS
                     for text in ("--label", drum, str(SAMPLES / f"drums/{drum}.flac"))]
        self.learn(*arguments, "--atoms", "8", "--iterations", "40", "--seed", "7")
        W, metadata = read_dictionary(self.folder / "d.safetensors")
        self.assertEqual(W.shape, (24, 2049))
        self.assertTrue(np.all(np.isfinite(W)) and np.all(W >= 0))
        self.assertLess(np.max(np.abs(W.sum(axis=1) - 1)), 1e-4)
        self.assertEqual(json.loads(metadata["labels"]), [drum for drum in DRUMS for _ in range(8)])
        for key, value in [("sample_rate", "44100"), ("window_length", "4096"), ("hop", "1024"),
                           ("seed", "7"), ("trained_from", "kick.flac, snare.flac, hat.flac")]:
            self.assertEqual(metadata[key], value)
        told = json.loads(run("info", "--json", "d.safetensors", cwd=self.folder).stdout)[0]
        self.assertEqual((told["labels"], told["sample_rate"]), ({d: 8 for d in DRUMS}, 44100))
        output = self.separate(SAMPLES / "drums/mix.flac", "--iterations", "30",
                               "--dictionary", str(self.folder / "d.safetensors"))
        self.assertEqual([path.name for path in stem_paths(output)], [d + ".wav" for d in DRUMS])
        stems = [sounds.read_whole(path) for path in stem_paths(output)]
        self.assertFalse(np.any(sum(stems) - sounds.read_whole(SAMPLES / "drums/mix.flac")))
        truth = [sounds.read_whole(SAMPLES / f"drums/{drum}.flac") for drum in DRUMS]
        for drum, stem, true in zip(DRUMS, stems, truth):  # each is nearest to its own source
            errors = [sounds.energy(stem - other) for other in truth]
            self.assertEqual(DRUMS[int(np.argmin(errors))], drum)
            self.assertLess(min(errors), 0.5 * sounds.energy(true), drum)

    def test_files_of_a_label(self):
        """Labels may come back; mono and stereo, short and long go into one."""
        files = [self.write(f"{i}.wav", 5000 + 999 * i, 1 + i % 2, seed=i) for i in range(4)]
        text = self.learn("--label", "x", *files[:2], "--label", "y", files[2], "--label", "x",
                          files[3], "--atoms", "3", *QUICK)
        self.assertRegex(text, r"^d.safetensors: 2 labels, 6 atoms, from \d+ frames \(")
        _, metadata = read_dictionary(self.folder / "d.safetensors")
        self.assertEqual(json.loads(metadata["labels"]), ["x"] * 3 + ["y"] * 3)

    def strokes(self, drum, n, rate=44100, gap=10000):
        """Single strokes one after another, each of another level, and a little after its place."""
        random = np.random.default_rng(len(drum))
        time = np.arange(gap) / 44100
        whole = np.zeros(n * gap)
        for i in range(n):
            hiss = random.uniform(-1, 1, gap)
            sound = {"kick": np.sin(2 * np.pi * 60 * time + 8 * np.exp(-time / 0.01)) *
                             np.exp(-time / 0.08),
                     "snare": (np.convolve(hiss, np.ones(4) / 4, "same") +
                               np.sin(2 * np.pi * 190 * time)) / 2 * np.exp(-time / 0.05),
                     "hat": np.diff(np.diff(hiss, prepend=0), prepend=0) / 4 *
                            np.exp(-time / 0.015)}[drum]
            late = int(random.integers(700))
            whole[i * gap + late:(i + 1) * gap] = random.uniform(0.2, 0.6) * sound[:gap - late]
        if rate != 44100:
            count = len(whole) * rate // 44100
            spectrum = np.fft.rfft(whole)[:count // 2 + 1]
            whole = np.fft.irfft(spectrum, count) * count / len(whole)
        return (whole[:, None] * sounds.HIGHEST).astype(np.int64)

    def test_strokes(self):
        """Drums learned from their strokes are told apart in a loop, at another rate too."""
        arguments = []
        for drum in DRUMS:
            sounds.write_whole(self.folder / f"{drum}.wav", self.strokes(drum, 4), 44100, "PCM_16")
            arguments += ["--label", drum, f"{drum}.wav"]
        text = self.learn(*arguments, "--atom-frames", "8", "--window", "2048", "--hop", "512")
        self.assertEqual(text, "d.safetensors: 3 labels, 3 atoms of 8 frames, from 12 strokes "
                               "(44100 Hz, window 2048, hop 512)\n")
        W, _ = read_dictionary(self.folder / "d.safetensors")
        self.assertEqual(W.shape, (3, 8, 1025))
        self.assertTrue(np.all(W > 0))
        for frames in W:  # it begins in the first frame, and dies away
            self.assertGreater(frames[0].sum(), 0.3 * frames[1].sum())
            self.assertGreater(frames[1].sum(), 2 * frames[7].sum())
        for rate in (44100, 48000, 32000):
            true = {drum: self.strokes(drum, n, rate, gap)[:3 * rate]
                    for drum, n, gap in [("kick", 6, 24000), ("snare", 10, 14000), ("hat", 20, 7000)]}
            sounds.write_whole(self.folder / "loop.wav", sum(true.values()), rate, "PCM_16")
            output = self.separate(self.folder / "loop.wav", "--dictionary",
                                   str(self.folder / "d.safetensors"), "--adapt",
                                   "--iterations", "25", "--exponent", "2")
            for path in stem_paths(output):
                stem, wanted = sounds.read_whole(path), true[path.stem]
                with self.subTest(rate=rate, drum=path.stem):
                    self.assertGreater(sounds.energy(wanted), 6 * sounds.energy(stem - wanted))
        told = json.loads(self.learn(*arguments, "--atom-frames", "4", "--json"))
        self.assertEqual((told["atoms"], told["atom_frames"], told["strokes"]), (3, 4, 12))

    def test_same_bits(self):
        path = self.write("a.wav", 20000, 2)
        dictionaries = []
        for n_threads in ("1", "2", "2"):
            self.learn("--label", "x", path, "--threads", n_threads, *QUICK)
            dictionaries.append((self.folder / "d.safetensors").read_bytes())
        self.assertEqual(len(set(dictionaries)), 1)
        self.learn("--label", "x", path, "--seed", "2", *QUICK)
        self.assertNotEqual((self.folder / "d.safetensors").read_bytes(), dictionaries[0])

    def test_json(self):
        path = self.write("a.wav", 44100)
        told = json.loads(self.learn("--label", "x", path, "--atoms", "2", "--json", *QUICK))
        self.assertEqual((told["command"], told["labels"], told["atoms"]), ("learn", 1, 2))
        self.assertEqual((told["sample_rate"], told["window"]), (44100, 4096))

    def test_more_than_memory_holds(self):
        path = self.write("a.wav", 44100 * 60)
        text = self.learn("--label", "x", path, "--memory", "30M", "--atoms", "2", *QUICK)
        used, available = map(int, re.search(r"from (\d+) frames drawn from (\d+) ", text).groups())
        self.assertEqual(available, -(-44100 * 60 // 1024))
        self.assertLess(0, used)
        self.assertLess(used, available)

    def test_wrong(self):
        self.write("a.wav")
        self.write("48k.wav", rate=48000)
        self.write("empty.wav", 0)
        for arguments, code, text in [
                (["--label", "x"], 64, "FILES"),
                (["--label", "x/y", "a.wav"], 64, "'x/y'"),
                (["--label", "x" * 65, "a.wav"], 64, "--label"),
                (["--label", "residual", "a.wav"], 64, "residual"),
                (["--label", "x", "a.wav", "48k.wav"], 65, "unmingle: 48k.wav: "),
                (["--label", "x", "a.wav", "--label", "y", "48k.wav"], 65, "unmingle: 48k.wav: "),
                (["--label", "x", "a.wav", "--label", "y", "none.wav"], 66, "unmingle: none.wav: "),
                (["--label", "x", "a.wav", "--atom-frames", "8", "--atoms", "1"], 64, "--atoms"),
                (["--label", "x", "a.wav", "--atom-frames", "8", "--start", "random"], 64,
                 "--start"),
                (["--label", "x", "a.wav", "--atom-frames", "8", "--iterations", "9"], 64,
                 "--iterations"),
                (["--label", "x", "a.wav", "--atom-frames", "8", "--tolerance", "0"], 64,
                 "--tolerance"),
                (["--label", "x", "a.wav", "--atom-frames", "8", "--memory", "1G"], 64,
                 "--memory"),
                (["--label", "x", "a.wav", "--atom-frames", "65"], 64, "--atom-frames"),
                (["--label", "x", "a.wav", "--atom-frames", "64", "--window", "65536"], 64,
                 "too many"),
                (["--label", "x", "empty.wav", "--atom-frames", "8"], 65, "unmingle: x: "),
                (["--label", "x", "empty.wav"], 65, "unmingle: x: "),
                (["--label", "x", "a.wav", "--hop", "3000"], 64, "hop"),
                (["--label", "x", "a.wav", "--window", "1001"], 64, "1001")]:
            with self.subTest(arguments=arguments):
                self.refuse(["learn", *arguments, "-o", "new"], code, text)


class Speech(ScratchCase):
    def setUp(self):
        super().setUp()
        for name, rate in [("a.wav", 16000), ("b.flac", 48000), ("8k.wav", 8000)]:
            sounds.write_whole(self.folder / name, sounds.noise(40000, 1), rate, "PCM_16")

    def learn(self, *arguments):
        return run("learn", "--speech", *arguments, "--force", cwd=self.folder)

    def test_same_bits(self):
        """Whatever the threads, and of the shape that denoise takes."""
        dictionaries = []
        for n_threads in ("1", "2"):
            result = self.learn("a.wav", "b.flac", "-o", "d.safetensors", "--threads", n_threads)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            dictionaries.append((self.folder / "d.safetensors").read_bytes())
        self.assertEqual(*dictionaries)
        W, metadata = read_dictionary(self.folder / "d.safetensors")
        self.assertEqual(W.shape, (2 * 12, 3, 513))
        self.assertEqual(json.loads(metadata["labels"]), ["speech"] * 24)
        result = run("denoise", "a.wav", "-o", "clean.wav", "--dictionary", "d.safetensors",
                     cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_json(self):
        told = json.loads(self.learn("a.wav", "-o", "d", "--atoms", "2", "--json").stdout)
        self.assertEqual((told["command"], told["speakers"], told["atoms"]), ("learn", 1, 2))
        self.assertGreater(told["learned_frames"], 100)
        self.assertEqual(told["available_frames"], 157)  # 40000 / 256

    def test_separate_refuses_it(self):
        self.assertEqual(self.learn("a.wav", "-o", "d.safetensors").returncode, 0)
        self.refuse(["separate", "a.wav", "--dictionary", "d.safetensors"], 78,
                    "unmingle: d.safetensors: W: its atoms last 3 frames")

    def test_recordings_are_never_replaced(self):
        before = [(self.folder / name).read_bytes() for name in ("a.wav", "b.flac")]
        for output in ("b.flac", "./a.wav"):
            result = self.learn("a.wav", "b.flac", "-o", output)
            self.assertEqual(result.returncode, 64)
            self.assertIn("is to be read, and written too", result.stderr)
        self.assertEqual(before, [(self.folder / name).read_bytes() for name in ("a.wav", "b.flac")])

    def test_truncated(self):
        content = (self.folder / "a.wav").read_bytes()
        (self.folder / "cut.wav").write_bytes(content[:-20000])
        self.assertEqual(self.learn("cut.wav", "-o", "d", "--strict").returncode, 65)
        result = self.learn("cut.wav", "-o", "d", "--allow-truncated")
        self.assertEqual(result.returncode, 0)
        self.assertIn("warning: cut.wav: truncated", result.stderr)

    def test_wrong(self):
        for arguments, code, text in [
                ([], 64, "FILES"),
                (["8k.wav"], 65, "unmingle: 8k.wav: has 8000 Hz"),
                (["a.wav", "none.wav"], 66, "unmingle: none.wav: "),
                (["a.wav", "--atoms", "4096", "b.flac"], 64, "too many"),
                (["--label", "x", "a.wav"], 64, "--label"),
                (["a.wav", "--window", "1024"], 64, "--window"),
                (["a.wav", "--hop", "256"], 64, "--hop"),
                (["a.wav", "--window-shape", "hann"], 64, "--window-shape"),
                (["a.wav", "--iterations", "60"], 64, "--iterations"),
                (["a.wav", "--tolerance", "0"], 64, "--tolerance"),
                (["a.wav", "--start", "random"], 64, "--start"),
                (["a.wav", "--atom-frames", "8"], 64, "--atom-frames"),
                (["a.wav", "--memory", "1G"], 64, "--memory")]:
            with self.subTest(arguments=arguments):
                self.refuse(["learn", "--speech", *arguments, "-o", "new"], code, text)


class Examples(ScratchCase):
    def setUp(self):
        super().setUp()
        sounds.write_whole(self.folder / "a.wav", sounds.noise(20000, 1), 44100, "PCM_16")
        sounds.write_whole(self.folder / "other.wav", sounds.noise(9000, 1), 48000, "PCM_16")

    def test_wrong(self):
        for example, code, text in WRONG_EXAMPLES:
            with self.subTest(example=example):
                self.refuse(["separate", "a.wav", "--learn", example], code, text)

    def test_wrong_numbers(self):
        for arguments, text in [(["--sources", "9", "--atoms", "8"], "--sources"),
                                (["--hop", "3000"], "hop"), (["--window", "1001"], "1001"),
                                (["--format", "flac", "--sample-format", "32"], "--sample-format")]:
            with self.subTest(arguments=arguments):
                self.refuse(["separate", "a.wav", *arguments], 64, text)

    def test_labels_and_stretches(self):
        """Stretches with one label are one source; one label alone is taken apart from the rest."""
        output = self.separate(self.folder / "a.wav", "--learn", "x=@0-0.1", "--learn", "y=@-0.2",
                               "--learn", "x=@0.2-0.3", "--clip-atoms", "3")
        self.assertEqual([(stem["label"], stem["atoms"]) for stem in record_of(output)["stems"]],
                         [("x", [1, 2, 3]), ("y", [4, 5, 6])])
        output = self.separate(self.folder / "a.wav", "--learn", "x=@0-0.1", "--clip-atoms", "3")
        self.assertEqual([stem["label"] for stem in record_of(output)["stems"]], ["x", "residual"])

    def test_silent_with_known_sources(self):
        sounds.write_whole(self.folder / "quiet.wav", sounds.silence(9000, 2), 44100, "PCM_16")
        stems = stem_paths(self.separate(self.folder / "quiet.wav", "--learn",
                                         f"x={self.folder / 'a.wav'}", "--clip-atoms", "3"))
        for stem in stems:
            self.assertEqual(np.count_nonzero(sounds.read_whole(stem)), 0)


if __name__ == "__main__":
    unittest.main()
