"""The day of one organisation's mail: what its activities are asked about."""

from pydantic import BaseModel, ConfigDict

from schemas.instant import Instant


class MailDay(BaseModel):
    """Whose mail, and the nominal instant of it."""

    model_config = ConfigDict(frozen=True)

    org: str
    nominal: Instant
