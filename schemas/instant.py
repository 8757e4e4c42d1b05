"""Instants: aware, UTC, written with six digits, so that equal instants have equal bytes."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, PlainSerializer


def stamp(at: datetime) -> str:
    """RFC 3339 in UTC with six digits, as in ``2026-03-02T01:00:00.000000Z``."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


Instant = Annotated[
    AwareDatetime,
    AfterValidator(lambda at: at.astimezone(UTC)),
    PlainSerializer(stamp, return_type=str, when_used="json"),
]
