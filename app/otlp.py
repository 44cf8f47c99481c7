"""Export of spans to an OpenTelemetry collector: OTLP over HTTP, in its JSON form.

Not OpenTelemetry's own SDK and exporter: importing them costs a cold start more processor time
than this whole module takes for its first export (app/DECISIONS.md, 20). The form is published:
https://opentelemetry.io/docs/specs/otlp/#otlphttp

A collector that is down or hangs harms nothing but the traces. What is sent waits in a buffer of
:data:`MAX_SPANS`; a thread of its own sends it; a call waits for that thread for
:data:`FLUSH_SECONDS` at most. After a failure nothing is recorded for :data:`PAUSE_SECONDS`.
"""

import json
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import urllib3

from app.settings import Settings
from app.spans import Span, Value

log = logging.getLogger("shop.traces")

#: Spans that wait to be sent; a call of a function makes a few dozen.
MAX_SPANS = 4096
#: Spans in one request to the collector.
MAX_BATCH = 512
#: How long a call of a function waits for its spans to be sent.
FLUSH_SECONDS = 0.5
#: How long one request to the collector may take.
_REQUEST_SECONDS = 2.0
#: How long nothing is recorded after a failure.
PAUSE_SECONDS = 30.0
#: Outside of Lambda spans are sent when they have come together for so long.
_GATHER_SECONDS = 0.1

_ERROR = 2


class Exporter:
    """Sends spans to the collector at ``url``; safe to use from several threads."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        resource: Mapping[str, Value],
        *,
        waits_for_flush: bool,
    ) -> None:
        """Prepare to send; nothing is opened yet.

        With ``waits_for_flush`` spans are sent by :meth:`flush` alone: Lambda may freeze the
        process at any other time.
        """
        self._url = url
        self._headers = {**headers, "Content-Type": "application/json"}
        self._resource = resource
        self._waits_for_flush = waits_for_flush
        self._pool = urllib3.PoolManager(maxsize=1)
        self._changed = threading.Condition()
        self._waiting: deque[Span] = deque()
        # Spans that were taken, that went or were dropped, and that a flush waits for.
        self._added = self._settled = self._wanted = 0
        self._thread: threading.Thread | None = None
        self._paused_until = 0.0

    def add(self, span: Span) -> None:
        """Take a span that has ended; drop it while nothing can be sent, or too much waits."""
        with self._changed:
            if time.monotonic() < self._paused_until or len(self._waiting) >= MAX_SPANS:
                return
            self._waiting.append(span)
            self._added += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="otlp", daemon=True)
                self._thread.start()
            if not self._waits_for_flush:
                self._changed.notify_all()

    def flush(self, seconds: float) -> None:
        """Return once all spans so far are sent; after :data:`FLUSH_SECONDS` if not earlier."""
        with self._changed:
            target = self._wanted = self._added
            self._changed.notify_all()
            seconds = max(0.0, min(seconds, FLUSH_SECONDS))
            if not self._changed.wait_for(lambda: self._settled >= target, timeout=seconds):
                self._pause("FlushTimeout")

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._has_work)
                if not self._is_wanted():
                    self._changed.wait_for(self._is_wanted, timeout=_GATHER_SECONDS)
                count = min(len(self._waiting), MAX_BATCH)
                batch = [self._waiting.popleft() for _ in range(count)]
            failure = self._send(batch) if batch else None
            with self._changed:
                if failure:
                    self._pause(failure)
                self._settled = self._added - len(self._waiting)
                self._changed.notify_all()

    def _has_work(self) -> bool:
        return bool(self._waiting) and (self._is_wanted() or not self._waits_for_flush)

    def _is_wanted(self) -> bool:
        return self._settled < self._wanted

    def _pause(self, cause: str) -> None:
        """Drop what waits, and take nothing for a while."""
        if time.monotonic() >= self._paused_until:
            log.warning("traces.lost cause=%s pause_seconds=%d", cause, PAUSE_SECONDS)
        self._paused_until = time.monotonic() + PAUSE_SECONDS
        self._waiting.clear()
        self._settled = self._added

    def _send(self, batch: Sequence[Span]) -> str | None:
        """Send spans; return the name of what went wrong, or None."""
        body = json.dumps(encode(batch, self._resource), separators=(",", ":")).encode()
        failure = None
        for _ in range(2):
            try:
                response = self._pool.request(
                    "POST",
                    self._url,
                    body=body,
                    headers=self._headers,
                    timeout=urllib3.Timeout(total=_REQUEST_SECONDS),
                    retries=False,
                    redirect=False,
                )
            except urllib3.exceptions.ProtocolError as error:
                # A connection that was kept through a freeze may be cut: once more on a new one.
                failure = type(error).__name__
            except urllib3.exceptions.HTTPError as error:
                return type(error).__name__
            else:
                return None if response.status < 300 else f"HTTP{response.status}"
        return failure


@lru_cache(maxsize=1)
def exporter_for(settings: Settings) -> Exporter:
    """Return this process's exporter; made once, because it keeps a connection."""
    headers = read_pairs(settings.otlp_headers)
    function = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
    return Exporter(
        f"{settings.otlp_endpoint}/v1/traces",
        headers,
        describe_resource(settings, function),
        waits_for_flush=bool(function),
    )


def describe_resource(settings: Settings, function: str | None) -> dict[str, Value]:
    """Return what all spans of a process have in common; ``function`` is its name in Lambda."""
    known: dict[str, Value] = {
        "service.name": function or "acme-shop",
        "service.version": settings.version,
        "deployment.environment.name": settings.stage,
    }
    if function:
        known |= {
            "cloud.provider": "aws",
            "cloud.platform": "aws_lambda",
            "cloud.region": settings.region,
            "faas.name": function,
            "faas.instance": os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", ""),
        }
    known |= read_pairs(settings.otlp_resource)
    if settings.otlp_service:
        known["service.name"] = settings.otlp_service
    return known


def read_pairs(text: str) -> dict[str, str]:
    """Return pairs like ``name=value,name=value``, with the values decoded."""
    pairs = (pair.partition("=") for pair in text.split(",") if pair.strip())
    return {name.strip(): unquote(value.strip()) for name, _, value in pairs}


def encode(spans: Sequence[Span], resource: Mapping[str, Value]) -> dict[str, Any]:
    """Return the request that exports ``spans``: ids in hexadecimal, 64-bit numbers as text."""
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes(resource)},
                "scopeSpans": [
                    {"scope": {"name": "acme-shop"}, "spans": [_span(span) for span in spans]}
                ],
            }
        ]
    }


def _span(span: Span) -> dict[str, Any]:
    encoded: dict[str, Any] = {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "name": span.name,
        "kind": int(span.kind),
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.end_ns),
        "attributes": _attributes(span.attributes),
    }
    if span.parent_id:
        encoded["parentSpanId"] = span.parent_id
    if span.links:
        encoded["links"] = [
            {"traceId": trace_id, "spanId": span_id} for trace_id, span_id in span.links
        ]
    if span.error:
        encoded["status"] = {"code": _ERROR}
    return encoded


def _attributes(attributes: Mapping[str, Value]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in attributes.items()]


def _value(value: Value) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case str():
            return {"stringValue": value}
        case _:
            return {"arrayValue": {"values": [_value(part) for part in value]}}
