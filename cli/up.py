"""``siklus up``: start everything here and keep it running."""

import asyncio
from time import monotonic

from cli.output import Exit, err, fail
from cli.session import load_settings
from runtime.embedded.stack import StageState
from runtime.errors import SiklusError
from runtime.exit import leave
from runtime.settings import Settings
from workers.stack import running_stack

_STAGES = {
    "postgres": "Postgres",
    "migrate": "schema and roles",
    "temporal": "Temporal, namespace and search attributes",
    "workers": "workers",
    "ready": "a workflow can be started",
}


def up() -> None:
    """Start Postgres, Temporal and the workers, and keep them running until ctrl-C.

    Whatever dies is started again, for ever. A second start on the same data goes on where the
    first one stopped. DATABASE_URL and TEMPORAL_ADDRESS name servers to use instead of the
    embedded ones; SIKLUS_DATA names the data directory.

    Exit codes: 0 stopped in order, 5 could not start (the message says why).
    """
    settings = load_settings("up")
    try:
        asyncio.run(_run(settings))
    except (SiklusError, ValueError) as error:
        fail(str(error), Exit.UNAVAILABLE)
    leave(Exit.OK)


async def _run(settings: Settings) -> None:
    began = monotonic()

    def show(name: str, state: StageState) -> None:
        if state == "done" and name in _STAGES:
            err.print(f"  [green]✓[/] {_STAGES[name]} [dim]{monotonic() - began:.1f} s[/]")

    async with running_stack(settings, show, handle_signals=True) as stack:
        err.print(f"[bold green]Siklus is ready[/] on {settings.data}")
        err.print("In another terminal: siklus status, siklus org import FILE.csv, siklus --help")
        err.print("ctrl-C stops everything in order")
        await stack.run_until_signal()
        err.print("stopping")
