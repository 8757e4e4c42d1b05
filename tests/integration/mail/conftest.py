"""A month of a small city in which everybody has an address."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from temporalio.testing import ActivityEnvironment

from activities.mail import Outgoing, PostgresMailing
from runtime.addresses import MailAccess
from schemas.code import Act, OrganisationAct
from schemas.mail_day import MailDay
from tests.builders import wib
from tests.support.mail_server import MailServer
from tests.support.played_record import ORG, PlayedRecord
from tests.support.stack import small_city

BASE = "https://siklus.contoh.example"
SENDER = "Siklus Kota Contoh <siklus@contoh.example>"
MONDAY = wib(3, 9, 8)
NOW = (timedelta(0),) * 3


@dataclass
class PostOffice:
    """The record, and how its mail is composed and handed over."""

    record: PlayedRecord

    def outgoing(self, access: MailAccess, back_off=NOW) -> Outgoing:
        return Outgoing(self.record.database.worker, access, SENDER, BASE, back_off)

    async def compose(self, at: datetime = MONDAY) -> int:
        access = MailAccess(host="127.0.0.1", port=1, tls="none")
        mailing = PostgresMailing(self.record.database.worker, self.outgoing(access), BASE)
        made: int = await ActivityEnvironment().run(
            mailing.compose_mail, MailDay(org=ORG, nominal=at)
        )
        return made

    async def deliver(self, server: MailServer, back_off=NOW) -> int:
        return await self.outgoing(server.access(), back_off).deliver(ORG)

    async def rows(self, query: str = "SELECT * FROM mail ORDER BY id", *given: Any):
        return await self.record.database.owner.fetch(query, *given)

    async def give_addresses(self, people=None) -> None:
        rows = [
            {"person": str(person), "address": address_of(n), "language": "id"}
            for n, person in enumerate(self.record.people)
            if people is None or person in people
        ]
        await self.record.order(OrganisationAct.IMPORT_CONTACTS, {"rows": rows})

    async def choose(self, person: UUID, **said: Any) -> None:
        await self.record.order(OrganisationAct.SET_MAIL_PREFERENCE, said, person)

    async def supervisor_and_task(self):
        """Somebody's plan is submitted: the file and whoever it waits for."""
        key = next(iter(self.record.agendas))
        plan = {"results": [{"id": "r1", "result": "x", "indicator": "y", "target": "z"}]}
        await self.record.act(key, Act.SUBMIT_PLAN, key.person, plan)
        return key, self.record.agendas[key].awaited_person


def address_of(number: int) -> str:
    return f"orang-{number}@kota.contoh.example"


@pytest.fixture
async def office(fresh_database):
    record = PlayedRecord(fresh_database)
    await record.begin(small_city(6))
    office = PostOffice(record)
    await office.give_addresses()
    return office


@pytest.fixture
async def server():
    async with MailServer() as server:
        yield server
