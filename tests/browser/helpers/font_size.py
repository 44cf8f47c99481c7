"""The font size that is set in the browser."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page


@contextmanager
def double_font_size(page: Page) -> Iterator[None]:
    """Set the font size to 200 % until the end of the block; takes a reload.

    This is the setting of the browser, so it moves media queries in rem as well.
    """
    devtools = page.context.new_cdp_session(page)
    devtools.send("Page.enable")
    devtools.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    try:
        yield
    finally:
        devtools.send("Page.setFontSizes", {"fontSizes": {"standard": 16, "fixed": 13}})
        devtools.detach()
