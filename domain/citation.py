"""Which rule of the packs stands behind which decision; the one place that knows.

Dates and ladders are practised by the process definitions, which take most of their numbers from
the rules named here.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from pydantic import JsonValue

from domain.deadline import DELEGATE
from domain.interim import NOTE_UNTIL
from domain.process import Process, Turn
from domain.regulation import NotInForce, Rule, Rulebook
from schemas.code import Act, Capacity, EventKind, Role
from schemas.error import Refusal
from schemas.explanation import Citation
from schemas.file import FileState
from schemas.organisation import Seat

BOUND_PLAN = ("skp.versi_mengikat",)
PLAN_GATE = ("skp.gate_atasan", "skp.gate_lewat")
MATRIX = ("predikat.matriks",)
OBJECTION_DECIDED = ("keberatan.pemutus",)
SUSPENSION = ("keberatan.penangguhan",)
LEADER = ("organisasi.pimpinan",)
_LADDERS = {
    "standard": ("eskalasi.tangga",),
    "objection": ("eskalasi.tangga_keberatan",),
    "unit": ("eskalasi.tangga_organisasi",),
}
HANDOVER = ("eskalasi.pengalihan",)
HORIZON = ("berkas.batas_akhir",)
APPRAISER = ("penilai.level_min",)
NOT_HIMSELF = ("penilai.bukan_diri",)
SPREAD = ("distribusi.mode", "distribusi.pedoman")
PLH = ("plh.boleh_menilai",)
FREE_DAYS = ("kalender.libur", "kalender.minggu")
END_OF_DAY = ("kalender.zona",)

_CAPACITIES = {Capacity.PLT: ("plt.boleh_menilai",), Capacity.PLH: PLH}
_WINDOWS = {
    "bulanan": ("bulanan.jendela",),
    "triwulanan": ("triwulanan.jendela",),
    "triwulanan_paruh_waktu": ("triwulanan.jendela",),
    "tahunan": ("tahunan.jendela",),
}
_ANNUAL = {
    "superior_plan": PLAN_GATE,
    "plan_agreement": ("skp.batas_tetap",),
    "running": ("skp.periode",),
    "revision_agreement": ("skp.revisi", "tahunan.jendela"),
    "revision_acceptance": ("skp.revisi", "tahunan.jendela"),
    "signing": ("tahunan.batas",),
    "acceptance": ("keberatan.jendela", "keberatan.hitungan"),
    "objection": ("keberatan.putusan",),
}
_PERIODIC = {
    "acceptance": ("keberatan.periodik",),
    "objection": ("keberatan.putusan",),
}
_OVERRUN = {
    "bulanan": ("bulanan.lewat",),
    "triwulanan": ("triwulanan.lewat",),
    "triwulanan_paruh_waktu": ("triwulanan.lewat",),
    "tahunan": ("tahunan.lewat",),
}
_OVERRUNS = {"objection": ("keberatan.lewat",), "superior_plan": ()}  # its own rule sets the time
_CADENCES = {"tahunan": ("skp.periode",)}
_KINDS = {
    EventKind.REVISION_PROPOSED: ("skp.revisi",),
    EventKind.SCORED: MATRIX,
    EventKind.OBJECTED: SUSPENSION,
    EventKind.OBJECTION_DECIDED: OBJECTION_DECIDED,
    EventKind.SIGNED: ("ttd.mode",),
    EventKind.NUDGED: ("sapaan.sopan",),
    EventKind.INTERIM_RECORDED: ("penilai.serah_terima",),
}


# What others do to a file than its supervisor, or whoever acts for him.
_NOT_RATING = (
    *(EventKind.WITHDRAWN, EventKind.OBJECTION_DECIDED),
    *(EventKind.LATE_RECORDED, EventKind.NUDGED),
)


def of_turn(process: Process, turn: Turn) -> tuple[str, ...]:
    """The rules that set the time of a turn, and of a gate the rule that makes it one."""
    special = _ANNUAL if process.id == "tahunan" else _PERIODIC
    gate = () if turn.opens is None else (turn.opens.rule,)
    return special.get(turn.name, _WINDOWS.get(process.id, ())) + gate


def of_expiry(process: Process, turn: Turn) -> tuple[str, ...]:
    """The rules by which a turn ends by itself: those of its time, and of how late it may be."""
    if turn.expires is None or not turn.expires.working_days:
        return of_turn(process, turn)
    return of_turn(process, turn) + _OVERRUNS.get(turn.name, _OVERRUN.get(process.id, ()))


def of_ladder(process: Process, turn: Turn) -> tuple[str, ...]:
    """The rule of the rungs of a turn."""
    return _LADDERS.get(process.ladder_of(turn).id, ())


def of_cadence(kind: str) -> tuple[str, ...]:
    """The rule that has somebody evaluated in files of a kind."""
    return _CADENCES.get(kind, ("periode.jenis",))


def of_capacity(capacity: Capacity) -> tuple[str, ...]:
    """The rule that lets somebody appraise in a capacity, or keeps him from it."""
    return _CAPACITIES.get(capacity, ())


def of_event(kind: EventKind) -> tuple[str, ...]:
    """The rules of an act."""
    return _KINDS.get(kind, ())


class Decided(Protocol):
    """What a decision made of a file: a fact, or an event told of one."""

    @property
    def kind(self) -> EventKind:
        """What happened."""

    @property
    def before(self) -> FileState | None:
        """The file before it; None for a file's first event."""

    @property
    def after(self) -> FileState:
        """The file after it."""

    @property
    def seat(self) -> Seat | None:
        """From where somebody acted; None for time."""

    @property
    def data(self) -> Mapping[str, JsonValue]:
        """What is recorded beside the changes."""


def of_cause(decided: Decided, process: Process) -> tuple[str, ...]:
    """The rules by which it happened at all."""
    before, kind = decided.before, decided.kind
    if before is None:
        return of_cadence(decided.after.file.kind)
    match kind:
        case (
            EventKind.REMINDED
            | EventKind.BECAME_OVERDUE
            | EventKind.ESCALATED
            | EventKind.RUNG_POSTPONED
        ):
            return _of_ladder(process, before)
        case EventKind.HANDED_OVER:
            is_noted = NOTE_UNTIL in decided.data
            return APPRAISER + (of_event(EventKind.INTERIM_RECORDED) if is_noted else ())
        case EventKind.RUNG_SKIPPED:
            is_handover = decided.data.get("rung") == DELEGATE
            return HANDOVER if is_handover else _of_ladder(process, before)
        case EventKind.DELEGATED:
            return HANDOVER
        case EventKind.TURN_EXPIRED:
            return of_expiry(process, process.find(before.turn))
        case EventKind.GATE_OPENED:
            return (str(decided.data["rule"]),)
        case EventKind.DUE_MOVED | EventKind.CALENDAR_NOTED:
            return FREE_DAYS
        case EventKind.FILE_EXPIRED:
            return HORIZON
        case EventKind.DELIVERED:
            return ()
        case _:
            return _of_act(decided, before)


def _of_ladder(process: Process, state: FileState) -> tuple[str, ...]:
    """The rule of the rungs."""
    return of_ladder(process, process.find(state.turn))


def _of_act(decided: Decided, before: FileState) -> tuple[str, ...]:
    ids, seat = of_event(decided.kind), decided.seat
    if seat is not None and seat.person != before.file.person and decided.kind not in _NOT_RATING:
        ids += APPRAISER + of_capacity(seat.capacity)
    return ids + (SPREAD if "distribution" in decided.data else ())


def of_destination(decided: Decided, process: Process) -> tuple[str, ...]:
    """The rules of the turn that it led to; none where the file stayed or ended."""
    before, after = decided.before, decided.after
    if after.is_closed or (before is not None and before.visit == after.visit):
        return ()
    return of_turn(process, process.find(after.turn))


def of_result(decided: Decided, process: Process) -> tuple[str, ...]:
    """The rules of a predicate that came about, and of the unit's that let it pass."""
    before, after = decided.before, decided.after
    rated = None if before is None else (before.work_result, before.behaviour)
    is_rated = after.predicate is not None and (after.work_result, after.behaviour) != rated
    ids = (MATRIX if is_rated else ()) + (LEADER if "suggestion" in decided.data else ())
    if after.unit_predicate is None or (before is not None and before.unit_predicate is not None):
        return ids
    return (*ids, process.rule_of("unit_predicate"))


def of_decision(decided: Decided, process: Process) -> tuple[str, ...]:
    """Every rule that led to a decision, each once, in the order of their names."""
    return _each_once(
        of_cause(decided, process) + of_destination(decided, process) + of_result(decided, process)
    )


@lru_cache(maxsize=4096)
def _each_once(ids: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(ids)))


def of_right(act: Act, roles: frozenset[Role], *, is_own: bool) -> tuple[str, ...]:
    """The rule by which an act is somebody else's.

    Args:
        act: which one.
        roles: those that the process gives the act to.
        is_own: whether the file is that of the person who asks.
    """
    if is_own and Role.SUPERVISOR in roles:
        return NOT_HIMSELF
    if act is Act.DECIDE_OBJECTION:
        return OBJECTION_DECIDED
    return APPRAISER if Role.SUPERVISOR in roles else ()


_RIGHTS = frozenset({"act.role", "act.other_role"})
_TIMES = {
    "turn.expired": of_expiry,
    "act.before_due": of_turn,
    "gate.unit_predicate": of_turn,
    "gate.superior_plan": of_turn,
}


def of_refusal(
    refusal: Refusal, act: Act, actor: UUID | None, state: FileState, process: Process
) -> tuple[str, ...]:
    """The rules by which an act is refused; none where the order of steps alone refuses it."""
    if refusal.rule in _TIMES:
        turn = process.find(str(refusal.params.get("turn", state.turn)))
        return _TIMES[refusal.rule](process, turn)
    if refusal.rule in _RIGHTS:
        return of_right(act, process.roles_for(act), is_own=actor == state.file.person)
    if refusal.rule.startswith("sign.distribution_"):
        return SPREAD
    return ()


def cite_recorded(
    ids: tuple[str, ...], versions: Mapping[str, JsonValue | int], rulebook: Rulebook
) -> tuple[Citation, ...]:
    """The rules by the versions that are recorded with a decision; others are left out."""
    found = (
        rule
        for id in dict.fromkeys(ids)
        if id in versions
        for rule in rulebook.versions(id)
        if rule.version == versions[id]
    )
    return tuple(_citation(rule) for rule in found)


def _citation(rule: Rule) -> Citation:
    return Citation(
        rule=rule.id,
        version=rule.version,
        source=str(rule.source),
        status=rule.status.value,
    )


def cite(ids: tuple[str, ...], on: date, rulebook: Rulebook) -> tuple[Citation, ...]:
    """The rules of that day by their ids, each once; one that does not hold then is left out.

    Raises:
        UnknownRule: there is no rule of such an id on any day.
    """
    found, rules = [], rulebook.on(on)
    for id in dict.fromkeys(ids):
        try:
            rule = rules.rule(id)
        except NotInForce:
            continue
        found.append(_citation(rule))
    return tuple(found)
