"""Periods: the spans of time a file is about."""

import calendar
import re
from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

_MONTH = re.compile(r"(?P<year>20\d\d)-(?P<month>0[1-9]|1[0-2])")


class PeriodKind(StrEnum):
    """Cadence of evaluation (SIASN periodikId 1 = bulanan)."""

    MONTHLY = "bulanan"


class Period(BaseModel):
    """One calendar month, written ``2026-03``.

    The text form is part of every identifier and is never changed.
    """

    model_config = ConfigDict(frozen=True)

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Read ``YYYY-MM``.

        Raises:
            ValueError: naming the expected form.
        """
        found = _MONTH.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is not a period; write year and month, as in 2026-03")
        return cls(year=int(found["year"]), month=int(found["month"]))

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def starts_on(self) -> date:
        """First day of the month."""
        return date(self.year, self.month, 1)

    @property
    def ends_on(self) -> date:
        """Last day of the month."""
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    def plus(self, months: int) -> "Period":
        """The period so many months later (or earlier)."""
        index = self.year * 12 + self.month - 1 + months
        return Period(year=index // 12, month=index % 12 + 1)
