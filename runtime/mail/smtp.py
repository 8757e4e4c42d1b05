"""Handing a message over to a mail server, and what an answer means for the message."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage

import aiosmtplib

from runtime.addresses import MailAccess

SECONDS = 15.0  # for each step of the conversation
_ADDRESS = re.compile(r"\S*@\S*")
_MOST = 200


class ServerAway(Exception):
    """The server cannot be reached or will not talk to us; no message is to blame."""


class NotNow(Exception):
    """The server did not take this message now, or it is not certain; it is to be tried again."""


class Never(Exception):
    """The server will not take this message, ever."""


class Connection:
    """An open conversation with the mail server."""

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self._client = client

    async def hand_over(self, message: EmailMessage) -> None:
        """Return once the server has taken the message.

        Raises:
            NotNow: for an answer of 4xx, or none: it may have been taken.
            Never: for an answer of 5xx to this recipient or these words.
        """
        try:
            await self._client.send_message(message)
        except aiosmtplib.SMTPRecipientsRefused as error:
            first = error.recipients[0]
            raise _judged(first.code, first.message) from None
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPHeloError) as error:
            raise NotNow(said(error.code, error.message)) from None
        except aiosmtplib.SMTPResponseException as error:
            raise _judged(error.code, error.message) from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            _give_way()
            raise NotNow(type(error).__name__) from None

    @property
    def is_open(self) -> bool:
        """Whether another message can be handed over in this conversation."""
        return self._client.is_connected


@asynccontextmanager
async def connection(access: MailAccess) -> AsyncIterator[Connection]:
    """A conversation, encrypted and logged in as the access says.

    Raises:
        ServerAway: if it does not come about.
    """
    context = None
    if access.tls != "none":
        context = ssl.create_default_context(cafile=access.ca_file)
    client = aiosmtplib.SMTP(
        hostname=access.host,
        port=access.port,
        use_tls=access.tls == "tls",
        start_tls={"auto": None, "starttls": True}.get(access.tls, False),
        username=access.user,
        password=None if access.password is None else access.password.get_secret_value(),
        tls_context=context,
        timeout=SECONDS,
    )
    try:
        await client.connect()
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        client.close()
        _give_way()
        code = getattr(error, "code", None)
        raise ServerAway(type(error).__name__ + (f" {code}" if code else "")) from None
    try:
        yield Connection(client)
    finally:
        await _leave(client)


def _give_way() -> None:
    """Go on with a cancellation that the client has turned into a lost connection."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _leave(client: aiosmtplib.SMTP) -> None:
    try:
        if client.is_connected:
            await client.quit(timeout=2)
    except (aiosmtplib.SMTPException, OSError, TimeoutError):
        client.close()
        _give_way()


def _judged(code: int, message: str) -> NotNow | Never:
    return (Never if code >= 500 else NotNow)(said(code, message))


def said(code: int, message: str) -> str:
    """An answer in one line. Servers like to repeat the address: it is left out."""
    return f"{code} {_ADDRESS.sub('…', ' '.join(message.split()))}"[:_MOST]
