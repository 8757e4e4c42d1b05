"""What can go wrong around the engine, each with the remedy in its message."""

from collections.abc import Sequence
from pathlib import Path


class SiklusError(Exception):
    """An error whose message is meant for the person at the terminal."""


class InvalidSetting(SiklusError):
    """A setting of the environment is unknown or does not have the expected form."""


class NotRunning(SiklusError):
    """No stack runs for this data directory."""

    def __init__(self, data: Path, reason: str = "no stack runs here") -> None:
        super().__init__(f"Siklus is not running ({reason}; data in {data}). Start it: siklus up")


class AlreadyRunning(SiklusError):
    """Another process holds the data directory."""

    def __init__(self, data: Path, pid: int | None) -> None:
        holder = f"process {pid}" if pid is not None else "another process"
        super().__init__(
            f"Siklus already runs on {data} ({holder}). Use it, stop it first,"
            " or choose another directory with SIKLUS_DATA=..."
        )
        self.pid = pid


class UnusableDirectory(SiklusError):
    """A directory cannot hold the data, or cannot be entered by Postgres' own user."""


class MissingProgram(SiklusError):
    """A program that the stack starts is not installed."""


class UnsupportedPostgres(SiklusError):
    """The Postgres server is older than the schema needs."""

    def __init__(self, where: str, version: str) -> None:
        super().__init__(
            f"{where} is PostgreSQL {version}; Siklus needs 18 or newer (uuidv7)."
            " Leave PG_BIN unset to use the server that is installed with Siklus."
        )


class StartFailed(SiklusError):
    """A part of the stack did not become ready; the end of its log is in the message."""

    def __init__(self, name: str, reason: str, log_tail: Sequence[str] = ()) -> None:
        tail = "".join(f"\n    {line}" for line in log_tail)
        super().__init__(f"{name} did not start: {reason}{tail}")
        self.name = name


class StartInterrupted(SiklusError):
    """The start was stopped by a signal; nothing is left running."""

    def __init__(self) -> None:
        super().__init__("Stopped while starting; nothing is left running.")


class MigrationFailed(SiklusError):
    """The database schema could not be brought up to date."""


class TemporalUnavailable(SiklusError):
    """The Temporal server cannot be reached or refuses what the engine needs."""
