"""Every global name carries the project's prefix, and the shared library shows the public ones only.

Usage: check_symbols.py NM STATIC_LIBRARY SHARED_LIBRARY PROGRAM_OBJECT_OR_ARCHIVE...
"""

import re
import subprocess
import sys


def globals_of(nm, *arguments):
    """The names that a file defines for others."""
    output = subprocess.run([nm, "--defined-only", "--extern-only", "--format=posix", *arguments],
                            check=True, capture_output=True, text=True).stdout
    # One line a name: "name type value size"; of an archive also "archive[member]:".
    return [line.split()[0] for line in output.splitlines() if line and not line.endswith("]:")]


def strays(names, pattern):
    return sorted({name for name in names if not re.fullmatch(pattern, name)})


def main():
    nm, static, shared, *program = sys.argv[1:]
    failed = False
    for what, arguments, pattern in [
        (static, [static], "umi?_.*"),
        (shared, ["--dynamic", shared], "um_.*"),
        *[(path, [path], "umi_.*|main") for path in program],
    ]:
        names = globals_of(nm, *arguments)
        if not names:
            print(f"{what}: defines nothing")
            failed = True
        for name in strays(names, pattern):
            print(f"{what}: {name} does not match {pattern}")
            failed = True
    sys.exit(1 if failed else 0)


main()
