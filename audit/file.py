"""All that is checked about one file: its chain, its row, its path, its people, its times."""

from collections.abc import Sequence
from datetime import datetime

from audit.authority import ContextCheck, check_actor
from audit.chain import ChainCheck, check_head
from audit.fold import Moment, RowCheck, fold
from audit.gate import GateCheck
from audit.history import History
from audit.moved import MoveCheck
from audit.once import NoticeCheck, check_commands, check_reminders
from audit.owner import OwnerCheck
from audit.page import Calendars, Dossier
from audit.path import check_step
from audit.plan import Plans
from audit.recompute import RecomputeCheck
from audit.report import Invariant, Tallies
from audit.spread import SpreadCheck
from audit.timing import OVERSLEPT, TimeCheck
from audit.unit import UnitPredicates
from domain.plan import is_annual
from domain.working_calendar import WorkingCalendar
from runtime.clock import Clock


class FileCheck:
    """Judges files one after the other; holds counters and nothing of any file."""

    def __init__(
        self,
        history: History,
        predicates: UnitPredicates,
        plans: Plans,
        clock: Clock,
        calendar: WorkingCalendar,
        calendars: Calendars,
        tallies: Tallies,
    ) -> None:
        self._tallies = tallies
        self._plans = plans
        self._chain = ChainCheck(calendars, tallies[Invariant.CHAIN])
        self._row = RowCheck(calendars, clock, tallies[Invariant.FOLD])
        self._time = TimeCheck(clock, calendars, tallies[Invariant.TIME])
        self._gates = GateCheck(
            {
                "unit_predicate": lambda file: predicates.first_set(file.unit, file.file.period),
                "superior_plan": plans.stands_since,
            },
            tallies[Invariant.TIME],
        )
        self._moves = MoveCheck(history, tallies[Invariant.TIME])
        self._owners = OwnerCheck(history, clock, calendar, tallies[Invariant.OWNER])
        self._spreads = SpreadCheck(history, predicates, calendar, tallies[Invariant.RECOMPUTED])
        self._contexts = ContextCheck(
            history, predicates, plans, calendars, tallies[Invariant.AUTHORITY]
        )
        self._again = RecomputeCheck(calendars, self._contexts, tallies[Invariant.RECOMPUTED])

    def check(self, dossier: Dossier, *, is_running: bool) -> None:
        """Judge one file. Nothing that is stored, however damaged, ends the check.

        Args:
            dossier: everything the record holds about it.
            is_running: the system is up, so that an overslept wake-up is a problem.
        """
        try:
            self._check(dossier, is_running=is_running)
        except Exception as error:  # noqa: BLE001  (a record may be damaged in any way)
            what = f"it could not be judged to the end: {type(error).__name__}"
            self._tallies[Invariant.RECOMPUTED].problem(what, dossier.stream)

    def _check(self, dossier: Dossier, *, is_running: bool) -> None:
        once, rules = self._tallies[Invariant.ONCE], self._contexts.rules
        links = self._chain.follow(dossier.stream, dossier.events, dossier.contexts)
        moments, state = fold(links, self._tallies[Invariant.CHAIN])
        self._check_decided(dossier)
        check_commands(dossier, links, once)
        check_reminders(dossier, links, moments, once)
        notices = NoticeCheck(dossier, once)
        notices.delivered(links)
        if dossier.file is None:
            self._tallies[Invariant.FOLD].problem("it has no row of a file", dossier.stream)
        else:
            check_head(dossier.file, links, self._tallies[Invariant.CHAIN])
            if state is not None and links[-1].number == dossier.file["number"]:
                self._row.compare(dossier.file, state, links[-1], rules)
            if is_running:
                self._time.check_sleeper(dossier.file, dossier.read_at)
                self._moves.check_waiting(dossier.file, dossier.read_at)
                if state is not None:
                    self._gates.check_waiting(dossier.file, state, rules, dossier.read_at)
                    self._owners.check_open(state, dossier.file, dossier.read_at)
        for link in links:
            self._time.check_event(link)
        self._gates.check_opening(moments, rules)
        self._moves.check(moments)
        self._owners.check_moments(moments)
        self._spreads.collect(dossier, moments, rules)
        for moment in moments:
            check_step(moment, rules, self._tallies[Invariant.PATH])
            check_actor(moment, rules, self._tallies[Invariant.AUTHORITY])
            self._contexts.compare(moment, dossier.command(moment.event.command_id))
        self._check_plans(dossier, moments)
        self._again.check(dossier, moments, notices)

    def _check_plans(self, dossier: Dossier, moments: Sequence[Moment]) -> None:
        """The versions of a plan are the agreements on its annual file, and no others."""
        if not moments or not all(moment.is_known for moment in moments):
            return  # the chain (I6) is what is wrong
        tally = self._tallies[Invariant.FOLD]
        tally.count(is_annual(moments[-1].after.file))
        if self._plans.differ(dossier.stream, [(m.link.row, m.after) for m in moments]):
            tally.problem("the versions of its plan are not its agreements", dossier.stream)

    def _check_decided(self, dossier: Dossier) -> None:
        """Every command older than a minute has an outcome."""
        tally = self._tallies[Invariant.KEPT]
        for row in dossier.commands:
            tally.count()
            if row["outcome"] is None and dossier.read_at - row["stored_at"] > OVERSLEPT:
                tally.problem("it was stored and is still undecided", f"command {row['id']}")

    def finish(self, read_from: datetime, *, is_running: bool) -> None:
        """Judge what needs all files together, and say what a reader should know.

        Args:
            read_from: when the first of them was read.
            is_running: see ``check``.
        """
        self._spreads.finish(read_from)
        notes = {invariant: self._tallies[invariant].notes for invariant in Invariant}
        if self._chain.purged:
            notes[Invariant.CHAIN].append(f"{self._chain.purged} contents are not kept")
        if self._owners.without:
            said = (
                f"{self._owners.without} open files wait for nobody: siklus org vacant lists them"
            )
            notes[Invariant.OWNER].append(said)
        time = notes[Invariant.TIME]
        if self._time.latest is not None:
            time.append(f"latest {self._time.latest.total_seconds():.1f} s after its time")
        if self._time.unplaced:
            time.append(f"{self._time.unplaced} wake-ups were recorded under an earlier clock")
        if not is_running:
            time.append("overslept wake-ups were not looked for: Temporal was not reachable")
