"""The recipes: each makes its stems of any recording, which add up, the same on any number of threads,
and `render` makes the same again of their own groups."""

import unittest

import numpy as np

import sounds
from program import run
from scratch import SAMPLES, ScratchCase, record_of, stem_paths

N_FRAMES = 40000
RECIPES = {"drums": ["kick", "snare", "hat"], "percussive": ["percussive", "harmonic"],
           "voice": ["voice", "accompaniment"]}


def resampled(whole, rate):
    """From 44.1 kHz, with all that both rates can hold."""
    n = len(whole) * rate // 44100
    return np.round(np.fft.irfft(np.fft.rfft(whole, axis=0)[:n // 2 + 1], n, axis=0) *
                    (n / len(whole))).astype(whole.dtype)


class Recipes(ScratchCase):
    def write(self, channels, rate):
        whole = sounds.tones(N_FRAMES, channels) // 2 + sounds.noise(N_FRAMES, channels, peak=0.1)
        whole[5000:5400] *= 2
        sounds.write_whole(self.folder / "a.wav", whole, rate, "PCM_16")
        return sounds.read_whole(self.folder / "a.wav")

    def separate(self, output, *options):
        result = run("separate", "a.wav", "-o", output, *options, cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return {path.stem: sounds.read_whole(path) for path in stem_paths(self.folder / output)}

    def check(self, name, mix, *options):
        stems = self.separate("one", *options, "--threads", "1")
        self.assertEqual(sorted(stems), sorted(RECIPES.get(name, stems)))
        self.assertEqual(np.count_nonzero(mix - sum(stems.values())), 0)
        again = self.separate("two", *options, "--threads", "2")
        groups = []
        for stem in record_of(self.folder / "one")["stems"]:
            self.assertTrue((stems[stem["label"]] == again[stem["label"]]).all())
            groups += ["--group", f"{stem['label']}={','.join(map(str, stem['atoms']))}"]
        if name in ("drums", "example", "blind"):
            result = run("render", "one", "-o", "groups", *groups, cwd=self.folder)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            for path in stem_paths(self.folder / "one"):
                self.assertEqual((self.folder / "groups" / path.name).read_bytes(),
                                 path.read_bytes())

    def test_presets(self):
        for name in RECIPES:
            for channels, rate in [(1, 48000), (2, 44100), (3, 16000)]:
                with self.subTest(recipe=name, channels=channels, rate=rate):
                    self.setUp()
                    self.check(name, self.write(channels, rate), "--preset", name)

    def test_any_rate(self):
        """A loop at another rate than the dictionary's comes apart as well as at that one."""
        drums = {name: sounds.read_whole(SAMPLES / f"drums/{name}.flac")
                 for name in RECIPES["drums"]}
        loop = sum(drums.values())
        self.check_rates("percussive", {"percussive": loop,
                                        "harmonic": sounds.tones(len(loop), 1) // 2})

    def check_rates(self, recipe, sources):
        scores = []
        for rate in (44100, 48000, 22050):
            sound = {name: resampled(whole, rate) for name, whole in sources.items()}
            sounds.write_whole(self.folder / "a.wav", sum(sound.values()), rate, "PCM_16")
            stems = self.separate(f"{recipe}-{rate}", "--preset", recipe)
            scores.append(np.mean([10 * np.log10(sounds.energy(whole) /
                                                 sounds.energy(whole - stems[name]))
                                   for name, whole in sound.items()]))
        for score in scores[1:]:
            self.assertGreater(score, scores[0] - 1.5, scores)

    def test_percussive_fast(self):
        for options in (["--preset", "percussive", "--fast"], ["--split", "percussive", "--fast"]):
            for channels, rate in [(1, 48000), (2, 44100), (3, 16000)]:
                with self.subTest(options=options, channels=channels, rate=rate):
                    self.setUp()
                    self.check("percussive", self.write(channels, rate), *options)

    def test_fast_tells_clicks_from_tones(self):
        time = np.arange(N_FRAMES)[:, None]
        tones = (2 ** 28 * (np.sin(time * 0.05) + np.sin(time * 0.21))).astype(np.int64)
        clicks = np.zeros_like(tones)
        for first in range(4000, N_FRAMES, 8000):
            clicks[first:first + 200] = sounds.noise(200, 1, peak=0.5)
        sounds.write_whole(self.folder / "a.wav", tones + clicks, 44100, "PCM_16")
        stems = self.separate("one", "--split", "percussive", "--fast")
        for name, part in (("percussive", clicks), ("harmonic", tones)):
            error = np.square((stems[name] - part).astype(float)).sum()
            self.assertLess(error, 0.15 * np.square(part.astype(float)).sum(), name)

    def test_fast_keeps_no_atoms(self):
        self.write(1, 44100)
        self.separate("one", "--split", "percussive", "--fast")
        self.assertTrue(record_of(self.folder / "one")["settings"]["fast"])
        for command in (["render", "one", "--group", "a=1"], ["plot", "one", "-o", "one.png"]):
            result = run(*command, cwd=self.folder)
            self.assertEqual(result.returncode, 65)
            self.assertIn("--fast, or an older version made it", result.stderr)

    def test_fast_is_of_percussive_alone(self):
        self.write(1, 44100)
        for options in ([], ["--preset", "voice"], ["--preset", "drums"], ["--learn", "a=@0-0.3"]):
            result = run("separate", "a.wav", "--fast", *options, cwd=self.folder)
            self.assertEqual(result.returncode, 64)
            self.assertIn("--fast: goes with --split percussive alone", result.stderr)

    def test_by_example(self):
        clips = ["--learn", "a=@0-0.3", "--learn", "b=@0.4-", "--clip-atoms", "4"]
        for channels in (1, 2, 3):
            with self.subTest(channels=channels):
                self.setUp()
                self.check("example", self.write(channels, 44100), *clips)

    def write_panned(self):
        """Two sources, each at a place of its own: places are found, and the masks are matrices."""
        whole = np.zeros((N_FRAMES, 2), dtype=int)
        t = np.arange(N_FRAMES)[:, None] / 44100
        for frequencies, pace, pan in [((220, 440), 1.7, (6, 1)), ((3000, 5000), 2.9, (2, 5))]:
            tones = sum(np.sin(2 * np.pi * f * t) for f in frequencies) * np.sin(pace * 4 * t) ** 2
            whole += (tones * sounds.HIGHEST / 32).astype(int) * pan
        sounds.write_whole(self.folder / "a.wav", whole, 44100, "PCM_16")
        return sounds.read_whole(self.folder / "a.wav")

    def test_blind(self):
        for sources in ("2", "auto"):
            with self.subTest(sources=sources):
                self.setUp()
                self.check("blind", self.write_panned(), "--sources", sources)
                kept = (self.folder / "one" / "atoms.safetensors").read_bytes()
                self.assertIn(b"covariances", kept)
                fits = record_of(self.folder / "one").get("fits", [])
                self.assertEqual([fit["sources"] for fit in fits],
                                 [2, 3, 4, 5, 6] if sources == "auto" else [])

    def test_the_suggestion_says_why(self):
        self.write_panned()
        result = run("separate", "a.wav", "-o", "auto", "--sources", "auto", cwd=self.folder)
        n_stems = len(stem_paths(self.folder / "auto"))
        self.assertIn(f"sources: {n_stems}, where the groups of atoms are clearest (2: ",
                      result.stdout)
        result = run("separate", "a.wav", "-o", "few", "--sources", "auto", "--atoms", "1",
                     cwd=self.folder)
        self.assertEqual(result.returncode, 64)
        self.assertIn("as many --atoms at least", result.stderr)

    def test_a_clip_of_the_voice(self):
        mix = self.write(2, 44100)
        self.check("clip", mix, "--preset", "voice", "--learn", "voice=@0-0.3", "--atoms", "4")

    def test_silence(self):
        sounds.write_whole(self.folder / "a.wav", sounds.silence(3000, 2), 44100, "PCM_16")
        for name in RECIPES:
            with self.subTest(recipe=name):
                stems = self.separate(name, "--preset", name)
                self.assertEqual(sorted(stems), sorted(RECIPES[name]))
                self.assertFalse(any(stem.any() for stem in stems.values()))

    def test_percussive_needs_a_dictionary(self):
        self.write(1, 44100)
        result = run("separate", "a.wav", "--split", "percussive", cwd=self.folder)
        self.assertEqual(result.returncode, 64)
        self.assertIn("--preset percussive", result.stderr)


if __name__ == "__main__":
    unittest.main()
