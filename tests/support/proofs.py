"""What the proofs tell: how far they are, and at the end what each did and found."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.sizes import SIZES

FIGURES = Path(__file__).parents[2] / "build" / "proof" / "figures.txt"

_SECONDS_BETWEEN_LINES = 60.0


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Keep a sentence on how much a proof has done and found; a later one takes its place."""

    def keep(text: str) -> None:
        request.node.user_properties[:] = [("figure", text)]

    return keep


class Progress:
    """Prints a line a minute about the proof that runs, so that it is not taken for dead."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._is_over = threading.Event()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._is_over = is_over = threading.Event()
        threading.Thread(target=self._tell, args=(item, is_over), daemon=True).start()
        try:
            return (yield)
        finally:
            is_over.set()

    def _tell(self, item: pytest.Item, is_over: threading.Event) -> None:
        began = time.monotonic()
        reporter = self._config.pluginmanager.getplugin("terminalreporter")
        while not is_over.wait(_SECONDS_BETWEEN_LINES) and reporter is not None:
            so_far = "".join(f": {text}" for _, text in item.user_properties)
            reporter.write_line(f"  {time.monotonic() - began:.0f} s so far{so_far}")


def pytest_configure(config: pytest.Config) -> None:
    if SIZES.is_full:
        config.pluginmanager.register(Progress(config))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of properties, which draw more examples at full length."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("proof")


def pytest_report_header() -> str | None:
    if not SIZES.is_full:
        return None
    return f"proofs at full length; `make proof SEED={SIZES.seed}` repeats them"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures; those of a long run are kept in ``build/proof`` too."""
    lines = [
        f"proved in {report.duration:.0f} s: {text}"
        for report in terminalreporter.stats.get("passed", [])
        for name, text in report.user_properties
        if name == "figure"
    ]
    if SIZES.is_full:
        pages = [
            report
            for report in terminalreporter.stats.get("passed", [])
            if report.nodeid.startswith("tests/browser/")
        ]
        if pages:
            seconds = sum(report.duration for report in pages)
            lines.append(
                f"proved in {seconds:.0f} s: {len(pages)} tests of the pages, movements painted"
            )
        FIGURES.parent.mkdir(parents=True, exist_ok=True)
        FIGURES.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    for line in lines:
        terminalreporter.write_line(line)
