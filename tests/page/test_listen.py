"""The listening page in headless Chromium, from a disk: what it shows is what plays."""

import json
import pathlib
import shutil
import tempfile
import time
import unittest

import soundfile
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

import browser
from listen_page import ListenPage, unmingle

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "samples"
TRIO = ["drums", "bass", "vibraphone"]
ODD = ["a\"<b>&'`%41#?\\", "größe 日本 -<!--"]


def setUpModule():
    global driver, folder
    driver = browser.start()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="unmingle listen #1% "))
    clips = [f"{label}=@{2 * i}-{2 * i + 2}" for i, label in enumerate(TRIO)]
    unmingle("separate", SAMPLES / "trio/mix.flac", "-o", folder / "trio", "--clip-atoms", "6",
             *[option for clip in clips for option in ("--learn", clip)])


def tearDownModule():
    browser.stop(driver)
    shutil.rmtree(folder)


class ListenCase(unittest.TestCase):
    """What a test does must leave nothing on the console."""
    scheme = "light"

    def setUp(self):
        browser.resize(driver, browser.DESKTOP)
        self.choose_scheme(self.scheme)
        self.page = ListenPage(driver, folder / "trio")

    def tearDown(self):
        self.assertEqual(self.page.problems(), [])

    def choose_scheme(self, scheme):
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": scheme}]})

    def press(self, *keys):
        ActionChains(driver).send_keys(*keys).perform()

    def shift(self, digit):
        ActionChains(driver).key_down(Keys.SHIFT).send_keys(digit).key_up(Keys.SHIFT).perform()

    def open(self, name):
        self.page = ListenPage(driver, folder / name)
        return self.page

    def data(self):
        return json.loads(self.page.text("#data"))


class Plays(ListenCase):
    def test_all_stems_together(self):
        self.assertEqual(self.page.names(), TRIO)
        self.assertTrue(all(self.page.each("paused")))
        self.page.start()
        self.assertEqual(self.page.heard(), TRIO)
        self.assertEqual(self.page.find("#play").get_attribute("aria-label"), "Pause")
        before = self.page.each("time")
        worst = 0
        for _ in range(10):
            time.sleep(0.1)
            worst = max(worst, self.page.spread())
        for a, b in zip(before, self.page.each("time")):
            self.assertGreater(b - a, 0.7)
        print(f"at most {1000 * worst:.1f} ms apart")
        self.assertLess(worst, 0.06)
        self.assertLess(abs(self.page.clock() - self.page.each("time")[0]), 0.3)
        self.page.find("#play").click()
        self.assertTrue(all(self.page.each("paused")))
        at = self.page.each("time")
        time.sleep(0.3)
        self.assertEqual(self.page.each("time"), at)

    def test_one_that_is_off_is_brought_back(self):
        self.page.start()
        for seconds in (0.5, -0.04):
            self.page.run("document.querySelectorAll('audio')[1].currentTime += arguments[0]", seconds)
            self.page.wait(lambda: self.page.spread() > 0.02, "it was not put off")
            self.page.wait(lambda: self.page.spread() < 0.005 and set(self.page.each("speed")) == {1},
                           f"{seconds} off")

    def test_its_end(self):
        self.page.start()
        self.page.run("document.querySelectorAll('audio').forEach((a) => a.currentTime = 12.2)")
        self.page.wait(lambda: all(self.page.each("paused")) and self.page.each("time") == [0, 0, 0])
        self.page.wait(lambda: self.page.clock() == 0)
        self.assertEqual(self.page.find("#play").get_attribute("aria-label"), "Play")
        self.page.start()  # and again
        self.assertLess(self.page.each("time")[0], 3)

    def test_media_key(self):
        """What pauses one sound from outside pauses all."""
        self.page.start()
        self.page.run("document.querySelector('audio').pause()")
        self.page.wait(lambda: all(self.page.each("paused")))
        self.assertEqual(self.page.find("#play").get_attribute("aria-label"), "Play")

    def test_solo_and_mute(self):
        self.page.start()
        solo = {label: self.page.row(label, "solo") for label in TRIO}
        mute = {label: self.page.row(label, "mute") for label in TRIO}
        for button, heard in [(solo["bass"], ["bass"]), (solo["drums"], ["drums", "bass"]),
                              (mute["bass"], ["drums"]), (solo["drums"], []),
                              (mute["bass"], ["bass"]), (solo["bass"], TRIO),
                              (mute["drums"], ["bass", "vibraphone"])]:
            pressed = button.get_attribute("aria-pressed")
            button.click()
            self.assertEqual(self.page.heard(), heard)
            self.assertNotEqual(button.get_attribute("aria-pressed"), pressed)
            self.assertTrue(self.page.plays(), "those that are not heard go on in silence")
        self.page.wait(lambda: self.page.spread() < 0.06)
        self.page.find("#all").click()
        self.assertEqual(self.page.heard(), TRIO)
        self.assertFalse(self.page.find("#all").is_enabled())

    def test_gain(self):
        gain = self.page.row("bass", "gain")
        self.assertEqual(self.page.each("volume"), [1, 1, 1])
        gain.send_keys(*[Keys.ARROW_LEFT] * 12)
        self.assertEqual(gain.get_attribute("aria-valuetext"), "−6.0 dB")
        self.assertEqual(self.page.row("bass", "db").text, "−6.0 dB")
        drums, bass, vibraphone = self.page.each("volume")
        self.assertEqual((drums, vibraphone), (1, 1))
        self.assertAlmostEqual(bass, 10 ** (-6 / 20), 5)
        self.assertEqual(self.page.clock(), 0)  # the arrows were the slider's
        gain.send_keys(Keys.HOME)
        self.assertEqual(self.page.each("volume"), [1, 0, 1])
        ActionChains(driver).double_click(gain).perform()
        self.assertEqual(self.page.each("volume"), [1, 1, 1])

    def test_keys(self):
        self.press(" ")
        self.page.wait(self.page.plays)
        self.press(Keys.ARROW_RIGHT)
        self.page.wait(lambda: self.page.plays() and 5 < self.page.each("time")[0] < 8)
        self.press(Keys.ARROW_LEFT)
        self.page.wait(lambda: self.page.plays() and self.page.each("time")[0] < 4)
        self.press("2")
        self.assertEqual(self.page.heard(), ["bass"])
        self.press("3")
        self.assertEqual(self.page.heard(), ["bass", "vibraphone"])
        self.press("9")  # there is no ninth
        self.press("0")
        self.assertEqual(self.page.heard(), TRIO)
        self.shift("3")
        self.assertEqual(self.page.heard(), ["drums", "bass"])
        self.shift("3")
        self.press(" ")
        self.page.wait(lambda: all(self.page.each("paused")))
        self.press(Keys.END)
        self.page.wait(lambda: self.page.clock() > 12.5)
        self.press(Keys.HOME)
        self.page.wait(lambda: self.page.each("time") == [0, 0, 0])

    def test_space_after_a_click_plays(self):
        """And does not press the button again."""
        self.page.row("bass", "solo").click()
        self.press(" ")
        self.page.wait(self.page.plays)
        self.assertEqual(self.page.heard(), ["bass"])

    def test_everything_is_reached_with_tab(self):
        reached = []
        for _ in range(14):
            self.press(Keys.TAB)
            reached.append(self.page.run("""const e = document.activeElement;
                return [e.getAttribute("aria-label") ?? "", getComputedStyle(e).outlineStyle]"""))
        labels = [label for label, _ in reached]
        for label in ["Play", "Position", *[f"{what} {stem}" for stem in TRIO
                                            for what in ("Solo", "Mute", "Gain of")]]:
            self.assertIn(label, labels)
            self.assertEqual(dict(reached)[label], "solid", label)
        self.page.row("drums", "mute").send_keys(Keys.ENTER)
        self.assertEqual(self.page.each("muted"), [True, False, False])

    def test_pointer(self):
        """On the ruler, on a waveform, on the picture: to where it points."""
        for selector in ["#ruler", ".wave", ".over"]:
            area = self.page.find(selector)
            self.page.run("arguments[0].scrollIntoView({block: 'center'})", area)
            for share in (0.75, 0.25):
                offset = int((share - 0.5) * area.size["width"])
                ActionChains(driver).move_to_element_with_offset(area, offset, 0).click().perform()
                seconds = share * self.page.run("return SECONDS")
                self.page.wait(lambda: all(abs(t - seconds) < 0.05 for t in self.page.each("time")),
                               f"{selector} {share}")
                head = self.page.run("""const head = arguments[0].querySelector(".head");
                    const [a, b] = [arguments[0], head].map((e) => e.getBoundingClientRect());
                    return (b.left + b.width / 2 - a.left) / a.width""", area)
                self.assertAlmostEqual(head, share, 2)


class Shows(ListenCase):
    def test_facts(self):
        self.assertEqual(self.page.text("#recording"), "mix.flac")
        self.assertEqual(self.page.text("#facts"), "3 stems · 0:12.6 · 44.1 kHz · stereo · WAV, 16-bit "
                         "· they add up to the recording exactly")
        self.assertEqual(self.page.text("#length"), "/ 0:12.6")

    def test_nothing_from_outside(self):
        """All that is asked for are the stems; and the page's policy lets nothing else through."""
        self.page.start()
        asked = self.page.run("return performance.getEntries().map((e) => e.name)")
        root = self.page.url.rsplit("/", 1)[0] + "/"
        for name in asked:
            if ":" in name and not name.startswith("blob:null/"):  # the picture that it holds itself
                self.assertTrue(name.startswith(root), name)
        blocked = driver.execute_async_script("""const done = arguments[0];
            document.addEventListener("securitypolicyviolation", (e) => done(e.violatedDirective));
            const image = new Image();
            image.src = "http://127.0.0.1:9/picture.png";""")
        self.assertEqual(blocked, "img-src")
        self.assertTrue(all("Content Security Policy" in p for p in self.page.problems()))

    def test_waveforms(self):
        data = self.data()
        for scheme in ("light", "dark"):
            self.choose_scheme(scheme)
            colours = data[scheme]
            page = "rgb({}, {}, {})".format(*bytes.fromhex(colours["page"][1:]))
            self.page.wait(lambda: self.page.run(
                "return getComputedStyle(document.body).backgroundColor") == page, scheme)
            self.assertEqual([self.page.inked(label)[0] for label in TRIO], colours["stems"])
        inked = self.page.inked("bass")[1]
        self.assertGreater(inked, 0.05)
        self.page.row("drums", "solo").click()
        self.assertEqual([self.page.inked(label)[0] for label in TRIO],
                         [data["dark"]["stems"][0], None, None])
        self.assertAlmostEqual(self.page.inked("bass")[1], inked, 2)

    def test_sharp_and_redrawn(self):
        for size, scale in [(browser.DESKTOP, 1), ((1000, 700), 2), (browser.PHONE, 3)]:
            browser.resize(driver, size, scale)
            self.page.wait(lambda: self.page.run("""
                return [...document.querySelectorAll("canvas")].every((c) =>
                  Math.abs(c.width - arguments[0] * c.clientWidth) <= 1)""", scale), size)
            self.assertLessEqual(self.page.run("return document.documentElement.scrollWidth"), size[0])

    def test_picture(self):
        self.page.wait(lambda: self.page.run("""const p = document.querySelector("#picture");
            return p.complete && p.naturalWidth === 1400"""))
        self.assertIn("drums, bass, vibraphone", self.page.find("#picture").get_attribute("alt"))
        # Its axis of time lies below that of the waveforms.
        left, right = self.page.run("""return [".wave", ".over"].map((s) => {
            const box = document.querySelector(s).getBoundingClientRect();
            return [box.left, box.right]})""")
        for a, b in zip(left, right):
            self.assertAlmostEqual(a, b, delta=0.5)

    def test_odd_names(self):
        unmingle("render", folder / "trio", "-o", folder / ODD[1], "--group", f"{ODD[0]}=1-6",
                 "--group", f"{ODD[1]}=others")
        page = self.open(ODD[1])
        self.assertEqual(page.names(), ODD)
        page.start()
        self.assertEqual(page.heard(), ODD)
        self.assertEqual(page.find_all(".name b *"), [])

    def test_screenshots(self):
        for scheme in ("light", "dark"):
            self.choose_scheme(scheme)
            browser_size = (1440, 1000)
            browser.resize(driver, browser_size)
            self.choose_scheme(scheme)
            self.page.run("player.seek(arguments[0])", 7.3)
            self.page.wait(lambda: self.page.each("time") == [7.3] * 3)
            time.sleep(0.3)
            self.page.picture(f"listen-{scheme}")
        browser.resize(driver, browser.PHONE, scale=2)
        time.sleep(0.5)
        self.page.picture("listen-phone")


class Fails(ListenCase):
    def copy(self, name):
        shutil.copytree(folder / "trio", folder / name)
        return folder / name

    def test_a_stem_that_is_gone(self):
        (self.copy("gone") / "bass.wav").unlink()
        self.open("gone")
        self.page.wait(lambda: self.page.row("bass", "problem").is_displayed())
        self.assertIn("bass.wav", self.page.row("bass", "problem").text)
        self.page.find("#play").click()
        self.page.wait(lambda: self.page.each("paused") == [False, True, False])
        self.assertGreater(self.page.inked("bass")[1], 0.02)
        self.assertTrue(all("bass.wav" in p for p in self.page.problems()))

    def test_a_stem_that_is_shorter(self):
        path = self.copy("short") / "bass.wav"
        soundfile.write(path, *soundfile.read(path, 3 * 44100))
        self.open("short")
        self.page.start()
        self.page.run("""window.began = 0;
            document.querySelectorAll("audio")[1].addEventListener("play", () => window.began++)""")
        self.press(Keys.ARROW_RIGHT)
        self.page.wait(lambda: self.page.each("paused") == [False, True, False])
        self.page.wait(lambda: self.page.each("time")[0] > 5.5)
        self.assertEqual(self.page.run("return window.began"), 0)  # not from its start, for a moment
        self.assertLess(abs(self.page.each("time")[0] - self.page.each("time")[2]), 0.06)
        self.press(Keys.HOME)
        self.page.wait(lambda: self.page.plays() and self.page.spread() < 0.06)

    def test_what_browsers_do_not_play(self):
        sound = folder / "sound.wav"
        soundfile.write(sound, *soundfile.read(SAMPLES / "duo/mix.flac", 44100), subtype="DOUBLE")
        unmingle("separate", sound, "-o", folder / "double", "--sources", "2", "--iterations", "4")
        self.open("double")
        self.page.wait(lambda: self.page.find("#problem").is_displayed())
        self.page.wait(lambda: "--sample-format float" in self.page.row("source-1", "problem").text)
        self.assertIn("WAV, double", self.page.row("source-1", "problem").text)
        self.assertFalse(self.page.find("#play").is_enabled())
        self.press(" ")
        self.assertEqual(self.page.clock(), 0)

    def test_nothing_to_play(self):
        soundfile.write(folder / "empty.wav", [], 44100)
        unmingle("separate", folder / "empty.wav", "-o", folder / "nothing", "--sources", "2")
        self.open("nothing")
        self.assertIn("nothing to play", self.page.find("#problem").text)
        self.assertFalse(self.page.find("#play").is_enabled())
        self.press(" ", "1", Keys.ARROW_RIGHT)
        self.assertEqual(self.page.text("#clock"), "0:00.0")


if __name__ == "__main__":
    unittest.main()
