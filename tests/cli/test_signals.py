"""The program dies of the signal that stops it, as the shell expects it to."""

import pathlib
import signal
import struct
import subprocess
import tempfile
import time
import unittest

import sounds
from program import UNMINGLE, run
from scratch import QUICK, ScratchCase, record_of

STOPS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def start(*arguments, **options):
    return subprocess.Popen([UNMINGLE, *arguments], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, **options)


def write_silence(path, seconds):
    """A stereo recording that takes no room on the disk."""
    n_bytes = 192000 * 2 * 2 * seconds
    with open(path, "wb") as file:
        file.write(b"RIFF" + struct.pack("<I", n_bytes + 36) + b"WAVEfmt "
                   + struct.pack("<IHHIIHH", 16, 1, 2, 192000, 768000, 4, 16)
                   + b"data" + struct.pack("<I", n_bytes))
        file.truncate(44 + n_bytes)


class Signals(unittest.TestCase):
    def test_long_work(self):
        """Three quarters of an hour of silence take no disk, but longer than the signal."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "long.wav")
            write_silence(path, 2700)
            for stop in STOPS:
                with self.subTest(stop=stop), start("info", str(path)) as program:
                    # Until it reads the sound: its place in the file tells.
                    place = pathlib.Path("/proc", str(program.pid), "io")
                    while int(place.read_text().split()[1]) < 10_000_000:
                        time.sleep(0.01)
                    program.send_signal(stop)
                    output, errors = program.communicate(timeout=60)
                    self.assertEqual(program.returncode, -stop)
                    self.assertEqual((output, errors), ("", ""))

    def test_waiting_for_a_pipe(self):
        """Nothing comes and nothing ends; it must go all the same."""
        programs = [(stop, start("info", "-", stdin=subprocess.PIPE)) for stop in STOPS]
        for stop, program in programs:
            status = pathlib.Path("/proc", str(program.pid), "status")
            while not any(line.startswith("SigCgt:") and int(line.split()[1], 16) >> (stop - 1) & 1
                          for line in status.read_text().splitlines()):
                time.sleep(0.01)
            program.send_signal(stop)
        for stop, program in programs:
            self.assertEqual(program.wait(timeout=60), -stop)
            for stream in (program.stdin, program.stdout, program.stderr):
                stream.close()

    def test_ignored_stays_ignored(self):
        """nohup: what was ignored before the start does not stop the program."""
        with start("info", "-", stdin=subprocess.PIPE,
                   preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as program:
            program.send_signal(signal.SIGHUP)
            _, errors = program.communicate("no sound", timeout=60)
            self.assertEqual(program.returncode, 65)
            self.assertIn("standard input", errors)


class LeavesNothing(ScratchCase):
    """separate and learn, stopped at work: neither an output nor a hidden part of one stays."""

    def setUp(self):
        super().setUp()
        sounds.write_whole(self.folder / "a.wav", sounds.noise(44100 * 3, 2), 44100, "PCM_16")
        write_silence(self.folder / "silence.wav", 15)

    def names(self):
        return sorted(path.name for path in self.folder.iterdir())

    def start(self, *arguments):
        program = start(*arguments, "--progress", "--tolerance", "0", cwd=self.folder)
        self.addCleanup(program.stderr.close)
        self.addCleanup(program.stdout.close)
        return program

    def wait_for_phase(self, program, phase):
        """Until the progress tells of it, and it may do so again: work is in the middle."""
        for line in program.stderr:
            if f": {phase}" in line:
                return
        self.fail(f"ended before {phase}")

    def wait_for_stems(self, program):
        """Until stems are being written: the folder with the hidden name."""
        while True:
            for folder in self.folder.glob(".out.unmingle-*"):
                if any(stem.stat().st_size > 0 for stem in folder.glob("*.wav")):
                    return folder
            self.assertIsNone(program.poll(), "ended before it wrote stems")
            time.sleep(0.005)

    def separate_to_stems(self):
        """A run that is busy writing stems, and their folder."""
        program = self.start("separate", "silence.wav", "-o", "out", "--iterations", "1")
        return program, self.wait_for_stems(program)

    def check_end(self, program, stop):
        program.wait(timeout=60)
        self.assertEqual(program.returncode, -stop)
        self.assertEqual(self.names(), ["a.wav", "silence.wav"])
        self.assertNotIn("unmingle: ", program.stderr.read())  # the signal says it all

    def test_phases(self):
        slow = ["--iterations", "1000000"]
        for arguments, phase, stop in [
                (["separate", "silence.wav", "-o", "out"], "reading", signal.SIGINT),
                (["separate", "a.wav", "-o", "out", *slow], "learning", signal.SIGTERM),
                (["separate", "a.wav", "-o", "out", *slow, "--threads", "3"], "learning",
                 signal.SIGINT),
                (["separate", "a.wav", "-o", "out", *slow, "--learn", "x=@0-2"], "learning the ex",
                 signal.SIGHUP),
                (["learn", "--label", "x", "a.wav", "-o", "out", *slow], "learning",
                 signal.SIGINT)]:
            with self.subTest(arguments=arguments, stop=stop):
                program = self.start(*arguments)
                self.wait_for_phase(program, phase)
                program.send_signal(stop)
                self.check_end(program, stop)

    def test_writing(self):
        for stop in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(stop=stop):
                program, _ = self.separate_to_stems()
                program.send_signal(stop)
                self.check_end(program, stop)

    def test_work_that_does_not_stop(self):
        """Nothing comes from the pipe; the hidden folder is there already, and must go."""
        programs = []
        for stop in (signal.SIGINT, signal.SIGTERM):
            program = start("separate", "-", "-o", "out", cwd=self.folder, stdin=subprocess.PIPE)
            programs.append((program, stop))
            while len(list(self.folder.glob(".out.unmingle-*"))) < len(programs):
                time.sleep(0.01)
        for program, stop in programs:
            program.send_signal(stop)
        for program, stop in programs:
            self.assertEqual(program.wait(timeout=60), -stop)
            for stream in (program.stdin, program.stdout, program.stderr):
                stream.close()
        self.assertEqual(self.names(), ["a.wav", "silence.wav"])

    def test_batch_stops(self):
        """The second recording is not begun."""
        program = self.start("separate", "silence.wav", "a.wav", "-o", "out", "--iterations", "1")
        self.wait_for_phase(program, "reading")
        program.send_signal(signal.SIGINT)
        program.wait(timeout=60)
        self.assertEqual(program.returncode, -signal.SIGINT)
        self.assertEqual(list(self.folder.glob("out/*")), [])

    def test_what_is_there_stays(self):
        """Stopped before it could replace the run before: that one is whole."""
        self.assertEqual(run("separate", "a.wav", "-o", "out", *QUICK,
                             cwd=self.folder).returncode, 0)
        before = self.contents()
        self.assertIn("out/unmingle.json", before)
        program = self.start("separate", "silence.wav", "-o", "out", "--force", "--iterations", "1")
        self.wait_for_stems(program)
        program.send_signal(signal.SIGTERM)
        program.wait(timeout=60)
        self.assertEqual(program.returncode, -signal.SIGTERM)
        self.assertEqual(self.contents(), before)

    def test_killed(self):
        """What cannot be cleaned up is hidden, and the next run for the same output removes it."""
        program, hidden = self.separate_to_stems()
        program.kill()
        program.wait(timeout=60)
        self.assertTrue(hidden.is_dir())
        self.assertFalse((self.folder / "out").exists())
        result = run("separate", "a.wav", "-o", "out", *QUICK, cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertFalse(hidden.exists())
        self.assertEqual(len(record_of(self.folder / "out")["stems"]), 4)

    def test_two_at_once(self):
        """Neither takes the other's hidden folder for a dead one's; who ends last is refused."""
        program, hidden = self.separate_to_stems()
        program.send_signal(signal.SIGSTOP)
        try:
            result = run("separate", "a.wav", "-o", "out", *QUICK, cwd=self.folder)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertTrue(hidden.is_dir())
            finished = self.contents()["out/unmingle.json"]
        finally:
            program.send_signal(signal.SIGCONT)
        _, errors = program.communicate(timeout=120)
        self.assertEqual(program.returncode, 73, errors)
        self.assertFalse(hidden.exists())
        self.assertEqual(self.contents()["out/unmingle.json"], finished)


if __name__ == "__main__":
    unittest.main()
