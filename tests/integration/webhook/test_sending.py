"""Sending to a real server: what arrives, what is refused before it leaves, what goes wrong."""

import asyncio
import ssl
from ipaddress import ip_address

import pytest
import trustme

from runtime.allow_list import AllowList
from runtime.outbound import READ_AT_MOST, Problem, Sender
from schemas.web_address import IpAddress
from tests.support.web_server import OK, answer, web_server

HEADERS = {"content-type": "application/cloudevents+json", "webhook-id": "7"}


class FoundAt:
    """A resolver that says the same of every name, and remembers what it was asked."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[IpAddress]:
        self.asked.append(host)
        return [ip_address(each) for each in self._addresses]


@pytest.fixture
async def server():
    async with web_server() as made:
        yield made


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
async def secure(authority):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("hooks.example.go.id").configure_cert(context)
    async with web_server(context) as made:
        yield made


def sender(allowed, authority=None, **options):
    tls = ssl.create_default_context()
    if authority is not None:
        authority.configure_trust(tls)
    return Sender(AllowList.parse(allowed), tls=tls, **options)


async def sent(to, url, body=b"{}"):
    delivery = await to.send(url, body, HEADERS)
    return delivery.problem, delivery.status


class TestArrival:
    async def test_the_very_bytes_and_headers_arrive_once(self, server):
        body = '{"a": "\u00e9"}'.encode()
        assert await sent(sender(server.allowed), server.url, body) == (None, 200)
        (asked,) = server.asked
        assert asked.line == "POST /in?from=siklus HTTP/1.1"
        assert asked.body == body
        assert HEADERS.items() <= asked.headers.items()
        assert asked.headers["host"] == f"localhost:{server.port}"
        assert server.connections == 1

    async def test_a_certificate_is_that_of_the_host_and_not_of_its_address(
        self, secure, authority
    ):
        entries = f"hooks.example.go.id:{secure.port},other.example.go.id:{secure.port},127.0.0.1"
        to = sender(entries, authority, resolver=FoundAt("127.0.0.1"))
        assert await sent(to, f"https://hooks.example.go.id:{secure.port}/") == (None, 200)
        assert await sent(to, f"https://other.example.go.id:{secure.port}/") == (
            Problem.TLS_FAILED,
            None,
        )
        stranger = sender(entries, resolver=FoundAt("127.0.0.1"))
        assert await sent(stranger, f"https://hooks.example.go.id:{secure.port}/") == (
            Problem.TLS_FAILED,
            None,
        )
        assert len(secure.asked) == 1

    async def test_the_next_address_is_tried_where_one_does_not_connect(self, server):
        to = sender(server.allowed, resolver=FoundAt("127.0.0.9", "127.0.0.1"))
        assert await sent(to, server.url) == (None, 200)


class TestAddresses:
    @pytest.mark.parametrize(
        "address",
        ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00:ec2::254"],
    )
    async def test_a_name_that_leads_inside_is_not_followed(self, server, address):
        resolver = FoundAt("8.8.8.8", address)
        to = sender(f"http://localhost:{server.port}", resolver=resolver)
        assert await sent(to, server.url) == (Problem.ADDRESS_FORBIDDEN, None)
        assert resolver.asked == ["localhost"]
        assert server.connections == 0

    @pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:7f00:1]", "169.254.169.254"])
    async def test_an_address_is_no_host_unless_it_is_named(self, server, host):
        to = sender(f"http://localhost:{server.port}")
        url = f"http://{host}:{server.port}/"
        assert await sent(to, url) == (Problem.HOST_NOT_ALLOWED, None)
        assert server.connections == 0

    async def test_what_was_looked_at_is_what_is_connected_to(self, server):
        """A name that means something else the second time is asked one time only."""
        answers = iter([["127.0.0.1"], ["127.0.0.9"]])
        asked = []

        async def rebinding(host, port):
            asked.append(host)
            return [ip_address(each) for each in next(answers)]

        assert await sent(sender(server.allowed, resolver=rebinding), server.url) == (None, 200)
        assert asked == ["localhost"]

    @pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1"])
    async def test_a_disguised_address_is_refused_before_anybody_resolves_it(self, server, host):
        resolver = FoundAt("127.0.0.1")
        to = sender(f"http://*.go.id:{server.port},127.0.0.0/8", resolver=resolver)
        assert await sent(to, f"http://{host}:{server.port}/") == (Problem.URL_INVALID, None)
        assert resolver.asked == []

    async def test_without_a_list_nothing_leaves(self, server):
        assert await sent(sender(""), server.url) == (Problem.NO_HOSTS_ALLOWED, None)

    async def test_a_name_without_an_address_is_said_to_be_one(self, server):
        async def nowhere(host, port):
            raise OSError

        to = sender(server.allowed, resolver=nowhere)
        assert await sent(to, server.url) == (Problem.NAME_NOT_FOUND, None)
        assert await sent(sender(server.allowed, resolver=FoundAt()), server.url) == (
            Problem.NAME_NOT_FOUND,
            None,
        )


class TestAnswers:
    async def test_a_redirect_is_not_followed(self, server):
        async with web_server() as inside:
            server.answer = answer(307, f"location: {inside.url}")
            assert await sent(sender(server.allowed), server.url) == (Problem.REDIRECTED, 307)
            assert inside.connections == 0

    @pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 503])
    async def test_an_error_is_one(self, server, status):
        server.answer = answer(status)
        assert await sent(sender(server.allowed), server.url) == (Problem.STATUS, status)

    async def test_silence_ends(self, server):
        server.hold = True
        to = sender(server.allowed, seconds=2.0)
        assert await sent(to, server.url) == (Problem.TIMED_OUT, None)
        assert len(server.asked) == 1

    async def test_of_a_long_answer_the_beginning_is_read(self, server):
        server.answer = answer(200, body=b"x" * 5_000_000)
        delivery = await sender(server.allowed).send(server.url, b"{}", HEADERS)
        assert delivery.problem is None
        assert delivery.beginning == b"x" * READ_AT_MOST

    async def test_an_answer_that_never_ends_has_arrived(self, server):
        """Its status has been said; nobody waits for the rest."""
        server.answer = OK.replace(b"content-length: 2", b"content-length: 999")
        server.linger = True
        async with asyncio.timeout(8):
            assert await sent(sender(server.allowed), server.url) == (None, 200)

    @pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 200 OK\r\nx"])
    async def test_what_is_no_answer_is_none(self, server, said):
        server.answer = said
        assert await sent(sender(server.allowed), server.url) == (Problem.BROKEN_ANSWER, None)

    async def test_nobody_there_is_not_connected(self, server):
        async with web_server() as gone:
            url, allowed = gone.url, gone.allowed
        assert await sent(sender(allowed), url) == (Problem.NOT_CONNECTED, None)

    async def test_no_log_line_holds_an_address(self, server, caplog):
        caplog.set_level("DEBUG")
        await sent(sender(server.allowed), server.url)
        assert server.asked
        assert "siklus" not in caplog.text
