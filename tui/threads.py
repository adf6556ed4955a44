"""Leaving while a thread still waits for a server that does not answer: nobody waits with it."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

PREFIX = "console-"
"""Of the names of the console's threads."""


class HastyExecutor(ThreadPoolExecutor):
    """Threads of the event loop, which would wait for all of them at its end, however long that takes."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT002 - the signature of the base class
        super().shutdown(wait=False, cancel_futures=True)


def end_process(code: int) -> int:
    """The code, if no thread is left; else the process ends here: the interpreter would wait, or end under them."""
    ours = [each for each in threading.enumerate() if each is not threading.main_thread()]
    if any(not each.daemon or each.name.startswith(PREFIX) for each in ours):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code
