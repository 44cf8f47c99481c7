"""The thread in every child process that ends it when its parent is gone.

A child's standard input is a pipe whose other end only the parent holds. When the parent
ends in whatever way, ``kill -9`` included, the kernel closes that end and the child reads
the end of the file. This needs no platform's own call and no signal that can be missed.
"""

import os
import signal
import threading
import time


def end_with_parent(grace_seconds: float = 3.0) -> None:
    """Terminate this process politely when its parent ends, by force after the grace."""

    def wait() -> None:
        try:
            while os.read(0, 4096):
                pass
        except OSError:
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(grace_seconds)
        os._exit(1)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()
