"""``siklus webhook`` on a running stack, whose workers send to a server on loopback."""

from uuid import uuid4

import pytest
from standardwebhooks import Webhook as Verifier

from gateway.answer import Status
from schemas.cloud_event import PING, PREFIX
from schemas.code import Act, Via
from tests.integration.webhook.conftest import PLAN
from tests.support.cli import siklus
from tests.support.stack import (
    ORG,
    make_directory,
    problems_of,
    remove_directory,
    running_house,
    small_city,
)
from tests.support.waiting import eventually
from tests.support.web_server import answer, web_server

pytestmark = pytest.mark.timeout(180)
WORDS = ("--type", "file.plan_submitted", "--description", "Dasbor")


@pytest.fixture(scope="module")
async def server():
    async with web_server() as made:
        yield made


@pytest.fixture(scope="module")
async def house(server):
    directory = make_directory()
    async with running_house(directory, webhook_hosts=server.allowed) as running:
        await running.open_month(small_city(6))
        yield running
    remove_directory(directory)


@pytest.fixture
def run(house, server):
    async def command(*arguments, **options):
        surroundings = {
            "SIKLUS_DATA": str(house.settings.data),
            "SIKLUS_ORG": ORG,
            "SIKLUS_WEBHOOK_HOSTS": server.allowed,
        }
        return await siklus("webhook", *arguments, **{**surroundings, **options})

    return command


@pytest.fixture
async def webhook(run, server):
    """A webhook, with its secret; gone after the test."""
    server.answer = answer(200)
    added = await run("add", server.url, *WORDS, "--json")
    assert added.code == 0, added
    yield added.json["data"]["webhook"], added.json["secret"]
    removed = await run("remove", added.json["data"]["webhook"])
    assert removed.code == 0, removed


async def submit_plan(house, place):
    file = (await house.files("2026-03"))[place]
    step = await house.step(file, Act.SUBMIT_PLAN)
    done = await house.gateway.act(
        file.file_id, step.act, step.body, actor=step.actor, command_id=uuid4(), via=Via.WEB
    )
    assert done.status is Status.DONE


async def arrived(server, count, type_=PLAN):
    async def enough():
        found = [a for a in server.asked if type_.encode() in a.body]
        return found if len(found) >= count else None

    return await eventually(enough, 30)


class TestAdd:
    async def test_a_host_that_is_not_allowed_is_refused_before_anything_is_stored(self, run):
        ran = await run("add", "https://elsewhere.example/in", *WORDS)
        assert (ran.code, "SIKLUS_WEBHOOK_HOSTS" in ran.err) == (3, True)
        ran = await run("add", "https://2130706433/", *WORDS)
        assert (ran.code, "not one to send to" in ran.err) == (3, True)
        assert (await run("list")).out.strip() == "no webhooks"

    async def test_without_a_list_that_is_said(self, run, server):
        ran = await run("add", server.url, *WORDS, SIKLUS_WEBHOOK_HOSTS="")
        assert (ran.code, "SIKLUS_WEBHOOK_HOSTS is empty" in ran.err) == (3, True)

    async def test_a_list_that_cannot_be_read_is_named(self, run):
        ran = await run("list", SIKLUS_WEBHOOK_HOSTS="a.go.id,b c")
        assert (ran.code, "entry 2 is neither" in ran.err) == (2, True)

    async def test_a_type_that_is_none_is_named(self, run, server):
        ran = await run("add", server.url, "--type", "file.eaten", "--description", "a")
        assert (ran.code, "file.eaten" in ran.err) == (2, True)

    async def test_the_secret_is_shown_once(self, run, server):
        command = str(uuid4())
        said = ("add", server.url + "&once", "--type", "all", "--description", "a")
        first = await run(*said, "--command-id", command)
        assert "whsec_" in first.out
        again = await run(*said, "--command-id", command)
        assert (again.code, "whsec_" in again.out) == (0, False)
        assert "siklus webhook rotate" in again.out
        assert (await run("remove", command)).code == 0

    async def test_types_are_listed(self, run):
        assert (await run("types", "--json")).json.keys() >= {
            PLAN,
            f"{PREFIX}unit.predicate_set.v1",
        }
        assert "file.plan_submitted" in (await run("types")).out


class TestTrial:
    async def test_of_a_webhook_is_signed_with_its_secret(self, run, server, webhook):
        server.answer = answer(202, body=b"terima kasih")
        ran = await run("test", webhook[0][:8], "--json")
        assert ran.code == 0, ran
        assert (ran.json["http_status"], ran.json["answer"]) == (202, "terima kasih")
        asked = server.asked[-1]
        Verifier(webhook[1]).verify(asked.body, asked.headers)
        assert PING.name.encode() in asked.body
        assert ran.json["secret"] is None

    async def test_to_an_address_shows_what_it_is_signed_with(self, run, server):
        server.answer = answer(200)
        ran = await run("test", server.url, "--json")
        asked = server.asked[-1]
        Verifier(ran.json["secret"]).verify(asked.body, asked.headers)

    @pytest.mark.parametrize(
        ("said", "hosts", "problem"),
        [
            (answer(500), None, "status"),
            (answer(302, "location: http://10.0.0.1/"), None, "redirected"),
            (b"SSH-2.0", None, "broken_answer"),
            (answer(200), "localhost", "host_not_allowed"),
            (answer(200), "http://localhost:{port}", "address_forbidden"),
            (answer(200), "", "no_hosts_allowed"),
        ],
    )
    async def test_names_the_cause(self, run, server, said, hosts, problem):
        server.answer = said
        allowed = server.allowed if hosts is None else hosts.format(port=server.port)
        ran = await run("test", server.url, SIKLUS_WEBHOOK_HOSTS=allowed)
        assert ran.code == 3
        assert ran.out.startswith(f"{problem}: ")


class TestLife:
    async def test_events_arrive_from_the_workers(self, house, run, server, webhook):
        before = len([a for a in server.asked if PLAN.encode() in a.body])
        await submit_plan(house, 0)
        asked = (await arrived(server, before + 1))[-1]
        Verifier(webhook[1]).verify(asked.body, asked.headers)

        async def noted():
            rows = (await run("deliveries", webhook[0], "--json")).json
            return [r for r in rows if (r["state"], r["type"]) == ("delivered", PLAN)]

        await eventually(noted, 20)
        shown = await run("deliveries")
        assert "delivered" in shown.out
        (listed,) = (await run("list", "--json")).json
        assert (listed["state"], listed["waiting"], listed["delivered"]) == ("enabled", 0, 1)
        assert "Dasbor" in (await run("list")).out

    async def test_what_failed_is_shown_and_tried_again_when_ordered(
        self, house, run, server, webhook
    ):
        before = len([a for a in server.asked if PLAN.encode() in a.body])
        server.answer = answer(503)
        await submit_plan(house, 1)
        await arrived(server, before + 1)

        async def failed():
            rows = (await run("deliveries", webhook[0], "--state", "waiting", "--json")).json
            return [r for r in rows if (r["problem"], r["status"]) == ("status", 503)]

        await eventually(failed, 20)
        assert "status 503" in (await run("deliveries", webhook[0])).out
        server.answer = answer(200)
        assert (await run("retry", webhook[0])).code == 0
        first, second = (await arrived(server, before + 2))[-2:]
        assert first.headers["webhook-id"] == second.headers["webhook-id"]

    async def test_a_secret_is_changed_and_what_is_enabled_is_refused(self, run, webhook):
        rotated = await run("rotate", webhook[0][:8], "--json")
        assert rotated.code == 0
        assert rotated.json["secret"] not in (None, webhook[1])
        refused = await run("enable", webhook[0], "--json")
        assert (refused.code, refused.json["refusal"]["rule"]) == (3, "webhook.enabled")
        unknown = await run("enable", "ffff")
        assert (unknown.code, "siklus webhook list" in unknown.err) == (2, True)

    async def test_no_log_holds_a_secret_or_an_address(self, house, webhook):
        logs = {p.name: p.read_bytes() for p in (house.settings.data / "log").iterdir()}
        assert b"worker_ready" in logs["worker-1.log"]
        for name, text in logs.items():
            assert webhook[1].encode() not in text, name
            assert b"from=siklus" not in text, name

    async def test_the_judge_is_content(self, house, webhook):
        assert problems_of(await house.check()) is None
