"""Rotation of the signing keys: Secrets Manager calls this function, and nothing else does.

It is a function of its own, so that the one which faces the internet cannot write the secret.
"""

from typing import Any

from app.imports import collector_off

with collector_off():
    from app.error_reports import reporting_errors
    from app.logs import prepare_log_records
    from app.security.key_rotation import rotate
    from app.trace_context import following, new_trace


def handler(event: dict[str, Any], context: Any) -> None:
    """Do one step of a rotation; Secrets Manager repeats a step that failed."""
    prepare_log_records()
    with following(new_trace()), reporting_errors(context):
        rotate(event)
