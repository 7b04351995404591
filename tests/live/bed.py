"""A sound system to test in, apart from any other: JACK's server with its dummy driver, and a virtual card.

    with Bed(period=128) as bed:
        card = bed.card()
        program = bed.start([PROGRAM, "--in", "card", "--out", "card"])
        card.connected(2)
        heard = card.play("speech.wav", tail=4800)

All that was started is gone at the end, however that comes.
"""

import contextlib
import ctypes
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import soundfile

CARD = os.environ["VIRTUAL_CARD"]
PATIENCE = 60.0  # seconds, on a machine under load
ALSA_WITHOUT_CARDS = "pcm.!default { type null }\nctl.!default { type null }\n"


def die_with_parent():
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def may_real_time():
    """Whether the system lets us have threads that go before all others."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(70))
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    except OSError:
        return False
    return True


class Process(subprocess.Popen):
    """A process whose output is read line by line, with a limit of time."""

    def __init__(self, arguments, **options):
        super().__init__(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
                         preexec_fn=die_with_parent, **options)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def line(self, word="", seconds=PATIENCE):
        """The next line that has the word."""
        end = time.monotonic() + seconds
        while True:
            try:
                line = self.lines.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise TimeoutError(f"{self.args[0]}: no line with '{word}' in {seconds} s") from None
            if line is None:
                self.lines.put(None)
                raise EOFError(f"{self.args[0]} ended before a line with '{word}'")
            if word in line:
                return line

    def tell(self, line):
        self.stdin.write(line + "\n")
        self.stdin.flush()

    def end(self, seconds=PATIENCE):
        """Ends its standard input; the exit code."""
        self.stdin.close()
        return self.wait(seconds)

    def abolish(self):
        if self.poll() is None:
            self.kill()
            self.wait()
        for pipe in (self.stdin, self.stdout):
            with contextlib.suppress(OSError):
                pipe.close()


class Card:
    """See virtual_card.c for what the commands do."""

    def __init__(self, process, folder):
        self.process = process
        self.folder = folder
        self.xruns = 0
        process.line("ready")

    def _ask(self, command):
        self.process.tell(command)
        return self.process.line().split()

    def connected(self, n):
        self._ask(f"connected {n}")

    def pace(self, speed):
        self._ask(f"pace {speed}")

    def cycles(self):
        return int(self._ask("cycles")[1])

    def play(self, path, tail=0):
        """What came out of the speakers meanwhile: frames x channels, float32."""
        out = self.folder / "played.wav"
        self._ask(f"load {path}")
        self.xruns = int(self._ask(f"play {tail}")[1])
        self._ask(f"save {out}")
        return soundfile.read(out, dtype="float32", always_2d=True)[0]


class Bed:
    def __init__(self, rate=48000, period=256, real_time=False):
        self.rate = rate
        self.period = period
        self.real_time = real_time and may_real_time()
        self.name = f"unmingle{os.getpid()}"
        self.processes = []
        self.server = None

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="unmingle_bed_"))
        alsa = self.folder / "asound.conf"
        alsa.write_text(ALSA_WITHOUT_CARDS)
        self.environment = {**os.environ, "ALSA_CONFIG_PATH": str(alsa),
                            "JACK_DEFAULT_SERVER": self.name, "JACK_NO_START_SERVER": "1",
                            "JACK_NO_AUDIO_RESERVATION": "1"}
        try:
            self.start_server()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.abolish()
        self.kill_server()
        # What a server that was killed leaves.
        for path in pathlib.Path("/dev/shm").glob(f"jack_*{self.name}*"):
            path.unlink(missing_ok=True)
        for path in pathlib.Path("/dev/shm").glob(f"jack_{self.name}*"):
            shutil.rmtree(path, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, arguments, **options):
        """A Process among these devices."""
        environment = {**self.environment, **options.pop("environment", {})}
        process = Process([str(a) for a in arguments], env=environment, **options)
        self.processes.append(process)
        return process

    def start_server(self):
        priority = ["-R", "-P70"] if self.real_time else ["-r"]
        self.log = open(self.folder / "jackd.log", "a")
        self.server = subprocess.Popen(
            ["jackd", *priority, "-S", "-n", self.name, "-d", "dummy", "-r", str(self.rate), "-p",
             str(self.period)],
            env=self.environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            preexec_fn=die_with_parent)
        subprocess.run(["jack_wait", "-w", "-t", "20", "-s", self.name], env=self.environment,
                       check=True, stdout=self.log, stderr=self.log)

    def kill_server(self):
        """As it dies when it is killed: without a word to anybody."""
        if self.server is not None:
            self.server.kill()
            self.server.wait()
            self.log.close()
            self.server = None

    def card(self, name="card", microphones=1, speakers=1):
        return Card(self.start([CARD, name, microphones, speakers]), self.folder)
