"""I4: who acted was allowed to, by the posts and mandates of that day."""

from uuid import uuid4

import pytest

from schemas.file import Context
from tests.support.judging import at, broken, context_hash, only
from tests.support.played_record import ORG

pytestmark = pytest.mark.timeout(120)


class TestAuthority:
    async def test_an_act_of_somebody_without_the_role_is_found(self, record, forger):
        stream, number = await forger.find("scored")
        actor = await forger.value(
            "SELECT actor FROM event WHERE stream = $1 AND number = $2", stream, number
        )
        stranger = await forger.value(
            "SELECT id FROM person WHERE id <> $1 ORDER BY id LIMIT 1", actor
        )

        def by_another(event):
            event["actor"] = str(stranger)

        await forger.rewrite(stream, number, by_another)
        found = await only(record, "I4", "I8", at=at(stream, number))
        assert "was not" in found["I4"][0]

    async def test_another_capacity_is_found(self, record, forger):
        forged = {"scored": "post", "feedback_given": "capacity", "meeting_recorded": "decree"}
        elsewhere = {"post": "Wali Kota", "capacity": "Plt", "decree": "SK"}
        places = []
        for kind, part in forged.items():
            stream, number = await forger.find(kind)
            await forger.rewrite(
                stream, number, lambda e, part=part: e["capacity"].update({part: elsewhere[part]})
            )
            places.append(at(stream, number))
        found = await broken(record)
        assert set(found) == {"I4", "I8"}, found
        for place in places:
            assert [line for line in found["I4"] if line.startswith(place)]

    async def test_standing_in_for_nobody_known_is_found(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.rewrite(stream, number, lambda e: e.update(on_behalf_of=str(uuid4())))
        await only(record, "I4", "I8", at=at(stream, number))

    async def test_a_forged_context_contradicts_the_posts(self, record, forger):
        """Actor, context and hashes are all made to fit: only posts and command still disagree."""
        stream, number = await forger.find("scored")
        old = Context.model_validate_json(
            await forger.value(
                "SELECT value FROM context WHERE hash = $1",
                await context_hash(forger, stream, number),
            )
        )
        assert old.chain.supervisor is not None
        stranger = await forger.value(
            "SELECT id FROM person WHERE id <> $1 LIMIT 1", old.chain.supervisor.person
        )
        boss = old.chain.supervisor.model_copy(update={"person": stranger})
        chain = old.chain.model_copy(update={"supervisor": boss})
        name = await forger.put_context(old.model_copy(update={"chain": chain}))

        def forged(event):
            event |= {"actor": str(stranger), "context_hash": name}

        await forger.rewrite(stream, number, forged)
        found = await broken(record)
        assert [x for x in found["I4"] if x.startswith(at(stream, number)) and "supervisor" in x]

    async def test_a_changed_holding_is_found(self, record, forger):
        stream, number = await forger.find("scored")
        await forger.run(
            "UPDATE holding SET person = (SELECT id FROM person WHERE kind = 'pejabat negara')"
            " WHERE person = (SELECT actor FROM event WHERE stream = $1 AND number = $2)",
            stream,
            number,
        )
        found = await broken(record)
        assert any("holdings of" in line for line in found["I4"])
        assert any(line.startswith(at(stream, number)) for line in found["I4"])

    async def test_a_changed_post_is_found(self, record, forger):
        await forger.run(
            "UPDATE post SET superior = 'Wali Kota' WHERE id ="
            " (SELECT post FROM roster WHERE excluded_because IS NULL ORDER BY post LIMIT 1)"
        )
        found = await broken(record)
        assert any("posts of" in line for line in found["I4"])

    async def test_an_added_mandate_is_found(self, record, forger):
        stream, number = await forger.find("scored")
        name = await context_hash(forger, stream, number)
        value = await forger.value("SELECT value FROM context WHERE hash = $1", name)
        boss = Context.model_validate_json(value).chain.supervisor
        assert boss is not None
        await forger.run(
            "INSERT INTO mandate (org, person, post, decree, from_on, known_from)"
            " SELECT $1, id, $2, 'SK palsu', '2020-01-01', 1 FROM person WHERE id <> $3 LIMIT 1",
            ORG,
            boss.post,
            boss.person,
        )
        found = await broken(record)
        assert [x for x in found["I4"] if x.startswith(at(stream, number)) and "mandated" in x]
