"""Rotation of the signing keys: Secrets Manager calls this function, and nothing else does.

It is a function of its own, so that the one which faces the internet cannot write the secret.
"""

from typing import Any
from uuid import UUID

from app.imports import collector_off

with collector_off():
    from app.error_reports import reporting_errors
    from app.logs import prepare_log_records
    from app.security.key_rotation import rotate
    from app.spans import SpanKind
    from app.trace_context import TraceContext, new_trace
    from app.tracing import entry_span, exporting_spans


def handler(event: dict[str, Any], context: Any) -> None:
    """Do one step of a rotation; Secrets Manager repeats a step that failed."""
    prepare_log_records()
    with (
        exporting_spans(context),
        entry_span(_trace_of(event), "rotate", SpanKind.INTERNAL, {"faas.trigger": "other"}),
        reporting_errors(context),
    ):
        rotate(event)


def _trace_of(event: dict[str, Any]) -> TraceContext:
    """Return the trace of a rotation: the id of the new version, which all its steps name."""
    try:
        return TraceContext(UUID(event["ClientRequestToken"]).hex)
    except (KeyError, ValueError, AttributeError, TypeError):
        return new_trace()
