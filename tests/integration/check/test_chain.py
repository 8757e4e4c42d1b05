"""I6: the events of a stream are a chain; whatever is changed in it is seen."""

import pytest

from tests.support.judging import at, broken, only

pytestmark = pytest.mark.timeout(120)


class TestChain:
    async def test_a_deleted_act_is_missed(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.delete_event(stream, number)
        found = await broken(record)
        assert set(found) == {"I2", "I6"}
        assert found["I6"] == [at(stream, number) + "an event is missing"]
        assert "was accepted and has no event" in found["I2"][0]

    async def test_a_deleted_last_event_is_missed(self, record, forger):
        stream, number = await forger.find("signed", last=True)
        await forger.delete_event(stream, number)
        await only(record, "I2", "I6", at=f"{stream}: ")

    async def test_a_deleted_first_event_is_missed(self, record, forger):
        stream, _ = await forger.find("scored")
        await forger.delete_event(stream, 0)
        await only(record, "I6", at=at(stream, 0))

    async def test_one_changed_byte_is_seen(self, record, forger):
        stream, last = await forger.find("signed", last=True)
        places = [0, last // 2, last]
        await forger.run(
            "UPDATE event SET canonical = set_byte(canonical, p, get_byte(canonical, p) # 1) FROM ("
            " SELECT number AS n, position('happened_at'::bytea IN canonical) + 37 AS p"
            " FROM event WHERE stream = $1 AND number = any($2::bigint[])"
            ") AS digit WHERE stream = $1 AND number = digit.n",
            stream,
            places,
        )
        found = await broken(record)
        assert set(found) == {"I6"}, found
        for number in places:
            assert [line for line in found["I6"] if line.startswith(at(stream, number))]

    async def test_bytes_that_mean_the_same_but_are_not_canonical_are_seen(self, record, forger):
        stream, number = await forger.find("signed", last=True)
        await forger.run(
            "UPDATE event SET canonical = c, hash = encode(sha256(c), 'hex') FROM ("
            " SELECT overlay(canonical PLACING '{ '::bytea FROM 1 FOR 1) AS c FROM event"
            " WHERE stream = $1 AND number = $2) AS new WHERE stream = $1 AND number = $2",
            stream,
            number,
        )
        await only(record, "I6", at=at(stream, number))

    async def test_swapped_numbers_are_seen(self, record, forger):
        stream, number = await forger.find("reminded")
        for old, new in ((number, 10_000), (number + 1, number), (10_000, number + 1)):
            await forger.run(
                "UPDATE event SET number = $3 WHERE stream = $1 AND number = $2", stream, old, new
            )
        found = await broken(record)
        assert "I6" in found
        assert [line for line in found["I6"] if line.startswith(at(stream, number))]
        assert [line for line in found["I6"] if line.startswith(at(stream, number + 1))]

    async def test_a_changed_column_is_seen(self, record, forger):
        stream, number = await forger.find("scored")
        changed = {
            "actor": "'00000000-0000-4000-8000-000000000001'",
            "kind": "'reminded'",
            "act": "'object'",
            "happened_at": "happened_at + interval '1 microsecond'",
            "org": "'elsewhere'",
        }
        columns = ", ".join(f"{column} = {value}" for column, value in changed.items())
        await forger.run(
            f"UPDATE event SET {columns} WHERE stream = $1 AND number = $2", stream, number
        )
        found = await broken(record)
        assert set(found) == {"I6"}, found
        for column in changed:
            assert any(x.startswith(at(stream, number) + f"column {column} ") for x in found["I6"])

    async def test_an_event_that_lost_its_command_is_seen(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.run(
            "UPDATE event SET command_id = NULL WHERE stream = $1 AND number = $2", stream, number
        )
        await only(record, "I2", "I6", at=stream)

    async def test_a_changed_hash_is_seen(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.run(
            "UPDATE event SET hash = repeat('0', 64) WHERE stream = $1 AND number = $2",
            stream,
            number,
        )
        await only(record, "I6", at=at(stream, number))

    async def test_one_forged_event_with_a_fitting_hash_is_seen(self, record, forger):
        stream, number = await forger.find("scored")

        def better(event):
            event["cause"] = "act:agree_plan"

        await forger.rewrite(stream, number, better, thorough=False)
        found = await only(record, "I6", "I8", at=f"{stream} event ")
        assert found["I6"][0].startswith(at(stream, number + 1))
        assert found["I8"] == [at(stream, number) + "decided anew it differs: cause"]

    async def test_a_head_that_names_another_hash_is_seen(self, record, forger):
        stream, _ = await forger.find("scored")
        await forger.run("UPDATE file SET head = repeat('0', 64) WHERE stream = $1", stream)
        await only(record, "I6", at=f"{stream}: ")
