import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from infra.local.child_process import describe_exit
from infra.local.environment import PROJECT
from infra.local.output import Output


@pytest.fixture
def output() -> Iterator[Output]:
    output = Output()
    yield output
    output.close()


def test_lines_of_children_carry_their_name(
    output: Output, capfd: pytest.CaptureFixture[str]
) -> None:
    output.relay("api", "hello")
    output.say("mine")
    output.warn("careful")
    output.announce("Shop ready: here")
    output.close()

    captured = capfd.readouterr()
    assert captured.err == "api      | hello\nmine\ncareful\n"
    assert captured.out == "Shop ready: here\n"


@pytest.mark.parametrize("declined", [True, False])
def test_colours_are_for_terminals_that_want_them(
    declined: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    if declined:
        monkeypatch.setenv("NO_COLOR", "1")
    output = Output()

    output.relay("api", "hello")
    output.close()

    assert ("\x1b[" in capfd.readouterr().err) is not declined


def test_a_reader_that_stalls_does_not_hold_up_the_shop() -> None:
    """The pipe is full long before all is written; the process goes on and ends."""
    code = (
        "from infra.local.output import Output\n"
        "import os\n"
        "output = Output()\n"
        "for number in range(30_000):\n"
        "    output.relay('api', 'x' * 80)\n"
        "output.announce('done')\n"
        "output.close()\n"
        "os._exit(0)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=PROJECT, stderr=subprocess.PIPE
    ) as process:
        # Who is held up is held up for ever.
        assert process.wait(60) == 0


def test_a_reader_that_is_gone_is_forgotten() -> None:
    code = (
        "from infra.local.output import Output\n"
        "import os\n"
        "output = Output()\n"
        "for number in range(1000):\n"
        "    output.announce('x' * 80)\n"
        "output.say('still here')\n"
        "output.close(5)\n"
        "os._exit(0)\n"
    )
    read, write = os.pipe()
    os.close(read)
    try:
        ended = subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            cwd=PROJECT,
            stdout=write,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        os.close(write)

    assert ended.stderr == "still here\n"


def test_dropped_lines_are_counted(output: Output, capfd: pytest.CaptureFixture[str]) -> None:
    output._dropped = 7

    output.say("next")
    output.close()

    assert capfd.readouterr().err == "(7 lines were dropped: the output was not read)\nnext\n"


@pytest.mark.parametrize(
    ("code", "text"), [(3, "exit code 3"), (-9, "signal SIGKILL"), (-99, "signal 99")]
)
def test_the_end_of_a_process_is_described(code: int, text: str) -> None:
    assert describe_exit(code) == text
