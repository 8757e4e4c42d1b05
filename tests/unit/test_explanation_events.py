"""Why each event happened: the code of its sentence, all that it is filled with, and its rules."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.explain.case import Case, decided
from domain.explain.deadline import why_moved
from domain.regulation import load
from domain.succession import decide_succession
from domain.wake import decide_wake, open_gate
from schemas.code import Act, Change, EventKind, Rating
from schemas.explanation import Reason
from schemas.file import UnitPredicate
from tests.builders import AGREED, CALENDAR, RULES, SET, Cast, change, holding, organisation, wib
from tests.decrees import SOURCE, day, free, midnight
from tests.stories import Story, story_at
from tests.unit.test_explanation import changed, explained, gone_on
from tests.unit.test_explanation_answers import ANNUAL

DAY = timedelta(days=1)
AT, STAMP = wib(4, 7, 10), "2026-04-07T03:00:00.000000Z"


def told(story: Story, facts=()) -> tuple[str, dict[str, str | int], set[str]]:
    """What is said of the cause of the last event: code, params, and the ids of its rules."""
    return plain(explained(gone_on(story, facts) if facts else story).history[-1].reasons[0])


def plain(reason: Reason) -> tuple[str, dict[str, str | int], set[str]]:
    return reason.code, dict(reason.params), {c.rule for c in reason.rules}


def woken(story: Story, rung: str):
    return decide_wake(story.state, rung, story.at, story.resolve(story.at, None), story.rules)


class TestHandedOver:
    """On 7 April a file waits for its score; its supervisor goes, comes, or nobody does."""

    APPRAISER = "penilai.level_min"

    def handed_over(self, city, cast: Cast, before=None, actor=None):
        story = Story(cast=cast, city=before).until("scoring")
        story.at, story.city = AT, city
        context = story.resolve(AT, actor)
        facts = decide_succession(story.state, AT, context, story.rules)
        return told(story, facts)

    def test_to_another_names_both(self) -> None:
        cast = Cast()
        new = organisation(cast, holding(cast.stranger, "boss"), vacant=("boss", "other"))
        assert self.handed_over(new, cast) == (
            "event.handed_over",
            {
                "turn": "scoring",
                "at": STAMP,
                "role": "supervisor",
                "person": str(cast.stranger),
                "other": str(cast.supervisor),
            },
            {self.APPRAISER},
        )

    def test_with_a_note_cites_its_rule_as_well(self) -> None:
        cast = Cast()
        new = organisation(
            cast,
            holding(cast.supervisor, "boss", to_on=day(4, 6)),
            holding(cast.stranger, "boss", from_on=day(4, 7)),
            vacant=("boss", "other"),
        )
        code, _, rules = self.handed_over(new, cast, actor=cast.supervisor)
        assert (code, rules) == ("event.handed_over", {self.APPRAISER, "penilai.serah_terima"})

    def test_to_nobody_names_who_was_before(self) -> None:
        cast = Cast()
        above = ("boss", "chief", "head", "sekda", "mayor")
        assert self.handed_over(organisation(cast, vacant=above), cast) == (
            "event.vacant",
            {"turn": "scoring", "at": STAMP, "role": "supervisor", "other": str(cast.supervisor)},
            {self.APPRAISER},
        )

    def test_from_nobody_names_who_was_found(self) -> None:
        cast = Cast()
        story = Story(cast=cast).until("scoring")
        state = story.state.model_copy(update={"owner": None})
        story.at = AT
        facts = decide_succession(state, AT, story.resolve(AT, None), RULES)
        assert told(story, facts) == (
            "event.found_owner",
            {
                "turn": "scoring",
                "at": STAMP,
                "role": "supervisor",
                "person": str(cast.supervisor),
            },
            {self.APPRAISER},
        )

    def test_by_death_ends_it_on_the_day(self) -> None:
        story = story_at("scoring")
        gone = change(Change.DEATH, story.cast.employee, day(4, 2))
        story.at = AT
        after = changed(story, gone)
        facts = decide_succession(story.state, AT, after.resolve(AT, None), RULES)
        code, params, _ = told(story, facts)
        assert (code, params) == ("event.death", {"on": "2026-04-02"})
        [said] = [r for r in explained(gone_on(story, facts)).result if r.code == "result.death"]
        assert said.params["on"] == "2026-04-02"


class TestInterim:
    """What the file's result says of the note of an outgoing supervisor."""

    @pytest.mark.parametrize(
        ("ratings", "code"),
        [
            ({}, "result.interim"),
            ({"work_result": "above", "behaviour": "below"}, "result.interim_rated"),
        ],
    )
    def test_names_him_his_days_and_his_ratings_and_no_result(self, ratings, code) -> None:
        story = story_at("scoring")
        cast = story.cast
        story.city = organisation(
            cast,
            holding(cast.supervisor, "boss", to_on=day(4, 6)),
            holding(cast.stranger, "boss", from_on=day(4, 7)),
            vacant=("boss", "other"),
        )
        story.act(Act.RECORD_INTERIM, cast.supervisor, AT, said={"note": "a", **ratings})
        found = plain(explained(story).result[0])
        assert found == (
            code,
            {
                "at": STAMP,
                "person": str(cast.supervisor),
                "post": "boss",
                "capacity": "definitif",
                "decree": "-",
                "first": "2026-03-01",
                "on": "2026-04-06",
                **ratings,
            },
            set(),
        )


class TestRuling:
    @pytest.mark.parametrize(
        ("said", "ratings", "rules"),
        [
            ({"outcome": "rejected"}, ("meets", "meets", "baik"), set()),
            (
                {"outcome": "upheld", "work_result": "above", "behaviour": "meets"},
                ("above", "meets", "baik"),
                {"predikat.matriks"},
            ),
        ],
    )
    def test_has_who_decided_when_and_what_the_ratings_are_now(self, said, ratings, rules) -> None:
        story = story_at("scoring")
        story.act(Act.SCORE, work_result=Rating.MEETS, behaviour=Rating.MEETS)
        story.until("objection")
        story.act(Act.DECIDE_OBJECTION, said={"reasons": "a", **said})
        code = f"result.objection_{said['outcome']}"
        [found] = [plain(r) for r in explained(story).result if r.code == code]
        names, at = ("work_result", "behaviour", "predicate"), story.at
        assert found[1] == {
            "at": f"{at:%Y-%m-%dT%H:%M:%S.%f}Z",
            "person": str(story.cast.superior),
            "post": "chief",
            "capacity": "definitif",
            "decree": "-",
            **dict(zip(names, ratings, strict=True)),
        }
        assert rules < found[2]
        assert "keberatan.pemutus" in found[2]
        assert ("predikat.matriks" in found[2]) is bool(rules)


class TestGate:
    def test_names_the_predicate_of_the_unit(self) -> None:
        story = story_at("unit_predicate")
        story.unit_set_at = story.at
        story.wait(story.at)
        assert story.facts[-1].kind is EventKind.GATE_OPENED
        code, params, rules = told(story)
        assert code == "event.gate.unit_predicate"
        assert params == {
            "at": f"{story.at:%Y-%m-%dT%H:%M:%S.%f}Z",
            "turn": "unit_predicate",
            "unit_predicate": SET.predicate.value,
        }
        assert rules == {"organisasi.wajib_sebelum_final"}

    @pytest.mark.parametrize("is_agreed", [True, False])
    def test_names_whose_plan_it_waited_for_and_its_version(self, is_agreed: bool) -> None:
        story = Story(rules=ANNUAL, at=wib(1, 5)).until("superior_plan")
        above, at = story.state.superior_plan, wib(1, 20)
        assert above is not None
        agreed = above.model_copy(update={"agreed": AGREED}) if is_agreed else None
        context = story.resolve(at, None).model_copy(update={"superior_plan": agreed})
        facts = open_gate(story.state, at, context, ANNUAL)
        code, params, _ = told(story, facts)
        shared = {
            "at": "2026-01-20T02:00:00.000000Z",
            "turn": "superior_plan",
            "other": str(story.cast.supervisor),
        }
        number = {"number": AGREED.version} if is_agreed else {}
        assert params == shared | number
        assert code == ("event.gate.superior_plan" if is_agreed else "event.superior_ended")

    def test_of_a_unit_says_nothing_of_a_plan_the_file_has_passed(self) -> None:
        story = Story(rules=ANNUAL, at=wib(1, 5)).until("unit_predicate")
        assert story.state.superior_plan is not None
        story.unit_set_at = story.at
        found = UnitPredicate(predicate=SET.predicate, number=0)
        context = story.resolve(story.at, None).model_copy(update={"unit_predicate": found})
        code, params, _ = told(story, open_gate(story.state, story.at, context, ANNUAL))
        assert code == "event.gate.unit_predicate"
        assert "other" not in params
        assert params["unit_predicate"] == SET.predicate.value


class TestMoved:
    """4 March becomes free: the plan is due a day later."""

    NEWS = wib(3, 2, 10)
    PARAMS = {  # noqa: RUF012
        "turn": "plan_submission",
        "number": 1,
        "at": "2026-03-02T03:00:00.000000Z",
        "from_at": "2026-03-04T17:00:00.000000Z",
        "due_at": "2026-03-05T17:00:00.000000Z",
    }

    def story(self) -> Story:
        return Story(book=free(day(3, 4), at=self.NEWS)).wait(self.NEWS)

    def of(self, story: Story, organisation=None) -> Reason:
        case = Case(
            state=story.state,
            history=decided(story.facts),
            context=story.resolve(story.at, None),
            rules=story.rules,
            rulebook=load(),
            at=story.at,
            organisation=organisation,
        )
        return why_moved(case, "event.due_moved", case.history[-1])

    def test_says_by_which_decree_and_from_when_to_when(self) -> None:
        story = self.story()
        assert story.state.due_at == midnight(3, 5)
        known = organisation(story.cast).under(load(), story.book)
        found = self.of(story, known)
        assert plain(found) == (
            "event.due_moved",
            {**self.PARAMS, "decree": SOURCE},
            {"kalender.libur", "kalender.minggu"},
        )

    @pytest.mark.parametrize("is_known", [True, False])
    def test_a_decree_that_is_not_at_hand_has_no_name(self, is_known: bool) -> None:
        story = self.story()
        known = organisation(story.cast) if is_known else None
        assert plain(self.of(story, known))[1] == {**self.PARAMS, "decree": "-"}

    def test_is_said_of_the_event_and_of_the_deadline(self) -> None:
        story = self.story()
        assert story.city is not None
        story.city = story.city.under(load(), story.book)
        assert told(story)[:2] == ("event.due_moved", {**self.PARAMS, "decree": SOURCE})
        [first, *_] = explained(story).deadline
        assert plain(first)[:2] == ("deadline.moved", {**self.PARAMS, "decree": SOURCE})

    def test_each_move_names_its_own_decree(self) -> None:
        first = free(day(3, 4), at=self.NEWS)
        second = free(day(3, 5), at=self.NEWS + DAY, book=first).changes[-1]
        book = first.with_change(replace(second, source="SKB lain"))
        story = Story(book=book).wait(self.NEWS + DAY)
        story.city = organisation(story.cast).under(load(), book)
        moved = [r for r in explained(story).deadline if r.code == "deadline.moved"]
        found = [(r.params["number"], r.params["decree"]) for r in moved]
        assert found == [(1, SOURCE), (2, "SKB lain")]

    def test_a_date_that_stays_is_noted(self) -> None:
        story = Story(book=free(day(4, 30), at=self.NEWS)).wait(self.NEWS)
        code, params, _ = told(story)
        assert code == "event.calendar_noted"
        assert params["from_at"] == params["due_at"] == "2026-03-04T17:00:00.000000Z"


class TestRungs:
    @pytest.mark.parametrize(
        ("rung", "code", "number"),
        [
            ("reminder", "event.before_due", 2),
            ("overdue", "event.overdue", 0),
            ("superior", "event.after_due", 2),
        ],
    )
    def test_count_from_the_due_day(self, rung: str, code: str, number: int) -> None:
        story = story_at("report_submission")
        assert told(story, woken(story, rung))[:2] == (
            code,
            {
                "turn": "report_submission",
                "role": "employee",
                "rung": rung,
                "number": number,
                "due_at": "2026-04-06T17:00:00.000000Z",
            },
        )

    def test_that_are_skipped_say_why(self) -> None:
        story = story_at("report_submission")
        story.city = organisation(story.cast, vacant=("sekda",))
        assert told(story, woken(story, "sekda"))[:2] == (
            "event.skipped.nobody",
            {"rung": "sekda", "turn": "report_submission"},
        )

    def test_that_are_put_off_say_until_when(self) -> None:
        story = story_at("report_submission")
        on = CALENDAR.local_date(story.at)
        leave = change(Change.SICK_LEAVE, story.cast.employee, on, on + 9 * DAY)
        facts = woken(changed(story, leave), "reminder")
        assert told(story, facts)[:2] == (
            "event.postponed",
            {
                "rung": "reminder",
                "turn": "report_submission",
                "on": (on + 9 * DAY).isoformat(),
            },
        )

    @pytest.mark.parametrize("is_vacant", [True, False])
    def test_a_task_that_goes_up_names_both(self, is_vacant: bool) -> None:
        story = story_at("scoring")
        cast = story.cast
        facts = woken(story, "delegate")
        if is_vacant:
            context = story.resolve(story.at, None)
            chain = context.chain.model_copy(update={"supervisor": None})
            alone = context.model_copy(update={"chain": chain})
            facts = decide_wake(story.state, "delegate", story.at, alone, RULES)
        other = {} if is_vacant else {"other": str(cast.supervisor)}
        assert told(story, facts)[:2] == (
            "event.delegated_vacant" if is_vacant else "event.delegated",
            {"turn": "scoring", "number": 5, "person": str(cast.superior), **other},
        )
