"""Periods: the spans of time a file is about."""

import calendar
import re
from datetime import date
from functools import lru_cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

# What a file is about: the id of a process definition (SIASN knows bulanan and triwulanan).
PeriodKind = Annotated[str, Field(pattern=r"^[a-z][a-z_]{2,29}$")]
BULANAN = "bulanan"
PeriodText = Annotated[str, Field(pattern=r"^20\d\d(-(0[1-9]|1[0-2]|TW[1-4]|C[1-3]|S[12]))?$")]

# The parts that a year falls into: how many months each has, and what its number follows.
_PARTS = {"TW": 3, "C": 4, "S": 6}
_NAMES = {months: name for name, months in _PARTS.items()}
_MONTH = re.compile(r"(?P<year>20\d\d)-(?P<month>0[1-9]|1[0-2])")
_PART = re.compile(rf"(?P<year>20\d\d)-(?P<name>{'|'.join(_PARTS)})(?P<number>[1-4])")
_YEAR = re.compile(r"(?P<year>20\d\d)")


class Period(BaseModel):
    """A month, a quarter (triwulan), a third, a half (semester) or the whole of a calendar year.

    Written ``2026-03``, ``2026-TW1``, ``2026-C1``, ``2026-S1`` or ``2026``. The text form is part
    of every identifier and is never changed. ``month`` is the first one.
    """

    model_config = ConfigDict(frozen=True)

    year: int
    month: int
    months: int = 1

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> "Period":
        """Read one of the forms; kept, since every decision asks.

        Raises:
            ValueError: naming the expected forms.
        """
        if found := _MONTH.fullmatch(text):
            return cls(year=int(found["year"]), month=int(found["month"]))
        if found := _YEAR.fullmatch(text):
            return cls(year=int(found["year"]), month=1, months=12)
        if found := _PART.fullmatch(text):
            months, number = _PARTS[found["name"]], int(found["number"])
            if months * number <= 12:
                first = months * (number - 1) + 1
                return cls(year=int(found["year"]), month=first, months=months)
        raise ValueError(
            f"{text!r} is not a period; write year and month, as in 2026-03, or the part of the "
            "year, as in 2026-TW1 or 2026-S2, or the year"
        )

    @classmethod
    def containing(cls, day: date, months: int) -> "Period":
        """The period of so many months that a day lies in.

        Raises:
            ValueError: if a year does not fall into periods of so many months.
        """
        if months not in {1, 12, *_NAMES}:
            raise ValueError(f"no period has {months} months")
        return cls(year=day.year, month=(day.month - 1) // months * months + 1, months=months)

    def __str__(self) -> str:
        if self.months == 1:
            return f"{self.year:04d}-{self.month:02d}"
        if self.months == 12:
            return f"{self.year:04d}"
        return f"{self.year:04d}-{_NAMES[self.months]}{(self.month - 1) // self.months + 1}"

    @property
    def starts_on(self) -> date:
        """The first day."""
        return date(self.year, self.month, 1)

    @property
    def ends_on(self) -> date:
        """The last day."""
        last = self.month + self.months - 1
        return date(self.year, last, calendar.monthrange(self.year, last)[1])

    @property
    def following(self) -> "Period":
        """The next period of the same length."""
        return self._month(self.months).model_copy(update={"months": self.months})

    def month_after(self, number: int) -> "Period":
        """The so-manieth month after the end; 0 is the last month of the period itself."""
        return self._month(self.months - 1 + number)

    def _month(self, number: int) -> "Period":
        index = self.year * 12 + self.month - 1 + number
        return Period(year=index // 12, month=index % 12 + 1)
