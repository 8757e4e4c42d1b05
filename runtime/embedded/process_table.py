"""Which processes a stack has started, so that a later one can end what was left."""

import asyncio
import contextlib
import json
import os
import signal
from pathlib import Path

from pydantic import ValidationError

from runtime.files import write_private
from runtime.process_record import ProcessRecord

_LIMIT_SECONDS = 10


class ProcessTable:
    """The children of a stack by name, kept in ``<data>/processes.json``."""

    def __init__(self, data: Path) -> None:
        self._path = data / "processes.json"
        self._records: dict[str, ProcessRecord] = {}

    @property
    def records(self) -> dict[str, ProcessRecord]:
        """A copy of the table."""
        return dict(self._records)

    def put(self, name: str, pid: int) -> None:
        """Note that a child lives under this pid now."""
        record = ProcessRecord.of(pid)
        if record is not None:
            self._records[name] = record
            self._write()

    def clear(self) -> None:
        """Note that no child is left."""
        self._records.clear()
        self._path.unlink(missing_ok=True)

    async def end_left_over(self, spare: frozenset[str] = frozenset()) -> list[str]:
        """Kill what an earlier stack left running, but for the spared names; return the names.

        On Linux the kernel has done that already, unless the child was just being started. A
        process that was given the pid of a dead child is not touched.
        """
        known = {name: record for name, record in self._read().items() if name not in spare}
        living = {name: record for name, record in known.items() if record.find() is not None}
        for record in living.values():
            _kill_group(record.pid)
        async with asyncio.timeout(_LIMIT_SECONDS):
            while any(record.find() for record in living.values()):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        self.clear()
        return sorted(living)

    def _read(self) -> dict[str, ProcessRecord]:
        try:
            stored = json.loads(self._path.read_bytes())
            return {name: ProcessRecord.model_validate(item) for name, item in stored.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, AttributeError, ValidationError):
            return {}  # cut off by a power failure: nothing of that boot lives

    def _write(self) -> None:
        table = {name: record.model_dump() for name, record in self._records.items()}
        write_private(self._path, json.dumps(table))


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
