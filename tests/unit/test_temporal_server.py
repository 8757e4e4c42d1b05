"""When the embedded Temporal server's file is put aside, and when it is not to blame."""

import shutil
import socket
import sqlite3
from contextlib import closing

import pytest

from runtime.embedded import temporal_server
from runtime.embedded.port import LOOPBACK, choose
from runtime.embedded.sqlite_file import is_damaged
from runtime.embedded.temporal_server import REFUSALS, EmbeddedTemporal
from runtime.settings import Settings

GARBAGE = b"no database at all" * 1000


@pytest.fixture
def temporal(tmp_path):
    """A server at its second start; the first one left a file."""
    (tmp_path / "temporal").mkdir()
    (tmp_path / "temporal" / "temporal.db").touch()
    return EmbeddedTemporal(tmp_path, choose(0), Settings(data=tmp_path), {})


def make_database(path):
    """As a server leaves it that was killed: the newest pages are in the log only."""
    other = path.with_name("being-made")
    other.unlink(missing_ok=True)
    with closing(sqlite3.connect(other)) as database:
        database.execute("PRAGMA journal_mode=wal")
        database.execute("CREATE TABLE namespaces (id integer PRIMARY KEY, name text)")
        database.execute("PRAGMA wal_checkpoint(truncate)")
        rows = [(f"namespace {n}" * 100,) for n in range(100)]
        database.executemany("INSERT INTO namespaces (name) VALUES (?)", rows)
        database.commit()
        for end in ("", "-wal"):
            shutil.copy(f"{other}{end}", f"{path}{end}")


def kept(temporal):
    return sorted(p.read_bytes() for p in temporal.file.parent.glob("temporal.db.unreadable-*"))


class TestUnreadableFile:
    async def test_is_put_aside_at_every_third_refusal(self, temporal):
        temporal.file.write_bytes(GARBAGE)
        for refusals in (1, 2):
            await temporal.put_aside_if_unreadable(refusals)
        assert temporal.file.exists()
        assert not temporal.fresh
        await temporal.put_aside_if_unreadable(REFUSALS)
        assert not temporal.file.exists()
        assert temporal.fresh
        assert kept(temporal) == [GARBAGE]

    async def test_is_kept_beside_those_kept_in_the_same_second(self, temporal):
        contents = [b"first", b"second", b"third"]
        for content in contents:
            temporal.file.write_bytes(content)
            await temporal.put_aside_if_unreadable(REFUSALS)
        assert kept(temporal) == sorted(contents)

    async def test_takes_its_log_with_it_under_the_same_name(self, temporal):
        make_database(temporal.file)
        log = temporal.file.with_name("temporal.db-wal").read_bytes()
        await temporal.put_aside_if_unreadable(REFUSALS)
        [file] = temporal.file.parent.glob("temporal.db.unreadable-*")
        moved = temporal.file.parent / file.name.replace("temporal.db", "temporal.db-wal")
        assert moved.read_bytes() == log
        assert sorted(temporal.file.parent.glob("temporal.db*")) == sorted([file, moved])

    @pytest.mark.parametrize(
        ("where", "damage"),
        [(0, GARBAGE), (100, b"\xff" * 200), (4096, b"\xff" * 200)],
        ids=["the file", "its first page", "a later page"],
    )
    async def test_is_put_aside_though_the_server_was_ready_with_it(self, temporal, where, damage):
        make_database(temporal.file)
        temporal.note_opened()
        temporal.file.with_name("temporal.db-wal").unlink()
        with temporal.file.open("r+b") as file:
            file.seek(where)
            file.write(damage)
        await temporal.put_aside_if_unreadable(REFUSALS)
        assert not temporal.file.exists()


class TestSoundFile:
    async def test_stays_however_often_the_server_refuses(self, temporal):
        make_database(temporal.file)
        temporal.note_opened()
        for refusals in range(1, 4 * REFUSALS):
            await temporal.put_aside_if_unreadable(refusals)
        assert temporal.file.exists()
        assert not temporal.fresh
        assert kept(temporal) == []

    async def test_of_another_version_is_put_aside(self, temporal, monkeypatch):
        make_database(temporal.file)
        temporal.note_opened()
        monkeypatch.setattr(temporal_server, "_server_identity", lambda: "another")
        await temporal.put_aside_if_unreadable(REFUSALS)
        assert not temporal.file.exists()

    async def test_that_no_server_finished_making_is_put_aside(self, temporal):
        """Its predecessor was opened; what says so must not speak for it."""
        temporal.note_opened()
        temporal.file.unlink()
        await temporal.hooks().before_start()
        make_database(temporal.file)
        await temporal.put_aside_if_unreadable(REFUSALS)
        assert not temporal.file.exists()

    async def test_made_after_one_was_put_aside_has_to_be_opened_itself(self, temporal):
        make_database(temporal.file)
        temporal.note_opened()
        temporal.file.write_bytes(GARBAGE)
        temporal.file.with_name("temporal.db-wal").unlink()
        await temporal.put_aside_if_unreadable(REFUSALS)
        make_database(temporal.file)
        await temporal.put_aside_if_unreadable(2 * REFUSALS)
        assert len(kept(temporal)) == 2


class TestOtherReasons:
    async def test_a_full_disk_is_not_the_files_fault(self, temporal, monkeypatch):
        temporal.file.write_bytes(GARBAGE)
        monkeypatch.setattr(temporal_server, "_ENOUGH_SPACE", 1 << 62)
        await temporal.put_aside_if_unreadable(REFUSALS)
        assert temporal.file.exists()

    async def test_a_taken_port_is_not_the_files_fault(self, temporal):
        temporal.file.write_bytes(GARBAGE)
        with socket.create_server((LOOPBACK, temporal.port)):
            await temporal.put_aside_if_unreadable(REFUSALS)
        assert temporal.file.exists()


class TestIsDamaged:
    def test_reads_what_only_the_log_knows(self, tmp_path):
        path = tmp_path / "file"
        make_database(path)
        assert not is_damaged(path)
        log = path.with_name("file-wal")
        frames = log.read_bytes()
        assert b"namespace 7" in frames
        assert b"namespace 7" not in path.read_bytes()

    def test_is_not_said_of_what_cannot_be_judged(self, tmp_path):
        assert not is_damaged(tmp_path / "nothing")
        assert not is_damaged(tmp_path)
