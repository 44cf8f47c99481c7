"""``python -m tests.golden <name>``: write the golden files of a release that is being made."""

import argparse
import re
import sys
from collections.abc import Sequence

from tests.golden.examples import documents
from tests.golden.releases import FILES


def _release(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z._-]*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name of a release")
    return text


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files; those of a release that is out are not to be written again."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden", description=__doc__)
    parser.add_argument("name", type=_release, help="the release's name in releases.toml")
    name = parser.parse_args(arguments).name
    folder = FILES / name
    try:
        folder.mkdir()
    except FileExistsError:
        parser.error(f"{folder} is there: files of a release are written once")
    for file, text in documents().items():
        (folder / file).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
