"""Leaving while a thread still waits for a server that does not answer: nobody waits with it."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor


class HastyExecutor(ThreadPoolExecutor):
    """The console's threads. The event loop would wait for all of them at its end, however long that takes."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        super().shutdown(wait=False, cancel_futures=True)


def end_process(code: int) -> int:
    """The code, if nothing is left to wait for; else the process ends here, since the interpreter would wait."""
    waiting = [each for each in threading.enumerate() if each is not threading.main_thread() and not each.daemon]
    if waiting:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code
