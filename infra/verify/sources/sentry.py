"""What Sentry knows of a release, through its web API (docs.sentry.io/api).

Set up with the variables that Sentry's own tools read, where there are such:
``SENTRY_API_URL`` (``https://sentry.io/api/0`` unless the service is one's own),
``SENTRY_AUTH_TOKEN`` (may read issues and releases), ``SENTRY_ORG`` and ``SENTRY_PROJECT``
(slugs), ``SENTRY_RELEASE`` (else ``VERSION``), the release that is asked about, and
``SENTRY_ENVIRONMENT``, if the reports of one environment only are meant.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from infra.verify.sources.aws_clients import SourceUnreachableError

_API = "https://sentry.io/api/0"
_TIMEOUT_SECONDS = 15.0

#: A release with more new kinds of error than this is not looked at any further.
_MOST_PAGES = 5


@dataclass(frozen=True)
class SentrySettings:
    """Where to ask and about what; the token stays out of every text."""

    api_url: str
    token: str = field(repr=False)
    organization: str
    project: str
    release: str
    environment: str = ""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "SentrySettings":
        """Return the settings in ``environment``.

        Raises:
            SourceUnreachableError: one is missing; names the variables.
        """
        release = environment.get("SENTRY_RELEASE") or environment.get("VERSION", "")
        given = {
            "SENTRY_AUTH_TOKEN": environment.get("SENTRY_AUTH_TOKEN", ""),
            "SENTRY_ORG": environment.get("SENTRY_ORG", ""),
            "SENTRY_PROJECT": environment.get("SENTRY_PROJECT", ""),
            "SENTRY_RELEASE": release,
        }
        if missing := [name for name, value in given.items() if not value]:
            raise SourceUnreachableError(f"Sentry is not set up: {', '.join(missing)} missing")
        url = environment.get("SENTRY_API_URL") or _API
        stage = environment.get("SENTRY_ENVIRONMENT", "")
        token, organization, project, release = given.values()
        return cls(url.rstrip("/"), token, organization, project, release, stage)


@dataclass(frozen=True)
class Issue:
    """One kind of error. Its message is left out: it may quote what a customer typed."""

    short_id: str
    kind: str
    place: str
    events: int


async def new_issues(settings: SentrySettings) -> list[Issue]:
    """Return the unresolved issues that the release was the first to have.

    Raises:
        SourceUnreachableError: Sentry has never heard of the release, so that it has no
            issues says nothing.
        httpx.HTTPError: Sentry does not answer, or refuses to.
    """
    async with httpx.AsyncClient(
        headers={"Authorization": f"Bearer {settings.token}"}, timeout=_TIMEOUT_SECONDS
    ) as http:
        base = f"{settings.api_url}/organizations/{quote(settings.organization, safe='')}"
        known = await http.get(f"{base}/releases/{quote(settings.release, safe='')}/")
        if known.status_code == httpx.codes.NOT_FOUND:
            raise SourceUnreachableError("Sentry has never heard of this release")
        known.raise_for_status()
        query = (
            # Warnings are messages that SQS delivers again.
            f"is:unresolved level:[error,fatal] project:{settings.project}"
            f' firstRelease:"{_quoted(settings.release)}"'
        )
        parameters = {"query": query, "limit": "100"}
        if settings.environment:
            parameters["environment"] = settings.environment
        pages = _pages(http, f"{base}/issues/", parameters)
        return [_issue(issue) async for page in pages for issue in page]


async def _pages(
    http: httpx.AsyncClient, url: str, parameters: dict[str, str]
) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield the pages of a list; the ``Link`` header says where the next one is."""
    for _ in range(_MOST_PAGES):
        answer = await http.get(url, params=parameters)
        answer.raise_for_status()
        yield answer.json()
        following = answer.links.get("next", {})
        if following.get("results") != "true":
            return
        # Of the address only the cursor is used: the token goes where it always went.
        parameters = {**parameters, "cursor": following.get("cursor", "")}


def _issue(found: dict[str, Any]) -> Issue:
    metadata = found.get("metadata") or {}
    return Issue(
        short_id=str(found.get("shortId") or found.get("id", "?")),
        kind=str(metadata.get("type") or "error"),
        place=str(found.get("culprit") or "somewhere"),
        events=int(found.get("count") or 0),
    )


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
