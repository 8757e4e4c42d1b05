"""Signatures of what is sent, after Standard Webhooks (https://www.standardwebhooks.com), ``v1``."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

SECRET_PREFIX = "whsec_"  # noqa: S105  (what every secret begins with)


def make_secret(random: bytes) -> str:
    """Random bytes, 24 to 64 of them, as a secret that both sides keep."""
    return SECRET_PREFIX + b64encode(random).decode()


def headers(id: str, at: datetime, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """What is sent beside a body, so that its reader knows that it comes from here, and is new.

    Args:
        id: of the event; the same each time that it is sent.
        at: when it is sent.
        body: the very bytes that are sent.
        secrets: the valid ones; while a secret is being changed each gives a signature.
    """
    timestamp = int(at.timestamp())
    signed = f"{id}.{timestamp}.".encode() + body
    return {
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signature(each, signed) for each in secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = b64decode(secret.removeprefix(SECRET_PREFIX))
    return f"v1,{b64encode(hmac.new(key, signed, sha256).digest()).decode()}"
