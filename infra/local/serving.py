"""Serving an ASGI application on a socket that the supervisor owns."""

import asyncio
import logging
import socket
from typing import Any

import uvicorn

from app.error_reports import collect_errors
from app.logs import prepare_log_records
from infra.local.log_lines import AccessFormatter, JsonFormatter

_FIRST_REQUEST_SECONDS = 0.1

#: The supervisor polls the first two at the start, the page of the orders the third; the access
#: log leaves them out.
_QUIET_PATHS = ("/healthz", "/readyz", "/dev/orders/data")


class _NotHealth(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        arguments = record.args if isinstance(record.args, tuple) else ()
        return not (len(arguments) > 2 and str(arguments[2]).startswith(_QUIET_PATHS))


def _log_config(*, access: bool) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            # Lambda's format, which the shop's output makes readable.
            "json": {"()": JsonFormatter},
            "access": {"()": AccessFormatter},
        },
        "filters": {"not_health": {"()": _NotHealth}},
        "handlers": {
            "plain": {"class": "logging.StreamHandler", "formatter": "json"},
            "access": {
                "class": "logging.StreamHandler",
                "formatter": "access",
                "filters": ["not_health"],
            },
        },
        # As on Lambda: a root handler from WARNING up; the shop's own loggers from INFO up.
        "root": {"handlers": ["plain"], "level": "WARNING"},
        "loggers": {
            "shop": {"level": "INFO"},
            # Concurrent handlers share one connection pool here, unlike on Lambda.
            "urllib3.connectionpool": {"level": "ERROR"},
            "uvicorn": {"handlers": ["plain"], "level": "WARNING", "propagate": False},
            "uvicorn.access": {
                "handlers": ["access"] if access else [],
                "level": "INFO",
                "propagate": False,
            },
        },
    }


def serve(
    app: Any,
    listener_fd: int,
    *,
    drain_seconds: int,
    access_log: bool = False,
    protocol: type[asyncio.Protocol] | None = None,
) -> None:
    """Serve until SIGTERM, then finish open requests within ``drain_seconds``.

    Lifespan events are off, as they are on Lambda. ``protocol`` reads the requests; without it
    uvicorn's own.
    """
    prepare_log_records()
    collect_errors()
    config = uvicorn.Config(
        app,
        lifespan="off",
        http=protocol or "auto",
        ws="none",
        server_header=False,
        # Whose X-Forwarded-For counts is a setting of the shop (TRUSTED_PROXIES).
        proxy_headers=False,
        log_config=_log_config(access=access_log),
        access_log=access_log,
        timeout_graceful_shutdown=drain_seconds,
    )
    _DrainingServer(config).run(sockets=[socket.socket(fileno=listener_fd)])


class _DrainingServer(uvicorn.Server):
    """Answers accepted connections that have sent no request yet; uvicorn would close them."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, wait briefly for the requests of accepted connections, then shut down."""
        for server in self.servers:
            server.close()
        await asyncio.sleep(_FIRST_REQUEST_SECONDS)
        await super().shutdown(sockets)
