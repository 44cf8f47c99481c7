"""Requests that are held back until a test releases them."""

from playwright.sync_api import Page, Route

from tests.browser.helpers.chromium import TIMEOUT_MS

_LOOK_MS = 20


class HeldRequests:
    """Holds back the requests of a page that fit a pattern, all of them or the first few."""

    def __init__(self, page: Page, pattern: str, *, times: int | None = None) -> None:
        self._page = page
        self._routes: list[Route] = []
        page.route(pattern, self._hold, times=times)

    def _hold(self, route: Route) -> None:
        self._routes.append(route)

    @property
    def first(self) -> Route:
        """The first one, when it has come: what a page shows may be there before it."""
        for _ in range(TIMEOUT_MS // _LOOK_MS):
            if self._routes:
                return self._routes[0]
            self._page.wait_for_timeout(_LOOK_MS)
        raise AssertionError("no request has come")

    def release(self) -> None:
        """Let go of all that wait."""
        for route in self._routes:
            route.continue_()
