"""What an order on the organisation demands before the record's tables are asked, and rosters."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from domain.deadline import horizon_at
from domain.definition import kinds, shape
from domain.movement import Moved, Wrong, move
from domain.organisation import LEAVES, Organisation
from domain.organisation_act import (
    closed_already,
    invalid,
    not_open,
    read_order,
    refuse_changes,
    refuse_contacts,
    refuse_import,
    refuse_mandate,
    refuse_opening,
    refuse_preference,
    refuse_unknown,
    seat_of,
)
from domain.regulation import load
from domain.roster import Exclusion, RosterRow, has_passed, roster_row
from schemas.code import AbsenceKind, Capacity, Change, Level, OrganisationAct, PersonKind, Via
from schemas.command import StoredCommand
from schemas.error import ErrorType, Refusal
from schemas.order_body import (
    ApplyChanges,
    ClosePeriod,
    Contact,
    GrantMandate,
    ImportContacts,
    ImportOrganisation,
    MandateOrder,
    OpenPeriod,
    SetMailPreference,
)
from schemas.organisation import Absence, HoldingRow, Post, Seat
from schemas.period import Period
from tests.builders import CALENDAR, Cast, change, holding, organisation, uuid, wib

PACKS = load()
DAY = date(2026, 3, 2)
NOW = wib(3, 2)
MARCH = Period.parse("2026-03")
MONTHLY, QUARTERLY = shape(kinds()["bulanan"]), shape(kinds()["triwulanan"])


def order(act: OrganisationAct, body, actor: UUID | None = None) -> StoredCommand:
    return StoredCommand(
        id=uuid(),
        stream="organisation/kota-contoh",
        act=act,
        actor=actor,
        body=body,
        expected_version=None,
        via=Via.SHELL,
        os_user="tester",
        received_at=NOW,
    )


class TestReadOrder:
    def test_takes_what_the_act_asks_for(self) -> None:
        command = order(OrganisationAct.OPEN_PERIOD, {"period": "2026-03", "kind": "bulanan"})
        assert read_order(command) == OpenPeriod(period="2026-03", kind="bulanan")

    def test_refuses_a_body_of_another_version(self) -> None:
        found = read_order(order(OrganisationAct.OPEN_PERIOD, {"month": 3}))
        assert isinstance(found, Refusal)
        assert (found.type, found.rule) == (ErrorType.INVALID, "command.unreadable")


class TestSeat:
    def test_the_administrator_of_the_machine_has_none(self) -> None:
        command = order(OrganisationAct.OPEN_PERIOD, {})
        assert seat_of(command, organisation(Cast()), DAY) is None

    def test_a_person_acts_from_a_post_of_the_hr_office(self) -> None:
        cast = Cast()
        command = order(OrganisationAct.OPEN_PERIOD, {}, cast.hr)
        seat = Seat(person=cast.hr, post="hr clerk", capacity=Capacity.DEFINITIVE)
        assert seat_of(command, organisation(cast), DAY) == seat

    def test_anybody_else_is_refused(self) -> None:
        cast = Cast()
        command = order(OrganisationAct.GRANT_MANDATE, {}, cast.supervisor)
        found = seat_of(command, organisation(cast), DAY)
        assert isinstance(found, Refusal)
        assert found.type is ErrorType.NOT_AUTHORISED
        assert found.params == {"act": "grant_mandate"}

    def test_what_is_everybodys_own_takes_no_seat_but_somebody(self) -> None:
        cast, act = Cast(), OrganisationAct.SET_MAIL_PREFERENCE
        for person in (cast.employee, cast.hr):
            assert seat_of(order(act, {}, person), organisation(cast), DAY) is None
        assert seat_of(order(act, {}), organisation(cast), DAY) == Refusal(
            type=ErrorType.NOT_AUTHORISED,
            rule="act.role",
            params={"act": "set_mail_preference"},
        )


class TestImport:
    MAYOR = HoldingRow(
        identity_number="196901011994031001",
        name="A",
        kind=PersonKind.STATE_OFFICIAL,
        post="walikota",
        capacity=Capacity.DEFINITIVE,
        unit="kota",
        level=Level.REGIONAL_HEAD,
        held_from=date(2025, 1, 1),
    )

    def test_rows_that_fit_together_are_taken(self) -> None:
        assert refuse_import(ImportOrganisation(rows=(self.MAYOR,))) is None

    def test_the_first_contradiction_is_named_by_its_line_in_a_file(self) -> None:
        other = self.MAYOR.model_copy(update={"name": "B", "post": "wakil", "unit": "wakil"})
        found = refuse_import(ImportOrganisation(rows=(self.MAYOR, other)))
        assert found == Refusal(
            type=ErrorType.INVALID,
            rule="organisation.contradiction",
            field="rows",
            params={"row": 3, "column": "name"},
        )

    def test_a_superior_that_is_missing_is_a_contradiction(self) -> None:
        alone = self.MAYOR.model_copy(update={"superior_post": "presiden"})
        found = refuse_import(ImportOrganisation(rows=(alone,)))
        assert found is not None
        assert found.params == {"row": 2, "column": "superior_post"}


class TestOpening:
    def test_a_period_that_runs_or_comes_is_opened(self) -> None:
        for period in ("2026-03", "2026-12"):
            order_ = OpenPeriod(period=period, kind="bulanan")
            assert refuse_opening(order_, NOW, CALENDAR, PACKS) is None

    def test_a_kind_that_is_not_there_is_answered_with_those_that_are(self) -> None:
        found = refuse_opening(OpenPeriod(period="2026-03", kind="mingguan"), NOW, CALENDAR, PACKS)
        assert found == Refusal(
            type=ErrorType.INVALID,
            rule="period.kind",
            field="kind",
            params={"kinds": ", ".join(sorted(kinds()))},
        )
        assert "bulanan, " in str(found.params["kinds"])

    def test_a_month_is_no_quarter_and_the_right_one_is_named(self) -> None:
        found = refuse_opening(
            OpenPeriod(period="2026-03", kind="triwulanan"), NOW, CALENDAR, PACKS
        )
        assert found == Refusal(
            type=ErrorType.INVALID,
            rule="period.cadence",
            field="period",
            params={"kind": "triwulanan", "example": "2026-TW1"},
        )

    def test_a_period_is_too_late_from_its_horizon_on(self) -> None:
        end = horizon_at(MONTHLY, MARCH, CALENDAR)
        asked = OpenPeriod(period="2026-03", kind="bulanan")
        assert refuse_opening(asked, end - timedelta(seconds=1), CALENDAR, PACKS) is None
        found = refuse_opening(asked, end, CALENDAR, PACKS)
        assert found == Refusal(
            type=ErrorType.DEADLINE_PASSED,
            rule="period.passed",
            field="period",
            params={"period": "2026-03"},
        )


class TestMandate:
    @staticmethod
    def grant(**changed) -> GrantMandate:
        given = {"person": uuid(), "post": "boss", "decree": "SK 9", "from_on": DAY, **changed}
        return GrantMandate(mandate=MandateOrder(**given))

    def test_may_last_one_day_or_for_ever(self) -> None:
        city = organisation(Cast())
        assert refuse_mandate(self.grant(), city) is None
        assert refuse_mandate(self.grant(to_on=DAY), city) is None

    def test_does_not_end_before_it_begins(self) -> None:
        late = self.grant(to_on=DAY - timedelta(days=1))
        assert refuse_mandate(late, organisation(Cast())) == invalid(
            "mandate.to_on", "mandate.ends_first"
        )

    def test_is_for_a_post_that_is_there_on_its_first_day(self) -> None:
        found = refuse_mandate(self.grant(from_on=date(2019, 12, 31)), organisation(Cast()))
        assert found == Refusal(
            type=ErrorType.INVALID,
            rule="mandate.post",
            field="mandate.post",
            params={"on": "2019-12-31"},
        )


class TestClosing:
    ORDER = ClosePeriod(period="2026-03", kind="bulanan")

    def test_of_what_nobody_opened_names_period_and_kind(self) -> None:
        assert not_open(self.ORDER) == Refusal(
            type=ErrorType.NOT_FOUND,
            rule="period.unopened",
            field="period",
            params={"period": "2026-03", "kind": "bulanan"},
        )

    def test_once_more_names_when_it_was_closed(self) -> None:
        assert closed_already(self.ORDER, wib(5, 4, 9)) == Refusal(
            type=ErrorType.CLOSED,
            rule="period.closed",
            field="period",
            params={"period": "2026-03", "at": "2026-05-04T02:00:00.000000Z"},
        )


class TestContacts:
    ONE, TWO, THREE = (UUID(int=n) for n in (1, 2, 3))

    @pytest.mark.parametrize(
        ("rows", "field", "rule", "row"),
        [
            ([(ONE, "a@x.id"), (ONE, "b@x.id")], "rows.1.person", "contact.person_twice", 2),
            ([(ONE, None), (TWO, "a@x.id"), (ONE, None)], "rows.2.person",
             "contact.person_twice", 3),
            ([(ONE, "a@x.id"), (TWO, "a@x.id")], "rows.1.address", "contact.address_twice", 2),
            ([(ONE, "Budi@X.id"), (TWO, None), (THREE, "bUDI@x.ID")], "rows.2.address",
             "contact.address_twice", 3),
            ([(ONE, "a@x.id"), (ONE, "a@x.id")], "rows.1.person", "contact.person_twice", 2),
        ],
    )  # fmt: skip
    def test_a_person_or_an_address_comes_once(self, rows, field, rule, row) -> None:
        assert refuse_contacts(self.contacts(*rows)) == Refusal(
            type=ErrorType.INVALID, rule=rule, field=field, params={"row": row}
        )

    @pytest.mark.parametrize(
        "rows",
        [
            [(ONE, "a@x.id")],
            [(ONE, "a@x.id"), (TWO, "b@x.id"), (THREE, "a@y.id")],
            [(ONE, None), (TWO, None), (THREE, None)],
        ],
    )
    def test_each_his_own_address_or_none_is_taken(self, rows) -> None:
        assert refuse_contacts(self.contacts(*rows)) is None

    @staticmethod
    def contacts(*rows) -> ImportContacts:
        return ImportContacts(rows=tuple(Contact(person=p, address=a) for p, a in rows))


@pytest.mark.parametrize(
    ("given", "is_taken"),
    [
        ({}, False),
        ({"digest": True}, True),
        ({"digest": False}, True),
        ({"language": "en"}, True),
        ({"digest": False, "language": "id"}, True),
    ],
)
def test_a_mail_preference_chooses_something(given, is_taken: bool) -> None:
    empty = Refusal(type=ErrorType.INVALID, rule="mail_preference.empty", field="digest")
    assert refuse_preference(SetMailPreference(**given)) == (None if is_taken else empty)


class TestChanges:
    CAST = Cast()
    CITY = organisation(CAST)

    @pytest.mark.parametrize(
        ("wrong", "params"),
        [
            ([Wrong(0, "from_on", "change.twice")], {"row": 1, "column": "from_on"}),
            (
                [Wrong(2, "post", "change.post_unknown"), Wrong(3, "person", "change.left")],
                {"row": 3, "column": "post"},
            ),
        ],
    )
    def test_the_first_that_cannot_be_made_is_named(self, wrong, params) -> None:
        assert refuse_changes(Moved(self.CITY, {}, {}, wrong=wrong)) == Refusal(
            type=ErrorType.INVALID, rule="changes.contradiction", field="changes", params=params
        )

    def test_the_first_is_the_first_of_the_order(self) -> None:
        taken = change(Change.MUTATION, self.CAST.stranger, DAY, post="boss")
        back = change(Change.RETURN, self.CAST.hr, DAY)
        found = refuse_changes(move(self.CITY, [taken, back], DAY))
        assert found is not None
        assert found.params == {"row": 1, "column": "from_on"}

    def test_what_can_be_made_is_taken(self) -> None:
        gone = change(Change.RETIREMENT, self.CAST.stranger, DAY)
        assert refuse_changes(move(self.CITY, [gone], DAY)) is None

    def test_are_about_people_of_the_organisation(self) -> None:
        people = (self.CAST.hr, self.CAST.stranger, self.CAST.hr)
        changes = tuple(
            {"change": Change.RETIREMENT, "person": p, "decree": "SK 1", "from_on": DAY}
            for p in people
        )
        asked = ApplyChanges.model_validate({"changes": changes})
        assert refuse_unknown(asked, {*people}) is None
        assert refuse_unknown(asked, {self.CAST.hr}) == Refusal(
            type=ErrorType.INVALID, rule="changes.person", field="changes", params={"row": 2}
        )


class TestRoster:
    PERSON = UUID(int=1)

    def row(self, *holdings, kind=PersonKind.PNS, process=MONTHLY) -> RosterRow:
        posts = [
            Post(id=p, unit=f"unit {p}", superior=None, level=Level.STAFF, office=None,
                 from_on=date(2020, 1, 1))
            for p in ("a", "b")
        ]  # fmt: skip
        city = Organisation.of(posts, holdings)
        return roster_row(self.PERSON, kind, city, MARCH, process.cadence)

    def test_the_post_of_the_last_day_counts(self) -> None:
        moved = (
            holding(self.PERSON, "a", to_on=date(2026, 3, 30)),
            holding(self.PERSON, "b", from_on=date(2026, 3, 31)),
        )
        assert self.row(*moved) == RosterRow(
            person=self.PERSON, unit="unit b", post="b", excluded_because=None
        )

    def test_who_left_before_has_the_post_of_the_first_day(self) -> None:
        left = holding(self.PERSON, "a", to_on=date(2026, 3, 1))
        assert self.row(left) == RosterRow(
            person=self.PERSON, unit="unit a", post="a", excluded_because=None
        )

    def test_who_held_none_on_either_day_gets_no_file(self) -> None:
        between = holding(self.PERSON, "a", from_on=date(2026, 3, 2), to_on=date(2026, 3, 30))
        for holdings in ((), (between,), (holding(self.PERSON, "not there"),)):
            assert self.row(*holdings) == RosterRow(
                person=self.PERSON, unit="", post="", excluded_because=Exclusion.NO_POST
            )

    def test_a_state_official_gets_none_with_or_without_a_post(self) -> None:
        for holdings in ((), (holding(self.PERSON, "a"),)):
            found = self.row(*holdings, kind=PersonKind.STATE_OFFICIAL)
            assert found.excluded_because is Exclusion.STATE_OFFICIAL

    @pytest.mark.parametrize(
        ("kind", "process", "expected"),
        [
            (PersonKind.PNS, MONTHLY, None),
            (PersonKind.PPPK, MONTHLY, None),
            (PersonKind.PPPK_PART_TIME, MONTHLY, Exclusion.OTHER_CADENCE),
        ],
    )
    def test_part_time_pppk_have_no_monthly_file(self, kind, process, expected) -> None:
        found = self.row(holding(self.PERSON, "a"), kind=kind, process=process)
        assert (found.post, found.excluded_because) == ("a", expected)

    def absent(self, kind: AbsenceKind, first: int, last: date | None = None) -> Exclusion | None:
        """Why somebody is left out of March who is absent from a day of it, or before it."""
        on = date(2026, 3, 1) + timedelta(days=first - 1)
        away = Absence(person=self.PERSON, kind=kind, decree="SK 1", from_on=on, to_on=last)
        held = holding(self.PERSON, "a")
        post = Post(id="a", unit="u", superior=None, level=Level.STAFF, office=None,
                    from_on=date(2020, 1, 1))  # fmt: skip
        city = Organisation.of([post], [held], absences=[away])
        return roster_row(
            self.PERSON, PersonKind.PNS, city, MARCH, MONTHLY.cadence
        ).excluded_because

    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            (AbsenceKind.UNPAID_LEAVE, Exclusion.UNPAID_LEAVE),
            (AbsenceKind.STUDY, Exclusion.STUDY),
            (AbsenceKind.SUSPENSION, Exclusion.SUSPENDED),
            (AbsenceKind.STATE_OFFICE, Exclusion.STATE_OFFICIAL),
            (AbsenceKind.RETIREMENT_PREPARATION, Exclusion.RETIREMENT_PREPARATION),
            (AbsenceKind.RETIREMENT, Exclusion.RETIRED),
        ],
    )
    def test_who_serves_on_no_day_of_it_gets_none(self, kind, expected) -> None:
        assert self.absent(kind, 1) is expected
        assert self.absent(kind, -30) is expected
        assert self.absent(kind, 1, date(2026, 3, 31)) is expected
        assert self.absent(kind, 2) is None
        assert self.absent(kind, 1, date(2026, 3, 30)) is None

    @pytest.mark.parametrize("kind", sorted(LEAVES))
    def test_leave_keeps_nobody_out(self, kind) -> None:
        assert self.absent(kind, 1, date(2026, 3, 31)) is None

    def test_the_dead_get_none_whatever_day_it_was(self) -> None:
        assert self.absent(AbsenceKind.DEATH, 31) is Exclusion.DEAD
        assert self.absent(AbsenceKind.DEATH, 32) is None

    def test_who_begins_later_has_not_begun(self) -> None:
        later = holding(self.PERSON, "a", from_on=date(2026, 4, 1))
        assert self.row(later).excluded_because is Exclusion.NOT_STARTED

    def test_has_passed_from_the_horizon_on(self) -> None:
        for process, period in ((MONTHLY, MARCH), (QUARTERLY, Period.parse("2026-TW1"))):
            end = horizon_at(process, period, CALENDAR)
            assert has_passed(process, period, end, CALENDAR)
            assert not has_passed(process, period, end - timedelta(seconds=1), CALENDAR)
