"""What the paths of the shop have in common: their methods, and ids that are missing in them."""

import re
from collections.abc import Iterable

from starlette.routing import BaseRoute, Route

#: Segments of a path that a refusal repeats: words, and nothing that could be a secret or an id.
_WORD = re.compile(r"[A-Za-z][A-Za-z_-]{0,29}")
_MOST_SEGMENTS = 8
#: RFC 9110, 9.3, and RFC 5789.
_METHODS = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}
)

#: A path that ends in one id, with nothing but fixed words before it.
_ENDS_IN_ID = re.compile(r"([^{}]+)/\{\w+\}")


def shown(path: str) -> str:
    """Return a path as a refusal may repeat it: its words, and an ellipsis for all else."""
    first, *segments = path.split("/")[: _MOST_SEGMENTS + 1]
    words = (one if not one or _WORD.fullmatch(one) else "…" for one in segments)
    return "/".join([first, *words])


def refusal_of_path(path: str) -> str:
    """Return what a 404 says of a path that the shop does not have."""
    return f"there is no path {shown(path)}; /docs lists all"


def refusal_of_missing_id(path: str) -> str:
    """Return what a 404 says of a path that ends where an id belongs."""
    return f"the id is missing behind {shown(path)}"


class Paths:
    """The paths of the shop's routes."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        """Read the routes once; what is mounted below a path is not among them."""
        self._routes = [route for route in routes if isinstance(route, Route)]
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

    def allowed(self, path: str) -> str:
        """Return what ``Allow`` says of a path; what is mounted has no route, and can be read."""
        return ", ".join(self.methods(path) or ("GET", "HEAD", "OPTIONS"))

    def refusal_of_method(self, method: str, path: str) -> str:
        """Return what a 405 says: which method of which path, and which it has.

        The path is told by its pattern, without the ids in it.
        """
        patterns = (route.path for route in self._routes if route.path_regex.fullmatch(path))
        said = method if method in _METHODS else "this method"
        where = next(patterns, shown(path))
        return f"{said} is not allowed for {where}; allowed: {self.allowed(path)}"

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
