"""Business time: the real one, or a faster one for the demonstration."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Self

_TICK = timedelta(microseconds=1)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Converts between real and business instants by an origin and a speed.

    All conversions are exact integer arithmetic on microseconds, so nothing drifts however long
    the clock runs, and a clock of speed 1 with equal origins is the identity. A timer set for
    ``to_real(t)`` never rings early: ``to_business(to_real(t)) >= t``.

    Attributes:
        origin_business: the business instant that belongs to ``origin_real``.
        origin_real: a real instant.
        speed: business seconds per real second; positive.
        real_now: the only source of real time.

    Raises:
        ValueError: if an origin is naive or the speed is not a positive number.
    """

    origin_business: datetime
    origin_real: datetime
    speed: float
    real_now: Callable[[], datetime] = field(default=_utc_now, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.speed) and self.speed > 0):
            raise ValueError(f"the speed of a clock must be a positive number, not {self.speed}")
        object.__setattr__(self, "origin_business", _as_utc(self.origin_business))
        object.__setattr__(self, "origin_real", _as_utc(self.origin_real))

    @classmethod
    def standard(cls, real_now: Callable[[], datetime] = _utc_now) -> Self:
        """The clock of real life: business time is real time."""
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        return cls(epoch, epoch, 1.0, real_now)

    def now(self) -> datetime:
        """The business instant at this moment, aware and in UTC."""
        return self.to_business(self.real_now())

    def to_business(self, real: datetime) -> datetime:
        """The business instant that has been reached at a real instant."""
        ticks = (_as_utc(real) - self.origin_real) // _TICK
        return self.origin_business + math.floor(ticks * Fraction(self.speed)) * _TICK

    def to_real(self, business: datetime) -> datetime:
        """The first real microsecond at which a business instant has been reached."""
        ticks = (_as_utc(business) - self.origin_business) // _TICK
        return self.origin_real + math.ceil(ticks / Fraction(self.speed)) * _TICK


def _as_utc(instant: datetime) -> datetime:
    if instant.utcoffset() is None:
        raise ValueError("an instant must carry its time zone")
    return instant.astimezone(UTC)
