"""The policy: what it must say, and how it is refused."""

import re
from pathlib import Path

import pytest

from app.domain.errors import SettingsError
from app.field_errors import IS_WRONG
from infra.verify.policy import STAGES, read_policy
from infra.verify.registry import GATES

ROOT = Path(__file__).parents[3]
GOOD = """
[stages.live]
flow = "enforce"

[[limits]]
gate = "flow"
measure = "delivered"
at_least = 1
owner = "orders"
reason = "what the shop is for"
"""


def read(folder: Path, text: str) -> str:
    """Return why a policy is refused."""
    path = folder / "policy.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as refusal:
        read_policy(path)
    return str(refusal.value)


def test_the_real_policy_has_every_stage_and_uses_every_gate() -> None:
    policy = read_policy(ROOT / "infra" / "verify" / "policy.toml")

    assert set(policy.stages) == set(STAGES)
    assert {gate for gates in policy.stages.values() for gate in gates} == set(GATES)


def test_every_limit_of_the_real_policy_holds_somewhere() -> None:
    policy = read_policy(ROOT / "infra" / "verify" / "policy.toml")

    for limit in policy.limits:
        assert any(limit.gate in policy.stages[stage] for stage in limit.stages), limit


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('gate = "flow"', 'gate = "flaw"', "there is no gate 'flaw'"),
        ("[stages.live]", "[stages.alive]", "there is no stage alive"),
        (
            'flow = "enforce"',
            'flow = "maybe"',
            "stages.live.flow: must be enforce, warn or observe",
        ),
        ('flow = "enforce"', 'cost = "enforce"', "stages.live.cost: no limit says"),
        ("at_least = 1", "at_least = 1\nat_most = 2", "exactly one of at_most"),
        ("at_least = 1", "", "exactly one of at_most"),
        ('measure = "delivered"', "", "needs either measure or rule"),
        ('measure = "delivered"', 'rule = "stuck"', "a rule needs at_most"),
        ('owner = "orders"', "", "limits.0.owner: is missing"),
        (
            'reason = "what the shop is for"',
            'reason = ""',
            "limits.0.reason: must have at least 3 characters",
        ),
        ("at_least = 1", 'at_least = "many"', "limits.0.at_least: must be a number"),
        ("at_least = 1", "at_last = 1", "limits.0.at_last: is unknown"),
        ("[[limits]]", "[[limits", "policy.toml"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_by_its_key(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    assert problem in read(tmp_path, GOOD.replace(old, new, 1))


def test_a_waiver_without_an_end_is_refused(tmp_path: Path) -> None:
    waiver = '\n[[waivers]]\ngate = "flow"\nwhat = "*"\nowner = "orders"\nreason = "later"\n'

    assert "waivers.0.until: is missing" in read(tmp_path, GOOD + waiver)


#: Wrong for one key or another, as TOML has it.
WRONG = (
    '""',
    '"x"',
    "0",
    "-1",
    "1.5",
    "true",
    "[]",
    "[1]",
    '["x"]',
    "{}",
    "nan",
    "2026-11-23T09:00:00Z",
)
WHOLE = (
    GOOD
    + 'min_samples = 1\nstages = ["live"]\nmode = "warn"\nwhere = "aws"\n'
    + '[[waivers]]\ngate = "flow"\nwhat = "*"\nowner = "orders"\nreason = "later"\n'
    + "until = 2026-12-31\n"
    + '[[corrections]]\ngate = "flow"\nrule = "stuck"\nfinding = "all"\n'
    + 'owner = "orders"\nreason = "later"\n'
)


@pytest.mark.parametrize("line", [line for line in WHOLE.splitlines() if " = " in line])
def test_a_key_is_refused_in_words_of_the_shop(tmp_path: Path, line: str) -> None:
    key = line.partition(" = ")[0]
    path = tmp_path / "policy.toml"

    for wrong in WRONG:
        path.write_text(WHOLE.replace(line, f"{key} = {wrong}", 1))
        said = ""
        try:
            read_policy(path)
        except SettingsError as refusal:
            said = str(refusal)
        assert not said or re.search(r": (must |needs |there is no |no limit |is |findings )", said)
        assert IS_WRONG not in said
        assert "nput" not in said


def test_a_policy_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_policy(tmp_path / "none.toml")
