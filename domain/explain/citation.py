"""Which rule of the packs stands behind which decision; the one place that knows.

Dates and ladders are practised by the process definitions; tests of both hold them to the rules
named here.
"""

from datetime import date

from domain.process import Process, Turn
from domain.regulation import NotInForce, Rulebook
from schemas.code import Act, Capacity, EventKind, Role
from schemas.explanation import Citation

BOUND_PLAN = ("skp.versi_mengikat",)
PLAN_GATE = ("skp.gate_atasan", "skp.gate_lewat")
MATRIX = ("predikat.matriks",)
OBJECTION_DECIDED = ("keberatan.pemutus",)
SUSPENSION = ("keberatan.penangguhan",)
LADDER = ("eskalasi.tangga",)
HANDOVER = ("eskalasi.pengalihan",)
APPRAISER = ("penilai.level_min",)
NOT_HIMSELF = ("penilai.bukan_diri",)
PLH = ("plh.boleh_menilai",)
FREE_DAYS = ("kalender.libur", "kalender.minggu")
END_OF_DAY = ("kalender.zona",)

_CAPACITIES = {Capacity.PLT: ("plt.boleh_menilai",), Capacity.PLH: PLH}
_WINDOWS = {
    "bulanan": ("bulanan.jendela",),
    "triwulanan": ("triwulanan.jendela",),
    "triwulanan_paruh_waktu": ("triwulanan.jendela",),
    "tahunan": ("tahunan.kerangka",),
}
_ANNUAL = {
    "superior_plan": PLAN_GATE,
    "plan_agreement": ("skp.batas_tetap",),
    "running": ("skp.periode",),
    "revision_agreement": ("skp.revisi",),
    "revision_acceptance": ("skp.revisi",),
    "signing": ("tahunan.batas",),
    "acceptance": ("keberatan.jendela", "keberatan.hitungan"),
    "objection": ("keberatan.putusan",),
}
_PERIODIC = {
    "acceptance": ("keberatan.periodik",),
    "objection": ("keberatan.putusan",),
}
_CADENCES = {"tahunan": ("skp.periode",)}
_KINDS = {
    EventKind.REVISION_PROPOSED: ("skp.revisi",),
    EventKind.SCORED: MATRIX,
    EventKind.OBJECTED: SUSPENSION,
    EventKind.OBJECTION_DECIDED: OBJECTION_DECIDED,
    EventKind.SIGNED: ("ttd.mode",),
}


def of_turn(process: Process, turn: Turn) -> tuple[str, ...]:
    """The rules that set the time of a turn, and of a gate the rule that makes it one."""
    special = _ANNUAL if process.id == "tahunan" else _PERIODIC
    gate = () if turn.opens is None else (turn.opens.rule,)
    return special.get(turn.name, _WINDOWS.get(process.id, ())) + gate


def of_cadence(kind: str) -> tuple[str, ...]:
    """The rule that has somebody evaluated in files of a kind."""
    return _CADENCES.get(kind, ("periode.jenis",))


def of_capacity(capacity: Capacity) -> tuple[str, ...]:
    """The rule that lets somebody appraise in a capacity, or keeps him from it."""
    return _CAPACITIES.get(capacity, ())


def of_event(kind: EventKind) -> tuple[str, ...]:
    """The rules of an act."""
    return _KINDS.get(kind, ())


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
        found.append(
            Citation(
                rule=rule.id,
                version=rule.version,
                source=str(rule.source),
                status=rule.status.value,
            )
        )
    return tuple(found)
