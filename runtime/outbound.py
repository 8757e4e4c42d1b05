"""Sending one body to another system, and nowhere else than is allowed.

The host has to be on the allow-list; what it resolves to is looked at each time, and the connection
goes to the very address that was looked at, so that a name cannot mean one thing when it is checked
and another when it is used. No redirect is followed, no proxy is asked, and of the answer only the
beginning is read.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

import httpx2

from runtime.allow_list import AllowList
from schemas.web_address import IpAddress, WebAddress, parse_web_address

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
ALL_SECONDS = 20.0
BEGINNING_SECONDS = 2.0
READ_AT_MOST = 4096

# They log whole addresses, whose path may hold what its owner keeps to himself.
for _name in ("httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)

Resolver = Callable[[str, int], Awaitable[Sequence[IpAddress]]]


class Problem(StrEnum):
    """Why something has not arrived."""

    URL_INVALID = "url_invalid"
    NO_HOSTS_ALLOWED = "no_hosts_allowed"
    HOST_NOT_ALLOWED = "host_not_allowed"
    NAME_NOT_FOUND = "name_not_found"
    ADDRESS_FORBIDDEN = "address_forbidden"
    NOT_CONNECTED = "not_connected"
    TLS_FAILED = "tls_failed"
    TIMED_OUT = "timed_out"
    REDIRECTED = "redirected"
    STATUS = "status"
    BROKEN_ANSWER = "broken_answer"
    UNREADABLE_EVENT = "unreadable_event"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one attempt: no problem means that the other side said 2xx.

    ``beginning`` is the start of the answer; it is shown to whoever tries, and kept nowhere.
    """

    problem: Problem | None
    status: int | None = None
    beginning: bytes = b""


class _Refused(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


async def resolve(host: str, port: int) -> list[IpAddress]:
    """The addresses of a host, as the machine's resolver has them.

    Raises:
        OSError: if there are none.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ip_address(str(each[4][0]).partition("%")[0]) for each in found]


class Sender:
    """Sends to what an allow-list allows."""

    def __init__(
        self,
        allowed: AllowList,
        *,
        resolver: Resolver = resolve,
        tls: ssl.SSLContext | None = None,
        seconds: float = ALL_SECONDS,
    ) -> None:
        self._allowed = allowed
        self._resolver = resolver
        self._tls = tls or httpx2.create_ssl_context(trust_env=False)
        self._seconds = seconds

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Delivery:
        """POST a body once; whatever goes wrong is an answer, and no error."""
        try:
            async with asyncio.timeout(self._seconds):
                where = self.check(url)
                return await self._post(where, await self._addresses(where), body, headers)
        except _Refused as refused:
            return Delivery(refused.problem)
        except (TimeoutError, httpx2.TimeoutException):
            return Delivery(Problem.TIMED_OUT)
        except httpx2.ConnectError as error:
            is_tls = any(isinstance(each, ssl.SSLError) for each in _chain(error))
            return Delivery(Problem.TLS_FAILED if is_tls else Problem.NOT_CONNECTED)
        except httpx2.TransportError:
            return Delivery(Problem.BROKEN_ANSWER)

    def check(self, url: str) -> WebAddress:
        """Where an address leads, if it may be sent to as far as its name says.

        Raises:
            _Refused: otherwise; see ``problem_of``.
        """
        try:
            where = parse_web_address(url)
        except ValueError:
            raise _Refused(Problem.URL_INVALID) from None
        if self._allowed.is_empty:
            raise _Refused(Problem.NO_HOSTS_ALLOWED)
        if not self._allowed.allows(where):
            raise _Refused(Problem.HOST_NOT_ALLOWED)
        return where

    def problem_of(self, url: str) -> Problem | None:
        """Why an address can never be sent to as things are set; None if it can."""
        try:
            self.check(url)
        except _Refused as refused:
            return refused.problem
        return None

    async def _addresses(self, where: WebAddress) -> Sequence[IpAddress]:
        """Where the host is; one address that is not allowed spoils the name."""
        if where.ip is not None:
            found: Sequence[IpAddress] = [where.ip]
        else:
            try:
                found = await self._resolver(where.host, where.port)
            except (OSError, ValueError):
                raise _Refused(Problem.NAME_NOT_FOUND) from None
        if not found:
            raise _Refused(Problem.NAME_NOT_FOUND)
        if not all(self._allowed.reaches(each) for each in found):
            raise _Refused(Problem.ADDRESS_FORBIDDEN)
        return list(dict.fromkeys(found))

    async def _post(
        self,
        where: WebAddress,
        addresses: Sequence[IpAddress],
        body: bytes,
        headers: Mapping[str, str],
    ) -> Delivery:
        """Ask the first address that answers; the next one only where no connection came about."""
        for address in addresses[:-1]:
            try:
                return await self._post_to(where, address, body, headers)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return await self._post_to(where, addresses[-1], body, headers)

    async def _post_to(
        self, where: WebAddress, address: IpAddress, body: bytes, headers: Mapping[str, str]
    ) -> Delivery:
        """A connection of its own, kept for nothing else: another host may lie at this address."""
        host = f"[{address}]" if address.version == 6 else str(address)
        async with (
            httpx2.AsyncClient(
                verify=self._tls,
                trust_env=False,
                follow_redirects=False,
                timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            ) as client,
            client.stream(
                "POST",
                f"{where.scheme}://{host}:{where.port}{where.target}",
                content=body,
                headers={
                    "host": where.authority,
                    "user-agent": "siklus",
                    "accept-encoding": "identity",
                    "connection": "close",
                    **headers,
                },
                # The certificate must be that of the host, whatever address it was found at.
                extensions={"sni_hostname": where.host},
            ) as answer,
        ):
            beginning = await _beginning(answer)
            return Delivery(_judge(answer.status_code), answer.status_code, beginning)


def _judge(status: int) -> Problem | None:
    if 200 <= status < 300:
        return None
    return Problem.REDIRECTED if 300 <= status < 400 else Problem.STATUS


async def _beginning(answer: httpx2.Response) -> bytes:
    """The first bytes as they came, never unpacked; the rest, and a slow one, is not waited for.

    The status has said whether it arrived, so nothing that happens from here on changes that.
    """
    found = b""
    with contextlib.suppress(TimeoutError, httpx2.TransportError):
        async with asyncio.timeout(BEGINNING_SECONDS):
            async for chunk in answer.aiter_raw(READ_AT_MOST):
                found += chunk
                if len(found) >= READ_AT_MOST:
                    break
    return found[:READ_AT_MOST]


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
