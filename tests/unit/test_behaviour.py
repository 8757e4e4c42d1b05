"""What simulated people do follows from the seed, and shows everything that can happen."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from uuid import UUID, uuid4, uuid5

import pytest

from domain.deadline import due_at
from domain.definition import shape
from domain.organisation import Organisation
from domain.organisation_file import to_posts_and_holdings
from domain.process import MONTHLY
from domain.working_calendar import ZONE
from domain.working_calendar import load as load_calendar
from gateway.shape import check_body
from schemas.code import Act, PersonKind, Rating, Role
from schemas.error import Refusal
from schemas.file import FileState
from schemas.identifier import FileKey
from schemas.period import BULANAN
from simulation.behaviour import Behaviour, Task, Temperament, add_working_hours
from simulation.cast import read_bonds
from simulation.city import generate

CALENDAR = load_calendar()
PROCESS = shape(MONTHLY)
ORG = "kota"
PERIOD = "2026-03"
SPACE = UUID(int=7)
NOTICED = datetime(2026, 3, 2, 2, tzinfo=UTC)  # 09:00 WIB on the first working day


def city(people, seed, ids=lambda number: uuid5(SPACE, number)):
    """The keys and bonds of a synthetic city, with ids of the caller's making."""
    rows = generate(people, seed)
    person_ids = {r.identity_number: ids(r.identity_number) for r in rows}
    organisation = Organisation.of(*to_posts_and_holdings(rows, person_ids))
    posts = {
        person_ids[r.identity_number]: r.post
        for r in rows
        if r.kind is not PersonKind.STATE_OFFICIAL
    }
    keys = {person: number for number, person in person_ids.items()}
    return keys, read_bonds(organisation, ORG, PERIOD, posts)


def behaviour(people=150, seed=31):
    keys, bonds = city(people, seed)
    return Behaviour(seed, keys, bonds, CALENDAR), bonds


def task(person, turn_name, noticed_at=NOTICED, **changed):
    turn = PROCESS.find(turn_name)
    file = FileKey(org=ORG, period=PERIOD, kind=BULANAN, person=uuid5(SPACE, "own"))
    state = FileState(
        file=file,
        unit="Unit",
        post="Post",
        process=MONTHLY,
        stage=turn.stage,
        turn=turn.name,
        awaits=turn.awaits,
        entered_at=noticed_at,
        due_at=due_at(turn, file.parsed_period, noticed_at, CALENDAR),
        **{"visit": 1, "version": 3, "planned": ("r1", "r2"), **changed},
    )
    return Task(state, person, turn.awaits, tuple(turn.acts), noticed_at)


def somebody(played, temperament):
    return next(p for p, t in played.temperaments.items() if t is temperament)


class TestTemperaments:
    def test_the_same_seed_gives_the_same_temperaments_whatever_the_ids(self):
        keys, bonds = city(150, 31)
        others, other_bonds = city(150, 31, ids=lambda _number: uuid4())
        one = Behaviour(31, keys, bonds, CALENDAR).temperaments
        two = Behaviour(31, others, other_bonds, CALENDAR).temperaments
        assert {keys[p]: t for p, t in one.items()} == {others[p]: t for p, t in two.items()}

    def test_another_seed_gives_others(self):
        keys, bonds = city(150, 31)
        one, two = (Behaviour(s, keys, bonds, CALENDAR).temperaments for s in (31, 32))
        assert one != two

    @pytest.mark.parametrize("seed", range(40))
    def test_every_temperament_appears_and_most_people_are_prompt(self, seed):
        played, _ = behaviour(seed=seed)
        counts = Counter(played.temperaments.values())
        assert set(counts) == set(Temperament)
        assert 0.55 < counts[Temperament.PROMPT] / sum(counts.values()) < 0.85

    @pytest.mark.parametrize("seed", range(40))
    @pytest.mark.parametrize("people", [12, 150])
    def test_somebodys_absence_leads_to_a_delegation(self, seed, people):
        played, bonds = behaviour(people, seed)
        absent = {p for p, t in played.temperaments.items() if t is Temperament.ABSENT}
        delegated = [
            b
            for b in bonds
            if b.supervisor in absent
            and b.superior is not None
            and b.superior not in absent
            and played.temperament(b.employee) is Temperament.PROMPT
        ]
        assert absent
        assert {b.supervisor for b in delegated} == absent

    def test_one_civil_servant_is_enough(self):
        played, _ = behaviour(people=1)
        assert Temperament.ABSENT not in played.temperaments.values()


class TestIntents:
    def test_the_same_task_gives_the_same_intent(self):
        played, _ = behaviour()
        again, _ = behaviour()
        person = somebody(played, Temperament.PROMPT)
        assert played.intent(task(person, "scoring")) == again.intent(task(person, "scoring"))

    def test_the_prompt_act_in_time_and_in_working_hours(self):
        played, _ = behaviour()
        person = somebody(played, Temperament.PROMPT)
        for visit in range(1, 60):
            asked = task(person, "plan_submission", visit=visit)
            at = played.intent(asked).at.astimezone(ZONE)
            assert NOTICED < at < asked.state.due_at
            assert CALENDAR.is_working_day(at.date())
            assert time(8) <= at.time() <= time(16)

    def test_reports_wait_for_the_end_of_the_month(self):
        played, _ = behaviour()
        person = somebody(played, Temperament.PROMPT)
        days = {
            played.intent(task(person, "report_submission", visit=v)).at.date() for v in range(90)
        }
        assert datetime(2026, 3, 12, tzinfo=UTC).date() < min(days)
        assert max(days) <= datetime(2026, 4, 6, tzinfo=UTC).date()
        assert len(days) > 4

    def test_the_late_act_one_to_four_working_days_after_the_due_date(self):
        played, _ = behaviour()
        person = somebody(played, Temperament.LATE)
        for visit in range(1, 60):
            asked = task(person, "plan_submission", visit=visit)
            at = played.intent(asked).at
            last = CALENDAR.add_working_days(
                CALENDAR.local_date(asked.state.due_at - timedelta(seconds=1)), 4
            )
            assert asked.state.due_at <= at < CALENDAR.end_of_day(last)

    def test_the_absent_do_nothing_but_rule_on_objections(self):
        played, _ = behaviour()
        person = somebody(played, Temperament.ABSENT)
        assert played.intent(task(person, "scoring")) is None
        ruling = played.intent(task(person, "objection", work_result=Rating.MEETS))
        assert ruling.deeds[0].act is Act.DECIDE_OBJECTION

    def test_the_silent_agree_a_plan_and_then_fall_silent(self):
        played, _ = behaviour()
        person = somebody(played, Temperament.SILENT)
        assert played.intent(task(person, "plan_submission")) is not None
        for turn in ("report_submission", "feedback_response", "acceptance"):
            assert played.intent(task(person, turn)) is None

    def test_the_returning_return_once(self):
        played, _ = behaviour()
        person = somebody(played, Temperament.RETURNING)
        first = played.intent(task(person, "plan_agreement", visit=2))
        second = played.intent(task(person, "scoring", visit=6))
        assert first.deeds[0].act is Act.RETURN_PLAN
        assert second.deeds[0].act is Act.SCORE

    def test_the_objecting_object(self):
        played, _ = behaviour()
        intent = played.intent(task(somebody(played, Temperament.OBJECTING), "acceptance"))
        assert [d.act for d in intent.deeds] == [Act.OBJECT]

    def test_a_double_click_sends_one_command_twice(self):
        played, _ = behaviour()
        person = somebody(played, Temperament.DOUBLE_CLICKING)
        assert [d.twice for d in played.intent(task(person, "scoring")).deeds] == [True]

    def test_the_mistaken_err_in_every_way_and_then_do_it_right(self):
        played, _ = behaviour()
        person = somebody(played, Temperament.MISTAKEN)
        ways = set()
        for visit in range(1, 60):
            wrong, right = played.intent(task(person, "report_submission", visit=visit)).deeds
            assert (right.act, right.expected_version) == (Act.SUBMIT_REPORT, 3)
            ways.add(
                "elsewhere"
                if wrong.elsewhere
                else "act"
                if wrong.act is not right.act
                else "version"
                if wrong.expected_version != right.expected_version
                else "body"
            )
        assert ways == {"elsewhere", "act", "version", "body"}

    @pytest.mark.parametrize("turn", [t.name for t in PROCESS.turn if t.acts])
    def test_every_body_is_complete_and_visibly_synthetic(self, turn):
        played, _ = behaviour()
        for temperament in (Temperament.PROMPT, Temperament.RETURNING, Temperament.OBJECTING):
            person = somebody(played, temperament)
            for visit in (2, 6):
                asked = task(person, turn, visit=visit, work_result=Rating.MEETS)
                [deed] = played.intent(asked).deeds
                assert not isinstance(check_body(deed.act, deed.body), Refusal)
                assert deed.body == {} or "[Simulasi]" in str(deed.body)

    def test_a_standing_act_comes_after_the_due_date(self):
        played, _ = behaviour()
        person = somebody(played, Temperament.PROMPT)
        own = task(person, "report_submission")
        due = own.state.due_at
        standing = Task(own.state, person, Role.SUPERVISOR, (Act.SCORE,), due, is_standing=True)
        assert played.intent(standing).at > due


class TestWorkingHours:
    @pytest.mark.parametrize(
        ("start", "hours", "expected"),
        [
            ("2026-03-02T09:00", 2, "2026-03-02T11:00"),
            ("2026-03-02T15:00", 2, "2026-03-03T09:00"),
            ("2026-03-02T03:00", 1, "2026-03-02T09:00"),
            ("2026-03-02T22:00", 1, "2026-03-03T09:00"),
            ("2026-03-06T15:00", 2, "2026-03-09T09:00"),  # over a weekend
            ("2026-03-17T15:30", 1, "2026-03-25T08:30"),  # over Nyepi and Idulfitri
            ("2026-03-02T08:00", 16, "2026-03-04T08:00"),
        ],
    )
    def test_hours_are_counted_while_offices_are_open(self, start, hours, expected):
        at = datetime.fromisoformat(start).replace(tzinfo=ZONE)
        wanted = datetime.fromisoformat(expected).replace(tzinfo=ZONE)
        assert add_working_hours(CALENDAR, at, hours) == wanted
