"""What a changed calendar does to a file that is open: its dates, its wake-ups, who is told."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain.calendar_book import CalendarBook
from domain.deadline import wakes
from domain.moved import decide_move, move_of, moved_due
from domain.movement import move
from schemas.code import Act, Change, EventKind, Topic
from schemas.file import Postponed, RungTime
from tests.builders import change, organisation, unique_cast
from tests.decrees import NO_CHANGES, day, free, midnight, six_days, wib, working
from tests.stories import Story, story_at

NEWS = wib(3, 2, 10)


def moves(story):
    kinds = (EventKind.DUE_MOVED, EventKind.CALENDAR_NOTED)
    return [f for f in story.facts if f.kind in kinds]


def coming(story):
    found = wakes(story.state, story.rules.process, story.rules.calendar)
    return {w.rung: w.at for w in found}


def due_of(story: Story) -> datetime:
    assert story.state.due_at is not None
    return story.state.due_at


def told(book, until=None, **options):
    """A file opened on 2 March whose calendars change as the book says."""
    return Story(book=book, **options).wait(until or book.changes[-1].since)


class TestFreeDay:
    def test_before_the_due_day_moves_it_and_says_so(self):
        story = told(free(day(3, 4), at=NEWS))
        [fact] = moves(story)
        assert (fact.kind, fact.happened_at) == (EventKind.DUE_MOVED, NEWS)
        assert (fact.before.due_at, fact.after.due_at) == (midnight(3, 4), midnight(3, 5))
        assert fact.data["change"] == 1
        assert fact.data["calendar_from"] == NO_CHANGES.everyones().version
        assert fact.data["calendar_to"] == story.book.everyones().version
        assert fact.data["rules"] == {"kalender.libur": 1, "kalender.minggu": 1}

    def test_tells_whoever_is_awaited_once(self):
        story = told(free(day(3, 4), at=NEWS), until=wib(3, 4, 20))
        [notice] = moves(story)[0].notices
        assert (notice.topic, notice.recipient) == (Topic.DUE_MOVED, story.cast.employee)
        assert len(moves(story)) == 1

    def test_moves_the_wake_ups_that_follow_from_it(self):
        before, after = coming(Story()), coming(told(free(day(3, 4), at=NEWS)))
        assert before["overdue"] == midnight(3, 4)
        assert (after["overdue"], after["boss"]) == (midnight(3, 5), wib(3, 6, 8))
        assert all(after[rung] >= at for rung, at in before.items())

    def test_after_the_due_day_moves_no_due_date_and_tells_nobody(self):
        story = told(free(day(3, 5), at=NEWS))
        [fact] = moves(story)
        assert fact.kind is EventKind.CALENDAR_NOTED
        assert fact.notices == ()
        assert story.state.due_at == midnight(3, 4)
        assert coming(story)["boss"] == wib(3, 6, 8)

    def test_long_after_everything_leaves_no_event(self):
        story = told(free(day(7, 1), at=NEWS))
        assert moves(story) == []
        assert story.taken == 1

    def test_of_a_day_that_has_passed_gives_the_time_back(self):
        """The day was free after all: the deadline comes again, what rang has rung."""
        story = told(free(day(3, 4), at=wib(3, 5, 10)))
        assert [f.kind for f in story.facts] == [
            EventKind.FILE_OPENED,
            EventKind.BECAME_OVERDUE,
            EventKind.ESCALATED,
            EventKind.DUE_MOVED,
        ]
        assert story.state.due_at == midnight(3, 5)
        assert story.state.done_rungs == ("overdue", "boss")
        assert "overdue" not in coming(story)
        assert coming(story)["superior"] == wib(3, 9, 8)

    def test_at_the_end_of_a_month_never_brings_the_horizon_nearer(self):
        """By the calendar alone the last working day would come a day earlier."""
        story = told(free(day(4, 30), at=NEWS))
        horizon = coming(Story())["horizon"]
        assert horizon == midnight(4, 30)
        assert coming(story)["horizon"] == midnight(5, 4)

    def test_a_reminder_is_not_rung_before_the_day_it_was_set_for(self):
        story = story_at("scoring").wait(wib(4, 1, 9))
        assert coming(story)["reminder"] == wib(4, 7, 8)
        story.book = free(day(4, 8), at=wib(4, 1, 10))
        story.wait(wib(4, 1, 11))
        assert story.state.due_at == midnight(4, 10)
        assert coming(story)["reminder"] >= wib(4, 7, 8)

    def test_counts_for_the_window_of_an_objection(self):
        story = story_at("acceptance")
        delivered = story.at
        due = due_of(story)
        story.book = free(story.rules.calendar.add_working_days(delivered.date(), 1), at=story.at)
        story.wait(story.at + timedelta(minutes=1))
        assert due_of(story) > due
        assert coming(story)["expire"] == story.state.due_at

    def test_is_what_later_turns_are_counted_by(self):
        story = told(free(day(3, 4), at=NEWS))
        story.act(Act.SUBMIT_PLAN, at=wib(3, 2, 11))
        assert story.state.due_at == midnight(3, 5)
        assert story.state.times is None


class TestPutOffReminder:
    """The employee is on leave until the 10th, so that his reminder waits for the 11th."""

    @pytest.fixture
    def cast(self):
        return unique_cast()

    @pytest.fixture
    def city(self, cast):
        leave = change(Change.ANNUAL_LEAVE, cast.employee, day(3, 2), day(3, 10))
        return move(organisation(cast), [leave], day(3, 2)).result()

    def reminded(self, cast, city, book):
        story = Story(cast=cast, city=city, book=book, at=wib(2, 27)).wait(wib(3, 20))
        rang = [f.happened_at for f in story.facts if f.kind is EventKind.REMINDED]
        return rang, moves(story)

    def test_rings_on_its_first_day_back(self, cast, city):
        assert self.reminded(cast, city, NO_CHANGES) == ([wib(3, 11, 8)], [])

    @pytest.mark.parametrize("known", [wib(3, 5, 10), wib(3, 10, 10)], ids=["early", "late"])
    def test_rings_a_day_later_where_that_has_become_free(self, cast, city, known):
        at, noted = self.reminded(cast, city, free(day(3, 11), at=known))
        assert at == [wib(3, 12, 8)]
        assert [(f.kind, f.happened_at) for f in noted] == [(EventKind.CALENDAR_NOTED, known)]

    def test_moves_on_with_a_second_decree(self, cast, city):
        first = free(day(3, 11), at=wib(3, 5, 10))
        at, noted = self.reminded(cast, city, free(day(3, 12), at=wib(3, 9, 10), book=first))
        assert at == [wib(3, 13, 8)]
        assert len(noted) == 2


class TestTwoDecrees:
    def test_each_moves_the_dates_on_from_where_they_are(self):
        book = free(day(3, 5), at=wib(3, 3, 10), book=free(day(3, 4), at=NEWS))
        story = told(book)
        assert [f.data["change"] for f in moves(story)] == [1, 2]
        assert story.state.due_at == midnight(3, 6)

    def test_one_that_concerns_nothing_leaves_a_moved_file_alone(self):
        book = free(day(7, 1), at=wib(3, 3, 10), book=free(day(4, 30), at=NEWS))
        story = told(book)
        assert len(moves(story)) == 1
        assert coming(story)["horizon"] == midnight(5, 4)

    def test_noticed_late_they_come_at_their_own_instants(self):
        book = free(day(3, 5), at=wib(3, 3, 10), book=free(day(3, 4), at=NEWS))
        prompt, late = Story(book=CalendarBook(book.base)), told(book, until=wib(3, 20, 8))
        for count in (1, 2):
            prompt.book = book.known(count)
            prompt.wait(book.changes[count - 1].since)
        prompt.wait(wib(3, 20, 8))
        told_alike = [[(f.kind, f.happened_at, f.data) for f in s.facts] for s in (prompt, late)]
        assert told_alike[0] == told_alike[1]


class TestDayTakenBack:
    def test_brings_dates_nearer(self):
        granted = free(day(3, 4), at=NEWS)
        story = told(working(day(3, 4), at=wib(3, 2, 12), book=granted))
        assert [f.after.due_at for f in moves(story)] == [midnight(3, 5), midnight(3, 4)]

    def test_never_before_the_next_working_day(self):
        """Known on the 4th, the due date that was the 5th cannot become the 4th."""
        granted = free(day(3, 3), day(3, 4), at=NEWS)
        book = working(day(3, 3), day(3, 4), at=wib(3, 4, 10), book=granted)
        story = told(book)
        assert [f.after.due_at for f in moves(story)] == [midnight(3, 6), midnight(3, 5)]
        assert min(coming(story).values()) > wib(3, 4, 10)
        assert coming(story)["overdue"] == midnight(3, 5)

    def test_never_touches_a_date_that_has_passed(self):
        granted = free(day(3, 3), at=NEWS)
        story = told(granted, until=wib(3, 6, 7))
        assert story.state.due_at == midnight(3, 5)
        story.book = working(day(3, 3), at=wib(3, 6, 10), book=granted)
        story.wait(wib(3, 6, 11))
        assert story.state.due_at == midnight(3, 5)


class TestWeekOfSixDays:
    def test_counts_saturdays_from_its_day_on(self):
        book = six_days("dinas", day(4, 1), at=NEWS)
        calendar = book.of("dinas")
        assert not calendar.is_working_day(day(3, 28))
        assert calendar.is_working_day(day(4, 4))
        assert not book.of("lain").is_working_day(day(4, 4))

    def test_reaches_the_files_of_the_unit_alone(self):
        book = six_days("dinas", day(3, 1), at=wib(3, 6, 10))
        assert moves(told(book)) != []
        other = six_days("lain", day(3, 1), at=wib(3, 6, 10))
        assert moves(told(other)) == []

    def test_brings_dates_nearer_but_not_before_it_is_known(self):
        story = story_at("scoring").wait(wib(4, 1, 9))
        due = due_of(story)
        story.book = six_days("dinas", day(4, 1), at=wib(4, 1, 10))
        story.wait(wib(4, 1, 11))
        assert wib(4, 1, 11) < due_of(story) < due

    @pytest.mark.parametrize("week", [5, 6])
    def test_a_week_that_is_so_already_changes_no_calendar(self, week):
        book = six_days("dinas", day(4, 1), at=NEWS)
        again = six_days("dinas", day(5, 1), at=wib(3, 3), book=book)
        assert again.of("dinas") == book.of("dinas")


class TestForetold:
    """What a change would make of a due date, before anybody orders it."""

    @staticmethod
    def due(story: Story, book: CalendarBook, at: datetime) -> datetime | None:
        before, after = book.known(book.version - 1), book.of("dinas")
        return moved_due(
            story.state, at, story.rules.by(after), before.of("dinas"), book.changes[-1]
        )

    @pytest.mark.parametrize(
        ("book", "at", "found"),
        [
            (free(day(3, 4), at=NEWS), NEWS, midnight(3, 5)),
            (free(day(3, 3), day(3, 4), at=NEWS), NEWS, midnight(3, 6)),
            (free(day(3, 5), at=NEWS), NEWS, None),
            (free(day(7, 1), at=NEWS), NEWS, None),
            (six_days("lain", day(3, 1), at=NEWS), NEWS, None),
            (working(day(3, 18), at=NEWS), NEWS, None),
        ],
        ids=["a day", "two days", "later days only", "no day", "another unit", "a day taken back"],
    )
    def test_is_a_new_day_or_none(self, book, at, found):
        assert self.due(Story(), book, at) == found

    def test_is_what_the_file_does_then(self):
        story, book = Story(), free(day(3, 4), at=NEWS)
        foretold = self.due(story, book, NEWS)
        story.book = book
        assert story.wait(NEWS).state.due_at == foretold

    @pytest.mark.parametrize(
        ("known", "found"),
        [(wib(3, 2, 12), midnight(3, 4)), (wib(3, 3, 12), midnight(3, 4)),
         (wib(3, 4, 12), midnight(3, 5)), (wib(3, 5, 12), None)],
    )  # fmt: skip
    def test_goes_back_only_where_a_day_is_taken_back_and_never_into_the_past(self, known, found):
        """Two days were given, so that it is due on the 6th; both are taken back."""
        granted = free(day(3, 3), day(3, 4), at=NEWS)
        story = told(granted)
        story.at = known
        taken = working(day(3, 3), day(3, 4), at=known, book=granted)
        assert due_of(story) == midnight(3, 6)
        assert self.due(story, taken, known) == found

    def test_a_change_that_adds_no_day_brings_nothing_nearer(self):
        granted = free(day(3, 3), at=NEWS)
        story = told(granted)
        taken = working(day(3, 3), at=NEWS, book=granted)
        silent = replace(taken.changes[-1], working=frozenset(), free=frozenset({day(7, 1)}))
        rules = story.rules.by(taken.of("dinas"))
        before = granted.of("dinas")
        assert moved_due(story.state, NEWS, rules, before, taken.changes[-1]) == midnight(3, 4)
        assert moved_due(story.state, NEWS, rules, before, silent) is None

    def test_of_a_file_that_has_ended_there_is_none(self):
        story = story_at("scoring")
        story.act(Act.WITHDRAW, story.cast.hr)
        assert self.due(story, free(day(4, 8), at=story.at), story.at) is None


class TestFact:
    """All that one change leaves in a file's record."""

    def made(self, book: CalendarBook, **changed):
        story = Story()
        state = story.state.model_copy(update=changed)
        before, change_ = book.known(0).of("dinas"), book.changes[-1]
        rules = story.rules.by(book.of("dinas"))
        context = story.resolve(NEWS, None).model_copy(
            update={"moved": move_of(change_, before), "calendar": rules.calendar.version}
        )
        [fact] = decide_move(state, NEWS, context, rules, before)
        return state, rules, fact

    def test_a_moved_date_is_told_with_what_it_was(self):
        state, rules, fact = self.made(free(day(3, 4), at=NEWS))
        assert fact.before is state
        assert (fact.kind, fact.cause) == (EventKind.DUE_MOVED, "calendar:1")
        assert (fact.seat, fact.rung, fact.has_content) == (None, None, False)
        assert fact.data == {
            "change": 1,
            "calendar_from": NO_CHANGES.of("dinas").version,
            "calendar_to": rules.calendar.version,
            "due_from": "2026-03-04T17:00:00.000000Z",
            "due_to": "2026-03-05T17:00:00.000000Z",
            "rules": {"kalender.libur": 1, "kalender.minggu": 1},
        }
        unmoved = {"due_at": state.due_at, "times": None}
        assert fact.after.model_copy(update=unmoved) == state

    def test_the_coming_wake_ups_stand_in_it_in_order(self):
        _, _, fact = self.made(free(day(3, 4), at=NEWS))
        assert fact.after.times == tuple(
            RungTime(rung=rung, at=at)
            for rung, at in (
                ("overdue", midnight(3, 5)),
                ("boss", wib(3, 6, 8)),
                ("superior", wib(3, 9, 8)),
                ("unit_head", wib(3, 11, 8)),
                ("hr", wib(3, 13, 8)),
                ("sekda", wib(3, 26, 8)),
                ("expire", midnight(3, 31)),
                ("horizon", midnight(4, 30)),
            )
        )

    def test_a_date_that_stays_is_noted_and_told_to_nobody(self):
        state, _, fact = self.made(free(day(4, 30), at=NEWS))
        assert (fact.kind, fact.notices) == (EventKind.CALENDAR_NOTED, ())
        assert fact.after.due_at == state.due_at
        assert fact.data["due_from"] == fact.data["due_to"] == "2026-03-04T17:00:00.000000Z"

    def test_a_rung_that_was_put_off_to_a_day_now_free_goes_on(self):
        late = Postponed(rung="reminder", at=wib(3, 11, 8))
        done = Postponed(rung="boss", at=wib(3, 11, 8))
        _, _, fact = self.made(
            free(day(3, 11), at=NEWS), postponed=(late, done), done_rungs=("boss",)
        )
        assert fact.after.postponed == (late.model_copy(update={"at": wib(3, 12, 8)}), done)
        assert fact.after.times is not None
        assert RungTime(rung="reminder", at=wib(3, 12, 8)) in fact.after.times
        assert "boss" not in {t.rung for t in fact.after.times}
