"""What a user does with the listening page beside stems, and what plays then."""

import os
import subprocess

from browser import Page

# Of each sound at one moment, in the order of the stems.
SOUNDS = """return [...document.querySelectorAll("audio")].map((a) => ({
  time: a.currentTime, paused: a.paused, muted: a.muted, volume: a.volume, speed: a.playbackRate,
  ended: a.ended, error: a.error !== null}))"""


def unmingle(*arguments, **options):
    result = subprocess.run([os.environ["UNMINGLE"], *map(str, arguments)], capture_output=True,
                            text=True, **options)
    assert result.returncode == 0, result.stderr
    return result.stdout


class ListenPage(Page):
    def __init__(self, driver, folder):
        super().__init__(driver, (folder / "index.html").resolve().as_uri())

    def sounds(self):
        return self.run(SOUNDS)

    def each(self, what):
        return [sound[what] for sound in self.sounds()]

    def names(self):
        return self.run("return [...document.querySelectorAll('.name b')].map((n) => n.textContent)")

    def row(self, label, part):
        """A part of a stem's row: solo, mute, gain, db, problem, wave."""
        row = self.find_all(".stem")[self.names().index(label)]
        return row.find_element("css selector", f".{part}")

    def heard(self):
        """The stems that one hears."""
        return [name for name, sound in zip(self.names(), self.sounds())
                if not (sound["muted"] or sound["volume"] == 0 or sound["paused"])]

    def plays(self):
        return not any(self.each("paused"))

    def start(self):
        self.find("#play").click()
        self.wait(lambda: self.plays() and min(self.each("time")) > 0.2, "it does not play")

    def clock(self):
        """Seconds, as the page shows them."""
        minutes, seconds = self.text("#clock").split(":")
        return 60 * int(minutes) + float(seconds)

    def spread(self):
        """How far apart the sounds are, seconds."""
        times = self.each("time")
        return max(times) - min(times)

    def inked(self, label):
        """(the most frequent strong colour of a stem's waveform, share of its pixels that are inked)"""
        return self.run("""
            const {width, height} = arguments[0];
            const pen = new OffscreenCanvas(width, height).getContext("2d", {willReadFrequently: true});
            pen.drawImage(arguments[0], 0, 0);
            const {data} = pen.getImageData(0, 0, width, height);
            const counts = new Map();
            let inked = 0;
            for (let i = 0; i < data.length; i += 4) {
              inked += data[i + 3] > 0;
              if (data[i + 3] === 255) {
                const colour = [...data.slice(i, i + 3)].map((v) => v.toString(16).padStart(2, "0"));
                counts.set(colour.join(""), (counts.get(colour.join("")) ?? 0) + 1);
              }
            }
            const [first] = [...counts].sort((a, b) => b[1] - a[1]);
            return [first ? "#" + first[0] : null, inked / (data.length / 4)];""",
                        self.row(label, "wave canvas"))
