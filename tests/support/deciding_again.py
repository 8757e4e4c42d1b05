"""What tests of deciding again ask of a record: its differences, and what the judge says."""

import json

from audit.again.difference import Count, Kind
from audit.again.read import Stretch
from audit.again.stretch import StretchAgain
from tests.support.judging import judge
from tests.support.played_record import ORG

ALL = f"file/{ORG}/"


async def again(record, prefix: str = ALL) -> Count:
    """Everything decided again, in this process."""
    async with record.web.acquire() as connection:
        return await StretchAgain(ORG).check(connection, Stretch(prefix, prefix, prefix + "zzzz"))


async def differences(record) -> list[tuple[str, int | None, Kind, str]]:
    """File, event, kind and field of everything that differs."""
    found = (await again(record)).differences
    return [(d.file, d.number, d.kind, d.field) for d in found]


async def command_of(forger, stream: str, number: int):
    """The command behind an event."""
    return await forger.value(
        "SELECT command_id FROM event WHERE stream = $1 AND number = $2", stream, number
    )


async def judged(record) -> list[str]:
    report = await judge(record)
    [finding] = [f for f in report.findings if f.id == "I8"]
    return [problem.where for problem in finding.problems]


async def rating(forger, stream: str, number: int) -> str:
    data = await forger.value(
        "SELECT canonical FROM event WHERE stream = $1 AND number = $2", stream, number
    )
    return str(json.loads(data)["data"]["set"]["work_result"])
