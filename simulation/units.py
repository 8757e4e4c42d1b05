"""Playing the heads of units and the officials above them: each proposes or sets a predicate."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID, uuid4

import asyncpg
import structlog
from pydantic import JsonValue

from domain.organisation import Organisation
from domain.unit import officials
from domain.working_calendar import WorkingCalendar
from gateway.answer import Status, Unavailable
from gateway.door import Gateway
from runtime.clock import Clock
from schemas.code import OrganisationPredicate, UnitAct, Via
from schemas.period import Period
from simulation.acknowledgements import Acknowledgement, Acknowledgements
from simulation.texts import MARK
from storage.organisation import read_organisation
from storage.query import queries

# Working days of the month after the period, by project decision of the demonstration; the last
# unit's official is late, so that its files are seen to wait.
PROPOSES_ON, SETS_ON, LATE_ON = 2, 3, 10
FIRST_BACK_OFF, LONGEST_BACK_OFF = 0.2, 2.0
_PREDICATES = (
    *(OrganisationPredicate.GOOD,) * 3,
    OrganisationPredicate.OUTSTANDING,
    OrganisationPredicate.NEEDS_IMPROVEMENT,
)
_AWAY = (Unavailable, OSError, TimeoutError, asyncpg.PostgresError)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Turn:
    """One act on one unit's stream, at an instant."""

    at: datetime
    unit: str
    act: UnitAct
    actor: UUID
    body: JsonValue


def plan_units(
    units: Sequence[str],
    organisation: Organisation,
    period: Period,
    seed: int,
    calendar: WorkingCalendar,
) -> list[Turn]:
    """Who proposes and sets what, and when, in order of time."""
    found: list[Turn] = []
    month = period.month_after(1)

    def morning(working_day: int, chance: Random) -> datetime:
        day = calendar.nth_working_day(month.year, month.month, working_day)
        return calendar.at_eight(day) + timedelta(hours=chance.uniform(0, 6))

    for unit in sorted(units):
        chance = Random(f"{seed}/{unit}/{period}")  # noqa: S311 - a simulation has no secrets
        is_late = unit == max(units)
        set_on = LATE_ON if is_late else SETS_ON
        day = calendar.nth_working_day(month.year, month.month, set_on)
        head, above = officials(organisation, unit, day)
        if head is None or above is None:
            continue
        predicate = chance.choice(_PREDICATES)
        proposal: JsonValue = {"predicate": predicate.value, "evidence": f"{MARK} capaian {unit}"}
        decision: JsonValue = {"predicate": predicate.value}
        if is_late:
            decision = {"predicate": predicate.value, "reason": f"{MARK} tanpa usulan"}
        else:
            at = morning(PROPOSES_ON, chance)
            found.append(Turn(at, unit, UnitAct.PROPOSE_PREDICATE, head.person, proposal))
        found.append(
            Turn(morning(set_on, chance), unit, UnitAct.SET_PREDICATE, above.person, decision)
        )
    return sorted(found, key=lambda t: (t.at, t.unit))


class UnitPlay:
    """Sends every act of a plan to the door when its time has come."""

    def __init__(
        self, gateway: Gateway, clock: Clock, period: Period, log: Acknowledgements
    ) -> None:
        self._gateway = gateway
        self._clock = clock
        self._period = period
        self._log = log

    async def run(self, turns: Sequence[Turn]) -> None:
        """Play to the end; outages are lived through."""
        await asyncio.gather(*(self._act(turn) for turn in turns))

    async def _act(self, turn: Turn) -> None:
        seconds = (self._clock.to_real(turn.at) - self._clock.real_now()).total_seconds()
        await asyncio.sleep(max(0.0, seconds))
        command_id, back_off = uuid4(), FIRST_BACK_OFF
        while True:
            try:
                answer = await self._gateway.unit_act(
                    turn.unit,
                    str(self._period),
                    turn.act,
                    turn.body,
                    actor=turn.actor,
                    command_id=command_id,
                    via=Via.SIMULATION,
                )
            except _AWAY as error:
                _log.debug("door_shut", error=type(error).__name__)
                await asyncio.sleep(back_off)
                back_off = min(2 * back_off, LONGEST_BACK_OFF)
                continue
            self._log.note(Acknowledgement.of(None, turn.act, answer))
            if answer.status is Status.REFUSED:
                _log.warning("unit_act_refused", act=turn.act)
            return


async def set_every_unit(
    gateway: Gateway, pool: "asyncpg.Pool[asyncpg.Record]", org: str, period: str, on: date
) -> None:
    """Have every unit of a period's roster get its predicate at once, so that no file waits.

    Raises:
        RuntimeError: naming a unit that nobody stands above, or an act that was not done.
    """
    rows = await queries("simulation").read_units(pool, org=org, period=period)
    async with pool.acquire() as connection:
        organisation = await read_organisation(connection, org)
    for row in rows:
        _, above = officials(organisation, row["unit"], on)
        if above is None:
            raise RuntimeError(f"nobody stands above {row['unit']}")
        answer = await gateway.unit_act(
            row["unit"],
            period,
            UnitAct.SET_PREDICATE,
            {"predicate": OrganisationPredicate.GOOD.value, "reason": f"{MARK} tanpa usulan"},
            actor=above.person,
            command_id=uuid4(),
            via=Via.SIMULATION,
            seconds=30,
        )
        if answer.status is not Status.DONE:
            raise RuntimeError(f"{row['unit']}: {answer.status}")
