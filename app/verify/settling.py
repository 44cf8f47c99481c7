"""What follows from a decision: a release is taken back, let through, or left alone."""

from dataclasses import dataclass
from enum import StrEnum

from botocore.exceptions import BotoCoreError

from app.verify.decision import Decision, Verdict
from app.verify.rollback import Change, RollbackError, promote, roll_back
from app.verify.sources.asking import aws_client
from app.verify.target import Target


class Exit:
    """What ``acme-shop verify`` ends with."""

    PASS, FAIL, WRONG_USE, INCONCLUSIVE, ROLLED_BACK, ROLLBACK_FAILED = range(6)


_CODES = {
    Verdict.PASS: Exit.PASS,
    Verdict.FAIL: Exit.FAIL,
    Verdict.INCONCLUSIVE: Exit.INCONCLUSIVE,
}


class Then(StrEnum):
    """What may be done about a verdict; what is not known changes nothing."""

    NOTHING = "nothing"
    ROLL_BACK = "rollback"
    PROMOTE = "promote"


@dataclass(frozen=True)
class Outcome:
    """How it ended; ``trouble`` says what could not be switched."""

    exit_code: int
    changes: tuple[Change, ...] = ()
    trouble: str = ""


def settle(
    decision: Decision, target: Target, *, allowed: set[Then], release: str | None = None
) -> Outcome:
    """Take a failed release back and promote a canary that passed, where that is allowed.

    ``release`` is what :func:`app.verify.rollback.roll_back` needs once all calls go there.
    """
    code = _CODES[decision.verdict]
    try:
        if decision.verdict is Verdict.FAIL and Then.ROLL_BACK in allowed:
            code = Exit.ROLLED_BACK
            client = aws_client("lambda", target.region)
            return Outcome(code, tuple(roll_back(client, target.stack, release=release)))
        if decision.verdict is Verdict.PASS and Then.PROMOTE in allowed:
            return Outcome(code, tuple(promote(aws_client("lambda", target.region), target.stack)))
    except RollbackError as failure:
        return Outcome(Exit.ROLLBACK_FAILED, trouble=str(failure))
    except BotoCoreError as failure:
        return Outcome(Exit.ROLLBACK_FAILED, trouble=f"no client for AWS: {type(failure).__name__}")
    return Outcome(code)
