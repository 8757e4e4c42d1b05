"""Record the golden histories: ``python -m tests.replay.record``, or only some, by their names.

Run it when a workflow may behave differently for new files, after the present histories have been
replayed and the sentence in ``fingerprint.json`` says why files in flight are safe. Histories are
made here and never edited by hand.
"""

import asyncio
import json
import sys
from pathlib import Path

from pydantic import JsonValue
from temporalio.client import WorkflowHistory

from runtime.exit import leave
from tests.support.time_skipping import time_skipping_server
from tests.workflow.scenarios import GOLDEN
from tests.workflow.stage import Stage

HISTORIES = Path(__file__).with_name("histories")


async def record(names: list[str]) -> None:
    """Play each scenario once, with the cache on, and keep what Temporal remembers of it."""
    async with time_skipping_server() as environment:
        for name in names:
            async with Stage.open(environment, 1000) as stage:
                await GOLDEN[name](stage)
                history = await stage.history()
            (HISTORIES / f"{name}.json").write_text(as_text(history), encoding="utf-8")


def as_text(history: WorkflowHistory) -> str:
    """The history without stack traces: they name the recording machine and are not replayed."""
    return json.dumps(_without_traces(json.loads(history.to_json())), indent=2) + "\n"


def _without_traces(value: JsonValue) -> JsonValue:
    match value:
        case dict():
            return {k: _without_traces(v) for k, v in value.items() if k != "stackTrace"}
        case list():
            return [_without_traces(v) for v in value]
        case _:
            return value


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1:] or list(GOLDEN)))
    leave(0)
