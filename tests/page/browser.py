"""A headless Chromium, and a page of ours in it, whoever serves it."""

import os
import pathlib
import shutil
import tempfile
import urllib.parse

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

DESKTOP = (1440, 900)
PHONE = (390, 844)


def start():
    """A webdriver; quit() and forget(driver) when done."""
    folder = tempfile.mkdtemp(prefix="unmingle-chromium-")
    options = Options()
    options.binary_location = "/usr/bin/chromium"
    # Root has no sandbox in a container, and /dev/shm is small there.
    for flag in ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--mute-audio",
                 "--disable-background-networking", "--disable-component-update", "--no-first-run",
                 f"--user-data-dir={folder}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    driver.unmingle_folder = folder
    return driver


def stop(driver):
    driver.quit()
    shutil.rmtree(driver.unmingle_folder, ignore_errors=True)


def resize(driver, size, scale=1, still=False):
    """Pixels of the page itself; phones have fingers."""
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": size[0], "height": size[1], "deviceScaleFactor": scale, "mobile": size[0] < 600})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
        {"name": "prefers-reduced-motion", "value": "reduce" if still else "no-preference"}]})


class Page:
    """The page at `url`, with its token, in `driver`."""

    def __init__(self, driver, url):
        self.driver = driver
        self.url = url
        driver.get_log("browser")  # forgets what was logged before
        driver.get(url)

    def address(self, path, **query):
        """Another address of the same server, with the token unless `query` has one."""
        parts = urllib.parse.urlsplit(self.url)
        query = {**dict(urllib.parse.parse_qsl(parts.query)), **query}
        return urllib.parse.urlunsplit(parts._replace(path=path, query=urllib.parse.urlencode(query)))

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def find(self, selector):
        return self.driver.find_element("css selector", selector)

    def find_all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def wait(self, condition, message="", seconds=5):
        """Until condition() is true; gives what it gave."""
        return WebDriverWait(self.driver, seconds, 0.05).until(lambda _: condition(), message)

    def problems(self):
        """What the console says that it should not."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] in ("SEVERE", "WARNING")]

    def picture(self, name):
        """A screenshot into the folder $UNMINGLE_SCREENSHOTS, if that is set."""
        folder = os.environ.get("UNMINGLE_SCREENSHOTS")
        if folder:
            pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
            self.driver.save_screenshot(str(pathlib.Path(folder) / f"{name}.png"))
