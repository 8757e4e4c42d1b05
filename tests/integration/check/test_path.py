"""I3: a file goes only where a step of its process leads."""

import json
from uuid import uuid4

import pytest

from tests.support.judging import at, broken
from tests.support.played_record import NEXT_PERIOD, ORG

pytestmark = pytest.mark.timeout(120)


class TestPath:
    @pytest.fixture
    async def open_stream(self, forger):
        return await forger.value("SELECT stream FROM file WHERE ended IS NULL LIMIT 1")

    @pytest.mark.parametrize(
        "said",
        [
            {"kind": "turn_expired", "cause": "time:expiry"},
            {"kind": "delegated", "cause": "time:delegation"},
            {"kind": "scored", "cause": "act:score", "act": "score"},
            {"kind": "signed", "cause": "act:sign", "act": "sign"},
            {"kind": "plan_agreed", "cause": "act:agree_plan", "act": "agree_plan"},
        ],
        ids=lambda said: said["kind"],
    )
    async def test_an_illegal_step_is_found(self, record, forger, open_stream, said):
        state = json.loads(
            await forger.value("SELECT state::text FROM file WHERE stream = $1", open_stream)
        )
        happened = json.loads(
            await forger.value(
                "SELECT convert_from(canonical, 'UTF8') FROM event WHERE stream = $1"
                " ORDER BY number DESC LIMIT 1",
                open_stream,
            )
        )["happened_at"]
        number = await forger.append(
            open_stream,
            {
                "stage": "plan",
                "turn": "plan_submission",
                "awaits": "employee",
                "visit": state["visit"] + 1,
                "version": state["version"] + 1,
                "entered_at": happened,
            },
            **said,
        )
        found = await broken(record)
        assert [line for line in found["I3"] if line.startswith(at(open_stream, number))], found

    async def test_an_event_after_the_end_is_found(self, record, forger):
        stream, last = await forger.find("signed", last=True)
        await forger.append(stream, {"told": []}, kind="reminded", cause="time:reminder")
        found = await broken(record)
        assert found["I3"] == [at(stream, last + 1) + "reminded after the file had ended"]

    async def test_a_reminder_that_moves_a_file_is_found(self, record, forger):
        stream, number = await forger.find("reminded")

        def moves(event):
            event["data"]["set"]["plan_version"] = 99

        await forger.rewrite(stream, number, moves)
        found = await broken(record)
        assert {"I3", "I8"} <= set(found)
        assert found["I3"][0] == at(stream, number) + "reminded changes plan_version"

    @pytest.mark.parametrize(
        ("kind", "changed", "what"),
        [
            ("scored", {"visit": 90}, "visit and version must rise by one each"),
            ("scored", {"entered_at": "2026-03-01T00:00:00.000000Z"}, "the turn did not begin"),
            ("scored", {"awaits": "hr"}, "feedback_giving waits for"),
            ("plan_submitted", {"is_delegated": True, "awaits": "superior"}, "delegates"),
            ("scored", {"process": {"id": "bulanan", "version": 9}}, "there is no process"),
            ("signed", {"ended_at": "2026-03-01T00:00:00.000000Z"}, "the file did not end as"),
        ],
    )
    async def test_a_state_that_no_step_leads_to_is_found(
        self, record, forger, kind, changed, what
    ):
        stream, number = await forger.find(kind, last=kind == "signed")
        await forger.rewrite(stream, number, lambda e: e["data"]["set"].update(changed))
        found = await broken(record)
        mine = [line for line in found["I3"] if line.startswith(at(stream, number))]
        assert len(mine) == 1, found
        assert what in mine[0]

    async def test_another_file_than_the_streams_is_found(self, record, forger):
        stream, number = await forger.find("scored")
        file = {"org": ORG, "period": NEXT_PERIOD, "kind": "bulanan", "person": str(uuid4())}
        await forger.rewrite(stream, number, lambda e: e["data"]["set"].update(file=file))
        found = await broken(record)
        assert any("changes what the file is" in line for line in found["I3"])
        assert "fold" in found

    async def test_a_beginning_of_another_kind_is_found(self, record, forger):
        stream, _ = await forger.find("scored")
        await forger.rewrite(stream, 0, lambda e: e.update(kind="reminded"))
        found = await broken(record)
        assert at(stream, 0) + "a file begins with reminded" in found["I3"]

    async def test_a_beginning_elsewhere_is_found(self, record, forger):
        stream, _ = await forger.find("scored")
        await forger.rewrite(stream, 0, lambda e: e["data"]["set"].update(turn="scoring"))
        found = await broken(record)
        assert at(stream, 0) + "a file begins in scoring instead of plan_submission" in found["I3"]

    async def test_a_delivery_that_is_left_out_is_found(self, record, forger):
        stream, number = await forger.find("delivered")
        await forger.cut(stream, number)
        found = await broken(record)
        what = "decided anew it is 2 events, not 1"
        assert at(stream, number - 1) + what in found["I8"]

    async def test_a_turn_that_was_skipped_is_found(self, record, forger):
        stream, number = await forger.find("plan_agreed")

        def skips(event):
            event["data"]["set"] |= {"turn": "scoring", "stage": "scoring", "awaits": "supervisor"}
            event["stage_to"] = "scoring"

        await forger.rewrite(stream, number, skips)
        found = await broken(record)
        assert found["I3"][0].startswith(at(stream, number) + "agree_plan in plan_agreement")
        assert found["I8"][0].startswith(at(stream, number))
