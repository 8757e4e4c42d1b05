"""I8: decided anew, everything comes out as it was recorded."""

import pytest

from schemas.cycle import Outcome, Verdict
from schemas.error import ErrorType, Refusal
from tests.support.judging import at, broken, only
from tests.support.played_record import ORG

pytestmark = pytest.mark.timeout(120)


class TestAgain:
    async def test_another_rating_is_found_though_every_hash_fits(self, record, forger):
        stream, number = await forger.find("scored")

        def better(event):
            changed = event["data"]["set"]
            changed["work_result"] = "below" if changed["work_result"] == "above" else "above"

        await forger.rewrite(stream, number, better)
        found = await only(record, "I8", at=at(stream, number))
        assert found["I8"][0].endswith("decided anew it differs: data.set.work_result")

    async def test_a_changed_request_is_found(self, record, forger):
        row = await forger.row(
            "SELECT id FROM command WHERE outcome->>'verdict' = 'refused' AND stream LIKE 'file/%'"
            " LIMIT 1"
        )
        await forger.run(
            'UPDATE command SET body = body || \'{"note": "x"}\' WHERE id = $1', row["id"]
        )
        await only(record, "I8", at=f"command {row['id']}: ")

    async def test_a_request_that_differs_from_its_content_is_found(self, record, forger):
        stream, number = await forger.find("feedback_given")
        await forger.run(
            "UPDATE command SET body = jsonb_set(body, '{strengths}', '\"lain\"')"
            " WHERE id = (SELECT command_id FROM event WHERE stream = $1 AND number = $2)",
            stream,
            number,
        )
        found = await broken(record)
        assert set(found) == {"I8"}
        assert found["I8"][0] == at(stream, number) + "its content is not the body of its command"

    async def test_a_changed_refusal_is_found(self, record, forger):
        row = await forger.row(
            "SELECT id FROM command WHERE outcome->'refusal'->>'rule' = 'act.role'"
            " AND stream LIKE 'file/%' LIMIT 1"
        )
        await forger.run(
            "UPDATE command SET outcome = jsonb_set(outcome, '{refusal,rule}', '\"act.turn\"')"
            " WHERE id = $1",
            row["id"],
        )
        await only(record, "I8", at=f"command {row['id']} of ")

    async def test_a_refusal_of_a_lawful_act_is_found(self, record, forger):
        """Somebody had the right and was told no: the act is cut off, and all else made to fit."""
        stream, number = await forger.find("signed", last=True)
        command_id = await forger.value(
            "SELECT command_id FROM event WHERE stream = $1 AND number = $2", stream, number
        )
        await forger.cut(stream, number)
        refusal = Refusal(type=ErrorType.NOT_NOW, rule="act.turn")
        outcome = Outcome(verdict=Verdict.REFUSED, version=1, refusal=refusal)
        await forger.run(
            "UPDATE command SET outcome = $2::text::jsonb WHERE id = $1",
            command_id,
            outcome.model_dump_json(),
        )
        found = await broken(record)
        assert found["I8"] == [
            f"command {command_id} of {stream}: refused because of act.turn; decided anew: accepted"
        ]

    async def test_content_that_was_left_out_is_found(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.run("DELETE FROM content WHERE stream = $1 AND number = $2", stream, number)
        await forger.rewrite(stream, number, lambda e: e.pop("content_hash"))
        found = await only(record, "I8", at=at(stream, number))
        assert found["I8"][0].endswith("content was added or left out")

    async def test_another_version_in_an_outcome_is_found(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.run(
            "UPDATE command SET outcome = jsonb_set(outcome, '{version}', '99')"
            " WHERE id = (SELECT command_id FROM event WHERE stream = $1 AND number = $2)",
            stream,
            number,
        )
        await only(record, "I8", at=at(stream, number))

    async def test_a_changed_act_on_the_organisation_is_found(self, record, forger):
        stream = f"organisation/{ORG}"
        await forger.run(
            "UPDATE command SET os_user = 'somebody' WHERE stream = $1 AND act = 'open_period'",
            stream,
        )
        await only(record, "I8", at=at(stream, 1))

    async def test_the_rosters_opening_decides_the_first_event(self, record, forger):
        stream, _ = await forger.find("scored")
        await forger.rewrite(stream, 0, lambda e: e["data"]["set"].update(unit="Dinas lain"))
        await forger.run("UPDATE file SET unit = 'Dinas lain' WHERE stream = $1", stream)
        found = await broken(record)
        assert at(stream, 0) + "decided anew it differs: data.set.unit" in found["I8"]
