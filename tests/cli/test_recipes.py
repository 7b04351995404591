"""The recipes: each makes its stems of any recording, which add up, the same on any number of threads,
and `render` makes the same again of their own groups where the atoms alone had a say."""

import unittest

import numpy as np

import sounds
from program import run
from scratch import SAMPLES, ScratchCase, record_of, stem_paths

N_FRAMES = 40000
BY_ATOMS = ("drums", "example", "blind")
RECIPES = {"drums": ["kick", "snare", "hat"], "percussive": ["percussive", "harmonic"],
           "voice": ["voice", "accompaniment"]}


def resampled(whole, rate):
    """From 44.1 kHz, with all that both rates can hold."""
    n = len(whole) * rate // 44100
    return np.round(np.fft.irfft(np.fft.rfft(whole, axis=0)[:n // 2 + 1], n, axis=0) *
                    (n / len(whole))).astype(whole.dtype)


def sdr(true, estimate):
    """In decibels."""
    error = sounds.energy(true - estimate)
    return 10 * np.log10(sounds.energy(true) / error) if error > 0 else np.inf


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

    def render_again(self, output):
        """Of the groups as they were."""
        groups = []
        for stem in record_of(self.folder / output)["stems"]:
            groups += ["--group", f"{stem['label']}={','.join(map(str, stem['atoms']))}"]
        result = run("render", output, "-o", "again", "--force", *groups, cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return {path.stem: sounds.read_whole(path) for path in stem_paths(self.folder / "again")}

    def check(self, name, mix, *options):
        stems = self.separate("one", *options, "--threads", "1")
        self.assertEqual(sorted(stems), sorted(RECIPES.get(name, stems)))
        self.assertEqual(np.count_nonzero(mix - sum(stems.values())), 0)
        again = self.separate("two", *options, "--threads", "2")
        for label in stems:
            self.assertTrue((stems[label] == again[label]).all())
        if "--fast" in options:  # keeps no atoms
            return
        rendered = self.render_again("one")
        self.assertEqual(np.count_nonzero(mix - sum(rendered.values())), 0)
        for path in stem_paths(self.folder / "one"):
            same = (self.folder / "again" / path.name).read_bytes() == path.read_bytes()
            self.assertEqual(same, name in BY_ATOMS)

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
        self.check_rates("drums", drums)
        self.check_rates("percussive", {"percussive": loop,
                                        "harmonic": sounds.tones(len(loop), 1) // 2})

    def check_rates(self, recipe, sources):
        scores = []
        for rate in (44100, 48000, 22050):
            sound = {name: resampled(whole, rate) for name, whole in sources.items()}
            sounds.write_whole(self.folder / "a.wav", sum(sound.values()), rate, "PCM_16")
            stems = self.separate(f"{recipe}-{rate}", "--preset", recipe)
            for name, stem in self.render_again(f"{recipe}-{rate}").items():
                self.assertGreater(sdr(stems[name], stem), 15)
            scores.append(np.mean([sdr(whole, stems[name]) for name, whole in sound.items()]))
        for score in scores[1:]:
            self.assertGreater(score, scores[0] - 1.5, scores)

    def test_strokes_of_a_long_recording(self):
        """Of more than memory holds, runs of frames are learned from: a stroke is known by the
        frames around it."""
        rate, n_seconds = 44100, 30
        t = np.arange(n_seconds * rate) / rate
        within = t % 0.4
        hertz = 55 * 2 ** (np.array([0, 9, 4, 7, 2])[(t / 0.4).astype(int) % 5] / 12)
        bass = sum(np.sin(2 * np.pi * k * hertz * within) / k for k in range(1, 31))
        bass *= np.clip(np.minimum(within, 0.4 - within) / 0.02, 0, 1)
        clicks = np.zeros(len(t))
        n = rate // 10
        decay = np.exp(-50 * t[:n])
        noise = sounds.noise(n, 1, peak=1.0)[:, 0] / sounds.HIGHEST
        for start in np.arange(0, n_seconds - 0.1, 0.37):
            clicks[int(start * rate):][:n] += noise * decay / 3
        bass, clicks = (np.round(sounds.HIGHEST * x).astype(int)[:, None]
                        for x in (bass / 8, clicks))
        sounds.write_whole(self.folder / "a.wav", bass + clicks, rate, "PCM_16")
        stems = self.separate("one", "--preset", "percussive", "--memory", "43M")
        record = record_of(self.folder / "one")
        self.assertLess(record["learned_frames"], 0.4 * record["available_frames"])
        self.assertGreater(sdr(clicks, stems["percussive"]), 5)  # of single frames: -.3

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
        again = run("separate", "a.wav", "-o", "one", "--split", "percussive", "--fast", "--force",
                    cwd=self.folder)
        self.assertNotIn("atom", again.stdout)

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
                kept = (self.folder / "one/atoms.safetensors").read_bytes()
                self.assertEqual(b"covariances" in kept, channels > 1)

    def write_panned(self):
        """Two sources, each at a place of its own: places are found, and the masks are matrices."""
        whole = np.zeros((N_FRAMES, 2), dtype=int)
        t = np.arange(N_FRAMES)[:, None] / 44100
        for frequencies, pace, pan in [((220, 440), 1.7, (6, 1)), ((3000, 5000), 2.9, (2, 5))]:
            tones = sum(np.sin(2 * np.pi * f * t) for f in frequencies) * np.sin(pace * 4 * t) ** 2
            whole += (tones * sounds.HIGHEST / 32).astype(int) * pan
        sounds.write_whole(self.folder / "a.wav", whole, 44100, "PCM_16")
        return sounds.read_whole(self.folder / "a.wav")

    def test_clips_give_places(self):
        """Two of one timbre, which the masks tell apart by where they are."""
        rate = 44100
        t = np.arange(4 * rate) / rate
        rng = np.random.default_rng(1)
        parts = []
        for pan in ((6, 1), (2, 5)):
            steps = rng.integers(0, 12, 16)
            hertz = np.repeat(220 * 2 ** (steps / 12), rate // 4)
            phase = 2 * np.pi * np.cumsum(hertz) / rate
            tone = sum(np.sin(k * phase) / k for k in range(1, 9))
            parts.append(np.round(tone[:, None] * sounds.HIGHEST / 64 * pan).astype(int))
        for name, part in zip("ab", parts):
            sounds.write_whole(self.folder / f"{name}.wav", part[:2 * rate], rate, "PCM_16")
        sounds.write_whole(self.folder / "mix.wav", sum(parts), rate, "PCM_16")
        result = run("separate", "mix.wav", "-o", "one", "--learn", "a=a.wav", "--learn", "b=b.wav",
                     cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for name, part in zip("ab", parts):
            stem = sounds.read_whole(self.folder / f"one/{name}.wav")
            self.assertGreater(sdr(part[2 * rate:], stem[2 * rate:]), 40)  # ratio masks: 14

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
        sounds.write_whole(self.folder / "b.wav", sounds.silence(9000, 1), 44100, "PCM_16")
        result = run("separate", "b.wav", "--sources", "auto", cwd=self.folder)
        self.assertIn("sources: 2, the fewest: the atoms make no clear groups", result.stdout)
        result = run("separate", "a.wav", "-o", "few", "--sources", "auto", "--atoms", "1",
                     cwd=self.folder)
        self.assertEqual(result.returncode, 64)
        self.assertIn("as many --atoms at least", result.stderr)

    def test_a_clip_of_the_voice(self):
        mix = self.write(2, 44100)
        self.check("clip", mix, "--preset", "voice", "--learn", "voice=@0-0.3")
        stems = record_of(self.folder / "one")["stems"]
        self.assertEqual([stem["label"] for stem in stems], ["voice", "accompaniment"])
        for other in ("piano", "accompaniment"):
            result = run("separate", "a.wav", "--preset", "voice", "--learn", "voice=@0-0.3",
                         "--learn", f"{other}=@0.4-", cwd=self.folder)
            self.assertEqual(result.returncode, 64)
            self.assertIn(f"'{other}' cannot be known where a lead is taken", result.stderr)

    def test_what_atoms_lack_goes_by_what_repeats(self):
        """A lead that glides, which atoms of one second of it explain in part, over a loop."""
        rate, n_seconds = 44100, 6
        t = np.arange(n_seconds * rate) / rate
        starts = np.random.default_rng(1).uniform(300, 900, 2 * n_seconds)
        glides = np.tile(np.linspace(-80, 80, rate // 2), 2 * n_seconds)
        hertz = np.repeat(starts, rate // 2) + glides + 40 * np.sin(10 * np.pi * t)
        phase = 2 * np.pi * np.cumsum(hertz) / rate
        lead = sum(np.sin(k * phase) / k for k in range(1, 6))
        within = np.arange(rate // 4) / rate
        notes = [sum(np.sin(2 * np.pi * hertz * k * within) / k for k in range(1, 8))
                 for hertz in (220, 277, 330, 440)]
        loop = 2 * np.concatenate([note * np.exp(-8 * within) for note in notes])
        lead = np.round(sounds.HIGHEST / 16 * lead).astype(int)[:, None]
        rest = np.round(sounds.HIGHEST / 16 * np.tile(loop, n_seconds)).astype(int)[:, None]
        sounds.write_whole(self.folder / "a.wav", lead + rest, rate, "PCM_16")
        sounds.write_whole(self.folder / "clip.wav", lead[:rate], rate, "PCM_16")
        voice = self.separate("one", "--preset", "voice", "--learn", "voice=clip.wav")["voice"]
        self.assertGreater(sdr(lead, voice), 10)
        self.assertGreater(sdr(voice, self.render_again("one")["voice"]), 15)

    def test_silence(self):
        sounds.write_whole(self.folder / "a.wav", sounds.silence(3000, 2), 44100, "PCM_16")
        for name in RECIPES:
            with self.subTest(recipe=name):
                stems = self.separate(name, "--preset", name)
                again = run("separate", "a.wav", "-o", name, "--preset", name, "--force",
                            cwd=self.folder)
                self.assertIn("silent: the recording is", again.stdout)
                self.assertEqual(sorted(stems), sorted(RECIPES[name]))
                self.assertFalse(any(stem.any() for stem in stems.values()))

    def test_percussive_needs_a_dictionary(self):
        self.write(1, 44100)
        result = run("separate", "a.wav", "--split", "percussive", cwd=self.folder)
        self.assertEqual(result.returncode, 64)
        self.assertIn("--preset percussive", result.stderr)
        result = run("learn", "--label", "a", "a.wav", "--label", "b", "a.wav", "--atoms", "2",
                     "-o", "two.safetensors", cwd=self.folder)
        self.assertEqual(result.returncode, 0)
        result = run("separate", "a.wav", "--split", "percussive", "--dictionary",
                     "two.safetensors", cwd=self.folder)
        self.assertEqual(result.returncode, 78)
        self.assertIn("two.safetensors: has several labels", result.stderr)


if __name__ == "__main__":
    unittest.main()
