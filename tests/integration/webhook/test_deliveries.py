"""Events on their way: each arrives, under one id, whoever dies, waits or comes late."""

import asyncio
import json
from datetime import timedelta

import asyncpg
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from standardwebhooks import Webhook as Verifier

from runtime.outbound import Problem
from schemas.cloud_event import CATALOGUE, PREFIX, FileData, event_id
from schemas.code import EventKind, WebhookAct
from schemas.cycle import Verdict
from storage.query import queries
from storage.webhook import read_cloud_event, take_news
from tests.integration.webhook.conftest import PLAN
from tests.support.judging import Record, broken
from tests.support.played_record import ORG
from tests.support.web_server import answer


async def events_of(hooks, key):
    return await hooks.database.web.fetch(
        "SELECT stream, number, kind, happened_at FROM event WHERE stream = $1 ORDER BY number",
        key.stream,
    )


def ids(server):
    return [asked.headers["webhook-id"] for asked in server.asked]


class TestArrival:
    async def test_an_event_arrives_signed_and_says_no_more_than_it_may(self, hooks):
        webhook = await hooks.add(PLAN)
        key = await hooks.submit_plan()
        assert await hooks.deliveries().round() > 0
        (asked,) = hooks.server.asked
        assert Verifier(await hooks.secret(webhook)).verify(asked.body, asked.headers)
        last = (await events_of(hooks, key))[-1]
        number = last["number"]
        event = from_http_event(HTTPMessage(headers=asked.headers, body=asked.body))
        assert event.get_id() == asked.headers["webhook-id"] == str(event_id(key.stream, number))
        assert event.get_type() == PLAN
        assert event.get_subject() == str(key.file_id)
        assert event.get_time() == last["happened_at"]
        state = await hooks.record.state(key)
        assert event.get_data() == {
            "organisation": ORG, "number": number, "period": key.period, "kind": key.kind,
            "unit": state.unit, "version": state.version, "stage_from": "plan", "stage": "plan",
            "awaits": "supervisor", "act": "submit_plan",
            "due_at": state.model_dump(mode="json")["due_at"],
        }  # fmt: skip
        assert await hooks.rows() == [("delivered", 1, None, 200)]

    async def test_no_event_of_a_whole_month_says_anything_of_a_person(self, hooks):
        """Every event of the catalogue that a played month makes, against all that it holds."""
        await hooks.add()
        await hooks.record.play_all()
        while await take_news(hooks.database.worker, 500):
            pass
        rows = await hooks.rows("stream, number")
        assert len(rows) > 300
        people = await hooks.database.web.fetch("SELECT id, name, identity_number FROM person")
        secret = {str(value) for person in people for value in person.values()}
        kinds = set()
        for stream, number in rows:
            event = await read_cloud_event(hooks.database.web, stream, number)
            text = event.body().decode()
            assert not [s for s in secret if s in text]
            assert "Simulasi" not in text
            kinds.add(event.type)
        missing = {t.short for t in CATALOGUE.values() if t.name not in kinds}
        assert missing <= {"file.revision_proposed", "organisation.imported"}

    async def test_what_a_file_was_is_said_and_not_what_it_is_by_now(self, hooks):
        await hooks.add(PLAN)
        key = await hooks.submit_plan()
        version = (await hooks.record.state(key)).version
        await hooks.record.play(hooks.record.now + timedelta(days=60))
        assert (await hooks.record.state(key)).version > version
        number = next(r["number"] for r in await events_of(hooks, key) if "submitted" in r["kind"])
        event = await read_cloud_event(hooks.database.web, key.stream, number)
        assert isinstance(event.data, FileData)
        assert (event.data.version, event.data.stage) == (version, "plan")

    async def test_only_the_types_that_were_asked_for_arrive(self, hooks):
        await hooks.add(f"{PREFIX}file.signed.v1")
        await hooks.submit_plan()
        await hooks.deliveries().round()
        assert hooks.server.asked == []
        assert await hooks.rows() == []

    async def test_what_was_before_a_webhook_does_not_arrive(self, hooks):
        await hooks.submit_plan(0)
        await hooks.add(PLAN)
        await hooks.submit_plan(1)
        await hooks.deliveries().round()
        assert len(hooks.server.asked) == 1

    async def test_a_second_webhook_does_not_get_what_waited_before_it(self, hooks):
        await hooks.add(PLAN)
        await hooks.submit_plan(0)
        await hooks.add(PLAN, url=hooks.server.url + "&second")
        await hooks.submit_plan(1)
        await hooks.deliveries().round()
        lines = sorted(asked.line for asked in hooks.server.asked)
        assert len(lines) == 3
        assert sum("second" in line for line in lines) == 1

    async def test_without_webhooks_nothing_is_noted(self, hooks):
        await hooks.submit_plan()
        assert await hooks.database.web.fetchval("SELECT count(*) FROM webhook_news") == 0


class TestTakingNews:
    async def test_an_event_that_commits_late_is_not_lost(self, hooks):
        """Two transactions, the first to write is the last to commit, and is taken after it."""
        await hooks.add(PLAN)
        await hooks.deliveries().round()
        late, early = list(hooks.record.agendas)[:2]
        async with hooks.database.owner.acquire() as slow:
            transaction = slow.transaction()
            await transaction.start()
            await _forge(slow, late)
            async with hooks.database.owner.acquire() as quick:
                await _forge(quick, early)
            assert await hooks.deliveries().round() > 0
            assert len(hooks.server.asked) == 1
            await transaction.commit()
        await hooks.deliveries().round()
        assert ids(hooks.server) == [str(event_id(k.stream, 999)) for k in (early, late)]

    async def test_two_takers_share_what_is_new(self, hooks):
        await hooks.add(PLAN)
        await hooks.deliveries().round()
        for place in range(4):
            await hooks.submit_plan(place)
        async with hooks.database.worker.acquire() as one, one.transaction():
            assert await take_news(one, 3) == 3
            left = await hooks.database.web.fetchval("SELECT count(*) FROM webhook_news")
            assert await take_news(hooks.database.worker, 500) == left - 3
        found = await hooks.rows("stream, number")
        assert len(found) == len(set(found)) == 4

    async def test_a_taker_that_dies_leaves_it_to_the_next(self, hooks):
        await hooks.add(PLAN)
        await hooks.submit_plan()
        async with hooks.database.worker.acquire() as dying:
            transaction = dying.transaction()
            await transaction.start()
            assert await take_news(dying, 500) > 0
            await transaction.rollback()
        await hooks.deliveries().round()
        assert len(hooks.server.asked) == 1


async def _forge(connection: asyncpg.Connection, key) -> None:
    """A copy of a file's first event as one that a plan was submitted, written as SQL."""
    await connection.execute(
        "INSERT INTO event (stream, number, org, hash, canonical, kind, happened_at)"
        " SELECT stream, 999, org, 'late ' || stream, convert_to(jsonb_set(jsonb_set("
        "   convert_from(canonical, 'UTF8')::jsonb, '{number}', '999'), '{kind}',"
        """   '"plan_submitted"')::text, 'UTF8'), 'plan_submitted', happened_at"""
        " FROM event WHERE stream = $1 AND number = 0",
        key.stream,
    )


class TestTryingAgain:
    async def test_after_an_error_it_arrives_under_the_same_id(self, hooks):
        await hooks.add(PLAN)
        await hooks.submit_plan()
        hooks.server.answer = answer(500)
        await hooks.deliveries().round()
        assert await hooks.rows() == [("waiting", 1, "status", 500)]
        await hooks.deliveries().round()
        assert len(hooks.server.asked) == 1, "not before its time"
        await hooks.let_pass(seconds=13)
        hooks.server.answer = answer(204)
        await hooks.deliveries().round()
        assert await hooks.rows() == [("delivered", 2, None, 204)]
        first, second = hooks.server.asked
        assert first.body == second.body
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert await hooks.database.web.fetchval("SELECT count(*) FROM webhook_failing") == 0

    @pytest.mark.parametrize(
        ("allowed", "seconds", "problem"),
        [(None, 0.2, Problem.TIMED_OUT), ("other.go.id", 5, Problem.HOST_NOT_ALLOWED)],
    )
    async def test_each_problem_is_kept_by_name(self, hooks, allowed, seconds, problem):
        hooks.server.hold = True
        await hooks.add(PLAN)
        await hooks.submit_plan()
        await hooks.deliveries(allowed, seconds=seconds).round()
        assert await hooks.rows() == [("waiting", 1, problem, None)]

    async def test_the_last_try_parks_it_until_somebody_orders_more(self, hooks):
        webhook = await hooks.add(PLAN)
        await hooks.submit_plan()
        hooks.server.answer = answer(503)
        await hooks.deliveries().round()
        await hooks.let_pass(hours=72)
        await hooks.deliveries().round()
        assert await hooks.rows() == [("parked", 2, "status", 503)]
        await hooks.let_pass(hours=10)
        await hooks.deliveries().round()
        assert len(hooks.server.asked) == 2
        hooks.server.answer = answer(200)
        await hooks.order(WebhookAct.RETRY_WEBHOOK, webhook=str(webhook))
        await hooks.deliveries().round()
        assert await hooks.rows() == [("delivered", 1, None, 200)]
        assert len(set(ids(hooks.server))) == 1

    async def test_whoever_dies_between_sending_and_noting_it_has_it_sent_again(self, hooks):
        await hooks.add(PLAN)
        await hooks.submit_plan()
        hooks.server.hold = True
        dying = asyncio.create_task(hooks.deliveries().round())
        await hooks.server.wait()
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
        hooks.server.release()
        assert await hooks.rows() == [("waiting", 1, None, None)]
        await hooks.deliveries().round()
        assert len(hooks.server.asked) == 1, "its lease is not over"
        await hooks.let_pass(seconds=61)
        await hooks.deliveries().round()
        assert len(hooks.server.asked) == 2
        assert len(set(ids(hooks.server))) == 1
        assert await hooks.rows() == [("delivered", 2, None, 200)]

    async def test_two_workers_never_have_the_same_event_under_way(self, hooks):
        await hooks.add(PLAN)
        for place in range(6):
            await hooks.submit_plan(place)
        hooks.server.answer = answer(200)
        rounds = await asyncio.gather(*(hooks.deliveries().round() for _ in range(4)))
        assert sum(rounds) >= 6
        for _ in range(2):
            await asyncio.gather(*(hooks.deliveries().round() for _ in range(4)))
        assert len(hooks.server.asked) == 6
        assert len(set(ids(hooks.server))) == 6

    async def test_a_claimant_that_holds_its_rows_is_passed_by(self, hooks):
        """A real second connection, in the middle of claiming."""
        await hooks.add(PLAN)
        await hooks.submit_plan(0)
        await hooks.submit_plan(1)
        await take_news(hooks.database.worker, 500)
        async with hooks.database.worker.acquire() as one, one.transaction():
            mine = await queries("webhook").claim(one, lease_seconds=60, page=1)
            others = await asyncio.wait_for(
                queries("webhook").claim(hooks.database.worker, lease_seconds=60, page=5), 5
            )
        assert len(mine) == len(others) == 1
        assert mine[0]["stream"] != others[0]["stream"]

    async def test_one_that_was_too_slow_does_not_undo_the_next_one_s_success(self, hooks):
        await hooks.add(PLAN)
        await hooks.submit_plan()
        await take_news(hooks.database.worker, 500)
        q = queries("webhook")
        (first,) = await q.claim(hooks.database.worker, lease_seconds=60, page=5)
        await hooks.let_pass(seconds=61)
        (second,) = await q.claim(hooks.database.worker, lease_seconds=60, page=5)
        key = {name: first[name] for name in ("webhook", "stream", "number")}
        failed = {"problem": "timed_out", "status": None, "next_at": None,
                  "first_seconds": 10, "longest_seconds": 900}  # fmt: skip
        worker = hooks.database.worker
        await q.mark_failed(worker, **key, attempt=first["attempts"], **failed)
        assert await hooks.rows() == [("waiting", 2, None, None)]
        await q.mark_delivered(worker, **key, attempt=second["attempts"], status=200)
        assert await hooks.rows() == [("delivered", 2, None, 200)]

    async def test_a_machine_that_is_down_is_tried_with_one_event_at_a_time(self, hooks):
        await hooks.add(PLAN)
        hooks.server.answer = answer(500)
        await hooks.submit_plan(0)
        await hooks.deliveries().round()
        for place in range(1, 5):
            await hooks.submit_plan(place)
        await hooks.deliveries().round()
        assert len(hooks.server.asked) == 1
        await hooks.let_pass(seconds=13)
        await hooks.deliveries().round()
        await hooks.deliveries().round()
        assert len(hooks.server.asked) == 2
        await hooks.let_pass(seconds=60)
        hooks.server.answer = answer(200)
        await hooks.deliveries().round()
        await hooks.deliveries().round()
        assert {state for state, *_ in await hooks.rows()} == {"delivered"}


class TestGivingUp:
    async def disable(self, hooks):
        """Let it fail for too long, by however many workers."""
        await hooks.add(PLAN)
        await hooks.submit_plan(0)
        hooks.server.answer = answer(500)
        await hooks.deliveries().round()
        await hooks.let_pass(hours=121)
        await asyncio.gather(*(hooks.deliveries().round() for _ in range(2)))
        commands = await hooks.database.web.fetch(
            "SELECT id, stream FROM command WHERE act = 'disable_webhook' AND outcome IS NULL"
        )
        assert len(commands) == 1
        (row,) = commands
        return await hooks.record.decide(hooks.record.organisation, row["stream"], row["id"])

    async def test_the_system_orders_it_once_and_the_office_is_told(self, hooks):
        outcome = await self.disable(hooks)
        assert outcome.verdict is Verdict.ACCEPTED
        row = await hooks.database.web.fetchrow(
            "SELECT actor, act, canonical FROM event WHERE kind = $1", EventKind.WEBHOOK_DISABLED
        )
        assert (row["actor"], row["act"]) == (None, "disable_webhook")
        assert json.loads(row["canonical"])["via"] == "timer"
        notices = await hooks.database.web.fetch(
            "SELECT o.recipient FROM outbox AS o JOIN inbox AS i ON i.outbox = o.id"
            " WHERE o.topic = 'webhook_disabled'"
        )
        head = hooks.record.city.office_head("hr", hooks.record._today())
        assert [n["recipient"] for n in notices] == [head.person]

    async def test_nothing_is_sent_and_nothing_is_lost_until_it_is_enabled(self, hooks):
        await self.disable(hooks)
        asked = len(hooks.server.asked)
        hooks.server.answer = answer(200)
        await hooks.submit_plan(1)
        await hooks.let_pass(hours=9)
        await hooks.deliveries().round()
        assert len(hooks.server.asked) == asked
        order = {"webhook": str(hooks.hooks[0])}
        assert (await hooks.order(WebhookAct.ENABLE_WEBHOOK, **order)).refusal is None
        await hooks.deliveries().round()
        assert len(hooks.server.asked) > asked
        assert "delivered" in {state for state, *_ in await hooks.rows()}

    async def test_a_short_failure_disables_nothing(self, hooks):
        await hooks.add(PLAN)
        await hooks.submit_plan()
        hooks.server.answer = answer(500)
        await hooks.deliveries().round()
        await hooks.let_pass(hours=119)
        await hooks.deliveries().round()
        assert await hooks.database.web.fetchval(
            "SELECT count(*) FROM command WHERE act = 'disable_webhook'"
        ) == 0  # fmt: skip

    async def test_the_judge_agrees(self, hooks):
        await self.disable(hooks)
        await hooks.order(WebhookAct.ENABLE_WEBHOOK, webhook=str(hooks.hooks[0]))
        found = await broken(Record(hooks.database, hooks.record.calendar))
        assert {id: said for id, said in found.items() if said} == {}
