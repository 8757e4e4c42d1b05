"""What is decided about webhooks, what is sent, and how it is signed."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from standardwebhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from domain.webhook import (
    DISABLED,
    ENABLED,
    LIMIT,
    REMOVED,
    TRIED_FOR,
    Webhook,
    decide_webhook,
    next_try,
    webhook_data,
)
from domain.webhook_signature import headers, make_secret
from schemas.cloud_event import CATALOGUE, MEDIA_TYPE, PREFIX, TYPE_NAMES, event_id
from schemas.code import EventKind, Rating, Via, WebhookAct
from schemas.command import StoredCommand
from schemas.error import ErrorType, Refusal
from storage.webhook import ping

NOW = datetime(2026, 4, 9, 2, tzinfo=UTC)
ONE = Webhook(UUID(int=1), "https://a.go.id/in", (f"{PREFIX}file.signed.v1",), "Dasbor")
SOMEBODY = UUID(int=9)
SECRET = make_secret(bytes(range(32)))
BODY = ping("kota-contoh", UUID(int=7), NOW).body()


def order(act, body=None, *, actor=SOMEBODY, via=Via.SHELL):
    said = {"webhook": str(ONE.id)} if body is None else body
    return StoredCommand(
        id=uuid4(), stream="organisation/kota-contoh", act=act, actor=actor, body=said,
        expected_version=None, via=via, os_user=None, received_at=NOW,
    )  # fmt: skip


def add(url="https://b.go.id/in"):
    return order(WebhookAct.ADD_WEBHOOK, {"url": url, "types": list(ONE.types), "description": "b"})


def decided(command, *known):
    found = decide_webhook(command, {each.id: each for each in known})
    return found.rule if isinstance(found, Refusal) else found


class TestOrders:
    def test_add_takes_the_id_of_its_command(self):
        command = add()
        found = decided(command, ONE)
        assert found == Webhook(command.id, "https://b.go.id/in", ONE.types, "b")

    def test_one_address_has_one_webhook_at_a_time(self):
        assert decided(add(ONE.url), ONE) == "webhook.known"
        assert isinstance(decided(add(ONE.url), replace(ONE, state=REMOVED)), Webhook)

    def test_there_is_a_limit(self):
        many = [replace(ONE, id=uuid4(), url=f"https://a{n}.go.id/") for n in range(LIMIT)]
        assert decided(add(), *many) == "webhook.too_many"
        assert isinstance(decided(add(), *many[1:]), Webhook)

    @pytest.mark.parametrize("act", set(WebhookAct) - {WebhookAct.ADD_WEBHOOK})
    def test_what_is_not_there_cannot_be_changed(self, act):
        is_system = act is WebhookAct.DISABLE_WEBHOOK
        body = {"webhook": str(ONE.id)} | ({"failing_since": NOW.isoformat()} if is_system else {})
        who = {"actor": None, "via": Via.TIMER} if is_system else {}
        command = order(act, body, **who)
        assert decided(command) == "webhook.unknown"
        assert decided(command, replace(ONE, state=REMOVED)) == "webhook.unknown"

    def test_the_system_disables_and_nobody_else_does(self):
        body = {"webhook": str(ONE.id), "failing_since": NOW.isoformat()}
        for who in ({}, {"actor": None}, {"via": Via.TIMER}):
            assert decided(order(WebhookAct.DISABLE_WEBHOOK, body, **who), ONE) == "act.role"
        system = order(WebhookAct.DISABLE_WEBHOOK, body, actor=None, via=Via.TIMER)
        assert decided(system, ONE).state == DISABLED
        assert decided(system, replace(ONE, state=DISABLED)) == "webhook.disabled"

    def test_nor_does_the_system_do_anything_else(self):
        command = order(WebhookAct.REMOVE_WEBHOOK, actor=None, via=Via.TIMER)
        assert decided(command, ONE) == "act.role"

    def test_enabling_takes_one_that_is_disabled(self):
        command = order(WebhookAct.ENABLE_WEBHOOK)
        assert decided(command, ONE) == "webhook.enabled"
        assert decided(command, replace(ONE, state=DISABLED)) == ONE


def refusal(type_, rule, field=None, **params) -> Refusal:
    return Refusal(type=type_, rule=rule, field=field, params=params)


class TestRefusals:
    """Each in full, as it is recorded and told."""

    SYSTEM = {"actor": None, "via": Via.TIMER}  # noqa: RUF012
    SINCE = {"webhook": str(ONE.id), "failing_since": NOW.isoformat()}  # noqa: RUF012

    @pytest.mark.parametrize(
        ("command", "known", "expected"),
        [
            (order(WebhookAct.REMOVE_WEBHOOK, {"id": "a"}), [ONE],
             refusal(ErrorType.INVALID, "command.unreadable", "body")),
            (order(WebhookAct.RETRY_WEBHOOK, actor=None, via=Via.TIMER), [ONE],
             refusal(ErrorType.NOT_AUTHORISED, "act.role", act="retry_webhook")),
            (order(WebhookAct.DISABLE_WEBHOOK, SINCE), [ONE],
             refusal(ErrorType.NOT_AUTHORISED, "act.role", act="disable_webhook")),
            (order(WebhookAct.ROTATE_SECRET), [],
             refusal(ErrorType.NOT_FOUND, "webhook.unknown", "webhook")),
            (add(ONE.url), [ONE], refusal(ErrorType.INVALID, "webhook.known", "url")),
            (add(), [replace(ONE, id=UUID(int=n), url=f"https://a{n}.go.id/")
                     for n in range(LIMIT)],
             refusal(ErrorType.NOT_NOW, "webhook.too_many", "url", limit=50)),
            (order(WebhookAct.ENABLE_WEBHOOK), [ONE],
             refusal(ErrorType.NOT_NOW, "webhook.enabled")),
            (order(WebhookAct.DISABLE_WEBHOOK, SINCE, **SYSTEM), [replace(ONE, state=DISABLED)],
             refusal(ErrorType.NOT_NOW, "webhook.disabled")),
        ],
    )  # fmt: skip
    def test_say_what_and_where(self, command, known, expected) -> None:
        assert decide_webhook(command, {each.id: each for each in known}) == expected

    @pytest.mark.parametrize("state", [ENABLED, DISABLED])
    @pytest.mark.parametrize(
        ("act", "after"),
        [
            (WebhookAct.REMOVE_WEBHOOK, REMOVED),
            (WebhookAct.ROTATE_SECRET, None),
            (WebhookAct.RETRY_WEBHOOK, None),
        ],
    )
    def test_everything_else_is_taken_and_changes_its_state_alone(self, act, after, state) -> None:
        before = replace(ONE, state=state)
        assert decided(order(act), before) == replace(before, state=after or state)

    def test_the_administrator_of_the_machine_may_as_well(self) -> None:
        command = order(WebhookAct.REMOVE_WEBHOOK, actor=None)
        assert decided(command, ONE) == replace(ONE, state=REMOVED)

    def test_types_are_kept_in_one_order_and_once(self) -> None:
        one, two = sorted(TYPE_NAMES)[:2]
        body = {"url": "https://b.go.id/in", "types": [two, one, two], "description": "b"}
        command = order(WebhookAct.ADD_WEBHOOK, body)
        made = decided(command)
        assert made == Webhook(command.id, "https://b.go.id/in", (one, two), "b", ENABLED)
        assert webhook_data(command, made) == {
            "webhook": str(command.id),
            "types": f"{one},{two}",
        }

    def test_an_event_says_since_when_nothing_arrived(self) -> None:
        command = order(WebhookAct.DISABLE_WEBHOOK, self.SINCE, **self.SYSTEM)
        assert webhook_data(command, ONE) == {
            "webhook": str(ONE.id),
            "failing_since": "2026-04-09T02:00:00.000000Z",
        }
        rotated = order(WebhookAct.ROTATE_SECRET)
        assert webhook_data(rotated, ONE) == {"webhook": str(ONE.id)}


class TestTries:
    @pytest.mark.parametrize(
        ("attempts", "seconds"),
        [(1, 10), (2, 30), (7, 7290), (8, 21870), (9, 28800), (21, 28800), (22, 28800)],
    )
    def test_the_wait_is_three_times_the_last_up_to_eight_hours(self, attempts, seconds) -> None:
        wait = timedelta(seconds=seconds)
        assert next_try(attempts, NOW, NOW, 0.5) == NOW + wait
        assert next_try(attempts, NOW, NOW, 0) == NOW + wait * 0.8
        assert next_try(attempts, NOW, NOW, 1) == NOW + wait * 1.2

    @pytest.mark.parametrize(
        ("left", "again"),
        [
            (timedelta(hours=9), NOW + TRIED_FOR - timedelta(hours=1)),
            (timedelta(hours=8), NOW + TRIED_FOR),
            (timedelta(microseconds=1), NOW + TRIED_FOR),
            (timedelta(0), None),
            (-timedelta(microseconds=1), None),
        ],
    )
    def test_the_last_try_is_at_the_end_of_the_third_day(self, left, again) -> None:
        assert next_try(20, NOW, NOW + TRIED_FOR - left, 0.5) == again

    def test_waits_grow_to_hours_and_end_after_three_days(self):
        now, attempts, waits = NOW, 0, []
        while True:
            attempts += 1
            again = next_try(attempts, NOW, now, 0.5)
            if again is None:
                break
            waits.append(again - now)
            now = again
        assert waits[:4] == [timedelta(seconds=s) for s in (10, 30, 90, 270)]
        assert max(waits) == timedelta(hours=8)
        assert now == NOW + TRIED_FOR
        assert 12 < attempts < 25

    def test_chance_spreads_what_failed_together(self):
        tries = (next_try(5, NOW, NOW, chance / 10) for chance in range(11))
        spread = {each for each in tries if each is not None}
        assert len(spread) == 11
        assert min(spread) == NOW + timedelta(seconds=810 * 0.8)
        assert max(spread) == NOW + timedelta(seconds=810 * 1.2)

    def test_a_great_number_of_tries_overflows_nothing(self):
        assert next_try(10**6, NOW, NOW, 0.5) == NOW + timedelta(hours=8)


class TestSignature:
    """Held against the reference library of Standard Webhooks."""

    def sign(self, *secrets, at=None):
        return headers(str(UUID(int=7)), at or datetime.now(UTC), BODY, secrets)

    def test_is_verified(self):
        said = self.sign(SECRET)
        assert Verifier(SECRET).verify(BODY, said) == json.loads(BODY)

    def test_is_verified_by_either_secret_while_one_is_changed(self):
        other = make_secret(bytes(32))
        said = self.sign(other, SECRET)
        for each in (SECRET, other):
            Verifier(each).verify(BODY, said)
        with pytest.raises(WebhookVerificationError):
            Verifier(other).verify(BODY, self.sign(SECRET))

    @pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
    def test_covers_id_and_time(self, name):
        said = self.sign(SECRET)
        changed = str(int(said[name]) - 1) if said[name].isdigit() else str(uuid4())
        with pytest.raises(WebhookVerificationError, match="No matching"):
            Verifier(SECRET).verify(BODY, {**said, name: changed})

    def test_covers_the_body(self):
        with pytest.raises(WebhookVerificationError, match="No matching"):
            Verifier(SECRET).verify(BODY + b" ", self.sign(SECRET))

    def test_says_when_it_was_made(self):
        with pytest.raises(WebhookVerificationError, match="too old"):
            Verifier(SECRET).verify(BODY, self.sign(SECRET, at=datetime.now(UTC) - timedelta(1)))


class TestCloudEvents:
    def test_are_read_by_the_library_of_cloudevents(self):
        message = HTTPMessage(headers={"content-type": MEDIA_TYPE}, body=BODY)
        found = from_http_event(message)
        assert found.get_id() == str(UUID(int=7))
        assert found.get_type() == "id.go.pangkalpinang.siklus.webhook.ping.v1"
        assert found.get_source() == "urn:siklus:kota-contoh"
        assert found.get_time() == NOW
        assert found.get_dataschema() == "urn:siklus:schema:webhook.ping:v1"
        assert found.get_data() == {"organisation": "kota-contoh"}

    def test_have_an_id_for_each_event_of_each_stream(self):
        ids = {event_id(s, n) for s in ("file/a", "file/b") for n in range(3)}
        assert len(ids) == 6
        assert str(event_id("file/a", 1)) == "c82a627c-6f93-52dc-a7cd-682c53ff3795"

    def test_catalogue_names_each_type_once(self):
        assert len(TYPE_NAMES) == len(CATALOGUE)
        assert all(name.startswith(PREFIX) and name.endswith(".v1") for name in TYPE_NAMES)

    @pytest.mark.parametrize("kind", CATALOGUE)
    def test_hold_nothing_that_judges_or_names_a_person(self, kind: EventKind):
        schema = json.dumps(CATALOGUE[kind].data.model_json_schema()).lower()
        for word in ("rating", "predicate", "work_result", "behaviour", "person", "actor", "name"):
            assert f'"{word}"' not in schema, word
        for value in Rating:
            assert f'"{value}"' not in schema
