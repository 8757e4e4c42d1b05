"""What a day's mail says, as a mail client reads it; and that it is composed once."""

import re
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from domain.unit import officials
from schemas import text
from schemas.code import Act, OrganisationAct, Topic, UnitAct
from schemas.cycle import Advance
from schemas.identifier import UnitKey
from storage.mail import Edition, mail_id, waiting_for, waiting_for_all
from storage.organisation import read_organisation
from storage.read.inbox import notices_of
from tests.builders import wib
from tests.integration.mail.conftest import BASE, MONDAY, address_of
from tests.support.played_record import ORG, PERIOD

SUNDAY, TUESDAY = wib(3, 8, 8), wib(3, 10, 8)
MARKED = "Catatan Rahasia Penilaian"


def both_forms(message):
    plain, html = (message.get_body((form,)) for form in ("plain", "html"))
    assert plain is not None
    assert html is not None
    return plain.get_content(), html.get_content()


async def mail_of(office, server, person):
    """The one message that somebody has got."""
    await office.compose()
    await office.deliver(server)
    address = address_of(office.record.people.index(person))
    found = [message for to, message in server.taken if to == address]
    assert len(found) == 1
    return found[0]


class TestMessage:
    async def test_says_what_waits_with_since_until_and_link_in_both_forms(self, office, server):
        key, supervisor = await office.supervisor_and_task()
        message = await mail_of(office, server, supervisor)
        plain, html = both_forms(message)
        names = {r["id"]: r["name"] for r in await office.rows("SELECT id, name FROM person")}
        for form in (plain, html):
            assert f"{BASE}/files/{key.file_id}" in form
            assert "Persetujuan rencana" in form
            assert names[key.person] in form
            assert "TERLAMBAT, batasnya 4 Mar 2026 24:00 WIB, sejak 2 Mar 2026" in form
        assert f"Yth. {names[supervisor]}," in plain

    async def test_its_headers_are_what_a_client_and_a_server_need(self, office, server):
        _, supervisor = await office.supervisor_and_task()
        message = await mail_of(office, server, supervisor)
        id = mail_id(ORG, supervisor, MONDAY.date(), "digest")
        assert message["Message-ID"] == f"<{id}@{ORG}.siklus>"
        assert parsedate_to_datetime(message["Date"]) == MONDAY
        assert re.fullmatch(
            r"Siklus: \d+ terlambat, \d+ hal untuk Anda, 9 Mar 2026", message["Subject"]
        )
        assert message["List-Unsubscribe"].startswith(f"<{BASE}/mail/preferences>, <mailto:")
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["From"] == "Siklus Kota Contoh <siklus@contoh.example>"

    async def test_a_name_is_text_in_every_form(self, office, server):
        """Quotes, tags, letters of other scripts and lines are what they are, and end nothing."""
        key, supervisor = await office.supervisor_and_task()
        odd = 'Ñoño <b>"&Co"</b>\nBcc: x@y.example 王'
        await office.rows("UPDATE person SET name = $2 WHERE id = $1", key.person, odd)
        plain, html = both_forms(await mail_of(office, server, supervisor))
        assert 'Ñoño <b>"&Co"</b> Bcc: x@y.example 王' in plain
        assert "Ñoño &lt;b&gt;&#34;&amp;Co&#34;&lt;/b&gt; Bcc: x@y.example 王" in html

    async def test_holds_no_rating_no_text_and_no_identity_number(self, office, server):
        record = office.record
        key, _ = await office.supervisor_and_task()
        state = await record.state(key)
        supervisor = record.agendas[key].awaited_person
        await record.act(key, Act.AGREE_PLAN, supervisor, {})
        record.now = wib(4, 2, 9)
        await record.let_time_pass(key)
        report = {"results": [{"id": "r1", "realisation": MARKED, "evidence": MARKED}]}
        await record.act(key, Act.SUBMIT_REPORT, key.person, report)
        score = {"work_result": "below", "behaviour": "below"}
        score |= {"work_result_reason": MARKED, "behaviour_reason": MARKED}
        await record.act(key, Act.SCORE, supervisor, score)
        assert (await record.state(key)).predicate is not None
        assert state.predicate is None
        await office.compose(wib(4, 6, 8))
        await office.deliver(server)
        numbers = {
            r["identity_number"] for r in await office.rows("SELECT identity_number FROM person")
        }
        words = text._catalogue("words")
        told = {
            entry[language]
            for group in ("predicate", "rating", "organisation_predicate")
            for entry in words[group].values()
            for language in ("id", "en")
        }
        assert len(server.taken) > 3
        for _, message in server.taken:
            whole = " ".join((str(message), *both_forms(message)))
            assert MARKED not in whole
            assert not [n for n in numbers if n in whole]
            plain = both_forms(message)[0].casefold()
            assert not [w for w in told if re.search(rf"\b{re.escape(w.casefold())}\b", plain)]

    async def test_is_in_the_language_of_its_reader(self, office, server):
        _, supervisor = await office.supervisor_and_task()
        await office.choose(supervisor, language="en")
        message = await mail_of(office, server, supervisor)
        assert "overdue" in message["Subject"]
        assert "Plan to be agreed" in both_forms(message)[0]
        assert message["Content-Language"] == "en"

    async def test_one_who_has_many_late_files_gets_one_mail_of_them_all(self, office, server):
        record = office.record
        keys = [k for k in record.agendas]
        for key in keys:
            plan = {"results": [{"id": "r1", "result": "x", "indicator": "y", "target": "z"}]}
            await record.act(key, Act.SUBMIT_PLAN, key.person, plan)
        awaited = [record.agendas[k].awaited_person for k in keys]
        busy = max(set(awaited), key=awaited.count)
        mine = [k for k, who in zip(keys, awaited, strict=True) if who == busy]
        assert len(mine) >= 2
        plain, _ = both_forms(await mail_of(office, server, busy))
        assert all(f"{BASE}/files/{key.file_id}" in plain for key in mine)


class TestUnit:
    """Four files of a unit wait for its predicate, which the mayor sets, and it becomes late."""

    UNIT = UnitKey(org=ORG, period=PERIOD, unit="Sekretariat Daerah")

    @pytest.fixture
    async def late(self, office):
        """The files, and whom their unit's predicate waits for."""
        record = office.record
        keys = [k for k in record.agendas if (await record.state(k)).unit == self.UNIT.unit]
        assert len(keys) == 4
        for key in keys:
            await record.to_the_gate(key)
        record.now = wib(4, 9, 7)
        for key in keys:
            await record.let_time_pass(key)
        _, above = officials(record.city, self.UNIT.unit, record.now.date())
        assert above is not None
        return keys, above.person

    async def said_to(self, office, server, person, day):
        await office.compose(day)
        await office.deliver(server)
        address = address_of(office.record.people.index(person))
        mine = [both_forms(message) for to, message in server.taken if to == address]
        return [(plain.replace("\r\n", "\n"), html) for plain, html in mine]

    async def test_one_line_says_what_every_file_told(self, office, server, late):
        keys, official = late
        [(plain, html)] = await self.said_to(office, server, official, wib(4, 9, 8))
        assert plain.count("Tetapkan predikat unit\n") == 1
        assert html.count("Tetapkan predikat unit</a>") == 1
        assert "Sekretariat Daerah, 2026-03: 4 berkas menunggu" in plain
        assert "TERLAMBAT, batasnya 7 Apr 2026 24:00 WIB, sejak 2 Mar 2026" in plain
        line = plain[plain.index("Tetapkan predikat unit") :]
        assert f"{BASE}/inbox" in line.splitlines()[3]
        assert "Melewati batas waktu" not in plain
        assert not [key for key in keys if str(key.file_id) in plain + html]
        told = await office.rows(
            "SELECT count(*) FROM mail_notice AS m JOIN outbox AS o ON o.id = m.outbox"
            " WHERE o.recipient = $1 AND o.topic = 'overdue'",
            official,
        )
        assert told[0]["count"] == len(keys)
        *_, (plain, _) = await self.said_to(office, server, official, wib(4, 10, 8))
        assert plain.count("Tetapkan predikat unit\n") == 1
        assert "Melewati batas waktu" not in plain

    async def test_it_is_in_the_language_of_its_reader_and_says_one_file_so(
        self, office, server, late
    ):
        keys, official = late
        await office.choose(official, language="en")
        for key in keys[1:]:
            await office.record.act(
                key, Act.WITHDRAW, office.record.officer(), {"cause": "wrong_file", "reason": "x"}
            )
        [(plain, _)] = await self.said_to(office, server, official, wib(4, 9, 8))
        assert "Set unit predicate" in plain
        assert "Sekretariat Daerah, 2026-03: 1 file waits\n" in plain

    async def test_once_it_is_set_its_lateness_is_told_in_one_line(self, office, server, late):
        keys, official = late
        said = {"predicate": "baik", "reason": "capaian"}
        await office.record.unit_act(self.UNIT, UnitAct.SET_PREDICATE, official, said)
        for key in keys:
            await office.record.advance(Advance(file=key))
        [(plain, _)] = await self.said_to(office, server, official, wib(4, 9, 8))
        assert "Tetapkan predikat unit" not in plain
        assert plain.count("Melewati batas waktu: menunggu predikat unit") == 1
        assert "Sekretariat Daerah, 2026-03\n" in plain

    async def test_others_who_are_told_of_it_get_one_line_as_well(self, office, server, late):
        keys, _ = late
        office.record.now = wib(4, 17, 7)
        for key in keys:
            await office.record.let_time_pass(key)
        told = await office.rows(
            "SELECT recipient, count(*) FROM outbox WHERE topic = 'escalation' GROUP BY recipient"
        )
        assert max(row["count"] for row in told) == len(keys)
        await office.compose(wib(4, 17, 8))
        await office.deliver(server)
        line = "Pada berkas bawahan belum selesai: menunggu predikat unit"
        counts = [both_forms(message)[0].count(line) for _, message in server.taken]
        assert set(counts) <= {0, 1}
        assert 1 in counts

    async def test_the_preview_of_one_person_is_the_mail_he_gets(self, office, server, late):
        _, official = late
        async with office.record.database.web.acquire() as database:
            city = await read_organisation(database, ORG)
            edition = Edition.of(ORG, wib(4, 9, 8).date(), city, BASE)
            mine = await waiting_for(database, edition, official)
            everybody = await waiting_for_all(database, edition)
        assert sorted(mine[official], key=str) == sorted(everybody[official], key=str)
        assert [item.waiting for item in mine[official] if item.unit] == [4]


class TestOutgoing:
    async def test_whoever_hands_a_task_over_is_told_until_when_he_may_leave_his_note(
        self, office, server
    ):
        record = office.record
        key, supervisor = await office.supervisor_and_task()
        today = record._today()
        own = record.city.own_post(supervisor, today)
        assert own is not None
        successor = next(
            person
            for person in record.people
            if person not in (key.person, supervisor)
            and (post := record.city.own_post(person, today)) is not None
            and post.post.startswith("Kepala BKPSDMD")
        )
        record.now = MONDAY - timedelta(minutes=30)
        plt: dict[str, str | None] = {
            "change": "Plt",
            "person": str(successor),
            "post": own.post,
            "to_on": None,
        }
        plt |= {"decree": "800/1/2026", "from_on": "2026-03-09"}
        done = await record.order(OrganisationAct.APPLY_CHANGES, {"changes": [plt]})
        assert done.refusal is None, done
        await record.advance(Advance(file=key))
        assert record.agendas[key].awaited_person == successor
        until = record.calendar.add_working_days(wib(3, 8).date(), 5)
        message = await mail_of(office, server, supervisor)
        plain, _ = both_forms(message)
        said = f"catatan untuk masa tugas Anda boleh sampai {text.day(until, 'id')}"
        assert plain.count(said) == 1
        told = await notices_of(record.database.web, supervisor, 20)
        assert [n.until for n in told if n.topic is Topic.INTERIM] == [until]
        assert {n.until for n in told if n.topic is not Topic.INTERIM} == {None}


class TestOnce:
    async def test_a_day_composed_twice_is_one_mail_each(self, office, server):
        first = await office.compose()
        assert first
        before = await office.rows()
        assert await office.compose(MONDAY + timedelta(hours=3)) == 0
        assert await office.rows() == before
        assert await office.deliver(server) == first
        assert set(server.times().values()) == {1}

    async def test_a_free_day_has_none(self, office):
        assert await office.compose(SUNDAY) == 0
        assert await office.rows() == []

    async def test_a_notice_is_told_once(self, office, server):
        key, supervisor = await office.supervisor_and_task()
        await office.record.act(key, Act.NUDGE, key.person, {})
        for day in (MONDAY, TUESDAY):
            await office.compose(day)
            await office.deliver(server)
        address = address_of(office.record.people.index(supervisor))
        first, second = (both_forms(m)[0] for to, m in server.taken if to == address)
        assert "Rekan Anda menantikan: persetujuan rencana" in first
        assert "Rekan Anda menantikan" not in second
        assert "Persetujuan rencana" in second  # it still waits

    async def test_what_could_not_be_handed_over_is_told_by_the_next_one_alone(self, office):
        _, supervisor = await office.supervisor_and_task()
        await office.compose()
        await office.compose(TUESDAY)
        rows = await office.rows("SELECT * FROM mail WHERE recipient = $1", supervisor)
        assert [row["on_day"] for row in rows] == [TUESDAY.date()]
        told = await office.rows("SELECT * FROM mail_notice WHERE mail = $1", rows[0]["id"])
        assert told


class TestNothing:
    async def test_new_and_nothing_due_is_no_mail(self, office, server):
        """On the first day all is new; the day after nothing is, and nothing is due for long."""
        record, day = office.record, wib(3, 3, 8)
        for key in list(record.agendas):
            plan = {"results": [{"id": "r1", "result": "x", "indicator": "y", "target": "z"}]}
            await record.act(key, Act.SUBMIT_PLAN, key.person, plan)
            supervisor = record.agendas[key].awaited_person
            await record.act(key, Act.AGREE_PLAN, supervisor, {})
        assert await office.compose(day)
        await office.deliver(server)
        assert await office.compose(wib(3, 4, 8)) == 0

    async def test_who_has_no_address_gets_none(self, office):
        first = office.record.people[0]
        rows = [{"person": str(p), "address": None} for p in office.record.people if p != first]
        await office.record.order(OrganisationAct.IMPORT_CONTACTS, {"rows": rows})
        await office.compose()
        assert {row["recipient"] for row in await office.rows()} <= {first}

    async def test_who_stopped_digests_gets_legal_notices_alone(self, office, server):
        key, supervisor = await office.supervisor_and_task()
        for person in office.record.people:
            await office.choose(person, digest=False)
        assert await office.compose() == 0
        await office.record.database.owner.execute(
            "INSERT INTO outbox (org, stream, number, topic, recipient, once_key, created_at)"
            " VALUES ($1, $2, 0, 'delegation', $3, 'test', $4)",
            ORG, key.stream, supervisor, MONDAY - timedelta(hours=1),
        )  # fmt: skip
        assert await office.compose() == 1
        assert await office.deliver(server) == 1
        _, message = server.taken[0]
        plain, _ = both_forms(message)
        assert message["Subject"] == "Siklus: pemberitahuan resmi, 9 Mar 2026"
        assert "Dilimpahkan kepada Anda" in plain
        assert "Menunggu tindakan Anda" not in plain
        assert message["List-Unsubscribe"] is None


class TestDeath:
    async def test_nothing_is_sent_to_whoever_has_died(self, office, server):
        """Neither what is composed already, parked or not, nor what was about to be told."""
        _, supervisor = await office.supervisor_and_task()
        assert await office.compose() > 2
        to_him = "SELECT count(*) FROM mail WHERE recipient = $1"
        await office.rows("UPDATE mail SET parked_at = now() WHERE recipient = $1", supervisor)
        before = len(await office.rows())
        change = {"change": "meninggal", "person": str(supervisor), "decree": "474.3/1/2026"}
        change |= {"from_on": "2026-03-09"}
        office.record.now = MONDAY  # nobody's death is ordered before its day
        done = await office.record.order(OrganisationAct.APPLY_CHANGES, {"changes": [change]})
        assert done.refusal is None, done
        assert (await office.rows(to_him, supervisor))[0]["count"] == 0
        assert len(await office.rows()) == before - 1
        await office.compose(TUESDAY)
        assert (await office.rows(to_him, supervisor))[0]["count"] == 0
        assert await office.deliver(server) > 0


class TestPrivacy:
    async def test_addresses_are_in_no_event_and_no_context(self, office):
        for table, column in (("event", "canonical"), ("context", "value")):
            rows = await office.rows(f"SELECT {column} AS data FROM {table}")
            assert rows
            assert not [r for r in rows if b"@" in r["data"]]

    async def test_words_go_once_they_are_handed_over(self, office, server):
        await office.compose()
        assert all(row["body_text"] and row["body_html"] for row in await office.rows())
        await office.deliver(server)
        assert all((row["body_text"], row["body_html"]) == ("", "") for row in await office.rows())


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_topic_and_word_is_there(language):
    assert set(text._catalogue("mail")["topic"]) == {*Topic, "objection"}
    for group in text._catalogue("mail").values():
        assert all(set(entry) == {"id", "en"} and entry[language] for entry in group.values())
