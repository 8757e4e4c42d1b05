"""Everybody in the roster has a file, and nobody else."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.support.judging import at, broken, forget, only
from tests.support.played_record import ORG, PERIOD

pytestmark = pytest.mark.timeout(120)
HOUR = timedelta(hours=1)


class TestRoster:
    async def test_a_vanished_file_is_missed(self, record, forger):
        stream, _ = await forger.find("scored")
        await forget(forger, stream)
        await forger.let_pass(HOUR)
        found = await broken(record)
        [line] = found.pop("roster")
        assert line.startswith(f"{stream}: ")
        # Signatures were weighed against its predicate, too.
        assert set(found) <= {"I8"}
        assert all("its spread counts" in line for line in found.get("I8", []))

    async def test_a_file_that_is_not_open_yet_has_a_minute(self, record, forger):
        stream, _ = await forger.find("scored")
        await forget(forger, stream)
        assert await broken(record) == {}

    async def test_a_vanished_person_is_missed(self, record, forger):
        stream, _ = await forger.find("scored")
        await forget(forger, stream)
        person = UUID(stream.rpartition("/")[2])
        await forger.run("DELETE FROM roster WHERE person = $1 AND period = $2", person, PERIOD)
        found = await only(record, "roster", at=f"roster {PERIOD}/bulanan: ")
        assert len(found["roster"]) == 2

    async def test_a_person_left_out_without_reason_is_found(self, record, forger):
        stream, _ = await forger.find("scored")
        person = UUID(stream.rpartition("/")[2])
        await forger.run(
            "UPDATE roster SET excluded_because = 'no_post' WHERE person = $1 AND period = $2",
            person,
            PERIOD,
        )
        await forger.let_pass(HOUR)
        found = await broken(record)
        assert set(found) == {"roster"}
        assert any("left out (no_post), and has a file" in line for line in found["roster"])

    async def test_another_opening_than_the_event_says_is_found(self, record, forger):
        await forger.run("UPDATE period_run SET opened_at = opened_at + interval '1 second'")
        found = await broken(record)
        assert any("another instant" in line for line in found["roster"])

    async def test_a_file_of_nobody_in_the_roster_is_found(self, record, forger):
        stream, _ = await forger.find("scored")
        person = UUID(stream.rpartition("/")[2])
        await forger.run("DELETE FROM roster WHERE person = $1 AND period = $2", person, PERIOD)
        await forger.let_pass(HOUR)
        found = await broken(record)
        assert f"{stream}: not in the roster, and has a file" in found["roster"]

    async def test_a_vanished_period_is_missed(self, record, forger):
        await forger.run("DELETE FROM period_run WHERE period = $1", PERIOD)
        found = await broken(record)
        assert (
            f"{at(f'organisation/{ORG}', 1)}the period that it opened is not there"
            in found["roster"]
        )
        assert any("its period was never opened" in line for line in found["roster"])

    async def test_a_period_that_nobody_opened_is_found(self, record, forger):
        await forger.run(
            "INSERT INTO period_run SELECT org, '2026-09', kind, 'tahunan/1', opened_at"
            " FROM period_run LIMIT 1"
        )
        await only(record, "roster", at="roster 2026-09/bulanan: no event says")

    async def test_another_process_than_exists_is_found(self, record, forger):
        await forger.run("UPDATE period_run SET process = 'tahunan/1' WHERE period = $1", PERIOD)
        found = await broken(record)
        assert set(found) == {"roster", "I8"}
        assert any("unknown process tahunan/1" in line for line in found["roster"])
