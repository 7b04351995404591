"""A Slurm of one's own on this machine: Debian's munged, slurmctld and slurmd, on loopback, with all
that they need and write below one folder."""

import ctypes
import getpass
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time

PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "scontrol"]
SECONDS_MAX = 30  # for anything that is waited for
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"  # the daemons' folder is not in everybody's path

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36

# A node of more processors than the machine may have, so that all tasks of an array run at once.
# Nothing of it needs systemd or a control group.
CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
CommunicationParameters=NoCtldInAddrAny
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmdParameters=config_overrides
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 Port={node_port} CPUs=8 RealMemory=4096 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing():
    """The programs that are not installed."""
    return [program for program in PROGRAMS if shutil.which(program, path=PATH) is None]


def free_ports(n):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def wait_until(done, what):
    deadline = time.monotonic() + SECONDS_MAX
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {SECONDS_MAX} s")
        time.sleep(0.05)


def end_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def children():
    return [int(word) for path in pathlib.Path("/proc/self/task").glob("*/children")
            for word in path.read_text().split()]


class Cluster:
    """With `with`: runs, and is gone at the end, whatever happens."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.daemons = []
        host = socket.gethostname().split(".")[0]
        controller_port, node_port = free_ports(2)
        for name in ("", "state", "spool"):
            (self.folder / name).mkdir()
        self.configuration = self.folder / "slurm.conf"
        self.configuration.write_text(CONFIGURATION.format(
            host=host, folder=self.folder, user=getpass.getuser(),
            controller_port=controller_port, node_port=node_port))
        self.environment = {
            **{name: value for name, value in os.environ.items()
               if not name.startswith(("SLURM_", "SBATCH_", "JOB_COMPLETION_"))},
            "SLURM_CONF": str(self.configuration), "PATH": PATH}

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        # What a daemon leaves behind becomes a child of ours, so that it can be found and ended.
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(64))
        self.start_daemon("munged", "--foreground", "--force", "--key-file", key,
                          *(f"--{what}={self.folder}/munge.{suffix}" for what, suffix in
                            [("socket", "socket"), ("pid-file", "pid"), ("seed-file", "seed"),
                             ("log-file", "log")]))
        wait_until((self.folder / "munge.socket").exists, "munged")
        self.start_daemon("slurmctld", "-D", "-i", "-f", self.configuration)
        self.start_daemon("slurmd", "-D", "-f", self.configuration)
        wait_until(self.is_ready, "Slurm")

    def start_daemon(self, name, *arguments):
        with open(self.folder / (name + ".log"), "wb") as log:
            self.daemons.append(subprocess.Popen(
                [shutil.which(name, path=PATH), *arguments], cwd=self.folder, stdout=log,
                stderr=log, stdin=subprocess.DEVNULL, env=self.environment,
                start_new_session=True, preexec_fn=end_with_parent))

    def is_ready(self):
        for daemon in self.daemons:
            if daemon.poll() is not None:
                raise RuntimeError(f"{daemon.args[0]} ended with {daemon.returncode}:\n"
                                   + self.logs())
        state = self.call("scontrol", "show", "node", "--oneliner", check=False)
        return " State=IDLE " in state

    def stop(self):
        """A daemon that does not end by itself is killed, and so is what any of them has left."""
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(timeout=5)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        while left := children():
            for child in left:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)

    def logs(self):
        return "\n".join(f"{path.name}:\n{path.read_text(errors='replace')[-2000:]}"
                         for path in sorted(self.folder.glob("*.log")))

    def call(self, *arguments, check=True, **options):
        """What a client of Slurm's prints."""
        options = {"env": self.environment, **options}
        result = subprocess.run(arguments, capture_output=True, text=True, check=False,
                                timeout=SECONDS_MAX, stdin=subprocess.DEVNULL, **options)
        if check and result.returncode != 0:
            raise RuntimeError(f"{arguments}: {result.stderr}\n{self.logs()}")
        return result.stdout

    def submit(self, path, folder, *arguments):
        """What sbatch is given in `folder`, with `path` before all others in $PATH; the job."""
        environment = {**self.environment, "PATH": f"{path}:{PATH}"}
        return self.call("sbatch", "--parsable", *arguments, cwd=folder, env=environment).strip()

    def tasks(self, job):
        """The tasks of an array: number, state and exit code."""
        text = self.call("scontrol", "show", "job", job, "--oneliner")
        found = re.findall(r" ArrayTaskId=(\S+) .* JobState=(\S+) .* ExitCode=(\S+) ", text)
        return sorted(found, key=lambda task: (len(task[0]), task[0]))
