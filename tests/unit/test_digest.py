"""Which lines a day's mail has, in which order, and when there is none."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from domain.digest import Item, Letter, gets_digest_on, letter
from schemas.code import AbsenceKind, End, Topic
from schemas.organisation import Absence
from tests.builders import CALENDAR, Cast, organisation, wib

AT = wib(3, 9, 8)
SOON, LATER, LATE = wib(3, 12, 0), wib(3, 13, 0), wib(3, 6, 0)


def task(due_at=LATER, file: UUID | None = None) -> Item:
    return Item(file or uuid4(), "Pegawai", "2026-03", "scoring", wib(3, 2), due_at)


def news(topic: Topic, outbox: int = 1, file: UUID | None = None, end: End | None = None) -> Item:
    since = wib(3, 8)
    return Item(
        file or uuid4(), "Pegawai", "2026-03", "scoring", since, topic=topic, end=end, outbox=outbox
    )


def made(tasks=(), told=(), *, wants_digest: bool = True) -> Letter | None:
    return letter(tasks, told, AT, CALENDAR, wants_digest=wants_digest)


class TestWhen:
    @pytest.mark.parametrize(("due_at", "is_sent"), [(LATE, True), (SOON, True), (LATER, False)])
    def test_what_is_due_within_two_working_days_is_a_reason_and_nothing_later(
        self, due_at, is_sent
    ) -> None:
        assert (made([task(due_at)]) is not None) is is_sent

    def test_the_last_instant_of_the_second_working_day_is_soon(self) -> None:
        end = CALENDAR.end_of_day(AT.date() + timedelta(days=2))
        assert made([task(end)])
        assert not made([task(end + timedelta(microseconds=1))])

    def test_something_new_is_a_reason(self) -> None:
        file = uuid4()
        found = made([task(LATER, file)], [news(Topic.NUDGE, file=file)])
        assert found is not None
        assert (len(found.tasks), len(found.news)) == (1, 1)

    @pytest.mark.parametrize("topic", [Topic.TASK, Topic.REMINDER, Topic.NUDGE, Topic.DUE_MOVED])
    def test_what_is_done_already_is_none(self, topic) -> None:
        assert made([task(LATER)], [news(topic)]) is None

    def test_what_was_missed_and_what_others_miss_is(self) -> None:
        found = made([], [news(Topic.OVERDUE), news(Topic.ESCALATION, 2)])
        assert found is not None
        assert [item.outbox for item in found.news] == [1, 2]

    def test_nothing_is_none(self) -> None:
        assert made() is None


class TestLines:
    def test_the_most_urgent_task_goes_first(self) -> None:
        tasks = [task(LATER), task(None), task(LATE), task(SOON)]
        found = made(tasks)
        assert found is not None
        assert [t.due_at for t in found.tasks] == [LATE, SOON, LATER, None]

    def test_tasks_without_a_day_come_last_the_oldest_first(self) -> None:
        first, second = wib(3, 1), wib(3, 2)
        tasks = [
            replace(task(None), since=second),
            task(LATER),
            replace(task(None), since=first),
            replace(task(LATE), since=wib(3, 8)),
        ]
        found = made(tasks, [news(Topic.OVERDUE)])
        assert found is not None
        assert [(t.due_at, t.since) for t in found.tasks] == [
            (LATE, wib(3, 8)),
            (LATER, wib(3, 2)),
            (None, first),
            (None, second),
        ]

    @pytest.mark.parametrize("due_at", [SOON, None])
    def test_of_one_instant_the_order_is_that_of_what_they_are_about(self, due_at) -> None:
        files = [UUID(int=n) for n in (3, 1, 2)]
        found = made([task(due_at, f) for f in files], [news(Topic.OVERDUE)])
        assert found is not None
        assert [t.file for t in found.tasks] == sorted(files)

    def test_a_notice_that_says_no_more_than_its_task_is_told_without_a_line(self) -> None:
        file = uuid4()
        told = [news(Topic.TASK, 1, file), news(Topic.NUDGE, 2, file), news(Topic.TASK, 3)]
        found = made([task(LATER, file)], told)
        assert found is not None
        assert [item.outbox for item in found.news] == [2]
        assert set(found.told) == {1, 2, 3}


UNIT, OTHER = "Dinas Contoh", "Badan Contoh"


def predicate(due_at=LATE, unit: str = UNIT) -> Item:
    """The predicate of a unit as a task."""
    since = wib(3, 2)
    return Item(None, None, "2026-03", "unit_predicate", since, due_at, unit=unit, waiting=40)


def of_unit(topic: Topic, outbox: int, unit: str = UNIT) -> Item:
    """What was told of one file that waits for its unit's predicate."""
    return replace(news(topic, outbox), turn="unit_predicate", unit=unit)


class TestUnit:
    @pytest.mark.parametrize("topic", [Topic.TASK, Topic.REMINDER, Topic.OVERDUE])
    def test_its_line_says_what_each_file_tells(self, topic) -> None:
        owed = predicate()
        found = made([owed], [of_unit(topic, n) for n in range(40)])
        assert found is not None
        assert (found.tasks, found.news) == ((owed,), ())
        assert set(found.told) == set(range(40))

    def test_its_line_says_nothing_of_another_unit(self) -> None:
        found = made([predicate()], [of_unit(Topic.OVERDUE, 1, OTHER)])
        assert found is not None
        assert [(i.unit, i.topic) for i in found.news] == [(OTHER, Topic.OVERDUE)]

    def test_files_that_begin_to_wait_are_a_reason(self) -> None:
        assert made([predicate(LATER)]) is None
        assert made([predicate(LATER)], [of_unit(Topic.TASK, 1)])
        assert made([predicate(LATER)], [of_unit(Topic.TASK, 1, OTHER)]) is None

    @pytest.mark.parametrize("topic", [Topic.OVERDUE, Topic.ESCALATION, Topic.VACANT])
    def test_without_it_a_unit_is_one_line_a_topic(self, topic) -> None:
        """As for those above the official, or for himself once the predicate is set."""
        told = [of_unit(topic, n) for n in range(40)] + [of_unit(topic, 40, OTHER)]
        found = made([], [*told, of_unit(Topic.CLOSED, 41)])
        assert found is not None
        lines = [(i.unit, i.topic, i.file is None) for i in found.news]
        assert lines == [(UNIT, topic, True), (OTHER, topic, True), (UNIT, Topic.CLOSED, False)]
        assert set(found.told) == set(range(42))

    @pytest.mark.parametrize("topic", [Topic.NUDGE, Topic.DUE_MOVED])
    def test_what_is_a_line_beside_a_task_is_one_beside_it(self, topic) -> None:
        found = made([predicate()], [of_unit(topic, n) for n in range(40)])
        assert found is not None
        assert [(i.unit, i.topic) for i in found.news] == [(UNIT, topic)]

    def test_what_is_told_of_one_file_stays_so(self) -> None:
        """A note of an outgoing supervisor is for one file, wherever that waits."""
        told = [of_unit(Topic.INTERIM, n) for n in range(2)]
        found = made([predicate()], told)
        assert found is not None
        assert found.news == tuple(told)

    def test_another_turn_is_each_files_own(self) -> None:
        told = [replace(of_unit(Topic.OVERDUE, n), turn="meeting") for n in range(2)]
        found = made([predicate()], told)
        assert found is not None
        assert found.news == tuple(told)


class TestLegal:
    @pytest.mark.parametrize(
        ("item", "is_legal"),
        [
            (news(Topic.RESULT), True),
            (news(Topic.DELEGATION), True),
            (news(Topic.CLOSED, end=End.DECIDED), True),
            (news(Topic.CLOSED, end=End.UNDECIDED), True),
            (news(Topic.CLOSED, end=End.ACCEPTED), False),
            (news(Topic.TASK), False),
            (news(Topic.ESCALATION), False),
        ],
    )
    def test_comes_alone_to_whoever_stopped_digests(self, item, is_legal) -> None:
        found = made([task(LATE)], [item, news(Topic.TASK, 9)], wants_digest=False)
        assert (found is not None) is is_legal
        if found is not None:
            assert (found.kind, found.tasks, found.news, found.told) == (
                "notice",
                (),
                (item,),
                (1,),
            )


class TestWhoAtAll:
    def test_whoever_holds_no_post_that_day_gets_no_digest(self) -> None:
        cast = Cast()
        assert gets_digest_on(organisation(cast), cast.supervisor, AT.date())
        assert not gets_digest_on(organisation(cast, vacant=("boss",)), cast.supervisor, AT.date())

    @pytest.mark.parametrize("kind", AbsenceKind)
    def test_whoever_is_away_gets_none_until_he_is_back(self, kind) -> None:
        cast, day = Cast(), AT.date()
        who, decree = cast.supervisor, "850/1/2026"
        leave = Absence(person=who, kind=kind, decree=decree, from_on=day, to_on=day)
        away = replace(organisation(cast), absences={cast.supervisor: (leave,)})
        assert not gets_digest_on(away, cast.supervisor, day)
        assert gets_digest_on(away, cast.supervisor, day + timedelta(days=1))
