"""What the program says of itself, and what it answers to wrong usage."""

import os
import pathlib
import subprocess
import tempfile
import unittest

from program import UNMINGLE, run

COMMANDS = ["separate", "render", "denoise", "live", "learn", "factor", "plot", "info", "score",
            "devices", "presets"]
COLUMNS, ROWS = 80, 24
MOST_ROWS = {"factor": 60, "separate": 45}  # of --help=all; 40 for the others

# Arguments, exit code, what standard error says.
WRONG = [
    ([], 64, "usage: unmingle COMMAND"),
    (["seperate", "a.wav"], 64, "unknown command seperate; did you mean separate?"),
    (["xyzzy"], 64, "unknown command xyzzy"),
    (["--sources", "3"], 64, "unknown option --sources"),
    (["--print-completion", "tcsh"], 64, "unknown option"),
    (["separate"], 64, "IN... is missing"),
    (["separate", "a.wav", "--sorces", "3"], 64, "did you mean --sources?"),
    (["separate", "a.wav", "--sources", "1"], 64, "--sources: 1 is outside 2..64 or auto"),
    (["separate", "a.wav", "--threads", "0"], 64, "--threads: 0 is outside 1..1024"),
    (["separate", "a.wav", "--cpu", "z80"], 64, "--cpu: 'z80' is none of auto, scalar, sse2, neon, avx2, avx512"),
    (["separate", "a.wav", "--preset", "no-such"], 78, "no preset 'no-such'"),
    (["learn", "a.wav", "-o", "b", "--label", "c"], 64, "a.wav stands before the first --label"),
    (["render", "a.stems"], 64, "--group NAME=ATOMS is missing"),
    (["render", "--atoms"], 64, "DIR is missing"),
    (["plot", "a.wav"], 64, "--output PICTURE is missing"),
    (["plot", "-o", "a.png"], 64, "FILE|DIR is missing"),
    (["presets", "shew", "music"], 64, "give 'show NAME'"),
    (["presets", "show", "musik"], 78, "did you mean 'music'?"),
    (["presets", "show", "/no/such.conf"], 78, "/no/such.conf: No such file or directory"),
]


class Usage(unittest.TestCase):
    def test_wrong_usage(self):
        for arguments, code, message in WRONG:
            with self.subTest(arguments=arguments):
                result = run(*arguments)
                self.assertEqual(result.returncode, code)
                self.assertEqual(result.stdout, "")
                self.assertIn(message, result.stderr)
                if arguments:
                    self.assertEqual(result.stderr.count("\n"), 1)
                    self.assertTrue(result.stderr.startswith("unmingle: "))

    def test_options_that_would_do_nothing(self):
        for options, name in [(["--sources", "3", "--learn", "a=@0-1"], "--sources"),
                              (["--sources", "auto", "--preset", "drums"], "--sources"),
                              (["--residual", "--preset", "voice"], "--residual"),
                              (["--adapt"], "--adapt"), (["--shifts", "2"], "--shifts"),
                              (["--clip-atoms", "9"], "--clip-atoms"),
                              (["--preset", "percussive", "--adapt"], "--adapt"),
                              (["--preset", "percussive", "--tolerance", "0.1"], "--tolerance"),
                              (["--preset", "percussive", "--start", "random"], "--start"),
                              (["--preset", "percussive", "--fast", "--atoms", "1"], "--atoms"),
                              (["--preset", "percussive", "--fast", "--iterations", "9"],
                               "--iterations"),
                              (["--preset", "drums", "--shifts", "2"], "--shifts"),
                              (["--preset", "drums", "--atoms", "9"], "--atoms"),
                              (["--learn", "a=@0-1", "--atoms", "9"], "--atoms"),
                              (["--learn", "a=@0-1", "--start", "random"], "--start"),
                              (["--preset", "percussive", "--fast", "--dictionary", "d"],
                               "--dictionary")]:
            with self.subTest(options=options):
                result = run("separate", "a.wav", *options)
                self.assertEqual(result.returncode, 64)
                self.assertIn(f"unmingle: {name}: would do nothing: ", result.stderr)

    def test_help_of_a_command(self):
        self.assertEqual(run("help", "separate").stdout, run("separate", "--help").stdout)
        self.assertEqual(run("help", "help").stdout, run("--help").stdout)

    def test_version(self):
        result = run("--version")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertRegex(result.stdout, r"^unmingle \d+\.\d+\.\d+\n$")

    def check_screen(self, text, rows):
        lines = text.splitlines()
        self.assertLessEqual(len(lines), rows)
        for line in lines:
            self.assertLessEqual(len(line), COLUMNS, line)
            self.assertEqual(line, line.rstrip())

    def test_help_fits_a_screen(self):
        for arguments in [[], *([c] for c in COMMANDS)]:
            with self.subTest(arguments=arguments):
                result = run(*arguments, "--help")
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.check_screen(result.stdout, ROWS - 1)  # the prompt takes the last row
                self.assertEqual(run(*arguments, "-h").stdout, result.stdout)

    def test_whole_help(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                result = run(command, "--help=all")
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.check_screen(result.stdout, MOST_ROWS.get(command, 40))

    def test_overview_names_every_command(self):
        text = run("--help").stdout
        for command in COMMANDS:
            self.assertIn(f"\n  {command} ", text)

    def test_locale_changes_nothing(self):
        environment = {**os.environ, "LC_ALL": "de_DE.UTF-8"}
        result = run("separate", "/no/such.wav", "--exponent", "9.5", env=environment)
        self.assertIn("--exponent: 9.5 is outside 0.5..4", result.stderr)

    def test_full_standard_output(self):
        with open("/dev/full", "w") as full:
            result = subprocess.run([UNMINGLE, "--help"], stdout=full, stderr=subprocess.PIPE,
                                    text=True, timeout=60)
        self.assertEqual(result.returncode, 74)
        self.assertIn("standard output", result.stderr)

    def test_name_with_control_characters(self):
        result = run("learn", "a\nb\x1b[2J.wav", "--label", "c", "-o", "d")
        self.assertEqual(result.stderr.count("\n"), 1)
        self.assertNotIn("\x1b", result.stderr)


class Presets(unittest.TestCase):
    def test_list(self):
        result = run("presets")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertRegex(result.stdout, r"(?m)^music +separate +\w")
        self.assertRegex(result.stdout, r"(?m)^speech-fast +denoise +\w")

    def test_show_tells_values_and_origins(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "x.conf")
            path.write_text("# c\ncommand = separate\nwindow = 2048\nresidual = yes\n"
                            "dictionary = {'a b', \"it's\"}\nmemory = 1.5G\n")
            result = run("presets", "show", str(path))
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            for line in [r"window = 2048 +# preset, line 3", r"residual = yes +# preset, line 4",
                         r"memory = 1536M +# preset, line 6", r"sources = \d+ +# built in",
                         r"# hop: window / 4 +# built in"]:
                self.assertRegex(result.stdout, f"(?m)^{line}$")
            self.assertIn(f"'{folder}/a b'", result.stdout)
            # What it prints is a preset that says the same.
            again = pathlib.Path(folder, "again.conf")
            again.write_text(result.stdout)
            second = run("presets", "show", str(again))
            self.assertEqual((second.returncode, second.stderr), (0, ""))
            settings = [[line.split(" # ")[0].rstrip() for line in text.splitlines()
                         if not line.startswith("#")] for text in (result.stdout, second.stdout)]
            self.assertEqual(*settings)
            self.assertGreater(len(settings[0]), 10)

    def test_the_command_is_the_one_it_names(self):
        """However little else the preset sets; and no other takes it."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "x.conf")
            path.write_text("command = denoise\ndictionary = a\n")
            result = run("presets", "show", str(path))
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertTrue(result.stdout.startswith(f"# unmingle denoise --preset {path}\n"))
            for line in [r"command = denoise", r"dictionary = '.*/a' # preset, line 2",
                         r"strength = 1 +# built in"]:
                self.assertRegex(result.stdout, f"(?m)^{line}$")
            self.assertNotIn("sources", result.stdout)
            result = run("separate", "a.wav", "--preset", str(path))
            self.assertEqual(result.returncode, 78)
            self.assertTrue(result.stderr.startswith(
                f"unmingle: {path}:1: a preset for 'unmingle denoise', not for 'separate' ("))

    def test_mistake_names_file_and_line(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "x.conf")
            path.write_text("command = separate\natoms = 0\n")
            for arguments in (["presets", "show"], ["separate", "a.wav", "--preset"]):
                result = run(*arguments, str(path))
                self.assertEqual(result.returncode, 78)
                self.assertEqual(result.stderr,
                                 f"unmingle: {path}:2: atoms: 0 is outside 1..4096\n")


if __name__ == "__main__":
    unittest.main()
