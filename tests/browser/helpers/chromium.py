"""Finding Chromium and starting it, for tests and for screenshots."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.helpers.caching_shop import HEADER
from tests.support.sizes import SIZES

#: What to say where there is none.
NO_CHROMIUM = "no Chromium on this machine; `make browser` installs it"

#: How long a page may take on a machine that has better things to do.
TIMEOUT_MS = 90_000

#: By day and by night.
COLOR_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

# The headless shell is the same engine without the window around it, and takes half the time.
_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)

_OPTIONS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    # There is none, and its process would only hand on what the browser paints.
    "--in-process-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Pages of one profile share a renderer: starting one costs more than most tests do.
    "--renderer-process-limit=1",
]


def find_chromium() -> str | None:
    """Return where Chromium, or its sister Chrome, is installed."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """Run the browser at ``path`` until the end of the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_OPTIONS)
        try:
            yield browser
        finally:
            browser.close()


def new_context(
    browser: Browser,
    shop_url: str,
    *,
    service_workers: Literal["allow", "block"] = "block",
    reuses_files: bool = False,
) -> BrowserContext:
    """Return a fresh profile at a desk whose addresses start at the shop.

    Without service workers, unless they are what a test is about: each profile would store the
    till anew, and requests that a worker answers cannot be held back. One that reuses files
    does not ask for those of the pages again (``caching_shop.py``).
    """
    context = browser.new_context(
        base_url=shop_url,
        service_workers=service_workers,
        viewport={"width": 1280, "height": 800},
        extra_http_headers={HEADER: "1"} if reuses_files else None,
        # Painting movements is most of what a page costs; `make proof` has them painted.
        reduced_motion="no-preference" if SIZES.is_full else "reduce",
    )
    context.set_default_timeout(TIMEOUT_MS)
    return context
