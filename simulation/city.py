"""A visibly synthetic city in the shape of Pangkalpinang, of any size, the same for a seed.

Nobody in it exists: people are numbered, everybody was born in January, and identity numbers
count up. Units, levels, spans of control and acting heads (Plt) are as in a real city.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import ceil

from schemas.code import Capacity, Level, Office, PersonKind
from schemas.organisation import HoldingRow

ROOT = "Wali Kota"
HELD_FROM = date(2020, 1, 2)
ACTING_FROM = date(2025, 10, 1)

_LEADING = (Level.ADMINISTRATOR, Level.SUPERVISOR)
_SERIALS = 999
_PPPK_SHARE = 0.2
_MIN_SPAN = 8
_PEOPLE_PER_UNIT = 6
_PEOPLE_PER_ACTING_HEAD = 60
_ACTING_SHARE = 8 / 18  # vacant heads in January 2026, of all units


@dataclass(frozen=True, slots=True)
class _Unit:
    name: str
    head: str
    weight: float
    functional_share: float = 0.3
    head_level: Level = Level.JPT
    office: Office | None = None


# The two that every city needs come first: a small city has the first few only.
_UNITS = (
    _Unit("Sekretariat Daerah", "Sekretaris Daerah", 7, office=Office.SEKDA),
    _Unit("BKPSDMD", "Kepala BKPSDMD", 2, office=Office.HR),
    _Unit("Dinas Pendidikan dan Kebudayaan", "Kepala Dinas Pendidikan dan Kebudayaan", 34, 0.8),
    _Unit("Dinas Kesehatan", "Kepala Dinas Kesehatan", 14, 0.8),
    _Unit("RSUD Depati Hamzah", "Direktur RSUD Depati Hamzah", 12, 0.8),
    _Unit("Dinas PUPR", "Kepala Dinas PUPR", 4),
    _Unit("Inspektorat Daerah", "Inspektur Daerah", 2, 0.6),
    _Unit("Sekretariat DPRD", "Sekretaris DPRD", 2),
    _Unit("Satuan Polisi Pamong Praja", "Kepala Satpol PP", 4),
    _Unit("Badan Keuangan Daerah", "Kepala Badan Keuangan Daerah", 3),
    _Unit("Dinas Lingkungan Hidup", "Kepala Dinas Lingkungan Hidup", 3),
    _Unit("Dinas Perhubungan", "Kepala Dinas Perhubungan", 2),
    _Unit("Dinas Komunikasi dan Informatika", "Kepala Dinas Kominfo", 2),
    _Unit("Dinas Pariwisata", "Kepala Dinas Pariwisata", 1.5),
    _Unit("Dinas Pemuda dan Olahraga", "Kepala Dinas Pemuda dan Olahraga", 1.5),
    _Unit("Dinas Perpustakaan dan Kearsipan", "Kepala Dinas Perpustakaan dan Kearsipan", 1.5),
    _Unit("Kecamatan Bukit Intan", "Camat Bukit Intan", 2, 0.1, Level.ADMINISTRATOR),
    _Unit("Kecamatan Gerunggang", "Camat Gerunggang", 2, 0.1, Level.ADMINISTRATOR),
)


@dataclass(frozen=True, slots=True)
class _Slot:
    """A post to be held, and by what kind of person."""

    post: str
    unit: str
    superior: str | None
    level: Level
    kind: PersonKind = PersonKind.PNS
    office: Office | None = None


def generate(people: int, seed: int, part_time: int = 0) -> list[HoldingRow]:
    """The rows of an organisation file that passes its own checks.

    Args:
        people: civil servants with a monthly file, about a fifth of them PPPK.
        seed: the same seed gives the same city.
        part_time: PPPK paruh waktu besides. The mayor, who has no file, comes on top.

    Raises:
        ValueError: ``people`` is less than 1 or ``part_time`` less than 0.
    """
    if people < 1 or part_time < 0:
        raise ValueError("a city has at least one civil servant and no negative number of others")
    chance = random.Random(seed)  # noqa: S311 - a synthetic city has no secrets
    units = _units_for(people)
    weights = [unit.weight for unit in units]
    sizes = _shares(people, weights, at_least=min(2, people // len(units)))
    helpers = _shares(part_time, weights, at_least=0)
    vacant = _vacant_heads(people, len(units), chance)
    slots = [_Slot(ROOT, "Kepala Daerah", None, Level.REGIONAL_HEAD, PersonKind.STATE_OFFICIAL)]
    for unit, size, extra in zip(units, sizes, helpers, strict=True):
        slots += _unit_slots(unit, size, extra, has_head=unit.name not in vacant, chance=chance)
    slots = _with_contracts(_with_hr(slots, len(units)), people, chance)
    rows = [_row(slot, number, chance) for number, slot in enumerate(slots)]
    return rows + _acting_heads([u for u in units if u.name in vacant], rows)


def _units_for(people: int) -> Sequence[_Unit]:
    fewest = 2 if people >= 4 else 1
    return _UNITS[: min(len(_UNITS), max(fewest, people // _PEOPLE_PER_UNIT))]


def _shares(total: int, weights: Sequence[float], at_least: int) -> list[int]:
    """``total`` divided by weight (largest remainder), each share not below ``at_least``."""
    rest = total - at_least * len(weights)
    exact = [rest * weight / sum(weights) for weight in weights]
    shares = [int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: (shares[i] - exact[i], i))
    for i in by_remainder[: rest - sum(shares)]:
        shares[i] += 1
    return [share + at_least for share in shares]


def _vacant_heads(people: int, units: int, chance: random.Random) -> frozenset[str]:
    """The units without a definitive head; the Sekda and the HR office always have theirs."""
    wanted = min(people // _PEOPLE_PER_ACTING_HEAD, round(units * _ACTING_SHARE))
    candidates = [unit.name for unit in _UNITS[2:units]]
    return frozenset(chance.sample(candidates, wanted)) if wanted else frozenset()


def _unit_slots(
    unit: _Unit, size: int, helpers: int, *, has_head: bool, chance: random.Random
) -> Iterator[_Slot]:
    """Head, administrators, supervisors, then those who do the work, in a tree of even span."""
    superior = ROOT if unit.office is Office.SEKDA else _UNITS[0].head
    if has_head:
        yield _Slot(unit.head, unit.name, superior, unit.head_level, office=unit.office)
    staff = size - has_head
    span = max(_MIN_SPAN, ceil((staff + helpers) ** (1 / 3)))
    supervisors = min(staff // 3, ceil((staff + helpers) / (span + 1)))
    administrators = ceil(supervisors / span) if supervisors > 2 else 0
    if unit.head_level is Level.ADMINISTRATOR:
        administrators = 0
    leaders = [unit.head]
    for level, count, title in (
        (Level.ADMINISTRATOR, administrators, "Kepala Bidang"),
        (Level.SUPERVISOR, supervisors, "Kepala Subbagian"),
    ):
        posts = [f"{title} {n} {unit.name}" for n in range(1, count + 1)]
        for n, post in enumerate(posts):
            yield _Slot(post, unit.name, leaders[n % len(leaders)], level)
        leaders = posts or leaders
    workers = staff - supervisors - administrators
    for n in range(workers + helpers):
        is_helper = n >= workers
        is_functional = not is_helper and chance.random() < unit.functional_share
        title = "Operator Layanan" if is_helper else "Fungsional" if is_functional else "Pelaksana"
        yield _Slot(
            f"{title} {n + 1:04} {unit.name}",
            unit.name,
            leaders[n % len(leaders)],
            Level.FUNCTIONAL if is_functional else Level.STAFF,
            PersonKind.PPPK_PART_TIME if is_helper else PersonKind.PNS,
        )


def _with_hr(slots: list[_Slot], units: int) -> list[_Slot]:
    """Where no unit is the HR office, the second civil servant, if any, is."""
    if units > 1 or len(slots) <= 2:
        return slots
    return [*slots[:2], replace(slots[2], office=Office.HR), *slots[3:]]


def _with_contracts(slots: list[_Slot], people: int, chance: random.Random) -> list[_Slot]:
    """About a fifth of the civil servants, none of them leading others, are PPPK."""
    leading = {slot.superior for slot in slots}
    workers = [
        n
        for n, slot in enumerate(slots)
        if slot.level in (Level.STAFF, Level.FUNCTIONAL)
        and slot.kind is PersonKind.PNS
        and slot.post not in leading
    ]
    chosen = set(chance.sample(workers, min(len(workers), round(people * _PPPK_SHARE))))
    return [
        replace(slot, kind=PersonKind.PPPK) if n in chosen else slot for n, slot in enumerate(slots)
    ]


def _row(slot: _Slot, number: int, chance: random.Random) -> HoldingRow:
    is_mayor = slot.kind is PersonKind.STATE_OFFICIAL
    return HoldingRow(
        identity_number=_identity_number(number, slot.kind, chance),
        name="Wali Kota Contoh" if is_mayor else f"Pegawai Contoh {number:04}",
        kind=slot.kind,
        post=slot.post,
        capacity=Capacity.DEFINITIVE,
        unit=slot.unit,
        superior_post=slot.superior,
        level=slot.level,
        office=slot.office,
        held_from=HELD_FROM,
    )


def _identity_number(number: int, kind: PersonKind, chance: random.Random) -> str:
    """Well-formed and unique: the serial counts up, and the day in January when it is used up."""
    block, serial = divmod(number, _SERIALS)
    born_on = date(chance.randint(1970, 1989), 1, 1) + timedelta(days=block)
    is_contracted = kind in (PersonKind.PPPK, PersonKind.PPPK_PART_TIME)
    appointed = "202021" if is_contracted else f"{born_on.year + 25}01"
    return f"{born_on:%Y%m%d}{appointed}{chance.randint(1, 2)}{serial + 1:03}"


def _acting_heads(vacant: Sequence[_Unit], rows: Sequence[HoldingRow]) -> list[HoldingRow]:
    """One Plt for each vacant head, whose own definitive post is elsewhere."""
    return [
        _next_in_line(unit, n, rows).model_copy(
            update={
                "post": unit.head,
                "capacity": Capacity.PLT,
                "decree": f"SK Contoh 800/{n + 1:03}/2025",
                "unit": unit.name,
                "superior_post": _UNITS[0].head,
                "level": unit.head_level,
                "office": unit.office,
                "held_from": ACTING_FROM,
            }
        )
        for n, unit in enumerate(vacant)
    ]


def _next_in_line(unit: _Unit, number: int, rows: Sequence[HoldingRow]) -> HoldingRow:
    """In turn the head of another unit, and the unit's own first administrator or supervisor."""
    below = next((row for row in rows if row.superior_post == unit.head), None)
    if number % 2 == 1 and below is not None and below.level in _LEADING:
        return below
    names = {other.head for other in _UNITS[1:]}
    heads = [row for row in rows if row.post in names]
    return heads[number % len(heads)]


def synthetic_addresses(rows: Iterable[HoldingRow]) -> Iterator[tuple[str, str]]:
    """An address for each person of a city, in a domain that no mail can ever be sent to."""
    numbers = dict.fromkeys(row.identity_number for row in rows)
    for position, number in enumerate(numbers, start=1):
        yield number, f"orang-{position}@contoh.invalid"
