"""Sockets that are bound before their servers run.

Binding is the only proof that a port is free, and a child process inherits the socket with
its queue of connections, so a restart refuses no connection.
"""

import errno
import socket

from infra.local.errors import PortError

LOOPBACK = "127.0.0.1"
BACKLOG = 1024


def listen(port: int = 0, host: str = LOOPBACK) -> socket.socket:
    """Return a listening socket on ``port``; 0 picks a free one.

    Raises:
        PortError: the port is in use, or this user may not bind it.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # Without it the port stays in use for a minute after its last connection.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as failure:
        listener.close()
        is_taken = isinstance(failure, OSError) and failure.errno == errno.EADDRINUSE
        reason = "is in use" if is_taken else f"cannot be used ({failure})"
        raise PortError(f"Port {port} {reason}; choose another one with PORT=...") from failure
    return listener


def port_of(listener: socket.socket) -> int:
    """Return the port a socket is bound to."""
    port: int = listener.getsockname()[1]
    return port


def url_of(listener: socket.socket) -> str:
    """Return the URL of a socket's server."""
    return f"http://{LOOPBACK}:{port_of(listener)}"
