"""The mail of one working day."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.contracts import Mailing
    from schemas.mail_day import MailDay
    from schemas.occurrence import Occurrence
    from workflows.watch import Watch

# Postgres may be away for as long as it likes; a mail server that is away is no error here.
_PATIENT = RetryPolicy(maximum_interval=timedelta(minutes=1))


@workflow.defn(name="SendDigests")
class SendDigests:
    """Composes the mail of its nominal day, and hands it over.

    Both may be repeated at will: a mail is frozen once, and what is not taken today is tried again
    by whoever delivers next.
    """

    @workflow.run
    async def run(self, occurrence: Occurrence) -> int:
        """How many mails the day has got."""
        watch = Watch(occurrence)
        await watch.begin()
        day = MailDay(org=occurrence.org, nominal=watch.due.nominal)
        watch.done["mails"] = await workflow.execute_activity_method(
            Mailing.compose_mail,
            day,
            start_to_close_timeout=timedelta(minutes=15),
            heartbeat_timeout=timedelta(seconds=60),
            retry_policy=_PATIENT,
        )
        await workflow.execute_activity_method(
            Mailing.deliver_mail,
            day,
            start_to_close_timeout=timedelta(hours=2),
            heartbeat_timeout=timedelta(seconds=60),
            retry_policy=_PATIENT,
        )
        await watch.end()
        return watch.done["mails"]
