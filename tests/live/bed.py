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
import fcntl
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


def when_parent_dies(number):
    """What to give to Popen as preexec_fn, for the process to get that signal."""
    PR_SET_PDEATHSIG = 1
    return lambda: ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)


def lock_name():
    """A name for a server that nobody uses, and the open file that keeps it so.

    JACK has room for eight names, and one whose server was killed is free for this name alone. So
    there are few, and they come again.
    """
    for i in range(4):
        file = open(pathlib.Path(tempfile.gettempdir()) / f"unmingle_bed_{os.getuid()}_{i}.lock", "w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return f"unmingle{i}", file
        except BlockingIOError:
            file.close()
    raise RuntimeError("four beds are in use")


def may_real_time():
    """Whether the system lets us have threads that go before all others."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(70))
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    except OSError:
        return False
    return True


def wait_for(what, seconds=PATIENCE):
    """Until what() is true."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(0.01)


class Process(subprocess.Popen):
    """A process whose output is read line by line, with a limit of time."""

    def __init__(self, arguments, **options):
        super().__init__(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
                         preexec_fn=when_parent_dies(signal.SIGKILL), **options)
        self.lines = queue.Queue()
        self.said = []  # all lines, also those that were taken
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.stdout:
            self.said.append(line.rstrip("\n"))
            self.lines.put(self.said[-1])
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

    def skip(self):
        """Forgets the lines that are there already."""
        while not self.lines.empty():
            if self.lines.get() is None:
                self.lines.put(None)
                return

    def tell(self, line):
        self.stdin.write(line + "\n")
        self.stdin.flush()

    def end(self, seconds=PATIENCE):
        """Ends its standard input; the exit code."""
        self.stdin.close()
        return self.wait(seconds)

    def leave(self):
        """Ends it for sure; but the server waits for seconds for a client that is killed."""
        try:
            self.end(2)
        except (OSError, ValueError, subprocess.TimeoutExpired):
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

    def _ask(self, command, seconds=PATIENCE):
        self.process.tell(command)
        return self.process.line(seconds=seconds).split()

    def connected(self, n):
        self._ask(f"connected {n}")

    def pace(self, speed):
        self._ask(f"pace {speed}")

    def cycles(self):
        return int(self._ask("cycles")[1])

    def play(self, path, tail=0, seconds=PATIENCE):
        """What came out of the speakers meanwhile: frames x channels, float32. TimeoutError if that takes longer."""
        out = self.folder / "played.wav"
        self._ask(f"load {path}")
        self.xruns = int(self._ask(f"play {tail}", seconds)[1])
        self._ask(f"save {out}")
        return soundfile.read(out, dtype="float32", always_2d=True)[0]


class Bed:
    """In step (JACK's -S) every client plays what it has heard in the same period. But then the server stands
    still for five seconds when one comes or goes at a bad moment."""

    def __init__(self, rate=48000, period=256, real_time=False, in_step=True, speakers=True):
        self.rate = rate
        self.period = period
        self.real_time = real_time and may_real_time()
        self.in_step = in_step
        self.speakers = speakers  # the server has some of its own
        self.processes = []
        self.server = None

    def __enter__(self):
        self.name, self.lock = lock_name()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="unmingle_bed_"))
        self.alsa = self.folder / "asound.conf"
        self.alsa.write_text(ALSA_WITHOUT_CARDS)
        self.environment = {**os.environ, "ALSA_CONFIG_PATH": str(self.alsa),
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
            process.leave()
        self.end_server()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.lock.close()

    def start(self, arguments, **options):
        """A Process among these devices."""
        environment = {**self.environment, **options.pop("environment", {})}
        process = Process([str(a) for a in arguments], env=environment, **options)
        self.processes.append(process)
        return process

    def start_server(self):
        priority = ["-R", "-P70"] if self.real_time else ["-r"]
        step = ["-S"] if self.in_step else []
        log = open(self.folder / "jackd.log", "a")
        self.server = subprocess.Popen(
            ["jackd", *priority, *step, "-n", self.name, "-d", "dummy", "-r", str(self.rate), "-p",
             str(self.period), *([] if self.speakers else ["-P", "0"])],
            env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            preexec_fn=when_parent_dies(signal.SIGTERM))
        log.close()
        wait_for(self._answers)

    def _answers(self):
        """Whether the server is there. A client that finds it early waits until it is all there."""
        assert self.server.poll() is None, (self.folder / "jackd.log").read_text()
        return subprocess.run(["jack_wait", "-c", "-s", self.name], env=self.environment, text=True,
                              capture_output=True).stdout.strip() == "running"

    def kill_server(self):
        """It dies without a word to anybody."""
        self.server.kill()
        self.server.wait()

    def end_server(self):
        """It leaves nothing behind in the system's shared memory."""
        if self.server is None:
            return
        self.server.send_signal(signal.SIGCONT)
        self.server.terminate()
        try:
            self.server.wait(2)
        except subprocess.TimeoutExpired:
            self.kill_server()

    def card(self, name="card", microphones=1, speakers=1):
        return Card(self.start([CARD, name, microphones, speakers]), self.folder)
