"""Deciding again: an untouched record has no difference, and each kind of change has its name."""

import pytest

from audit.again.difference import Count, Kind
from audit.again.read import Stretch
from audit.again.run import recompute
from audit.again.stretch import StretchAgain
from tests.support.judging import judge
from tests.support.played_record import NEXT_PERIOD, ORG, PERIOD

pytestmark = pytest.mark.timeout(120)
ALL = f"file/{ORG}/"


async def again(record, prefix: str = ALL) -> Count:
    """Everything decided again, in this process."""
    async with record.web.acquire() as connection:
        return await StretchAgain(ORG).check(connection, Stretch(prefix, prefix, prefix + "zzzz"))


async def differences(record) -> list[tuple[str, int | None, Kind, str]]:
    """File, event, kind and field of everything that differs."""
    found = (await again(record)).differences
    return [(d.file, d.number, d.kind, d.field) for d in found]


async def command_of(forger, stream: str, number: int):
    """The command behind an event."""
    return await forger.value(
        "SELECT command_id FROM event WHERE stream = $1 AND number = $2", stream, number
    )


class TestUntouched:
    async def test_nothing_differs_and_nothing_is_left_out(self, record, forger):
        count = await again(record)
        assert (count.differences, count.total) == ([], 0)
        assert count.files == await forger.value("SELECT count(*) FROM file")
        assert count.events == await forger.value(
            "SELECT count(*) FROM event WHERE stream LIKE 'file/%'"
        )
        assert count.steps == await forger.value(
            "SELECT count(*) FROM (SELECT DISTINCT stream, coalesce(command_id::text, number::text)"
            " FROM event WHERE stream LIKE 'file/%') AS s"
        )
        assert count.refusals == await forger.value(
            "SELECT count(*) FROM command"
            " WHERE stream LIKE 'file/%' AND outcome->>'verdict' = 'refused'"
        )

    async def test_a_period_is_its_files_only(self, record):
        counts = [await again(record, f"{ALL}{p}/") for p in (PERIOD, NEXT_PERIOD)]
        whole = await again(record)
        assert all(count.events for count in counts)
        assert sum(count.events for count in counts) == whole.events

    async def test_processes_find_what_one_connection_finds(self, record, monkeypatch, forger):
        stream, number = await forger.find("scored")
        await forger.rewrite(stream, number, lambda e: e["data"]["set"].update(behaviour="below"))
        monkeypatch.setattr("audit.again.run.PAGE", 5)
        seen = []
        found = await recompute(
            record.database.databases.web, ORG, PERIOD, 2, lambda *done: seen.append(done)
        )
        alone = await again(record, f"{ALL}{PERIOD}/")
        assert (found.files, found.events, found.refusals) == (
            alone.files,
            alone.events,
            alone.refusals,
        )
        assert list(found.differences) == alone.differences != []
        assert seen[-1] == (found.files, found.files)
        assert found.peak_memory_bytes > 0

    async def test_agrees_with_the_judge(self, record):
        """The judge's own deciding again finds nothing either, over as many events."""
        report = await judge(record)
        finding = next(f for f in report.findings if f.id == "I8")
        assert (finding.total, (await again(record)).total) == (0, 0)
