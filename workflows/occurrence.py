"""For what time a scheduled workflow runs: the nominal one, however late it was started."""

from datetime import datetime

from temporalio import workflow
from temporalio.common import SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from schemas.occurrence import Occurrence

_SCHEDULED_FOR = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")


def nominal_time(occurrence: Occurrence) -> datetime:
    """The time that the occurrence is for: its own, else the Schedule's, else now.

    A run that is caught up after an outage, or filled in later, so concerns the right period.
    """
    if occurrence.nominal is not None:
        return occurrence.nominal
    return workflow.info().typed_search_attributes.get(_SCHEDULED_FOR) or workflow.now()
