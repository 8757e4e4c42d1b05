"""Commands: what a person may ask for, and which shape the body of each has."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, JsonValue, SkipValidation

from schemas.code import (
    Act,
    AnyAct,
    CalendarAct,
    OrganisationAct,
    RulesAct,
    UnitAct,
    Via,
    WebhookAct,
)
from schemas.file_body import (
    DecideObjection,
    Empty,
    GiveFeedback,
    ObjectToResult,
    RecordInterim,
    RecordLate,
    RecordMeeting,
    RespondToFeedback,
    ReturnReason,
    RevisePlan,
    Score,
    Sign,
    SubmitPlan,
    SubmitReport,
    Withdraw,
)
from schemas.instant import Instant
from schemas.order_body import (
    AddWebhook,
    ApplyChanges,
    ClosePeriod,
    CorrectUnitPredicate,
    DisableWebhook,
    GrantMandate,
    ImportContacts,
    ImportOrganisation,
    OpenPeriod,
    ProposeUnitPredicate,
    SetHolidays,
    SetMailPreference,
    SetRule,
    SetUnitPredicate,
    SetWeek,
    WebhookOrder,
)

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
    """A command as the gateway committed it; from then on nothing about it changes.

    Its body is whatever JSON was stored; whoever decides it checks it against its shape.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    stream: str
    act: AnyAct
    actor: UUID | None
    body: Annotated[JsonValue, SkipValidation]
    expected_version: int | None
    via: Via
    os_user: str | None
    received_at: Instant
