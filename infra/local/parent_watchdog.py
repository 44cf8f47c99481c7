"""A thread in every child process that ends it when its parent ends.

A child's standard input is a pipe whose other end only the parent holds. When the parent
ends, even by ``kill -9``, the kernel closes that end and the child reads the end of the file.
This works on every platform and does not depend on a signal that can be missed.
"""

import os
import signal
import threading
import time


def end_with_parent(grace_seconds: float = 3.0) -> None:
    """Send this process SIGTERM when its parent ends, and exit after ``grace_seconds``."""

    def wait() -> None:
        try:
            while os.read(0, 4096):
                pass
        except OSError:
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(grace_seconds)
        os._exit(1)

    threading.Thread(target=wait, name="parent-watchdog", daemon=True).start()
