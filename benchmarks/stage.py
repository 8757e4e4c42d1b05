"""Where an act's time goes: each of its stages, measured apart with one act in flight.

A pass of its own, so that it disturbs no figure of the lanes. The ledger's transaction runs in
this process here, on other files, for inside the worker it could not be told from Temporal's part.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

from pydantic import JsonValue

from activities.ledger import PostgresLedger
from benchmarks.house import House
from benchmarks.lane import CYCLE, Prepared, SiklusLane
from gateway.door import Gateway
from schemas.code import Act, Via
from schemas.cycle import Advance
from storage.command import Request, store
from storage.query import queries

WHOLE, AUTHORISE, STORE, KNOCK, TOLD, LEDGER = (
    "whole act",
    "authorise",
    "check, read and store",
    "knock until answered",
    "told",
    "of the knock: the ledger's transaction",
)


class TimedGateway(Gateway):
    """The door, with a stop-watch at each step."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.spent: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        began = perf_counter()
        yield
        self.spent[stage].append((perf_counter() - began) * 1000)

    async def _may(self, *args: Any) -> Any:
        with self._timed(AUTHORISE):
            return await super()._may(*args)

    async def _deliver(self, *args: Any) -> Any:
        with self._timed(KNOCK):
            return await super()._deliver(*args)

    async def _tell(self, *args: Any) -> None:
        with self._timed(TOLD):
            await super()._tell(*args)


async def at_the_door(
    house: House, files: Sequence[Prepared], said: Mapping[Act, JsonValue]
) -> dict[str, list[float]]:
    """Milliseconds of the stages as the gateway sees them; what is left over is storing."""
    gateway = TimedGateway(house.web, house.client, house.clock, house.calendar, house.org)
    lane, whole = SiklusLane(gateway, said), list[float]()
    for file in files:
        whole.extend(await lane.play(file))
    spent = dict(gateway.spent)
    parts = zip(whole, *spent.values(), strict=True)
    return {WHOLE: whole, **spent, STORE: [act - sum(others) for act, *others in parts]}


async def in_the_ledger(
    house: House, files: Sequence[Prepared], said: Mapping[Act, JsonValue]
) -> list[float]:
    """Milliseconds of the ledger's transaction, from taking a connection to the commit."""
    ledger, spent = PostgresLedger(house.worker, house.calendar, house.clock), []
    for file in files:
        for act, is_supervisors in CYCLE:
            command_id = uuid4()
            await _stored(house, file, act, file.actor(is_supervisors), command_id, said[act])
            began = perf_counter()
            await ledger.advance_file(Advance(file=file.key, command_id=command_id))
            spent.append((perf_counter() - began) * 1000)
            await queries("gateway").mark_told(house.web, id=command_id, told_at=house.clock.now())
    return spent


async def _stored(
    house: House, file: Prepared, act: Act, actor: UUID, command_id: UUID, body: JsonValue
) -> None:
    stream = file.key.stream
    request = Request(command_id, house.org, stream, act, actor, body, None, Via.SIMULATION, None)
    async with house.web.acquire() as connection:
        await store(connection, request, house.clock)


async def stages(
    house: House, files: Sequence[Prepared], said: Mapping[Act, JsonValue]
) -> dict[str, float]:
    """The median milliseconds of each stage; half of the files go through the door."""
    half = len(files) // 2
    spent = await at_the_door(house, files[:half], said)
    spent[LEDGER] = await in_the_ledger(house, files[half:], said)
    order = (WHOLE, AUTHORISE, STORE, KNOCK, LEDGER, TOLD)
    return {stage: median(spent[stage]) for stage in order}
