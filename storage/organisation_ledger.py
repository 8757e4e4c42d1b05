"""The ledger of the organisation's own stream: imports, dated changes, mandates, periods."""

from domain.organisation import Organisation
from domain.organisation_act import read_order, seat_of
from domain.working_calendar import WorkingCalendar
from schemas.code import EventKind, Office, OrganisationAct, WebhookAct
from schemas.command import StoredCommand
from schemas.error import Refusal
from schemas.order_body import (
    ApplyChanges,
    ClosePeriod,
    GrantMandate,
    ImportContacts,
    ImportOrganisation,
    OpenPeriod,
    SetMailPreference,
)
from storage.clock import Connection
from storage.contact_acts import import_contacts, set_mail_preference
from storage.organisation import read_organisation
from storage.organisation_acts import (
    apply_changes,
    grant_mandate,
    import_organisation,
    open_period,
)
from storage.period_closing import close_period
from storage.record import Head, Record
from storage.stream import Data, stream_event
from storage.webhook_ledger import carry_out_webhook

KINDS = {
    OrganisationAct.IMPORT_ORGANISATION: EventKind.ORGANISATION_IMPORTED,
    OrganisationAct.OPEN_PERIOD: EventKind.PERIOD_OPENED,
    OrganisationAct.CLOSE_PERIOD: EventKind.PERIOD_CLOSED,
    OrganisationAct.GRANT_MANDATE: EventKind.MANDATE_GRANTED,
    OrganisationAct.IMPORT_CONTACTS: EventKind.CONTACTS_IMPORTED,
    OrganisationAct.SET_MAIL_PREFERENCE: EventKind.MAIL_PREFERENCE_SET,
    OrganisationAct.APPLY_CHANGES: EventKind.CHANGES_APPLIED,
}


class OrganisationLedger:
    """Decides the acts on an organisation's stream."""

    def __init__(self, calendar: WorkingCalendar) -> None:
        self._calendar = calendar

    async def carry_out(
        self, connection: Connection, command: StoredCommand, record: Record, head: Head
    ) -> Data | Refusal:
        """Do one command and append its event, or say why not; see ``storage.stream``."""
        org = command.stream.partition("/")[2]
        known = await read_organisation(connection, org)
        seat = seat_of(command, known, self._calendar.local_date(command.received_at))
        if isinstance(seat, Refusal):
            return seat
        if isinstance(command.act, WebhookAct):
            today = self._calendar.local_date(command.received_at)
            recipient = known.office_head(Office.HR, today)
            return await carry_out_webhook(connection, command, record, head, seat, recipient)
        done = await self._do(connection, org, command, known)
        if not isinstance(done, Refusal):
            kind = KINDS[OrganisationAct(command.act)]
            record.append(stream_event(org, command, kind, seat, done), command.body, head)
        return done

    async def _do(
        self, connection: Connection, org: str, command: StoredCommand, known: Organisation
    ) -> Data | Refusal:
        at = command.received_at
        calendar = known.calendars.at(at).everyones()
        match read_order(command):
            case ImportOrganisation() as order:
                return await import_organisation(connection, org, order, at)
            case OpenPeriod() as order:
                return await open_period(connection, org, order, at, known, calendar)
            case ClosePeriod() as order:
                return await close_period(connection, org, order, at, known, calendar)
            case GrantMandate() as order:
                return await grant_mandate(connection, org, order, at, known)
            case ImportContacts() as order:
                return await import_contacts(connection, org, order)
            case SetMailPreference() as order:
                return await set_mail_preference(connection, org, order, command.actor)
            case ApplyChanges() as order:
                today = self._calendar.local_date(at)
                return await apply_changes(connection, org, order, at, known, today)
            case Refusal() as refusal:
                return refusal
