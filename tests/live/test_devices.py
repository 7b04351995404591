"""unmingle devices: what there is, as a table and as JSON, and nothing of our own; and that there is none."""

import json
import os
import subprocess

from bed import Bed

CARD = {"name": "card", "inputs": 2, "outputs": 1, "rate": 48000, "default_in": False,
        "default_out": False}


def devices(environment, *options):
    return subprocess.run([os.environ["UNMINGLE"], "devices", *options], env=environment, text=True,
                          capture_output=True, timeout=60)


with Bed() as bed:
    card = bed.card(microphones=2, speakers=1)
    loop = bed.card("loop")
    run = devices(bed.environment)
    assert run.returncode == 0 and run.stderr == "", run
    row = next(line for line in run.stdout.splitlines() if line.startswith("card "))
    assert row.split()[1:3] == ["2", "1"] and "48000" in row and "JACK" in row, row

    program = bed.start([os.environ["LOOPBACK"], "loop", 0])
    program.line("running")
    run = devices(bed.environment, "--json")
    assert run.returncode == 0 and run.stderr == "", run
    listed = {device["name"]: device for device in json.loads(run.stdout)}
    assert CARD.items() <= listed["card"].items(), listed
    assert set(listed) == {"default", "system", "card", "loop"}, listed
    assert program.end() == 0

    bed.alsa.write_text("pcm.!default { type none }\n")
    alone = {**bed.environment, "JACK_DEFAULT_SERVER": "none"}
    run = devices(alone)
    assert run.returncode == 69 and run.stdout == "", run
    assert run.stderr.count("\n") == 1 and "there is no sound device" in run.stderr, run
