"""Orders on webhooks: who may give them, what they make, what the judge says, where secrets are."""

import json
from uuid import uuid4

import asyncpg
import pytest
from standardwebhooks import Webhook as Verifier

from schemas.code import WebhookAct
from schemas.cycle import Verdict
from schemas.error import ErrorType
from storage.query import queries
from tests.integration.webhook.conftest import PLAN
from tests.support.judging import Record, broken, tampering
from tests.support.played_record import ORG
from tests.support.web_server import answer

STREAM = f"organisation/{ORG}"


@pytest.fixture
async def judged(hooks):
    """Ask the judge."""

    async def ask():
        found = await broken(Record(hooks.database, hooks.record.calendar))
        return {id: said for id, said in found.items() if said}

    return ask


async def everything_ordered(hooks):
    """Every order once, and what is refused."""
    officer, stranger = hooks.record.officer(), hooks.record.people[-1]
    one = await hooks.add(PLAN, actor=officer)
    two = await hooks.add(url=hooks.server.url + "&two")
    again = {"url": hooks.server.url, "types": [PLAN], "description": "b"}
    refused = [
        await hooks.order(WebhookAct.ADD_WEBHOOK, **again),
        await hooks.order(WebhookAct.ENABLE_WEBHOOK, webhook=str(one)),
        await hooks.order(WebhookAct.REMOVE_WEBHOOK, webhook=str(uuid4())),
        await hooks.record.order(WebhookAct.REMOVE_WEBHOOK, {"webhook": str(one)}, stranger),
        await hooks.order(
            WebhookAct.DISABLE_WEBHOOK, webhook=str(one), failing_since="2026-03-02T00:00:00Z"
        ),
    ]
    await hooks.record.order(WebhookAct.ROTATE_SECRET, {"webhook": str(one)}, officer)
    await hooks.order(WebhookAct.RETRY_WEBHOOK, webhook=str(one))
    await hooks.record.order(WebhookAct.REMOVE_WEBHOOK, {"webhook": str(two)}, officer)
    return one, two, refused


class TestOrders:
    async def test_are_decided_and_judged(self, hooks, judged):
        one, two, refused = await everything_ordered(hooks)
        assert [o.refusal.rule for o in refused] == [
            *("webhook.known", "webhook.enabled", "webhook.unknown", "act.role", "act.role")
        ]
        assert refused[3].refusal.type is ErrorType.NOT_AUTHORISED
        rows = await hooks.database.web.fetch("SELECT id, state FROM webhook ORDER BY number")
        assert [tuple(r) for r in rows] == [(one, "enabled"), (two, "removed")]
        assert await judged() == {}

    async def test_a_removed_webhook_gets_nothing_more(self, hooks):
        webhook = await hooks.add(PLAN)
        await hooks.submit_plan()
        hooks.server.answer = answer(500)
        await hooks.deliveries().round()
        await hooks.order(WebhookAct.REMOVE_WEBHOOK, webhook=str(webhook))
        await hooks.submit_plan(1)
        await hooks.let_pass(hours=9)
        await hooks.deliveries().round()
        assert len(hooks.server.asked) == 1
        assert [state for state, *_ in await hooks.rows()] == ["cancelled"]
        secrets = await hooks.database.worker.fetchval("SELECT count(*) FROM webhook_secret")
        assert secrets == 0

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE webhook SET url = 'https://elsewhere.example/' WHERE state = 'enabled'",
            "UPDATE webhook SET types = '{x}' WHERE state = 'enabled'",
            "UPDATE webhook SET description = 'other' WHERE state = 'enabled'",
            "UPDATE webhook SET state = 'enabled' WHERE state = 'removed'",
            "UPDATE webhook SET state_number = 1 WHERE state = 'enabled'",
            "DELETE FROM webhook WHERE state = 'removed'",
            "INSERT INTO webhook SELECT uuidv7(), org, stream, number, 'https://x.example', types,"
            + " description, 'enabled', state_number FROM webhook LIMIT 1",
        ],
    )
    async def test_the_judge_misses_nothing_of_the_rows(self, hooks, judged, postgres, statement):
        await everything_ordered(hooks)
        async with tampering(postgres, hooks.database) as hand:
            await hand.run(statement)
        found = await judged()
        assert list(found) == ["fold"]
        assert "webhook" in found["fold"][0]

    async def test_a_forged_event_is_found(self, hooks, judged, postgres):
        await everything_ordered(hooks)
        async with tampering(postgres, hooks.database) as hand:
            await hand.forge_last(STREAM, lambda event: event["data"].update(webhook=str(uuid4())))
        assert "it is not what its command said" in str(await judged())

    async def test_an_order_that_was_accepted_against_the_rules_is_found(
        self, hooks, judged, postgres
    ):
        await everything_ordered(hooks)
        async with tampering(postgres, hooks.database) as hand:
            await hand.run("UPDATE command SET body = jsonb_set(body, '{webhook}', $1)"
                           " WHERE act = 'remove_webhook' AND outcome ->> 'verdict' = 'accepted'",
                           json.dumps(str(uuid4())))  # fmt: skip
        assert "decided anew it is refused: webhook.unknown" in str(await judged())

    async def test_a_refusal_for_another_reason_is_found(self, hooks, judged, postgres):
        await everything_ordered(hooks)
        async with tampering(postgres, hooks.database) as hand:
            await hand.run(
                "UPDATE command SET outcome = jsonb_set(outcome, '{refusal,rule}', '\"act.role\"')"
                " WHERE outcome #>> '{refusal,rule}' = 'webhook.known'"
            )
        assert "refused because of act.role; decided anew: webhook.known" in str(await judged())


class TestSecrets:
    async def test_are_shown_once_to_whoever_ordered_them(self, hooks):
        webhook = await hooks.add(PLAN)
        secret = await hooks.secret(webhook)
        q, web = queries("webhook"), hooks.database.web
        assert await q.show_secret(web, command=uuid4()) is None
        assert await q.show_secret(web, command=webhook) == secret
        assert await q.show_secret(web, command=webhook) is None
        Verifier(secret)

    async def test_cannot_be_read_by_the_web_s_role(self, hooks):
        await hooks.add(PLAN)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await hooks.database.web.fetch("SELECT secret FROM webhook_secret")

    async def test_are_nowhere_else_in_the_database(self, hooks):
        webhook = await hooks.add(PLAN)
        secret = await hooks.secret(webhook)
        rows = await hooks.database.owner.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind = 'r'"
        )
        found = set()
        for table in (row["relname"] for row in rows):
            texts = await hooks.database.owner.fetch(f"SELECT t::text AS row FROM {table} AS t")
            either = secret, secret.encode().hex()
            if any(each in r["row"] for r in texts for each in either):
                found.add(table)
        assert found == {"webhook_secret"}

    async def test_the_old_one_is_valid_for_a_day_beside_the_new_one(self, hooks):
        webhook = await hooks.add(PLAN)
        old = await hooks.secret(webhook)
        outcome = await hooks.order(WebhookAct.ROTATE_SECRET, webhook=str(webhook))
        assert outcome.verdict is Verdict.ACCEPTED
        new = await hooks.secret(webhook)
        assert new != old
        await hooks.submit_plan(0)
        await hooks.deliveries().round()
        asked = hooks.server.asked[-1]
        for secret in (old, new):
            Verifier(secret).verify(asked.body, asked.headers)
        await hooks.let_pass(hours=24, seconds=1)
        await hooks.submit_plan(1)
        await hooks.deliveries().round()
        asked = hooks.server.asked[-1]
        Verifier(new).verify(asked.body, asked.headers)
        with pytest.raises(Exception, match="No matching signature"):
            Verifier(old).verify(asked.body, asked.headers)

    async def test_of_a_webhook_are_made_of_random_bytes(self, hooks):
        one = await hooks.secret(await hooks.add(PLAN))
        two = await hooks.secret(await hooks.add(PLAN, url=hooks.server.url + "&two"))
        assert one != two
        assert one.startswith("whsec_")
