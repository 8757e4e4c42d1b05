"""Rows of an organisation file: decoded, written, made into posts and holdings, by the thousand."""

import random
import time
from datetime import date
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.organisation_file import decode, read_rows, to_posts_and_holdings, write_rows
from schemas.code import Capacity, Level, Office, PersonKind
from schemas.organisation import HoldingRow
from simulation.city import generate
from tests.unit.organisation_lines import (
    BASE,
    HEAD,
    HR,
    NAMES,
    PLT,
    base_and,
    base_with,
    file_of,
    line,
)


class TestDecode:
    TEXT = "nama\nJosé € Contoh\n"

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
    def test_each_encoding_is_recognised(self, encoding):
        assert decode(self.TEXT.encode(encoding)) == self.TEXT

    @given(st.binary())
    def test_any_bytes_are_read_without_a_crash(self, data):
        rows, errors = read_rows(decode(data))
        assert rows == []
        assert errors

    @given(st.text(st.sampled_from('",;\n\r\t\0=aP1 '), max_size=60))
    def test_any_rows_are_read_without_a_crash(self, text):
        rows, errors = read_rows(file_of([text]))
        assert rows == []
        assert errors


class TestWriteRows:
    WORDS = st.text(st.sampled_from("abcÄ,;\"' 0/."), min_size=1, max_size=20).map(
        lambda text: "x" + " ".join(text.split())
    )

    @given(WORDS, WORDS, st.one_of(st.none(), WORDS), st.dates(), st.sampled_from(Level))
    def test_what_was_written_is_read_back(self, name, post, decree, held_from, level):
        row = HoldingRow(
            identity_number="198609262015051001",
            name=name,
            kind=PersonKind.PNS,
            post=post,
            capacity=Capacity.DEFINITIVE,
            decree=decree,
            unit="Unit",
            level=level,
            office=Office.HR,
            held_from=held_from,
            held_to=date.max,
        )
        assert read_rows(write_rows([row])) == ([row], [])

    def test_a_cell_that_starts_like_a_formula_is_never_written(self):
        rows, _ = read_rows(file_of(BASE))
        with pytest.raises(ValueError, match="row 3"):
            write_rows([rows[0], rows[1].model_copy(update={"name": "=1+1"})])


class TestToPostsAndHoldings:
    def test_each_post_once_and_each_holding(self):
        acting = line(HR, post="Kadis", unit="Dinas", office="", from_="2026-02-01", **PLT)
        rows, errors = read_rows(base_and(acting))
        ids = {row.identity_number: uuid4() for row in rows}
        posts, holdings = to_posts_and_holdings(rows, ids)
        assert errors == []
        assert [p.id for p in posts] == ["Wali Kota", "Sekda", "Kaban", "Kadis", "Kasubbag", "Staf"]
        assert [h.person for h in holdings] == [ids[r.identity_number] for r in rows]
        assert holdings[-1].capacity is Capacity.PLT
        assert holdings[-1].from_on == date(2026, 2, 1)

    def test_a_post_is_there_before_its_present_holder(self):
        rows, _ = read_rows(base_with(HEAD, from_="2026-02-01"))
        posts, _ = to_posts_and_holdings(rows, {r.identity_number: uuid4() for r in rows})
        assert {(p.from_on, p.to_on) for p in posts} == {(date(2020, 1, 2), None)}

    def test_nothing_comes_of_nothing(self):
        assert to_posts_and_holdings([], {}) == ([], [])


class TestTenThousandRows:
    BREAKS = (
        {"identity_number": "1.98E+17"},
        {"name": ""},
        {"kind": "PNX"},
        {"capacity": "Plt"},
        {"superior_post": "Nobody at all"},
        {"level": "=1"},
        {"from": "2020/01/02"},
        {"to": "2019-12-31"},
        {"office": "sekda"},
    )

    def test_thirty_seven_bad_rows_are_exactly_those_reported(self):
        lines = write_rows(generate(9_000, 5, 991)).splitlines()
        assert len(lines) - 1 >= 10_000
        chance = random.Random(37)  # noqa: S311 - a sample, no secret
        workers = [n for n, line in enumerate(lines, 1) if "pelaksana" in line and '"' not in line]
        bad = sorted(chance.sample(workers, 37))
        for position, number in enumerate(bad):
            values = dict(zip(NAMES, lines[number - 1].split(","), strict=True))
            lines[number - 1] = ",".join(
                {**values, **self.BREAKS[position % len(self.BREAKS)]}.values()
            )
        started = time.perf_counter()
        _, errors = read_rows("\n".join(lines))
        assert [e.row for e in errors] == bad
        assert time.perf_counter() - started < 10

    def test_thousands_of_missing_superiors_take_no_quadratic_time(self):
        rows = generate(10_000, 6)
        lost = [
            r.model_copy(update={"superior_post": f"Pos Hilang {n}"})
            if r.level is Level.STAFF
            else r
            for n, r in enumerate(rows)
        ]
        started = time.perf_counter()
        _, errors = read_rows(write_rows(lost))
        assert len(errors) == sum(r.level is Level.STAFF for r in rows)
        assert time.perf_counter() - started < 10
