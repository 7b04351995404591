"""The page in headless Chromium: it shows what comes, and sends what its user does."""

import itertools
import os
import signal
import struct
import subprocess
import time
import unittest

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

import browser
from live_page import LivePage


def setUpModule():
    global driver
    driver = browser.start()


def tearDownModule():
    browser.stop(driver)


class PageCase(unittest.TestCase):
    """Each test has a demo of its own, and what it does must leave nothing on the console."""

    def setUp(self):
        self.demo = subprocess.Popen([os.environ["PAGE_DEMO"]], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end_demo)
        browser.resize(driver, browser.DESKTOP)
        self.page = LivePage(driver, self.demo.stdout.readline().strip())
        self.page.wait(lambda: self.page.labels() == ["voice", "drums", "rest"])

    def end_demo(self):
        self.demo.stdin.close()
        self.demo.stdout.close()
        self.assertEqual(self.demo.wait(5), 0)

    def tearDown(self):
        self.assertEqual(self.page.problems(), [])

    def state(self):
        return self.page.state()

    def source(self, label):
        return next((s for s in self.state()["sources"] if s["label"] == label), None)

    def press(self, *keys):
        ActionChains(driver).send_keys(*keys).perform()


class Shows(PageCase):
    def test_sound_moves(self):
        for canvas in ["#spectrogram", ".group canvas"]:
            before = self.page.picture_of(canvas)
            self.page.wait(lambda: self.page.picture_of(canvas) != before, canvas)
        self.page.wait(lambda: self.page.run(
            "return document.querySelector('.meter b').getBoundingClientRect().width") > 5, "meter")

    def test_forty_frames_a_second(self):
        n_before, before = self.page.count_frames()
        time.sleep(4)
        n_after, after = self.page.count_frames()
        rate = (n_after - n_before) / (after - before)
        print(f"{rate:.1f} frames/s")
        self.assertGreater(rate, 30)
        self.assertLess(rate, 42)

    def test_state(self):
        self.assertEqual(self.page.text("#delay"), "8.4 ms")
        self.assertRegex(self.page.text("#load"), r"\A[567] %\Z")
        self.assertEqual(self.page.text("#condition span"), "Running")
        self.assertIn("48 kHz", self.page.text("#facts"))
        self.assertFalse(self.page.find("#recording").is_displayed())
        self.page.command(do="pretend", condition=2)
        self.page.wait(lambda: "gone" in self.page.says())
        self.page.command(do="pretend", condition=1, message="The input is silent.", overruns=12,
                          recording="takes")
        self.page.wait(lambda: self.page.text("#condition span") == "Input silent")
        self.assertEqual(self.page.says(), "The input is silent.")
        self.assertEqual(self.page.text("#dropped"), "1 536")
        self.assertEqual(self.page.find("#recording").text.split(), ["Recording", "to", "takes"])

    def test_many_atoms_and_sources(self):
        for label in ["C", "D", "E", "F", "G"]:
            self.page.command(do="hold", label=label)
            self.page.command(do="release")
        self.page.command(do="pretend", atoms=64)
        self.page.wait(lambda: len(self.page.labels()) == 8)
        self.page.wait(lambda: "64 atoms" in self.page.find(".group canvas").get_attribute("aria-label"))
        for width in [1440, 1100, 800, 390, 360]:
            browser.resize(driver, (width, 844))
            self.assertLessEqual(self.page.run("return document.documentElement.scrollWidth"), width)
        before = self.page.picture_of("#spectrogram")
        self.page.wait(lambda: self.page.picture_of("#spectrogram") != before)

    def test_names_are_text(self):
        """A label may hold anything; none of it is taken for HTML."""
        label = "<img src=x onerror=alert(1)>"
        self.page.command(do="rename", source=0, label=label)
        self.page.wait(lambda: label in self.page.labels())
        self.page.wait(lambda: self.page.text(".group h3").startswith(label))
        self.assertEqual(self.page.find_all("img"), [])

    def test_screenshots(self):
        time.sleep(8 if os.environ.get("UNMINGLE_SCREENSHOTS") else 1)
        self.page.picture("desktop")
        browser.resize(driver, browser.PHONE, scale=2)
        time.sleep(1)
        self.page.picture("phone")
        self.assertLessEqual(self.page.run("return document.documentElement.scrollWidth"), 390)

    def test_still(self):
        """Who does not want to see motion sees the sound written from left to right, not scrolled."""
        browser.resize(driver, browser.DESKTOP, still=True)
        time.sleep(1)
        before = self.page.picture_of("#spectrogram"), self.page.column("#spectrogram", 20)
        self.page.wait(lambda: self.page.picture_of("#spectrogram") != before[0])
        self.assertEqual(self.page.column("#spectrogram", 20), before[1])


class Sends(PageCase):
    def test_gain(self):
        self.page.set_gain("drums", 0.5)
        self.assertEqual(self.page.strip("drums").find_element("css selector", ".readout").text, "−6.0 dB")
        self.page.wait(lambda: abs(self.source("drums")["gain"] - 0.5) < 1e-3)
        self.page.command(do="gain", source=1, value=0)
        self.page.wait(lambda: self.page.strip("drums", "gain").get_attribute("value") == "0")
        self.assertIn("silent", self.page.strip("drums", "gain").get_attribute("aria-valuetext"))

    def test_mute_and_solo(self):
        for what in ["mute", "solo"]:
            self.page.strip("voice", what).click()
            self.page.wait(lambda: self.source("voice")[what])
            time.sleep(0.7)
            self.assertTrue(self.page.is_pressed(self.page.strip("voice", what)))
            self.page.strip("voice", what).click()
            self.page.wait(lambda: not self.source("voice")[what])
            self.page.command(do=what, source=1, value=True)
            self.page.wait(lambda: self.page.is_pressed(self.page.strip("drums", what)))

    def test_rename_and_remove(self):
        name = self.page.strip("voice", "name")
        name.send_keys(Keys.CONTROL, "a")
        name.send_keys("choir", Keys.ENTER)
        self.page.wait(lambda: self.source("choir"))
        self.page.wait(lambda: self.page.text(".group h3").startswith("choir"))
        # Refused: the old name is back, and the reason is said.
        name = self.page.strip("choir", "name")
        name.send_keys(Keys.CONTROL, "a")
        name.send_keys("drums", Keys.ENTER)
        self.page.wait(lambda: "the name is taken" in self.page.says())
        self.page.wait(lambda: self.page.labels() == ["choir", "drums", "rest"])
        # What was learned is not lost by one slip.
        self.page.strip("choir", "remove").click()
        self.assertIn("Press again", self.page.says())
        self.assertEqual(len(self.state()["sources"]), 3)
        self.page.strip("choir", "remove").click()
        self.page.wait(lambda: self.page.labels() == ["drums", "rest"])
        self.assertFalse(self.page.strip("rest", "remove").is_displayed())

    def test_hold(self):
        self.page.hold("A", 1)
        self.page.wait(lambda: "A" in self.page.labels())
        self.assertIsNone(self.state()["hold"])
        # A tap latches, the next lets go.
        self.page.pad("noise").click()
        self.page.wait(lambda: self.state()["hold"] == "noise")
        self.page.wait(lambda: "1." in self.page.pad("noise").text)
        self.assertTrue(self.page.is_pressed(self.page.pad("noise")))
        self.page.pad("noise").click()
        self.page.wait(lambda: "noise" in self.page.labels())
        self.assertFalse(self.page.is_pressed(self.page.pad("noise")))
        # Another name.
        self.assertFalse(self.page.find("#hold-named").is_enabled())
        self.page.find("#hold-name").send_keys("flute")
        self.page.hold("flute", 0.6)
        self.page.wait(lambda: "flute" in self.page.labels())

    def test_learn_and_freeze(self):
        self.page.find("#learn").click()
        self.page.wait(lambda: not self.state()["learning"])
        self.page.find("#freeze").click()
        self.page.wait(lambda: self.state()["frozen"])
        self.page.wait(lambda: not self.page.find("#learn").is_enabled())
        self.page.find("#freeze").click()
        self.page.wait(lambda: not self.state()["frozen"])
        self.page.wait(lambda: self.page.find("#learn").is_enabled())

    def test_save(self):
        self.page.find("#save").click()
        field = self.page.find("#save-name")
        self.page.wait(field.is_displayed)
        field.send_keys("duo.safetensors", Keys.ENTER)
        self.page.wait(lambda: "duo.safetensors" in self.page.says())
        self.assertFalse(field.is_displayed())
        # The demo saves once; then the dialog stays and tells why.
        self.page.find("#save").click()
        field.send_keys("duo.safetensors")
        self.page.find("#save-dialog .strong").click()
        self.page.wait(lambda: "exists already" in self.page.text("#save-problem"))
        self.assertTrue(field.is_displayed())
        self.page.driver.get_log("browser")  # Chromium logs the 400 that was meant

    def test_devices(self):
        options = lambda way: [o.text for o in self.page.find_all(f"#device-{way} option")]
        self.page.wait(lambda: len(options("in")) == 2)
        self.assertEqual(options("out"), ["None, only watch", "Scarlett 2i2 USB", "Headphones"])
        for text, expected in [("Headphones", "Headphones"), ("None, only watch", None)]:
            self.page.find(f"#device-out option:nth-child({options('out').index(text) + 1})").click()
            self.page.wait(lambda: self.state()["out"] == expected)
        self.page.wait(lambda: self.page.text("#delay") == "–")

    def tearDown(self):
        # Commands that are refused with 400 are logged by Chromium itself.
        self.assertEqual([p for p in self.page.problems() if "/command" not in p], [])


class Keyboard(PageCase):
    def test_single_keys(self):
        self.press("1")
        self.page.wait(lambda: self.source("voice")["mute"])
        ActionChains(driver).key_down(Keys.SHIFT).send_keys("2").key_up(Keys.SHIFT).perform()
        self.page.wait(lambda: self.source("drums")["solo"])
        self.press("l")
        self.page.wait(lambda: not self.state()["learning"])
        ActionChains(driver).key_down("b").pause(0.8).key_up("b").perform()
        self.page.wait(lambda: "B" in self.page.labels())
        self.press("s")
        self.page.wait(self.page.find("#save-name").is_displayed)
        self.press("f", Keys.ESCAPE)  # typed, not frozen
        self.page.wait(lambda: not self.page.find("#save-name").is_displayed())
        self.assertFalse(self.state()["frozen"])

    def test_single_keys_can_be_turned_off(self):
        self.press("?")
        self.page.wait(self.page.find("#keys-on").is_displayed)
        self.page.find("#keys-on").click()
        self.press(Keys.ESCAPE)
        self.press("1")
        self.page.strip("drums", "mute").click()
        self.page.wait(lambda: self.source("drums")["mute"])
        self.assertFalse(self.source("voice")["mute"])

    def test_everything_by_tab(self):
        """Tab reaches each control, and what has the focus shows it."""
        self.page.run("document.body.focus()")
        reached = []
        for _ in range(60):
            self.press(Keys.TAB)
            reached.append(self.page.run("""
                const e = document.activeElement;
                return [e.id || e.getAttribute("aria-label") || e.dataset.label || e.className,
                        getComputedStyle(e).outlineStyle]"""))
        names = [name for name, _ in reached]
        for name in ["device-in", "device-out", "keys-button", "learn", "freeze", "save", "noise", "A",
                     "B", "hold-name", "Name of source 1", "Mute voice", "Solo voice", "Remove voice",
                     "Gain of voice", "Gain of rest", "atoms"]:
            self.assertIn(name, names)
        self.assertEqual({style for name, style in reached if name}, {"solid"})

    def test_slider_and_pad_by_keys(self):
        gain = self.page.strip("voice", "gain")
        gain.send_keys(Keys.ARROW_LEFT * 10)
        self.page.wait(lambda: 0.5 < self.source("voice")["gain"] < 1)
        gain.send_keys("0")
        self.page.wait(lambda: self.source("voice")["gain"] == 1)
        self.page.pad("A").send_keys(Keys.ENTER)
        self.page.wait(lambda: self.state()["hold"] == "A")
        self.page.pad("A").send_keys(Keys.SPACE)
        self.page.wait(lambda: "A" in self.page.labels())

    def test_names_for_screen_readers(self):
        """Every control and picture has a name, by Chromium's own tree of accessibility."""
        nodes = driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        shown = [n for n in nodes if not n.get("ignored")]
        for role in ["button", "slider", "textbox", "combobox", "img", "meter", "canvas"]:
            for node in shown:
                if node["role"]["value"] == role:
                    self.assertTrue(node.get("name", {}).get("value"), node)
        roles = [n["role"]["value"] for n in shown]
        self.assertEqual(roles.count("slider"), 3)
        self.assertEqual(roles.count("meter"), 5)
        self.assertIn("status", roles)


class Connection(PageCase):
    def test_strangers(self):
        self.assertEqual(self.page.request("/devices")[0], 200)
        for change in [{"token": "0" * 32}, {"token": ""}, {"headers": {"Host": "evil.example"}},
                       {"headers": {"Origin": "http://evil.example"}}]:
            for path in ["/", "/stream", "/devices", "/nothing"]:
                self.assertEqual(self.page.request(path, **change)[0], 403)
            self.assertEqual(self.page.request("/command", "POST", b"{}", **change)[0], 403)

    def test_lost_and_found_again(self):
        os.kill(self.demo.pid, signal.SIGSTOP)
        self.page.wait(lambda: self.page.text("#condition span") == "Not connected", seconds=8)
        self.assertIn("lost", self.page.says())
        os.kill(self.demo.pid, signal.SIGCONT)
        self.page.wait(lambda: self.page.text("#condition span") == "Running", seconds=10)
        self.page.command(do="mute", source=0, value=True)
        self.page.wait(lambda: self.page.is_pressed(self.page.strip("voice", "mute")))

    def test_reader_who_stalls(self):
        """He costs the page nothing, and afterwards hears the newest, not all that he has missed."""
        frames = (struct.unpack("<I", payload[:4])[0]
                  for kind, payload in self.page.stream(buffer=4096) if kind == 2)
        next(frames)
        n_before, before = self.page.count_frames()
        time.sleep(10)
        n_after, after = self.page.count_frames()
        self.assertGreater((n_after - n_before) / (after - before), 30)
        self.page.command(do="mute", source=0, value=True)
        self.assertTrue(self.source("voice")["mute"])
        # The demo makes 50 a second, and the system's buffers hold some of them.
        numbers = list(itertools.islice(frames, 400))
        self.assertGreater(max(b - a for a, b in zip(numbers, numbers[1:])), 50)
        frames.close()


if __name__ == "__main__":
    unittest.main()
