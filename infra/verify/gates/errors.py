"""Gate ``errors``: did this release bring errors that no release before it had?

A shop may do without Sentry, and Sentry hears of a release with its first report. So what it does
not know is a finding that is pointed out, and stops no release.
"""

import os
from datetime import UTC, datetime

from infra.verify.evidence import Evidence, Finding, Measurement
from infra.verify.sources.aws_clients import SourceUnreachableError, translate_errors
from infra.verify.sources.sentry import Issue, SentrySettings, new_issues
from infra.verify.target import Target

GATE = "errors"


async def collect(_: Target) -> Evidence:
    """Ask Sentry for the new, unresolved issues of the release."""
    source, now = "Sentry", datetime.now(UTC)
    try:
        settings = SentrySettings.read(os.environ)
        source = f"Sentry, release {settings.release}"
        with translate_errors("Sentry"):
            issues = await new_issues(settings)
    except SourceUnreachableError as failure:
        return _unknown(source, now, str(failure))
    except (ValueError, TypeError, AttributeError):
        return _unknown(source, now, "Sentry answers in another shape than its API")
    return build_evidence(source, now, issues)


def _unknown(source: str, now: datetime, why: str) -> Evidence:
    return Evidence(GATE, source, now, findings=(Finding("not-known", "Sentry", why),))


def build_evidence(source: str, now: datetime, issues: list[Issue]) -> Evidence:
    """Return the evidence of the issues that were found."""
    return Evidence(
        GATE,
        source,
        now,
        (
            Measurement(
                "new issues", len(issues), "issues", about="unresolved, first seen in this release"
            ),
        ),
        tuple(
            Finding(
                "new-issue", issue.short_id, f"{issue.kind} in {issue.place}, {issue.events} events"
            )
            for issue in issues
        ),
    )
