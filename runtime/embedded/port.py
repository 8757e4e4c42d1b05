"""Choose a loopback port that stays ours over restarts."""

import random
import socket

LOOPBACK = "127.0.0.1"
# Below the range that systems take for outgoing connections: a client retrying against a server
# that is just restarting could otherwise be given the server's own port, and keep it.
_RANGE = range(20_000, 30_000)


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def choose(preferred: int, taken: frozenset[int] = frozenset()) -> int:
    """The preferred port (0: none) if it is free, else another free one.

    Raises:
        OSError: if a hundred tries found none.
    """
    candidates = random.SystemRandom().sample(_RANGE, 100)
    for port in [*([preferred] if preferred else []), *candidates]:
        if port not in taken and is_free(port):
            return port
    raise OSError(f"no free port on {LOOPBACK} between {_RANGE.start} and {_RANGE.stop}")
