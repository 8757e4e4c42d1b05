"""Identity numbers: the published examples, and that no message repeats a number."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.identity_number import (
    SENTENCES,
    Gender,
    IdentityNumberProblem,
    InvalidIdentityNumber,
    normalise,
    parse,
)
from schemas.code import PersonKind


def problem_of(value: object) -> IdentityNumberProblem:
    with pytest.raises(InvalidIdentityNumber) as caught:
        parse(value)
    return caught.value.code


class TestParse:
    @pytest.mark.parametrize(
        ("value", "born_on", "appointed", "gender"),
        [
            ("199301212020121001", date(1993, 1, 21), (2020, 12), Gender.MALE),
            ("199301222020121002", date(1993, 1, 22), (2020, 12), Gender.MALE),
            ("199301212020122004", date(1993, 1, 21), (2020, 12), Gender.FEMALE),
            ("199301222020121003", date(1993, 1, 22), (2020, 12), Gender.MALE),
            ("198609262015051001", date(1986, 9, 26), (2015, 5), Gender.MALE),
            ("199608182022041001", date(1996, 8, 18), (2022, 4), Gender.MALE),
            ("19641215 199003 1 009", date(1964, 12, 15), (1990, 3), Gender.MALE),
        ],
    )
    def test_published_pns_numbers_are_read(self, value, born_on, appointed, gender):
        number = parse(value)
        assert number.kind is PersonKind.PNS
        assert number.born_on == born_on
        assert (number.appointed_year, number.appointed_month) == appointed
        assert number.gender is gender

    def test_a_contract_code_in_place_of_the_month_makes_it_a_pppk_number(self):
        number = parse("199312282025212001")
        assert number.kind is PersonKind.PPPK
        assert number.born_on == date(1993, 12, 28)
        assert (number.appointed_year, number.appointed_month) == (2025, None)
        assert (number.gender, number.serial) == (Gender.FEMALE, 1)

    def test_spaces_and_dots_are_ignored(self):
        expected = "196412151990031009"
        for spelling in ("19641215 199003 1 009", "19641215.199003.1.009", " 196412151990031009\n"):
            assert parse(spelling).normalised == expected
        assert parse("19641215\u00a0199003\u00a01\u00a0009").normalised == expected

    @pytest.mark.parametrize(
        ("value", "problem"),
        [
            ("199301332020121001", IdentityNumberProblem.BIRTH_DATE),
            ("199302302020121001", IdentityNumberProblem.BIRTH_DATE),
            ("189301212020121001", IdentityNumberProblem.BIRTH_DATE),
            ("000001212020121001", IdentityNumberProblem.BIRTH_DATE),
            ("199301222020131001", IdentityNumberProblem.APPOINTMENT),
            ("199301222020001001", IdentityNumberProblem.APPOINTMENT),
            ("199301222020201001", IdentityNumberProblem.APPOINTMENT),
            ("199301222020301001", IdentityNumberProblem.APPOINTMENT),
            ("199301222120121001", IdentityNumberProblem.APPOINTMENT),
            ("199301212020123001", IdentityNumberProblem.GENDER),
            ("199301212020120001", IdentityNumberProblem.GENDER),
            ("199301212020121000", IdentityNumberProblem.SERIAL),
            ("1993012120201210010", IdentityNumberProblem.LENGTH),
            ("19930121202012100", IdentityNumberProblem.LENGTH),
            ("", IdentityNumberProblem.EMPTY),
            (" . ", IdentityNumberProblem.EMPTY),
            (None, IdentityNumberProblem.NOT_TEXT),
            (199301212020121001, IdentityNumberProblem.NOT_TEXT),
            ("1.98E+17", IdentityNumberProblem.SPREADSHEET),
            ("1,99301E+17", IdentityNumberProblem.SPREADSHEET),
            ("19930121202012100X", IdentityNumberProblem.NOT_DIGITS),
            ("-99301212020121001", IdentityNumberProblem.NOT_DIGITS),
            ("١٩٩٣٠١٢١٢٠٢٠١٢١٠٠١", IdentityNumberProblem.NOT_DIGITS),
        ],
    )
    def test_each_malformed_number_has_its_own_problem(self, value, problem):
        assert problem_of(value) is problem

    @given(st.one_of(st.text(max_size=20), st.text("0123456789", min_size=17, max_size=19)))
    def test_a_message_never_repeats_what_was_given(self, value):
        try:
            number = parse(value)
            shown, allowed = repr(number), {f"IdentityNumber(kind={number.kind!r})"}
        except InvalidIdentityNumber as error:
            shown, allowed = str(error), set(SENTENCES.values())
        assert shown in allowed

    def test_a_repr_never_repeats_the_number(self):
        assert not any(char.isdigit() for char in repr(parse("198609262015051001")))

    @given(
        st.dates(date(1900, 1, 1), date(2099, 12, 31)),
        st.integers(1900, 2099),
        st.one_of(st.integers(1, 12), st.integers(21, 29)),
        st.integers(1, 2),
        st.integers(1, 999),
    )
    def test_what_was_written_is_read_back(self, born_on, year, code, gender, serial):
        number = parse(f"{born_on:%Y%m%d}{year}{code:02}{gender}{serial:03}")
        assert number.born_on == born_on
        assert number.appointed_year == year
        assert (number.kind is PersonKind.PPPK) == (code > 12)
        assert number.appointed_month == (code if code <= 12 else None)
        assert number.serial == serial

    def test_an_unusual_age_is_no_error(self):
        assert parse("198609262015051001").has_usual_age
        assert not parse("201009262015051001").has_usual_age


class TestNormalise:
    def test_any_eighteen_digits_pass(self):
        assert normalise("0000 0000 0000 0000 01") == "000000000000000001"

    def test_every_problem_has_a_sentence(self):
        assert set(SENTENCES) == set(IdentityNumberProblem)
