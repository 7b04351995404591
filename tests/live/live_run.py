"""A live run among virtual devices, and what is asked of it from outside."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request

from bed import PATIENCE

UNMINGLE = os.environ["UNMINGLE"]


class LiveRun:
    """`unmingle live` on the bed's card, steered by way of its page."""

    def __init__(self, bed, *options, plays=True, environment=None):
        out = ["--out", "card"] if plays else ["--watch"]
        self.bed = bed
        self.process = bed.start(
            [UNMINGLE, "live", "--in", "card", *out, "--period", str(bed.period), "--json", "--page",
             *options], stderr=subprocess.STDOUT, cwd=bed.folder, environment=environment or {})
        self.address = self.process.line("http://")

    def tell(self, **command):
        """The HTTP status and the answer."""
        request = urllib.request.Request(self.address.replace("/?", "/command?"),
                                         json.dumps(command).encode(), method="POST")
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def do(self, what, **more):
        status, answer = self.tell(do=what, **more)
        assert status == 200, answer

    def state(self, seconds=30.0):
        """The next one that it prints; those before are of moments that are over."""
        self.process.skip()
        return json.loads(self.process.line('{"condition"', seconds))

    def wait_for(self, condition, seconds=30.0):
        """The first state for which that is true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            state = self.state()
            if condition(state):
                return state
        raise TimeoutError(f"not so within {seconds} s: {state}")

    def stop(self, signal):
        """Seconds that it took, and the exit code."""
        begun = time.monotonic()
        self.process.send_signal(signal)
        code = self.process.wait(PATIENCE)
        return time.monotonic() - begun, code
