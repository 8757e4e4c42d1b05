"""Rules of the record: how documents are signed, how they leave, how long they are kept.

No retention schedule (JRA kepegawaian) has been seen, so all periods are project decisions.
"""

from typing import ClassVar, Literal

from pydantic import Field

from domain.rules.parameters import Parameters


class SignatureMode(Parameters):
    """How a document is signed."""

    RULE: ClassVar[str] = "ttd.mode"

    mode: Literal["none", "wet_scan", "internal_ack", "tte_bsre"]


class SiasnMode(Parameters):
    """How results reach SIASN."""

    RULE: ClassVar[str] = "siasn.mode"

    mode: Literal["off", "csv_export", "mock", "api"]


class DocumentRetention(Parameters):
    """Years after the end of service for plans, evaluations, objections and their audit trail."""

    RULE: ClassVar[str] = "retensi.dokumen"

    years_after_service: int = Field(ge=1)


class DailyRetention(Parameters):
    """Years for daily progress and evidence: in use, then set aside."""

    RULE: ClassVar[str] = "retensi.harian"

    active_years: int = Field(ge=1)
    inactive_years: int = Field(ge=0)


class FeedbackRetention(Parameters):
    """Years for feedback as it was given."""

    RULE: ClassVar[str] = "retensi.umpan_balik"

    years: int = Field(ge=1)


class CounsellingRetention(Parameters):
    """Years after the end of a counselling (konseling kinerja) for its notes."""

    RULE: ClassVar[str] = "retensi.konseling"

    years_after_closure: int = Field(ge=1)


class AccessRetention(Parameters):
    """Years for the log of who read what: at hand, then in the archive."""

    RULE: ClassVar[str] = "retensi.akses"

    online_years: int = Field(ge=1)
    archive_years: int = Field(ge=0)
