"""``siklus up``: start everything here and keep it running."""

import asyncio
from time import monotonic

from rich.markup import escape

from cli.output import Exit, err, fail
from cli.session import load_settings
from runtime.embedded.stack import StageState
from runtime.errors import SiklusError
from runtime.exit import leave
from runtime.settings import Settings, default_data
from workers.stack import running_stack

_STAGES = {
    "postgres": "Postgres",
    "migrate": "schema and roles",
    "temporal": "Temporal, namespace and search attributes",
    "workers": "workers",
    "ready": "a workflow can be started",
}
_NEXT = {
    "siklus status": "what runs, what waits",
    "siklus org import FILE.csv --dry-run": "people and posts",
    "siklus period open --period YYYY-MM": "a file for everybody",
    "siklus inbox --as PERSON": "what waits for somebody",
}


def up() -> None:
    """Start Postgres, Temporal and the workers, and keep them running until ctrl-C.

    Whatever dies is started again, for ever. A second start on the same data goes on where the
    first one stopped. DATABASE_URL and TEMPORAL_ADDRESS name servers to use instead of the
    embedded ones; SIKLUS_DATA names the data directory.

    Examples: siklus up; SIKLUS_DATA=~/siklus siklus up

    Exit codes: 0 stopped in order, 2 a setting is wrong, 5 could not start (the message says why;
    if Siklus runs there already, it says as which process).
    """
    settings = load_settings("up")
    try:
        asyncio.run(_run(settings))
    except (SiklusError, ValueError) as error:
        fail(str(error), Exit.UNAVAILABLE)
    leave(Exit.OK)


async def _run(settings: Settings) -> None:
    began = monotonic()

    # On a terminal the stage at work turns; elsewhere each is one line when it is done.
    with err.status("starting") as turning:

        def show(name: str, state: StageState) -> None:
            said = _STAGES.get(name)
            if said is None:
                return
            turning.update(said)
            if state == "done":
                err.print(f"  [green]✓[/] {said} [dim]{monotonic() - began:.1f} s[/]")

        async with running_stack(settings, show, handle_signals=True) as stack:
            turning.stop()
            _show_ready(settings)
            await stack.run_until_signal()
            err.print("stopping in order")
    err.print("stopped; siklus up goes on where this ended")


def _show_ready(settings: Settings) -> None:
    where = escape(str(settings.data))
    err.print(f"[bold green]Siklus is ready[/] on {where}; ctrl-C stops it", soft_wrap=True)
    err.print("Go on in another terminal" + _same_data(settings) + ":", highlight=False)
    for command, does in _NEXT.items():
        err.print(f"  {command:<38} [dim]{does}[/]", highlight=False)


def _same_data(settings: Settings) -> str:
    """Other commands look in the default directory unless they are told, too."""
    if settings.data == default_data():
        return ""
    return f" (with SIKLUS_DATA={escape(str(settings.data))})"
