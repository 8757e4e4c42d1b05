"""I1: what people were told has been kept."""

import json
from uuid import uuid4

import pytest

from audit.acknowledged import Acknowledged, InvalidLog, read_log
from gateway.answer import Status
from schemas.cycle import Verdict
from tests.support.judging import acknowledged, broken, only

pytestmark = pytest.mark.timeout(120)


class TestKept:
    async def test_an_undecided_command_is_found_after_a_minute(self, record, forger):
        command_id = uuid4()
        stream = await forger.value("SELECT stream FROM file WHERE ended IS NULL LIMIT 1")
        await forger.run(
            "INSERT INTO command SELECT ($2::text)::uuid, org, stream, act, actor, body,"
            " expected_version, via, os_user, salt, request_hash, received_at,"
            " clock_timestamp() - interval '59 seconds' FROM command WHERE stream = $1 LIMIT 1",
            stream,
            str(command_id),
        )
        assert await broken(record) == {}
        await forger.run(
            "UPDATE command SET stored_at = stored_at - interval '2 seconds' WHERE id = $1",
            command_id,
        )
        await only(record, "I1", at=f"command {command_id}: ")

    async def test_a_lost_refusal_is_missed_by_the_log_alone(self, record, forger, played):
        command_id = await forger.value(
            "SELECT id FROM command WHERE outcome->'refusal'->>'rule' = 'file.version' LIMIT 1"
        )
        await forger.run("DELETE FROM command WHERE id = $1", command_id)
        assert await broken(record) == {}
        await only(record, "I1", at=f"command {command_id}: ", log=acknowledged(played))

    async def test_a_lost_accepted_command_is_missed(self, record, forger, played):
        stream, number = await forger.find("scored")
        command_id = await forger.value(
            "DELETE FROM command WHERE id = (SELECT command_id FROM event"
            " WHERE stream = $1 AND number = $2) RETURNING id",
            stream,
            number,
        )
        found = await broken(record, log=acknowledged(played))
        assert set(found) >= {"I1", "I2"}
        assert found["I1"] == [f"command {command_id}: acknowledged as done, and not there"]

    async def test_another_outcome_than_was_told_is_found(self, record, forger, played):
        command_id = await forger.value(
            "SELECT id FROM command WHERE outcome->>'verdict' = 'accepted'"
            " AND stream LIKE 'file/%' LIMIT 1"
        )
        await forger.run(
            "UPDATE command SET outcome = jsonb_set(outcome, '{version}', '77') WHERE id = $1",
            command_id,
        )
        found = await broken(record, log=acknowledged(played))
        assert set(found) == {"I1", "I8"}
        assert str(command_id) in found["I1"][0]

    async def test_another_verdict_than_was_told_is_found(self, record, played):
        command_id = next(i for i, o in played.answers.items() if o.verdict is Verdict.ACCEPTED)
        refusal = {"type": "closed", "rule": "file.closed"}
        log = [Acknowledged(command_id=command_id, status=Status.REFUSED, refusal=refusal)]
        found = await only(record, "I1", at=f"command {command_id}: ", log=log)
        assert found["I1"][0].endswith("acknowledged as refused, and recorded as accepted")

    async def test_a_stored_answer_promises_the_row_alone(self, record, played):
        known = next(iter(played.answers))
        log = [Acknowledged(command_id=known, status=Status.STORED)]
        assert await broken(record, log=log) == {}
        lost = Acknowledged(command_id=uuid4(), status=Status.STORED)
        await only(record, "I1", at=f"command {lost.command_id}: ", log=[*log, lost])

    async def test_what_was_refused_before_it_was_stored_is_no_loss(self, record):
        log = [
            Acknowledged.model_validate(
                {
                    "command_id": uuid4(),
                    "status": "refused",
                    "refusal": {"type": kind, "rule": rule},
                }
            )
            for kind, rule in (("invalid", "shape.missing"), ("not_found", "file.unknown"))
        ]
        assert await broken(record, log=log) == {}
        decided = {"type": "invalid", "rule": "report.result.missing"}
        log = [
            Acknowledged.model_validate(
                {"command_id": uuid4(), "status": "refused", "refusal": decided}
            )
        ]
        await only(record, "I1", at="command ", log=log)

    def test_a_log_is_read_up_to_its_last_whole_line(self, tmp_path):
        path = tmp_path / "log.jsonl"
        line = json.dumps({"command_id": str(uuid4()), "status": "done", "act": "sign"})
        path.write_text(f"{line}\n{line}\n{line[:20]}")
        assert len(list(read_log(path))) == 2

    def test_a_line_that_is_no_answer_is_named(self, tmp_path):
        path = tmp_path / "log.jsonl"
        path.write_text('{"command_id": "x", "status": "done"}\n')
        with pytest.raises(InvalidLog, match="line 1: command_id"):
            list(read_log(path))
