"""Serving an ASGI application on a socket that the supervisor owns."""

import asyncio
import logging
import socket
from typing import Any

import uvicorn

_HEARING_SECONDS = 0.1

#: Asked for by the supervisor itself all the time at the start; nobody wants to read that.
_QUIET_PATHS = ("/healthz", "/readyz")


class _NotHealth(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        arguments = record.args if isinstance(record.args, tuple) else ()
        return not (len(arguments) > 2 and str(arguments[2]).startswith(_QUIET_PATHS))


def _log_config(*, access: bool) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "plain": {"format": "%(levelname)s %(message)s"},
            "access": {
                "()": "uvicorn.logging.AccessFormatter",
                "fmt": '"%(request_line)s" %(status_code)s',
                "use_colors": False,
            },
        },
        "filters": {"not_health": {"()": _NotHealth}},
        "handlers": {
            "plain": {"class": "logging.StreamHandler", "formatter": "plain"},
            "access": {
                "class": "logging.StreamHandler",
                "formatter": "access",
                "filters": ["not_health"],
            },
        },
        # As on Lambda: a handler at the root, from warnings up; our own loggers say more.
        "root": {"handlers": ["plain"], "level": "WARNING"},
        "loggers": {
            "shop": {"level": "INFO"},
            # Handlers that run side by side share one pool here, which Lambda never does.
            "urllib3.connectionpool": {"level": "ERROR"},
            # It warns of every call over 100 ms, which a busy laptop often has.
            "pydynox": {"level": "ERROR"},
            "uvicorn": {"handlers": ["plain"], "level": "WARNING", "propagate": False},
            "uvicorn.access": {
                "handlers": ["access"] if access else [],
                "level": "INFO",
                "propagate": False,
            },
        },
    }


def serve(app: Any, listener_fd: int, *, drain_seconds: int, access_log: bool = False) -> None:
    """Serve until SIGTERM, then answer what has been asked within ``drain_seconds``.

    The application is only served once it is there: import it before the call. Lifespan
    events are off, as they are on Lambda.
    """
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        server_header=False,
        log_config=_log_config(access=access_log),
        access_log=access_log,
        timeout_graceful_shutdown=drain_seconds,
    )
    _PatientServer(config).run(sockets=[socket.socket(fileno=listener_fd)])


class _PatientServer(uvicorn.Server):
    """Answers those whom it has accepted but not heard yet; uvicorn would hang up on them."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, give accepted connections a moment to speak, then wind down."""
        for server in self.servers:
            server.close()
        await asyncio.sleep(_HEARING_SECONDS)
        await super().shutdown(sockets)
