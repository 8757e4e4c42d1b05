"""The decider of a unit's predicate: who may say what of a unit, when, and what is in force."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from domain.unit import (
    CORRECTED,
    PROPOSED,
    SET,
    Decided,
    Step,
    decide_unit,
    first_set,
    in_force,
    officials,
    seat_for,
)
from schemas.code import Capacity, OrganisationPredicate, UnitAct, Via
from schemas.command import StoredCommand
from schemas.error import ErrorType, Refusal
from schemas.file import UnitPredicate
from schemas.identifier import UnitKey
from schemas.order_body import ProposeUnitPredicate, SetUnitPredicate
from schemas.organisation import Seat
from tests.builders import MARCH, ORG, Cast, holding, organisation, uuid

DAY = date(2026, 4, 1)
KEY = UnitKey(org=ORG, period=MARCH, unit="dinas")
GOOD, POOR = OrganisationPredicate.GOOD, OrganisationPredicate.POOR
PROPOSE, SETS, CORRECT = UnitAct
PROPOSAL = {"predicate": "baik", "evidence": "capaian kinerja"}


def at(day: int) -> datetime:
    return datetime(2026, 4, day, tzinfo=UTC)


def steps(*said: tuple[str, OrganisationPredicate]) -> list[Step]:
    """What was said of the unit, one step a day from 1 April on."""
    return [Step(n, step, predicate, at(n)) for n, (step, predicate) in enumerate(said, start=1)]


def decided(act, actor, body, before=(), *, cast, key=KEY, on=DAY, vacant=()):
    command = StoredCommand(
        id=uuid(),
        stream=key.stream,
        act=act,
        actor=actor,
        body=body,
        expected_version=None,
        via=Via.SHELL,
        os_user="tester",
        received_at=at(1),
    )
    return decide_unit(command, key, organisation(cast, vacant=vacant), steps(*before), on)


class TestInForce:
    def test_a_proposal_is_nothing_yet(self) -> None:
        assert in_force(steps((PROPOSED, GOOD))) is None
        assert in_force([]) is None
        assert first_set(steps((PROPOSED, GOOD))) is None

    def test_the_last_that_was_set_or_corrected_counts(self) -> None:
        said = steps((PROPOSED, POOR), (SET, GOOD), (CORRECTED, POOR), (PROPOSED, GOOD))
        assert in_force(said) == UnitPredicate(predicate=POOR, number=3)
        assert first_set(said) == at(2)

    def test_at_an_instant_only_what_was_said_by_then(self) -> None:
        said = steps((PROPOSED, POOR), (SET, GOOD), (CORRECTED, POOR))
        assert in_force(said, at(1)) is None
        assert in_force(said, at(2)) == UnitPredicate(predicate=GOOD, number=2)
        assert in_force(said, at(3)) == UnitPredicate(predicate=POOR, number=3)


class TestOfficials:
    def test_are_the_head_and_who_stands_above(self) -> None:
        cast = Cast()
        head, above = officials(organisation(cast), "dinas", DAY)
        assert head == Seat(person=cast.unit_head, post="head", capacity=Capacity.DEFINITIVE)
        assert above == Seat(person=cast.sekda, post="sekda", capacity=Capacity.DEFINITIVE)

    def test_a_head_who_acts_for_the_post_above_is_not_above_himself(self) -> None:
        cast = Cast()
        acting = holding(cast.unit_head, "sekda", Capacity.PLT)
        head, above = officials(organisation(cast, acting, vacant=("sekda",)), "dinas", DAY)
        assert head == Seat(person=cast.unit_head, post="head", capacity=Capacity.DEFINITIVE)
        assert above == Seat(person=cast.mayor, post="mayor", capacity=Capacity.DEFINITIVE)

    @pytest.mark.parametrize("days", [-1, 0])
    def test_are_those_of_the_day(self, days: int) -> None:
        cast, day = Cast(), DAY + timedelta(days=days)
        city = organisation(
            cast,
            holding(cast.stranger, "head", from_on=DAY),
            holding(cast.unit_head, "sekda", from_on=DAY),
            vacant=("head", "sekda", "other"),
        )
        head, above = officials(city, "dinas", day)
        found = (head and head.person, above and above.person)
        assert found == ((None, cast.mayor) if days else (cast.stranger, cast.unit_head))

    def test_a_vacant_unit_still_has_somebody_above(self) -> None:
        cast = Cast()
        head, above = officials(organisation(cast, vacant=("head",)), "dinas", DAY)
        assert head is None
        assert above is not None
        assert above.person == cast.sekda

    def test_at_the_top_the_head_decides_alone(self) -> None:
        cast = Cast()
        head, above = officials(organisation(cast), "kota", DAY)
        assert head is not None
        assert above == head
        assert head.person == cast.mayor

    def test_a_unit_without_posts_that_day_has_nobody(self) -> None:
        assert officials(organisation(Cast()), "dinas", date(2019, 12, 31)) == (None, None)
        assert officials(organisation(Cast()), "dinas lain", DAY) == (None, None)


class TestSeat:
    def test_the_head_proposes_and_the_official_above_sets_and_corrects(self) -> None:
        cast = Cast()
        city = organisation(cast)
        for act in UnitAct:
            may = cast.unit_head if act is PROPOSE else cast.sekda
            for person in cast.people():
                found = seat_for(act, person, city, "dinas", DAY)
                if person == may:
                    assert isinstance(found, Seat)
                    assert found.person == person
                else:
                    assert found == Refusal(
                        type=ErrorType.NOT_AUTHORISED, rule="act.role", params={"act": act.value}
                    )

    def test_nobody_proposes_for_a_vacant_head(self) -> None:
        cast = Cast()
        found = seat_for(PROPOSE, cast.sekda, organisation(cast, vacant=("head",)), "dinas", DAY)
        assert isinstance(found, Refusal)

    def test_a_unit_that_is_not_there_is_not_found(self) -> None:
        cast = Cast()
        assert seat_for(SETS, cast.sekda, organisation(cast), "dinas lain", DAY) == Refusal(
            type=ErrorType.NOT_FOUND, rule="unit.unknown", field="unit"
        )


class TestDecide:
    def test_a_proposal_of_the_head_is_taken(self) -> None:
        cast = Cast()
        found = decided(PROPOSE, cast.unit_head, PROPOSAL, cast=cast)
        assert isinstance(found, Decided)
        assert found.order == ProposeUnitPredicate(predicate=GOOD, evidence="capaian kinerja")
        assert found.seat.person == cast.unit_head

    def test_a_second_proposal_is_taken_until_one_is_set(self) -> None:
        cast = Cast()
        again = ((PROPOSED, POOR),)
        assert isinstance(decided(PROPOSE, cast.unit_head, PROPOSAL, again, cast=cast), Decided)
        late = decided(PROPOSE, cast.unit_head, PROPOSAL, ((SET, GOOD),), cast=cast)
        assert late == Refusal(type=ErrorType.NOT_NOW, rule="unit.is_set")

    def test_the_proposed_predicate_is_set_without_a_reason(self) -> None:
        cast = Cast()
        before = ((PROPOSED, POOR), (PROPOSED, GOOD))
        found = decided(SETS, cast.sekda, {"predicate": "baik"}, before, cast=cast)
        assert isinstance(found, Decided)
        assert found.order == SetUnitPredicate(predicate=GOOD)

    @pytest.mark.parametrize(
        "before", [(), ((PROPOSED, POOR),), ((PROPOSED, GOOD), (PROPOSED, POOR))]
    )
    def test_another_than_the_last_proposal_needs_a_reason(self, before) -> None:
        cast = Cast()
        found = decided(SETS, cast.sekda, {"predicate": "baik"}, before, cast=cast)
        assert found == Refusal(type=ErrorType.INVALID, rule="unit.differs", field="reason")
        said = {"predicate": "baik", "reason": "capaian lebih baik"}
        assert isinstance(decided(SETS, cast.sekda, said, before, cast=cast), Decided)

    def test_what_is_set_is_set_once(self) -> None:
        cast = Cast()
        said = {"predicate": "kurang", "reason": "temuan"}
        found = decided(SETS, cast.sekda, said, ((SET, GOOD),), cast=cast)
        assert found == Refusal(type=ErrorType.NOT_NOW, rule="unit.is_set")

    def test_a_correction_changes_what_is_set(self) -> None:
        cast = Cast()
        said = {"predicate": "kurang", "reason": "temuan"}
        before = ((SET, POOR), (CORRECTED, GOOD))
        assert isinstance(decided(CORRECT, cast.sekda, said, before, cast=cast), Decided)
        same = decided(CORRECT, cast.sekda, said, ((SET, GOOD), (CORRECTED, POOR)), cast=cast)
        assert same == Refusal(
            type=ErrorType.INVALID, rule="unit.nothing_changed", field="predicate"
        )
        early = decided(CORRECT, cast.sekda, said, ((PROPOSED, GOOD),), cast=cast)
        assert early == Refusal(type=ErrorType.NOT_NOW, rule="unit.not_set")

    def test_nothing_is_said_before_the_period_begins(self) -> None:
        cast = Cast()
        early = decided(PROPOSE, cast.unit_head, PROPOSAL, cast=cast, on=date(2026, 2, 28))
        assert early == Refusal(
            type=ErrorType.NOT_NOW, rule="unit.period_not_begun", params={"period": MARCH}
        )
        first = decided(PROPOSE, cast.unit_head, PROPOSAL, cast=cast, on=date(2026, 3, 1))
        assert isinstance(first, Decided)

    @pytest.mark.parametrize("actor", [None, UUID(int=1)])
    def test_nobody_else_says_anything(self, actor) -> None:
        found = decided(PROPOSE, actor, PROPOSAL, cast=Cast())
        assert found == Refusal(
            type=ErrorType.NOT_AUTHORISED, rule="act.role", params={"act": PROPOSE.value}
        )

    def test_a_body_of_another_version_is_refused(self) -> None:
        cast = Cast()
        found = decided(PROPOSE, cast.unit_head, {"predikat": "baik"}, cast=cast)
        assert found == Refusal(type=ErrorType.INVALID, rule="command.unreadable", field="body")
