"""The stream of the organisation's own rules: chain, acts decided again, and rows as events say."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from audit.chain import ChainCheck, Link
from audit.history import History
from audit.page import Calendars, Dossier, Row, read_command
from audit.report import Invariant, Tallies
from audit.stream import check_event, check_seat, follow_made
from domain.override import Decided, decide_override, plain
from domain.rulebook import Rulebook
from domain.working_calendar import WorkingCalendar
from schemas.code import EventKind, RulesAct
from schemas.error import Refusal
from storage.rules_ledger import override_data

_KINDS = {RulesAct.SET_RULE.value: EventKind.RULE_SET}


class RulesCheck:
    """Judges what an organisation has set of the rules for itself."""

    def __init__(
        self,
        history: History,
        calendar: WorkingCalendar,
        calendars: Calendars,
        tallies: Tallies,
    ) -> None:
        self._history = history
        self._calendar = calendar
        self._tallies = tallies
        self._chain = ChainCheck(calendars, tallies[Invariant.CHAIN])

    def check(self, dossier: Dossier) -> None:
        """The chain, its commands, its actors, and the rows, all of them as of one moment."""
        first = self._history.rules.known(0)
        links = follow_made(
            dossier, self._chain, self._tallies, first, self._check_event, self._decided
        )
        self._check_rows(dossier, links)

    def _check_event(self, dossier: Dossier, link: Link, before: Rulebook) -> Rulebook:
        """Judge one event; the rules with what it set, as far as that can be known."""
        event = check_event(dossier, link, _KINDS, self._tallies)
        command = None if event is None else dossier.command(event.command_id)
        if event is None or command is None:
            return before
        tally = self._tallies[Invariant.RECOMPUTED]
        found = list(self._decided(command, before))
        accepted = [d for d in found if isinstance(d, Decided)]
        if not accepted:
            rules = " or ".join(sorted({d.rule for d in found if isinstance(d, Refusal)}))
            tally.problem(f"decided anew it is refused: {rules}", link.where)
            return before
        if dict(event.data) != override_data(accepted[0].override):
            tally.problem("it is not what its command said", link.where)
        if event.actor is not None:
            mine = next((d.seat for d in accepted if d.seat is not None), None)
            said = "did not act from a post of the HR office"
            check_seat(event, mine, said, link, self._tallies)
        return accepted[0].rules

    def _decided(self, row: Row, rules: Rulebook) -> Iterator[Decided | Refusal]:
        """What may have been decided, by what was known of the organisation then."""
        command, at = read_command(row), row["received_at"]
        on = self._calendar.local_date(at)
        for known in self._history.in_force(at, row["decided_at"] or at):
            yield decide_override(command, known, rules, on)

    def _check_rows(self, dossier: Dossier, links: Sequence[Link]) -> None:
        tally = self._tallies[Invariant.FOLD]
        rows = {row["version"] - 1: row for row in self._history.overrides}
        for link in links:
            tally.count()
            row = rows.pop(link.number, None)
            if row is None:
                tally.problem("the override that it set is not there", link.where)
            elif differing := differing_fields(row, link, dossier):
                what = f"its override is not what it says: {', '.join(differing)}"
                tally.problem(what, link.where)
        for number in sorted(rows):
            what = "no event says where this override comes from"
            tally.problem(what, f"override {number + 1} of the rules")


def differing_fields(row: Row, link: Link, dossier: Dossier) -> list[str]:
    """The fields of an override's row that its event, or the command of it, does not say."""
    assert link.event is not None, "asked about events that can be read"  # noqa: S101
    data: Mapping[str, Any] = link.event.data
    command = dossier.command(link.event.command_id)
    body = {} if command is None else command["body"]
    found = {
        "rule": (row["rule"], data.get("rule")),
        "values": (plain(row["values"]), data.get("values")),
        "from_on": (str(row["from_on"]), data.get("from")),
        "since": (row["since"], link.event.happened_at),
        "source": (row["source"], body.get("source")),
    }
    return [name for name, (kept, said) in found.items() if kept != said]
