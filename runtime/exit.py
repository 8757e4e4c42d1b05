"""How a process that used Temporal ends."""

import contextlib
import logging
import os
import sys
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """Flush everything and end this process with exactly this code.

    A process that used a Temporal client may abort while the interpreter shuts down
    (https://github.com/temporalio/sdk-python/issues/300), which turns success into a random
    failure. Every ``main()`` that touched Temporal therefore ends here. Exit handlers do not
    run: close what must be closed before.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        # A reader that went away (head, a closed terminal) must not change the result.
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
