"""Acts on the organisation are judged as acts on files are."""

import pytest

from audit.report import Invariant
from tests.support.judging import at, broken, judge, only
from tests.support.played_record import ORG

pytestmark = pytest.mark.timeout(120)


class TestOrganisation:
    async def test_an_order_of_somebody_outside_the_hr_office_is_found(self, record, forger):
        stream = f"organisation/{ORG}"
        number = await forger.value(
            "SELECT max(number) FROM event WHERE stream = $1 AND actor IS NOT NULL", stream
        )
        mayor = await forger.value("SELECT id FROM person WHERE kind = 'pejabat negara'")
        await forger.forge_last(stream, lambda e: e.update(actor=str(mayor)))
        await only(record, "I4", "I8", at=at(stream, number))

    async def test_a_changed_request_is_found(self, record, forger):
        await forger.run(
            "UPDATE command SET body = '{}' WHERE stream LIKE 'organisation/%'"
            " AND act = 'import_organisation'"
        )
        found = await broken(record)
        assert set(found) == {"I8"}
        assert "not the request that was received" in found["I8"][0]

    async def test_an_undecided_order_is_found_after_a_minute(self, record, forger):
        await forger.run(
            "UPDATE command SET outcome = NULL, stored_at = stored_at - interval '2 minutes'"
            " WHERE stream LIKE 'organisation/%' AND act = 'import_organisation'"
        )
        found = await broken(record)
        assert set(found) == {"I1", "I2"}

    async def test_a_changed_outcome_is_found(self, record, forger):
        await forger.run(
            "UPDATE command SET outcome = jsonb_set(outcome, '{data,included}', '1')"
            " WHERE stream LIKE 'organisation/%' AND act = 'open_period'"
        )
        found = await broken(record)
        assert set(found) == {"I8"}
        assert len(found["I8"]) == 4

    async def test_a_purged_organisation_file_is_said(self, record, forger):
        await forger.run("DELETE FROM content WHERE stream LIKE 'organisation/%' AND number = 0")
        report = await judge(record)
        assert report.problems == 0
        note = report.finding(Invariant.AUTHORITY).note
        assert note is not None
        assert "what made version 1 is not kept" in note

    async def test_a_vanished_person_of_the_organisation_file_is_found(self, record, forger):
        await forger.run("DELETE FROM person WHERE kind = 'pejabat negara'")
        found = await broken(record)
        assert any("people of this organisation file" in line for line in found["I4"])

    @pytest.mark.parametrize(
        "rule",
        ["act.role", "period.cadence", "mandate.ends_first", "mandate.post", "mandate.person"],
    )
    async def test_a_refusal_for_another_reason_is_found(self, record, forger, rule):
        command = await forger.value(
            "SELECT id FROM command WHERE stream LIKE 'organisation/%'"
            " AND outcome #>> '{refusal,rule}' = $1 LIMIT 1",
            rule,
        )
        await forger.run(
            "UPDATE command SET outcome = jsonb_set(outcome, '{refusal,rule}', '\"period.nobody\"')"
            " WHERE id = $1",
            command,
        )
        await only(record, "I8", at=f"command {command}")
