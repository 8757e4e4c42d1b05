"""One occurrence of a schedule: what a scheduled workflow is started with."""

from pydantic import BaseModel, ConfigDict

from schemas.instant import Instant


class Occurrence(BaseModel):
    """One time that something is to run by itself.

    A Temporal Schedule gives the nominal time as a search attribute of the workflow it starts;
    whoever starts one without a Schedule (by hand, or in a test) gives it as ``nominal``.
    """

    model_config = ConfigDict(frozen=True)

    org: str
    schedule: str
    nominal: Instant | None = None
