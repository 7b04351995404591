"""plot: pictures of recordings, dictionaries and folders, looked at as pixels."""

import ctypes
import os
import struct
import subprocess
import sys
import unittest
import xml.etree.ElementTree

import numpy as np
import soundfile

from program import UNMINGLE, run
from scratch import SAMPLES, ScratchCase

SPEECH = SAMPLES.parent / "presets/speech.safetensors"
WHITE = (255, 255, 255)


def open_cairo():
    cairo = ctypes.CDLL("libcairo.so.2")
    for name, result in (("image_surface_create_from_png", ctypes.c_void_p),
                         ("image_surface_get_data", ctypes.c_void_p)):
        getattr(cairo, f"cairo_{name}").restype = result
    return cairo


CAIRO = open_cairo()


def decode_png(path):
    """height x width x 3, red, green and blue. The chunks are those of a picture, without dates."""
    data = path.read_bytes()
    at, kinds = 8, set()
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        kinds.add(kind)
        at += 12 + length
    assert kinds == {b"IHDR", b"bKGD", b"IDAT", b"IEND"}, kinds
    surface = ctypes.c_void_p(CAIRO.cairo_image_surface_create_from_png(os.fsencode(path)))
    assert CAIRO.cairo_surface_status(surface) == 0
    width, height = struct.unpack(">II", data[16:24])
    stride = CAIRO.cairo_image_surface_get_stride(surface)
    bytes_of = ctypes.string_at(CAIRO.cairo_image_surface_get_data(surface), stride * height)
    CAIRO.cairo_surface_destroy(surface)
    pixels = np.frombuffer(bytes_of, np.uint32).reshape(height, -1)[:, :width].astype(np.int64)
    return np.stack([pixels >> 16 & 255, pixels >> 8 & 255, pixels & 255], axis=2)


def marks(line):
    """The middles of the stretches of a row or column of pixels that are not white."""
    inked = np.flatnonzero(np.any(line != 255, axis=1))
    return [part.mean() for part in np.split(inked, np.flatnonzero(np.diff(inked) > 1) + 1)]


class Plot(ScratchCase):
    def plot(self, what, *options, name="a.png", stderr="", **run_options):
        path = self.folder / name
        result = run("plot", str(what), "-o", str(path), "--force", *options, **run_options)
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)
        self.assertRegex(result.stderr, rf"\A{stderr}\Z")
        return path

    def pixels(self, what, *options, **more):
        return decode_png(self.plot(what, *options, **more))

    def sound(self, samples, rate=44100, name="sound.wav"):
        soundfile.write(self.folder / name, samples, rate)
        return self.folder / name

    def tone(self, hertz, seconds=2, rate=44100):
        time = np.arange(int(seconds * rate)) / rate
        return self.sound(0.5 * np.sin(2 * np.pi * hertz * time), rate)

    # -- Recordings --------------------------------------------------------------------------------

    def test_a_tone_is_where_the_axis_says(self):
        ticks = [20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50]
        for hertz in (100, 1000, 10000):
            pixels = self.pixels(self.tone(hertz))
            self.assertEqual(pixels.shape[1], 1200)
            places = marks(pixels[:, 45])  # the short lines left of the plot
            self.assertEqual(len(places), len(ticks))
            column = pixels[56:460, 600].sum(axis=1)
            found = 56 + np.mean(np.flatnonzero(column == column.min()))
            self.assertAlmostEqual(found, places[ticks.index(hertz)], delta=6 if hertz == 100 else 2)

    def test_a_click_is_when_the_axis_says(self):
        for at in (0.2, 0.6, 1.6):
            sound = np.zeros(2 * 44100)
            sound[int(at * 44100)] = 1
            pixels = self.pixels(self.sound(sound))
            below = marks(pixels[488])  # 0.0, 0.2, ...
            dark = np.flatnonzero(pixels[250, 50:1120].sum(axis=1) < 200)
            self.assertAlmostEqual(50 + dark.mean(), below[round(at / 0.2)], delta=2)

    def test_silence_is_the_page(self):
        for options, page in ([], WHITE), (["--dark"], None):
            for n_frames in (0, 1, 44100):
                pixels = self.pixels(self.sound(np.zeros((n_frames, 2))), *options)
                page = page or tuple(pixels[0, 0])
                self.assertTrue(np.all(pixels[60:480, 60:1100] == page))
        self.assertLess(max(page), 50)

    def test_every_rate_and_channel(self):
        for rate, channels in ((1000, 1), (8000, 2), (96000, 6), (768000, 1)):
            noise = np.random.default_rng(1).uniform(-0.5, 0.5, (rate // 2, channels))
            pixels = self.pixels(self.sound(noise, rate))
            self.assertLess(np.mean(pixels[60:480, 60:1100]), 200)

    def test_width(self):
        for width in ("600", "2001"):
            pixels = self.pixels(self.tone(440), "--width", width)
            self.assertEqual(pixels.shape[1], int(width))

    def test_memory_does_not_grow(self):
        """An hour, of which the samples alone are 58 MB."""
        peaks = []
        for seconds in (20, 3600):
            path = self.sound(np.tile(np.arange(-4000, 4000, dtype=np.int16), seconds), 8000)
            # By a small process between: a new one counts the memory of who started it.
            result = subprocess.run(
                [sys.executable, "-c", "import resource, subprocess, sys\n"
                 "subprocess.run(sys.argv[1:], check=True)\n"
                 "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)", UNMINGLE, "plot",
                 str(path), "-o", str(self.folder / "a.png"), "--force", "--threads", "1"],
                capture_output=True, text=True, check=True)
            peaks.append(int(result.stdout))
        self.assertLess(peaks[1], peaks[0] + 4000)  # kB

    def test_standard_input(self):
        path = self.tone(440)
        with open(path, "rb") as file:
            piped = decode_png(self.plot("-", stdin=file))
        # All but the title.
        self.assertTrue(np.array_equal(piped[40:], self.pixels(path)[40:]))

    # -- Dictionaries and folders ------------------------------------------------------------------

    def learn(self, *options):
        path = self.folder / "d.safetensors"
        low, high = self.folder / "low.wav", self.folder / "high.wav"
        self.tone(200).rename(low)
        self.tone(4000).rename(high)
        result = run("learn", "--label", "low", str(low), "--label", "high", str(high), "-o",
                     str(path), "--force", *options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return path

    def test_atoms_have_the_colours_of_their_sources(self):
        pixels = self.pixels(self.learn("--atoms", "1"))
        below = marks(pixels[-UNDER])  # 50, 100, 200, ...
        ticks = [50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000]
        self.assertEqual(len(below), len(ticks))
        for colour, hertz in (((0, 114, 178), 200), ((213, 94, 0), 4000)):
            near = np.abs(pixels - colour).sum(axis=2) < 60  # its line is smoothed
            top = np.flatnonzero(near[:, 40:].any(axis=1))[0]
            x = 40 + np.mean(np.flatnonzero(near[top, 40:]))
            low, high = below[2], below[6]  # 200 and 5000 Hz
            expected = low + (high - low) * np.log(hertz / 200) / np.log(25)
            self.assertAlmostEqual(x, expected, delta=12 if hertz == 200 else 4)

    def test_dictionaries_of_every_size(self):
        for atoms in ("1", "7", "60", "300"):
            for options in ([], ["--dark", "--width", "700"]):
                pixels = self.pixels(self.learn("--atoms", atoms, "--iterations", "2"), *options)
                self.assertLess(len(pixels), 700 + 12 * int(atoms))

    def test_atoms_of_several_frames(self):
        pixels = self.pixels(SPEECH)
        self.assertEqual(pixels.shape[1], 1200)
        self.assertGreater(np.sum(np.all(pixels == (0, 114, 178), axis=2)), 500)

    def test_a_folder_with_and_without_its_recording(self):
        path = self.folder / "mix.flac"
        path.write_bytes((SAMPLES / "trio/mix.flac").read_bytes())
        stems = self.separate(path, "--sources", "3", "--atoms", "9")
        whole = self.pixels(stems)
        self.assertTrue(np.array_equal(whole, self.pixels(stems)))
        path.rename(self.folder / "moved.flac")
        without = self.pixels(stems, stderr="unmingle: warning: [^\n]*mix.flac[^\n]*without the "
                              "recording\n")
        self.assertEqual(len(whole) - len(without), 216)
        self.assertTrue(np.array_equal(whole[-400:], without[-400:]))
        path.write_bytes((SAMPLES / "duo/mix.flac").read_bytes())  # another one of that name
        other = self.pixels(stems, stderr="unmingle: warning: [^\n]*mix.flac[^\n]*\n")
        self.assertTrue(np.array_equal(other, without))

    def test_a_folder_that_is_none(self):
        (self.folder / "empty").mkdir()
        self.refuse(["plot", "empty", "-o", "a.png"], 66, "empty")
        stems = self.separate(self.tone(440), "--sources", "2", "--atoms", "3")
        (stems / "activations.npy").write_bytes(b"\x93NUMPY junk")
        self.refuse(["plot", "stems", "-o", "a.png"], 65, "activations.npy")
        (stems / "atoms.safetensors").write_bytes(b"junk")
        self.refuse(["plot", "stems", "-o", "a.png"], 78, "atoms.safetensors")

    # -- Files -------------------------------------------------------------------------------------

    def test_svg(self):
        for what in (self.learn("--atoms", "3"), SPEECH, self.tone(1000)):
            for options in ([], ["--dark"]):
                data = self.plot(what, *options, name="a.SVG").read_bytes()
                root = xml.etree.ElementTree.fromstring(data)
                self.assertTrue(root.tag.endswith("svg"))
                self.assertEqual(root.get("width"), "1200px")
                again = self.plot(what, *options, name="a.SVG").read_bytes()
                self.assertEqual(data, again)

    def test_without_fonts(self):
        fonts = self.folder / "fonts.conf"
        fonts.write_text("<?xml version='1.0'?><fontconfig></fontconfig>")
        for name in ("a.png", "a.svg"):
            result = run("plot", str(self.tone(440)), "-o", str(self.folder / name),
                         env={**os.environ, "FONTCONFIG_FILE": str(fonts)})
            self.assertEqual(result.returncode, 0, result.stderr)

    def test_names(self):
        for name in ("- ű.wav", "new\nline.wav", "esc\x1b[2J.wav", b"\xff\xfe.wav", "x" * 200 + ".wav"):
            path = os.path.join(os.fsencode(self.folder), os.fsencode(name))
            self.tone(440).rename(os.fsdecode(path))
            self.plot(os.fsdecode(path))

    def test_errors(self):
        self.tone(440)
        (self.folder / "junk.wav").write_bytes(b"junk" * 100)
        (self.folder / "there.png").write_bytes(b"mine")
        for arguments, code, *texts in (
                (["sound.wav"], 64, "--output"),
                (["sound.wav", "-o", "a.gif"], 64, "a.gif", ".png or .svg"),
                (["sound.wav", "-o", "png"], 64, "png"),
                (["sound.wav", "-o", ".png"], 64, ".png"),
                (["sound.wav", "-o", "a.png", "--width", "599"], 64, "600..8000"),
                (["sound.wav", "sound.wav", "-o", "a.png"], 64),
                (["sound.wav", "-o", "there.png"], 73, "there.png", "--force"),
                (["sound.wav", "-o", "none/a.png"], 73, "none/a.png"),
                (["there.png", "-o", "./there.png", "--force"], 64, "./there.png", "the input"),
                (["none.wav", "-o", "a.png"], 66, "none.wav"),
                (["none.safetensors", "-o", "a.png"], 66, "none.safetensors"),
                (["junk.wav", "-o", "a.png"], 65, "junk.wav")):
            with self.subTest(arguments=arguments):
                self.refuse(["plot", *arguments], code, *texts)


# Rows from the bottom of a page of ridges to the middle of its ticks.
UNDER = 16 + 26 - 3


if __name__ == "__main__":
    unittest.main()
