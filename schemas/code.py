"""The closed vocabularies of the domain; stored by value and never renamed."""

from enum import StrEnum


class PersonKind(StrEnum):
    """Kinds of official; a state official (pejabat negara) is no civil servant and has no file."""

    PNS = "PNS"
    PPPK = "PPPK"
    PPPK_PART_TIME = "PPPK paruh waktu"
    STATE_OFFICIAL = "pejabat negara"


class Capacity(StrEnum):
    """In what capacity somebody acts for a post (penugasan)."""

    DEFINITIVE = "definitif"
    PLT = "Plt"
    PLH = "Plh"
    PJ = "Pj"
    MANDATE = "mandat"


class AbsenceKind(StrEnum):
    """Why somebody does not serve (SIASN kedudukan hukum; kinds of leave by PP 11/2017 article 310)."""

    ANNUAL_LEAVE = "cuti tahunan"
    LONG_LEAVE = "cuti besar"
    SICK_LEAVE = "cuti sakit"
    MATERNITY_LEAVE = "cuti melahirkan"
    URGENT_LEAVE = "cuti karena alasan penting"
    UNPAID_LEAVE = "CLTN"
    STUDY = "tugas belajar"
    SUSPENSION = "pemberhentian sementara"
    STATE_OFFICE = "pejabat negara"
    RETIREMENT_PREPARATION = "MPP"
    RETIREMENT = "pensiun"
    DEATH = "meninggal"


class Change(StrEnum):
    """What a dated decree changes about one person; the other words are kinds of absence."""

    MUTATION = "mutasi"
    PROMOTION = "promosi"
    PLT = "Plt"
    PLH = "Plh"
    PJ = "Pj"
    END = "selesai"
    RETURN = "aktif kembali"
    ANNUAL_LEAVE = "cuti tahunan"
    LONG_LEAVE = "cuti besar"
    SICK_LEAVE = "cuti sakit"
    MATERNITY_LEAVE = "cuti melahirkan"
    URGENT_LEAVE = "cuti karena alasan penting"
    UNPAID_LEAVE = "CLTN"
    STUDY = "tugas belajar"
    SUSPENSION = "pemberhentian sementara"
    STATE_OFFICE = "pejabat negara"
    RETIREMENT_PREPARATION = "MPP"
    RETIREMENT = "pensiun"
    DEATH = "meninggal"


class Level(StrEnum):
    """Level of a post (jenjang jabatan), highest first."""

    REGIONAL_HEAD = "kepala daerah"
    JPT = "JPT pratama"
    ADMINISTRATOR = "administrator"
    SUPERVISOR = "pengawas"
    FUNCTIONAL = "fungsional"
    STAFF = "pelaksana"


class Office(StrEnum):
    """Posts with a city-wide duty in the cycle: the HR office (BKPSDMD) and the Sekda."""

    HR = "hr"
    SEKDA = "sekda"


class Role(StrEnum):
    """What somebody is to one file on one day; two are so to its unit, and the last one was."""

    EMPLOYEE = "employee"
    SUPERVISOR = "supervisor"
    SUPERIOR = "superior"
    HR = "hr"
    UNIT_HEAD = "unit_head"
    UNIT_SUPERIOR = "unit_superior"
    FORMER_SUPERVISOR = "former_supervisor"


class Stage(StrEnum):
    """Where a file stands; the legal terms map to these in docs/glossary.md."""

    PLAN = "plan"
    EXECUTION = "execution"
    REPORT = "report"
    SCORING = "scoring"
    FEEDBACK = "feedback"
    MEETING = "meeting"
    SIGN_OFF = "sign_off"
    OBJECTION = "objection"
    CLOSED = "closed"


class End(StrEnum):
    """How a file ended (verdict)."""

    ACCEPTED = "accepted"
    DEEMED_ACCEPTED = "deemed_accepted"
    DECIDED = "decided"
    UNDECIDED = "undecided"
    UNRATEABLE = "unrateable"
    WITHDRAWN = "withdrawn"


class PeriodVerdict(StrEnum):
    """What a closed period says of a file; a superior's is one whose supervisor let time run out.

    ``UNDECIDED`` has its result, and an objection to it that nobody decided in time.
    """

    DONE = "done"
    DONE_BY_SUPERIOR = "done_by_superior"
    UNDECIDED = "undecided"
    UNRATEABLE = "unrateable"
    WITHDRAWN = "withdrawn"


class Rating(StrEnum):
    """Rating of work result and of behaviour (SIASN codes 1, 2, 3)."""

    ABOVE = "above"
    MEETS = "meets"
    BELOW = "below"


class Predicate(StrEnum):
    """Performance predicate (predikat kinerja; SIASN codes 1 to 5)."""

    VERY_GOOD = "sangat_baik"
    GOOD = "baik"
    NEEDS_IMPROVEMENT = "butuh_perbaikan"
    POOR = "kurang"
    VERY_POOR = "sangat_kurang"


class OrganisationPredicate(StrEnum):
    """Performance predicate of an organisation or one of its units, the best first."""

    OUTSTANDING = "istimewa"
    GOOD = "baik"
    NEEDS_IMPROVEMENT = "butuh_perbaikan"
    POOR = "kurang"
    VERY_POOR = "sangat_kurang"


class Act(StrEnum):
    """Everything a person can do; one typed Update each on the file's workflow."""

    SUBMIT_PLAN = "submit_plan"
    RETURN_PLAN = "return_plan"
    AGREE_PLAN = "agree_plan"
    REVISE_PLAN = "revise_plan"
    SUBMIT_REPORT = "submit_report"
    RETURN_REPORT = "return_report"
    SCORE = "score"
    GIVE_FEEDBACK = "give_feedback"
    RESPOND_TO_FEEDBACK = "respond_to_feedback"
    RECORD_MEETING = "record_meeting"
    SIGN = "sign"
    OBJECT = "object"
    DECIDE_OBJECTION = "decide_objection"
    RECORD_INTERIM = "record_interim"
    WITHDRAW = "withdraw"
    RECORD_LATE = "record_late"
    NUDGE = "nudge"


class OrganisationAct(StrEnum):
    """Acts on the organisation's own stream."""

    IMPORT_ORGANISATION = "import_organisation"
    OPEN_PERIOD = "open_period"
    CLOSE_PERIOD = "close_period"
    GRANT_MANDATE = "grant_mandate"
    IMPORT_CONTACTS = "import_contacts"
    SET_MAIL_PREFERENCE = "set_mail_preference"
    APPLY_CHANGES = "apply_changes"


class UnitAct(StrEnum):
    """Acts on the stream of one unit in one period."""

    PROPOSE_PREDICATE = "propose_unit_predicate"
    SET_PREDICATE = "set_unit_predicate"
    CORRECT_PREDICATE = "correct_unit_predicate"


class RulesAct(StrEnum):
    """Acts on the stream of the organisation's own rules."""

    SET_RULE = "set_rule"


class CalendarAct(StrEnum):
    """Acts on the stream of the organisation's working calendar."""

    SET_HOLIDAYS = "set_holidays"
    SET_WEEK = "set_week"


class WebhookAct(StrEnum):
    """Acts on the organisation's own stream about where its events are sent."""

    ADD_WEBHOOK = "add_webhook"
    REMOVE_WEBHOOK = "remove_webhook"
    ENABLE_WEBHOOK = "enable_webhook"
    DISABLE_WEBHOOK = "disable_webhook"
    ROTATE_SECRET = "rotate_webhook_secret"  # noqa: S105  (the name of an act)
    RETRY_WEBHOOK = "retry_webhook"


AnyAct = Act | OrganisationAct | UnitAct | RulesAct | CalendarAct | WebhookAct


class EventKind(StrEnum):
    """What happened, in the past tense; one row of a chain each."""

    FILE_OPENED = "file_opened"
    PLAN_SUBMITTED = "plan_submitted"
    PLAN_RETURNED = "plan_returned"
    PLAN_AGREED = "plan_agreed"
    REVISION_PROPOSED = "revision_proposed"
    REPORT_SUBMITTED = "report_submitted"
    REPORT_RETURNED = "report_returned"
    SCORED = "scored"
    FEEDBACK_GIVEN = "feedback_given"
    FEEDBACK_ANSWERED = "feedback_answered"
    MEETING_RECORDED = "meeting_recorded"
    SIGNED = "signed"
    DELIVERED = "delivered"
    OBJECTED = "objected"
    OBJECTION_DECIDED = "objection_decided"
    WITHDRAWN = "withdrawn"
    REMINDED = "reminded"
    BECAME_OVERDUE = "became_overdue"
    ESCALATED = "escalated"
    RUNG_SKIPPED = "rung_skipped"
    DELEGATED = "delegated"
    TURN_EXPIRED = "turn_expired"
    FILE_EXPIRED = "file_expired"
    GATE_OPENED = "gate_opened"
    NUDGED = "nudged"
    INTERIM_RECORDED = "interim_recorded"
    RUNG_POSTPONED = "rung_postponed"
    HANDED_OVER = "handed_over"
    UNIT_PREDICATE_PROPOSED = "unit_predicate_proposed"
    UNIT_PREDICATE_SET = "unit_predicate_set"
    UNIT_PREDICATE_CORRECTED = "unit_predicate_corrected"
    ORGANISATION_IMPORTED = "organisation_imported"
    LATE_RECORDED = "late_recorded"
    PERIOD_OPENED = "period_opened"
    PERIOD_CLOSED = "period_closed"
    MANDATE_GRANTED = "mandate_granted"
    CONTACTS_IMPORTED = "contacts_imported"
    MAIL_PREFERENCE_SET = "mail_preference_set"
    CHANGES_APPLIED = "changes_applied"
    RULE_SET = "rule_set"
    DUE_MOVED = "due_moved"
    CALENDAR_NOTED = "calendar_noted"
    HOLIDAYS_SET = "holidays_set"
    WEEK_SET = "week_set"
    WEBHOOK_ADDED = "webhook_added"
    WEBHOOK_REMOVED = "webhook_removed"
    WEBHOOK_ENABLED = "webhook_enabled"
    WEBHOOK_DISABLED = "webhook_disabled"
    WEBHOOK_SECRET_ROTATED = "webhook_secret_rotated"  # noqa: S105  (the name of an event)
    WEBHOOK_RETRIED = "webhook_retried"


class Via(StrEnum):
    """Through which door an act came."""

    SHELL = "shell"
    WEB = "web"
    API = "api"
    TIMER = "timer"
    IMPORT = "import"
    SIMULATION = "simulation"


class Topic(StrEnum):
    """What a notice is about."""

    TASK = "task"
    REMINDER = "reminder"
    NUDGE = "nudge"
    OVERDUE = "overdue"
    ESCALATION = "escalation"
    DELEGATION = "delegation"
    VACANT = "vacant"
    RESULT = "result"
    DUE_MOVED = "due_moved"
    CLOSED = "closed"
    INTERIM = "interim"
    WEBHOOK_DISABLED = "webhook_disabled"
