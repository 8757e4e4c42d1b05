"""The stream of the organisation's working calendar: chain, acts decided again, rows as events say."""

from collections.abc import Iterator, Sequence

from audit.chain import ChainCheck, Link
from audit.history import History
from audit.page import Calendars, Dossier, Row, read_command
from audit.report import Invariant, Tallies
from audit.stream import check_event, check_seat, follow_made
from domain.calendar_act import Decided, decide_calendar
from domain.calendar_book import CalendarBook
from domain.working_calendar import ZONE
from schemas.error import Refusal
from storage.calendar_ledger import KINDS, change_data
from storage.record import without_reason


class CalendarCheck:
    """Judges what an organisation has changed in its calendar."""

    def __init__(self, history: History, calendars: Calendars, tallies: Tallies) -> None:
        self._history = history
        self._calendars = calendars
        self._tallies = tallies
        self._chain = ChainCheck(calendars, tallies[Invariant.CHAIN])

    def check(self, dossier: Dossier) -> None:
        """The chain, its commands, its actors, and the rows, all of them as of one moment."""
        first = self._history.calendars.known(0)
        links = follow_made(
            dossier, self._chain, self._tallies, first, self._check_event, self._decided
        )
        self._check_rows(dossier, links)

    def _check_event(self, dossier: Dossier, link: Link, before: CalendarBook) -> CalendarBook:
        """Judge one event; the calendars with what it changed, as far as that can be known."""
        event = check_event(dossier, link, KINDS, self._tallies)
        command = None if event is None else dossier.command(event.command_id)
        if event is None or command is None:
            return before
        base = self._calendars.find(str(event.data.get("base")))
        if base is not None:
            before = before.on(base)
        tally = self._tallies[Invariant.RECOMPUTED]
        found = list(self._decided(command, before))
        accepted = [d for d in found if isinstance(d, Decided)]
        if not accepted:
            rules = " or ".join(sorted({d.rule for d in found if isinstance(d, Refusal)}))
            tally.problem(f"decided anew it is refused: {rules}", link.where)
            return before
        if dict(event.data) != change_data(accepted[0]):
            tally.problem("it is not what its command said", link.where)
        for calendar in accepted[0].book.all():
            if self._calendars.find(calendar.version) is None:
                tally.problem(f"the calendar {calendar.version} is not kept", link.where)
        if event.actor is not None:
            mine = next((d.seat for d in accepted if d.seat is not None), None)
            said = "did not act from a post of the HR office"
            check_seat(event, mine, said, link, self._tallies)
        return accepted[0].book

    def _decided(self, row: Row, book: CalendarBook) -> Iterator[Decided | Refusal]:
        """What may have been decided, by what was known of the organisation then."""
        command, at = read_command(row), row["received_at"]
        for known in self._history.in_force(at, row["decided_at"] or at):
            yield decide_calendar(command, known, book, at.astimezone(ZONE).date())

    def _check_rows(self, dossier: Dossier, links: Sequence[Link]) -> None:
        tally = self._tallies[Invariant.FOLD]
        rows = {row["version"] - 1: row for row in self._history.changes}
        for link in links:
            tally.count()
            row = rows.pop(link.number, None)
            command = dossier.command(link.row["command_id"])
            if row is None:
                tally.problem("the change that it made is not there", link.where)
            elif command is not None and (row["act"], row["said"], row["since"]) != (
                command["act"],
                without_reason(command["body"]),
                link.row["happened_at"],
            ):
                tally.problem("its change of the calendar is not what it says", link.where)
        for number in sorted(rows):
            what = "no event says where this change comes from"
            tally.problem(what, f"change {number + 1} of the calendar")
