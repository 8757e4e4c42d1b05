"""What travels between the workflows that open and close periods and their activities: no content."""

from pydantic import BaseModel, ConfigDict

from schemas.code import OrganisationAct
from schemas.identifier import PeriodKey
from schemas.schedule import Due


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Order(_Wire):
    """An order that an occurrence of a schedule gives, about one period."""

    act: OrganisationAct
    key: PeriodKey
    due: Due


class Pages(_Wire):
    """How far an activity that goes from page to page has come; what its heartbeat carries."""

    after: str = ""
    done: int = 0


class Opened(_Wire):
    """What an opening has come to: how many workflows were started, and how many files there are."""

    started: int
    files: int


class Standing(_Wire):
    """How the files of a period stand: how many people are in its roster, and have a file."""

    included: int
    files: int
