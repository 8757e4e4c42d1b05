"""``siklus rules set``: what the organisation sets of a rule for itself."""

import json
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

import typer
from pydantic import JsonValue

from cli.options import DAY, Again, By, Json
from cli.order import Order, show_tried
from cli.output import Exit, fail, out, print_json
from cli.rules_view import change_json, show_changes
from cli.session import Session, os_user, run
from domain.override import Decided, decide_override
from domain.regulation import diff
from gateway.shape import check_body
from schemas.code import RulesAct, Via
from schemas.command import StoredCommand
from schemas.error import Refusal
from schemas.identifier import rules_stream
from storage.organisation import read_organisation


def set_rule(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="the rule, as in bulanan.jendela")],
    values: Annotated[
        list[str],
        typer.Argument(metavar="PARAMETER=VALUE", help="what is set; the value is JSON or a word"),
    ],
    first: Annotated[
        datetime, typer.Option("--from", formats=DAY, metavar="DATE", help="first day")
    ],
    source: Annotated[str, typer.Option(help="the decree or decision behind it")],
    person: By = None,
    reason: Annotated[
        str | None, typer.Option(help="needed for a day that has passed; the HR office alone may")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="check and show what would change; write nothing")
    ] = False,
    command_id: Again = None,
    as_json: Json = False,
) -> None:
    """Set parameters of a rule for the organisation, from a day on.

    Only what the rule marks as adjustable, and only values that it allows. Files follow the rules
    that were known when their period was opened, those of its first day; who may rate goes by the
    day of the act. Set again from another day, it holds from then on.

    Examples: siklus rules set bulanan.jendela scoring=7 calibration=8 --from 2026-07-01
    --source "Keputusan Wali Kota 800/12/2026" --as 3f2a;
    siklus rules set plh.boleh_menilai allowed=true --from 2026-07-01 --source "SE 3/2026" --dry-run

    Exit codes: 0 done, 2 usage, 3 refused, 4 stored and being processed, 5 not certain.
    """
    body: JsonValue = {
        "rule": rule,
        "values": dict(_value(each) for each in values),
        "from_on": first.date().isoformat(),
        "source": source,
        "reason": reason,
    }
    order = Order(person, command_id)

    async def work(session: Session) -> Exit:
        if dry_run:
            return await _try(session, await order.actor(session), body, as_json=as_json)
        return await order.show(session, RulesAct.SET_RULE, body, as_json=as_json)

    run(work)


def _value(text: str) -> tuple[str, JsonValue]:
    """``scoring=7`` as name and value; what is no JSON is a word."""
    name, sign, value = text.partition("=")
    if not sign:
        fail(f"{name}: write PARAMETER=VALUE, as in scoring=7", Exit.USAGE)
    try:
        return name, json.loads(value, parse_float=str)
    except ValueError:
        return name, value


async def _try(session: Session, actor: UUID | None, body: JsonValue, *, as_json: bool) -> Exit:
    """Decide the order without storing it, and show what it would change."""
    checked = check_body(RulesAct.SET_RULE, body)
    decided = checked if isinstance(checked, Refusal) else await _decide(session, actor, body)
    if isinstance(decided, Refusal):
        return show_tried(decided, session.settings.language, as_json=as_json)
    day = decided.override.from_on
    assert decided.rules.before is not None, "an override changes rules that were there"  # noqa: S101
    changes = diff(decided.rules.before, day, day, decided.rules)
    if as_json:
        print_json({"status": "dry run", "changes": [change_json(each) for each in changes]})
    else:
        show_changes(changes)
        out.print(f"from {day} on; the order is in order, and nothing was written")
    return Exit.OK


async def _decide(session: Session, actor: UUID | None, body: JsonValue) -> Decided | Refusal:
    now, org = session.clock.now(), session.settings.org
    async with session.pool.acquire() as connection:
        organisation = await read_organisation(connection, org)
    command = StoredCommand(
        id=uuid4(),
        stream=rules_stream(org),
        act=RulesAct.SET_RULE,
        actor=actor,
        body=body,
        expected_version=None,
        via=Via.SHELL,
        os_user=os_user(),
        received_at=now,
    )
    on = session.calendar.local_date(now)
    return decide_override(command, organisation, organisation.rules, on)
