"""Pictures of every page, from a real shop: ``python -m tests.browser.screenshots``."""

import argparse
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, expect

from tests.browser.helpers.chromium import (
    COLOR_SCHEMES,
    NO_CHROMIUM,
    TIMEOUT_MS,
    chromium,
    find_chromium,
)
from tests.browser.helpers.shop_screenshots import SIZES, take_shop_screenshots
from tests.browser.helpers.till_screenshots import take_till_screenshots
from tests.browser.readme_pictures import PICTURES, take_readme_pictures
from tests.e2e.helpers.running_shop import ROOT, running_shop


def take_reference_screenshots(browser: Browser, shop_url: str, folder: Path) -> list[Path]:
    """Take the API reference as it opens; return the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    taken: list[Path] = []
    for size, (width, height) in SIZES.items():
        page = browser.new_page(base_url=shop_url, viewport={"width": width, "height": height})
        page.set_default_timeout(TIMEOUT_MS)
        page.goto("/docs")
        expect(page.locator(".opblock").first).to_be_visible()
        for scheme in COLOR_SCHEMES:
            page.emulate_media(color_scheme=scheme)
            path = folder / f"docs-{size}-{scheme}.png"
            page.screenshot(path=path, animations="disabled")
            taken.append(path)
        page.close()
    return taken


PHOTOGRAPHERS: list[Callable[[Browser, str, Path], list[Path]]] = [
    take_shop_screenshots,
    take_till_screenshots,
    take_reference_screenshots,
]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 1 where there is no browser."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.browser.screenshots",
        description="Start a shop of its own, and take pictures of every page.",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=ROOT / "build" / "screenshots",
        help="where the pictures go (default: build/screenshots)",
    )
    parser.add_argument(
        "--readme", action="store_true", help="only the two pictures of README.md, in their place"
    )
    options = parser.parse_args(arguments)
    folder: Path = PICTURES if options.readme else options.folder
    photographers = [take_readme_pictures] if options.readme else PHOTOGRAPHERS
    path = find_chromium()
    if path is None:
        say(NO_CHROMIUM)
        return 1
    expect.set_options(timeout=TIMEOUT_MS)
    say("Starting a shop for the pictures ...")
    count = 0
    try:
        with (
            TemporaryDirectory() as data,
            running_shop(Path(data)) as url,
            chromium(path) as browser,
        ):
            for take in photographers:
                for picture in take(browser, url, folder):
                    say(str(picture))
                    count += 1
    except KeyboardInterrupt:
        # Ctrl-C reaches Playwright's helper as well, and asyncio would mourn it at length.
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        say("Stopped.")
        return 130
    say(f"{count} pictures in {folder}")
    return 0


def say(text: str) -> None:
    """Print a line at once, also into a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
