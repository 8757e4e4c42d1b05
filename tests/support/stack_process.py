"""A stack in a process of its own, so that a test can kill its supervisor.

``python -m tests.support.stack_process DATA MIGRATIONS`` says ``ready`` when it is.
"""

import asyncio
import sys
from pathlib import Path

from runtime.embedded.stack import ChildSpec, Stack
from runtime.errors import SiklusError
from runtime.exit import leave
from runtime.settings import Settings

SLEEPER = ChildSpec("worker", [sys.executable, "-c", "import time; time.sleep(1000)"])


def say(*words: object) -> None:
    print(*words, flush=True)  # noqa: T201  (the test reads it)


async def main(data: Path, migrations: Path) -> int:
    stack = Stack(
        Settings(data=data),
        migrations,
        {"EvalUnit": "Keyword"},
        [SLEEPER],
        on_stage=say,
        handle_signals=True,
    )
    try:
        async with stack:
            await stack.run_until_signal()
    except SiklusError as error:
        say(f"{type(error).__name__}: {error}")
        return 3
    return 0


if __name__ == "__main__":
    leave(asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]))))
