"""``siklus org apply``, ``change`` and ``vacant``: dated changes of people, and who follows."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from pydantic import JsonValue
from rich.markup import escape
from rich.table import Table

from cli.answer import CODES, show_answer, show_unavailable
from cli.options import DAY, Again, By, Json
from cli.order import BULK_SECONDS, Order
from cli.output import Exit, err, out, print_json
from cli.person import find_person
from cli.session import Session, run
from cli.table_file import read_text, show_errors
from domain.movement import Moved, move
from domain.movement_file import read_changes
from domain.organisation import Organisation
from domain.organisation_problem import RowError, row_error
from gateway.answer import Unavailable
from schemas.code import Change, OrganisationAct, Via
from schemas.organisation import DatedChange
from schemas.text import Language, when, word
from storage.organisation import read_organisation
from storage.query import queries
from storage.read.movement import Effect, read_effects, read_owners

DryRun = Annotated[
    bool, typer.Option("--dry-run", help="check and show which files change hands; write nothing")
]
# The fields of a change as options of siklus org change.
_OPTIONS = {
    "person": "--of",
    "post": "--post",
    "decree": "--decree",
    "from_on": "--from",
    "to_on": "--until",
}


def apply(
    file: Annotated[Path, typer.Argument(help="CSV; docs/organisation-file.md explains it")],
    dry_run: DryRun = False,
    person: By = None,
    command_id: Again = None,
    as_json: Json = False,
) -> None:
    """Apply dated changes of people by decree: all of the file, or nothing.

    Mutation, promotion, acting officials and their end, leave, study, suspension, retirement,
    death and return. Every bad row is reported with its column, the problem and the remedy; every
    open file that changes hands is shown before, but for an order that is sent again.

    Examples: siklus org apply mutasi.csv --dry-run; siklus org apply mutasi.csv

    Exit codes: 0 done, 2 no such file, 3 refused (nothing was written), 4 stored and being
    processed, 5 not certain: repeat it with the --command-id it names.
    """
    text = read_text(file)

    async def work(session: Session) -> Exit:
        known, today = await _known(session), _today(session)
        rows = await queries("read").people_by_number(session.pool, org=session.settings.org)
        people = {row["identity_number"]: row["id"] for row in rows}
        order = Order(person, command_id, Via.IMPORT, seconds=BULK_SECONDS)
        is_again = _is_again(order, dry_run=dry_run)
        changes, errors = read_changes(text, people, None if is_again else known, today)
        if errors:
            return show_errors(file, errors, as_json=as_json)
        if is_again:
            return await _send_again(session, changes, order, as_json=as_json)
        moved = move(known, changes, today)
        return await _send(session, moved, changes, order, dry_run=dry_run, as_json=as_json)

    run(work)


def change(
    kind: Annotated[Change, typer.Argument(metavar="CHANGE", help="mutasi, Plt, cuti sakit, ...")],
    of: Annotated[str, typer.Option(metavar="PERSON", help="whom the decree is about")],
    decree: Annotated[str, typer.Option(help="number of the decree (SK)")],
    first: Annotated[datetime, typer.Option("--from", formats=DAY, help="first day")],
    last: Annotated[
        datetime | None, typer.Option("--until", formats=DAY, help="last day; else it lasts")
    ] = None,
    post: Annotated[
        str | None, typer.Option(help="the post, for a change that is about one")
    ] = None,
    dry_run: DryRun = False,
    person: By = None,
    command_id: Again = None,
    as_json: Json = False,
) -> None:
    """Apply one dated change; the words are those of the file that siklus org apply reads.

    Examples: siklus org change Plt --of 3f2a --post "Kepala Dinas Contoh" --decree 800/9/2026
    --from 2026-04-01 --until 2026-06-30; siklus org change "cuti sakit" --of 3f2a
    --decree 850/3/2026 --from 2026-04-06 --until 2026-04-17

    Exit codes: 0 done, 2 usage, 3 refused, 4 stored and being processed, 5 not certain.
    """

    async def work(session: Session) -> Exit:
        known, today = await _known(session), _today(session)
        made = DatedChange(
            change=kind,
            person=await find_person(session, of),
            post=post,
            decree=decree,
            from_on=first.date(),
            to_on=last.date() if last else None,
        )
        order = Order(person, command_id, seconds=BULK_SECONDS)
        if _is_again(order, dry_run=dry_run):
            return await _send_again(session, [made], order, as_json=as_json)
        moved = move(known, [made], today)
        if moved.wrong:
            return show_errors(Path("change"), _problems(moved), as_json=as_json)
        return await _send(session, moved, [made], order, dry_run=dry_run, as_json=as_json)

    run(work)


def vacant(as_json: Json = False) -> None:
    """List open files that wait for nobody, because nobody holds a post that could.

    The HR office fills the posts, by siklus org change Plt; deadlines pass all the same.

    Examples: siklus org vacant; siklus org vacant --json

    Exit codes: 0 none, 6 there are some.
    """

    async def work(session: Session) -> Exit:
        known, today = await _known(session), _today(session)
        owned = await read_owners(session.pool, known, session.settings.org, today)
        rows = [each for each in owned if each.owner is None]
        if as_json:
            print_json([row.model_dump(mode="json") for row in rows])
        else:
            language = session.settings.language
            table = Table("file", "name", "period", "unit", "waits for", "due")
            for row in rows:
                due = when(row.due_at, language) if row.due_at else "-"
                role = f"{word('role', row.awaits, language)}: {word('turn', row.turn, language)}"
                cells = (row.name, row.period, row.unit, role, due)
                table.add_row(str(row.file)[:8], *map(escape, cells))
            out.print(table if rows else "every open file waits for somebody")
        return Exit.PROBLEMS if rows else Exit.OK

    run(work)


async def _known(session: Session) -> Organisation:
    async with session.pool.acquire() as connection:
        return await read_organisation(connection, session.settings.org)


def _today(session: Session) -> date:
    return session.calendar.local_date(session.clock.now())


def _problems(moved: Moved) -> list[RowError]:
    return [
        row_error(each.index + 1, _OPTIONS.get(each.field, each.field), each.code, hint="")
        for each in moved.wrong
    ]


def _is_again(order: Order, *, dry_run: bool) -> bool:
    """Whether an order is sent that may be known already.

    What is known by now says nothing of what the order changes, or changed.
    """
    return order.again is not None and not dry_run


async def _send_again(
    session: Session, changes: Sequence[DatedChange], order: Order, *, as_json: bool
) -> Exit:
    """Send an order under the id it had; whether it is in order is for its first answer to say."""
    return await order.show(session, OrganisationAct.APPLY_CHANGES, _body(changes), as_json=as_json)


def _body(changes: Sequence[DatedChange]) -> JsonValue:
    return {"changes": [made.model_dump(mode="json") for made in changes]}


async def _send(
    session: Session,
    moved: Moved,
    changes: Sequence[DatedChange],
    order: Order,
    *,
    dry_run: bool,
    as_json: bool,
) -> Exit:
    """Show which files change hands, and have the changes applied unless it is a dry run."""
    org, before, after = session.settings.org, moved.organisation, moved.result()
    effects = await read_effects(session.pool, org, before, after, changes, _today(session))
    affected = [effect.model_dump(mode="json") for effect in effects]
    if not as_json:
        await _show(session, effects)
    if dry_run:
        if as_json:
            print_json({"status": "dry run", "changes": len(changes), "affected": affected})
        else:
            out.print(f"{len(changes)} changes are in order; nothing was written")
        return Exit.OK
    try:
        answer = await order.send(session, OrganisationAct.APPLY_CHANGES, _body(changes))
    except Unavailable as error:
        return show_unavailable(error, order.command_id, as_json=as_json)
    if not as_json or answer.refusal is not None:
        return show_answer(answer, session.settings.language, as_json=as_json)
    print_json({**answer.model_dump(mode="json"), "affected": affected})
    return CODES[answer.status]


async def _show(session: Session, effects: Sequence[Effect]) -> None:
    ids = {p for e in effects for p in (e.owner_before, e.owner_after) if p is not None}
    rows = await queries("read").names(session.pool, ids=list(ids))
    names = {row["id"]: row["name"] for row in rows}
    language = session.settings.language
    table = Table("open file", "name", "period", "on", "task of", "passes to", "due (unchanged)")
    for effect in effects:
        table.add_row(*_cells(effect, names, language))
    if effects:
        err.print(table)
    err.print(f"{len(effects)} open files change hands or end")


def _cells(effect: Effect, names: dict[UUID, str], language: Language) -> list[str]:
    nobody = "nobody: the HR office is told"
    new = nobody if effect.owner_after is None else names.get(effect.owner_after, "?")
    old = "nobody" if effect.owner_before is None else names.get(effect.owner_before, "?")
    cells = [
        str(effect.file)[:8],
        effect.name,
        effect.period,
        effect.on.isoformat(),
        f"{old}: {word('turn', effect.turn, language)}",
        word("end", "withdrawn", language) if effect.is_withdrawn else new,
        when(effect.due_at, language) if effect.due_at else "-",
    ]
    return [escape(cell) for cell in cells]
