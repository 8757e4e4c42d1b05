"""Commands: what a person may ask for, each with the shape of its body.

A body is checked when it enters the house and never again; the rules that need the file's state
are in ``domain``. Limits (40 results, 10,000 characters) are project decisions.
"""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue
from pydantic_core import PydanticCustomError

from schemas.code import (
    Act,
    AnyAct,
    OrganisationAct,
    OrganisationPredicate,
    Rating,
    RulesAct,
    UnitAct,
    Via,
)
from schemas.instant import Instant
from schemas.organisation import HoldingRow, Mandate
from schemas.period import PeriodKind, PeriodText

MAX_TEXT = 10_000
MAX_RESULTS = 40
# The Unicode categories Cc and Cs, but for tab and line ends.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def _readable(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("text_blank", "text is blank")
    if _CONTROL.search(text):
        raise PydanticCustomError("text_control", "text holds a control character")
    return text


Text = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_readable)]
ShortText = Annotated[str, Field(max_length=200), AfterValidator(_readable)]
# Too short for a name or a number of a person: it is repeated in answers and in logs.
ResultId = Annotated[str, Field(pattern=r"^[a-z]{1,3}[0-9]{1,3}$")]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class PlannedResult(_Body):
    """One planned result (rencana hasil kerja) with its indicator (IKI) and target."""

    id: ResultId
    result: Text
    indicator: Text
    target: ShortText


class SubmitPlan(_Body):
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


class ReturnReason(_Body):
    """Why something goes back to the employee."""

    reason: Text


class Empty(_Body):
    """An act that needs no words: agreeing."""


class Sign(_Body):
    """A signature; its reason is needed where predicates are not spread as the guide has it.

    Source: SE MenPANRB 3/2023 (a guide to consider) and the rule ``distribusi.mode``.
    """

    distribution_reason: Text | None = None


class Realisation(_Body):
    """What was achieved for one result, and the evidence (bukti dukung)."""

    id: ResultId
    realisation: Text
    evidence: Text


class SubmitReport(_Body):
    """The employee's report: one line for each planned result."""

    results: Annotated[tuple[Realisation, ...], Field(min_length=1, max_length=MAX_RESULTS)]


class Score(_Body):
    """The two ratings, each with its reason (PermenPANRB 6/2022; SE MenPANRB 3/2023)."""

    work_result: Rating
    work_result_reason: Text
    behaviour: Rating
    behaviour_reason: Text


class GiveFeedback(_Body):
    """Feedback of the supervisor (umpan balik)."""

    strengths: Text
    improvements: Text
    agreed_actions: Text


class RespondToFeedback(_Body):
    """The employee's answer to the feedback."""

    response: Text


class ChangedRating(_Body):
    """A rating changed in the meeting, with the reason for it."""

    work_result: Rating
    behaviour: Rating
    reason: Text


class Attendee(StrEnum):
    """Who can be recorded as present at a meeting."""

    EMPLOYEE = "employee"
    SUPERVISOR = "supervisor"
    SUPERIOR = "superior"


class RecordMeeting(_Body):
    """The evaluation meeting (dialog kinerja): when, who, what was said, what changed."""

    held_on: date
    attendance: Annotated[tuple[Attendee, ...], Field(min_length=1, max_length=3)]
    minutes: Text
    changed: ChangedRating | None = None


class ObjectToResult(_Body):
    """The employee's objection (keberatan; PP 30/2019 article 59)."""

    reasons: Text


class ObjectionOutcome(StrEnum):
    """The decision on an objection."""

    UPHELD = "upheld"
    REJECTED = "rejected"


class DecideObjection(_Body):
    """The superior's final decision; ratings are given exactly when the objection is upheld."""

    outcome: ObjectionOutcome
    reasons: Text
    work_result: Rating | None = None
    behaviour: Rating | None = None


class WithdrawalCause(StrEnum):
    """Why the HR office takes a file out of the cycle."""

    DEATH = "death"
    WRONG_FILE = "wrong_file"


class Withdraw(_Body):
    """Withdrawal of a file by the HR office."""

    cause: WithdrawalCause
    reason: Text


class ImportOrganisation(_Body):
    """The whole organisation, as a checked file says it is."""

    rows: tuple[HoldingRow, ...]


class OpenPeriod(_Body):
    """The order to freeze a period's roster and open its files."""

    period: PeriodText
    kind: PeriodKind


class MandateOrder(Mandate):
    """A mandate as it is ordered: with a decree, in words that can be read."""

    post: ShortText
    decree: ShortText


class GrantMandate(_Body):
    """The order that lets a person act for a post as appraiser (pendelegasian), from day to day.

    Granted again for the same person, post and first day, it replaces the earlier one: so a
    mandate is ended or corrected.
    """

    mandate: MandateOrder


class ProposeUnitPredicate(_Body):
    """The unit head's proposal for the unit's predicate, with the evidence for it."""

    predicate: OrganisationPredicate
    evidence: Text


class SetUnitPredicate(_Body):
    """The decision of the official above; a reason is needed where it differs from the proposal."""

    predicate: OrganisationPredicate
    reason: Text | None = None


class CorrectUnitPredicate(_Body):
    """A later correction, which stays visible beside what it corrects."""

    predicate: OrganisationPredicate
    reason: Text


# As the packs name rules and their parameters: neither can hold a name or a number of a person.
RuleName = Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+)+$", max_length=60)]
ParameterName = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]


class SetRule(_Body):
    """What the organisation sets of a rule for itself, from a day on, and by which decree.

    ``reason`` says why the day lies in the past, where it does.
    """

    rule: RuleName
    values: Annotated[dict[ParameterName, JsonValue], Field(min_length=1, max_length=20)]
    from_on: date
    source: ShortText
    reason: Text | None = None


BODIES: dict[AnyAct, type[BaseModel]] = {
    Act.SUBMIT_PLAN: SubmitPlan,
    Act.RETURN_PLAN: ReturnReason,
    Act.AGREE_PLAN: Empty,
    Act.REVISE_PLAN: RevisePlan,
    Act.SUBMIT_REPORT: SubmitReport,
    Act.RETURN_REPORT: ReturnReason,
    Act.SCORE: Score,
    Act.GIVE_FEEDBACK: GiveFeedback,
    Act.RESPOND_TO_FEEDBACK: RespondToFeedback,
    Act.RECORD_MEETING: RecordMeeting,
    Act.SIGN: Sign,
    Act.OBJECT: ObjectToResult,
    Act.DECIDE_OBJECTION: DecideObjection,
    Act.WITHDRAW: Withdraw,
    OrganisationAct.IMPORT_ORGANISATION: ImportOrganisation,
    OrganisationAct.OPEN_PERIOD: OpenPeriod,
    OrganisationAct.GRANT_MANDATE: GrantMandate,
    UnitAct.PROPOSE_PREDICATE: ProposeUnitPredicate,
    UnitAct.SET_PREDICATE: SetUnitPredicate,
    UnitAct.CORRECT_PREDICATE: CorrectUnitPredicate,
    RulesAct.SET_RULE: SetRule,
}


class StoredCommand(BaseModel):
    """A command as the gateway committed it; from then on nothing about it changes."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    stream: str
    act: AnyAct
    actor: UUID | None
    body: JsonValue
    expected_version: int | None
    via: Via
    os_user: str | None
    received_at: Instant
