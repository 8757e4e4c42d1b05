"""One message as it travels: both forms, a Message-ID that never changes, and how to be left alone."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from uuid import UUID

from domain.working_calendar import ZONE
from schemas.text import Language


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is handed over, and to whom."""

    id: UUID
    org: str
    address: str
    kind: str
    language: Language
    nominal_at: datetime
    subject: str
    text: str
    html: str


def message_id(letter: Envelope) -> str:
    """The same for every try, so that whoever got it twice can tell."""
    return f"<{letter.id}@{letter.org}.siklus>"


def build(letter: Envelope, sender: str, base_url: str) -> EmailMessage:
    """The message. Its date is the one it is for, not the one it was handed over on."""
    name, address = parseaddr(sender)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name=name, addr_spec=address)
    message["To"] = Address(addr_spec=letter.address)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.nominal_at.astimezone(ZONE))
    message["Message-ID"] = message_id(letter)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence is to answer it
    if letter.kind == "digest":
        page = f"{base_url.rstrip('/')}/mail/preferences"
        message["List-Unsubscribe"] = f"<{page}>, <mailto:{address}?subject=unsubscribe>"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    message["Content-Language"] = letter.language  # of the whole: earlier, it would move to a part
    return message
