"""'unmingle denoise' on files, folders and lists: which outputs it makes, of what kind, what it skips
and what it refuses."""

import json
import os
import pathlib
import shutil
import subprocess
import unittest

import numpy as np
import soundfile

import sounds
from program import UNMINGLE, run
from scratch import ScratchCase


class Denoise(ScratchCase):
    def write(self, name, subtype="PCM_16", channels=1, rate=16000, n=1600, container=None):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, sounds.noise(n, channels) / 2.0**31, rate, subtype,
                        format=container)
        return path

    def denoise(self, *arguments, code=0, stderr="", **options):
        result = run("denoise", *arguments, cwd=self.folder, **options)
        self.assertEqual(result.returncode, code, result.stderr)
        if stderr is not None:
            self.assertEqual(result.stderr, stderr)
        return result

    def below(self, name, hidden=False):
        root = self.folder / name
        return sorted(str(path.relative_to(root)) for path in root.rglob("*")
                      if path.is_file() and (hidden or not path.relative_to(root).parts[0]
                                             .startswith(".")))

    def report(self, *arguments, **options):
        result = self.denoise(*arguments, "--json", **options)
        return [json.loads(line) for line in result.stdout.splitlines()]


class Outputs(Denoise):
    def test_formats(self):
        """Containers and sample formats that can be written are kept."""
        formats = [("a.wav", "PCM_16"), ("u8.wav", "PCM_U8"), ("b.wav", "PCM_32"),
                   ("c.wav", "FLOAT"), ("d.wav", "DOUBLE"), ("e.wav", "ALAW"), ("f.flac", "PCM_24"),
                   ("g.aiff", "PCM_24"), ("s8.aiff", "PCM_S8"), ("h.aif", "FLOAT"),
                   ("i.au", "ULAW"), ("j.caf", "PCM_16"), ("k.w64", "FLOAT")]
        for i, (name, subtype) in enumerate(formats):
            self.write(f"in/{name}", subtype, 1 + i % 3, 8000 + 1000 * i,
                       container="AIFF" if name == "h.aif" else None)
        self.denoise("in", "-o", "out", "--residue", "-q")
        for name, subtype in formats:
            with self.subTest(name=name):
                stem, suffix = name.split(".")
                for each in (name, f"{stem}.residue.{suffix}"):
                    self.assertEqual(sounds.format_of(self.folder / "out" / each),
                                     sounds.format_of(self.folder / "in" / name))
                whole = "PCM" in subtype
                read = sounds.read_whole if whole else sounds.read_real
                total = sum(read(self.folder / "out" / each)
                            for each in (name, f"{stem}.residue.{suffix}"))
                rest = total - read(self.folder / "in" / name)
                if whole:
                    self.assertFalse(rest.any())
                elif "LAW" not in subtype:
                    self.assertLess(np.max(np.abs(rest)), 1e-6)

    def test_residue_changes_no_bit(self):
        self.write("in/a.wav", channels=2)
        self.denoise("in", "-o", "one", "-q")
        self.denoise("in", "-o", "two", "-q", "--residue")
        self.assertEqual((self.folder / "one/a.wav").read_bytes(),
                         (self.folder / "two/a.wav").read_bytes())

    def test_what_cannot_be_written_becomes_flac(self):
        self.write("in/talk.mp3", "MPEG_LAYER_III", rate=44100)
        self.write("in/talk.ogg", "VORBIS", rate=44100)
        self.write("in/talk.flac", rate=44100)
        self.denoise("in", "-o", "out", "-q")
        self.assertEqual(self.below("out"), ["talk.flac", "talk.mp3.flac", "talk.ogg.flac"])
        for name in ("talk.mp3.flac", "talk.ogg.flac"):
            self.assertEqual(sounds.format_of(self.folder / "out" / name),
                             ("FLAC", "PCM_24", 44100, 1))

    def test_the_name_says_the_container(self):
        """Of the output, when it has an extension; else it is the input's."""
        self.write("a.wav", "FLOAT")
        text = "unmingle: warning: a.wav: FLAC holds at most 24 bits, which is what is written\n"
        self.denoise("a.wav", "-o", "a.flac", "-q")
        self.denoise("a.wav", "-o", "b.flac", stderr=text)
        self.assertEqual(sounds.format_of(self.folder / "b.flac")[:2], ("FLAC", "PCM_24"))
        self.write("aiff", container="AIFF")
        self.denoise("aiff", "-o", "out", "-q")
        self.assertEqual(sounds.format_of(self.folder / "out/aiff")[0], "AIFF")
        self.write("liar.wav", container="FLAC")
        self.denoise("liar.wav", "-o", "out", "-q")
        self.assertEqual(sounds.format_of(self.folder / "out/liar.wav")[:2], ("WAV", "PCM_16"))

    def test_lengths(self):
        for n in (0, 1, 2):
            for name in ("a.wav", "a.flac" if n > 0 else "a.au", "a.aiff"):
                with self.subTest(n=n, name=name):
                    self.write(name, n=n)
                    self.denoise(name, "-o", f"{n}", "-q")
                    self.assertEqual(len(sounds.read_whole(self.folder / f"{n}" / name)), n)

    def test_single(self):
        self.write("in/a.wav")
        (self.folder / "there.wav").mkdir()
        result = self.denoise("in/a.wav", "-o", "clean.wav")
        self.assertRegex(result.stdout, r"\Aclean.wav\n  done +1 file +0:00 of sound\n")
        self.denoise("in/a.wav", "-o", "new", "-q")
        self.denoise("in/a.wav", "-o", "there.wav", "-q")  # a folder, whatever it is called
        for name in ("clean.wav", "new/a.wav", "there.wav/a.wav"):
            self.assertTrue((self.folder / name).is_file(), name)

    def test_standard_input(self):
        path = self.write("a.wav")
        for _ in range(2):  # nobody knows whether it is the same again
            with open(path, "rb") as file:
                lines = self.report("-", "-o", "b.wav", stdin=file)
            self.assertEqual([line["status"] for line in lines], ["done"])
        self.assertEqual(self.below(""), ["a.wav", "b.wav"])
        self.refuse(["denoise", "-", "-o", "out"], 64, "standard input")
        self.refuse(["denoise", "-", "a.wav", "-o", "out.wav"], 64, "standard input")

    def test_several_operands(self):
        for name in ("one/a.wav", "one/sub/b.wav", "two/a.wav", "a.wav", "here/here.wav"):
            self.write(name)
        self.denoise("one/", "two", "a.wav", "../" + self.folder.name + "/here/.", "-o", "out", "-q")
        self.assertEqual(self.below("out"), ["a.wav", "here/here.wav", "one/a.wav",
                                             "one/sub/b.wav", "two/a.wav"])

    def test_output_folder_inside_the_input(self):
        self.write("in/a.wav")
        for _ in range(2):
            lines = self.report("in", "-o", "in/clean")
            self.assertEqual([line["input"] for line in lines], ["in/a.wav"])

    def test_without_a_preset_it_is_speech(self):
        """Whatever that sets, not what is built in."""
        self.write("a.wav", n=16000)
        program = shutil.copy(UNMINGLE, self.folder)
        presets = self.folder / "presets"
        shutil.copytree(pathlib.Path(UNMINGLE).parent / "presets", presets)
        outputs = []
        for options in ([], ["--max-reduction", "6"]):
            self.denoise("a.wav", "-o", "b.wav", "--force", *options)
            outputs.append((self.folder / "b.wav").read_bytes())
        self.assertNotEqual(*outputs)
        conf = presets / "speech.conf"
        conf.write_text(conf.read_text().replace("max-reduction = 40", "max-reduction = 6"))
        subprocess.run([program, "denoise", "a.wav", "-o", "c.wav"], cwd=self.folder, check=True,
                       capture_output=True, timeout=60)
        self.assertEqual((self.folder / "c.wav").read_bytes(), outputs[1])

    def test_a_preset_without_a_dictionary(self):
        self.write("a.wav")
        (self.folder / "mine.conf").write_text("command = denoise\nstrength = 0.5\n")
        self.refuse(["denoise", "a.wav", "-o", "b.wav", "--preset", "mine.conf"], 78,
                    "unmingle: mine.conf: sets no dictionary; ")

    def test_a_wrong_dictionary_ends_it_before_any_work(self):
        self.write("in/a.wav")
        (self.folder / "junk").write_bytes(b"junk")
        self.assertEqual(run("learn", "--label", "x", "in/a.wav", "-o", "plain", "-q",
                             cwd=self.folder).returncode, 0)
        for name in ("junk", "plain"):
            self.refuse(["denoise", "in", "-o", "out", "--dictionary", name], 78,
                        f"unmingle: {name}: ")
            self.assertFalse((self.folder / "out").exists())

    def test_a_profile_takes_the_noise(self):
        """Of a tone that starts in hiss, the hiss goes and the tone stays."""
        random = np.random.default_rng(3)
        time = np.arange(48000) / 16000
        tone = np.where(time > 1, sum(np.sin(2 * np.pi * 200 * k * time) / k
                                      for k in range(1, 9)), 0) / 10
        soundfile.write(self.folder / "in.wav", tone + 0.01 * random.standard_normal(48000), 16000)
        soundfile.write(self.folder / "hiss.wav", 0.01 * random.standard_normal(44100), 44100)
        for profile in ("0-0.9", "hiss.wav"):
            self.denoise("in.wav", "-o", "out.wav", "--force", "-q", "--profile", profile)
            out, _ = soundfile.read(self.folder / "out.wav")
            self.assertLess(out[2000:14000].std(), 0.002)
            self.assertGreater(out[20000:].std(), 0.9 * tone[20000:].std())

    def test_silence_stays_silence(self):
        for n in (0, 1, 20000):
            soundfile.write(self.folder / "zeros.wav", np.zeros((n, 2)), 48000, "PCM_16")
            self.denoise("zeros.wav", "-o", "out.wav", "--force", "-q")
            sound, rate = soundfile.read(self.folder / "out.wav", always_2d=True)
            self.assertEqual((sound.shape, rate), ((n, 2), 48000))
            self.assertFalse(sound.any())

    def test_music_stays_finite(self):
        time = np.arange(96000) / 48000
        music = sum(np.sin(2 * np.pi * hz * time) for hz in (220, 277.2, 329.6, 5000)) / 5
        soundfile.write(self.folder / "music.wav", music, 48000, "FLOAT")
        for words in ([], ["--fast"], ["--profile", "0-1"]):
            self.denoise("music.wav", "-o", "out.wav", "--force", "-q", *words)
            sound, _ = soundfile.read(self.folder / "out.wav")
            self.assertEqual(len(sound), len(music))
            self.assertTrue(np.isfinite(sound).all())
            self.assertLess(abs(sound).max(), 1.2)

    def test_profiles(self):
        self.write("a.wav")
        self.write("0-1", n=1999, container="WAV")
        for profile, status in [("auto", "done"), ("0-0.07", "done"), ("-0:00.07", "skipped"),
                                ("a.wav", "done"), ("./0-1", "done"), ("0-1", "done")]:
            self.assertEqual(self.report("a.wav", "-o", "b.wav", "--profile",
                                         profile)[0]["status"], status)
        self.refuse(["denoise", "a.wav", "-o", "c.wav", "--profile", "none"], 64, "'none'")
        self.refuse(["denoise", "a.wav", "-o", "c.wav", "--profile", "0-0.05"], 65, "0.050 s")


class Again(Denoise):
    def statuses(self, *options, **run_options):
        return [line["status"] for line in self.report("in", "-o", "out", *options, **run_options)]

    def test_what_is_finished_is_skipped(self):
        self.write("in/a.wav")
        self.write("in/b.wav")
        self.assertEqual(self.statuses(), ["done", "done"])
        before = self.contents()
        self.assertEqual(self.statuses(), ["skipped", "skipped"])
        self.assertEqual(self.contents(), before)
        # By another way to it, and with what changes no output.
        lines = self.report(str(self.folder / "in"), "-o", "./out", "--jobs", "1",
                            "--allow-truncated", "--cpu", "scalar")
        self.assertEqual([line["status"] for line in lines], ["skipped", "skipped"])
        first, again = self.report("in/a.wav", "-o", "x"), self.report("in/a.wav", "-o", "x")
        for key in ("seconds", "reduction_db", "clipped", "not_finite", "warnings"):
            self.assertEqual(first[0][key], again[0][key])
        self.assertIsNotNone(first[0]["cpu_seconds"])
        self.assertIsNone(again[0]["cpu_seconds"])

    def test_what_has_changed_is_done_again(self):
        self.write("in/a.wav")
        self.write("in/b.wav")
        self.write("noise.wav")
        self.statuses()
        os.utime(self.folder / "in/a.wav", ns=(1, 1234567890123456789))
        self.assertEqual(sorted(self.statuses()), ["done", "skipped"])
        for change in (["--strength", "0.5"], ["--max-reduction", "20"], ["--keep-channels"],
                       ["--strict"], ["--profile", "0-0.09"], ["--profile", "noise.wav"], []):
            with self.subTest(change=change):
                self.assertEqual(self.statuses(*change), ["done", "done"])
                self.assertEqual(self.statuses(*change), ["skipped", "skipped"])
        (self.folder / "out/a.wav").unlink()
        self.assertEqual(sorted(self.statuses()), ["done", "skipped"])
        (self.folder / "out/.unmingle/b.wav.json").write_text("{}")
        (self.folder / "out/b.wav").unlink()
        self.assertEqual(sorted(self.statuses()), ["done", "skipped"])

    def test_a_profile_is_known_by_its_bytes(self):
        self.write("in/a.wav")
        self.write("noise.wav")
        self.statuses("--profile", "noise.wav")
        self.write("same.wav")
        self.assertEqual(self.statuses("--profile", "same.wav"), ["skipped"])
        self.write("same.wav", n=1601)
        self.assertEqual(self.statuses("--profile", "same.wav"), ["done"])

    def test_an_old_residue_goes(self):
        self.write("in/a.wav")
        self.statuses("--residue")
        self.assertEqual(self.below("out"), ["a.residue.wav", "a.wav"])
        self.statuses()
        self.assertEqual(self.below("out"), ["a.wav"])

    def test_others_files_stay(self):
        self.write("in/a.wav")
        self.write("in/b.wav")
        (self.folder / "out").mkdir()
        (self.folder / "out/a.wav").write_text("mine")
        text = ("unmingle: out/a.wav: exists and was not made by this program, or was changed "
                "since; --force replaces it\n")
        self.denoise("in", "-o", "out", "-q", code=3, stderr=text + "unmingle: 1 of 2 files failed\n")
        self.assertEqual((self.folder / "out/a.wav").read_text(), "mine")
        self.denoise("in/a.wav", "-o", "out", "-q", code=73, stderr=text)
        self.denoise("in", "-o", "out", "-q", "--force")
        self.assertEqual(self.statuses(), ["skipped", "skipped"])
        with open(self.folder / "out/a.wav", "ab") as file:
            file.write(b"edited")
        self.denoise("in/a.wav", "-o", "out", "-q", code=73, stderr=text)
        self.denoise("in/a.wav", "-o", "out", "-q", "--strength", "0", code=73, stderr=text)

    def test_reports(self):
        self.write("in/a.wav")
        self.write("in/b.wav")
        self.denoise("in", "-o", "out", "-q", "--report", "new/report", "--shard", "0/2")
        self.denoise("in", "-o", "out", "-q", "--report", "new/report", "--shard", "1/2")
        lines = [json.loads(line) for line in (self.folder / "new/report").read_text().splitlines()]
        self.assertEqual([(line["item"], line["input"]) for line in lines],
                         [(0, "in/a.wav"), (1, "in/b.wav")])
        (self.folder / "notes").write_text("mine\n")
        self.refuse(["denoise", "in", "-o", "x", "--report", "notes"], 73, "unmingle: notes: ")
        self.denoise("in", "-o", "x", "-q", "--report", "/dev/full", code=74, stderr=None)


class Refused(Denoise):
    def test_conflicts(self):
        """Before any work, and both sides are named."""
        for name in ("a.wav", "x/a.wav", "y/a.wav", "z/a.mp3.flac", "r/a.wav", "r/a.residue.wav",
                     "up/up/b.wav"):
            self.write(name)
        self.write("z/a.mp3", "MPEG_LAYER_III", rate=44100)
        os.symlink("a.wav", self.folder / "link.wav")
        for arguments, texts in [
                (["a.wav", "x/a.wav", "-o", "out"], ["a.wav and x/a.wav", "both"]),
                (["x", "y/../x", "-o", "out"], ["x/a.wav", "both"]),
                (["z", "-o", "out"], ["z/a.mp3", "z/a.mp3.flac", "both"]),
                (["r", "-o", "out", "--residue"], ["r/a.wav", "r/a.residue.wav", "both"]),
                (["a.wav", "-o", "a.wav"], ["a.wav: is an input"]),
                (["a.wav", "-o", "link.wav", "--force"], ["a.wav: is an input"]),
                (["x/a.wav", "-o", "x"], ["x/a.wav: is an input"]),
                (["x", "-o", "x"], ["x: is the folder of the outputs too"]),
                (["x", "-o", "./x/", "--force"], ["x: is the folder of the outputs too"]),
                (["up", "-o", "."], ["up/up/b.wav", "would lie in"]),
                (["a.wav", "-o", "b.mp3"], ["b.mp3", "cannot be written"]),
                (["a.wav", "x", "-o", "a.wav"], ["a.wav: is no folder"]),
                (["a.wav"], ["--output OUT is missing"]),
                (["-o", "out"], ["--manifest"]),
                (["a.wav", "-o", "out", "--manifest", "list"], ["--manifest"])]:
            with self.subTest(arguments=arguments):
                code = 73 if "is no folder" in texts[0] else 64
                self.refuse(["denoise", *arguments], code, *texts)

    def test_one_file_has_its_own_reason(self):
        (self.folder / "junk.wav").write_bytes(b"junk")
        self.refuse(["denoise", "none.wav", "-o", "b.wav"], 66, "unmingle: none.wav: ")
        self.refuse(["denoise", "junk.wav", "-o", "b.wav"], 65, "unmingle: junk.wav: ")
        self.write("a.wav")
        self.refuse(["denoise", "a.wav", "-o", "b.wav", "--dictionary", "none"], 66, "none: ")

    def test_not_finite(self):
        sound = np.zeros(800)
        sound[[5, 6, 7]] = [np.nan, np.inf, -np.inf]
        soundfile.write(self.folder / "a.wav", sound, 8000, "FLOAT")
        line, = self.report("a.wav", "-o", "b.wav", stderr=None)
        self.assertEqual(line["not_finite"], 3)
        self.assertEqual(len(line["warnings"]), 1)
        self.assertTrue(np.all(np.isfinite(sounds.read_real(self.folder / "b.wav"))))
        self.refuse(["denoise", "a.wav", "-o", "c.wav", "--strict"], 65, "unmingle: a.wav: ")


class Manifests(Denoise):
    def setUp(self):
        super().setUp()
        for name in ("in/a.wav", "in/line\nend.wav", "-", "in/sub/c.wav"):
            self.write(name, container="WAV")

    def test_paths(self):
        absolute = str(self.folder / "in/sub/c.wav")
        names = ["in/a.wav", "./in//line\nend.wav", "-", absolute]
        (self.folder / "list").write_bytes(b"".join(os.fsencode(name) + b"\0" for name in names))
        self.denoise("--manifest", "list", "-o", "out", "-q")
        self.assertEqual(self.below("out"), sorted(["-", "in/a.wav", "in/line\nend.wav",
                                                    absolute[1:]]))
        with open(self.folder / "list", "rb") as file:
            lines = self.report("--manifest", "-", "-o", "out", stdin=file)
        self.assertEqual([line["status"] for line in lines], ["skipped"] * 4)

    def test_lines(self):
        (self.folder / "list").write_text('"in/a.wav"\n\n{"input": "in/line\\nend.wav"}\r\n'
                                          '{"output": "x/./y.flac", "input": "in/../in/a.wav"}')
        self.denoise("--manifest", "list", "-o", "out", "-q")
        self.assertEqual(self.below("out"), ["in/a.wav", "in/line\nend.wav", "x/y.flac"])
        self.assertEqual(sounds.format_of(self.folder / "out/x/y.flac")[0], "FLAC")

    def test_mistakes(self):
        for text, message in [
                ("in/a.wav\n", "list:1: not one JSON"), ('"in/a.wav"\n7', "list:2: neither"),
                ('\n"a" "b"', "list:2: not one"), ('"a"]["b"', "list:1: not one"), ("{}", "'input'"),
                ('{"inputs": "a"}', "unknown key inputs"), ('{"input": 1}', "input is no string"),
                ('{"input": "a", "output": "/b"}', "list:1: the output"),
                ('{"input": "a", "output": "b/../../c"}', "list:1: the output"),
                ('{"input": "a", "output": "b/"}', "list:1: the output"),
                ('{"input": "a", "output": "b.mp3"}', "MP3 cannot be written"),
                ('""', "list:1: the path is empty"), ("a\0\0", "list, entry 2: the path is empty"),
                ("a\0" + "x" * 5000 + "\0", "list, entry 2: the path is too long"),
                ('"' + "x" * 70000 + '"', "list:1: longer than"), ("../a\0", "needs an 'output'"),
                ('"../a"', "needs an 'output'")]:
            with self.subTest(text=text[:40]):
                (self.folder / "list").write_text(text)
                self.refuse(["denoise", "--manifest", "list", "-o", "out"], 65, message)
        (self.folder / "list").write_text('"in/a.wav"\n"in/./a.wav"\n')
        self.refuse(["denoise", "--manifest", "list", "-o", "out"], 64, "both")
        (self.folder / "list").write_text('{"input": "in/a.wav", "output": ".unmingle/x.wav"}')
        self.refuse(["denoise", "--manifest", "list", "-o", "out"], 64, "records")
        self.refuse(["denoise", "--manifest", "none", "-o", "out"], 66, "none")

    def test_an_empty_list_is_fine(self):
        (self.folder / "list").write_text("")
        result = self.denoise("--manifest", "list", "-o", "out")
        self.assertIn("done             0 files", result.stdout)


class Shards(Denoise):
    def setUp(self):
        super().setUp()
        for i in range(7):
            self.write(f"in/{i}.wav", n=10)

    def items(self, *options, **variables):
        environment = {**os.environ, **variables}
        lines = self.report("in", "-o", "out", *options, env=environment)
        return sorted(line["item"] for line in lines)

    def test_from_the_environment(self):
        slurm = {"SLURM_ARRAY_TASK_MIN": "10", "SLURM_ARRAY_TASK_COUNT": "3"}
        for i in range(3):
            for options in (["--shards", "3"], ["--shards", "auto"]):
                self.assertEqual(self.items(*options, **slurm, SLURM_ARRAY_TASK_ID=str(10 + i)),
                                 list(range(i, 7, 3)))
            self.assertEqual(self.items("--shards", "3", **slurm, SLURM_ARRAY_TASK_STEP="5",
                                        SLURM_ARRAY_TASK_ID=str(10 + 5 * i)),
                             list(range(i, 7, 3)))
            self.assertEqual(self.items("--shards", "3", JOB_COMPLETION_INDEX=str(i)),
                             list(range(i, 7, 3)))
        self.assertEqual(self.items(**slurm, SLURM_ARRAY_TASK_ID="11"), list(range(7)))
        self.assertEqual(self.items("--shard", "6/9", **slurm, SLURM_ARRAY_TASK_ID="11"), [6])
        self.assertEqual(self.items("--shard", "8/9"), [])

    def test_mistakes(self):
        slurm = {"SLURM_ARRAY_TASK_MIN": "0", "SLURM_ARRAY_TASK_COUNT": "3"}
        for options, variables, text in [
                (["--shard", "3/3"], {}, "--shard"), (["--shard", "0"], {}, "--shard"),
                (["--shard", "-1/3"], {}, "--shard"), (["--shard", "0/0"], {}, "--shard"),
                (["--shard", "0/2", "--shards", "2"], {}, "--shards"),
                (["--shards", "0"], {}, "--shards"), (["--shards", "x"], {}, "--shards"),
                (["--shards", "3"], {}, "SLURM_ARRAY_TASK_ID: is not set"),
                (["--shards", "auto"], {"JOB_COMPLETION_INDEX": "0"}, "SLURM_ARRAY_TASK_COUNT"),
                (["--shards", "4"], {**slurm, "SLURM_ARRAY_TASK_ID": "1"}, "SLURM_ARRAY_TASK_COUNT"),
                (["--shards", "3"], {**slurm, "SLURM_ARRAY_TASK_ID": "3"}, "SLURM_ARRAY_TASK_ID"),
                (["--shards", "3"], {**slurm, "SLURM_ARRAY_TASK_ID": "x"}, "SLURM_ARRAY_TASK_ID"),
                (["--shards", "3"], {"JOB_COMPLETION_INDEX": "3"}, "JOB_COMPLETION_INDEX"),
                (["--shards", "3"], {**slurm, "SLURM_ARRAY_TASK_ID": "1",
                                     "JOB_COMPLETION_INDEX": "1"}, "both are set")]:
            with self.subTest(options=options, variables=variables):
                self.refuse(["denoise", "in", "-o", "out", *options], 64, text,
                            env={**os.environ, **variables})


if __name__ == "__main__":
    unittest.main()
