"""Handing over: refused, put off, away, cut off in between, and by two at once."""

import asyncio
from datetime import timedelta

import pytest

from runtime.mail.smtp import ServerAway
from tests.integration.mail.conftest import MONDAY, NOW
from tests.support.mail_server import USER, MailServer, make_certificate
from tests.support.played_record import ORG


@pytest.fixture
async def composed(office):
    await office.supervisor_and_task()
    assert await office.compose(MONDAY) > 2
    return office


async def unsent(office):
    return await office.rows("SELECT * FROM mail WHERE sent_at IS NULL ORDER BY id")


class TestRefused:
    async def test_a_temporary_refusal_is_tried_again_later(self, composed, server):
        victim = (
            await composed.rows(
                "SELECT c.address FROM contact AS c JOIN mail AS m ON m.recipient = c.person ORDER BY 1"
            )
        )[0]["address"]
        server.refuse = lambda to: "451 4.7.1 greylisted" if to == victim else None
        await composed.deliver(server, (timedelta(hours=1),))
        (row,) = await unsent(composed)
        assert (row["attempts"], row["parked_at"]) == (1, None)
        assert row["error"] == "451 4.7.1 greylisted"
        server.refuse = lambda to: None
        assert await composed.deliver(server) == 0  # its time has not come
        await composed.rows("UPDATE mail SET next_try_at = now() WHERE sent_at IS NULL")
        assert await composed.deliver(server) == 1
        assert await unsent(composed) == []
        assert set(server.times().values()) == {1}

    async def test_it_is_parked_after_the_last_try(self, composed, server):
        server.refuse = lambda to: "450 4.2.1 mailbox busy"
        assert await composed.deliver(server, NOW) == 0
        rows = await unsent(composed)
        assert {row["attempts"] for row in rows} == {len(NOW) + 1}
        assert all(row["parked_at"] is not None for row in rows)

    async def test_a_permanent_refusal_parks_that_one_at_once(self, composed, server):
        count = len(await composed.rows())
        victim = (
            await composed.rows(
                "SELECT c.address FROM contact AS c JOIN mail AS m ON m.recipient = c.person ORDER BY 1"
            )
        )[0]["address"]
        server.refuse = lambda to: f"550 5.1.1 <{to}>: no such user" if to == victim else None
        assert await composed.deliver(server) == count - 1
        (row,) = await unsent(composed)
        assert (row["attempts"], row["error"]) == (
            1,
            "550 5.1.1 …: no such user".replace("…:", "…"),
        )
        assert row["parked_at"] is not None

    async def test_an_address_that_was_taken_away_parks_its_mail(self, composed, server):
        await composed.rows("DELETE FROM contact")
        assert await composed.deliver(server) == 0
        assert {row["error"] for row in await unsent(composed)} == {"no address"}


class TestAway:
    async def test_nothing_loses_a_try_while_the_server_is_away(self, composed, server):
        await server.stop()
        with pytest.raises(ServerAway):
            await composed.deliver(server)
        assert {row["attempts"] for row in await unsent(composed)} == {0}
        await server.start()
        assert await composed.deliver(server) == len(await composed.rows())
        assert await unsent(composed) == []

    async def test_the_loop_goes_on_by_itself_once_it_is_back(self, composed, server):
        await server.stop()
        loop = asyncio.create_task(composed.outgoing(server.access()).run(ORG, 0.05))
        everything = len(await composed.rows())
        done = asyncio.Event()
        server.on_taken = lambda: done.set() if len(server.taken) == everything else None
        await server.start()
        async with asyncio.timeout(20):
            await done.wait()
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
        assert set(server.times().values()) == {1}


class TestCutOff:
    async def test_killed_between_hand_over_and_mark_it_goes_again_as_the_same_message(
        self, composed, server, monkeypatch
    ):
        """The one case in which a server takes a message twice; its id says so."""
        everything = len(await composed.rows())

        async def killed(*_: object) -> None:
            raise ConnectionError

        with monkeypatch.context() as patch:
            patch.setattr("activities.mail.settle", killed)
            with pytest.raises(ConnectionError):
                await composed.deliver(server)
        assert len(server.taken) == 1
        assert len(await unsent(composed)) == everything
        assert await composed.deliver(server) == everything
        twice = [id for id, times in server.times().items() if times > 1]
        assert twice == [str(server.taken[0][1]["Message-ID"])]
        assert server.times()[twice[0]] == 2

    async def test_whoever_is_asked_to_end_marks_what_was_taken(self, composed, server):
        everything = len(await composed.rows())
        task = asyncio.create_task(composed.deliver(server))
        server.on_taken = task.cancel
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(server.taken) == 1
        assert len(await unsent(composed)) == everything - 1

    async def test_two_at_once_hand_each_over_once(self, composed, server):
        everything = len(await composed.rows())
        done = await asyncio.gather(*(composed.deliver(server) for _ in range(3)))
        assert sum(done) == everything
        assert len(server.times()) == everything
        assert set(server.times().values()) == {1}


class TestSecurity:
    async def test_it_is_encrypted_and_logged_in_by_a_certificate_that_is_trusted(
        self, composed, tmp_path
    ):
        certificate, context = make_certificate(tmp_path)
        async with MailServer(tls=context, needs_login=True) as server:
            access = server.secure_access(certificate)
            assert await composed.outgoing(access).deliver(ORG) == len(await composed.rows())
            assert set(server.was_encrypted) == {True}
            assert USER in server.logins[0]

    async def test_a_certificate_of_somebody_else_is_refused(self, composed, tmp_path):
        _, context = make_certificate(tmp_path)
        async with MailServer(tls=context, needs_login=True) as server:
            access = server.secure_access(tmp_path / "none").model_copy(update={"ca_file": None})
            with pytest.raises(ServerAway):
                await composed.outgoing(access).deliver(ORG)
            assert server.logins == []

    async def test_a_server_without_encryption_is_not_told_the_password(
        self, composed, server, tmp_path
    ):
        certificate, _ = make_certificate(tmp_path)
        with pytest.raises(ServerAway):
            await composed.outgoing(server.secure_access(certificate)).deliver(ORG)
        assert server.taken == []
