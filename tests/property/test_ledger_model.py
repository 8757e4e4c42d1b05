"""A ledger against a model of its own: random acts, right and wrong, and random time.

The model is a table written by hand, which shares nothing with the process definition. It says of
every act beforehand whether it will be accepted and where the file will then be; of time it says
only which turns may follow.
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from runtime.clock import Clock
from schemas.code import Act
from schemas.cycle import Advance, Outcome, Progress, Verdict
from schemas.file import FileState
from storage.chain import digest, event_bytes, genesis
from tests.builders import CALENDAR, Cast, command, file_key, organisation, wib
from tests.fakes.ledger import Enrolment, FakeLedger

CAST = Cast(*(UUID(int=n, version=4) for n in range(1, 10)))
KEY = file_key(CAST)
OPENED = wib(3, 2, 8)

EMPLOYEE, BOSS, SUPERIOR, HEAD, HR = "employee", "boss", "superior", "head", "hr"
WHO = {
    CAST.employee: EMPLOYEE,
    CAST.supervisor: BOSS,
    CAST.superior: SUPERIOR,
    CAST.unit_head: HEAD,
    CAST.hr: HR,
    CAST.hr_head: HR,
}

# turn: (who is awaited, {act: the turn it leads to}, what time may do)
MODEL: dict[str, tuple[str, dict[Act, str], set[str]]] = {
    "plan_submission": (EMPLOYEE, {Act.SUBMIT_PLAN: "plan_agreement"}, {"report_submission"}),
    "plan_agreement": (
        BOSS,
        {Act.AGREE_PLAN: "report_submission", Act.RETURN_PLAN: "plan_submission"},
        {"report_submission"},
    ),
    "report_submission": (EMPLOYEE, {Act.SUBMIT_REPORT: "scoring"}, set()),
    "scoring": (
        BOSS,
        {Act.SCORE: "feedback_giving", Act.RETURN_REPORT: "report_submission"},
        {"scoring"},
    ),
    "feedback_giving": (BOSS, {Act.GIVE_FEEDBACK: "feedback_response"}, {"feedback_giving"}),
    "feedback_response": (EMPLOYEE, {Act.RESPOND_TO_FEEDBACK: "meeting"}, {"meeting"}),
    "meeting": (BOSS, {Act.RECORD_MEETING: "signing"}, {"signing"}),
    "signing": (BOSS, {Act.SIGN: "acceptance"}, {"signing"}),
    "acceptance": (
        EMPLOYEE,
        {Act.SIGN: "accepted", Act.OBJECT: "objection"},
        {"deemed_accepted"},
    ),
    "objection": (SUPERIOR, {Act.DECIDE_OBJECTION: "decided"}, {"undecided"}),
}
UNTIL_HORIZON = set(MODEL) - {"acceptance", "objection"}
ENDS = {"accepted", "deemed_accepted", "decided", "undecided", "unrateable", "withdrawn"}

DURATIONS = st.one_of(
    st.integers(0, 7200), st.integers(0, 3 * 86_400), st.integers(0, 45 * 86_400)
).map(lambda seconds: timedelta(seconds=seconds, microseconds=1))

# Acts that lead a file on; those beside its way are tried in test_nudge, test_move and test_closing.
BESIDE_THE_WAY = {Act.NUDGE, Act.RECORD_INTERIM, Act.RECORD_LATE}
ON_THE_WAY = [act for act in Act if act not in BESIDE_THE_WAY]

# An act (None: what the turn offers), its actor (None: whoever should), how old his form is.
Attempt = tuple[Act | None, UUID | None, int | None]
ATTEMPTS: st.SearchStrategy[Attempt] = st.tuples(
    st.one_of(st.none(), st.none(), st.none(), st.sampled_from(ON_THE_WAY)),
    st.one_of(st.none(), st.none(), st.sampled_from(CAST.people())),
    st.sampled_from([None, None, 0, 1]),
)


class LedgerMachine(RuleBasedStateMachine):
    """One file of one ledger, and what the model makes of it."""

    @initialize(steps=st.integers(0, 9), is_late=st.booleans())
    def open_file(self, steps: int, is_late: bool) -> None:
        self.ledger = FakeLedger(organisation(CAST), CALENDAR, Clock.standard())
        self.ledger.enrol(KEY, Enrolment("dinas", "staff", OPENED))
        self.now = OPENED
        self.number = 0
        self.is_delegated = False
        self.pending: list[UUID] = []
        self.told: dict[UUID, Outcome] = {}
        self.hashes: list[str] = []
        self.progress = self.ledger.advance(Advance(file=KEY))
        for _ in range(steps):
            self.now += timedelta(hours=1)
            if self.state.turn in MODEL:
                command_id = self.store(next(iter(MODEL[self.state.turn][1])), None, None)
                self.progress = self.ask(Advance(file=KEY, command_id=command_id))
        if is_late:
            self.nobody_acts_until_time_does()

    # --- what happens ---------------------------------------------------------------------------

    @rule(duration=DURATIONS)
    def time_passes(self, duration: timedelta) -> None:
        """Hour by hour or in a leap: everything due by then is asked for, one by one."""
        self.wait_until(self.now + duration)

    def nobody_acts_until_time_does(self) -> None:
        """Wake-up by wake-up, until one of them moves the file."""
        visit = self.state.visit
        while self.state.visit == visit and (wake := self.progress.agenda.wake) is not None:
            self.wait_until(max(self.now, wake.at))

    def wait_until(self, until: datetime) -> None:
        while (wake := self.progress.agenda.wake) is not None and wake.at <= until:
            before = self.state
            self.now = max(self.now, wake.at)
            self.progress = self.ask(Advance(file=KEY, wake=wake))
            if not self.pending:
                self.time_moved(before)
            self.pending.clear()
            after = self.progress.agenda.wake
            assert after is None or after.at > wake.at
        self.now = until

    @precondition(lambda self: not self.state.is_closed)
    @rule(attempts=st.lists(ATTEMPTS, min_size=1, max_size=5))
    def people_act(self, attempts: list[Attempt]) -> None:
        """One after the other, each asked about at once."""
        for attempt in attempts:
            self.somebody_acts(*attempt)

    def somebody_acts(self, act: Act | None, actor: UUID | None, behind: int | None) -> None:
        """The act has the outcome that the model says."""
        if self.pending:
            self.somebody_looks_in()
        command_id = self.store(act, actor, behind)
        made, before = self.ledger.commands[command_id], self.state
        to = self.expected(before, Act(made.act), made.actor, made.expected_version)
        self.progress = self.ask(Advance(file=KEY, command_id=command_id))
        outcome = self.progress.outcome
        assert outcome is not None
        if to is None:
            assert outcome.verdict is Verdict.REFUSED, (before.turn, made)
            assert self.state == before
        else:
            assert outcome.verdict is Verdict.ACCEPTED, (before.turn, made, outcome)
            assert self.state.turn == to
            assert outcome.version == before.version + 1

    @rule(attempt=ATTEMPTS)
    def somebody_acts_unnoticed(self, attempt: Attempt) -> None:
        """The command is stored, and whoever should have knocked has died."""
        self.pending.append(self.store(*attempt))

    @rule()
    def somebody_looks_in(self) -> None:
        """What was stored is decided, whoever asks."""
        self.progress = self.ask(Advance(file=KEY))
        assert all(c in self.ledger.outcomes for c in self.pending)
        self.pending.clear()

    @precondition(lambda self: self.told)
    @rule(data=st.data())
    def an_old_knock_comes_again(self, data: st.DataObject) -> None:
        """It finds its own outcome, and nothing else happens."""
        command_id = data.draw(st.sampled_from(sorted(self.told)))
        if self.pending:
            self.somebody_looks_in()
        events = self.ledger.records[KEY].events
        again = self.ask(Advance(file=KEY, command_id=command_id))
        assert again.outcome == self.told[command_id]
        assert self.ledger.records[KEY].events == events

    @rule(back=DURATIONS)
    def an_old_wake_up_comes_again(self, back: timedelta) -> None:
        """Early, late or of another visit: it changes nothing that its instant does not."""
        if self.pending:
            self.somebody_looks_in()
        wake = self.progress.agenda.wake
        if wake is None:
            return
        events = self.ledger.records[KEY].events
        self.ask(Advance(file=KEY, wake=wake.model_copy(update={"at": wake.at - back})))
        assert self.ledger.records[KEY].events == events

    # --- the model ------------------------------------------------------------------------------

    def expected(
        self, state: FileState, act: Act, actor: UUID | None, version: int | None
    ) -> str | None:
        """The turn or end an act leads to, or None for a refusal."""
        if state.turn in ENDS or actor is None:
            return None
        if version is not None and version != state.version:
            return None
        who = WHO.get(actor)
        if act is Act.WITHDRAW:
            return "withdrawn" if who == HR else None
        awaited, acts, _ = MODEL[state.turn]
        if state.turn == "objection" and self.is_delegated:
            awaited = HEAD  # the superior has signed it himself
        boss = SUPERIOR if self.is_delegated else BOSS
        if act in acts:
            return acts[act] if who == (boss if awaited == BOSS else awaited) else None
        if state.turn == "report_submission" and act is Act.SCORE and who == boss:
            assert state.due_at is not None
            return "feedback_giving" if self.now >= state.due_at else None
        return None

    def time_moved(self, before: FileState) -> None:
        """Time took the file nowhere that the model does not know."""
        after = self.state
        if after.visit == before.visit:
            return
        allowed = MODEL[before.turn][2] | (
            {"unrateable"} if before.turn in UNTIL_HORIZON else set()
        )
        assert after.turn in allowed, (before.turn, after.turn)

    # --- helpers --------------------------------------------------------------------------------

    @property
    def state(self) -> FileState:
        return self.ledger.records[KEY].state

    def store(self, act: Act | None, actor: UUID | None, behind: int | None) -> UUID:
        state = self.state
        self.number += 1
        self.now += timedelta(microseconds=1)
        acts = MODEL[state.turn][1] if state.turn in MODEL else {Act.SIGN: ""}
        act = act or list(acts)[self.number % len(acts)]
        if actor is None:
            actor = CAST.hr if act is Act.WITHDRAW else self.awaited(state)
        made = command(
            state,
            act,
            actor,
            self.now,
            version=None if behind is None else state.version - behind,
            command_id=uuid5(KEY.file_id, str(self.number)),
        )
        self.ledger.store(made)
        return made.id

    def awaited(self, state: FileState) -> UUID:
        return CAST.acting_for(state) if state.awaits else CAST.employee

    def ask(self, question: Advance) -> Progress:
        answer = self.ledger.advance(question)
        self.is_delegated = self.state.is_delegated
        for command_id, outcome in self.ledger.outcomes.items():
            assert self.told.setdefault(command_id, outcome) == outcome, "an outcome never changes"
        return answer

    # --- what always holds ------------------------------------------------------------------------

    @invariant()
    def the_chain_only_grows(self) -> None:
        events = self.ledger.records[KEY].events
        assert [e.number for e in events] == list(range(len(events)))
        hashes = [digest(event_bytes(e)) for e in events]
        assert hashes[: len(self.hashes)] == self.hashes
        assert [e.previous for e in events] == [genesis(KEY.stream), *hashes[:-1]]
        self.hashes = hashes

    @invariant()
    def the_agenda_is_the_state_as_it_is(self) -> None:
        agenda, state = self.progress.agenda, self.state
        assert (agenda.turn, agenda.version, agenda.visit, agenda.end) == (
            state.turn,
            state.version,
            state.visit,
            state.end,
        )
        assert agenda.number == len(self.ledger.records[KEY].events) - 1
        assert (agenda.wake is None) is state.is_closed

    @invariant()
    def an_end_is_an_end(self) -> None:
        events = self.ledger.records[KEY].events
        ended = [e.number for e in events if e.stage_to is not None and e.stage_to == "closed"]
        assert ended in ([], [len(events) - 1])

    @invariant()
    def nothing_happens_before_what_came_before(self) -> None:
        instants: list[datetime] = [e.happened_at for e in self.ledger.records[KEY].events]
        assert instants == sorted(instants)


TestLedgerModel = LedgerMachine.TestCase
TestLedgerModel.settings = settings(
    settings(), max_examples=settings().max_examples // 2, stateful_step_count=15
)
