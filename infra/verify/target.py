"""What is verified: a tree, or a deployed shop."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Target:
    """One stage of one shop; ``since`` is when what runs there was deployed."""

    stage: str
    is_local: bool
    url: str
    region: str
    stack: str
    root: Path
    since: datetime
