"""What a workflow may know of activities: their names, arguments and answers."""

from abc import ABC, abstractmethod

from temporalio import activity

from schemas.cycle import Advance, Outcome, Progress, StreamAct
from schemas.upkeep import Reconciled


class Ledger(ABC):
    """The one writer of facts. Every call is one transaction and may be repeated at will.

    A refusal is an answer, not an error: an error means that the ledger could not be reached or
    is defective, and the call is to be made again.
    """

    @activity.defn(name="advance_file")
    @abstractmethod
    async def advance_file(self, request: Advance) -> Progress:
        """Decide what is stored and what time has brought; say what the file waits for now."""

    @activity.defn(name="decide_command")
    @abstractmethod
    async def decide_command(self, request: StreamAct) -> Outcome:
        """Decide one stored command of any stream and return its outcome."""


class Upkeep(ABC):
    """What is done for the whole organisation; all of it may be done again from the beginning."""

    @activity.defn(name="refresh_files")
    @abstractmethod
    async def refresh_files(self, org: str) -> int:
        """Have every open file take in what has changed outside it; how many were behind."""

    @activity.defn(name="reconcile")
    @abstractmethod
    async def reconcile(self, org: str) -> Reconciled:
        """Put right whatever does not agree between the record, its notices and Temporal."""
