"""``acme-shop release``: its options, without a stack behind it."""

from typing import ClassVar

import pytest
from typer.testing import CliRunner

from infra.cli import release
from infra.cli.release import commands
from infra.release.release import BAKE_MINUTES, PRACTICE_CALLS


class FakeRelease:
    """Records how it is used instead of releasing."""

    calls: ClassVar[list[tuple[object, ...]]] = []

    def __init__(self, stack: str, **options: object) -> None:
        self.calls.append((stack, options))

    def image(self) -> str:
        return "registry/image:1"

    def up(self, address: str, *, percent: int) -> bool:
        self.calls.append((address, percent))
        return True

    def bring_out(self) -> int:
        return 4

    def roll_back(self, version: str | None = None) -> int:
        self.calls.append((version,))
        return 5

    def watch(self) -> int:
        return 3


@pytest.fixture(autouse=True)
def _fake_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "Release", FakeRelease)
    monkeypatch.setattr(FakeRelease, "calls", [])


@pytest.mark.parametrize(
    ("arguments", "code", "calls"),
    [
        (["image"], 0, []),
        (["up", "--image", "i"], 0, [("i", 10)]),
        (["up", "--image", "i", "--percent", "30"], 0, [("i", 30)]),
        (["rollback"], 5, [(None,)]),
        (["rollback", "--version", "7"], 5, [("7",)]),
        (["watch"], 3, []),
    ],
)
def test_each_command_does_its_part(
    arguments: list[str], code: int, calls: list[tuple[object, ...]]
) -> None:
    done = CliRunner().invoke(commands, [*arguments, "--stack", "dev"])

    assert done.exit_code == code, done.output
    assert FakeRelease.calls == [("dev", {}), *calls]


def test_a_whole_release_ends_with_its_verdict_and_takes_its_options() -> None:
    done = CliRunner().invoke(commands, ["all", "--stack", "dev"])
    quick = CliRunner().invoke(
        commands, ["all", "--stack", "dev", "--bake-minutes", "0.5", "--practice-calls", "0"]
    )

    assert (done.exit_code, quick.exit_code) == (4, 4)
    assert FakeRelease.calls == [
        ("dev", {"bake_minutes": BAKE_MINUTES, "practice_calls": PRACTICE_CALLS}),
        ("dev", {"bake_minutes": 0.5, "practice_calls": 0}),
    ]


def test_the_image_is_all_that_is_printed() -> None:
    assert CliRunner().invoke(commands, ["image", "--stack", "dev"]).output == "registry/image:1\n"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["up", "--stack", "dev"], "--image"),
        (["all"], "--stack"),
        (["all", "--stack", "dev", "--practice-calls", "-1"], "--practice-calls"),
        (["up", "--stack", "dev", "--image", "i", "--percent", "101"], "--percent"),
    ],
)
def test_wrong_options_are_named(
    arguments: list[str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    done = CliRunner().invoke(commands, arguments)

    assert done.exit_code == 2
    assert named in done.output
    assert FakeRelease.calls == []
