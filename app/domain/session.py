"""Sessions: what one login began, and how long its tokens can be renewed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

#: The rotation of a session that was ended; no token carries it.
REVOKED = -1

#: How long the token before the last one still gets the last answer: it was lost on its way, or
#: several tabs renew at once.
GRACE = timedelta(seconds=15)


class Renewal(Enum):
    """What a session makes of a refresh token."""

    GRANTED = auto()
    #: The token was used before, longer ago than ``GRACE`` or its successor as well: it was copied.
    REUSED = auto()
    ENDED = auto()


@dataclass(frozen=True)
class Session:
    """One login of one user.

    ``rotation`` counts renewals; the last refresh token carries the same number. ``generation``
    is the user's when the session began: a user with another one has ended it.
    """

    session_id: str
    user_id: str
    username: str
    generation: str
    rotation: int
    rotated_at: datetime
    ends_at: datetime

    def judge(self, rotation: int, *, now: datetime) -> Renewal:
        """Return what becomes of a refresh token of ``rotation``, after the session was renewed.

        The session has been moved on by this token, by the same token just before, or not at all.
        """
        if self.rotation == REVOKED or now >= self.ends_at or rotation >= self.rotation:
            return Renewal.ENDED
        is_last = rotation == self.rotation - 1
        return Renewal.GRANTED if is_last and now - self.rotated_at <= GRACE else Renewal.REUSED
