"""How much memory processes of their own have, read from Linux."""

from pathlib import Path
from statistics import median


def private_bytes(pid: int) -> int:
    """Return the memory that only this process uses; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    kept = [line.split() for line in lines if line.startswith(("Private_", "Swap:"))]
    return 1024 * sum(int(value) for _, value, _ in kept)


class MemoryGauge:
    """The memory of some processes over time."""

    def __init__(self) -> None:
        """Begin without readings."""
        self._readings: dict[str, list[int]] = {}
        self._pids: dict[str, int] = {}
        self.restarted: set[str] = set()

    def read(self, pids: dict[str, int]) -> None:
        """Take one reading of each process."""
        for name, pid in pids.items():
            if self._pids.setdefault(name, pid) != pid:
                self.restarted.add(name)
            self._readings.setdefault(name, []).append(private_bytes(pid))

    def growth(self, *, warm_share: float = 0.25, window_share: float = 0.1) -> dict[str, float]:
        """Return by how much each process grew, 0.05 for 5 %, once it was warm.

        What a process had after ``warm_share`` of the time is compared with what it had at
        the end; each is the median of ``window_share`` of the readings.
        """
        found = {}
        for name, readings in self._readings.items():
            window = max(1, int(len(readings) * window_share))
            warm = int(len(readings) * warm_share)
            first, last = median(readings[warm : warm + window]), median(readings[-window:])
            found[name] = last / first - 1 if first else 0.0
        return found

    def latest(self) -> dict[str, int]:
        """Return the last reading of each process in bytes."""
        return {name: readings[-1] for name, readings in self._readings.items()}
