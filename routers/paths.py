"""What the paths of the shop have in common: their methods, and ids that are missing in them."""

import re
from collections.abc import Iterable

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

#: A path that ends in one id, with nothing but fixed words before it.
_ENDS_IN_ID = re.compile(r"([^{}]+)/\{\w+\}")


class Paths:
    """The paths of the shop's routes."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        """Read the routes once; what is mounted below a path is not among them."""
        self._routes = [route for route in routes if isinstance(route, APIRoute)]
        self._fixed = {route.path for route in self._routes if "{" not in route.path}
        ends = (_ENDS_IN_ID.fullmatch(route.path) for route in self._routes)
        self._before_ids = {match[1] for match in ends if match}

    def methods(self, path: str) -> list[str]:
        """Return every method that a path has, HEAD and OPTIONS included; none if it has no route.

        RFC 9110, 10.2.1: a 405 names all of them in ``Allow``.
        """
        found = {
            method
            for route in self._routes
            if route.path_regex.fullmatch(path)
            for method in route.methods or ()
        }
        if "GET" in found:
            found.add("HEAD")
        return sorted(found | {"OPTIONS"}) if found else []

    def is_fixed(self, path: str) -> bool:
        """Tell whether a path is a route of its own, without an id in it."""
        return path in self._fixed

    def lacks_id(self, method: str, path: str) -> bool:
        """Tell whether an id is missing behind the slash at the end of a path.

        ``/cart/items/total/`` is not the cart of a user called ``total``
        (openapi/CONTRACT.md, 1.1, rule 11). ``path`` comes without its slash.
        """
        if path not in self._before_ids:
            return False
        found = [
            route
            for route in self._routes
            if method in (route.methods or ()) and route.path_regex.fullmatch(path)
        ]
        # Where the path itself has a route, only another method's call may be taken for an id.
        if path in self._fixed:
            return bool(found) and all(route.path != path for route in found)
        return True
