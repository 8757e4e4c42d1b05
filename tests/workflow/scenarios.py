"""Lives of a file that several suites play: the golden histories and the event budget."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from schemas.code import Act
from tests.builders import wib
from tests.fakes.ledger import Fault
from tests.workflow.stage import Stage

Scenario = Callable[[Stage], Awaitable[object]]


async def agreed_plan(stage: Stage) -> None:
    """March's plan, agreed in time."""
    await stage.act(Act.SUBMIT_PLAN)
    await stage.act(Act.AGREE_PLAN)


async def scored(stage: Stage) -> None:
    """Everything in time, up to the score."""
    await agreed_plan(stage)
    await stage.sleep_until(wib(3, 31))
    await stage.act(Act.SUBMIT_REPORT)
    await stage.sleep_until(wib(4, 1))
    await stage.act(Act.SCORE)


async def signed(stage: Stage) -> None:
    """Everything in time, up to the supervisor's signature."""
    await scored(stage)
    await stage.act(Act.GIVE_FEEDBACK)
    await stage.act(Act.RESPOND_TO_FEEDBACK)
    await stage.act(Act.RECORD_MEETING)
    await stage.act(Act.SIGN)


async def on_time(stage: Stage) -> None:
    """Nine acts, no wake-up."""
    await signed(stage)
    await stage.act(Act.SIGN)
    await stage.result()


async def untouched(stage: Stage) -> None:
    """Nobody acts: every rung of plan and report, then the horizon."""
    await stage.result()


async def everything_late(stage: Stage) -> None:
    """Every act only after most of its ladder, the score by the superior, silence at the end."""
    await stage.ready()
    await stage.sleep_until(wib(3, 25, 9))
    await stage.act(Act.SUBMIT_PLAN)
    await stage.sleep_until(wib(3, 31, 9))
    await stage.act(Act.AGREE_PLAN)
    await stage.sleep_until(wib(4, 10, 9))
    await stage.act(Act.SUBMIT_REPORT)
    await stage.sleep_until(wib(4, 22, 9))
    await stage.act(Act.SCORE)
    await stage.sleep_until(wib(4, 24, 9))
    await stage.act(Act.GIVE_FEEDBACK)
    await stage.sleep_until(wib(4, 28, 9))
    await stage.act(Act.RECORD_MEETING)
    await stage.sleep_until(wib(4, 30, 9))
    await stage.act(Act.SIGN)
    await stage.result()


async def returned(stage: Stage) -> None:
    """Plan and report go back once each."""
    await stage.act(Act.SUBMIT_PLAN)
    await stage.act(Act.RETURN_PLAN)
    await agreed_plan(stage)
    await stage.sleep_until(wib(4, 2))
    await stage.act(Act.SUBMIT_REPORT)
    await stage.act(Act.RETURN_REPORT)
    await stage.act(Act.SUBMIT_REPORT)
    await stage.act(Act.SCORE)
    await stage.result()


async def delegated(stage: Stage) -> None:
    """The supervisor never scores; the superior finishes the file."""
    await agreed_plan(stage)
    await stage.sleep_until(wib(4, 1))
    await stage.act(Act.SUBMIT_REPORT)
    await stage.sleep_until(wib(4, 16, 8))
    for act in (
        Act.SCORE,
        Act.GIVE_FEEDBACK,
        Act.RESPOND_TO_FEEDBACK,
        Act.RECORD_MEETING,
        Act.SIGN,
        Act.SIGN,
    ):
        await stage.act(act)
    await stage.result()


async def objection(stage: Stage) -> None:
    """Objected to on the last day, decided late."""
    await signed(stage)
    await stage.sleep_until(wib(4, 7, 23))
    await stage.act(Act.OBJECT)
    await stage.sleep_until(wib(4, 30, 9))
    await stage.act(Act.DECIDE_OBJECTION)
    await stage.result()


async def undecided(stage: Stage) -> None:
    """Objected to, and nobody decides."""
    await signed(stage)
    await stage.act(Act.OBJECT)
    await stage.result()


async def withdrawn(stage: Stage) -> None:
    """A death in the middle."""
    await scored(stage)
    await stage.act(Act.WITHDRAW, stage.cast.hr)
    await stage.result()


async def refused_and_healed(stage: Stage) -> None:
    """A worker died after its commit; a refusal, a repeated try and a signal bring the file on."""
    await stage.refused(Act.AGREE_PLAN, stage.cast.supervisor)
    command_id = await stage.store(Act.SUBMIT_PLAN)
    await stage.ledger.advance_file(stage.question(command_id))
    await stage.refused(Act.SUBMIT_PLAN, stage.cast.stranger)
    stage.ledger.faults.append(Fault.AFTER_COMMIT)
    await stage.act(Act.AGREE_PLAN)
    await stage.sleep_until(wib(4, 2))
    command_id = await stage.store(Act.SUBMIT_REPORT)
    await stage.refresh()
    await stage.act(Act.WITHDRAW, stage.cast.hr)
    await stage.result()


async def outage(stage: Stage) -> None:
    """Postgres is away, then hangs: an act and a wake-up go on as patient activities."""
    await stage.ready()
    stage.ledger.faults.extend([Fault.BEFORE_COMMIT] * 3)
    await stage.act(Act.SUBMIT_PLAN)
    stage.ledger.faults.extend([Fault.HANG_BEFORE, Fault.HANG_AFTER])
    await stage.act(Act.AGREE_PLAN)
    await stage.sleep_until(wib(4, 1, 7))
    stage.ledger.faults.extend([Fault.HANG_BEFORE, Fault.HANG_BEFORE])
    await stage.skip_to(wib(4, 1, 8) + timedelta(seconds=1))
    await stage.caught_up()
    await stage.act(Act.WITHDRAW, stage.cast.hr)
    await stage.result()


GOLDEN: dict[str, Scenario] = {
    "on_time": on_time,
    "untouched": untouched,
    "everything_late": everything_late,
    "returned": returned,
    "delegated": delegated,
    "objection": objection,
    "undecided": undecided,
    "withdrawn": withdrawn,
    "refused_and_healed": refused_and_healed,
    "outage": outage,
}
