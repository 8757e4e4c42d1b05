"""Become another program that ends when the supervisor ends.

Run as ``python -I -S launch.py SIGNAL PARENT UID GID PROGRAM [ARGUMENT...]``. A separate program
instead of a function between fork and exec, because forking a process whose native threads hold
locks may block for ever. The pid stays the same; UID -1 keeps the user.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Drop to the user, ask the kernel for the signal, and become the program."""
    signal, parent, uid, gid = (int(text) for text in arguments[:4])
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # After setuid: a change of user clears the request.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # The supervisor died before the kernel knew our wish.
    os.execv(arguments[4], arguments[4:])  # noqa: S606  (no shell wanted)


if __name__ == "__main__":
    main(sys.argv[1:])
