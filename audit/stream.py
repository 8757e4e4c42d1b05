"""Streams without a long-lived workflow: their commands, and their events written again."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from audit.chain import ChainCheck, Link
from audit.encoding import is_canonical
from audit.once import check_commands
from audit.page import Dossier, Row
from audit.recompute import is_as_received
from audit.report import Invariant, Tallies
from audit.timing import OVERSLEPT
from schemas.code import EventKind
from schemas.cycle import Outcome, Verdict
from schemas.error import Refusal
from schemas.event import Event, EventCapacity
from schemas.organisation import Seat

Made = TypeVar("Made")


def follow_stream(dossier: Dossier, chain: ChainCheck, tallies: Tallies) -> list[Link]:
    """The chain of a stream that has no file, judged with its commands, as its links."""
    links = chain.follow(dossier.stream, dossier.events, {})
    check_commands(dossier, links, tallies[Invariant.ONCE])
    for row in dossier.commands:
        check_command(dossier, row, tallies)
    return links


def check_command(dossier: Dossier, row: Row, tallies: Tallies) -> None:
    """Whether a command is what was received, and has been decided."""
    tallies[Invariant.KEPT].count()
    tallies[Invariant.RECOMPUTED].count()
    where = f"command {row['id']}"
    if not is_as_received(row):
        what = "it is not the request that was received"
        tallies[Invariant.RECOMPUTED].problem(what, where)
    if row["outcome"] is None and dossier.read_at - row["stored_at"] > OVERSLEPT:
        what = "it was stored and is still undecided"
        tallies[Invariant.KEPT].problem(what, where)


def check_event(
    dossier: Dossier, link: Link, kinds: Mapping[Any, EventKind], tallies: Tallies
) -> Event | None:
    """Write an event again from its command and outcome; the event, if there is one to judge."""
    event = link.event
    command = dossier.command(event.command_id) if event is not None else None
    if event is None or not link.is_intact or command is None or command["outcome"] is None:
        return None
    tallies[Invariant.RECOMPUTED].count()
    outcome = Outcome.model_validate(command["outcome"])
    again = event.model_dump() | {
        "kind": kinds.get(command["act"]),
        "act": command["act"],
        "actor": command["actor"],
        "via": command["via"],
        "os_user": command["os_user"],
        "happened_at": command["received_at"],
        "cause": f"act:{command['act']}",
        "data": dict(outcome.data),
    }
    if not _is_same(again, link):
        what = "written again from its command and outcome it differs"
        tallies[Invariant.RECOMPUTED].problem(what, link.where)
    return event


def made_before(row: Row, dossier: Dossier, made: Sequence[tuple[Link, Made]]) -> list[list[Made]]:
    """What had been accepted when a command was decided: by the order received, and by the record.

    The two differ only for commands received at one and the same instant.

    Args:
        row: the command.
        dossier: its stream.
        made: what each accepted command led to, with its event.
    """
    places = {
        link.number: (command["received_at"], command["id"])
        for link, _ in made
        if (command := dossier.command(link.row["command_id"])) is not None
    }
    mine = row["received_at"], row["id"]
    received = [m for link, m in made if link.number in places and places[link.number] < mine]
    decided = row["decided_at"]
    recorded = [m for link, m in made if decided is None or link.row["recorded_at"] < decided]
    return [received] if received == recorded else [received, recorded]


def follow_made(
    dossier: Dossier,
    chain: ChainCheck,
    tallies: Tallies,
    first: Made,
    check_event: Callable[[Dossier, Link, Made], Made],
    decided: Callable[[Row, Made], Iterable[object]],
) -> list[Link]:
    """The events of a stream whose acts each make something of what was there before.

    Each is judged on what those before it made; refused commands on what may have been there.

    Args:
        dossier: the stream.
        chain: judges its chain.
        tallies: where all of it is counted.
        first: what there was before the first event.
        check_event: judges one, and gives what it made.
        decided: what may have been decided about a command, given what was there.
    """
    links = follow_stream(dossier, chain, tallies)
    made: list[tuple[Link, Made]] = []
    now = first
    for link in links:
        now = check_event(dossier, link, now)
        made.append((link, now))
    for row in dossier.commands:
        before = [found[-1] if found else first for found in made_before(row, dossier, made)]
        check_refusal(row, (again for one in before for again in decided(row, one)), tallies)
    return links


def check_refusal(row: Row, again: Iterable[object], tallies: Tallies) -> None:
    """Whether a refused command is refused again, for the same reason.

    Args:
        row: a command; those that were not refused are left alone.
        again: what may have been decided, each a refusal or something that was accepted.
        tallies: where it is counted.
    """
    outcome = None if row["outcome"] is None else Outcome.model_validate(row["outcome"])
    if outcome is None or outcome.verdict is not Verdict.REFUSED:
        return
    tallies[Invariant.RECOMPUTED].count()
    found = list(again)
    if outcome.refusal in found:
        return
    said = outcome.refusal.rule if outcome.refusal else "nothing"
    other = next((r.rule for r in found if isinstance(r, Refusal)), "accepted")
    what = f"refused because of {said}; decided anew: {other}"
    tallies[Invariant.RECOMPUTED].problem(what, f"command {row['id']} of {row['stream']}")


def check_seat(event: Event, seat: Seat | None, said: str, link: Link, tallies: Tallies) -> None:
    """Whether the actor of an event sat where it says, which is where he had to sit."""
    tallies[Invariant.AUTHORITY].count()
    is_his = seat is not None and seat.person == event.actor
    if not is_his or seat is None or _capacity(seat) != event.capacity:
        tallies[Invariant.AUTHORITY].problem(f"{event.actor} {said}", link.where)


def check_own(event: Event, link: Link, tallies: Tallies) -> None:
    """Whether what everybody does for himself took no seat."""
    tallies[Invariant.AUTHORITY].count()
    if event.capacity is not None or event.on_behalf_of is not None:
        what = f"{event.act} is everybody's own, and was done from a post"
        tallies[Invariant.AUTHORITY].problem(what, link.where)


def _capacity(seat: Seat) -> EventCapacity:
    return EventCapacity(post=seat.post, capacity=seat.capacity, decree=seat.decree)


def _is_same(again: dict[str, Any], link: Link) -> bool:
    try:
        return is_canonical(Event.model_validate(again), link.row["canonical"])
    except ValidationError:
        return False
