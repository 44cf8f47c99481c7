"""Gate leakage: a real shop keeps what is typed in to itself, and a leak would be found."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.card import passes_luhn
from infra.verify.gates import leakage
from infra.verify.gates.leakage import new_card_number, plant, search
from infra.verify.sources.aws_clients import SourceUnreachableError
from tests.infra.verify.servers import Said, serving
from tests.infra.verify.stacks import ROOT, target_of

MARKS = {"password": "pw-0123456789abcdef", "card number": "4222222222222"}


def test_a_leak_is_found_wherever_it_is_and_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "printed").write_text("starting\nlogin of eric with pw-0123456789abcdef\n")
    (tmp_path / "data" / "deep" / "table").write_bytes(b"\x00\xff4222222222222\x00")
    (tmp_path / "data" / "clean").write_text("4222222222223")

    searched, findings = search(tmp_path, MARKS)

    assert searched == sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    assert {(finding.subject, finding.message) for finding in findings} == {
        ("printed", "holds a password"),
        ("data/deep/table", "holds a card number"),
    }
    assert not any(mark in str(findings) for mark in MARKS.values())


def test_planted_cards_pass_every_check_and_are_new_each_time() -> None:
    numbers = {new_card_number() for _ in range(50)}

    assert len(numbers) == 50
    assert all(passes_luhn(number) for number in numbers)


async def test_a_shop_of_this_tree_leaks_nothing() -> None:
    evidence = await leakage.collect(target_of("local", stage="source"))

    figures = {measurement.name: measurement.value or 0 for measurement in evidence.measurements}
    assert evidence.unreachable is None
    assert evidence.findings == ()
    assert figures["secrets planted"] >= 18
    assert figures["bytes searched"] >= 10_000


async def _send_no_more(*_: object, **__: object) -> dict[str, str]:
    return {}


def _plant(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


async def test_a_shop_that_prints_and_reports_a_password_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the real clients send leaks already.
    monkeypatch.setattr(leakage, "scatter", _send_no_more)
    tree = tmp_path / "tree"
    for folder in ("app", "routers", "workers", "infra"):
        # Bytecode comes along: it belongs to files with the same times, and saves compiling them.
        shutil.copytree(ROOT / folder, tree / folder)
    main = tree / "app" / "main.py"
    body = "print(await request.body(), flush=True); return await answer(request)"
    main.write_text(
        main.read_text(encoding="utf-8")
        + "\n@app.middleware('http')\n"
        + "async def careless(request, answer):\n"
        + f"    {body}\n",
        encoding="utf-8",
    )
    _plant(tree / "app" / "sentry.py", "_safe(event[", "repr(event[")
    _plant(tree / "workers" / "batch.py", 'ms=%d", _about', 'ms=%d", dict')
    target = replace(target_of("local", stage="source"), root=tree)

    evidence = await leakage.collect(target)

    leaks = {finding.subject for finding in evidence.findings if finding.rule == "leak"}
    assert {"printed", "reported"} <= leaks


async def test_a_tree_without_a_shop_is_not_judged(tmp_path: Path) -> None:
    (tmp_path / "infra" / "cli").mkdir(parents=True)
    for folder in ("infra", "infra/cli"):
        (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "infra" / "cli" / "main.py").write_text("raise SystemExit('broken')\n")

    evidence = await leakage.collect(replace(target_of("local", stage="source"), root=tmp_path))

    assert evidence.unreachable == "no shop could be started to plant secrets in"


async def test_a_shop_that_refuses_to_register_is_not_judged() -> None:
    with (
        serving(lambda _: Said(503, {"message": "later"})) as url,
        pytest.raises(SourceUnreachableError, match="refuses to register"),
    ):
        await plant(url)
