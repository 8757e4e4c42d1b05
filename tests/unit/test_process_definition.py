"""Process definitions: what ships is whole, and nothing broken is ever loaded."""

from datetime import date
from importlib.resources import files

import pytest

from domain.definition import parse, shape
from domain.process import ENDS, MONTHLY, InvalidProcess
from domain.regulation import load
from schemas.code import Act, Role
from schemas.command import BODIES
from schemas.file import ProcessId

SOURCES = sorted(
    p.name
    for p in (files("domain") / "processes").iterdir()
    if p.name.endswith(".toml") and p.name != "ladders.toml"
)
SHIPPED = [
    ProcessId(id=n.rpartition("-")[0], version=int(n[:-5].rpartition("-")[2])) for n in SOURCES
]
PROCESSES = [shape(key) for key in SHIPPED]
TURNS = [pytest.param(p, t, id=f"{p.key}:{t.name}") for p in PROCESSES for t in p.turn]

BASE = """
id = "contoh"
version = 1
cadence = { months = 1, people = ["PNS"] }
ladder = "standard"
first = "one"
horizon = { months_after = 1, end = "unrateable" }
[always]
withdraw = { by = "hr", to = "withdrawn" }
[[turn]]
name = "one"
stage = "plan"
awaits = "employee"
acts = { submit_plan = "two" }
due = { anchor = "period_start", working_days = 3 }
[[turn]]
name = "two"
stage = "plan"
awaits = "supervisor"
acts = { agree_plan = "accepted" }
due = { anchor = "period_start", working_days = 3 }
"""


def parsed(text):
    return parse("contoh-1.toml", text, load(), date(2026, 3, 1))


def reachable(process, start):
    seen, todo = set(), [start]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += [] if name in ENDS else process.find(name).targets()
    return seen


class TestShipped:
    def test_the_monthly_definition_ships(self):
        assert MONTHLY in SHIPPED

    @pytest.mark.parametrize("key", SHIPPED, ids=str)
    def test_a_definition_is_named_like_its_file(self, key):
        assert shape(key).key == key

    @pytest.mark.parametrize("process", PROCESSES, ids=lambda p: str(p.key))
    def test_every_turn_can_be_reached(self, process):
        assert {t.name for t in process.turn} <= reachable(process, process.first)

    @pytest.mark.parametrize(("process", "turn"), TURNS)
    def test_every_turn_has_an_owner_a_deadline_and_something_to_do(self, process, turn):
        assert turn.awaits in Role
        due = turn.due
        counted = [n for n in (due.working_days, due.calendar_days) if n is not None]
        assert len(counted) == 1 or (not counted and due.anchor != "entered")
        assert turn.acts or turn.opens

    @pytest.mark.parametrize(("process", "turn"), TURNS)
    def test_an_end_can_be_reached_from_every_turn_by_acts_alone(self, process, turn):
        assert reachable(process, turn.name) & ENDS

    @pytest.mark.parametrize(("process", "turn"), TURNS)
    def test_time_alone_ends_every_turn(self, process, turn):
        """However often nobody acts: by its expiry or by the horizon, without a circle."""
        seen = []
        while turn.horizon_exempt and turn.name not in seen:
            seen.append(turn.name)
            assert turn.expires is not None
            if turn.expires.to in ENDS:
                return
            turn = process.find(turn.expires.to)
        assert not turn.horizon_exempt, f"time goes round in circles: {seen}"

    @pytest.mark.parametrize(("process", "turn"), TURNS)
    def test_the_ladder_of_every_turn_reminds_before_it_calls_overdue(self, process, turn):
        rungs = process.ladder_of(turn).rungs
        assert [r.working_days for r in rungs] == sorted(r.working_days for r in rungs)
        assert len({r.name for r in rungs}) == len(rungs)
        if turn.ladder != "silent":
            assert {r.name: r.working_days for r in rungs}["overdue"] == 0

    def test_every_act_of_the_vocabulary_has_a_body_and_some_turn(self):
        for act in Act:
            assert act in BODIES
            assert any(process.roles_for(act) for process in PROCESSES), act


class TestLoad:
    @pytest.mark.parametrize(
        "key", [ProcessId(id="bulanan", version=99), ProcessId(id="mingguan", version=1)]
    )
    def test_an_unknown_definition_is_named(self, key):
        with pytest.raises(InvalidProcess, match=f"{key.id}-{key.version}.toml"):
            shape(key)


class TestParse:
    def test_the_base_of_these_tests_is_sound(self):
        assert parsed(BASE).first == "one"

    @pytest.mark.parametrize(
        ("old", "new", "fault"),
        [
            pytest.param(
                'first = "one"', 'first = "zero"', "first = 'zero' is no turn", id="first"
            ),
            pytest.param(
                '"two" }', '"three" }', "one: 'three' is neither a turn nor an end", id="target"
            ),
            pytest.param(
                'to = "withdrawn"', 'to = "gone"', "always: 'gone' is neither", id="always"
            ),
            pytest.param('name = "two"', 'name = "one"', "turn 'one' is defined twice", id="twice"),
            pytest.param(
                'name = "two"', 'name = "decided"', "'decided' is the name of an end", id="end"
            ),
            pytest.param('"two" }', '"accepted" }', "turn 'two' cannot be reached", id="island"),
            pytest.param(
                'ladder = "standard"',
                'ladder = "rope"',
                "ladder 'rope' does not exist",
                id="ladder",
            ),
            pytest.param(
                'stage = "plan"\nawaits = "supervisor"',
                'horizon_exempt = true\nstage = "plan"\nawaits = "supervisor"',
                "turn 'two' never ends by itself",
                id="endless",
            ),
            pytest.param('awaits = "employee"\n', "", "turn.0.awaits", id="no owner"),
            pytest.param('awaits = "employee"', 'awaits = "mayor"', "turn.0.awaits", id="owner"),
            pytest.param(
                'due = { anchor = "period_start", working_days = 3 }\n[[turn]]',
                "[[turn]]",
                "turn.0.due",
                id="no deadline",
            ),
            pytest.param("working_days = 3", "working_days = 0", "turn.0.due", id="no days"),
            pytest.param('"period_start"', '"new moon"', "turn.0.due.anchor", id="anchor"),
            pytest.param("submit_plan", "submit_plans", "turn.0.acts", id="act"),
            pytest.param('stage = "plan"', 'stage = "plans"', "turn.0.stage", id="stage"),
            pytest.param('end = "unrateable"', 'end = "lost"', "horizon.end", id="horizon"),
            pytest.param("version = 1", "version = 1\ncolour = 2", "colour", id="unknown key"),
            pytest.param("months = 1", "months = 5", "cadence.months", id="months"),
            pytest.param('["PNS"]', "[]", "cadence.people", id="nobody"),
            pytest.param('"contoh"', '"Contoh 1"', "id", id="kind"),
            pytest.param("working_days = 3", "calendar_days = 3", "turn 'one': due", id="days"),
            pytest.param(
                '"period_start", working_days = 3', '"entered"', "turn 'one': due", id="never due"
            ),
            pytest.param("id = ", "id ", "contoh-1.toml", id="not toml"),
        ],
    )
    def test_a_broken_definition_is_refused_by_file_and_fault(self, old, new, fault):
        assert old in BASE
        with pytest.raises(InvalidProcess) as caught:
            parsed(BASE.replace(old, new, 1))
        assert str(caught.value).startswith("contoh-1.toml")
        assert fault in str(caught.value)

    def test_every_fault_is_named_at_once(self):
        broken = BASE.replace('"two" }', '"three" }').replace('to = "withdrawn"', 'to = "gone"')
        with pytest.raises(
            InvalidProcess, match=r"always: 'gone'.*'three'.*'two' cannot be reached"
        ):
            parsed(broken)

    def test_a_turn_in_which_nobody_can_do_anything_is_refused(self):
        idle = BASE.replace('acts = { agree_plan = "accepted" }', "acts = {}")
        with pytest.raises(InvalidProcess, match="turn 'two' offers nothing to do"):
            parsed(idle)

    @pytest.mark.parametrize(
        ("name", "when", "months", "fault"),
        [
            ("two", "unit_predicate", 1, "a gate, and no other turn, is named after what"),
            ("superior_plan", "unit_predicate", 12, "a gate, and no other turn, is named after"),
            ("superior_plan", "superior_plan", 1, "give it to a cadence of 12 months"),
            ("unit_predicate", None, 1, "a gate, and no other turn, is named after what"),
            ("unit_predicate", "unit_predicate", 1, "give it expires"),
            ("superior_plan", "superior_plan", 12, "give it expires"),
        ],
    )
    def test_a_gate_is_named_after_what_it_waits_for_and_never_blocks(
        self, name, when, months, fault
    ):
        gate = f'opens = {{ when = "{when}", to = "accepted", rule = "x" }}' if when else ""
        text = BASE.replace("months = 1,", f"months = {months},").replace('"two"', f'"{name}"')
        text = text.replace('acts = { agree_plan = "accepted" }', gate or 'acts = { sign = "one" }')
        with pytest.raises(InvalidProcess, match=fault):
            parse("contoh-1.toml", text, load(), date(2026, 1, 1))

    def test_the_turns_before_a_gate_know_what_it_waits_for(self):
        annual = shape(ProcessId(id="tahunan", version=1))
        assert annual.first == "superior_plan"
        assert annual.gates_at("superior_plan") == {"superior_plan"}
        assert annual.gates_at("meeting") == annual.gates_at("unit_predicate") == {"unit_predicate"}
        assert annual.gates_at("plan_submission") == annual.gates_at("accepted") == frozenset()

    def test_a_changed_copy_answers_by_its_own_turns(self):
        """What a definition has worked out for every decision is no part of a copy."""
        annual = shape(ProcessId(id="tahunan", version=1)).model_copy()
        annual.worked_out["asked"] = "before"
        asked = (annual.gates_at("superior_plan"), annual.roles_for(Act.SCORE))
        shut = [
            t.model_copy(update={"opens": None, "acts": {}, "beside": {}, "after_due": {}})
            for t in annual.turn
        ]
        changed = annual.model_copy(update={"turn": tuple(shut)})
        assert changed.gates_at("superior_plan") == frozenset()
        assert changed.roles_for(Act.SCORE) == frozenset()
        assert changed.worked_out == {}
        assert (annual.gates_at("superior_plan"), annual.roles_for(Act.SCORE)) == asked
        assert asked[0]
        assert asked[1]

    def test_time_that_goes_round_in_circles_is_refused(self):
        circle = BASE
        for name, other in (("one", "two"), ("two", "one")):
            exempt = f'horizon_exempt = true\nexpires = {{ at = "due", to = "{other}" }}'
            circle = circle.replace(f'name = "{name}"', f'name = "{name}"\n{exempt}')
        with pytest.raises(InvalidProcess, match="circle"):
            parsed(circle)

    @pytest.mark.parametrize(
        ("name", "fault"),
        [("overdue", "two rungs 'overdue'"), ("horizon", "cannot be named 'horizon'")],
    )
    def test_a_rung_whose_name_stands_for_something_else_is_refused(self, name, fault):
        rung = '{{ name = "{}", working_days = {}, to = "awaited" }}'
        rungs = f"[{rung.format('overdue', 0)}, {rung.format(name, 1)}]"
        with pytest.raises(InvalidProcess, match=fault):
            parsed(f'{BASE}[ladders.standard]\nid = "standard"\nrungs = {rungs}\n')


class TestReferences:
    """Where a definition names a rule's parameter, it has what that is on the day."""

    SCORING = '{ rule = "bulanan.jendela", parameter = "scoring" }'

    def test_a_number_may_be_a_parameter_of_a_rule(self):
        text = BASE.replace("working_days = 3", f"working_days = {self.SCORING}", 1)
        assert parsed(text).find("one").due.working_days == 6
        assert parsed(text).find("two").due.working_days == 3

    @pytest.mark.parametrize(
        ("reference", "fault"),
        [
            (
                '{ rule = "bulanan.jendelaa", parameter = "scoring" }',
                "rule bulanan.jendelaa: there is no rule of that id; near it: bulanan.jendela",
            ),
            (
                '{ rule = "bulanan.jendela", parameter = "scores" }',
                "rule bulanan.jendela has no parameter scores; it has plan, report",
            ),
            ('{ parameter = "scoring" }', "a reference is { rule, parameter } and nothing else"),
            (
                '{ rule = "bulanan.jendela", parameter = "scoring", plus = 1 }',
                "a reference is { rule, parameter } and nothing else",
            ),
        ],
    )
    def test_one_that_leads_nowhere_is_named_by_file_turn_and_field(self, reference, fault):
        text = BASE.replace("working_days = 3", f"working_days = {reference}", 1)
        with pytest.raises(InvalidProcess) as caught:
            parsed(text)
        where = "contoh-1.toml, turn 'one', field due.working_days: "
        assert str(caught.value).startswith(where + fault)

    def test_every_one_is_named_at_once(self):
        text = BASE.replace("working_days = 3", 'working_days = { parameter = "x" }')
        with pytest.raises(InvalidProcess, match=r"turn 'one'.*turn 'two'"):
            parsed(text)

    def test_one_in_a_ladder_is_named_by_its_field(self):
        text = (
            BASE + '[ladders.standard]\nid = "standard"\nrungs = { rule = "x.y", parameter = "z" }'
        )
        with pytest.raises(InvalidProcess, match=r"contoh-1.toml, field ladders.standard.rungs: "):
            parsed(text)

    def test_a_value_that_does_not_fit_is_refused(self):
        text = BASE.replace(
            "working_days = 3", 'working_days = { rule = "keberatan.hitungan", parameter = "kind" }'
        )
        with pytest.raises(InvalidProcess, match=r"turn.0.due.working_days"):
            parsed(text)

    def test_an_act_that_a_rule_closes_goes_with_the_turns_it_alone_leads_to(self):
        text = BASE.replace(
            'agree_plan = "accepted" }',
            'agree_plan = "accepted", return_plan = "three" }\nis_open = { return_plan = false }',
        )
        text += BASE[BASE.index('[[turn]]\nname = "two"') :].replace('"two"', '"three"')
        assert [t.name for t in parsed(text).turn] == ["one", "two"]
        assert Act.RETURN_PLAN not in parsed(text).find("two").acts
        opened = parsed(text.replace("return_plan = false", "return_plan = true"))
        assert [t.name for t in opened.turn] == ["one", "two", "three"]

    def test_only_an_act_of_the_turn_can_be_closed(self):
        text = BASE.replace('"two" }', '"two" }\nis_open = { score = false }', 1)
        with pytest.raises(InvalidProcess, match="turn 'one': is_open names score"):
            parsed(text)
