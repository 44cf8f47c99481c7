"""What a session makes of a refresh token, without a shop."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.session import GRACE, REVOKED, Renewal, Session

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ENDS = NOW + timedelta(hours=12)
#: Moved on by the token of rotation 4.
SESSION = Session("s", "u", "eric", "", 5, NOW, ENDS)


@pytest.mark.parametrize(
    ("rotation", "later", "verdict"),
    [
        (4, timedelta(), Renewal.GRANTED),
        (4, GRACE, Renewal.GRANTED),
        # The clock of another process.
        (4, -timedelta(seconds=2), Renewal.GRANTED),
        (4, GRACE + timedelta(seconds=1), Renewal.REUSED),
        (3, timedelta(), Renewal.REUSED),
        (0, timedelta(), Renewal.REUSED),
        # Of a table that was restored: the session knows nothing of this token.
        (5, timedelta(), Renewal.ENDED),
        (9, timedelta(), Renewal.ENDED),
        (4, timedelta(hours=12), Renewal.ENDED),
    ],
)
def test_a_token_is_good_once_and_for_a_moment_more(
    rotation: int, later: timedelta, verdict: Renewal
) -> None:
    assert SESSION.judge(rotation, now=NOW + later) is verdict


def test_a_grace_is_at_most_15_seconds() -> None:
    assert timedelta(0) < GRACE <= timedelta(seconds=15)


def test_a_revoked_session_renews_nothing() -> None:
    revoked = replace(SESSION, rotation=REVOKED)

    assert {revoked.judge(rotation, now=NOW) for rotation in (-2, -1, 0, 4, 5)} == {Renewal.ENDED}
