"""The data directory of demonstrations: emptied at each start, and nothing else ever is."""

import shutil
from pathlib import Path

from runtime.embedded.data_directory import prepare_data_directory
from runtime.embedded.lock import DataLock
from runtime.embedded.postgres import cluster_directory, end_orphans
from runtime.embedded.process_table import ProcessTable
from runtime.errors import UnusableDirectory

MARK = "demo-directory"
_MARK_TEXT = "Everything here is a demonstration's; the next one deletes it.\n"
_KEPT = frozenset({MARK, "lock"})


async def empty_demo_directory(data: Path) -> None:
    """Make the directory, or delete what an earlier demonstration left in it.

    Raises:
        AlreadyRunning: if a demonstration runs there.
        UnusableDirectory: if it holds anything that no demonstration has put there.
    """
    _require_ours(data)
    prepare_data_directory(data)
    with DataLock(data):
        await ProcessTable(data).end_left_over()
        await end_orphans(cluster_directory(data))
        _empty(data)


def _require_ours(data: Path) -> None:
    if data.exists() and not (data / MARK).exists() and any(data.iterdir()):
        raise UnusableDirectory(
            f"{data} holds data that is not a demonstration's; nothing was deleted."
            " Move it away, or choose another directory: SIKLUS_DATA=..."
        )


def _empty(data: Path) -> None:
    (data / MARK).write_text(_MARK_TEXT, encoding="utf-8")
    for entry in data.iterdir():
        if entry.name not in _KEPT:
            _delete(entry)


def _delete(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry)
    else:
        entry.unlink()
