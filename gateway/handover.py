"""Files whose task belongs to somebody else by now, or whose person has died: they are refreshed.

A change of the organisation is an act on a stream of its own, and a decree may begin on a later
day: neither reaches a file by itself. So after each act, and on each new day, every open file is
looked at, until all of them know.
"""

import asyncio
from time import monotonic

import asyncpg

from domain.fold import evolve
from domain.owner import owner_on
from domain.working_calendar import WorkingCalendar
from runtime.clock import Clock
from storage.organisation import Organisations
from storage.query import queries

PAUSE_EVERY = 50
# A file that is just being decided by what was known a moment ago is seen by a second look.
SECOND_LOOK_SECONDS = 30.0


class Handover:
    """Finds the files; looks at all of them only when something may have changed."""

    def __init__(
        self,
        pool: "asyncpg.Pool[asyncpg.Record]",
        org: str,
        calendar: WorkingCalendar,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._org = org
        self._calendar = calendar
        self._clock = clock
        self._organisations = Organisations()
        self._clean: tuple[object, float] | None = None
        self._settled: object = None

    async def moved(self) -> set[str]:
        """The streams of open files that do not know yet how the organisation stands now."""
        now = self._clock.now()
        today = self._calendar.local_date(now)
        async with self._pool.acquire() as connection:
            known = await self._organisations.known_at(connection, self._org, now)
        mark = (known.version, known.rules.version, today)
        if mark == self._settled or self._is_resting(mark):
            return set()
        found = set()
        rows = await queries("gateway").read_open_states(self._pool, org=self._org)
        for number, row in enumerate(rows):
            if number % PAUSE_EVERY == 0:
                await asyncio.sleep(0)
            state = evolve(None, row["state"])
            is_dead = known.died_on(state.file.person, today) is not None
            if is_dead or owner_on(known, state, today) != state.owner:
                found.add(row["stream"])
        self._note(mark, is_clean=not found)
        return found

    def _is_resting(self, mark: object) -> bool:
        """Between the first look that found nothing and the second."""
        return (
            self._clean is not None
            and self._clean[0] == mark
            and monotonic() < self._clean[1] + SECOND_LOOK_SECONDS
        )

    def _note(self, mark: object, *, is_clean: bool) -> None:
        if not is_clean:
            self._clean = None
        elif self._clean is not None and self._clean[0] == mark:
            self._settled = mark
        else:
            self._clean = mark, monotonic()
