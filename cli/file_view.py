"""One file as people read it: where it stands, what happened, what was tried."""

from rich.markup import escape
from rich.table import Table

from cli.output import out
from cli.person import acting
from schemas.code import EventKind, Role
from schemas.organisation import Seat
from schemas.text import Language, explain, when, word
from storage.read.file import Attempt, ShownFile, Standing, TimelineEvent

Rows = list[tuple[str, str]]


def show_page(file: ShownFile, language: Language, *, content: bool) -> None:
    """Everything about one file; its texts only if they are asked for."""
    _show_head(file, language)
    _show_timeline(file, language)
    if content:
        _show_texts(file, language)
    for attempt in file.attempts:
        _show_attempt(attempt, language)


def _show_head(file: ShownFile, language: Language) -> None:
    state = file.state
    rows = [
        ("file", str(file.id)),
        ("employee", f"{file.name} ({file.unit})"),
        ("period", f"{file.period} {state.file.kind}"),
        ("stage", f"{word('stage', state.stage, language)} (version {state.version})"),
    ]
    if file.plan is not None:
        since = when(file.plan.since, language)
        rows.append(("plan", f"version {file.plan.version} of the year, agreed {since}"))
    rows += _waiting(file, language) if state.end is None else [("ended", _ended(file, language))]
    rows += _result(file, language)
    if file.standing is not None:
        rows.append(("you", _standing(file.standing, language)))
    grid = Table.grid(padding=(0, 2))
    for name, value in rows:
        grid.add_row(f"[bold]{name}[/]", escape(value))
    out.print(grid)


def _waiting(file: ShownFile, language: Language) -> Rows:
    state = file.state
    who = "nobody holds the post" if file.awaited is None else _person(file, file.awaited)
    rows = [
        ("awaits", f"{word('role', state.awaits or '', language)}: {who}"),
        ("why", _why(file, language)),
    ]
    if state.due_at is not None:
        late = " (overdue)" if file.is_overdue else ""
        rows.append(("due", when(state.due_at, language) + late))
        if file.is_provisional:
            rows.append(("", "provisional: the holidays of that year are not decreed yet"))
    if file.wake is not None:
        then = word("rung", file.wake.rung, language)
        rows.append(("if nobody acts", f"{when(file.wake.at, language)}: {then}"))
    return rows


def _person(file: ShownFile, seat: Seat) -> str:
    name = file.awaited_name or str(seat.person)
    return name + (acting(seat.capacity, seat.post) or f" ({seat.post})")


def _why(file: ShownFile, language: Language) -> str:
    state = file.state
    said = f"{word('turn', state.turn, language)}, since {when(state.entered_at, language)}"
    if state.is_delegated and state.awaits is Role.SUPERIOR:
        said += "; delegated, because the supervisor let a task run out"
    return said


def _ended(file: ShownFile, language: Language) -> str:
    state = file.state
    text = word("end", str(state.end), language)
    if state.ended_at:
        text += f", {when(state.ended_at, language)}"
    if state.owed:
        who = word("role", state.owed.role, language)
        text += f"; owed: {word('turn', state.owed.turn, language)}, by {who}"
    return text


def _result(file: ShownFile, language: Language) -> Rows:
    state, rows = file.state, []
    for name, rating in (("work result", state.work_result), ("behaviour", state.behaviour)):
        if rating is not None:
            rows.append((name, word("rating", rating, language)))
    if state.predicate is not None:
        rows.append(("predicate", word("predicate", state.predicate, language)))
    if state.unit_predicate is not None:
        said = word("organisation_predicate", state.unit_predicate.predicate, language)
        rows.append(("unit predicate", said))
    if state.is_suspended:
        rows.append(("effects", "suspended while the objection is open"))
    return rows


def _standing(standing: Standing, language: Language) -> str:
    if not standing.roles:
        return "have no part in this file today"
    roles = ", ".join(word("role", role, language) for role in standing.roles)
    return f"{roles}; may now: {', '.join(standing.acts) or 'nothing'}"


def _show_timeline(file: ShownFile, language: Language) -> None:
    table = Table("no.", "when", "what", "who", "cause")
    for event in file.timeline:
        what = word("event", event.kind, language)
        rung = event.event.data.get("rung")
        if isinstance(rung, str) and event.kind != EventKind.NUDGED:
            what += f" ({word('rung', rung, language)})"
        at, cause = when(event.happened_at, language), event.event.cause
        table.add_row(str(event.number), at, what, escape(_who(event)), cause)
    out.print(table)


def _who(event: TimelineEvent) -> str:
    capacity = event.event.capacity
    if event.name is None or capacity is None:
        return "-" if event.event.actor is None else str(event.event.actor)
    return event.name + acting(capacity.capacity, capacity.post)


def _show_texts(file: ShownFile, language: Language) -> None:
    for event in file.timeline:
        if event.content is not None:
            out.print(f"[bold]{event.number} {word('event', event.kind, language)}[/]")
            out.print_json(data=event.content, ensure_ascii=False)
        elif event.event.content_hash is not None:
            out.print(f"[bold]{event.number}[/] its text was purged; its hash stays in the chain")


def _show_attempt(attempt: Attempt, language: Language) -> None:
    said = word("act", attempt.act, language)
    where = f"{said}, {escape(attempt.name or '-')}, {when(attempt.received_at, language)}"
    if attempt.outcome is None or attempt.outcome.refusal is None:
        out.print(f"[yellow]stored, undecided[/] {where}; command {attempt.id}", highlight=False)
        return
    why = explain(attempt.outcome.refusal, language).message
    out.print(f"[red]refused[/] {where}: {escape(why)}", highlight=False)
