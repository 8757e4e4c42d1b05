"""Comparing canonical bytes quickly.

RFC 8785 and the standard library agree on everything an event holds; the former is asked
whenever the latter does not give the very bytes, so it alone decides what is wrong.
"""

import json

from pydantic import JsonValue

from schemas.event import Event
from storage.chain import canonical, digest, event_bytes, salted


def _fast(value: JsonValue) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", errors="surrogatepass")


def is_canonical(event: Event, stored: bytes) -> bool:
    """Whether an event, written again, gives exactly these bytes."""
    written = event.model_dump(mode="json", exclude_none=True)
    return _fast(written) == stored or event_bytes(event) == stored


def has_digest(value: JsonValue, expected: str) -> bool:
    """Whether the canonical bytes of a value have this hash."""
    return digest(_fast(value)) == expected or digest(canonical(value)) == expected


def has_salted_digest(value: JsonValue, salt: bytes, expected: str) -> bool:
    """Whether the canonical bytes of a value have this hash under a salt."""
    return (
        salted(_fast(value), salt)[1] == expected or salted(canonical(value), salt)[1] == expected
    )
