"""``siklus up``: start everything here and keep it running."""

import asyncio

from cli.output import Exit, err, fail
from cli.session import load_settings
from runtime.errors import SiklusError
from runtime.exit import leave
from workers.stack import running_stack


def up() -> None:
    """Start Postgres, Temporal and the workers, and keep them running until ctrl-C."""
    settings = load_settings("up")

    async def main() -> None:
        async with running_stack(
            settings, lambda name, state: err.print(f"{name}: {state}"), handle_signals=True
        ) as stack:
            err.print(f"[green]ready[/] on {settings.data}; ctrl-C stops everything")
            await stack.run_until_signal()

    try:
        asyncio.run(main())
    except SiklusError as error:
        fail(str(error), Exit.UNAVAILABLE)
    leave(Exit.OK)
