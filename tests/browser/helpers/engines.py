"""WebKit (iPhones, iPads) and Firefox ESR by their drivers, where they are installed.

Debian has WebKitGTK with a driver (packages webkit2gtk-driver and xvfb) and Firefox ESR
(firefox-esr), whose driver comes from `cargo install geckodriver`.
"""

import os
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

_TIMEOUT_SECONDS = 60
_MINI_BROWSERS = "usr/lib/*/webkit2gtk-4.1/MiniBrowser"
_SCREEN = "1700x1500x24"

#: Collects what goes wrong in a page, because these drivers do not tell.
_COLLECT_FAULTS = """
    if (!window.faults) {
        window.faults = [];
        addEventListener("error", (event) => window.faults.push(String(event.message)));
        addEventListener("unhandledrejection", (event) => window.faults.push(String(event.reason)));
        addEventListener("securitypolicyviolation", ({ violatedDirective }) =>
            window.faults.push(violatedDirective));
    }
    return window.faults;
"""


class Engine:
    """One window of a browser, driven as a person uses it."""

    def __init__(self, driver: WebDriver, shop_url: str) -> None:
        self.driver = driver
        self._shop_url = shop_url

    def open(self, path: str) -> None:
        self.driver.get(f"{self._shop_url}{path}")
        self.faults()

    def faults(self) -> list[str]:
        """Return what went wrong in the page since this was first asked."""
        found: list[str] = self.run(_COLLECT_FAULTS)
        return found

    def run(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(script, *arguments)

    def see(self, selector: str, text: str = "") -> WebElement:
        """Return the first visible element with a text, when it is there."""

        def find(driver: WebDriver) -> WebElement | None:
            for element in driver.find_elements(By.CSS_SELECTOR, selector):
                if element.is_displayed() and text in element.text:
                    return element
            return None

        message = f"no {selector} with {text!r}"
        found = WebDriverWait(self.driver, _TIMEOUT_SECONDS, ignored_exceptions=[Exception]).until(
            find, message
        )
        assert found is not None
        return found

    def click(self, selector: str, text: str = "") -> None:
        element = self.see(selector, text)
        self.run("arguments[0].scrollIntoView({ block: 'center' })", element)
        element.click()

    def double_click(self, selector: str, text: str = "") -> None:
        ActionChains(self.driver).double_click(self.see(selector, text)).perform()

    def type(self, selector: str, text: str) -> None:
        element = self.see(selector)
        self.run("arguments[0].scrollIntoView({ block: 'center' })", element)
        element.send_keys(text)

    def press(self, key: str) -> None:
        ActionChains(self.driver).send_keys(key).perform()

    def is_gone(self, selector: str) -> None:
        WebDriverWait(self.driver, _TIMEOUT_SECONDS).until(
            lambda driver: (
                not any(
                    element.is_displayed()
                    for element in driver.find_elements(By.CSS_SELECTOR, selector)
                )
            ),
            f"{selector} is still there",
        )


@contextmanager
def _screen() -> Iterator[str]:
    """Run a screen without a monitor; yields its name."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", _SCREEN, "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(write,), stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as number:
            yield f":{number.readline().strip()}"
    finally:
        server.terminate()
        server.wait(10)


@contextmanager
def _webkit() -> Iterator[WebDriver]:
    [browser, *_] = sorted(Path("/").glob(_MINI_BROWSERS))
    options = webdriver.WebKitGTKOptions()
    options.binary_location = str(browser)
    options.add_argument("--automation")
    with _screen() as screen:
        # The sandbox does not start as root; the pages are our own.
        extra = {"DISPLAY": screen, "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}
        service = webdriver.WebKitGTKService(
            executable_path=shutil.which("WebKitWebDriver"), env={**os.environ, **extra}
        )
        with warnings.catch_warnings():
            # Selenium's own, about a parameter that its WebKitGTK driver still sets.
            warnings.filterwarnings("ignore", "setting remote_server_addr", DeprecationWarning)
            driver = webdriver.WebKitGTK(options=options, service=service)
        try:
            yield driver
        finally:
            driver.quit()


@contextmanager
def _firefox() -> Iterator[WebDriver]:
    options = webdriver.FirefoxOptions()
    options.binary_location = shutil.which("firefox-esr") or shutil.which("firefox") or ""
    options.add_argument("-headless")
    service = webdriver.FirefoxService(executable_path=shutil.which("geckodriver"))
    driver = webdriver.Firefox(options=options, service=service)
    try:
        yield driver
    finally:
        driver.quit()


_ENGINES = {"webkit": _webkit, "firefox": _firefox}


def missing(name: str) -> list[str]:
    """Return what has to be installed before an engine can run; nothing if all is there."""
    if name == "webkit":
        needed = {
            "webkit2gtk-driver": shutil.which("WebKitWebDriver")
            and [*Path("/").glob(_MINI_BROWSERS)],
            "xvfb": shutil.which("Xvfb"),
        }
    else:
        needed = {
            "firefox-esr": shutil.which("firefox-esr") or shutil.which("firefox"),
            "geckodriver (cargo install geckodriver)": shutil.which("geckodriver"),
        }
    return [package for package, found in needed.items() if not found]


@contextmanager
def engine(name: str, shop_url: str) -> Iterator[Engine]:
    """Run a window of ``webkit`` or ``firefox`` until the end of the block."""
    with _ENGINES[name]() as driver:
        driver.set_page_load_timeout(_TIMEOUT_SECONDS)
        driver.set_script_timeout(_TIMEOUT_SECONDS)
        driver.set_window_size(1280, 900)
        yield Engine(driver, shop_url)
