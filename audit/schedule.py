"""What runs by itself: every time that it was to run has a verdict, and the right one."""

from datetime import datetime, timedelta

from audit.report import Tally
from domain.timetable import verdict
from schemas.schedule import RunVerdict
from storage.clock import Connection
from storage.query import queries
from storage.read.schedule import missing, read_spans, timing_at

# The nightly look leaves out the last hour, and so may leave an occurrence to the next night.
GRACE = timedelta(hours=26)
_RUNS = (RunVerdict.RAN, RunVerdict.CAUGHT_UP_LATE, RunVerdict.BY_HAND)


async def check_occurrences(
    connection: Connection, org: str, read_at: datetime, tally: Tally
) -> None:
    """Every expected occurrence that is older than a day, and every verdict there is."""
    spans = await read_spans(connection, org)
    for name, nominals in (await missing(connection, org, read_at - GRACE)).items():
        for at in nominals:
            tally.problem("it was to run, and there is no verdict", f"{name} {at:%Y-%m-%d %H:%M}")
    for row in await queries("audit").read_occurrences(connection, org=org):
        tally.count()
        if row["verdict"] not in _RUNS:
            continue
        timing = timing_at(spans, row["schedule"], row["nominal"])
        again = verdict(timing, row["nominal"], row["started_at"])
        if again != row["verdict"]:
            what = f"its verdict is {row['verdict']}; by when it began it is {again}"
            tally.problem(what, f"{row['schedule']} {row['nominal']:%Y-%m-%d %H:%M}")
