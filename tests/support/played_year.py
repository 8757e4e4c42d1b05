"""A small city with an opened year and its months, played act by act."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from typing_extensions import override

from schemas.code import Act, OrganisationAct
from schemas.cycle import Advance, Outcome, Verdict
from schemas.file import Context
from schemas.identifier import FileKey
from schemas.organisation import HoldingRow
from storage.clock import set_clock
from storage.organisation import read_organisation
from storage.outside import DecideFirst
from tests.support.played_record import ORG, PlayedRecord

YEAR, ANNUAL = "2026", "tahunan"
REVISION = {"cause": "budget", "reason": "[Simulasi] anggaran berubah"}


def results(*ids: str) -> dict[str, Any]:
    return {"results": [{"id": i, "result": "a", "indicator": "b", "target": "c"} for i in ids]}


@dataclass
class PlayedYear(PlayedRecord):
    """Like a month, and everybody has an annual file, too."""

    rows: list[HoldingRow] = field(default_factory=list)

    @property
    def somebody(self) -> UUID:
        """One of the people who wait for nobody."""
        return next(p for p in self.people if self.turn(p) != "superior_plan")

    def turn(self, person: UUID) -> str:
        """Where his annual file stands."""
        return self.agendas[self.key(person)].turn

    def above(self, person: UUID) -> UUID | None:
        """His supervisor today, if that one has an annual file."""
        post = self.city.own_post(person, self._today())
        assert post is not None
        seat = self.city.appraiser(post.post, person, self._today())
        return seat.person if seat is not None and seat.person in self.people else None

    @override
    async def advance(self, request: Advance) -> Outcome | None:
        """As the worker does it: what has to be decided first goes first."""
        while True:
            try:
                return await super().advance(request)
            except DecideFirst as waiting:
                file = FileKey.of_stream(waiting.stream)
                assert file is not None, "these files wait for other files only"
                await self.advance(Advance(file=file, command_id=waiting.command_id))

    async def begin_year(self, at: datetime) -> None:
        """Import the organisation and open the year, with every file of it."""
        self.now = at
        async with self.database.owner.acquire() as connection:
            await set_clock(connection, self.clock)
        data = [row.model_dump(mode="json") for row in self.rows]
        await self.order(OrganisationAct.IMPORT_ORGANISATION, {"rows": data})
        async with self.database.worker.acquire() as connection:
            self.city = await read_organisation(connection, ORG)
        await self.open_all(YEAR, ANNUAL)

    async def open_all(self, period: str, kind: str) -> None:
        """Open a period with every file of it, the last in the list first: no order may matter."""
        await self.order(OrganisationAct.OPEN_PERIOD, {"period": period, "kind": kind})
        rows = await self.database.worker.fetch(
            "SELECT r.person FROM roster AS r JOIN person AS p ON p.id = r.person"
            " WHERE r.period = $1 AND r.excluded_because IS NULL ORDER BY p.identity_number",
            period,
        )
        self.people = [row["person"] for row in rows]
        for person in reversed(self.people):
            await self.advance(Advance(file=self.key(person, period, kind)))

    def key(self, person: UUID, period: str = YEAR, kind: str = ANNUAL) -> FileKey:
        return FileKey(org=ORG, period=period, kind=kind, person=person)

    async def awaited(self, key: FileKey, act: Act, said: Any, at: datetime) -> Outcome:
        """Whoever is awaited acts at an instant, and it is accepted."""
        self.now = at
        actor = self.agendas[key].awaited_person
        assert actor is not None
        outcome = await self.act(key, act, actor, said)
        assert outcome.verdict is Verdict.ACCEPTED, outcome
        return outcome

    async def agree(self, person: UUID, at: datetime, *ids: str) -> None:
        """His plan of these results is submitted and agreed; revised, if there is one."""
        key = self.key(person)
        is_running = (await self.state(key)).turn == "running"
        said = results(*ids) | (REVISION if is_running else {})
        await self.awaited(key, Act.REVISE_PLAN if is_running else Act.SUBMIT_PLAN, said, at)
        await self.awaited(key, Act.AGREE_PLAN, {}, at)

    async def contexts(self, key: FileKey) -> list[Context]:
        """The context of each event of a file."""
        rows = await self.database.worker.fetch(
            "SELECT c.value FROM event AS e JOIN context AS c"
            " ON c.hash = convert_from(e.canonical, 'UTF8')::jsonb ->> 'context_hash'"
            " WHERE e.stream = $1 ORDER BY e.number",
            key.stream,
        )
        return [Context.model_validate_json(row["value"]) for row in rows]
