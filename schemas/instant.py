"""Instants: aware, UTC, written with six digits, so that equal instants have equal bytes."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, PlainSerializer


@lru_cache(maxsize=1024)  # one instant is written several times, and deadlines are shared
def stamp(at: datetime) -> str:
    """RFC 3339 in UTC with six digits, as in ``2026-03-02T01:00:00.000000Z``."""
    return f"{at.astimezone(UTC).isoformat(timespec='microseconds')[:26]}Z"


Instant = Annotated[
    AwareDatetime,
    AfterValidator(lambda at: at.astimezone(UTC)),
    PlainSerializer(stamp, return_type=str, when_used="json"),
]
