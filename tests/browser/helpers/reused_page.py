"""A page that tests of one profile use one after the other."""

from collections.abc import Callable

from playwright.sync_api import Page

#: What a test may do to a page that the next test would find.
_LASTING = (
    "add_init_script",
    "emulate_media",
    "expose_function",
    "route",
    "set_extra_http_headers",
    "set_viewport_size",
)


class ReusedPage:
    """The page of the tests of one kind; a new one costs a third of a sale.

    It is given up when a test has changed it for good.
    """

    def __init__(self, new_page: Callable[[], Page], *, may_keep: tuple[str, ...] = ()) -> None:
        """``new_page`` opens one; ``may_keep`` are methods after which it is used again."""
        self._new_page = new_page
        self._noticed = [name for name in _LASTING if name not in may_keep]
        self._page: Page | None = None
        self._is_changed = False

    def take(self) -> Page:
        """Return the page, with nothing in it."""
        page, self._page = self._page, None
        if page is None:
            page = self._new_page()
            self._is_changed = False
            for name in self._noticed:
                setattr(page, name, self._noted(getattr(page, name)))
        return page

    def _noted(self, change: Callable[..., object]) -> Callable[..., object]:
        def noted(*arguments: object, **options: object) -> object:
            self._is_changed = True
            return change(*arguments, **options)

        return noted

    def give_back(self, page: Page) -> None:
        """Empty the page for the next test, or close it."""
        if self._is_changed:
            page.close()
            return
        page.goto("about:blank")
        page.unroute_all(behavior="ignoreErrors")
        self._page = page
