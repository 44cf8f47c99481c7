"""``python -m tests.chaos``: the same as ``python -m tests.chaos.kills``."""

from tests.chaos.kills import main

main()
