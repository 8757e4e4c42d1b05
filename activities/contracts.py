"""What a workflow may know of activities: their names, arguments and answers."""

from abc import ABC, abstractmethod

from temporalio import activity

from schemas.cycle import Advance, Outcome, Progress, StreamAct
from schemas.mail_day import MailDay


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
