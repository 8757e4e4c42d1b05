"""``siklus period``: open a month."""

from typing import Annotated
from uuid import uuid4

import typer

from cli.act import _CODES, show_answer
from cli.output import Exit, fail, out
from cli.person import Ambiguous, find_person
from cli.session import Session, os_user, run
from gateway.sweep import Sweep
from schemas.code import OrganisationAct, Via
from schemas.period import Period, PeriodKind

app = typer.Typer(no_args_is_help=True, help="Periods: freeze the roster and open a file for each.")


@app.command("open")
def open_period(
    period: Annotated[str, typer.Option(help="the month, as in 2026-03")],
    person: Annotated[str | None, typer.Option("--as", help="who in the HR office orders it")] = None,
) -> None:
    """Freeze the roster of a month and open its files; may be repeated at will."""
    try:
        wanted = Period.parse(period)
    except ValueError as error:
        fail(str(error), Exit.USAGE)

    async def work(session: Session) -> Exit:
        try:
            actor = await find_person(session, person) if person else None
        except Ambiguous as error:
            fail(str(error), Exit.USAGE)
        answer = await session.gateway.organisation_act(
            OrganisationAct.OPEN_PERIOD,
            {"period": str(wanted), "kind": PeriodKind.MONTHLY},
            actor=actor,
            command_id=uuid4(),
            via=Via.SHELL,
            os_user=os_user(),
            seconds=30,
        )
        show_answer(answer, as_json=False)
        started = await Sweep(session.pool, session.client, session.settings.org).open_files(str(wanted))
        out.print(f"{started} files started")
        return _CODES[answer.status]

    run(work)
