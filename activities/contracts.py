"""What a workflow may know of activities: their names, arguments and answers."""

from abc import ABC, abstractmethod

from temporalio import activity

from schemas.cycle import Advance, Outcome, Progress, StreamAct
from schemas.identifier import PeriodKey
from schemas.mail_day import MailDay
from schemas.period_run import Order, Standing
from schemas.schedule import Due, Run
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


class Occurrences(ABC):
    """The times at which something is to run by itself; every scheduled workflow keeps its own."""

    @activity.defn(name="note_run")
    @abstractmethod
    async def note_run(self, run: Run) -> None:
        """Keep what became of one of them; it may be said again."""


class Periods(ABC):
    """What the workflows that open and close periods ask for. Every call may be repeated at will."""

    @activity.defn(name="plan_periods")
    @abstractmethod
    async def plan_periods(self, due: Due) -> list[PeriodKey]:
        """Which periods an occurrence opens or closes, by its nominal time."""

    @activity.defn(name="store_order")
    @abstractmethod
    async def store_order(self, order: Order) -> StreamAct:
        """Commit the command of an order, once; it is decided by the ledger like any other."""

    @activity.defn(name="start_files")
    @abstractmethod
    async def start_files(self, key: PeriodKey) -> int:
        """Start a workflow for everybody in a roster who has no file yet; how many are new."""

    @activity.defn(name="read_standing")
    @abstractmethod
    async def read_standing(self, key: PeriodKey) -> Standing:
        """How many are in the roster, and how many have their file."""

    @activity.defn(name="settle_files")
    @abstractmethod
    async def settle_files(self, key: PeriodKey) -> int:
        """Let time do to every file of a period what is due by now; how many are open still."""

    @activity.defn(name="look_after_occurrences")
    @abstractmethod
    async def look_after_occurrences(self, due: Due) -> int:
        """Give a verdict to every expected occurrence that has none; how many there were."""


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


class Mailing(ABC):
    """Mail of a day: composed once however often it is asked for, then handed over."""

    @activity.defn(name="compose_mail")
    @abstractmethod
    async def compose_mail(self, request: MailDay) -> int:
        """Freeze the mail of the day of an instant; how many are new. None on a free day."""

    @activity.defn(name="deliver_mail")
    @abstractmethod
    async def deliver_mail(self, request: MailDay) -> int:
        """Hand over what waits; how many were taken. What is not taken is tried again later."""
