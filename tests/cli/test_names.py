"""Names with blanks, line ends, any letters, no letters, or a '-' in front work for every command,
and no message or result is torn apart by them."""

import os
import unittest

import sounds
from program import run
from scratch import QUICK, ScratchCase, record_of

NAMES = ["- ű.flac", "a b  c.wav", "line\nend.wav", "-o.wav", "--help.wav", "日本語 🎵.wav",
         "esc\x1b[2J.wav", "100%s%n.wav", "a@0-1.wav", "x=y.wav", "'\"$(true)`.wav", "\\n.wav",
         "noending", ".hidden.wav", "e\u0301.wav"]
NOT_UTF8 = os.fsdecode(b"latin-\xfc.wav")


class Names(ScratchCase):
    def write(self, name):
        path = self.folder / "sound.flac" if name.endswith(".flac") else self.folder / "sound.wav"
        sounds.write_whole(path, sounds.noise(4000, 1), 8000, "PCM_16")
        path.rename(self.folder / name)

    def check(self, *arguments):
        result = run(*arguments, cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""), arguments)
        self.assertNotIn("\x1b", result.stdout)
        return result.stdout

    def test_every_command(self):
        for name in NAMES:
            with self.subTest(name=name):
                self.write(name)
                text = self.check("separate", *QUICK, "--sources", "2", "--", name)
                self.assertEqual(len(text.splitlines()), 5)  # folder, two stems, null, page
                record = record_of(self.folder / (name + ".stems"))
                self.assertEqual(record["input"]["file"], name)
                self.check("learn", "--label", "x", *QUICK, "-o", "./" + name + ".d", "--", name)
                dictionary = "./" + name + ".d"
                text = self.check("info", "--", dictionary, name)
                self.assertEqual(len([t for t in text.splitlines() if t[0] != " "]), 2, text)
                self.check("separate", *QUICK, "--dictionary", dictionary, "--learn",
                           f"clip=./{name}", "-o", "./-" + name, "--", name)
                self.check("score", "--reference", "./-" + name, "--estimate", "./-" + name)

    def test_dash_and_blank(self):
        """No option begins so: such a name needs no '--', wherever it stands."""
        self.write("- ű.flac")
        self.check("separate", "- ű.flac", *QUICK, "--sources", "2")
        self.check("separate", *QUICK, "--force", "--sources", "2", "- ű.flac")
        self.check("separate", "-q", "- ű.flac", *QUICK, "--sources", "2", "-o", "- out")
        self.assertEqual(len(os.listdir(self.folder / "- out")), 6)
        text = self.check("separate", "- ű.flac", *QUICK, "--sources", "2", "-o", "- out", "--force")
        self.assertIn("\n  listen: - out/index.html\n", text)
        self.check("info", "- ű.flac", "- ű.flac")

    def test_messages_are_one_line(self):
        for name in NAMES:
            with self.subTest(name=name):
                shown = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\x1b", "\\x1b")
                for command in (["separate", "--", name], ["info", "--", name]):
                    self.refuse(command, 66, shown)
                result = run("separate", "a.wav", "--learn", f"x={name}", cwd=self.folder)
                self.assertEqual(result.stderr.count("\n"), 1)

    def test_not_utf8(self):
        """File names are bytes; in messages and JSON they are made readable."""
        self.write(NOT_UTF8)
        self.check("separate", *QUICK, NOT_UTF8)
        record = record_of(self.folder / (NOT_UTF8 + ".stems"))
        self.assertEqual(record["input"]["file"], "latin-\ufffd.wav")
        self.refuse(["separate", NOT_UTF8], 73, "latin-\\xfc.wav.stems")

    def test_labels(self):
        self.write("a.wav")
        for label in ["größe", "with blank", "-dash", "日本", "%s%n"]:
            with self.subTest(label=label):
                self.check("separate", "a.wav", "--force", *QUICK, "--learn", f"{label}=@0-0.05")
                self.assertTrue((self.folder / f"a.wav.stems/{label}.wav").exists())

    def test_long(self):
        """The longest names that the system takes, and those whose stems' folder it does not."""
        name = "x" * (255 - len(".stems") - len(".wav")) + ".wav"
        self.write(name)
        self.check("separate", name, *QUICK)
        self.assertTrue((self.folder / (name + ".stems") / "unmingle.json").exists())
        longer = "y" * 251 + ".wav"
        self.write(longer)
        self.refuse(["separate", longer], 73, "unmingle: yyy")
        self.check("separate", longer, "-o", "out", *QUICK)


if __name__ == "__main__":
    unittest.main()
