"""``docs/events.md``, written from the catalogue: ``make docs``, or ``python -m cli.events_document``."""

import json
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel

from domain.webhook import LONGEST_WAIT, OLD_SECRET_FOR, TRIED_FOR
from domain.webhook_signature import SECRET_PREFIX, headers, make_secret
from runtime.outbound import ANSWER_SECONDS
from schemas.cloud_event import (
    CATALOGUE,
    MEDIA_TYPE,
    PING,
    PREFIX,
    CloudEvent,
    EventType,
    FileData,
    event_id,
    source_of,
)
from schemas.code import Act, EventKind, Role, Stage
from schemas.identifier import FileKey

PATH = Path(__file__).parents[1] / "docs" / "events.md"
# Synthetic throughout: nobody's file, and a secret that is no secret.
_FILE = FileKey(org="kota-contoh", period="2026-03", kind="bulanan", person=UUID(int=1))
_AT = datetime(2026, 4, 9, 2, 30, tzinfo=UTC)
_SECRET = make_secret(sha256(b"an example").digest())

_HEAD = """\
# Events for other systems

Written by `make docs` from the catalogue (`schemas/cloud_event.py`); change that, not this page.

Siklus tells other systems what happens, by webhooks: it sends each event by HTTP `POST` to the
addresses that the HR office has added (`siklus webhook add`). An event says that something
happened, to which file, and where that stands now: codes, counts and dates. It never holds a name,
an identity number, a text, a rating or a predicate. Only hosts of the setting
`SIKLUS_WEBHOOK_HOSTS` are sent to ([deployment](deployment.md)).

## What arrives

A [CloudEvents 1.0](https://cloudevents.io) event in structured JSON mode
(`content-type: {media_type}`), signed after
[Standard Webhooks](https://www.standardwebhooks.com):

```
{example}
```

| attribute | |
|---|---|
| `id` | the same each time that the event is sent, and to whomever |
| `source` | the Siklus of one organisation |
| `type` | see below; a type keeps its meaning, another one ends with `.v2` |
| `subject` | the id of the file (`siklus file show ID`); none for events of no file |
| `time` | when it happened |
| `dataschema` | the name of the schema of `data`, below |

Answer with any status from 200 to 299 within {seconds:.0f} seconds, before working on it. Anything else,
a redirect included, counts as a failure.

- **At least once.** An event may arrive more than once: remember `id`, and take each once.
- **In no order.** `number` counts the events of one file without gaps; they may overtake each other.
- **Tried again** after 10 s, 30 s, 90 s and so on up to every {longest} hours, for {days} days; then the
  event is parked (`siklus webhook deliveries`, `siklus webhook retry`). A webhook where nothing has
  arrived for long (`SIKLUS_WEBHOOK_FAILING_HOURS`) is disabled and the HR office told; what happens
  meanwhile waits until it is enabled again (`siklus webhook enable`).
- **From then on.** A webhook gets what happens after it was added.

## How a signature is checked

`webhook-signature` holds one or more signatures, with blanks between them, each `v1,` and a base64
HMAC-SHA256 over `webhook-id`, `webhook-timestamp` and the body as it came, with dots between them.
The key is the base64 behind `{prefix}` of the secret that was shown when the webhook was added.
After `siklus webhook rotate` everything is signed with both secrets for {old} hours. Any library of
Standard Webhooks does it, or:

```python
import base64, hashlib, hmac, time


def is_genuine(secret: str, headers: dict[str, str], body: bytes) -> bool:
    key = base64.b64decode(secret.removeprefix("{prefix}"))
    sent = headers["webhook-timestamp"]
    signed = f"{{headers['webhook-id']}}.{{sent}}.".encode() + body
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = [each.removeprefix("v1,") for each in headers["webhook-signature"].split()]
    is_fresh = abs(time.time() - int(sent)) < 300
    return is_fresh and any(hmac.compare_digest(wanted, each) for each in given)
```

The example above is signed with `{secret}`.

## Types

Each begins with `{type_prefix}` and ends with `.v1`.

| type | sent when | data |
|---|---|---|
{types}

## Schemas

{schemas}
"""


def example() -> tuple[CloudEvent, dict[str, str], bytes]:
    """A synthetic event, the headers it would be sent with, and its body."""
    type_ = CATALOGUE[EventKind.SIGNED]
    event = CloudEvent(
        id=event_id(_FILE.stream, 17),
        source=source_of(_FILE.org),
        type=type_.name,
        subject=_FILE.file_id,
        time=_AT,
        dataschema=type_.schema_name,
        data=FileData(
            organisation=_FILE.org,
            number=17,
            period=_FILE.period,
            kind=_FILE.kind,
            unit="Dinas Contoh",
            version=9,
            stage_from=Stage.SIGN_OFF,
            stage=Stage.SIGN_OFF,
            awaits=Role.EMPLOYEE,
            due_at=datetime(2026, 4, 14, 17, tzinfo=UTC),
            act=Act.SIGN,
        ),
    )
    body = event.body()
    return event, headers(str(event.id), _AT, body, [_SECRET]), body


def secret() -> str:
    """What the example is signed with."""
    return _SECRET


def render() -> str:
    """The whole page; the same catalogue gives the same bytes."""
    _, signed, body = example()
    lines = ["POST /siklus HTTP/1.1", f"content-type: {MEDIA_TYPE}; charset=utf-8"]
    lines += [f"{name}: {value}" for name, value in signed.items()]
    assert len(b64decode(_SECRET.removeprefix(SECRET_PREFIX))) >= 24, "as the standard has it"  # noqa: S101
    return _HEAD.format(
        media_type=MEDIA_TYPE,
        example="\n".join([*lines, "", body.decode()]),
        seconds=ANSWER_SECONDS,
        longest=round(LONGEST_WAIT.total_seconds() / 3600),
        days=TRIED_FOR.days,
        old=round(OLD_SECRET_FOR.total_seconds() / 3600),
        prefix=SECRET_PREFIX,
        secret=_SECRET,
        type_prefix=PREFIX,
        types="\n".join(_row(each) for each in (*CATALOGUE.values(), PING)),
        schemas="\n".join(_schemas()),
    )


def _row(type_: EventType) -> str:
    return f"| `{type_.short}` | {type_.meaning} | [{_title(type_.data)}](#{_anchor(type_.data)}) |"


def _title(data: type[BaseModel]) -> str:
    return data.__name__


def _anchor(data: type[BaseModel]) -> str:
    return data.__name__.lower()


def _schemas() -> Iterator[str]:
    for data in dict.fromkeys(each.data for each in (*CATALOGUE.values(), PING)):
        schema = data.model_json_schema(mode="serialization")
        text = json.dumps(schema, indent=1, ensure_ascii=False)
        yield f"### {_title(data)}\n\n```json\n{text}\n```\n"


def main() -> None:
    """Write the page."""
    PATH.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
