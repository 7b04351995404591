"""The same recording, settings and seed give the same stems, to the bit, whatever does the work."""

import hashlib
import unittest

import sounds
from program import run
from scratch import QUICK, SAMPLES, ScratchCase, record_of

N_FRAMES = 40000
BLIND = []
LEARN = ["--learn", "a=@0-0.2", "--clip-atoms", "4", "--residual"]
# Lengths that no block divides; fewer channels than threads, as many, more.
SHAPES = [(N_FRAMES, 1), (N_FRAMES + 1, 2), (9999, 5)]


def cpu_levels():
    """Those that this processor has."""
    flags = set()
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith(("flags", "Features")):  # x86-64, Arm
                flags = set(line.split(":")[1].split())
                break
    return (["scalar"] + ["sse2"] * ("sse2" in flags) + ["neon"] * ("asimd" in flags)
            + ["avx2"] * ({"avx2", "fma"} <= flags))


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class SameBits(ScratchCase):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "a.wav"

    def bytes_of_stems(self, *options):
        """Digests of a run's stems by name, and its record: a difference of megabytes is not to be
        printed."""
        output = self.separate(self.path, *options)
        stems = {stem["file"]: digest(output / stem["file"])
                 for stem in record_of(output)["stems"]}
        self.assertGreater(len(stems), 1)
        self.assertGreater(len(set(stems.values())), 1)  # or equal bytes would say little
        return stems, record_of(output)

    def write_tones(self, n_frames=N_FRAMES, channels=2):
        sounds.write_whole(self.path, sounds.tones(n_frames, channels)
                           + sounds.noise(n_frames, channels, peak=0.1), 44100, "PCM_16")

    def test_threads(self):
        for n_frames, channels in SHAPES:
            self.write_tones(n_frames, channels)
            for known in (BLIND, LEARN):
                with self.subTest(n_frames=n_frames, channels=channels, known=known):
                    first = self.bytes_of_stems(*known, "--threads", "1")
                    for n_threads in ("2", "3", "2"):  # 2: twice in a row
                        self.assertEqual(self.bytes_of_stems(*known, "--threads", n_threads), first)

    def test_real_music(self):
        """The default settings, the default length, and all of a recording."""
        results = []
        for n_threads in ("1", "2"):
            output = self.folder / n_threads
            result = run("separate", str(SAMPLES / "drums/mix.flac"), "-o", str(output),
                         "--threads", n_threads)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            results.append({path.name: path.read_bytes() for path in output.iterdir()})
        self.assertEqual(len(results[0]), 8)
        self.assertEqual(*results)

    def test_cpu_levels(self):
        self.write_tones()
        for level in cpu_levels():
            with self.subTest(cpu=level):
                first = self.bytes_of_stems("--cpu", level, "--threads", "1")
                self.assertEqual(self.bytes_of_stems("--cpu", level, "--threads", "2"), first)

    def test_levels_differ_by_rounding_alone(self):
        self.write_tones()
        whole = {}
        for level in cpu_levels():
            output = self.separate(self.path, "--cpu", level)
            whole[level] = [sounds.read_whole(output / stem["file"])
                            for stem in record_of(output)["stems"]]
        for level, stems in whole.items():
            for stem, scalar in zip(stems, whole["scalar"]):
                error = sounds.energy(stem - scalar)
                self.assertLess(error, 1e-6 * sounds.energy(sounds.read_whole(self.path)), level)

    def test_seed(self):
        self.write_tones()
        start = ["--start", "random", "--iterations", "4"]
        first = self.bytes_of_stems(*start, "--seed", "5")
        self.assertEqual(self.bytes_of_stems(*start, "--seed", "5"), first)
        self.assertNotEqual(self.bytes_of_stems(*start, "--seed", "6")[0], first[0])
        self.assertEqual(first[1]["seed"], 5)

    def test_seed_of_examples(self):
        self.write_tones()
        first = self.bytes_of_stems(*LEARN, "--seed", "5")
        self.assertEqual(self.bytes_of_stems(*LEARN, "--seed", "5"), first)
        self.assertNotEqual(self.bytes_of_stems(*LEARN, "--seed", "6")[0], first[0])

    def test_subset_of_frames(self):
        """A minute that does not fit --memory: the frames it is learned from are drawn alike."""
        self.write_tones(44100 * 60, 1)
        small = [*QUICK, "--memory", "40M", "--atoms", "4", "--sources", "2"]
        first = self.bytes_of_stems(*small, "--threads", "1")
        record = first[1]
        self.assertEqual(self.bytes_of_stems(*small, "--threads", "2"), first)
        self.assertLess(record["learned_frames"], record["available_frames"])

    def test_standard_input(self):
        """A pipe is the same recording as a file."""
        self.write_tones()
        first = self.bytes_of_stems()
        with open(self.path, "rb") as file:
            result = run("separate", "-", "-o", str(self.folder / "piped"), *QUICK, stdin=file)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual({name: digest(self.folder / "piped" / name) for name in first[0]},
                         first[0])


if __name__ == "__main__":
    unittest.main()
