"""One planted bug, and what it makes of a file."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Mutation:
    """A piece of text that occurs once in a file, and what stands there instead.

    ``test`` is the test, below ``tests``, that fails then. ``is_constant`` tells that a
    constant of the module changes, not a function. ``seen_in`` is the seed of a schedule that
    found it when this was written: a rare bug is looked for there first.
    """

    path: str
    old: str
    new: str
    test: str = ""
    is_constant: bool = False
    seen_in: int = 0

    def changed_text(self) -> str:
        """Return the text of the file with the bug in it.

        Raises:
            ValueError: the text to be replaced is not there exactly once.
        """
        text = (ROOT / self.path).read_text()
        if text.count(self.old) != 1:
            raise ValueError(f"{self.path} has {text.count(self.old)} such places: {self.old!r}")
        return text.replace(self.old, self.new)
