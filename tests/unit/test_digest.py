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

    def test_a_notice_that_says_no_more_than_its_task_is_told_without_a_line(self) -> None:
        file = uuid4()
        told = [news(Topic.TASK, 1, file), news(Topic.NUDGE, 2, file), news(Topic.TASK, 3)]
        found = made([task(LATER, file)], told)
        assert found is not None
        assert [item.outbox for item in found.news] == [2]
        assert set(found.told) == {1, 2, 3}


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
