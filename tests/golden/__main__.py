"""``python -m tests.golden <name>``: write the golden files of a release that is being made."""

import sys

from tests.golden.examples import documents
from tests.golden.releases import FILES


def main() -> int:
    """Write the files; those of a release that is out are not to be written again."""
    [name] = sys.argv[1:]
    folder = FILES / name
    folder.mkdir()
    for file, text in documents().items():
        (folder / file).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
