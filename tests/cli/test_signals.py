"""The program dies of the signal that stops it, as the shell expects it to."""

import pathlib
import signal
import struct
import subprocess
import tempfile
import time
import unittest

from program import UNMINGLE

STOPS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def start(*arguments, **options):
    return subprocess.Popen([UNMINGLE, *arguments], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, **options)


class Signals(unittest.TestCase):
    def test_long_work(self):
        """Three quarters of an hour of silence, which take no room on the disk, and far longer than the signal."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "long.wav")
            n_bytes = 192000 * 2 * 2 * 2700
            with open(path, "wb") as file:
                file.write(b"RIFF" + struct.pack("<I", n_bytes + 36) + b"WAVEfmt "
                           + struct.pack("<IHHIIHH", 16, 1, 2, 192000, 768000, 4, 16)
                           + b"data" + struct.pack("<I", n_bytes))
                file.truncate(44 + n_bytes)
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


if __name__ == "__main__":
    unittest.main()
