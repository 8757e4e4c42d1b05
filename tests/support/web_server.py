"""A small web server on loopback that other systems' side is played with."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def answer(status: int, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"HTTP/1.1 {status} said", *headers, f"content-length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WebServer:
    """Answers every request alike, until told otherwise, and remembers what was asked.

    ``hold`` makes it read requests and answer none, ``linger`` answer and keep the connection.
    """

    answer: bytes = OK
    hold: bool = False
    linger: bool = False
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    scheme: str = "http"
    _came: asyncio.Event = field(default_factory=asyncio.Event)
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}/in?from=siklus"

    @property
    def allowed(self) -> str:
        """The allow-list that this server needs."""
        return f"{self.scheme}://localhost:{self.port},127.0.0.0/8,::1"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            line, *lines = head.strip().split("\r\n")
            pairs = (each.split(":", 1) for each in lines)
            headers = {name.lower(): value.strip() for name, value in pairs}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            asked = Asked(line, headers, body)
            self.asked.append(asked)
            self._came.set()
            if self.hold:
                await self._released.wait()
                return
            writer.write(self.answer)
            await writer.drain()
            if self.linger:
                await self._released.wait()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def wait(self) -> Asked:
        """Until something is asked that was not waited for before."""
        await self._came.wait()
        self._came.clear()
        return self.asked[-1]

    def release(self) -> None:
        self.hold = False
        self._released.set()


@asynccontextmanager
async def web_server(
    tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[WebServer]:
    """A server on a free port; with a certificate if one is given."""
    made = WebServer(scheme="https" if tls else "http")
    server = await asyncio.start_server(made.serve, host, 0, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.release()
        server.close()
        await server.wait_closed()
