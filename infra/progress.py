"""Progress of long commands."""

import sys


def print_progress(text: str) -> None:
    """Write one line to standard error at once; standard output is for results."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
