"""The completions, tried in the shells that are there."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

from program import UNMINGLE, run


class Completion(unittest.TestCase):
    def complete_in_bash(self, *words):
        """What bash offers for the last word."""
        script = ('source /dev/stdin\nCOMP_WORDS=("$@") COMP_CWORD=$(($# - 1))\n'
                  'compopt() { :; }\n_unmingle\nprintf "%s\\n" "${COMPREPLY[@]}"')
        folder = pathlib.Path(UNMINGLE).parent
        result = subprocess.run(["bash", "-c", script, "bash", "unmingle", *words],
                                input=run("--print-completion", "bash").stdout, text=True,
                                capture_output=True, env={"PATH": f"{folder}:/usr/bin:/bin"},
                                timeout=60)
        self.assertEqual(result.stderr, "")
        return result.stdout.split()

    def test_bash(self):
        self.assertEqual(self.complete_in_bash("sep"), ["separate"])
        self.assertEqual(self.complete_in_bash("separate", "--so"), ["--sources"])
        self.assertEqual(self.complete_in_bash("learn", "--so"), [])
        self.assertEqual(self.complete_in_bash("separate", "--format", ""), ["wav", "flac"])
        self.assertEqual(self.complete_in_bash("separate", "--atoms", ""), [])
        self.assertEqual(self.complete_in_bash("separate", "--preset", "mus"), ["music"])
        self.assertEqual(self.complete_in_bash("presets", ""), ["show"])
        self.assertEqual(self.complete_in_bash("presets", "show", "mus"), ["music"])
        self.assertEqual(self.complete_in_bash("separate", "song"), [])

    def test_syntax(self):
        for shell in ("bash", "zsh", "fish"):
            with self.subTest(shell=shell), tempfile.NamedTemporaryFile("w") as script:
                text = run("--print-completion", shell).stdout
                self.assertIn("sources", text)
                if shutil.which(shell) is None:
                    continue  # neither zsh nor fish is needed to build
                script.write(text)
                script.flush()
                result = subprocess.run([shell, "-n", script.name], capture_output=True, text=True,
                                        timeout=60)
                self.assertEqual((result.returncode, result.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
