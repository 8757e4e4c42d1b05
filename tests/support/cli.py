"""Run the installed command as its user does: another process, an exit code, two streams."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document on standard output."""
        return json.loads(self.out)


async def siklus(*arguments: str, stdin: str = "", **environment: str) -> Ran:
    """Run ``siklus`` with these arguments and variables; the parent's variables go along."""
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("siklus"),
        *arguments,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200", **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(stdin.encode())
    return Ran(process.returncode or 0, out.decode(), err.decode())
