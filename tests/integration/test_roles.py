"""What the two roles may not do, statement by statement; the database itself refuses it."""

from uuid import uuid4

import asyncpg
import pytest

from schemas.code import Act
from tests.support.played_record import PlayedRecord
from tests.support.stack import small_city

REFUSED = asyncpg.InsufficientPrivilegeError
ROLES = ("worker", "web")
ON_EVENT = (
    "UPDATE event SET recorded_at = recorded_at",
    "UPDATE event SET canonical = canonical WHERE false",
    "DELETE FROM event",
    "DELETE FROM event WHERE false",
    "TRUNCATE event",
    "TRUNCATE event CASCADE",
    "ALTER TABLE event DISABLE TRIGGER event_is_append_only",
    "ALTER TABLE event DISABLE TRIGGER ALL",
    "ALTER TABLE event DROP CONSTRAINT event_pkey",
    "ALTER TABLE event ADD COLUMN more text",
    "ALTER TABLE event OWNER TO CURRENT_USER",
    "DROP TABLE event CASCADE",
    "DROP TRIGGER event_is_append_only ON event",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE sql AS 'SELECT NULL'",
    "CREATE RULE nothing AS ON UPDATE TO event DO INSTEAD NOTHING",
    "SET session_replication_role = replica",
    "SET ROLE siklus_owner",
    "INSERT INTO event SELECT * FROM event ON CONFLICT (stream, number) DO UPDATE SET org = 'x'",
)
FACTS = (
    *("calendar", "clock", "content", "context", "event", "file", "holding", "inbox", "mandate"),
    *(
        "organisation",
        "organisation_version",
        "outbox",
        "period_run",
        "person",
        "post",
        "reminder",
        "roster",
    ),
    "unit_predicate",
    "rule_override",
    "plan_version",
    *("period_summary", "schedule", "occurrence"),
    "calendar_change",
    *("webhook", "webhook_delivery", "webhook_failing", "webhook_news", "webhook_secret"),
    "contact",
    "mail_preference",
    "mail",
    "mail_notice",
    "absence",
)


@pytest.fixture
async def database(fresh_database):
    """A record with a month of three people in it."""
    record = PlayedRecord(fresh_database)
    await record.begin(small_city(3))
    key = next(iter(record.agendas))
    await record.act(key, Act.SIGN, key.person, {})
    return fresh_database


def pool_of(database, role):
    return getattr(database, role)


async def refusal_of(database, role, statement, *arguments):
    """Why a statement is refused for want of a right; None if it is carried out."""
    try:
        await pool_of(database, role).execute(statement, *arguments)
    except REFUSED as error:
        return str(error)
    return None


async def column_of(database, table):
    """A column that could be written, had one the right."""
    return await database.owner.fetchval(
        "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0"
        " AND attidentity = '' ORDER BY attnum LIMIT 1",
        table,
    )


async def everything(database):
    """All rows of all tables, as text."""
    return {
        table: await database.owner.fetch(f"SELECT t::text FROM {table} AS t ORDER BY 1")
        for table in (*FACTS, "command")
    }


class TestEvent:
    @pytest.mark.parametrize("role", ROLES)
    async def test_nobody_changes_what_happened(self, database, role):
        before = await everything(database)
        assert before["event"]
        for statement in ON_EVENT:
            assert await refusal_of(database, role, statement), statement
        assert await everything(database) == before

    async def test_not_even_its_owner_by_accident(self, database):
        """Whoever may do anything must first disable a trigger on purpose."""
        before = await everything(database)
        for statement in ON_EVENT[:5:2]:
            with pytest.raises(REFUSED, match="append-only"):
                await database.owner.execute(
                    statement + (" CASCADE" if "TRUNC" in statement else "")
                )
        assert await everything(database) == before

    async def test_the_worker_may_append(self, database):
        """The refusals above are about what is refused, and not about a log-in that fails."""
        await database.worker.execute(
            "INSERT INTO event SELECT 'test', 0, org, 'no hash', canonical, kind, NULL, NULL, NULL,"
            " happened_at FROM event LIMIT 1"
        )
        with pytest.raises(REFUSED):
            await database.web.execute(
                "INSERT INTO event SELECT 'test', 1, org, 'none', canonical, kind, NULL, NULL,"
                " NULL, happened_at FROM event LIMIT 1"
            )


class TestWeb:
    @pytest.mark.parametrize("table", FACTS)
    async def test_it_writes_no_fact(self, database, table):
        column = await column_of(database, table)
        for statement in (
            f"INSERT INTO {table} DEFAULT VALUES",
            f"UPDATE {table} SET {column} = {column}",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
        ):
            assert await refusal_of(database, "web", statement), statement

    async def test_every_table_is_judged_here(self, database):
        rows = await database.owner.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind = 'r' AND relname <> 'schema_migrations'"
        )
        assert {row["relname"] for row in rows} == {*FACTS, "command", "draft"}

    async def test_a_draft_is_no_fact_and_stays_its_authors(self, database):
        """It may be written and written anew, but neither be given away nor be thrown away."""
        draft = (
            "INSERT INTO draft SELECT id, person, 'score', '{}', last_at FROM file LIMIT 1"
            " ON CONFLICT (file, author, act) DO UPDATE SET body = excluded.body"
        )
        assert await refusal_of(database, "web", draft) is None
        assert await refusal_of(database, "worker", draft)
        for statement in ("UPDATE draft SET author = author", "DELETE FROM draft"):
            assert await refusal_of(database, "web", statement), statement

    async def test_of_a_command_it_changes_told_at_alone(self, database):
        columns = await database.owner.fetch(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'command'::regclass"
            " AND attnum > 0 AND NOT attisdropped"
        )
        names = {row["attname"] for row in columns}
        assert {"outcome", "received_at", "body", "told_at"} <= names
        for name in names - {"told_at"}:
            with pytest.raises(REFUSED):
                await database.web.execute(f"UPDATE command SET {name} = {name}")
        changed = await database.web.execute("UPDATE command SET told_at = now()")
        assert changed.startswith("UPDATE ")
        assert changed != "UPDATE 0"
        for statement in ("DELETE FROM command", "TRUNCATE command"):
            with pytest.raises(REFUSED):
                await database.web.execute(statement)

    async def test_it_cannot_read_what_webhooks_are_signed_with(self, database):
        assert await refusal_of(database, "web", "SELECT secret FROM webhook_secret")
        assert await refusal_of(database, "web", "SELECT FROM webhook_secret")

    async def test_it_cannot_store_a_command_that_is_decided_already(self, database):
        """An outcome that the web could insert would be a forged decision."""
        statement = (
            "INSERT INTO command (id, org, stream, act, body, via, salt, request_hash,"
            " received_at, outcome, decided_at)"
            " SELECT $1, org, stream, act, body, via, salt, request_hash, received_at,"
            """ '{"verdict": "accepted"}', now() FROM command LIMIT 1"""
        )
        with pytest.raises(REFUSED):
            await database.web.execute(statement, uuid4())


class TestWorker:
    @pytest.mark.parametrize("table", ["content", "context", "calendar", "reminder", "outbox"])
    async def test_it_changes_nothing_of_the_record_that_is_written(self, database, table):
        column = await column_of(database, table)
        for statement in (
            f"UPDATE {table} SET {column} = {column}",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
        ):
            assert await refusal_of(database, "worker", statement), statement

    async def test_it_deletes_no_file_and_no_command(self, database):
        for table in ("file", "command", "roster", "period_run", "person", "clock"):
            with pytest.raises(REFUSED):
                await database.worker.execute(f"DELETE FROM {table}")
