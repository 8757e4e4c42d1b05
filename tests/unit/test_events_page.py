"""The page of events is what the catalogue says, and its example can be checked as it says."""

import base64
import re
from typing import Any

import pytest

from cli.events_document import PATH, example, render, secret
from schemas.cloud_event import CATALOGUE, PING

PAGE = render()


def test_the_page_is_current() -> None:
    assert PATH.read_text(encoding="utf-8") == PAGE, "make docs writes it anew"


@pytest.mark.parametrize("type_", [*CATALOGUE.values(), PING])
def test_names_every_type(type_) -> None:
    assert f"| `{type_.short}` | {type_.meaning} |" in PAGE
    assert f"### {type_.data.__name__}\n" in PAGE


def test_the_code_on_the_page_takes_the_example_and_nothing_else(monkeypatch) -> None:
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {}
    exec(code[1], names)  # noqa: S102  (what the page tells its readers to run)
    is_genuine = names["is_genuine"]
    event, headers, body = example()
    monkeypatch.setattr("time.time", event.time.timestamp)
    assert body.decode() in PAGE
    assert all(f"{name}: {value}" in PAGE for name, value in headers.items())
    assert is_genuine(secret(), headers, body)
    other = "whsec_" + base64.b64encode(bytes(32)).decode()
    assert not is_genuine(other, headers, body)
    assert not is_genuine(secret(), headers, body + b" ")
    monkeypatch.setattr("time.time", lambda: event.time.timestamp() + 301)
    assert not is_genuine(secret(), headers, body)
