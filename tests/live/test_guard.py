"""The guard of the callback says nothing of a clean one, and catches each thing that it must not do."""

import os

from bed import Bed, wait_for

SINS = {"malloc": "malloc", "free": "free", "lock": "pthread_mutex_lock", "print": "the system",
        "sleep": "the system"}


def said_of(sin):
    """What the guard says of a callback with that sin."""
    with Bed() as bed:
        bed.card()
        said = bed.folder / "guard.txt"
        with open(said, "w") as stderr:
            program = bed.start([os.environ["LOOPBACK"], "card", 0, sin], stderr=stderr,
                                environment={"LD_PRELOAD": os.environ["RT_GUARD"]})
        if sin:
            wait_for(lambda: "the callback called" in said.read_text())
        else:
            program.line("running")
        code = program.end()
        assert code == (1 if sin else 0)
        if sin:
            bed.kill_server()  # which would wait for the client that was aborted
        return said.read_text()


clean = said_of("")
print(clean, end="")
assert clean.startswith("rt_guard: watches heap"), clean
assert "called" not in clean
for sin, name in SINS.items():
    if name == "the system" and "system calls" not in clean:
        print(f"{sin}: this system does not let system calls be watched")
        continue
    said = said_of(sin)
    print(said.splitlines()[1])
    assert f"the callback called {name}" in said, said
