"""The limits a shop is held to: ``infra/verify/policy.toml``, read into a model.

Which gates a stage has and how strict they are, one limit per measurement or rule with its
owner and its reason, waivers that end on a day, and corrections of documents, which do not.
"""

import tomllib
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.domain.errors import SettingsError
from app.field_errors import describe
from infra.verify.evidence import Finding
from infra.verify.registry import GATES

STAGES = ("source", "preview", "canary", "live")
#: Stages after a deployment: the functions' aliases can be promoted or rolled back.
DEPLOYED = ("canary", "live")
POLICY_FILE = Path(__file__).with_name("policy.toml")

Words = Annotated[str, Field(min_length=3)]


class Mode(StrEnum):
    """What a breach does: end the run with a failure, be pointed out, or only be noted."""

    ENFORCE = "enforce"
    WARN = "warn"
    OBSERVE = "observe"


class Where(StrEnum):
    """What a limit is about: a tree or a shop on this machine, or a shop in AWS."""

    LOCAL = "local"
    AWS = "aws"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limit(_Strict):
    """What one measurement, or the number of findings under one rule, may be.

    ``measure`` may hold ``*``. ``at_most_ratio`` compares with the version before. ``mode``
    is for a limit that is milder than its gate. One with ``where`` asks for what is known
    there only.
    """

    gate: str
    measure: str = ""
    rule: str = ""
    at_most: float | None = None
    at_least: float | None = None
    at_most_ratio: float | None = None
    min_samples: int = 1
    stages: tuple[str, ...] = STAGES
    mode: Mode = Mode.ENFORCE
    where: Where | None = None
    owner: Words
    reason: Words

    @model_validator(mode="after")
    def _measure_or_rule(self) -> Self:
        if bool(self.measure) == bool(self.rule):
            raise ValueError("needs either measure or rule")
        bounds = (self.at_most, self.at_least, self.at_most_ratio)
        if sum(bound is not None for bound in bounds) != 1:
            raise ValueError("needs exactly one of at_most, at_least, at_most_ratio")
        if self.rule and self.at_most is None:
            raise ValueError("findings are counted: a rule needs at_most")
        _check_gate(self.gate)
        _check_stages(self.stages)
        return self

    @property
    def text(self) -> str:
        """Return the bound for people."""
        if self.at_most_ratio is not None:
            return f"<= {self.at_most_ratio:g} x before"
        return f"<= {self.at_most:g}" if self.at_most is not None else f">= {self.at_least:g}"


class _Exception(_Strict):
    """Findings of a gate that stop nothing."""

    gate: str
    owner: Words
    reason: Words

    @model_validator(mode="after")
    def _names_a_gate(self) -> Self:
        _check_gate(self.gate)
        return self


class Waiver(_Exception):
    """A breach that is accepted up to and including a day; ``what`` may hold ``*``."""

    what: str
    until: date

    def covers(self, gate: str, what: str) -> bool:
        """Return whether it is this breach that is accepted, or was."""
        return self.gate == gate and fnmatchcase(what, self.what)


class Correction(_Exception):
    """Findings that are right and no breach: a document said what the shop never did.

    ``finding`` is place and change of a finding, as the report shows it; it may hold ``*``.
    """

    rule: str
    finding: Words

    def covers(self, gate: str, found: Finding) -> bool:
        """Return whether this correction covers the finding."""
        # Places hold brackets, which are no pattern here.
        pattern = self.finding.replace("[", "[[]")
        text = f"{found.subject}: {found.message}"
        return (self.gate, self.rule) == (gate, found.rule) and fnmatchcase(text, pattern)


class Policy(_Strict):
    """Everything: ``stages`` has the mode of each gate of each stage."""

    stages: dict[str, dict[str, Mode]]
    limits: tuple[Limit, ...]
    waivers: tuple[Waiver, ...] = ()
    corrections: tuple[Correction, ...] = ()

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        _check_stages(tuple(self.stages))
        for stage, gates in self.stages.items():
            for gate in gates:
                _check_gate(gate)
                if not self.limits_for(gate, stage, is_local=False):
                    raise ValueError(f"stages.{stage}.{gate}: no limit says what it may find")
        return self

    def limits_for(self, gate: str, stage: str, *, is_local: bool) -> list[Limit]:
        """Return what a gate is held to in a stage; ``is_local`` is said of a deployed one."""
        where = Where.LOCAL if is_local or stage not in DEPLOYED else Where.AWS
        return [
            limit
            for limit in self.limits
            if limit.gate == gate and stage in limit.stages and limit.where in {None, where}
        ]


def _check_gate(name: str) -> None:
    if name not in GATES:
        raise ValueError(f"there is no gate {name!r}")


def _check_stages(names: tuple[str, ...]) -> None:
    if unknown := set(names) - set(STAGES):
        raise ValueError(f"there is no stage {', '.join(sorted(unknown))}")


def read_policy(path: Path = POLICY_FILE) -> Policy:
    """Return the policy in a file.

    Raises:
        SettingsError: it cannot be read or says something that makes no sense; names the key.
    """
    try:
        return Policy.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as failure:
        raise SettingsError(f"{path}: cannot be read") from failure
    except tomllib.TOMLDecodeError as failure:
        raise SettingsError(f"{path}: {failure}") from failure
    except ValidationError as failure:
        problems = (
            ": ".join(filter(None, [".".join(map(str, error["loc"])), describe(error)]))
            for error in failure.errors(include_input=False, include_url=False)
        )
        raise SettingsError(f"{path}: {'; '.join(problems)}") from failure
