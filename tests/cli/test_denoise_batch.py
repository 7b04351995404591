"""Many files at once: some of them bad, runs that are killed, stopped, or beside one another, no room
on the disk. Whatever happens, what has its name is whole, and the end is that of a run in peace."""

import json
import os
import pathlib
import random
import shutil
import signal
import stat
import subprocess
import time
import unittest

import sounds
from program import UNMINGLE, run
from scratch import ScratchCase

NOBODY = 65534
AS_ROOT = os.geteuid() == 0
N_FILES = 300
BAD = {"junk 1.wav": 65, "b/junk.flac": 65, "b/c/junk.mp3": 65, "b/cut.wav": 65, "empty.wav": 65}
FOLDERS = ["", "b", "b/c", "with blank", "line\nend", "ű 日本"]


def can_mount():
    """A file system of one's own, which vanishes with the process: not in every container."""
    return shutil.which("unshare") is not None and subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True,
        check=False).returncode == 0


def make_tree(folder, n_files):
    """n_files good recordings of 0.1 s, half of them the second of their stem's name."""
    kinds = []
    for suffix, rate in (".wav", 8000), (".flac", 16000):
        path = folder.parent / ("kind" + suffix)
        sounds.write_whole(path, sounds.noise(rate // 10, 1 + len(kinds)), rate, "PCM_16")
        kinds.append((suffix, path.read_bytes()))
        path.unlink()
    for i in range(n_files):
        place = folder / FOLDERS[i // 2 % len(FOLDERS)]
        place.mkdir(parents=True, exist_ok=True)
        suffix, content = kinds[i % 2]
        (place / f"f{i // 2}{suffix}").write_bytes(content)
    return kinds[0][1]


def hidden_name(name):
    return any(part.startswith(".") for part in pathlib.PurePath(name).parts)


class Batch(ScratchCase):
    def setUp(self):
        super().setUp()
        self.tree = self.folder / "in"

    def denoise(self, *arguments, code=0, **options):
        result = run("denoise", *arguments, cwd=self.folder, **options)
        self.assertEqual(result.returncode, code, result.stderr)
        return result

    def start(self, *arguments):
        return subprocess.Popen([UNMINGLE, "denoise", *arguments, "-q"], cwd=self.folder,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                start_new_session=True)

    def tree_of(self, name):
        """What is below a folder, records and all, file by file."""
        root = self.folder / name
        return {str(path.relative_to(root)): path.read_bytes()
                for path in root.rglob("*") if stat.S_ISREG(path.lstat().st_mode)}

    def outputs(self, name):
        return {path: content for path, content in self.tree_of(name).items()
                if not hidden_name(path)}

    def reported(self, name):
        return [json.loads(line) for line in (self.folder / name).read_text().splitlines()]

    def children(self, program):
        path = pathlib.Path("/proc", str(program.pid), "task", str(program.pid), "children")
        return [int(word) for word in path.read_text().split()]

    def wait_for_worker(self, program, n_read=10_000_000):
        """A worker that has read so many bytes: it is in the middle of the long recording."""
        while program.poll() is None:
            for child in self.children(program):
                try:
                    text = pathlib.Path("/proc", str(child), "io").read_text()
                except (FileNotFoundError, ProcessLookupError):
                    continue
                if int(text.split()[1]) > n_read:
                    return child
            time.sleep(0.005)
        self.fail("ended before")

    def write_long(self, name):
        """An hour of silence that takes no room on the disk."""
        n_bytes = 3600 * 48000 * 2
        with open(self.tree / name, "wb") as file:
            file.write(b"RIFF" + (n_bytes + 36).to_bytes(4, "little") + b"WAVEfmt "
                       + bytes([16, 0, 0, 0, 1, 0, 1, 0]) + (48000).to_bytes(4, "little")
                       + (96000).to_bytes(4, "little") + bytes([2, 0, 16, 0]) + b"data"
                       + n_bytes.to_bytes(4, "little"))
            file.truncate(44 + n_bytes)


class Trees(Batch):
    def make_bad(self, whole):
        for name in BAD:
            (self.tree / name).write_bytes(b"junk" * 99)
        (self.tree / "empty.wav").write_bytes(b"")
        (self.tree / "b/cut.wav").write_bytes(whole[:-100])
        (self.tree / "secret.wav").write_bytes(whole)
        (self.tree / "secret.wav").chmod(0)
        closed = self.tree / "closed"
        closed.mkdir(mode=0)
        # No part of the work: hidden, no sound, a folder that is only linked to.
        (self.tree / ".hidden.wav").write_bytes(whole)
        (self.tree / ".hidden").mkdir()
        (self.tree / ".hidden/a.wav").write_bytes(whole)
        (self.tree / "notes.txt").write_text("notes")
        os.symlink("b", self.tree / "linked")
        os.symlink(".", self.tree / "b/circle")
        os.symlink("f0.wav", self.tree / "link.wav")

    def run_as_nobody(self, *arguments):
        """Root could read what it must not."""
        program = shutil.copy(UNMINGLE, self.folder)  # nobody can run it there
        shutil.copytree(pathlib.Path(UNMINGLE).parent / "presets", self.folder / "presets",
                        dirs_exist_ok=True)
        self.folder.chmod(0o777)
        identity = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if AS_ROOT else {}
        return subprocess.run([program, "denoise", *arguments], cwd=self.folder, timeout=120,
                              capture_output=True, text=True, check=False, **identity)

    def test_some_fail(self):
        self.make_bad(make_tree(self.tree, N_FILES))
        self.addCleanup((self.tree / "closed").chmod, 0o700)
        bad = {**BAD, "secret.wav": 77, "closed": 77}
        for attempt, word in enumerate(["done", "skipped"]):
            with self.subTest(attempt=attempt):
                result = self.run_as_nobody("in", "-o", "out", "--report", f"{attempt}.jsonl")
                self.assertEqual(result.returncode, 3, result.stderr)
                lines = self.reported(f"{attempt}.jsonl")
                self.assertEqual(sorted(line["item"] for line in lines),
                                 list(range(N_FILES + 1 + len(bad))))
                failed = {line["input"]: line["exit_code"] for line in lines
                          if line["status"] == "failed"}
                self.assertEqual(failed, {f"in/{name}": code for name, code in bad.items()})
                for line in lines:
                    self.assertEqual(line["status"] == "failed", line["error"] is not None)
                    self.assertEqual(line["status"] == "failed", line["seconds"] is None)
                    self.assertIn(line["status"], ("failed", word))
                    self.assertIn(line["seconds"], (None, 0.1))
                self.assertEqual(len(result.stderr.splitlines()), len(bad) + 1)
                self.assertIn(f"{len(bad)} of {len(lines)} files failed\n", result.stderr)
                self.assertRegex(result.stdout, rf"(?m)^  {word} +{N_FILES + 1} files +0:30 of sound")
                self.assertRegex(result.stdout, rf"(?m)^  failed +{len(bad)} files$")
                self.assertRegex(result.stdout, r"(?m)^   77  in/secret.wav: ")
                wanted = {name for name, content in self.outputs("in").items()
                          if content and name not in bad and name != "notes.txt"} | {"link.wav"}
                self.assertEqual(set(self.outputs("out")), wanted)
                for name in wanted:
                    self.assertEqual(sounds.format_of(self.folder / "out" / name),
                                     sounds.format_of(self.tree / name))

    def test_killed(self):
        make_tree(self.tree, 120)
        self.denoise("in", "-o", "peace", "--residue")
        peace = self.tree_of("peace")
        chance = random.Random(4)
        n_kills = 0
        while n_kills < 20:
            shutil.rmtree(self.folder / "out", ignore_errors=True)
            while True:
                program = self.start("in", "-o", "out", "--residue", "--jobs", "2")
                try:
                    program.wait(timeout=chance.uniform(0, 0.12))
                except subprocess.TimeoutExpired:
                    program.kill()
                    n_kills += 1
                program.communicate(timeout=60)
                outputs = self.outputs("out")
                for name, content in outputs.items():
                    self.assertEqual(content, peace[name], name)
                    stem, suffix = os.path.splitext(name)
                    if not stem.endswith(".residue"):  # it comes first
                        self.assertIn(f"{stem}.residue{suffix}", outputs)
                if program.returncode == 0:
                    break
                self.assertEqual(program.returncode, -signal.SIGKILL)
            self.assertEqual(self.tree_of("out"), peace)

    def test_jobs_and_shards(self):
        make_tree(self.tree, 60)
        self.denoise("in", "-o", "one", "--jobs", "1")
        one = self.tree_of("one")
        for jobs in ("2", "5"):
            self.denoise("in", "-o", jobs, "--jobs", jobs)
            self.assertEqual(self.tree_of(jobs), one)
        programs = [self.start("in", "-o", "shards", "--shard", f"{i}/4", "--jobs", "2")
                    for i in range(4) for _ in "ab"]
        for program in programs:
            _, errors = program.communicate(timeout=60)
            self.assertEqual((program.returncode, errors), (0, ""))
        self.assertEqual(self.tree_of("shards"), one)
        self.denoise("in", "-o", "part", "--shard", "3/4", "--report", "part.jsonl")
        self.assertEqual(sorted(line["item"] for line in self.reported("part.jsonl")),
                         list(range(3, 60, 4)))
        self.assertEqual(len(self.outputs("part")), 15)

    @unittest.skipUnless(can_mount(), "needs a mount namespace")
    def test_full_disk(self):
        """On a disk for a few of the outputs, and again when it has grown."""
        make_tree(self.tree, 60)
        self.denoise("in", "-o", "one", "--residue")
        (self.folder / "disk").mkdir()
        script = ("mount -t tmpfs -o size=200k none disk || exit 99\n"
                  '"$@"; echo $? >first; cp -r disk short\n'
                  "mount -o remount,size=20m disk || exit 99\n"
                  '"$@"; code=$?; cp -r disk whole; exit $code')
        command = [UNMINGLE, "denoise", "in", "-o", "disk/out", "--residue", "--jobs", "3", "-q"]
        result = subprocess.run(["unshare", "-rm", "sh", "-c", script, "sh", *command],
                                cwd=self.folder, capture_output=True, text=True, timeout=60,
                                check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual((self.folder / "first").read_text(), "74\n")
        self.assertRegex(result.stderr.splitlines()[-1],
                         r"\Aunmingle: disk/out: no room is left; \d+ of 60 files are not done")
        self.assertLess(len(result.stderr.splitlines()), 10)  # it did not go on in vain
        one, short = self.tree_of("one"), self.tree_of("short/out")
        self.assertTrue(0 < len(short) < len(one))
        for name, content in short.items():
            self.assertEqual(content, one[name], name)
        self.assertEqual(self.tree_of("whole/out"), one)


class Long(Batch):
    """Work on three recordings, the second of which takes long."""

    def setUp(self):
        super().setUp()
        self.tree.mkdir()
        for name in ("a.wav", "c.wav"):
            sounds.write_whole(self.tree / name, sounds.noise(800, 1), 8000, "PCM_16")
        self.write_long("b.wav")

    def test_a_worker_crashes(self):
        program = self.start("in", "-o", "out", "--jobs", "1", "--report", "report")
        os.kill(self.wait_for_worker(program), signal.SIGKILL)
        _, errors = program.communicate(timeout=60)
        self.assertEqual(program.returncode, 3)
        self.assertIn("in/b.wav: the worker died of signal 9", errors)
        self.assertEqual([(line["input"], line["status"], line["exit_code"])
                          for line in self.reported("report")],
                         [("in/a.wav", "done", 0), ("in/b.wav", "failed", 70),
                          ("in/c.wav", "done", 0)])
        self.assertEqual(sorted(self.tree_of("out")), [
            ".unmingle/a.wav.json", ".unmingle/c.wav.json", "a.wav", "c.wav"])

    def check_stopped(self, program, stop, children):
        begun = time.monotonic()
        _, errors = program.communicate(timeout=60)
        self.assertLess(time.monotonic() - begun, 5)
        self.assertEqual((program.returncode, errors), (-stop, ""))
        for child in children:
            self.assertFalse(pathlib.Path("/proc", str(child)).exists())
        for name in self.tree_of("out"):
            self.assertNotIn("b.wav", name)  # not even hidden

    def test_stopped(self):
        for stop, whole_group in [(signal.SIGINT, True), (signal.SIGTERM, True),
                                  (signal.SIGTERM, False), (signal.SIGHUP, False)]:
            with self.subTest(stop=stop, whole_group=whole_group):
                program = self.start("in", "-o", "out", "--jobs", "2")
                self.wait_for_worker(program)
                children = self.children(program)
                (os.killpg if whole_group else os.kill)(program.pid, stop)
                self.check_stopped(program, stop, children)

    def test_killed_parent(self):
        """Its workers do not go on without it, not even one that cannot see that it is gone."""
        program = self.start("in", "-o", "out", "--jobs", "2")
        child = self.wait_for_worker(program)
        os.kill(child, signal.SIGSTOP)
        program.kill()
        program.communicate(timeout=60)
        for _ in range(500):
            try:
                if pathlib.Path("/proc", str(child), "stat").read_text().split()[2] == "Z":
                    break  # nobody has looked at its end yet
            except (FileNotFoundError, ProcessLookupError):
                break
            time.sleep(0.01)
        else:
            self.fail("still there")

    def test_progress(self):
        program = subprocess.Popen(
            [UNMINGLE, "denoise", "in", "-o", "out", "--jobs", "1", "--progress"],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        with program:
            lines = [program.stderr.readline() for _ in range(2)]
            program.terminate()
        self.assertRegex(lines[1], r"\A *\d+ %, [\d:?]+ left, \d:\d\d gone: [01] of 3 files\n\Z")


if __name__ == "__main__":
    unittest.main()
