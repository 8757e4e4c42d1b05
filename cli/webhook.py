"""``siklus webhook``: where events are sent, ordered by the HR office."""

from typing import Annotated

import typer
from pydantic import JsonValue

from cli.answer import show_answer, show_unavailable
from cli.options import Again, By, Json
from cli.order import Order
from cli.output import Exit, fail, out, print_json
from cli.session import Session, run
from cli.webhook_trial import send_trial
from cli.webhook_view import PROBLEMS, deliveries, find_webhook, list_webhooks, types
from gateway.answer import Answer, Status, Unavailable
from runtime.allow_list import AllowList
from runtime.outbound import Sender
from schemas.cloud_event import PREFIX, TYPE_NAMES
from schemas.code import WebhookAct
from storage.query import queries

app = typer.Typer(
    no_args_is_help=True,
    help="Webhooks: send events to other systems, and see whether they arrive.",
)
Webhook = Annotated[str, typer.Argument(metavar="ID", help="the webhook, or how its id begins")]
app.command("types")(types)
app.command("list")(list_webhooks)
app.command("deliveries")(deliveries)
app.command("test")(send_trial)


async def _send(
    session: Session, act: WebhookAct, body: JsonValue, order: Order, *, as_json: bool
) -> Exit:
    """Have it done, and show what became of it, with the secret that it made, if it made one."""
    if act not in (WebhookAct.ADD_WEBHOOK, WebhookAct.ROTATE_SECRET):
        return await order.show(session, act, body, as_json=as_json)
    try:
        answer = await order.send(session, act, body)
    except Unavailable as error:
        return show_unavailable(error, order.command_id, as_json=as_json)
    if answer.status is Status.DONE:
        return await _show_with_secret(session, answer, as_json=as_json)
    return show_answer(answer, session.settings.language, as_json=as_json)


async def _show_with_secret(session: Session, answer: Answer, *, as_json: bool) -> Exit:
    secret = await queries("webhook").show_secret(session.pool, command=answer.command_id)
    if as_json:
        print_json({**answer.model_dump(mode="json"), "secret": secret})
        return Exit.OK
    counted = answer.data | {"types": len(str(answer.data.get("types", "")).split(","))}
    shown = answer.model_copy(update={"data": counted}) if "types" in answer.data else answer
    code = show_answer(shown, session.settings.language, as_json=False)
    if secret is None:
        out.print("  its secret was shown before; siklus webhook rotate makes another one")
    else:
        out.print(f"  secret {secret}", highlight=False, soft_wrap=True)
        out.print("  it is shown this once; the receiving system checks signatures with it")
    return code


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="where events are sent, https://…")],
    wanted: Annotated[
        list[str],
        typer.Option("--type", metavar="TYPE", help="as in file.signed, file.* or all; repeatable"),
    ],
    description: Annotated[str, typer.Option(help="which system this is, and who looks after it")],
    person: By = None,
    command_id: Again = None,
    as_json: Json = False,
) -> None:
    """Send events of some types to an address, from now on.

    Its host must be one of SIKLUS_WEBHOOK_HOSTS. The secret that signatures are made with is shown
    once. docs/events.md says what is sent, and how a signature is checked.

    Examples: siklus webhook add https://hooks.example.go.id/siklus --type file.signed
    --type "unit.*" --description "Dasbor kinerja" --as 3f2a

    Exit codes: 0 done, 2 usage, 3 refused, 4 stored and being processed, 5 not certain.
    """
    names = _type_names(wanted)

    async def work(session: Session) -> Exit:
        problem = Sender(AllowList.parse(session.settings.webhook_hosts)).problem_of(url)
        if problem is not None:
            fail(PROBLEMS[problem], Exit.REFUSED)
        body: JsonValue = {"url": url, "types": list(names), "description": description}
        order = Order(person, command_id)
        return await _send(session, WebhookAct.ADD_WEBHOOK, body, order, as_json=as_json)

    run(work)


def _type_names(wanted: list[str]) -> list[str]:
    """What was asked for as names of the catalogue; a word that means none ends the command."""
    short = {name.removeprefix(PREFIX).removesuffix(".v1"): name for name in TYPE_NAMES}
    found: set[str] = set()
    for each in wanted:
        plain = each.removeprefix(PREFIX).removesuffix(".v1")
        if each == "all":
            matching = list(short)
        elif plain.endswith(".*"):
            matching = [name for name in short if name.startswith(plain[:-1])]
        else:
            matching = [plain] if plain in short else []
        if not matching:
            fail(f"--type {each}: there is no such type; siklus webhook types", Exit.USAGE)
        found.update(short[name] for name in matching)
    return sorted(found)


def _order_about(act: WebhookAct, webhook: str, order: Order, *, as_json: bool) -> None:
    async def work(session: Session) -> Exit:
        found = await find_webhook(session, webhook)
        body: JsonValue = {"webhook": str(found["id"])}
        return await _send(session, act, body, order, as_json=as_json)

    run(work)


@app.command()
def remove(
    webhook: Webhook, person: By = None, command_id: Again = None, as_json: Json = False
) -> None:
    """Send nothing more to a webhook; what waits for it is cancelled, and its secrets are deleted.

    Examples: siklus webhook remove 0b6e --as 3f2a

    Exit codes: 0 done, 2 usage, 3 refused, 4 stored and being processed, 5 not certain.
    """
    _order_about(WebhookAct.REMOVE_WEBHOOK, webhook, Order(person, command_id), as_json=as_json)


@app.command()
def rotate(
    webhook: Webhook, person: By = None, command_id: Again = None, as_json: Json = False
) -> None:
    """Make another secret, shown once; for a day everything is signed with the old one, too.

    Examples: siklus webhook rotate 0b6e

    Exit codes: 0 done, 2 usage, 3 refused, 4 stored and being processed, 5 not certain.
    """
    _order_about(WebhookAct.ROTATE_SECRET, webhook, Order(person, command_id), as_json=as_json)


@app.command()
def enable(
    webhook: Webhook, person: By = None, command_id: Again = None, as_json: Json = False
) -> None:
    """Enable a webhook that was disabled because it failed for too long.

    What happened meanwhile has waited and is sent now.

    Examples: siklus webhook enable 0b6e

    Exit codes: 0 done, 2 usage, 3 refused, 4 stored and being processed, 5 not certain.
    """
    _order_about(WebhookAct.ENABLE_WEBHOOK, webhook, Order(person, command_id), as_json=as_json)


@app.command()
def retry(
    webhook: Webhook, person: By = None, command_id: Again = None, as_json: Json = False
) -> None:
    """Try again at once what has failed at a webhook, parked events included.

    Examples: siklus webhook retry 0b6e

    Exit codes: 0 done, 2 usage, 3 refused, 4 stored and being processed, 5 not certain.
    """
    _order_about(WebhookAct.RETRY_WEBHOOK, webhook, Order(person, command_id), as_json=as_json)
