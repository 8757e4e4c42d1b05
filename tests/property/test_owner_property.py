"""Whoever moves, leaves, returns or dies, in whatever order: one owner at any instant, told once.

A story is played twice: asked about at every step, and only at its end. Both leave the same chain,
and after each step the file belongs to whom the organisation of that instant gives its task.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.movement import move
from domain.owner import owner_on
from runtime.clock import Clock
from schemas.code import Act, Change, End, EventKind, Topic, Via
from schemas.command import StoredCommand
from schemas.cycle import Advance, WakeUp
from schemas.file_body import WithdrawalCause
from storage.chain import event_bytes
from tests.builders import CALENDAR, Cast, change, file_key, organisation, wib
from tests.fakes.ledger import Enrolment, FakeLedger

CAST = Cast(*(UUID(int=n, version=4) for n in range(1, 10)))
KEY = file_key(CAST)
OPENED = wib(3, 2, 8)
PEOPLE = CAST.people()
PLAN = {"results": [{"id": "r1", "result": "a", "indicator": "b", "target": "c"}]}
REPORT = {"results": [{"id": "r1", "realisation": "a", "evidence": "b"}]}
SCORE = {
    "work_result": "meets",
    "work_result_reason": "a",
    "behaviour": "meets",
    "behaviour_reason": "b",
}
ACTS: tuple[tuple[Act, Any], ...] = (
    (Act.SUBMIT_PLAN, PLAN),
    (Act.AGREE_PLAN, {}),
    (Act.SUBMIT_REPORT, REPORT),
    (Act.SCORE, SCORE),
)
CHANGES = (
    *(Change.PLT, Change.PJ, Change.MUTATION, Change.SUSPENSION, Change.RETURN, Change.END),
    *(Change.SICK_LEAVE, Change.RETIREMENT, Change.DEATH),
)

doings = st.one_of(
    st.tuples(st.just("wait")),
    st.tuples(st.just("act"), st.sampled_from(ACTS), st.sampled_from(PEOPLE)),
    st.tuples(
        st.just("change"),
        st.sampled_from(CHANGES),
        st.sampled_from(PEOPLE),
        st.sampled_from(("boss", "chief", "other")),
        st.integers(-2, 6),
        st.integers(0, 12),
    ),
)
stories = st.lists(st.tuples(st.integers(1, 90), doings), max_size=14)


@dataclass
class Played:
    """One file whose people move; asked about at each step if ``is_eager``."""

    is_eager: bool
    at: datetime = OPENED
    ledger: FakeLedger = field(
        default_factory=lambda: FakeLedger(organisation(CAST), CALENDAR, Clock.standard())
    )

    def __post_init__(self) -> None:
        self.ledger.enrol(KEY, Enrolment("dinas", "staff", OPENED))

    @property
    def record(self):
        return self.ledger.records[KEY]

    def ask(self) -> None:
        self.ledger.advance(Advance(file=KEY, wake=WakeUp(visit=0, rung="-", at=self.at)))

    def play(self, story) -> "Played":
        for number, (hours, (what, *how)) in enumerate(story):
            self.at += timedelta(hours=hours, minutes=number + 1)
            if what == "act":
                self.act(number, *how)
            elif what == "change":
                self.change(*how)
            if self.is_eager:
                self.ask()
                self.require_owner()
        self.at += timedelta(days=3)
        self.ask()
        self.require_owner()
        return self

    def act(self, number, said, actor) -> None:
        act, body = said
        self.ledger.store(
            StoredCommand(
                id=UUID(int=1000 + number, version=4),
                stream=KEY.stream,
                act=act,
                actor=actor,
                body=body,
                expected_version=None,
                via=Via.SHELL,
                os_user=None,
                received_at=self.at,
            )
        )

    def change(self, kind, person, post, begins, lasts) -> None:
        today = CALENDAR.local_date(self.at)
        on = today + timedelta(days=begins)
        ends = on + timedelta(days=lasts) if kind in (Change.PLT, Change.SICK_LEAVE) else None
        needs = kind in (Change.PLT, Change.PJ, Change.MUTATION, Change.END)
        made = change(kind, person, on, ends, post=post if needs else None)
        moved = move(self.ledger.newest, [made], today)
        if not moved.wrong:
            self.ledger.change(self.at, moved.result())

    def require_owner(self) -> None:
        state, known = self.record.state, self.ledger.newest
        if state.is_closed:
            assert state.owner is None
            return
        today = CALENDAR.local_date(self.at)
        assert state.owner == owner_on(known, state, today)
        assert known.died_on(KEY.person, today) is None


def chain(played: Played) -> list[bytes]:
    return [event_bytes(event) for event in played.record.events]


@given(stories)
@settings(max_examples=60, deadline=None)
def test_one_owner_at_any_instant_and_no_order_of_workers_matters(story):
    eager, lazy = Played(is_eager=True).play(story), Played(is_eager=False).play(story)
    assert chain(eager) == chain(lazy)
    assert sorted(eager.record.notices) == sorted(lazy.record.notices)


@given(stories)
@settings(max_examples=60, deadline=None)
def test_each_new_owner_is_told_once_and_the_dead_never(story):
    record = Played(is_eager=False).play(story).record
    told = [key.partition("/")[0] for key, topic, _ in record.notices if topic == Topic.TASK]
    died_at = None
    for event in record.events:
        if event.kind is EventKind.HANDED_OVER:
            assert event.data["from"] != event.data["to"]
            assert (event.data["to"] is not None) == (str(event.number) in told)
            assert told.count(str(event.number)) <= 1
        if event.kind is EventKind.WITHDRAWN:
            died_at = event.number
    if record.state.end is End.WITHDRAWN:
        assert record.state.withdrawal is WithdrawalCause.DEATH
        assert died_at == record.events[-1].number
        assert not [key for key, _, _ in record.notices if key.startswith(f"{died_at}/")]


def test_the_stories_are_worth_telling():
    """A successor, a vacancy, a leave and a death are met."""
    story = [
        (2, ("act", ACTS[0], CAST.employee)),
        (2, ("change", Change.RETIREMENT, CAST.supervisor, "boss", 0, 0)),
        (2, ("change", Change.PLT, CAST.hr, "boss", 1, 3)),
        (90, ("change", Change.SICK_LEAVE, CAST.employee, "boss", 0, 12)),
        (90, ("change", Change.DEATH, CAST.employee, "boss", 0, 0)),
    ]
    played = Played(is_eager=True).play(story)
    kinds = [event.kind for event in played.record.events]
    assert kinds.count(EventKind.HANDED_OVER) == 3
    assert kinds[-1] is EventKind.WITHDRAWN
