"""Canonical bytes and hashes: RFC 8785 JSON, SHA-256, one chain a stream."""

import hashlib
import os
from typing import Any

import rfc8785
from pydantic import BaseModel, JsonValue

from schemas.event import Event


def canonical(value: JsonValue | Any) -> bytes:  # noqa: ANN401
    """The one byte string of a JSON value (RFC 8785)."""
    return rfc8785.dumps(value)


def digest(data: bytes) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def genesis(stream: str) -> str:
    """What event 0 of a stream names as its predecessor."""
    return digest(stream.encode())


def event_bytes(event: Event) -> bytes:
    """The bytes of an event that are stored and hashed; absent keys are left out."""
    return canonical(event.model_dump(mode="json", exclude_none=True))


def model_bytes(model: BaseModel) -> bytes:
    """The canonical bytes of any other model (contexts and states keep their nulls)."""
    return canonical(model.model_dump(mode="json"))


def salted(body: bytes, salt: bytes | None = None) -> tuple[bytes, str]:
    """A salt and the hash of a content under it, so that short texts cannot be guessed."""
    salt = os.urandom(16) if salt is None else salt
    return salt, digest(salt + body)
