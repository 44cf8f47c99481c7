"""Reports as events of Sentry: the only module that imports ``sentry_sdk``.

The SDK is used as a library: a client of its own without integrations, which neither patches
anything nor keeps a scope. What leaves is what ``redact`` names and nothing else: no request,
user, header, cookie, local variable or body. Events go out at once, in the caller's thread.
https://develop.sentry.dev/sdk/data-model/envelopes/
"""

import asyncio
import gzip
import logging
import os
import re
import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, cast

import certifi
import urllib3
from sentry_sdk import Client
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport
from sentry_sdk.types import Event
from sentry_sdk.utils import event_from_exception

from app.aws.json_service import secrets_manager
from app.domain.card_text import mask_card_numbers
from app.logs import OWN_MODULES
from app.reported_lines import SEND_SECONDS, Line, Report
from app.settings import get_settings

_CONNECT_SECONDS = 1.0
#: How long a service may ask for silence.
_LONGEST_SILENCE_SECONDS = 3600.0

#: ``name=value`` of a line of the log; these become tags, by which Sentry searches.
_FIELD = re.compile(r"\b([a-z_]+)=([\w./@{}-]{1,100})(?=[\s:]|$)")
_TAGS = frozenset(
    {
        "cause", "code", "count", "message_id", "method", "operation", "order_id", "queue",
        "receives", "route", "status",
    }
)  # fmt: skip

#: Tokens, and anything else that long without a space.
_OPAQUE = re.compile(r"[A-Za-z0-9_+/.-]{41,}")
_LONGEST_TEXT = 500

#: Of each frame: the lines of the source around it, and no variables.
_FRAMES = {
    "include_local_variables": False,
    "include_source_context": True,
    "max_value_length": _LONGEST_TEXT,
    "custom_repr": None,
}

_EVENT_KEYS = frozenset(
    {
        "breadcrumbs", "contexts", "environment", "event_id", "exception", "fingerprint", "level",
        "logentry", "logger", "platform", "release", "sdk", "server_name", "tags", "timestamp",
    }
)  # fmt: skip
_FRAME_KEYS = frozenset(
    {
        "context_line", "filename", "function", "in_app", "lineno", "module", "post_context",
        "pre_context",
    }
)  # fmt: skip


class UnsentError(Exception):
    """Sentry did not take an event."""


def send(reports: Iterable[Report]) -> None:
    """Send reports, one event each.

    Raises:
        UnsentError: Sentry refused one; it does not say why.
        AwsCallError: the address cannot be read from Secrets Manager.
        HTTPError: of urllib3: Sentry did not answer in time.
    """
    client = _client()
    for report in reports:
        client.capture_event(build_event(report))


def build_event(report: Report) -> Event:
    """Return the event of a report, before ``redact`` has seen it."""
    line = report.line
    name, fields = line.text.partition(" ")[0], dict(_FIELD.findall(line.text))
    if report.error is not None and " cause=" in line.text:
        # By its class: the text behind it can say what was wrong, in many words.
        fields["cause"] = type(report.error).__name__
    event: dict[str, Any] = {
        "timestamp": line.at,
        "level": _level(line),
        "logger": line.logger,
        "logentry": {"formatted": line.text},
        "tags": {"event": name}
        | {name: value for name, value in fields.items() if name in _TAGS and value != "?"},
        "contexts": {"trace": {"trace_id": line.trace_id, "span_id": os.urandom(8).hex()}}
        if line.trace_id
        else {},
        "breadcrumbs": {"values": [_breadcrumb(earlier) for earlier in report.earlier]},
    }
    cause = fields.get("cause") or fields.get("code") or ""
    event["fingerprint"] = [name, cause] if cause else ["{{ default }}", name]
    if report.error is not None:
        found, _ = event_from_exception(report.error, client_options=_FRAMES)
        event["exception"] = found["exception"]
    return cast("Event", event)


def _level(line: Line) -> str:
    return logging.getLevelName(line.level).lower()


def _breadcrumb(line: Line) -> dict[str, Any]:
    return {
        "timestamp": line.at,
        "category": line.logger,
        "level": _level(line),
        "message": line.text,
    }


def redact(event: Mapping[str, Any], _hint: object = None) -> Event:
    """Return what may leave of an event: known fields, own texts, no variable of any frame."""
    kept = {name: value for name, value in event.items() if name in _EVENT_KEYS}
    kept["logentry"] = {"formatted": _safe(event["logentry"]["formatted"])}
    kept["tags"] = {name: _safe(value) for name, value in event["tags"].items()}
    kept["fingerprint"] = [_safe(part) for part in event["fingerprint"]]
    crumbs = event["breadcrumbs"]["values"]
    kept["breadcrumbs"] = {
        "values": [crumb | {"message": _safe(crumb["message"])} for crumb in crumbs]
    }
    if errors := event.get("exception", {}).get("values"):
        kept["exception"] = {"values": [_redact_error(error) for error in errors]}
    return cast("Event", kept)


def _redact_error(error: Mapping[str, Any]) -> dict[str, Any]:
    """Return the kind of an error and where it was raised.

    Its text only if it is the shop's own: those of libraries quote what they were given.
    """
    kept = {name: error[name] for name in ("type", "module", "mechanism") if error.get(name)}
    if str(error.get("module") or "").startswith(OWN_MODULES):
        kept["value"] = _safe(str(error.get("value") or ""))
    frames = (error.get("stacktrace") or {}).get("frames", ())
    kept["stacktrace"] = {
        "frames": [
            {name: value for name, value in frame.items() if name in _FRAME_KEYS}
            for frame in frames
        ]
    }
    return kept


def _safe(text: str) -> str:
    """Return a text of the shop's own, without anything that looks like a card or a token."""
    return _OPAQUE.sub("…", mask_card_numbers(text))[:_LONGEST_TEXT]


class _Transport(Transport):
    """Sends an event while the caller waits, within ``SEND_SECONDS``, once.

    The SDK's own sends in the background, tries again and waits 30 seconds for an answer.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__(options)
        certificates = os.environ.get("SSL_CERT_FILE") or certifi.where()
        self._pool = urllib3.PoolManager(cert_reqs="CERT_REQUIRED", ca_certs=certificates)
        self._silent_until = 0.0

    def capture_envelope(self, envelope: Envelope) -> None:
        """Send one envelope.

        Raises:
            UnsentError: it was refused.
            HTTPError: of urllib3: there was no answer in time.
        """
        if time.monotonic() < self._silent_until:
            return
        assert self.parsed_dsn is not None  # noqa: S101 - the client has one
        auth = self.parsed_dsn.to_auth("acme-shop")
        answer = self._pool.request(
            "POST",
            auth.get_api_url(),
            body=gzip.compress(envelope.serialize()),
            headers={
                "Content-Type": "application/x-sentry-envelope",
                "Content-Encoding": "gzip",
                "X-Sentry-Auth": auth.to_header(),
            },
            timeout=urllib3.Timeout(total=SEND_SECONDS, connect=_CONNECT_SECONDS),
            retries=False,
        )
        if answer.status == 429:
            asked = answer.headers.get("Retry-After", "")
            silence = float(asked) if asked.isdecimal() else 60.0
            self._silent_until = time.monotonic() + min(silence, _LONGEST_SILENCE_SECONDS)
        elif not 200 <= answer.status < 300:
            raise UnsentError


@lru_cache(maxsize=1)
def _client() -> Client:
    settings = get_settings()
    return Client(
        dsn=settings.sentry_dsn or _stored_dsn(settings.sentry_dsn_secret),
        transport=_Transport,
        release=settings.version,
        environment=settings.stage,
        server_name=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
        before_send=redact,
        default_integrations=False,
        auto_enabling_integrations=False,
        auto_session_tracking=False,
        send_client_reports=False,
        include_local_variables=False,
        spotlight=False,
    )


def _stored_dsn(name: str) -> str:
    """Return the address that is stored in Secrets Manager.

    Raises:
        AwsCallError: it cannot be read.
    """
    service = secrets_manager(get_settings().region)
    # Reports are sent in a thread of their own, which has no event loop.
    answer = asyncio.run(service.call("GetSecretValue", {"SecretId": name}, seconds=SEND_SECONDS))
    return str(answer.get("SecretString", "")).strip()
