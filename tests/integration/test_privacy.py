"""Nothing that a person is or wrote leaves Postgres: no name, no number, no text, in no form.

Recognisable values are planted and looked for where they must not be: logs, Temporal's histories,
ids, search attributes, memos, its database and its metrics. The same search must find the file's id.
"""

import base64
import json
from uuid import uuid4

import asyncpg
import pytest
from google.protobuf.json_format import MessageToDict

from gateway.answer import Status
from schemas.code import Act
from tests.support.stack import make_directory, remove_directory, running_house, small_city

pytestmark = [pytest.mark.crash, pytest.mark.timeout(120)]
NAME = "Xenofon Qwertzuiop"
NUMBER = "198501012010012999"
MARKS = {
    "plan": "rahasia-rencana-77431",
    "reason": "rahasia-alasan-77432",
    "report": "rahasia-laporan-77433",
    "score": "rahasia-nilai-77434",
    "feedback": "rahasia-umpan-77435",
    "minutes": "rahasia-notulen-77436",
    "objection": "rahasia-keberatan-77437",
    "ruling": "rahasia-putusan-77438",
    "refused": "rahasia-ditolak-77439",
    "spread": "rahasia-sebaran-77440",
}
SECRETS = (NAME, NUMBER, *MARKS.values())


def planted(value, mark):
    """A body with every free text replaced by one that is easily found."""
    if isinstance(value, dict):
        return {k: v if k in _CODES else planted(v, mark) for k, v in value.items()}
    if isinstance(value, list):
        return [planted(v, mark) for v in value]
    return f"{mark} {value}"


_CODES = ("id", "work_result", "behaviour", "held_on", "attendance", "outcome")
_MARK_OF = {
    Act.SUBMIT_PLAN: "plan",
    Act.RETURN_PLAN: "reason",
    Act.RETURN_REPORT: "reason",
    Act.SUBMIT_REPORT: "report",
    Act.SCORE: "score",
    Act.GIVE_FEEDBACK: "feedback",
    Act.RESPOND_TO_FEEDBACK: "feedback",
    Act.RECORD_MEETING: "minutes",
    Act.SIGN: "spread",
    Act.OBJECT: "objection",
    Act.DECIDE_OBJECTION: "ruling",
}


@pytest.fixture(scope="module")
async def lived():
    """A file's whole life with planted texts, on a stack that is hurt and logs everything."""
    path = make_directory()
    rows = small_city(6)
    employee = next(r for r in rows if r.post.startswith("Pelaksana"))
    number = employee.identity_number
    rows = [
        r.model_copy(update={"name": NAME, "identity_number": NUMBER})
        if r.identity_number == number
        else r
        for r in rows
    ]
    async with running_house(path, log_level="DEBUG", log_format="json") as house:
        files = await house.open_month(rows)
        person = await house.owner.fetchval(
            "SELECT id FROM person WHERE identity_number = $1", NUMBER
        )
        file = next(f for f in files if f.person == person)
        await live(house, file)
        histories = await house_histories(house)
        listed = [found async for found in house.client.list_workflows("")]
    data = house.settings.data
    yield house, file, histories, listed, data
    remove_directory(path)


async def send_planted(house, file, act=None):
    step = await house.step(file, act)
    command_id = uuid4()
    body = planted(step.body, MARKS[_MARK_OF[step.act]]) if step.body else {}
    while True:
        answer = await house.gateway.act(
            file.file_id,
            step.act,
            body,
            actor=step.actor,
            command_id=command_id,
            via="web",
            expected_version=step.version,
        )
        if answer.status is not Status.STORED:
            return answer


async def live(house, file):
    """Every act that has words, a refusal, and an outage in the middle of an act."""
    await send_planted(house, file)
    await send_planted(house, file, Act.RETURN_PLAN)
    await send_planted(house, file)
    await send_planted(house, file)
    wrong = {"results": [{"id": "xx99", "realisation": MARKS["refused"], "evidence": "x"}]}
    step = await house.step(file)
    answer = await house.gateway.act(
        file.file_id, Act.SUBMIT_REPORT, wrong, actor=step.actor, command_id=uuid4(), via="web"
    )
    assert answer.status is Status.REFUSED
    await send_planted(house, file)
    house.stack.kill("postgres")
    house.stack.kill("worker-1")
    await house.works()
    while (state := await house.state(file)).end is None:
        act = Act.OBJECT if state.turn == "acceptance" else None
        assert (await send_planted(house, file, act)).status is Status.DONE
    await house.completes(file)
    await break_a_constraint(house)


async def break_a_constraint(house):
    """Postgres would tell its log what was in the row."""
    for kind in ("PNS", None):  # somebody who is there already, and a row that is not complete
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await house.owner.execute(
                "INSERT INTO person (id, org, kind, identity_number, name)"
                " VALUES ($1, $2, $3, $4, $5)",
                uuid4(),
                house.settings.org,
                kind,
                NUMBER,
                NAME,
            )


async def house_histories(house):
    """Every history as plain data, payloads decoded from base64 once more."""
    found = {}
    async for listed in house.client.list_workflows(""):
        history = await house.client.get_workflow_handle(
            listed.id, run_id=listed.run_id
        ).fetch_history()
        found[listed.id] = json.dumps(opened(history.to_json_dict()), ensure_ascii=False)
    return found


def opened(value):
    """Raw JSON with everything that is base64 also written out."""
    if isinstance(value, dict):
        return {k: opened(v) for k, v in value.items()}
    if isinstance(value, list):
        return [opened(v) for v in value]
    if isinstance(value, str):
        try:
            inside = base64.b64decode(value, validate=True).decode()
        except ValueError:
            return value
        return [value, inside]
    return value


def secrets_in(text):
    text = text if isinstance(text, str) else text.decode("utf-8", "replace")
    return [secret for secret in SECRETS if secret in text]


class TestPlanted:
    async def test_every_value_is_in_postgres_where_it_belongs(self, lived):
        """Otherwise not finding it elsewhere would mean nothing."""
        data = lived[4]
        stored = b"".join(p.read_bytes() for p in (data / "postgres").rglob("*") if p.is_file())
        assert [s for s in SECRETS if s.encode() not in stored] == []


class TestTemporal:
    def test_no_history_holds_any(self, lived):
        _, file, histories, _, _ = lived
        assert str(file.person) in histories[file.workflow_id], "the search finds what is there"
        assert len(histories[file.workflow_id]) > 5_000
        assert {i: s for i, text in histories.items() if (s := secrets_in(text))} == {}

    def test_no_id_search_attribute_or_memo_holds_any(self, lived):
        _, file, _, listed, _ = lived
        found = {w.id: str(MessageToDict(w.raw_info)) for w in listed}
        assert "EvalPeriod" in found[file.workflow_id]
        assert str(file.person) in found[file.workflow_id]
        assert {i: s for i, text in found.items() if (s := secrets_in(text))} == {}

    def test_its_database_holds_none(self, lived):
        _, file, _, _, data = lived
        content = b"".join(p.read_bytes() for p in (data / "temporal").glob("temporal.db*"))
        assert str(file.person).encode() in content
        assert secrets_in(content) == []


class TestLogs:
    def test_no_log_holds_any(self, lived):
        data = lived[4]
        logs = {p.name: p.read_bytes() for p in (data / "log").iterdir()}
        assert {"postgres.log", "temporal.log", "worker-1.log"} <= logs.keys()
        assert b"worker_ready" in logs["worker-1.log"]
        assert b"violates unique constraint" in logs["postgres.log"]
        assert {name: s for name, text in logs.items() if (s := secrets_in(text))} == {}

    def test_nor_does_anything_else_beside_the_databases(self, lived):
        data = lived[4]
        others = [
            p for p in data.rglob("*") if p.is_file() and not p.is_relative_to(data / "postgres")
        ]
        assert others
        assert {p.name: s for p in others if (s := secrets_in(p.read_bytes()))} == {}
