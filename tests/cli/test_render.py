"""Stems of other groups: the same bytes where the groups are the same, a sum in any case, and nothing
made of what is not there or not the same any more."""

import json
import re
import struct
import unittest

import numpy as np

import sounds
from program import run
from scratch import QUICK, SAMPLES, ScratchCase, record_of, stem_paths

N_FRAMES = 40000
# How a run is asked for: blind, with a residual of no atoms, with one that has atoms.
KINDS = {"blind": ["--sources", "3", "--atoms", "8"],
         "blind and residual": ["--sources", "2", "--atoms", "5", "--residual"],
         "known": ["--learn", "b=@0-0.2", "--learn", "a=@0.3-", "--clip-atoms", "3", "--residual",
                   "--shifts", "0"]}


def tensors(path):
    """Of a safetensors file, with no code of ours."""
    data = path.read_bytes()
    (n,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + n])
    data = data[8 + n:]
    metadata = header.pop("__metadata__")
    return {name: np.frombuffer(data[slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"])
            for name, entry in header.items()}, metadata


def group_of(stem):
    return ["--group", f"{stem['label']}={','.join(map(str, stem['atoms']))}"]


class Render(ScratchCase):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "a.wav"
        self.write()

    def write(self, channels=2, subtype="PCM_16", seed=0):
        whole = sounds.tones(N_FRAMES, channels) // 2 + sounds.noise(N_FRAMES, channels, peak=0.1)
        sounds.write_whole(self.path, whole + (seed << 16), 44100, subtype)

    def render(self, *options, stderr="", output="out"):
        result = run("render", str(self.folder / "stems"), "-o", str(self.folder / output),
                     "--force", *options)
        self.assertEqual((result.returncode, result.stderr), (0, stderr))
        return self.folder / output

    def check_sum(self, output):
        mix = sounds.read_whole(self.path)
        total = sum(sounds.read_whole(path) for path in stem_paths(output))
        self.assertEqual(np.count_nonzero(mix - total), 0)
        self.assertIs(record_of(output)["null_exact"], True)

    def test_the_stems_own_groups_give_the_same_bytes(self):
        for channels, subtype, options in [(1, "PCM_16", []), (2, "PCM_24", ["--format", "flac"]),
                                           (2, "PCM_16", ["--sample-format", "float"]),
                                           (5, "PCM_16", ["--exponent", "2", "--hop", "512"])]:
            self.write(channels, subtype)
            for name, kind in KINDS.items():
                with self.subTest(channels=channels, subtype=subtype, kind=name):
                    stems = self.separate(self.path, *kind, *options)
                    record = record_of(stems)
                    groups = [option for stem in record["stems"] if stem["label"] != "residual"
                              for option in group_of(stem)]
                    n_left = len([stem["atoms"] for stem in record["stems"]
                                  if stem["label"] == "residual" and stem["atoms"]])
                    result = run("render", str(stems), "-o", str(self.folder / "out"), "--force",
                                 *groups, *[o for o in options[:2] if not o.startswith("--exp")
                                            and o != "2"])
                    self.assertEqual(result.returncode, 0, result.stderr)
                    self.assertEqual(result.stderr.count("\n"), n_left)  # that it has a residual
                    again = record_of(self.folder / "out")
                    self.assertEqual(again["stems"], record["stems"])
                    self.assertEqual(again["input"], record["input"])
                    self.assertGreater(len(record["stems"]), 1)
                    for stem in record["stems"]:
                        self.assertEqual((self.folder / "out" / stem["file"]).read_bytes(),
                                         (stems / stem["file"]).read_bytes(), stem["file"])

    def test_what_is_kept(self):
        """By the formats' descriptions alone: V ~ H W G, one row a frame of the whole recording."""
        for name, kind in KINDS.items():
            with self.subTest(kind=name):
                stems = self.separate(self.path, *kind)
                record = record_of(stems)
                kept, metadata = tensors(stems / "atoms.safetensors")
                H = np.load(stems / "activations.npy")
                W, G = kept["W"], kept["gains"]
                self.assertEqual((H.dtype, H.shape[1]), (np.float32, len(W)))
                self.assertEqual(G.shape, (len(W), 2))
                self.assertEqual((metadata["format_version"], metadata["trained_from"]),
                                 ("2", "a.wav"))
                self.assertEqual([file["file"] for file in record["kept"]],
                                 ["atoms.safetensors", "activations.npy", "index.html"])
                labels = json.loads(metadata["labels"])
                at = 0
                for stem in record["stems"]:  # together, in the stems' order, counted from 1
                    n = len(stem["atoms"])
                    self.assertEqual(stem["atoms"], list(range(at + 1, at + n + 1)))
                    self.assertEqual(labels[at:at + n], n * [stem["label"]])
                    at += n
                self.assertEqual(at, len(W))
                size, hop = record["settings"]["window"], record["settings"]["hop"]
                # Frame n ends with sample (n + 1) hop - 1.
                x = sounds.read_real(self.path)
                x = np.pad(x, ((size - hop, 2 * size), (0, 0)))
                window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
                self.assertEqual(len(H), (N_FRAMES + size - 1) // hop)
                V = np.array([np.abs(np.fft.rfft(window[:, None] * x[n * hop:n * hop + size],
                                                 axis=0)).T for n in range(len(H))])
                # The updates keep a frame's sum, and every atom has the sum 1.
                sums = H.sum(axis=1, dtype=float)
                self.assertLess(np.abs(sums - V.sum(axis=(1, 2))).max(), 1e-4 * sums.max())

                def error(H):
                    return np.linalg.norm(V - np.einsum("nk,kc,kf->ncf", H, G, W))
                for wrong in (np.roll(H, 1, axis=1), np.roll(H, 1, axis=0), H[:, ::-1]):
                    self.assertLess(error(H), error(wrong))

    def test_regroup(self):
        self.separate(self.path, "--sources", "3", "--atoms", "9")
        output = self.render("--group", "lead=3,5-7", "--group", "rest=others", "--group", "lead=9")
        self.assertEqual([(stem["label"], stem["atoms"]) for stem in record_of(output)["stems"]],
                         [("lead", [3, 5, 6, 7, 9]), ("rest", [1, 2, 4, 8])])
        self.check_sum(output)
        # The others come last, in whichever place they were asked for.
        other = self.render("--group", "rest=others", "--group", "lead=3,5-7,9", output="other")
        for name in ("lead.wav", "rest.wav"):
            self.assertEqual((other / name).read_bytes(), (output / name).read_bytes())
        # And other groups are other sound.
        other = self.render("--group", "lead=3,5-7", "--group", "rest=others", output="other")
        self.assertNotEqual((other / "lead.wav").read_bytes(), (output / "lead.wav").read_bytes())

    def test_one_group_is_the_recording(self):
        self.separate(self.path, "--sources", "2", "--atoms", "4")
        output = self.render("--group", "all=others")
        self.assertTrue(np.array_equal(sounds.read_whole(output / "all.wav"),
                                       sounds.read_whole(self.path)))

    def test_left_over_is_told(self):
        stems = self.separate(self.path, "--sources", "2", "--atoms", "6")
        output = self.render("--group", "a=2,4", stderr=f"unmingle: warning: {stems}: in no group "
                             "are atoms 1, 3, 5-6; they make the stem 'residual'\n")
        self.assertEqual([stem["label"] for stem in record_of(output)["stems"]], ["a", "residual"])
        self.check_sum(output)

    def test_the_unexplained_goes_with_the_others(self):
        self.separate(self.path, *KINDS["blind and residual"])
        output = self.render("--group", "a=1-3", "--group", "b=others")
        self.assertEqual([stem["label"] for stem in record_of(output)["stems"]], ["a", "b"])
        self.check_sum(output)
        apart = self.render("--group", "a=1-3", "--group", "b=4-5", output="apart")
        self.assertEqual([stem["label"] for stem in record_of(apart)["stems"]],
                         ["a", "b", "residual"])
        self.check_sum(apart)

    def test_atoms(self):
        for kind, labels in [("blind", [f"atom-0{k}" for k in range(1, 9)]),
                             ("blind and residual",
                              [*(f"atom-0{k}" for k in range(1, 6)), "residual"])]:
            with self.subTest(kind=kind):
                stems = self.separate(self.path, *KINDS[kind])
                result = run("render", str(stems) + "/", "--atoms", "--force")
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                output = self.folder / "stems.atoms"
                self.assertEqual([stem["label"] for stem in record_of(output)["stems"]], labels)
                self.check_sum(output)

    def test_hundred_atoms_have_three_digits(self):
        self.separate(self.path, "--sources", "2", "--atoms", "100")
        output = self.render("--atoms")
        self.assertTrue((output / "atom-001.wav").exists() and (output / "atom-100.wav").exists())

    def test_silence_and_nothing(self):
        for n_frames in (0, 1, 9000):
            with self.subTest(n_frames=n_frames):
                sounds.write_whole(self.path, sounds.silence(n_frames, 2), 44100, "PCM_16")
                stems = self.separate(self.path)
                self.assertFalse(np.load(stems / "activations.npy").any())
                output = self.render("--group", "a=1-5", "--group", "b=others")
                for path in stem_paths(output):
                    self.assertEqual(sounds.read_whole(path).shape, (n_frames, 2))
                self.check_sum(output)

    def test_json_is_the_record(self):
        stems = self.separate(self.path)
        result = run("render", str(stems), "--group", "a=1-9", "--group", "b=others", "--json")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout, (self.folder / "stems.regrouped/unmingle.json").read_text())
        record = json.loads(result.stdout)
        self.assertEqual((record["command"], record["from"]), ("render", str(stems)))

    def test_page(self):
        """The atoms in its picture have the colours of the new stems."""
        stems = self.separate(self.path)
        for folder, n in [(stems, 4), (self.render("--atoms"), 7)]:  # there are 7 colours
            page = (folder / "index.html").read_text()
            data = json.loads(re.search(r'id="data">(.*?)</script>', page)[1])
            self.assertEqual([stem["label"] for stem in data["stems"]],
                             [stem["label"] for stem in record_of(folder)["stems"]])
            for theme in (data["light"], data["dark"]):
                self.assertEqual(len(set(theme["stems"])), n)
                drawn = {"#" + "".join(f"{round(2.55 * float(share)):02x}" for share in colour)
                         for colour in re.findall(r"rgb\(([\d.]+)%,([\d.]+)%,([\d.]+)%\)",
                                                  theme["picture"])}
                self.assertLessEqual(set(theme["stems"]), drawn)

    def test_formats_and_threads(self):
        self.separate(self.path)
        groups = ["--group", "a=1-9", "--group", "b=others"]
        output = self.render(*groups, "--format", "flac", "--sample-format", "24")
        self.assertEqual(sounds.format_of(output / "a.flac"), ("FLAC", "PCM_24", 44100, 2))
        self.check_sum(output)
        one = self.render(*groups, "--threads", "1", output="one")
        three = self.render(*groups, "--threads", "3", output="three")
        self.assertEqual((one / "a.wav").read_bytes(), (three / "a.wav").read_bytes())

    def test_atoms_are_a_dictionary(self):
        """For separate, too: the residual of another recording is no source of this one."""
        stems = self.separate(self.path, *KINDS["known"])
        result = run("separate", str(self.path), "-o", str(self.folder / "out"), *QUICK,
                     "--dictionary", str(stems / "atoms.safetensors"))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual([stem["label"] for stem in record_of(self.folder / "out")["stems"]],
                         ["b", "a"])
        self.assertEqual(run("info", str(stems / "atoms.safetensors")).returncode, 0)


class Refusals(ScratchCase):
    """Each on one line that names the file and the cure, with nothing left behind."""

    def setUp(self):
        super().setUp()
        self.path = self.folder / "a.wav"
        sounds.write_whole(self.path, sounds.noise(9000, 2), 44100, "PCM_16")
        result = run("separate", "a.wav", "-o", "stems", *QUICK, "--sources", "2", "--atoms", "6",
                     cwd=self.folder)
        self.assertEqual(result.returncode, 0)

    def test_groups(self):
        for groups, text in [
                (["a"], "'a' is not NAME=ATOMS, such as lead=3,5-9 or rest=others"),
                (["a="], "'a=' is not NAME=ATOMS"), (["a=1,"], "'a=1,' is not NAME=ATOMS"),
                (["a=3-1"], "'a=3-1' is not NAME=ATOMS"), (["a=1 2"], "is not NAME=ATOMS"),
                (["a=0"], "--group a: there is no atom 0; they are 1 to 6"),
                (["a=7"], "--group a: there is no atom 7; they are 1 to 6"),
                (["a=1-99999999999999999999999"], "there is no atom "),
                (["a=1,2", "b=2"], "atom 2 is in 'a' and in 'b'"), (["a=1-3,2"], "atom 2 is in 'a' twice"),
                (["a=1-6", "b=others"], "--group b: no others are left; all of the 6 atoms"),
                (["a=others", "b=others"], "'a' and 'b' cannot both have the others"),
                (["=1"], "cannot name a stem"), (["a/b=1"], "cannot name a stem"),
                ([".a=1"], "cannot name a stem"), (["residual=1"], "take another label"),
                (["mix=1"], "take another label")]:
            with self.subTest(groups=groups):
                options = [option for group in groups for option in ("--group", group)]
                self.refuse(["render", "stems", *options], 64, text)

    def test_options(self):
        for options, text in [(["--atoms", "--group", "a=1"], "leave out --group"),
                              (["--group", "a=1", "--input", "-"], "not on standard input"),
                              (["--group", "a=1", "-o", "stems", "--force"], "take another -o"),
                              (["--group", "a=1", "-o", ".", "--force"], "take another -o"),
                              (["--group", "a=1", "--format", "flac", "--sample-format", "32"],
                               "--sample-format: FLAC")]:
            with self.subTest(options=options):
                self.refuse(["render", "stems", *options], 64, text)
        self.refuse(["render", ".", "--atoms"], 64, ".: give the stems' folder with -o")

    def test_output_exists(self):
        (self.folder / "stems.atoms").mkdir()
        (self.folder / "stems.atoms/mine").write_text("mine")
        self.refuse(["render", "stems", "--atoms"], 73, "stems.atoms: ", "--force")

    def test_force_takes_the_place_of_a_separation(self):
        """What that one kept goes with its stems."""
        result = run("separate", "a.wav", "-o", "other", *QUICK, cwd=self.folder)
        self.assertEqual(result.returncode, 0)
        (self.folder / "other/mine").write_text("mine")
        result = run("render", "stems", "--group", "a=others", "-o", "other", "--force",
                     cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(sorted(path.name for path in (self.folder / "other").iterdir()),
                         ["a.wav", "index.html", "mine", "unmingle.json"])

    def test_recording_that_is_gone_or_changed(self):
        moved = self.folder / "moved.wav"
        self.path.rename(moved)
        self.refuse(["render", "stems", "--atoms"], 66, str(self.path), "stems was made from it",
                    "--input FILE says where it is now")
        self.refuse(["render", "stems", "--atoms", "--input", "b.wav"], 66, "b.wav: ")
        result = run("render", "stems", "--atoms", "--input", "moved.wav", cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(record_of(self.folder / "stems.atoms")["input"]["path"], str(moved))
        data = bytearray(moved.read_bytes())
        data[-1] ^= 1
        self.path.write_bytes(data)
        for options in ([], ["--input", "a.wav"]):
            self.refuse(["render", "stems", "--group", "a=1", *options], 65, "a.wav: is not",
                        "that stems was made from", "--input")

    def test_standard_input(self):
        with open(self.path, "rb") as file:
            result = run("separate", "-", "-o", "piped", *QUICK, stdin=file, cwd=self.folder)
        self.assertEqual(result.returncode, 0)
        self.refuse(["render", "piped", "--atoms"], 64, "piped: was made from standard input",
                    "--input FILE")
        sounds.write_whole(self.folder / "b.wav", sounds.noise(9001, 2), 44100, "PCM_16")
        self.refuse(["render", "piped", "--atoms", "--input", "b.wav"], 65, "b.wav: has 9001 frames")
        result = run("render", "piped", "--group", "a=1-4", "--group", "b=others", "--input",
                     "a.wav", cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_folders_that_are_none(self):
        (self.folder / "empty").mkdir()
        for folder, code, text in [("none", 66, "none: no such folder"),
                                   ("a.wav", 65, "a.wav: no folder"),
                                   ("empty", 66, "empty: holds no unmingle.json")]:
            self.refuse(["render", folder, "--atoms", "-o", "out"], code, text)
        self.assertEqual(run("render", "stems", "--atoms", cwd=self.folder).returncode, 0)
        self.refuse(["render", "stems.atoms", "--atoms"], 65, "'unmingle separate', stems")

    def test_damaged_folders(self):
        record = record_of(self.folder / "stems")
        report = self.folder / "stems/unmingle.json"

        def changed(**changes):
            return json.dumps({**record, **changes})
        without = {key: value for key, value in record.items() if key != "kept"}
        for text, message in [("{", "cannot be read"), ("[]", "not the report"),
                              (changed(command="factor"), "not the report"),
                              (json.dumps(without), "an older version"),
                              (changed(settings={}), "is damaged"),
                              (changed(settings={"exponent": 99}), "is damaged"),
                              (changed(settings={"exponent": 0}), "is damaged"),
                              (changed(input={"frames": 9000, "path": "a.wav"}), "is damaged"),
                              (changed(input={**record["input"], "frames": 8}), "8, 2, 44100")]:
            report.write_text(text)
            with self.subTest(text=message):
                self.refuse(["render", "stems", "--atoms"], 65, message)
                if message == "is damaged":
                    self.refuse(["plot", "stems", "-o", "a.png"], 65, message)
        report.write_text(json.dumps(record))
        activations = self.folder / "stems/activations.npy"
        H = np.load(activations)
        for other, message in [(H[:, :-1], "columns do not fit 6 atoms"), (H[:-1], "has 11 rows"),
                               (np.pad(H, ((0, 1), (0, 0))), "the recording 12 frames"),
                               (np.where(H > 0, np.float32(np.nan), H), "row 1, column 1"),
                               (np.tile(H, 2), "columns"), (-H, "row 1, column 1")]:
            np.save(activations, other)
            with self.subTest(shape=other.shape):
                self.refuse(["render", "stems", "--atoms"], 65, "stems/activations.npy: ", message)
        activations.unlink()
        self.refuse(["render", "stems", "--atoms"], 66, "stems/activations.npy: ")
        np.save(activations, H)
        atoms = self.folder / "stems/atoms.safetensors"
        data = atoms.read_bytes()
        atoms.write_bytes(data[:-1])
        self.refuse(["render", "stems", "--atoms"], 78, "stems/atoms.safetensors: ")
        atoms.unlink()
        self.refuse(["render", "stems", "--atoms"], 66, "stems/atoms.safetensors: ")


if __name__ == "__main__":
    unittest.main()
