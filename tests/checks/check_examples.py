#!/usr/bin/env python3
"""README.md quotes every file of examples/cluster word for word.

Usage: check_examples.py PROJECT_DIRECTORY"""

import pathlib
import re
import sys

project = pathlib.Path(sys.argv[1])
quoted = re.findall(r"(?ms)^```\w*\n(.*?)^```$", (project / "README.md").read_text())
files = sorted((project / "examples/cluster").iterdir())
missing = [path.name for path in files if path.read_text() not in quoted]
for name in missing:
    print(f"README.md: does not quote {name} as it is")
sys.exit(bool(missing) or not files)
