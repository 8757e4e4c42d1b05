"""How simulated people behave: a temperament each from the seed, and what follows for a task.

The same seed and the same people give the same temperaments, and the same task the same intent.
Whoever plays them decides nothing: a task goes in, an instant and deeds come out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from random import Random
from uuid import UUID

from pydantic import JsonValue

from domain.distribution import is_about_spread
from domain.working_calendar import ZONE, WorkingCalendar
from gateway.answer import Answer
from schemas.code import Act, Role
from schemas.file import FileState
from simulation.texts import MARK, Matter, body

OPENS, CLOSES = time(8), time(16)
_DAY_HOURS = 8.0
_REPORT_DAYS = 6  # reports are written in the last working days of a period and the first after
_LATEST_DAYS = 4
_REVISES = 0.15  # of those with an agreed plan, once in a year
_REVISION_DAYS = (10, 100)

_RETURNS = frozenset({Act.RETURN_PLAN, Act.RETURN_REPORT})
_CHOICES = _RETURNS | {Act.OBJECT}
_LEFT_UNDONE = frozenset({Act.SUBMIT_REPORT, Act.RESPOND_TO_FEEDBACK, Act.SIGN})


class Temperament(StrEnum):
    """How somebody goes about the tasks of a cycle."""

    PROMPT = "prompt"
    LATE = "late"
    RETURNING = "returning"
    SILENT = "silent"
    ABSENT = "absent"
    OBJECTING = "objecting"
    MISTAKEN = "mistaken"
    DOUBLE_CLICKING = "double_clicking"


_LEADERS: Mapping[Temperament, int] = {
    Temperament.PROMPT: 68,
    Temperament.LATE: 10,
    Temperament.RETURNING: 15,
    Temperament.DOUBLE_CLICKING: 7,
}
_OTHERS: Mapping[Temperament, int] = {
    Temperament.PROMPT: 72,
    Temperament.LATE: 9,
    Temperament.SILENT: 6,
    Temperament.OBJECTING: 3,
    Temperament.MISTAKEN: 6,
    Temperament.DOUBLE_CLICKING: 4,
}
_ABSENT_SHARE = 0.06  # of those who appraise; at least one, whatever the seed


@dataclass(frozen=True, slots=True)
class Bond:
    """Who appraises a person, and who stands above the appraiser."""

    employee: UUID
    supervisor: UUID | None
    superior: UUID | None


@dataclass(frozen=True, slots=True)
class Task:
    """What a file asks of one person now.

    ``is_standing`` marks an act that the file does not wait for, but that its turn allows once
    it is overdue. ``noticed_at`` is when the person learns of it.
    """

    state: FileState
    person: UUID
    role: Role
    acts: tuple[Act, ...]
    noticed_at: datetime
    is_standing: bool = False


@dataclass(frozen=True, slots=True)
class Deed:
    """One command to send. ``elsewhere``: to somebody else's file; ``twice``: a double click."""

    act: Act
    body: JsonValue
    expected_version: int | None
    elsewhere: bool = False
    twice: bool = False


@dataclass(frozen=True, slots=True)
class Intent:
    """What somebody is going to do about a task, and when; the deeds follow each other."""

    at: datetime
    deeds: tuple[Deed, ...]


def second_thoughts(deed: Deed, answer: Answer) -> Deed | None:
    """What somebody does after a refusal that asks for a reason: the same, with one."""
    if not is_about_spread(answer.refusal):
        return None
    return replace(deed, body={"distribution_reason": f"{MARK} sesuai capaian masing-masing"})


def add_working_hours(calendar: WorkingCalendar, at: datetime, hours: float) -> datetime:
    """The instant so many hours of work later; it lies within the working hours of a day.

    Work is done from 08:00 to 16:00 WIB on working days. An instant outside of them counts as
    the beginning of the next.
    """
    local = at.astimezone(ZONE)
    day = local.date()
    worked = (local - datetime.combine(day, OPENS, ZONE)) / timedelta(hours=1)
    if not calendar.is_working_day(day) or worked >= _DAY_HOURS:
        day, worked = calendar.add_working_days(day, 1), 0.0
    days, rest = divmod(max(worked, 0.0) + hours, _DAY_HOURS)
    day = calendar.add_working_days(day, int(days))
    return calendar.at_eight(day) + timedelta(hours=rest)


class Behaviour:
    """The temperaments of a city and what they make of a task.

    At least one supervisor is absent wherever somebody stands above one, so reminders,
    escalations and a delegation happen whatever the seed: his superior and one of his people do
    their part.

    Args:
        seed: decides everything.
        keys: what identifies each person from run to run, since ids are new in each.
        bonds: who appraises whom, for those who have a file.
        calendar: the working days.
    """

    def __init__(
        self,
        seed: int,
        keys: Mapping[UUID, str],
        bonds: Sequence[Bond],
        calendar: WorkingCalendar,
    ) -> None:
        self._seed = seed
        self._keys = keys
        self._calendar = calendar
        ordered = sorted(bonds, key=lambda b: keys[b.employee])
        self.temperaments = _temperaments(Random(seed), keys, ordered)  # noqa: S311

    def temperament(self, person: UUID) -> Temperament:
        """A person's temperament; newcomers are prompt."""
        return self.temperaments.get(person, Temperament.PROMPT)

    def intent(self, task: Task) -> Intent | None:
        """What the person does about a task, or nothing at all."""
        temperament = self.temperament(task.person)
        if Act.DECIDE_OBJECTION in task.acts:
            # A formal procedure: left to itself it would outlast everything else by a month.
            temperament = Temperament.PROMPT
        if temperament is Temperament.ABSENT:
            return None
        act = _choose(task, temperament)
        if temperament is Temperament.SILENT and act in _LEFT_UNDONE:
            return None
        chance = self._chance(task)
        if act is Act.REVISE_PLAN and (task.state.plan_version > 1 or chance.random() > _REVISES):
            return None  # a plan in force asks nobody for anything
        at = self._when(task, act, temperament, chance)
        return Intent(at, self._deeds(task, act, temperament, chance, at))

    def _chance(self, task: Task) -> Random:
        file = task.state.file
        key = self._keys.get(file.person, str(file.person))
        name = f"{self._seed}/{key}/{file.period}/{task.state.visit}/{task.role}"
        return Random(name)  # noqa: S311 - a simulation has no secrets

    def _when(self, task: Task, act: Act, temperament: Temperament, chance: Random) -> datetime:
        if act is Act.REVISE_PLAN:
            days = chance.uniform(*_REVISION_DAYS)
            return add_working_hours(self._calendar, task.noticed_at, days * _DAY_HOURS)
        if temperament is Temperament.LATE and task.state.due_at is not None:
            last_day = self._local_date(task.state.due_at - timedelta(microseconds=1))
            day = self._calendar.add_working_days(last_day, chance.randint(1, _LATEST_DAYS))
            late = self._calendar.at_eight(day) + timedelta(hours=chance.uniform(0, _DAY_HOURS))
            return max(late, add_working_hours(self._calendar, task.noticed_at, 0))
        if act is Act.SUBMIT_REPORT:
            after = task.state.file.parsed_period.ends_on + timedelta(days=1)
            first = self._calendar.add_working_days(after, -_REPORT_DAYS)
            start = max(task.noticed_at, self._calendar.at_eight(first))
            days = _REPORT_DAYS + 1.5 if start > task.noticed_at else 1.5
            return add_working_hours(self._calendar, start, chance.uniform(0, days * _DAY_HOURS))
        return add_working_hours(self._calendar, task.noticed_at, chance.uniform(0.5, 10))

    def _deeds(
        self, task: Task, act: Act, temperament: Temperament, chance: Random, at: datetime
    ) -> tuple[Deed, ...]:
        state = task.state
        matter = Matter(state.planned, state.work_result, state.behaviour, self._local_date(at))
        deed = Deed(act, body(act, matter, chance), state.version)
        if temperament is Temperament.DOUBLE_CLICKING:
            return (replace(deed, twice=True),)
        if temperament is Temperament.MISTAKEN:
            return (_mistake(deed, task, chance), deed)
        return (deed,)

    def _local_date(self, at: datetime) -> date:
        return self._calendar.local_date(at)


def _choose(task: Task, temperament: Temperament) -> Act:
    """The act that moves the file on, unless the person's temperament prefers another."""
    onward = next(act for act in task.acts if act not in _CHOICES)
    if temperament is Temperament.RETURNING and task.state.visit <= 4:
        # A file that was returned once comes back with a later visit.
        return next((act for act in task.acts if act in _RETURNS), onward)
    if temperament is Temperament.OBJECTING and Act.OBJECT in task.acts:
        return Act.OBJECT
    return onward


def _mistake(deed: Deed, task: Task, chance: Random) -> Deed:
    """Something that is refused, and for what reason: rights, version, time or completeness."""
    choices = [
        replace(deed, elsewhere=True, expected_version=None),
        replace(deed, expected_version=task.state.version + 1),
        Deed(Act.RESPOND_TO_FEEDBACK, {"response": "[Simulasi] terlalu dini"}, None)
        if deed.act is not Act.RESPOND_TO_FEEDBACK
        else Deed(Act.SIGN, {}, None),
    ]
    if deed.act is Act.SUBMIT_REPORT and isinstance(deed.body, dict):
        results = deed.body["results"]
        if isinstance(results, list) and len(results) > 1:
            choices.append(replace(deed, body={"results": results[1:]}))
    return chance.choice(choices)


def _temperaments(
    chance: Random, keys: Mapping[UUID, str], bonds: Sequence[Bond]
) -> dict[UUID, Temperament]:
    leaders = {p for b in bonds for p in (b.supervisor, b.superior) if p is not None}
    people = sorted({b.employee for b in bonds} | leaders, key=lambda p: keys[p])
    groups: tuple[tuple[list[UUID], Mapping[Temperament, int]], ...] = (
        ([p for p in people if p in leaders], _LEADERS),
        ([p for p in people if p not in leaders], _OTHERS),
    )
    found: dict[UUID, Temperament] = {}
    for members, weights in groups:
        drawn = chance.choices(list(weights), list(weights.values()), k=len(members))
        found |= dict(zip(members, drawn, strict=True))
    counted_on: set[UUID] = set()
    for bond in _absences(bonds, len(groups[0][0]), chance):
        assert bond.supervisor is not None  # noqa: S101 - _absences looks for one
        found[bond.supervisor] = Temperament.ABSENT
        counted_on.add(bond.employee)
    found.update(dict.fromkeys(counted_on, Temperament.PROMPT))
    for members, weights in groups:
        _complete(found, [m for m in members if m not in counted_on], weights, chance)
    return found


def _complete(
    found: dict[UUID, Temperament],
    members: Sequence[UUID],
    weights: Mapping[Temperament, int],
    chance: Random,
) -> None:
    """Let every temperament appear in a group that is large enough for all of them."""
    missing = [t for t in weights if t not in {found[m] for m in members}]
    prompt = [m for m in members if found[m] is Temperament.PROMPT]
    if len(prompt) > 2 * len(missing):
        found.update(zip(chance.sample(prompt, len(missing)), missing, strict=True))


def _absences(bonds: Sequence[Bond], leaders: int, chance: Random) -> Iterable[Bond]:
    """Bonds whose supervisor is absent; nobody absent stands above an absent one."""
    wanted = max(1, round(leaders * _ABSENT_SHARE))
    absent: dict[UUID, Bond] = {}
    needed: set[UUID] = set()
    for bond in chance.sample(bonds, len(bonds)):
        supervisor, superior = bond.supervisor, bond.superior
        if len(absent) == wanted:
            break
        if supervisor is None or superior is None or supervisor in absent:
            continue
        if {superior, bond.employee} & absent.keys() or supervisor in needed:
            continue
        absent[supervisor] = bond
        needed |= {superior, bond.employee}
    return absent.values()
