"""A worker that dies exactly where a test wants it to: beside the commit of a chosen command.

``python -m tests.support.crash_worker DIRECTORY`` is the usual worker with another ledger. Each
order is a file; the worker takes it away before it obeys, so that no order strikes twice.
"""

import os
import signal
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID

from temporalio import activity

import workers.main
from activities.ledger import PostgresLedger
from runtime.embedded.stack import ChildSpec
from schemas.cycle import Advance, Progress

ROOT = Path(__file__).parents[2]


class Doom:
    """Orders to a crash worker, and what has become of them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(exist_ok=True)

    def before_commit(self, command_id: UUID) -> None:
        """Die with everything decided and nothing committed."""
        (self._directory / f"before-{command_id}").touch()

    def after_commit(self, command_id: UUID) -> None:
        """Die with everything committed and nobody told."""
        (self._directory / f"after-{command_id}").touch()

    def has_struck(self, command_id: UUID) -> bool:
        """Whether a worker has died for this command."""
        return (self._directory / f"struck-{command_id}").exists()

    def keep_away(self) -> None:
        """Let no worker begin; one that runs is not touched."""
        (self._directory / "away").touch()

    def let_come(self) -> None:
        """Let a worker begin again."""
        (self._directory / "away").unlink(missing_ok=True)

    def wait_until_wanted(self) -> None:
        """What a worker does first."""
        while (self._directory / "away").exists():
            time.sleep(0.02)

    def takes(self, moment: str, command_id: UUID | None) -> bool:
        """Whether there is such an order; then it is carried out now, and never again."""
        order = self._directory / f"{moment}-{command_id}"
        if not order.exists():
            return False
        order.rename(self._directory / f"struck-{command_id}")
        return True

    def spec(self, number: int = 1) -> ChildSpec:
        """The worker that obeys, as a stack runs it."""
        argv = [sys.executable, "-m", "tests.support.crash_worker", str(self._directory)]
        return ChildSpec(f"worker-{number}", argv, {"PYTHONPATH": str(ROOT)})


class DoomedLedger(PostgresLedger):
    """The real ledger; around chosen commits it kills its own process."""

    def __init__(self, doom: Doom, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._doom = doom

    @activity.defn(name="advance_file")
    async def advance_file(self, request: Advance) -> Progress:
        if self._doom.takes("before", request.command_id):
            async with self._pool.acquire() as connection, connection.transaction():
                await self._files.advance(connection, request)
                _die()
        progress = await super().advance_file(request)
        if self._doom.takes("after", request.command_id):
            _die()
        return progress


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    orders = Doom(Path(sys.argv[1]))
    orders.wait_until_wanted()
    with mock.patch.object(workers.main, "PostgresLedger", partial(DoomedLedger, orders)):
        workers.main.main()
