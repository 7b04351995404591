"""A test case with a folder of its own, which is removed again."""

import json
import pathlib
import stat
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

    def contents(self):
        """All that is below the folder, hidden names too, and what the files hold."""
        return {str(path.relative_to(self.folder)):
                path.read_bytes() if path.is_file() else stat.S_IFMT(path.lstat().st_mode)
                for path in self.folder.rglob("*")}

    def refuse(self, arguments, code, *texts, **run_options):
        """The program must end with `code`, say why on one line that holds `texts`, and leave the
        folder, in which it runs, as it was."""
        before = self.contents()
        result = run(*arguments, cwd=self.folder, **run_options)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertRegex(result.stderr, r"\Aunmingle: [^\n]+\n\Z")
        for text in texts:
            self.assertIn(text, result.stderr)
        self.assertEqual(result.stdout, "")
        self.assertEqual(self.contents(), before)


def record_of(output):
    return json.loads((output / "unmingle.json").read_text())


def stem_paths(output):
    """The stems of a run in the order of its record."""
    return [output / stem["file"] for stem in record_of(output)["stems"]]
