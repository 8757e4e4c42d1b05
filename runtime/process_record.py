"""Recognise a process again later, although its pid may have been given to another one."""

from pathlib import Path
from typing import Self

import psutil
from pydantic import BaseModel, ConfigDict

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class ProcessRecord(BaseModel):
    """A process as seen at its start.

    Attributes:
        pid: its number, which the system may give away again after its death.
        create_time: when it was created. On Linux seconds since boot, which a change of the
            system's clock does not touch; elsewhere seconds since the epoch.
        boot: which boot of the machine ``create_time`` counts from; empty outside Linux.
    """

    model_config = ConfigDict(frozen=True)

    pid: int
    create_time: float
    boot: str = ""

    @classmethod
    def of(cls, pid: int) -> Self | None:
        """The record of a living process, or None if there is none with this pid."""
        created = _create_time(pid)
        return None if created is None else cls(pid=pid, create_time=created, boot=_boot())

    def find(self) -> psutil.Process | None:
        """The very process that was recorded, if it still lives; never a later owner of its pid."""
        if self.boot != _boot() or _create_time(self.pid) != self.create_time:
            return None
        try:
            process = psutil.Process(self.pid)
            return None if process.status() == psutil.STATUS_ZOMBIE else process
        except psutil.NoSuchProcess:
            return None


def _boot() -> str:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""


def _create_time(pid: int) -> float | None:
    if not _boot():
        try:
            return psutil.Process(pid).create_time()
        except psutil.Error:
            return None
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The program's name stands in brackets and may hold anything; field 22 counts from the start.
    return float(stat.rpartition(")")[2].split()[19])
