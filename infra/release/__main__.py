"""``python -m infra.release``."""

from infra.release.release import main

main()
