"""A file's row is the fold of its events."""

import pytest

from tests.support.judging import broken, only

pytestmark = pytest.mark.timeout(120)


class TestFold:
    async def test_a_changed_state_is_seen(self, record, forger):
        stream, _ = await forger.find("scored")
        await forger.run(
            "UPDATE file SET state = jsonb_set(state, '{plan_version}', '99') WHERE stream = $1",
            stream,
        )
        found = await only(record, "fold", at=f"{stream}: ")
        assert found["fold"] == [
            f"{stream}: the row's state is not the fold of its events: plan_version"
        ]

    async def test_a_changed_column_is_seen(self, record, forger):
        stream = await forger.value("SELECT stream FROM file WHERE ended IS NULL LIMIT 1")
        changed = {
            "stage": "stage || '-'",
            "turn": "turn || '-'",
            "visit": "visit + 1",
            "version": "version - 1",
            "awaits": "'hr'",
            "due_at": "due_at + interval '1 day'",
            "wake_at": "wake_at + interval '1 second'",
            "wake_real_at": "wake_real_at + interval '1 second'",
            "last_at": "last_at - interval '1 second'",
            "unit": "'elsewhere'",
        }
        columns = ", ".join(f"{column} = {value}" for column, value in changed.items())
        await forger.run(f"UPDATE file SET {columns} WHERE stream = $1", stream)
        found = await broken(record)
        assert set(found) == {"fold"}, found
        assert len(found["fold"]) == len(changed)
        for column in changed:
            assert any(x.startswith(f"{stream}: column {column} ") for x in found["fold"])
