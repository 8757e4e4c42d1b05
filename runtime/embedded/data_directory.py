"""Make the data directory, changing only what we make ourselves."""

import os
from pathlib import Path

from runtime.errors import UnusableDirectory


def prepare_data_directory(data: Path) -> None:
    """Create the data directory and its log directory where they are missing.

    As root everybody may enter it, because Postgres runs as another user; each secret inside is
    a file of mode 0600. Otherwise nobody else may. Modes of what exists already are never changed.

    Raises:
        UnusableDirectory: if it cannot be made or written, with the remedy.
    """
    mode = 0o755 if os.geteuid() == 0 else 0o700
    try:
        for directory in [*reversed(data.parents), data]:
            _make(directory, mode)
        _make(data / "log", 0o700)
    except OSError as error:
        raise _unusable(data, error.strerror or str(error)) from None
    if not os.access(data, os.W_OK | os.X_OK):
        raise _unusable(data, "not writable")


def _make(directory: Path, mode: int) -> None:
    if not directory.is_dir():
        directory.mkdir()
        directory.chmod(mode)  # whatever the umask is


def _unusable(data: Path, reason: str) -> UnusableDirectory:
    return UnusableDirectory(
        f"The data directory {data} cannot be used: {reason}. Choose another: SIKLUS_DATA=..."
    )
