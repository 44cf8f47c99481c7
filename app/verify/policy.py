"""What is allowed, as data: ``infra/policy.toml``."""

import tomllib
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.domain.errors import SettingsError
from app.messages import explain

#: Where the policy is, from the root of the project.
POLICY = Path("infra/policy.toml")

Text = Annotated[str, Field(min_length=1)]


class PolicyError(SettingsError):
    """The policy cannot be followed; the text names what is wrong with it."""


class Stage(StrEnum):
    """When something is verified, in the order in which a release comes through them."""

    SOURCE = "source"
    PREVIEW = "preview"
    CANARY = "canary"
    LIVE = "live"


class Mode(StrEnum):
    """What a gate may do: stop a release, complain, or only take notes."""

    ENFORCE = "enforce"
    WARN = "warn"
    OBSERVE = "observe"


class Place(StrEnum):
    """Where figures come from: measured on this machine, or counted in AWS."""

    LOCAL = "local"
    DEPLOYED = "deployed"


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(_Table):
    """What the measurements whose names match ``measurement`` (``p95 of *``) may be.

    ``max`` and ``min`` are in the measurement's unit; ``max_ratio`` is a multiple of its
    baseline, and says nothing without one. With fewer than ``min_samples`` nothing is
    decided. Without ``stages`` it holds in all of them, without ``places`` for figures from
    anywhere. A measurement that is ``optional`` may be missing.
    """

    measurement: Text
    stages: tuple[Stage, ...] = tuple(Stage)
    places: tuple[Place, ...] = tuple(Place)
    max: float | None = None
    min: float | None = None
    max_ratio: Annotated[float, Field(gt=0)] | None = None
    min_samples: Annotated[int, Field(ge=1)] = 1
    is_optional: bool = Field(default=False, alias="optional")

    @model_validator(mode="after")
    def _limits_something(self) -> "Rule":
        if self.max is None and self.min is None and self.max_ratio is None:
            raise ValueError("needs max, min or max_ratio")
        return self

    def is_about(self, name: str) -> bool:
        """Tell whether a measurement falls under this rule."""
        return fnmatchcase(name, self.measurement)


class GatePolicy(_Table):
    """One gate: who answers for it, why it is there, how strict it is in which stage."""

    owner: Text
    reason: Text
    modes: dict[Stage, Mode] = Field(min_length=1)
    rules: tuple[Rule, ...] = ()

    def rules_for(self, stage: Stage, place: Place) -> list[Rule]:
        """Return the rules that hold in ``stage`` for figures from ``place``."""
        return [rule for rule in self.rules if stage in rule.stages and place in rule.places]


class Policy(_Table):
    """All gates by name, in the order in which they are asked."""

    gates: dict[str, GatePolicy] = Field(min_length=1)

    def in_stage(self, stage: Stage) -> dict[str, Mode]:
        """Return the gates that take part in ``stage``, and how."""
        return {name: gate.modes[stage] for name, gate in self.gates.items() if stage in gate.modes}


def read_policy(path: Path) -> Policy:
    """Return the policy in a file.

    Raises:
        PolicyError: it cannot be read, or says something that is not understood.
    """
    try:
        return Policy.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as failure:
        raise PolicyError(f"{path} cannot be read: {failure.strerror}") from failure
    except ValidationError as failure:
        raise PolicyError(f"{path}: {explain(failure)}") from failure
    except ValueError as failure:
        raise PolicyError(f"{path} is not TOML: {failure}") from failure
