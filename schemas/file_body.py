"""The bodies of acts on a file, in the order in which a file meets them.

Limits (40 results) are project decisions.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.body import Body, ShortText, Text
from schemas.code import Rating

MAX_RESULTS = 40
# Too short for a name or a number of a person: it is repeated in answers and in logs.
ResultId = Annotated[str, Field(pattern=r"^[a-z]{1,3}[0-9]{1,3}$")]


class ResultOrigin(StrEnum):
    """Whose a planned result is: the post's (Organisasi), which its next holder takes over, or one's own."""

    POST = "post"
    PERSONAL = "personal"


class PlannedResult(Body):
    """One planned result (rencana hasil kerja) with its indicator (IKI) and target.

    Where nothing is said of its origin it is the post's.
    """

    id: ResultId
    result: Text
    indicator: Text
    target: ShortText
    origin: ResultOrigin = ResultOrigin.POST


class SubmitPlan(Body):
    """The employee's action plan for the period (rencana aksi)."""

    results: Annotated[tuple[PlannedResult, ...], Field(min_length=1, max_length=MAX_RESULTS)]


class RevisionCause(StrEnum):
    """Why a plan may be revised while its period runs (PermenPANRB 6/2022, as practised)."""

    STRATEGY = "strategy"
    BUDGET = "budget"
    MUTATION = "mutation"
    ASSIGNMENT = "assignment"
    FORCE_MAJEURE = "force_majeure"
    LONG_LEAVE = "long_leave"


class RevisePlan(SubmitPlan):
    """A new wording of the whole plan, which the other side has to agree to."""

    cause: RevisionCause
    reason: Text


class ReturnReason(Body):
    """Why something goes back to the employee."""

    reason: Text


class Empty(Body):
    """An act that needs no words: agreeing, nudging."""


class Sign(Body):
    """A signature; its reason is needed where predicates are not spread as the guide has it.

    Source: SE MenPANRB 3/2023 (a guide to consider) and the rule ``distribusi.mode``.
    """

    distribution_reason: Text | None = None


class Realisation(Body):
    """What was achieved for one result, and the evidence (bukti dukung)."""

    id: ResultId
    realisation: Text
    evidence: Text


class SubmitReport(Body):
    """The employee's report: one line for each planned result."""

    results: Annotated[tuple[Realisation, ...], Field(min_length=1, max_length=MAX_RESULTS)]


class Score(Body):
    """The two ratings, each with its reason (PermenPANRB 6/2022; SE MenPANRB 3/2023)."""

    work_result: Rating
    work_result_reason: Text
    behaviour: Rating
    behaviour_reason: Text


class GiveFeedback(Body):
    """Feedback of the supervisor (umpan balik)."""

    strengths: Text
    improvements: Text
    agreed_actions: Text


class RespondToFeedback(Body):
    """The employee's answer to the feedback."""

    response: Text


class ChangedRating(Body):
    """A rating changed in the meeting, with the reason for it."""

    work_result: Rating
    behaviour: Rating
    reason: Text


class Attendee(StrEnum):
    """Who can be recorded as present at a meeting."""

    EMPLOYEE = "employee"
    SUPERVISOR = "supervisor"
    SUPERIOR = "superior"


class RecordMeeting(Body):
    """The evaluation meeting (dialog kinerja): when, who, what was said, what changed."""

    held_on: date
    attendance: Annotated[tuple[Attendee, ...], Field(min_length=1, max_length=3)]
    minutes: Text
    changed: ChangedRating | None = None


class ObjectToResult(Body):
    """The employee's objection (keberatan; PP 30/2019 article 59)."""

    reasons: Text


class ObjectionOutcome(StrEnum):
    """The decision on an objection."""

    UPHELD = "upheld"
    REJECTED = "rejected"


class DecideObjection(Body):
    """The superior's final decision; ratings are given exactly when the objection is upheld."""

    outcome: ObjectionOutcome
    reasons: Text
    work_result: Rating | None = None
    behaviour: Rating | None = None


class RecordInterim(Body):
    """The word of an outgoing supervisor on his days: a note, and both ratings or none."""

    note: Text
    work_result: Rating | None = None
    behaviour: Rating | None = None


class WithdrawalCause(StrEnum):
    """Why the HR office takes a file out of the cycle."""

    DEATH = "death"
    WRONG_FILE = "wrong_file"


class Withdraw(Body):
    """Withdrawal of a file by the HR office."""

    cause: WithdrawalCause
    reason: Text


class RecordLate(Body):
    """What came after a file had ended without a result; it stays without one."""

    what: Text
    reason: Text
