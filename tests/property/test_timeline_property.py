"""Whatever people and time do in whatever order, and however late anybody notices.

A story is a list of doings, each a while after the one before: somebody acts, rightly or wrongly.
Decided at once and one by one, or in batches, or all of it a year later, it leaves the same chain
of bytes; and whatever it is, the chain keeps the rules that no story may break.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.authority import roles_of
from domain.deadline import next_wake
from domain.decision import Fact
from domain.fold import changes, evolve
from domain.timeline import GateOpens, Step, advance, opened
from schemas.code import Act, Capacity
from schemas.command import StoredCommand
from schemas.file import Context, FileState
from storage.chain import digest, event_bytes, genesis
from storage.record import context_row, file_event
from tests.builders import (
    CALENDAR,
    RULES,
    SET,
    Cast,
    command,
    context,
    file_key,
    holding,
    mandate,
    organisation,
    wib,
)

CAST = Cast(*(UUID(int=n, version=4) for n in range(1, 10)))
KEY = file_key(CAST)
PROCESS = RULES.process
OPENINGS = (
    wib(3, 1, 8),
    wib(3, 2, 8),
    wib(3, 31, 23, 59),
    wib(4, 1, 0),
    wib(4, 7, 8),
    wib(4, 30, 20),
)
LONG_AFTER = wib(12, 31)
TICK = timedelta(microseconds=1)

# People move while the month runs: the supervisor's post changes hands on 10 April, and somebody
# may act for it in the days before.
CITY = organisation(
    CAST,
    holding(CAST.supervisor, "boss", to_on=date(2026, 4, 9)),
    holding(CAST.stranger, "boss", Capacity.PLT, date(2026, 4, 10)),
    vacant=("boss", "other"),
    mandates=(mandate(CAST.sekda, "boss", date(2026, 4, 1), date(2026, 4, 8)),),
)


@lru_cache(maxsize=100_000)
def resolve(at: datetime, actor: UUID | None, is_set: bool) -> Context:
    return context(CITY, KEY, at, actor, unit_predicate=SET if is_set else None)


def legal_moves() -> set[tuple[str, str]]:
    moves = {(t.name, to) for t in PROCESS.turn for to in t.targets()}
    gates = {t.name: t.opens.to for t in PROCESS.turn if t.opens}
    moves |= {(here, gates[to]) for here, to in moves if to in gates}
    moves |= {(t.name, s.to) for t in PROCESS.turn for s in PROCESS.always.values()}
    moves |= {(t.name, PROCESS.horizon.end.value) for t in PROCESS.turn if not t.horizon_exempt}
    moves |= {(t.name, t.name) for t in PROCESS.turn if t.delegate_after is not None}
    return moves


LEGAL = legal_moves()


# --- stories -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Doing:
    """Somebody acts, a while later.

    ``act`` None is what the file waits for; ``actor`` None is whoever should. ``lands`` puts
    it a microsecond before (-1), at (0) or after (1) the next thing time would do. ``is_again``
    sends the last command once more under a new id.
    """

    after: timedelta
    lands: int | None
    act: Act | None
    actor: UUID | None
    behind: int | None
    is_again: bool
    id: int


DOINGS = st.builds(
    Doing,
    after=st.one_of(
        st.just(0), st.integers(1, 3600), st.integers(1, 3 * 86_400), st.integers(1, 15 * 86_400)
    ).map(lambda seconds: timedelta(seconds=seconds)),
    lands=st.sampled_from([None, None, None, None, -1, 0, 1]),
    act=st.one_of(st.none(), st.none(), st.none(), st.sampled_from(Act)),
    actor=st.one_of(st.none(), st.none(), st.none(), st.sampled_from(CAST.people())),
    behind=st.one_of(st.none(), st.none(), st.sampled_from([0, 0, 1])),
    is_again=st.sampled_from([False, False, False, True]),
    id=st.integers(0, 2**64 - 1),
)
ON_IT_GOES = Doing(timedelta(minutes=10), None, None, None, None, False, 0)


@dataclass(frozen=True)
class Tale:
    """When the file was opened, in time or late, and everything done to it and to its unit."""

    opened_at: datetime
    doings: tuple[Doing, ...]
    set_at: datetime | None

    def resolve(self, at: datetime, actor: UUID | None) -> Context:
        return resolve(at, actor, self.known(at) is not None)

    def known(self, at: datetime) -> datetime | None:
        """Since when the unit has its predicate, as far as can be known at an instant."""
        return self.set_at if self.set_at is not None and self.set_at <= at else None

    def opening(self, at: datetime) -> GateOpens:
        """The same, as the timeline asks for it."""
        since = self.known(at)
        return lambda _: since


STORIES = st.builds(
    lambda opened_at, steps, more, set_at: Tale(opened_at, (*[ON_IT_GOES] * steps, *more), set_at),
    st.sampled_from([OPENINGS[1]] * 5 + list(OPENINGS)),
    st.integers(0, 9),
    st.lists(DOINGS, max_size=14),
    st.sampled_from([OPENINGS[0]] * 9 + [wib(4, 8), wib(4, 14), None]),
)


def start(story: Tale) -> FileState:
    at = story.opened_at
    return opened(KEY, "dinas", "staff", at, story.resolve(at, None), RULES).after


@lru_cache(maxsize=4)
def told(story: Tale) -> tuple[StoredCommand, ...]:
    """The commands of a story, as the gateway would have stored them, in the order of the ledger."""
    state, now, last = start(story), story.opened_at, None
    commands: list[StoredCommand] = []
    for number, doing in enumerate(story.doings):
        now = moment(doing, state, now)
        before = now - TICK
        gate = story.opening(before)
        state = final(advance(state, [], before, story.resolve, RULES, gate), state)
        command_id = UUID(int=(doing.id << 32) + number)
        if doing.is_again and last is not None:
            made = last.model_copy(update={"id": command_id, "received_at": now})
        else:
            made = somebody_acts(doing, state, now, command_id, story)
        last = made
        commands.append(made)
        gate = story.opening(now)
        state = final(advance(state, [made], None, story.resolve, RULES, gate), state)
    return tuple(sorted(commands, key=lambda c: (c.received_at, c.id)))


def moment(doing: Doing, state: FileState, now: datetime) -> datetime:
    wake = next_wake(state, PROCESS, CALENDAR)
    if doing.lands is None or wake is None:
        return now + doing.after
    return max(now, wake.at + doing.lands * TICK)


def somebody_acts(
    doing: Doing, state: FileState, now: datetime, command_id: UUID, story: Tale
) -> StoredCommand:
    turn = next((t for t in PROCESS.turn if t.name == state.turn), None)
    usual = list(turn.acts) if turn and turn.acts else [Act.SIGN]
    act = doing.act or usual[doing.id % len(usual)]
    actor = doing.actor or (CAST.hr if act in PROCESS.always else awaited(state, now, story))
    version = None if doing.behind is None else state.version - doing.behind
    return command(state, act, actor, now, version=version, command_id=command_id)


def awaited(state: FileState, now: datetime, story: Tale) -> UUID | None:
    seat = story.resolve(now, None).chain.holder_for(state.awaits, state) if state.awaits else None
    return seat.person if seat else None


def final(steps: Iterable[Step], state: FileState) -> FileState:
    for step in steps:
        state = step.facts[-1].after if step.facts else state
    return state


# --- playing -----------------------------------------------------------------------------------


@dataclass
class Chain:
    """What a ledger would have recorded: bytes and outcomes, and the facts behind them."""

    story: Tale
    state: FileState = field(init=False)
    facts: list[Fact] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    head: str = field(default_factory=lambda: genesis(KEY.stream))
    outcomes: list[tuple[UUID, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state = start(self.story)

    def ask(
        self, commands: Sequence[StoredCommand], until: datetime | None, now: datetime | None = None
    ) -> None:
        """One call of the ledger, at the instant of the last thing it is asked about, or later."""
        instants = [c.received_at for c in commands] + [x for x in (until, now) if x is not None]
        gate = self.story.known(max(instants)) if instants else None
        if gate is not None and self.facts:
            gate = max(gate, self.facts[-1].happened_at)
        for step in advance(self.state, commands, until, self.story.resolve, RULES, lambda _: gate):
            self.steps.append(step)
            for fact in step.facts:
                self._append(fact, step)
            if step.command is not None:
                version = step.facts[0].after.version if step.facts else self.state.version
                self.outcomes.append((step.command.id, (version, step.refusal)))

    def _append(self, fact: Fact, step: Step) -> None:
        event = file_event(fact, step.context, context_row(step.context)[0], step.command)
        event = event.model_copy(update={"number": len(self.lines), "previous": self.head})
        self.lines.append(event_bytes(event))
        self.head = digest(self.lines[-1])
        self.facts.append(fact)
        self.state = fact.after

    def wake_ups(self, until: datetime) -> None:
        """Every wake-up up to an instant, each asked for by itself, as a workflow does."""
        while (wake := next_wake(self.state, PROCESS, CALENDAR)) and wake.at <= until:
            self.ask([], wake.at)
            after = next_wake(self.state, PROCESS, CALENDAR)
            assert after is None or after.at > wake.at, "a wake-up must bring the next one closer"


def at_once(story: Tale) -> Chain:
    """Every command and every wake-up decided alone, the moment it comes."""
    chain = Chain(story)
    for one in told(story):
        chain.wake_ups(one.received_at - TICK)
        chain.ask([one], None)
    chain.wake_ups(LONG_AFTER)
    return chain


def in_batches(story: Tale, looks: Sequence[tuple[datetime, bool]]) -> Chain:
    """A worker looks in now and then: all that was stored by then, with or without a wake-up."""
    chain, waiting = Chain(story), list(told(story))
    for at, is_wake in sorted(looks):
        stored = [c for c in waiting if c.received_at <= at]
        waiting = waiting[len(stored) :]
        chain.ask(stored, at if is_wake else None, at)
    chain.ask(waiting, None)
    chain.ask([], LONG_AFTER)
    return chain


LOOKS = st.lists(
    st.tuples(
        st.integers(0, 120 * 86_400).map(lambda s: OPENINGS[0] + timedelta(seconds=s)),
        st.booleans(),
    ),
    max_size=8,
)


class TestLateness:
    @given(STORIES, LOOKS)
    def test_deciding_late_leaves_the_same_bytes_and_outcomes(self, story, looks):
        prompt, late, very_late = at_once(story), in_batches(story, looks), Chain(story)
        very_late.ask(told(story), LONG_AFTER)
        for chain in (late, very_late):
            assert chain.lines == prompt.lines
            assert chain.outcomes == prompt.outcomes

    @given(STORIES, LOOKS)
    def test_looking_in_again_changes_nothing(self, story, looks):
        chain = in_batches(story, looks)
        before = list(chain.lines)
        for at, _ in looks:
            chain.ask([], at)
        assert chain.lines == before


class TestInvariants:
    @given(STORIES)
    def test_every_chain_keeps_them(self, story):
        chain = at_once(story)
        self.every_move_is_legal(chain)
        self.counters_only_rise(chain)
        self.time_never_runs_backwards(chain)
        self.each_rung_of_a_visit_comes_once(chain)
        self.every_command_has_one_answer(chain, story)
        self.nobody_acts_for_another(chain)
        self.the_state_is_the_fold_of_the_changes(chain)
        self.it_ends_once_and_stays_so(chain)

    def every_move_is_legal(self, chain: Chain) -> None:
        for fact in chain.facts:
            assert fact.before is not None
            if (fact.before.turn, fact.before.visit) != (fact.after.turn, fact.after.visit):
                assert (fact.before.turn, fact.after.turn) in LEGAL

    def counters_only_rise(self, chain: Chain) -> None:
        for fact in chain.facts:
            before, after = fact.before, fact.after
            assert before is not None
            is_move = (before.turn, before.awaits) != (after.turn, after.awaits)
            assert after.version - before.version in (0, 1)
            assert after.visit - before.visit in (0, 1)
            if is_move:
                assert (after.version, after.visit) == (before.version + 1, before.visit + 1)
            assert after.plan_version >= before.plan_version

    def time_never_runs_backwards(self, chain: Chain) -> None:
        instants = [chain.story.opened_at, *(f.happened_at for f in chain.facts)]
        assert instants == sorted(instants)

    def each_rung_of_a_visit_comes_once(self, chain: Chain) -> None:
        climbed = [(f.before.visit, f.rung) for f in chain.facts if f.before and f.rung]
        assert len(set(climbed)) == len(climbed)

    def every_command_has_one_answer(self, chain: Chain, story: Tale) -> None:
        assert [c for c, _ in chain.outcomes] == [c.id for c in told(story)]

    def nobody_acts_for_another(self, chain: Chain) -> None:
        for step in chain.steps:
            for fact in step.facts:
                if step.command is None:
                    assert fact.seat is None
                elif fact.seat is not None:
                    assert fact.before is not None
                    roles = roles_of(fact.seat.person, fact.before, step.context)
                    assert fact.seat.person == step.command.actor
                    assert fact.seat in [seat for seat, _ in roles.values()]

    def the_state_is_the_fold_of_the_changes(self, chain: Chain) -> None:
        state = evolve(None, changes(None, start(chain.story)))
        for fact in chain.facts:
            state = evolve(state, changes(fact.before, fact.after))
        assert state == chain.state

    def it_ends_once_and_stays_so(self, chain: Chain) -> None:
        closing = [f for f in chain.facts if f.after.is_closed]
        assert closing == chain.facts[-1:]
        assert chain.state.awaits is None
        assert chain.state.due_at is None
        assert next_wake(chain.state, PROCESS, CALENDAR) is None


class TestSpread:
    """The stories are no use if they never get anywhere."""

    def test_they_reach_every_turn_and_every_end(self):
        turns: set[str] = set()

        @settings(max_examples=350, derandomize=True, database=None)
        @given(STORIES)
        def collect(story):
            turns.update(f.after.turn for f in at_once(story).facts)

        collect()
        assert turns >= {t.name for t in PROCESS.turn}
        assert turns >= {
            "accepted",
            "deemed_accepted",
            "decided",
            "undecided",
            "unrateable",
            "withdrawn",
        }
