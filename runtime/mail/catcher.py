"""A mail server of development: takes everything, sends nothing, keeps it in a maildir."""

import asyncio
import mailbox
import signal
import sys
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP


def maildir(data: Path) -> Path:
    """Where the mail that was caught lies."""
    return data / "mail"


class _Catcher(SMTP):
    """Says who it is without asking the name service."""

    def __init__(self, directory: Path) -> None:
        super().__init__(Mailbox(directory), hostname="localhost", enable_SMTPUTF8=True)


async def catch(host: str, port: int, directory: Path) -> None:
    """Take mail until SIGTERM or SIGINT."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    directory.parent.mkdir(parents=True, exist_ok=True)
    server = await loop.create_server(lambda: _Catcher(directory), host, port)
    async with server:
        await stop.wait()


@dataclass(frozen=True, slots=True)
class Caught:
    """One message as a mail client would show it."""

    key: str
    message: EmailMessage

    @property
    def text(self) -> str:
        """Its plain form."""
        part = self.message.get_body(("plain",))
        return "" if part is None else str(part.get_content())


def caught(directory: Path) -> list[Caught]:
    """Everything that was caught, the newest last."""
    if not directory.is_dir():
        return []
    box = mailbox.Maildir(str(directory), create=False)
    keys = sorted(box.iterkeys())
    return [Caught(key, _parse(box.get_bytes(key))) for key in keys]


def _parse(data: bytes) -> EmailMessage:
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage), "the default policy makes these"  # noqa: S101
    return message


def main() -> None:
    """Entry point of the stack's child: port and directory."""
    asyncio.run(catch("127.0.0.1", int(sys.argv[1]), Path(sys.argv[2])))


if __name__ == "__main__":
    main()
