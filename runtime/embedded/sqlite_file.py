"""A server's SQLite file that nobody has open: is it damaged, and out of the way with it."""

import itertools
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PRIMARY = 0xFF  # an extended code names its primary code in the lowest byte
_KEPT = ".unreadable-"


def is_damaged(path: Path) -> bool:
    """Whether SQLite itself finds the file damaged, its write-ahead log included.

    Reads the whole file: a second or so for 100 MB. A file that cannot be judged now (locked,
    not permitted, the disk full) is not called damaged.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            found: list[tuple[str]] = database.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.Error as error:
        return error.sqlite_errorcode & _PRIMARY in _DAMAGE
    return found != [("ok",)]


def put_aside(path: Path) -> str:
    """Rename the file and its log, never over one that was kept before; return what was added.

    The file goes first: SQLite throws away a log without its file, but would read a file without
    its log as if nothing had happened since.
    """
    stamp = f"{_KEPT}{datetime.now(UTC):%Y%m%dT%H%M%S}"
    parts = sorted(p for p in path.parent.glob(f"{path.name}*") if _KEPT not in p.name)
    names = itertools.chain([stamp], (f"{stamp}-{n}" for n in itertools.count(2)))
    added = next(s for s in names if not list(path.parent.glob(f"{path.name}*{s}")))
    for part in parts:
        part.rename(part.with_name(part.name + added))
    return added
