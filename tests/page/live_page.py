"""What a user does with the page of a live run, whoever serves it, and what a program reads of it."""

import contextlib
import http.client
import json
import socket
import struct
import urllib.error
import urllib.parse
import urllib.request

from selenium.webdriver.common.action_chains import ActionChains

from browser import Page

# Counts the columns that the spectrogram gets.
COUNT_FRAMES = """
if (window.nFrames === undefined) {
  window.nFrames = 0;
  const put = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (...given) {
    window.nFrames++;
    return put.apply(this, given);
  };
}
return [window.nFrames, performance.now() / 1000];
"""


class LivePage(Page):
    def labels(self):
        return self.run("return [...document.querySelectorAll('.strip .name')].map(n => n.value)")

    def strip(self, label, part=""):
        """The strip of that source, or a part of it: name, gain, mute, solo, remove, meter."""
        self.wait(lambda: label in self.labels(), f"no source {label}")
        strip = self.find_all(".strip")[self.labels().index(label)]
        return strip.find_element("css selector", f".{part}") if part else strip

    def is_pressed(self, element):
        return element.get_attribute("aria-pressed") == "true"

    def set_gain(self, label, gain):
        """As if the slider were dragged there."""
        self.run("""arguments[0].value = 1000 * Math.sqrt(arguments[1] / 2);
                    arguments[0].dispatchEvent(new Event("input", {bubbles: true}));""",
                 self.strip(label, "gain"), gain)

    def pad(self, label):
        return self.find(f".pad[data-label='{label}']")

    def hold(self, label, seconds):
        """Presses a pad for so long."""
        ActionChains(self.driver).click_and_hold(self.pad(label)).pause(seconds).release().perform()

    def says(self):
        return self.text("#says")

    def picture_of(self, selector):
        """The pixels of a canvas, as text."""
        return self.run("return document.querySelector(arguments[0]).toDataURL()", selector)

    def count_frames(self):
        """(frames drawn since the first call, the page's clock in seconds)"""
        return self.run(COUNT_FRAMES)

    def column(self, selector, x):
        """The pixels of a canvas at x, from above."""
        return self.run("""
            const canvas = document.querySelector(arguments[0]);
            const copy = new OffscreenCanvas(1, canvas.height);
            const pen = copy.getContext("2d", {willReadFrequently: true});
            pen.drawImage(canvas, arguments[1], 0, 1, canvas.height, 0, 0, 1, canvas.height);
            return [...pen.getImageData(0, 0, 1, canvas.height).data];""", selector, x)

    # -- Past the page ---------------------------------------------------------------------------

    def request(self, path="/", method="GET", body=None, headers={}, **query):
        """(status, text) of a request to the server that is not the page's."""
        request = urllib.request.Request(self.address(path, **query), body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def command(self, **body):
        status, text = self.request("/command", "POST", json.dumps(body, separators=(",", ":")).encode())
        assert status == 200, text

    def stream(self, buffer=None):
        """The messages of the stream, one after the other: (kind, payload). The system holds some
        `buffer` bytes of them for us while we do not read."""
        parts = urllib.parse.urlsplit(self.address("/stream"))
        connection = http.client.HTTPConnection(parts.netloc, timeout=10)
        connection.sock = socket.socket()
        if buffer:
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connection.sock.connect((parts.hostname, parts.port))
        connection.request("GET", f"{parts.path}?{parts.query}")
        with contextlib.closing(connection), connection.getresponse() as stream:
            while head := stream.read(8):
                length, kind = struct.unpack("<IB3x", head)
                yield kind, stream.read(length)

    def state(self):
        return next(json.loads(payload) for kind, payload in self.stream() if kind == 1)
