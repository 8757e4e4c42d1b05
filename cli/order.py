"""Orders on the organisation, its rules, its calendar and its webhooks: sent, tried and shown."""

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from pydantic import JsonValue

from cli.answer import show_answer, show_refusal, show_sent
from cli.output import Exit
from cli.person import find_person
from cli.session import Session, os_user
from gateway.answer import Answer
from gateway.door import ANSWER_SECONDS, GoverningAct
from schemas.code import Via
from schemas.error import Refusal
from schemas.text import Language

BULK_SECONDS = 60.0  # how long a command waits for what concerns many people or files


@dataclass(frozen=True, slots=True)
class Order:
    """Who orders something, if it is not the machine's administrator, and under which command id."""

    person: str | None
    again: UUID | None = None
    via: Via = Via.SHELL
    seconds: float = ANSWER_SECONDS
    command_id: UUID = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "command_id", self.again or uuid4())

    async def actor(self, session: Session) -> UUID | None:
        """The person; None for the administrator.

        Raises:
            Ambiguous: if what was typed is not one person.
        """
        return await find_person(session, self.person) if self.person else None

    async def send(self, session: Session, act: GoverningAct, body: JsonValue) -> Answer:
        """Have it done.

        Raises:
            Unavailable: if nothing is promised.
            Ambiguous: if what was typed is not one person.
        """
        return await session.gateway.organisation_act(
            act,
            body,
            actor=await self.actor(session),
            command_id=self.command_id,
            via=self.via,
            os_user=os_user(),
            seconds=self.seconds,
        )

    async def show(
        self, session: Session, act: GoverningAct, body: JsonValue, *, as_json: bool
    ) -> Exit:
        """Have it done, and show what became of it."""
        sending = self.send(session, act, body)
        return await show_sent(sending, self.command_id, session.settings.language, as_json=as_json)


def show_tried(refusal: Refusal, language: Language, *, as_json: bool) -> Exit:
    """Show why an order that was only tried would be refused."""
    if as_json:
        return show_answer(Answer.refused(uuid4(), refusal), language, as_json=True)
    show_refusal(refusal, language)
    return Exit.REFUSED
