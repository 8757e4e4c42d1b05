"""Webhooks judged: their orders decided again, their rows and notices as these make them.

What was delivered to whom is no fact of the record and is not judged; nor can secrets be.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from audit.chain import Link
from audit.page import Dossier, Row, read_command
from audit.report import Invariant, Tallies
from audit.stream import check_refusal, made_before
from domain.decide import not_authorised
from domain.organisation import Organisation
from domain.webhook import Webhook, decide_webhook, webhook_data
from domain.working_calendar import WorkingCalendar
from schemas.code import EventKind, Office, Topic, WebhookAct
from schemas.error import Refusal

Webhooks = dict[UUID, Webhook]


class WebhookCheck:
    """Follows the orders on webhooks through the organisation's stream."""

    def __init__(self, calendar: WorkingCalendar, tallies: Tallies) -> None:
        self._calendar = calendar
        self._tallies = tallies
        self._made: list[tuple[Link, Webhooks]] = []
        self._numbers: dict[UUID, tuple[int, int]] = {}

    def follow(self, dossier: Dossier, link: Link, known: Organisation) -> None:
        """Judge one event of the stream, if it is of a webhook."""
        before = self._made[-1][1] if self._made else {}
        event = link.event
        command = None if event is None else dossier.command(event.command_id)
        if event is None or command is None or not is_about_webhooks(command):
            return
        order, tally = read_command(command), self._tallies[Invariant.RECOMPUTED]
        webhook = decide_webhook(order, before)
        if isinstance(webhook, Refusal):
            tally.problem(f"decided anew it is refused: {webhook.rule}", link.where)
            return
        if dict(event.data) != webhook_data(order, webhook):
            tally.problem("it is not what its command said", link.where)
        first = self._numbers.get(webhook.id, (link.number, link.number))[0]
        self._numbers[webhook.id] = first, link.number
        self._made.append((link, {**before, webhook.id: webhook}))
        today = self._calendar.local_date(event.happened_at)
        hr_head = known.office_head(Office.HR, today)
        is_told = event.kind is EventKind.WEBHOOK_DISABLED and hr_head is not None
        told = {(Topic.WEBHOOK_DISABLED, hr_head.person)} if is_told and hr_head else set()
        self._check_notices(dossier, link, told)

    def _check_notices(self, dossier: Dossier, link: Link, wanted: set[Any]) -> None:
        tally = self._tallies[Invariant.ONCE]
        rows = [row for row in dossier.notices if row["number"] == link.number]
        tally.count(len(rows))
        if sorted(wanted) != sorted((row["topic"], row["recipient"]) for row in rows):
            tally.problem("its notices are not those that it has to give", link.where)
        for row in rows:
            if (row["accepted_by"], row["accepted_at"]) != (row["recipient"], row["created_at"]):
                tally.problem(f"notice {row['id']} is in no inbox as it was sent", link.where)

    def check_refusals(
        self, dossier: Dossier, in_office: Sequence[tuple[Link, Organisation]]
    ) -> None:
        """Refused orders are refused again, by the webhooks and the HR office before them."""
        for row in filter(is_about_webhooks, dossier.commands):
            known = [
                before[-1] if before else {} for before in made_before(row, dossier, self._made)
            ]
            offices = [
                before[-1] if before else Organisation.of((), ())
                for before in made_before(row, dossier, in_office)
            ]
            again = (self._again(row, each, office) for each in known for office in offices)
            check_refusal(row, again, self._tallies)

    def _again(self, row: Row, known: Webhooks, office: Organisation) -> Webhook | Refusal:
        order = read_command(row)
        today = self._calendar.local_date(order.received_at)
        if order.actor is not None and office.hr_seat(order.actor, today) is None:
            return not_authorised(order.act)
        return decide_webhook(order, known)

    def check_rows(self, rows: Sequence[Row], stream: str) -> None:
        """The rows are exactly those that the orders have made."""
        tally = self._tallies[Invariant.FOLD]
        wanted = self._made[-1][1] if self._made else {}
        found = {row["id"]: row for row in rows}
        for id in sorted(wanted.keys() | found.keys()):
            tally.count()
            if id not in found or id not in wanted:
                what = "is not there" if id in wanted else "comes from no order"
                tally.problem(f"webhook {id} {what}", stream)
            elif _said(found[id]) != _wanted(wanted[id], self._numbers[id]):
                tally.problem(f"webhook {id} is not what its orders made of it", stream)


def is_about_webhooks(command: Row) -> bool:
    """Whether a command of the organisation's stream is about a webhook."""
    return command["act"] in set(WebhookAct)


def _said(row: Mapping[str, Any]) -> tuple[Any, ...]:
    numbers = row["number"], row["state_number"]
    return row["url"], tuple(row["types"]), row["description"], row["state"], numbers


def _wanted(webhook: Webhook, numbers: tuple[int, int]) -> tuple[Any, ...]:
    return webhook.url, webhook.types, webhook.description, webhook.state, numbers
