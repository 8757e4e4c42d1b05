"""Whoever asks for a rule that is not there is told of near ones, then of those of its topic."""

import pytest

from domain.regulation import load
from domain.rulebook import UnknownRule


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        (
            "keberatan.periodk",
            [
                *("keberatan.periodik", "keberatan.pemutus", "keberatan.jendela"),
                *("keberatan.hitungan", "keberatan.lewat", "keberatan.penangguhan"),
                "keberatan.putusan",
            ],
        ),
        ("kredit.xyz", ["kredit.konversi", "kredit.koefisien", "kredit.kebutuhan"]),
        ("pangkat.golongn", ["pangkat.golongan"]),
        ("zzz", []),
        ("angka.kredit", []),
    ],
)
def test_an_unknown_rule_is_answered_with_near_ones(asked, near) -> None:
    with pytest.raises(UnknownRule) as caught:
        load().versions(asked)
    hint = f"; near it: {', '.join(near)}" if near else ""
    assert str(caught.value) == f"there is no rule of that id{hint}"
