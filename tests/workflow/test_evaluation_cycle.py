"""A file's life from plan to sign-off, at real durations."""

from schemas.code import Act, End, EventKind
from tests.builders import wib


class TestHappyMonth:
    async def test_a_month_ends_accepted(self, stage):
        await stage.act(Act.SUBMIT_PLAN)
        await stage.act(Act.AGREE_PLAN)
        await stage.sleep_until(wib(3, 31))
        await stage.act(Act.SUBMIT_REPORT)
        await stage.act(Act.SCORE)
        await stage.act(Act.GIVE_FEEDBACK)
        await stage.act(Act.RESPOND_TO_FEEDBACK)
        await stage.act(Act.RECORD_MEETING)
        await stage.act(Act.SIGN)
        await stage.act(Act.SIGN)
        result = await stage.result()
        assert result.end is End.ACCEPTED
        assert stage.kinds() == [
            EventKind.FILE_OPENED,
            EventKind.PLAN_SUBMITTED,
            EventKind.PLAN_AGREED,
            EventKind.REPORT_SUBMITTED,
            EventKind.SCORED,
            EventKind.FEEDBACK_GIVEN,
            EventKind.FEEDBACK_ANSWERED,
            EventKind.MEETING_RECORDED,
            EventKind.SIGNED,
            EventKind.DELIVERED,
            EventKind.SIGNED,
        ]
