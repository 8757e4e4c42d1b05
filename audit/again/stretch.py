"""Deciding stretches of the record again with one connection: what each worker process does."""

from audit.again.difference import Count
from audit.again.file import FileAgain
from audit.again.read import Stretch, read_page
from audit.again.refusal import LazyHistory, Refusals, is_refused
from audit.page import Calendars
from audit.plan import Plans
from storage.clock import Connection


class StretchAgain:
    """Decides stretch after stretch; memory holds one of them and the caches."""

    def __init__(self, org: str) -> None:
        self._org, self._history = org, LazyHistory()
        self._calendars = Calendars()
        self._plans = Plans()
        self._refusals = Refusals(org, self._history, self._calendars, self._plans)
        self._files = FileAgain(self._calendars, self._refusals, self._plans)

    async def check(self, connection: Connection, stretch: Stretch) -> Count:
        """Decide every file of a stretch again."""
        page = await read_page(connection, stretch)
        await self._calendars.load(connection)
        await self._history.load_rules(connection, self._org)
        self._files.rules = self._history.rules
        streams = [sheet.stream for sheet in page.sheets]
        await self._plans.load(connection, self._org, streams, page.contexts.values)
        refused = [row for sheet in page.sheets for row in sheet.commands if is_refused(row)]
        await self._refusals.prepare(connection, refused)
        for sheet in page.sheets:
            self._files.check(sheet, page.contexts)
        return self._files.take_count()
