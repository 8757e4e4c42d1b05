"""What a decree makes of an organisation's calendar, and why an order of it is refused."""

from datetime import date

import pytest

from domain.calendar_act import Decided, change_of, decide_calendar
from domain.calendar_book import CalendarBook, CalendarChange, UnitWeek
from domain.organisation_act import invalid
from schemas.code import CalendarAct, Capacity, Via
from schemas.command import StoredCommand
from schemas.error import ErrorType, Refusal
from schemas.order_body import DayKind, DecreedDay, SetHolidays, SetWeek
from schemas.organisation import Seat
from tests.builders import Cast, organisation, uuid, wib
from tests.decrees import NO_CHANGES, day, free, six_days, working

NOW = wib(3, 2, 10)
TODAY = day(3, 2)
GOOD_FRIDAY, MONDAY = day(4, 3), day(3, 9)
HOLIDAY, JOINT_LEAVE, WORKING = DayKind.HOLIDAY, DayKind.JOINT_LEAVE, DayKind.WORKING
CAST = Cast()
CITY = organisation(CAST)
DECREE = "SKB 3 Menteri 2/2026"


def holidays(*days: tuple[date, DayKind], **more) -> SetHolidays:
    named = tuple(DecreedDay(date=on, kind=kind, name="Hari X") for on, kind in days)
    return SetHolidays(days=named, source=DECREE, **more)


def week(number=6, unit="dinas", from_on=MONDAY) -> SetWeek:
    return SetWeek(unit=unit, week=number, from_on=from_on, source=DECREE)


def command(order, actor=None, act=None, body=None) -> StoredCommand:
    own = CalendarAct.SET_WEEK if isinstance(order, SetWeek) else CalendarAct.SET_HOLIDAYS
    return StoredCommand(
        id=uuid(),
        stream="calendar/kota-contoh",
        act=act or own,
        actor=actor,
        body=order.model_dump(mode="json") if body is None else body,
        expected_version=None,
        via=Via.SHELL,
        os_user="tester",
        received_at=NOW,
    )


def decided(order, book: CalendarBook = NO_CHANGES, actor=None) -> Decided | Refusal:
    return decide_calendar(command(order, actor), CITY, book, TODAY)


def accepted(order, book: CalendarBook = NO_CHANGES) -> Decided:
    found = decided(order, book)
    assert isinstance(found, Decided), found
    return found


class TestChange:
    """What an order makes, field by field."""

    @pytest.mark.parametrize(
        ("order", "made"),
        [
            (
                holidays((day(3, 4), HOLIDAY), (day(3, 5), JOINT_LEAVE), (GOOD_FRIDAY, WORKING)),
                {"free": {day(3, 4), day(3, 5)}, "working": {GOOD_FRIDAY}},
            ),
            (holidays((day(3, 4), HOLIDAY)), {"free": {day(3, 4)}}),
            (holidays((GOOD_FRIDAY, WORKING)), {"working": {GOOD_FRIDAY}}),
            (
                holidays((date(2027, 3, 4), HOLIDAY), decreed=(2027, 2028)),
                {"free": {date(2027, 3, 4)}, "decreed": {2027, 2028}},
            ),
            (week(), {"unit_week": UnitWeek("dinas", 6, day(3, 9))}),
        ],
    )
    def test_has_what_the_decree_says_and_nothing_else(self, order, made) -> None:
        assert change_of(order, 4, NOW) == CalendarChange(4, NOW, DECREE, **made)

    def test_is_the_next_one_and_known_since_it_was_received(self) -> None:
        book = free(day(5, 4), at=wib(1, 5))
        found = accepted(holidays((day(3, 4), HOLIDAY)), book)
        assert found.change == CalendarChange(2, NOW, DECREE, free=frozenset({day(3, 4)}))
        assert (found.book.version, found.book.changes) == (2, (*book.changes, found.change))

    def test_is_in_the_calendars_that_come_with_it(self) -> None:
        found = accepted(holidays((day(3, 4), HOLIDAY), decreed=(2027,))).book
        assert not found.everyones().is_working_day(day(3, 4))
        assert not found.everyones().is_provisional(2027)
        assert NO_CHANGES.everyones().is_provisional(2027)
        assert accepted(week()).book.of("dinas").is_working_day(day(3, 14))


class TestSeat:
    def test_the_administrator_has_none_and_the_hr_office_its_own(self) -> None:
        order = holidays((day(3, 4), HOLIDAY))
        assert accepted(order).seat is None
        by_office = decided(order, actor=CAST.hr)
        assert isinstance(by_office, Decided)
        assert by_office.seat == Seat(
            person=CAST.hr, post="hr clerk", capacity=Capacity.DEFINITIVE, decree=None
        )

    @pytest.mark.parametrize("order", [holidays((day(3, 4), HOLIDAY)), week()])
    def test_nobody_else_changes_the_calendar(self, order) -> None:
        act = command(order).act
        assert decided(order, actor=CAST.unit_head) == Refusal(
            type=ErrorType.NOT_AUTHORISED, rule="act.role", params={"act": act.value}
        )

    def test_the_seat_is_that_of_the_day(self) -> None:
        order = command(holidays((day(3, 4), HOLIDAY)), CAST.hr)
        early = decide_calendar(order, CITY, NO_CHANGES, date(2019, 12, 31))
        assert isinstance(early, Refusal)
        assert early.rule == "act.role"


@pytest.mark.parametrize("act", CalendarAct)
def test_what_no_shape_of_today_fits_is_unreadable(act: CalendarAct) -> None:
    made = command(week(), act=act, body={"days": []})
    assert decide_calendar(made, CITY, NO_CHANGES, TODAY) == Refusal(
        type=ErrorType.INVALID, rule="command.unreadable", field="body"
    )


class TestDays:
    @pytest.mark.parametrize(
        ("days", "more", "refused"),
        [
            (
                [(day(3, 5), HOLIDAY), (day(3, 4), HOLIDAY), (day(3, 4), JOINT_LEAVE)],
                {},
                ("days", "calendar.twice", {"date": "2026-03-04"}),
            ),
            (
                [(GOOD_FRIDAY, WORKING), (GOOD_FRIDAY, HOLIDAY)],
                {"reason": "a"},
                ("days", "calendar.twice", {"date": "2026-04-03"}),
            ),
            (
                [(day(3, 4), HOLIDAY), (day(3, 5), WORKING)],
                {"reason": "a"},
                ("days.1.kind", "calendar.not_free", {"date": "2026-03-05"}),
            ),
            ([(GOOD_FRIDAY, HOLIDAY)], {}, ("days", "calendar.nothing_changed", {})),
            (
                [(GOOD_FRIDAY, HOLIDAY)],
                {"decreed": (2026,)},
                ("days", "calendar.nothing_changed", {}),
            ),
            (
                [(day(3, 4), HOLIDAY), (day(5, 14), WORKING), (GOOD_FRIDAY, WORKING)],
                {},
                ("reason", "calendar.reason", {"date": "2026-04-03"}),
            ),
        ],
        ids=["twice", "twice unlike", "not free", "free already", "decreed", "no reason"],
    )
    def test_are_refused_with_what_is_wrong(self, days, more, refused) -> None:
        field, rule, params = refused
        found = decided(holidays(*days, **more))
        assert found == invalid(field, rule, **params)
        assert found == Refusal(type=ErrorType.INVALID, rule=rule, field=field, params=params)

    @pytest.mark.parametrize(
        ("days", "more"),
        [
            ([(day(3, 4), HOLIDAY)], {}),
            ([(day(3, 4), HOLIDAY)], {"reason": "a"}),
            ([(GOOD_FRIDAY, WORKING)], {"reason": "a"}),
            ([(GOOD_FRIDAY, HOLIDAY), (day(3, 4), HOLIDAY)], {}),
            ([(day(3, 4), HOLIDAY), (day(3, 5), HOLIDAY)], {}),
            ([(GOOD_FRIDAY, HOLIDAY)], {"decreed": (2027,)}),
        ],
        ids=["free", "free with a reason", "working", "one is new", "two", "decreed"],
    )
    def test_that_change_something_are_taken(self, days, more) -> None:
        assert accepted(holidays(*days, **more)).seat is None

    def test_are_held_against_what_was_decreed_before(self) -> None:
        made_free = free(day(3, 4), at=wib(1, 5))
        assert decided(holidays((day(3, 4), HOLIDAY)), made_free) == invalid(
            "days", "calendar.nothing_changed"
        )
        accepted(holidays((day(3, 4), WORKING), reason="a"), made_free)
        taken_back = working(GOOD_FRIDAY, at=wib(1, 5))
        again = decided(holidays((GOOD_FRIDAY, WORKING), reason="a"), taken_back)
        assert again == invalid("days.0.kind", "calendar.not_free", date="2026-04-03")
        accepted(holidays((GOOD_FRIDAY, HOLIDAY)), taken_back)


class TestWeek:
    def test_of_a_unit_that_is_not_there_is_refused(self) -> None:
        found = decided(week(unit="dinas lain"))
        assert found == Refusal(type=ErrorType.INVALID, rule="calendar.unit", field="unit")

    @pytest.mark.parametrize(
        ("order", "book"),
        [
            (week(5), NO_CHANGES),
            (week(6, from_on=day(3, 9)), six_days("dinas", day(3, 9), wib(1, 5))),
            (week(6, from_on=day(3, 16)), six_days("dinas", day(3, 9), wib(1, 5))),
        ],
    )
    def test_that_the_unit_has_already_is_refused(self, order, book) -> None:
        assert decided(order, book) == Refusal(
            type=ErrorType.INVALID, rule="calendar.nothing_changed", field="week"
        )

    def test_another_units_week_is_none_of_its_own(self) -> None:
        found = accepted(week(6), six_days("setda", day(3, 9), wib(1, 5)))
        assert found.change.version == 2
        assert found.change.unit_week == UnitWeek("dinas", 6, day(3, 9))


class TestAllCalendars:
    def test_are_everybodys_and_one_for_each_unit_with_a_week_of_its_own(self) -> None:
        book = six_days("setda", day(3, 9), wib(1, 5))
        book = six_days("dinas", day(4, 6), wib(1, 6), book)
        book = free(day(3, 4), at=wib(1, 7), book=book)
        book = six_days("dinas", day(5, 4), wib(1, 8), book)
        assert book.all() == (book.of(""), book.of("dinas"), book.of("setda"))
        assert len(set(map(id, book.all()))) == 3
        assert NO_CHANGES.all() == (NO_CHANGES.everyones(),)
