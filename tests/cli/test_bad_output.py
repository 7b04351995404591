"""Outputs that exist, cannot be made or run out of room, and inputs that change: what must not be
lost is still there, and nothing stands under a final name that is not whole."""

import os
import resource
import shutil
import subprocess
import time
import unittest

import sounds
from program import UNMINGLE, run
from scratch import QUICK, ScratchCase, record_of

NOBODY = 65534
AS_ROOT = os.geteuid() == 0


def can_mount():
    """A file system of one's own, which vanishes with the process: not in every container."""
    return shutil.which("unshare") is not None and subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True,
        check=False).returncode == 0


class BadOutput(ScratchCase):
    def setUp(self):
        super().setUp()
        sounds.write_whole(self.folder / "a.wav", sounds.noise(9000, 1), 44100, "PCM_16")

    def copy(self, *names):
        for name in names:
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            shutil.copy(self.folder / "a.wav", path)

    # -- What is there already ---------------------------------------------------------------------

    def test_exists(self):
        (self.folder / "full").mkdir()
        (self.folder / "full/notes.txt").write_text("mine")
        (self.folder / "file").write_text("mine")
        os.symlink("nowhere", self.folder / "link")
        learn = ["learn", "--label", "x", "a.wav", "-o"]
        for arguments, name in [(["separate", "a.wav", "-o", "full"], "full"),
                                (["separate", "a.wav", "-o", "file"], "file"),
                                (["separate", "a.wav", "-o", "link"], "link"),
                                (["separate", "a.wav", "-o", "file", "--force"], "file"),
                                ([*learn, "file"], "file"), ([*learn, "full"], "full"),
                                ([*learn, "link"], "link"), ([*learn, "full", "--force"], "full")]:
            with self.subTest(arguments=arguments):
                self.refuse(arguments, 73, f"unmingle: {name}: ")

    def test_force(self):
        """Replaces what the run before made; what the user put there stays."""
        output = self.folder / "a.wav.stems"
        self.assertEqual(run("separate", "a.wav", *QUICK, cwd=self.folder).returncode, 0)
        old = sorted(path.name for path in output.iterdir())
        self.assertEqual(old, ["activations.npy", "atoms.safetensors", "index.html",
                               *(f"source-{i}.wav" for i in (1, 2, 3, 4)), "unmingle.json"])
        (output / "notes.txt").write_text("mine")
        (output / "remix").mkdir()
        (output / "remix/song.wav").write_text("mine")
        again = ["separate", "a.wav", *QUICK, "--sources", "2", "--format", "flac"]
        self.refuse(again, 73, "unmingle: a.wav.stems: ", "--force")
        result = run(*again, "--force", cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(sorted(self.contents()), [
            "a.wav", "a.wav.stems", *("a.wav.stems/" + name for name in (
                "activations.npy", "atoms.safetensors", "index.html", "notes.txt", "remix", "remix/song.wav",
                "source-1.flac", "source-2.flac", "unmingle.json"))])
        self.assertIn("source-2.flac", (output / "index.html").read_text())
        self.assertEqual((output / "remix/song.wav").read_text(), "mine")

    def test_empty_folder_is_no_output(self):
        (self.folder / "new").mkdir()
        result = run("separate", "a.wav", "-o", "new/", *QUICK, cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(len(record_of(self.folder / "new")["stems"]), 4)

    def test_force_replaces_a_dictionary(self):
        (self.folder / "d").write_text("old")
        result = run("learn", "--label", "x", "a.wav", "-o", "d", "--force", *QUICK,
                     cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn(b"format_version", (self.folder / "d").read_bytes())

    # -- Inputs in the way -------------------------------------------------------------------------

    def test_input_in_output(self):
        self.copy("in/a.wav")
        os.symlink("in/a.wav", self.folder / "link.wav")
        os.symlink("in", self.folder / "other")
        for arguments, name in [
                (["in/a.wav", "-o", "in"], "in/a.wav"), (["in/a.wav", "-o", "in/"], "in/a.wav"),
                (["in/a.wav", "-o", "other"], "in/a.wav"), (["link.wav", "-o", "in"], "link.wav"),
                (["a.wav", "-o", "."], "a.wav"),
                (["a.wav", "--learn", "x=in/a.wav", "-o", "in"], "in/a.wav"),
                (["a.wav", "--learn", "x=in/a.wav@0-0.1", "-o", "./in"], "in/a.wav"),
                (["a.wav", "--dictionary", "in/d", "-o", "in"], "in/d")]:
            for force in ([], ["--force"]):
                with self.subTest(arguments=arguments, force=force):
                    self.refuse(["separate", *arguments, *force], 64, f"unmingle: {name}: ")

    def test_learn_onto_itself(self):
        os.link(self.folder / "a.wav", self.folder / "b.wav")
        for output in ("a.wav", "./a.wav", "b.wav"):
            for force in ([], ["--force"]):
                with self.subTest(output=output, force=force):
                    self.refuse(["learn", "--label", "x", "a.wav", "-o", output, *force], 64,
                                "unmingle: a.wav: ")

    def test_two_inputs_for_one_output(self):
        """Found before any work: not even the first one's stems are there."""
        self.copy("x/a.wav", "y/a.wav")
        os.symlink("x", self.folder / "z")
        for arguments in (["a.wav", "a.wav"], ["a.wav", "./a.wav"], ["x/a.wav", "x/../x/a.wav"],
                          ["x/a.wav", "z/a.wav"], ["x/a.wav", "y/a.wav", "-o", "out"],
                          ["a.wav", "x/a.wav", "none.wav", "-o", "out", "--force"]):
            with self.subTest(arguments=arguments):
                self.refuse(["separate", *arguments], 64, "a.wav.stems")

    # -- Several recordings ------------------------------------------------------------------------

    def test_some_of_several_fail(self):
        self.copy("b.wav")
        (self.folder / "bad.wav").write_bytes(b"junk")
        result = run("separate", "a.wav", "bad.wav", "none.wav", "b.wav", "-o", "out", "-q", *QUICK,
                     cwd=self.folder)
        self.assertEqual(result.returncode, 3)
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), 3)
        for line, text in zip(lines, ["bad.wav: ", "none.wav: ", "2 of 4 recordings failed"]):
            self.assertTrue(line.startswith("unmingle: " + text), line)
        self.assertEqual(sorted(path.name for path in (self.folder / "out").iterdir()),
                         ["a.wav.stems", "b.wav.stems"])

    # -- What cannot be written --------------------------------------------------------------------

    def commands(self, output):
        yield ["separate", "a.wav", "-o", output]
        yield ["learn", "--label", "x", "a.wav", "-o", output]

    def test_cannot_be_made(self):
        for output in ("none/new", "a.wav/new", "x" * 300, "/proc/new"):
            for command in self.commands(output):
                with self.subTest(command=command):
                    self.refuse(command, 73, f"unmingle: {output}: ")

    def test_denied(self):
        program = shutil.copy(UNMINGLE, self.folder)  # nobody can run it there
        self.folder.chmod(0o755)
        (self.folder / "closed").mkdir(mode=0o555)
        shutil.copy(self.folder / "a.wav", self.folder / "secret.wav")
        (self.folder / "secret.wav").chmod(0)
        identity = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if AS_ROOT else {}
        before = sorted(path.name for path in self.folder.rglob("*"))
        closed = "closed/new"
        for arguments, name in [*((command, closed) for command in self.commands(closed)),
                                (["separate", "secret.wav", "-o", "closed/new"], "secret.wav"),
                                (["info", "secret.wav"], "secret.wav"),
                                (["separate", "a.wav", "--dictionary", "secret.wav"], "secret.wav"),
                                (["learn", "--label", "x", "secret.wav", "-o", "d"], "secret.wav")]:
            with self.subTest(arguments=arguments):
                result = subprocess.run([program, *arguments], capture_output=True, text=True,
                                        cwd=self.folder, timeout=60, check=False, **identity)
                self.assertEqual(result.returncode, 77, result.stderr)
                self.assertRegex(result.stderr, rf"\Aunmingle: {name}: [^\n]+\n\Z")
                self.assertEqual(sorted(path.name for path in self.folder.rglob("*")), before)

    def test_no_room(self):
        """Every write past so many bytes fails: in the header, in the sound, in the record."""
        def limit(n_bytes):
            return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))
        for n_bytes in (0, 20, 4096, 18000):
            for command in self.commands("new"):
                with self.subTest(command=command, n_bytes=n_bytes):
                    self.refuse([*command, *QUICK], 74, "unmingle: new", preexec_fn=limit(n_bytes))
        (self.folder / "new").mkdir()
        (self.folder / "new/old.wav").write_text("mine")
        self.refuse(["separate", "a.wav", "-o", "new", "--force", *QUICK], 74, "unmingle: new",
                    preexec_fn=limit(4096))

    @unittest.skipUnless(can_mount(), "needs a mount namespace")
    def test_full_disk(self):
        for options, code, text in [("size=64k", 74, "No space left"), ("ro", 73, "Read-only")]:
            for command in self.commands("disk/new"):
                with self.subTest(command=command, options=options):
                    (self.folder / "disk").mkdir(exist_ok=True)
                    script = (f"mount -t tmpfs -o {options} none disk || exit 99\n"
                              '"$@"; code=$?; ls -A disk; exit $code')
                    result = subprocess.run(
                        ["unshare", "-rm", "sh", "-c", script, "sh", UNMINGLE, *command, *QUICK],
                        cwd=self.folder, capture_output=True, text=True, timeout=60, check=False)
                    self.assertEqual(result.returncode, code, result.stderr)
                    self.assertRegex(result.stderr, rf"\Aunmingle: disk/new.*: {text}.*\n\Z")
                    self.assertEqual(result.stdout, "")

    def test_full_standard_output(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            result = subprocess.run([UNMINGLE, "separate", "a.wav", *QUICK], stdout=full,
                                    stderr=subprocess.PIPE, text=True, cwd=self.folder, timeout=60,
                                    check=False)
        self.assertEqual(result.returncode, 74)
        self.assertIn("standard output", result.stderr)

    def test_closed_streams(self):
        """A stem must not get the number of a stream that messages go to."""
        for closed in ("0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"):
            with self.subTest(closed=closed):
                script = f'"$@" {closed}'
                result = subprocess.run(
                    ["sh", "-c", script, "sh", UNMINGLE, "separate", "a.wav", "--force",
                     "--progress", "--cpu", "scalar", *QUICK],
                    cwd=self.folder, capture_output=True, text=True, timeout=60, check=False)
                self.assertEqual(result.returncode, 74 if "1>" in closed else 0)
                total = sum(sounds.read_whole(stem)
                            for stem in (self.folder / "a.wav.stems").glob("*.wav"))
                self.assertFalse((total - sounds.read_whole(self.folder / "a.wav")).any())

    # -- Inputs that change ------------------------------------------------------------------------

    def check_changed(self, program):
        """What the program says that found its input changed, and what it leaves: nothing."""
        output, errors = program.communicate(timeout=60)
        self.assertEqual(program.returncode, 75, errors)
        self.assertIn("unmingle: long.wav: ", errors.splitlines()[-1])
        self.assertEqual(output, "")
        self.assertEqual(sorted(self.contents()), ["a.wav", "long.wav"])

    def start(self, *arguments):
        return subprocess.Popen([UNMINGLE, *arguments, "--iterations", "60", "--tolerance", "0"],
                                cwd=self.folder, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def test_changes(self):
        path = self.folder / "long.wav"

        def append():
            with open(path, "ab") as file:
                file.write(b"more")

        def rewrite():
            with open(path, "r+b") as file:
                file.seek(500)
                file.write(b"other")

        def shorten():
            os.truncate(path, 1000)

        def replace():
            shutil.copy(path, self.folder / "other.wav")
            (self.folder / "other.wav").replace(path)

        for change in (append, rewrite, shorten, replace):
            with self.subTest(change=change.__name__):
                sounds.write_whole(path, sounds.noise(44100 * 20, 2), 44100, "PCM_16")
                with self.start("separate", "long.wav", "--progress") as program:
                    program.stderr.readline()  # of progress: the recording is open
                    change()
                    self.check_changed(program)

    def test_changes_of_what_is_learned_from(self):
        path = self.folder / "long.wav"
        sounds.write_whole(path, sounds.noise(44100 * 20, 2), 44100, "PCM_16")
        for arguments in (["learn", "--label", "x", "long.wav", "-o", "new"],
                          ["separate", "a.wav", "--learn", "x=long.wav"]):
            with self.subTest(arguments=arguments), self.start(*arguments) as program:
                while program.poll() is None:
                    os.utime(path)
                    time.sleep(0.001)
                self.check_changed(program)


if __name__ == "__main__":
    unittest.main()
