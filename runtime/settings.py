"""The settings of one process, read once from the environment and then passed down.

No other module reads the environment.
"""

import difflib
import os
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from runtime.allow_list import AllowList
from runtime.errors import InvalidSetting

PREFIX = "SIKLUS_"
PLAIN_NAMES = {
    "database_url": "DATABASE_URL",
    "pg_bin": "PG_BIN",
    "temporal_address": "TEMPORAL_ADDRESS",
}

SECRETS = Path("/run/secrets")

Role = Literal["cycle", "dispatch", "notify"]
ROLES: tuple[Role, ...] = get_args(Role)
SLOWEST_PACE = 0.1  # slower, an opening would be taken for dead between two starts
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
# STARTTLS where it is offered, STARTTLS or nothing, TLS from the first byte, none.
SmtpTls = Literal["auto", "starttls", "tls", "none"]


def default_data() -> Path:
    """Where the data lies when nothing else is said."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/siklus")
    share = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(share) / "siklus"


class Settings(BaseSettings):
    """Everything that can be set from outside; frozen, secrets never printed.

    Raises:
        InvalidSetting: on construction, if the environment holds a ``SIKLUS_*`` variable that
            does not exist: a misspelt setting must not silently fall back to its default.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        env_ignore_empty=True,
        hide_input_in_errors=True,
        # Where containers are given their secrets, a file each, named like the variable.
        secrets_dir=SECRETS if SECRETS.is_dir() else None,
    )

    data: Path = Field(default_factory=default_data)
    org: str = Field(default="pangkalpinang", pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    profile: Literal["standard", "demo"] = "standard"
    language: Literal["id", "en"] = "id"
    log_format: Literal["auto", "json", "console"] = "auto"
    log_level: LogLevel = "INFO"
    database_url: Annotated[
        SecretStr | None, Field(validation_alias=PLAIN_NAMES["database_url"])
    ] = None
    worker_database_url: SecretStr | None = None
    web_database_url: SecretStr | None = None
    pg_bin: Annotated[Path | None, Field(validation_alias=PLAIN_NAMES["pg_bin"])] = None
    temporal_address: Annotated[
        str | None, Field(validation_alias=PLAIN_NAMES["temporal_address"])
    ] = None
    temporal_namespace: str = "default"
    temporal_tls: bool = False
    temporal_api_key: SecretStr | None = None
    temporal_gogc: int = Field(default=200, ge=20)
    workers: int = Field(default=1, ge=1)
    roles: Annotated[tuple[Role, ...], NoDecode, Field(min_length=1)] = ROLES
    base_url: str = Field(default="http://localhost:8000", pattern=r"^https?://[^\s/]+[^\s]*$")
    mail_from: str = Field(
        default="Siklus <siklus@localhost>", pattern=r"^[^\r\n]*[^\s<>]+@[^\s<>]+>?$"
    )
    mail_seconds: float = Field(default=5.0, gt=0)
    smtp_host: str | None = None
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_tls: SmtpTls = "auto"
    smtp_ca_file: Path | None = None
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    sweep_seconds: float = Field(default=2.0, gt=0)
    starts_per_second: float = Field(default=0.0, ge=0)
    webhook_hosts: str = ""
    webhook_failing_hours: int = Field(default=120, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_variables(cls, values: Any) -> Any:  # noqa: ANN401  (pydantic's raw input)
        refuse_unknown_variables()
        return values

    @field_validator("data")
    @classmethod
    def _absolute(cls, data: Path) -> Path:
        return data.expanduser().resolve()

    @field_validator("roles", mode="before")
    @classmethod
    def _parted(cls, roles: object) -> object:
        return tuple(roles.replace(",", " ").split()) if isinstance(roles, str) else roles

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> Self:
        if self.smtp_user is not None and self.smtp_tls not in ("starttls", "tls"):
            raise ValueError("SIKLUS_SMTP_USER needs SIKLUS_SMTP_TLS=starttls or tls")
        return self

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, level: object) -> object:
        return level.upper() if isinstance(level, str) else level

    @field_validator("starts_per_second")
    @classmethod
    def _heard_of_in_time(cls, pace: float) -> float:
        if 0 < pace < SLOWEST_PACE:
            raise ValueError(f"0, or at least {SLOWEST_PACE:g}")
        return pace

    @field_validator("webhook_hosts")
    @classmethod
    def _allow_list(cls, hosts: str) -> str:
        AllowList.parse(hosts)
        return hosts

    @classmethod
    def load(cls) -> Self:
        """Read the environment.

        Raises:
            InvalidSetting: naming the variable and what is wrong with it, never its value.
        """
        try:
            return cls()
        except ValidationError as error:
            problems = [f"{_variable(item['loc'])}: {item['msg']}" for item in error.errors()]
            raise InvalidSetting("; ".join(problems)) from None


def known_variables() -> frozenset[str]:
    """Every environment variable that :class:`Settings` understands."""
    return frozenset(PLAIN_NAMES.get(name, PREFIX + name.upper()) for name in Settings.model_fields)


def refuse_unknown_variables() -> None:
    """Make sure that every ``SIKLUS_*`` variable is one we know.

    Raises:
        InvalidSetting: naming the unknown variable and the nearest known one.
    """
    known = known_variables()
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            nearest = difflib.get_close_matches(name.upper(), sorted(known), n=1, cutoff=0.0)
            raise InvalidSetting(f"unknown setting {name}; did you mean {nearest[0]}?")


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment for a child process of the stack: ours, with settings but no secrets.

    The child finds databases, Temporal and their secrets in ``<data>/stack.json``; what this
    process was told about them is left out, so that there is one source only.
    """
    passed = (
        *("data", "org", "profile", "language", "log_format", "log_level"),
        *("sweep_seconds", "starts_per_second"),
        *("webhook_hosts", "webhook_failing_hours"),
        *("base_url", "mail_from", "mail_seconds"),
    )
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(PREFIX) and name not in PLAIN_NAMES.values()
    }
    said = {PREFIX + name.upper(): str(getattr(settings, name)) for name in passed}
    return inherited | said | {PREFIX + "ROLES": ",".join(settings.roles)}


def tool_environment() -> dict[str, str]:
    """The bare environment for third-party programs: nothing of ours leaks into them."""
    kept = ("PATH", "HOME", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")
    found = {name: os.environ[name] for name in kept if name in os.environ}
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"} | found


def program_path() -> str:
    """Where programs are searched: beside this Python first, then ``PATH``."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def _variable(location: tuple[int | str, ...]) -> str:
    name = str(location[0]) if location else "settings"
    return name if name in PLAIN_NAMES.values() else PREFIX + name.upper()
