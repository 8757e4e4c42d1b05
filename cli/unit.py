"""``siklus unit``: the predicates of units, which everybody's result in them waits for."""

from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

import typer
from pydantic import BaseModel, ConfigDict, JsonValue
from rich.markup import escape
from rich.table import Table

from cli.answer import show_sent
from cli.options import Json
from cli.output import Exit, fail, out, print_json, read_period
from cli.person import find_person
from cli.session import Session, os_user, run
from schemas.code import OrganisationPredicate, UnitAct, Via
from schemas.text import word
from storage.query import queries

app = typer.Typer(
    no_args_is_help=True,
    help="Units: propose, set and correct the predicate that results in a unit wait for.",
)
UnitName = Annotated[str, typer.Option("--unit", help="the unit's name, as in siklus unit list")]
InPeriod = Annotated[str, typer.Option("--period", help="as in 2026-03, 2026-TW1 or 2026")]
By = Annotated[
    str, typer.Option("--as", metavar="PERSON", help="identity number or id of who acts")
]
Predicate = Annotated[OrganisationPredicate, typer.Argument(help="the unit's predicate")]
Again = Annotated[UUID | None, typer.Option("--command-id", help="send an earlier act again")]


class ListedUnit(BaseModel):
    """A unit with files in a period, and how its predicate stands."""

    model_config = ConfigDict(frozen=True)

    unit: str
    files: int
    waiting: int
    proposed: OrganisationPredicate | None
    predicate: OrganisationPredicate | None


@app.command()
def propose(
    predicate: Predicate,
    unit: UnitName,
    period: InPeriod,
    person: By,
    evidence: Annotated[Path, typer.Option(help="text file with the evidence")],
    command_id: Again = None,
    as_json: Json = False,
) -> None:
    """Propose the unit's predicate, with the evidence for it; the unit's head does.

    Examples: siklus unit propose baik --unit "Dinas Kesehatan" --period 2026-03 --as 3f2a
    --evidence capaian.txt

    Exit codes: 0 done, 2 usage, 3 refused, 4 stored and being processed, 5 not certain.
    """
    body: JsonValue = {"predicate": predicate.value, "evidence": _read(evidence)}
    _act(UnitAct.PROPOSE_PREDICATE, body, unit, period, person, command_id, as_json=as_json)


@app.command("set")
def set_predicate(
    predicate: Predicate,
    unit: UnitName,
    period: InPeriod,
    person: By,
    reason: Annotated[
        str | None, typer.Option(help="needed where it differs from the proposal")
    ] = None,
    command_id: Again = None,
    as_json: Json = False,
) -> None:
    """Set the unit's predicate; the official above the unit does, and its files go on.

    Examples: siklus unit set baik --unit "Dinas Kesehatan" --period 2026-03 --as 77aa

    Exit codes: 0 done, 2 usage, 3 refused, 4 stored and being processed, 5 not certain.
    """
    body: JsonValue = {"predicate": predicate.value, "reason": reason}
    _act(UnitAct.SET_PREDICATE, body, unit, period, person, command_id, as_json=as_json)


@app.command()
def correct(
    predicate: Predicate,
    unit: UnitName,
    period: InPeriod,
    person: By,
    reason: Annotated[str, typer.Option(help="why; it stays visible")],
    command_id: Again = None,
    as_json: Json = False,
) -> None:
    """Correct a predicate that is set; what was set before stays visible.

    Files that have passed keep the predicate they passed with.

    Examples: siklus unit correct istimewa --unit "Dinas Kesehatan" --period 2026-03 --as 77aa
    --reason "capaian terlambat masuk"

    Exit codes: 0 done, 2 usage, 3 refused, 4 stored and being processed, 5 not certain.
    """
    body: JsonValue = {"predicate": predicate.value, "reason": reason}
    _act(UnitAct.CORRECT_PREDICATE, body, unit, period, person, command_id, as_json=as_json)


@app.command("list")
def list_units(period: InPeriod, as_json: Json = False) -> None:
    """List units with files in a period: what is proposed, what is set, how many files wait.

    Examples: siklus unit list --period 2026-03; siklus unit list --period 2026 --json
    """
    wanted = read_period(period)

    async def work(session: Session) -> Exit:
        rows = await queries("unit").list_units(
            session.pool, org=session.settings.org, period=wanted
        )
        units = [ListedUnit.model_validate(dict(row)) for row in rows]
        if as_json:
            print_json([u.model_dump(mode="json") for u in units])
            return Exit.OK
        language = session.settings.language
        table = Table("unit", "files", "proposed", "predicate", "waiting")
        for u in units:
            said = [
                word("organisation_predicate", p, language) if p else "-"
                for p in (u.proposed, u.predicate)
            ]
            table.add_row(escape(u.unit), str(u.files), *said, str(u.waiting))
        out.print(table)
        return Exit.OK

    run(work)


def _act(
    act: UnitAct,
    body: JsonValue,
    unit: str,
    period: str,
    person: str,
    command_id: UUID | None,
    *,
    as_json: bool,
) -> None:
    wanted, command = read_period(period), command_id or uuid4()
    if not unit.isprintable():
        fail("--unit: that is no name; siklus unit list shows the units", Exit.USAGE)

    async def work(session: Session) -> Exit:
        sending = session.gateway.unit_act(
            unit,
            wanted,
            act,
            body,
            actor=await find_person(session, person),
            command_id=command,
            via=Via.SHELL,
            os_user=os_user(),
        )
        return await show_sent(sending, command, session.settings.language, as_json=as_json)

    run(work)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        fail(f"--evidence {path}: {error.strerror}", Exit.USAGE)
    except UnicodeDecodeError:
        fail(f"--evidence {path}: not UTF-8 text; save it as UTF-8", Exit.USAGE)
