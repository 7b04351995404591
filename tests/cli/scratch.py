"""A test case with a folder of its own, which is removed again."""

import json
import pathlib
import tempfile
import unittest

from program import run

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "samples"

# Enough of learning for tests that do not ask how well sources come apart.
QUICK = ["--iterations", "4", "--tolerance", "0"]


class ScratchCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def separate(self, path, *options, warning=None):
        """Takes `path` apart into the folder it returns. The run must end well, and warn of nothing
        but `warning`."""
        output = self.folder / "stems"
        result = run("separate", str(path), "-o", str(output), "--force", *QUICK, *options)
        self.assertEqual(result.returncode, 0, result.stderr)
        for line in result.stderr.splitlines():
            self.assertTrue(warning is not None and warning in line, line)
        return output

    def listing(self):
        """All that is below the folder, hidden names too, as sorted paths."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*"))


def record_of(output):
    return json.loads((output / "unmingle.json").read_text())


def stem_paths(output):
    """The stems of a run in the order of its record."""
    return [output / stem["file"] for stem in record_of(output)["stems"]]
