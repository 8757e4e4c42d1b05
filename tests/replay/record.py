"""Record the golden histories: ``python -m tests.replay.record``.

Run it when a workflow may behave differently for new files, after the present histories have been
replayed and the sentence in ``fingerprint.json`` says why files in flight are safe. Histories are
made here and never edited by hand.
"""

import asyncio
from pathlib import Path

from runtime.exit import leave
from tests.support.time_skipping import time_skipping_server
from tests.workflow.scenarios import GOLDEN
from tests.workflow.stage import Stage

HISTORIES = Path(__file__).with_name("histories")


async def record() -> None:
    """Play every scenario once, with the cache on, and keep what Temporal remembers of it."""
    async with time_skipping_server() as environment:
        for name, scenario in GOLDEN.items():
            async with Stage.open(environment, 1000) as stage:
                await scenario(stage)
                history = await stage.history()
            (HISTORIES / f"{name}.json").write_text(history.to_json() + "\n", encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(record())
    leave(0)
