"""Runs the program under test. Its path is in the environment variable UNMINGLE."""

import os
import subprocess

UNMINGLE = os.environ["UNMINGLE"]


def run(*arguments, **options):
    """A CompletedProcess with stdout and stderr as text; nothing is on standard input."""
    options = {"stdin": subprocess.DEVNULL, "timeout": 60, **options}
    return subprocess.run([UNMINGLE, *arguments], capture_output=True, text=True, **options)
