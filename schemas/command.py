"""Commands: what a person may ask for, each with the shape of its body.

A body is checked when it enters the house and never again; the rules that need the file's state
are in ``domain``. Limits (40 results, 10,000 characters, 10,000 changes) are project decisions.
"""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue
from pydantic_core import PydanticCustomError

from schemas.cloud_event import TYPE_NAMES
from schemas.code import (
    Act,
    AnyAct,
    CalendarAct,
    OrganisationAct,
    OrganisationPredicate,
    Rating,
    RulesAct,
    UnitAct,
    Via,
    WebhookAct,
)
from schemas.instant import Instant
from schemas.organisation import DatedChange, HoldingRow, Mandate
from schemas.period import PeriodKind, PeriodText
from schemas.web_address import parse_web_address

MAX_TEXT = 10_000
MAX_RESULTS = 40
MAX_CHANGES = 10_000
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


class ResultOrigin(StrEnum):
    """Whose a planned result is: the post's (Organisasi), which its next holder takes over, or one's own."""

    POST = "post"
    PERSONAL = "personal"


class PlannedResult(_Body):
    """One planned result (rencana hasil kerja) with its indicator (IKI) and target.

    Where nothing is said of its origin it is the post's.
    """

    id: ResultId
    result: Text
    indicator: Text
    target: ShortText
    origin: ResultOrigin = ResultOrigin.POST


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
    """An act that needs no words: agreeing, nudging."""


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


class RecordInterim(_Body):
    """The word of an outgoing supervisor on his days: a note, and both ratings or none."""

    note: Text
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


class RecordLate(_Body):
    """What came after a file had ended without a result; it stays without one."""

    what: Text
    reason: Text


class ImportOrganisation(_Body):
    """The whole organisation, as a checked file says it is."""

    rows: tuple[HoldingRow, ...]


class OpenPeriod(_Body):
    """The order to freeze a period's roster and open its files."""

    period: PeriodText
    kind: PeriodKind


class ClosePeriod(_Body):
    """The order to close a period: every file of it has ended, and what it came to is frozen."""

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


# What goes before and after the @ of an address that every mail server takes (RFC 5321, ASCII).
Address = Annotated[
    str,
    Field(
        max_length=254,
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$",
    ),
]
MailLanguage = Literal["id", "en"]


class Contact(_Body):
    """Where one person is reached, and in which language; without an address, no longer."""

    person: UUID
    address: Address | None
    language: MailLanguage = "id"


class ImportContacts(_Body):
    """Addresses of people; those who are not named keep what they have."""

    rows: Annotated[tuple[Contact, ...], Field(min_length=1)]


class SetMailPreference(_Body):
    """What the person who sends it chooses for himself; what is left out stays as it is."""

    digest: bool | None = None
    language: MailLanguage | None = None


class ChangeOrder(DatedChange):
    """A dated change as it is ordered: with a decree, in words that can be read."""

    post: ShortText | None = None
    decree: ShortText


class ApplyChanges(_Body):
    """Changes of posts, leaves and departures by decree: all of them, or none."""

    changes: Annotated[tuple[ChangeOrder, ...], Field(min_length=1, max_length=MAX_CHANGES)]


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


class DayKind(StrEnum):
    """What a decree makes of a day; the names are those of the calendar files."""

    HOLIDAY = "libur_nasional"
    JOINT_LEAVE = "cuti_bersama"
    WORKING = "hari_kerja"


class DecreedDay(_Body):
    """One day of a decree: it becomes free, or an ordinary working day again."""

    date: date
    kind: DayKind
    name: ShortText


class SetHolidays(_Body):
    """What a decree changes in the calendar of the organisation.

    ``decreed`` are years that it orders as a whole, so that they are provisional no longer.
    ``reason`` is needed where a day becomes a working day again, since dates may come earlier then.
    """

    days: Annotated[tuple[DecreedDay, ...], Field(min_length=1, max_length=100)]
    decreed: Annotated[tuple[int, ...], Field(max_length=5)] = ()
    source: ShortText
    reason: Text | None = None


class SetWeek(_Body):
    """The working week of one unit from a day on (six days in services, schools, Satpol PP)."""

    unit: ShortText
    week: Literal[5, 6]
    from_on: date
    source: ShortText


def _web_address(text: str) -> str:
    try:
        parse_web_address(text)
    except ValueError as error:
        raise PydanticCustomError("web_address", "not an address to send to") from error
    return text


def _event_type(name: str) -> str:
    if name not in TYPE_NAMES:
        raise PydanticCustomError("event_type", "not a type of event")
    return name


class AddWebhook(_Body):
    """The order to send events of these types to an address from now on."""

    url: Annotated[str, Field(max_length=500), AfterValidator(_web_address)]
    types: Annotated[
        tuple[Annotated[str, AfterValidator(_event_type)], ...], Field(min_length=1, max_length=100)
    ]
    description: ShortText


class WebhookOrder(_Body):
    """An order about a webhook, named by the id of the command that added it."""

    webhook: UUID


class DisableWebhook(WebhookOrder):
    """The system's order to send nothing more: no event has arrived since an instant (real time)."""

    failing_since: Instant


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
    Act.RECORD_INTERIM: RecordInterim,
    Act.WITHDRAW: Withdraw,
    Act.RECORD_LATE: RecordLate,
    Act.NUDGE: Empty,
    OrganisationAct.IMPORT_ORGANISATION: ImportOrganisation,
    OrganisationAct.OPEN_PERIOD: OpenPeriod,
    OrganisationAct.CLOSE_PERIOD: ClosePeriod,
    OrganisationAct.GRANT_MANDATE: GrantMandate,
    OrganisationAct.IMPORT_CONTACTS: ImportContacts,
    OrganisationAct.SET_MAIL_PREFERENCE: SetMailPreference,
    OrganisationAct.APPLY_CHANGES: ApplyChanges,
    UnitAct.PROPOSE_PREDICATE: ProposeUnitPredicate,
    UnitAct.SET_PREDICATE: SetUnitPredicate,
    UnitAct.CORRECT_PREDICATE: CorrectUnitPredicate,
    RulesAct.SET_RULE: SetRule,
    CalendarAct.SET_HOLIDAYS: SetHolidays,
    CalendarAct.SET_WEEK: SetWeek,
    WebhookAct.ADD_WEBHOOK: AddWebhook,
    WebhookAct.REMOVE_WEBHOOK: WebhookOrder,
    WebhookAct.ENABLE_WEBHOOK: WebhookOrder,
    WebhookAct.DISABLE_WEBHOOK: DisableWebhook,
    WebhookAct.ROTATE_SECRET: WebhookOrder,
    WebhookAct.RETRY_WEBHOOK: WebhookOrder,
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
