"""How fast a record is decided again: ``python -m benchmarks.recompute --files 20000``.

A few dozen files are played through the ledgers and copied under new people until there are as
many as asked for, in a Postgres of their own. Then they are decided again, as by ``siklus
recompute``, and in the same round read and hashed only, which is the floor.
"""

import argparse
import asyncio
import json
import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil

from audit.again.run import Again, recompute
from benchmarks.copied import fill, read_templates
from benchmarks.reading import files_a_second
from schemas.code import Act, Role
from schemas.cycle import Advance
from schemas.file import FileState
from schemas.identifier import FileKey
from simulation.city import generate
from tests.support.database import FreshDatabase, Postgres, fresh_copy, running_postgres
from tests.support.played_record import END, ORG, PERIOD, UNITS_SET, PlayedRecord

RESULTS = Path(__file__).parent / "results"
MIB = 1024 * 1024


class TroubledRecord(PlayedRecord):
    """A month in which a third of the people have a supervisor who never does anything."""

    async def play_month(self) -> None:
        """The whole month, with the units' predicates in between."""
        await self.play(UNITS_SET)
        await self.set_units(PERIOD)
        for key in list(self.agendas):
            await self.advance(Advance(file=key))
        await self.play(END)


class CalmRecord(TroubledRecord):
    """A month in which most people do what is asked of them, and nobody knocks at a shut gate."""

    async def _somebody_acts(self, key: FileKey) -> None:
        agenda = self.agendas[key]
        is_silent = key.person.int % 10 == 0 and agenda.awaits is Role.EMPLOYEE
        if agenda.turn != "unit_predicate" and not is_silent:
            await super()._somebody_acts(key)

    def _choice(self, state: FileState) -> tuple[Act, UUID]:
        actor = self.agendas[state.file].awaited_person or state.file.person
        if self.chance.random() < 0.03:
            return self.chance.choice(list(Act)), actor
        usual, rare = _USUAL[state.turn]
        return (rare if self.chance.random() < 0.15 else usual), actor


# What is done in each turn, and what is done there now and then.
_USUAL = {
    "plan_submission": (Act.SUBMIT_PLAN, Act.SUBMIT_PLAN),
    "plan_agreement": (Act.AGREE_PLAN, Act.RETURN_PLAN),
    "report_submission": (Act.SUBMIT_REPORT, Act.SUBMIT_REPORT),
    "scoring": (Act.SCORE, Act.RETURN_REPORT),
    "feedback_giving": (Act.GIVE_FEEDBACK, Act.GIVE_FEEDBACK),
    "feedback_response": (Act.RESPOND_TO_FEEDBACK, Act.RESPOND_TO_FEEDBACK),
    "meeting": (Act.RECORD_MEETING, Act.RECORD_MEETING),
    "signing": (Act.SIGN, Act.SIGN),
    "acceptance": (Act.SIGN, Act.OBJECT),
    "objection": (Act.DECIDE_OBJECTION, Act.DECIDE_OBJECTION),
}


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--people", type=int, default=80, help="whose files are played and copied")
    parser.add_argument("--troubled", action="store_true", help="files with many refusals")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", type=Path, help="result file; default below benchmarks/results")
    return parser.parse_args()


async def _fill(postgres: Postgres, database: FreshDatabase, given: argparse.Namespace) -> int:
    played = TroubledRecord if given.troubled else CalmRecord
    record = played(database, corrected="istimewa")
    await record.begin(generate(given.people, seed=3, part_time=2))
    await record.play_month()
    session = await postgres.server.connect(database.name)
    templates = await read_templates(session, PERIOD)
    await fill(session, templates, given.files)
    await session.execute("VACUUM (ANALYZE)")  # as the server does by itself, later
    await session.close(timeout=5)
    return len(templates)


@dataclass(frozen=True, slots=True)
class _Cpu:
    """CPU seconds so far: this machine's, and those of the processes below this one."""

    busy: float
    server: float

    @classmethod
    def now(cls) -> "_Cpu":
        times = psutil.cpu_times()
        own = sum(
            sum(p.cpu_times()[:4])
            for p in psutil.Process().children(recursive=True)
            if p.name().startswith("postgres")
        )
        return cls(sum(times) - times.idle - times.iowait, own)


async def _measure(database: FreshDatabase, given: argparse.Namespace) -> dict[str, Any]:
    before = _Cpu.now()
    began = os.times()
    found: Again = await recompute(database.databases.web, ORG, PERIOD, given.workers)
    ended, after = os.times(), _Cpu.now()
    workers = ended.children_user + ended.children_system
    workers -= began.children_user + began.children_system
    parent = ended.user + ended.system - began.user - began.system
    server = after.server - before.server
    floor = await files_a_second(database.databases.web, f"file/{ORG}/{PERIOD}/", given.workers)
    return {
        "files": found.files,
        "events": found.events,
        "steps": found.steps,
        "refusals": found.refusals,
        "differences": found.total,
        "seconds": round(found.seconds, 2),
        "files_a_second": round(found.files_a_second, 1),
        "read_and_hashed_a_second": round(floor, 1),
        "pace_to_the_floor": round(found.files_a_second / floor, 3),
        "peak_memory_mib": round(found.peak_memory_bytes / MIB),
        "cpu_seconds": {
            "workers": round(workers, 1),
            "parent": round(parent, 1),
            "postgres": round(server, 1),
            "others": round(after.busy - before.busy - workers - parent - server, 1),
        },
    }


async def main(given: argparse.Namespace) -> dict[str, Any]:
    """Fill a database, decide everything in it again, and say what it took."""
    async with running_postgres() as postgres, fresh_copy(postgres) as database:
        began = datetime.now(UTC)
        templates = await _fill(postgres, database, given)
        filled = datetime.now(UTC) - began
        size = await database.owner.fetchval("SELECT pg_database_size(current_database())")
        rounds = [await _measure(database, given) for _ in range(given.rounds)]
    return {
        "at": began.isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
        "given": {
            "troubled": given.troubled,
            "files": given.files,
            "workers": given.workers,
            "played_files": templates,
        },
        "filled_in_seconds": round(filled / timedelta(seconds=1)),
        "database_mib": round(size / MIB),
        "rounds": rounds,
    }


if __name__ == "__main__":
    options = arguments()
    result = asyncio.run(main(options))
    text = json.dumps(result, indent=2)
    print(text)
    name = f"recompute-{'troubled' if options.troubled else 'calm'}-{options.files}.json"
    target = options.json or RESULTS / name
    target.parent.mkdir(exist_ok=True)
    target.write_text(text + "\n", encoding="utf-8")
