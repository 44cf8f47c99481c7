"""Gate errors, at a server that speaks Sentry's web API."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from infra.verify.decision import Verdict, decide
from infra.verify.evidence import Evidence
from infra.verify.gates import errors
from infra.verify.policy import DEPLOYED, read_policy
from tests.infra.verify.servers import Asked, Said, serving
from tests.infra.verify.stacks import target_of

TOKEN = "sntrys_not-for-any-report"


def _issue(number: int) -> dict[str, Any]:
    return {
        "id": f"{1000 + number}",
        "shortId": f"SHOP-{number}",
        "title": "ValueError: card 4111111111111111 of eric@acmefitness.com",
        "culprit": "workers.payment in handle",
        "metadata": {"type": "ValueError", "value": "card 4111111111111111"},
        "count": "7",
        "level": "error",
        "status": "unresolved",
    }


class Sentry:
    """One organization with one release, and its issues page by page."""

    def __init__(self, *pages: list[dict[str, Any]], release: str = "1.2.3") -> None:
        self.pages = pages or ([],)
        self.release = release
        self.asked: list[Asked] = []

    def answer(self, asked: Asked) -> Said:
        """Answer as docs.sentry.io/api describes."""
        self.asked.append(asked)
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Said(401, {"detail": "Invalid token"})
        if asked.path == f"/api/0/organizations/acme/releases/{self.release}/":
            return Said(200, {"version": self.release})
        if asked.path != "/api/0/organizations/acme/issues/":
            return Said(404, {"detail": "The requested resource does not exist"})
        index = int(asked.parameters.get("cursor", "0:0:0").split(":")[1])
        more = str(index + 1 < len(self.pages)).lower()
        link = (
            f'<http://elsewhere.invalid/?cursor=0:0:1>; rel="previous"; results="false"; '
            f'cursor="0:0:1", <http://elsewhere.invalid/?cursor=0:{index + 1}:0>; rel="next"; '
            f'results="{more}"; cursor="0:{index + 1}:0"'
        )
        return Said(200, self.pages[index], {"Link": link})


@pytest.fixture
def set_up(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Point the gate at an address."""

    def point_alias(url: str, **variables: str) -> None:
        given = {
            "SENTRY_API_URL": f"{url}/api/0/",
            "SENTRY_AUTH_TOKEN": TOKEN,
            "SENTRY_ORG": "acme",
            "SENTRY_PROJECT": "shop",
            "SENTRY_RELEASE": "1.2.3",
            **variables,
        }
        for name, value in given.items():
            monkeypatch.setenv(name, value)

    for name in ("SENTRY_ENVIRONMENT", "SENTRY_RELEASE", "VERSION", "SENTRY_ORG"):
        monkeypatch.delenv(name, raising=False)
    return point_alias


def unknown(evidence: Evidence) -> str:
    """Return why nothing is known; it is pointed out in a stage that enforces the gate."""
    (finding,) = evidence.findings
    assert (finding.rule, evidence.measurements) == ("not-known", ())
    for stage in DEPLOYED:
        decision = decide(
            [evidence], read_policy(), stage=stage, today=date(2026, 11, 30), only=["errors"]
        )
        assert decision.verdict is Verdict.WARN
    return finding.message


async def test_a_release_without_new_errors_has_none(set_up: Callable[..., None]) -> None:
    sentry = Sentry()

    with serving(sentry.answer) as url:
        set_up(url)
        evidence = await errors.collect(target_of("shop"))

    assert {finding.rule for finding in evidence.findings} <= {"new-issue"}
    assert [(measurement.name, measurement.value) for measurement in evidence.measurements] == [
        ("new issues", 0)
    ]
    assert evidence.findings == ()
    assert sentry.asked[-1].parameters == {
        "query": 'is:unresolved level:[error,fatal] project:shop firstRelease:"1.2.3"',
        "limit": "100",
    }


async def test_every_new_error_of_every_page_is_named_and_nothing_quoted(
    set_up: Callable[..., None],
) -> None:
    sentry = Sentry([_issue(1), _issue(2)], [_issue(3)])

    with serving(sentry.answer) as url:
        set_up(url)
        evidence = await errors.collect(target_of("shop"))

    assert evidence.measurements[0].value == 3
    assert [finding.subject for finding in evidence.findings] == ["SHOP-1", "SHOP-2", "SHOP-3"]
    assert evidence.findings[0].message == "ValueError in workers.payment in handle, 7 events"
    assert "4111" not in repr(evidence)
    assert TOKEN not in repr(evidence)


async def test_one_environment_can_be_asked_for(set_up: Callable[..., None]) -> None:
    sentry = Sentry()

    with serving(sentry.answer) as url:
        set_up(url, SENTRY_ENVIRONMENT="prod")
        await errors.collect(target_of("shop"))

    assert sentry.asked[-1].parameters["environment"] == "prod"


async def test_the_deployed_version_is_the_release_unless_another_is_named(
    set_up: Callable[..., None],
) -> None:
    sentry = Sentry(release="7f3a")

    with serving(sentry.answer) as url:
        set_up(url, SENTRY_RELEASE="", VERSION="7f3a")
        evidence = await errors.collect(target_of("shop"))

    assert {finding.rule for finding in evidence.findings} <= {"new-issue"}
    assert evidence.source == "Sentry, release 7f3a"


async def test_silence_about_an_unknown_release_is_no_pass(set_up: Callable[..., None]) -> None:
    with serving(Sentry(release="1.2.2").answer) as url:
        set_up(url)
        evidence = await errors.collect(target_of("shop"))

    assert unknown(evidence) == "Sentry has never heard of this release"


async def test_without_a_set_up_nothing_is_judged(set_up: Callable[..., None]) -> None:
    set_up("http://127.0.0.1:1", SENTRY_AUTH_TOKEN="", SENTRY_ORG="")

    evidence = await errors.collect(target_of("shop"))

    assert unknown(evidence) == "Sentry is not set up: SENTRY_AUTH_TOKEN, SENTRY_ORG missing"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (Said(401, {"detail": "Invalid token"}), "Sentry answers 401"),
        (Said(503), "Sentry answers 503"),
        (Said(200, {"not": "a list"}), "Sentry answers in another shape than its API"),
    ],
)
async def test_a_sentry_that_refuses_or_rambles_is_not_judged(
    set_up: Callable[..., None], said: Said, reason: str
) -> None:
    with serving(lambda asked: said) as url:
        set_up(url)
        evidence = await errors.collect(target_of("shop"))

    assert unknown(evidence) == reason


async def test_a_sentry_that_does_not_answer_is_not_judged(set_up: Callable[..., None]) -> None:
    set_up("http://127.0.0.1:1")

    evidence = await errors.collect(target_of("shop"))

    assert unknown(evidence) == "Sentry does not answer: ConnectError"
