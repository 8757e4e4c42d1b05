"""Where the running stack's databases and Temporal are, for every command and worker."""

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_serializer

from runtime.errors import InvalidSetting, NotRunning
from runtime.process_record import ProcessRecord
from runtime.settings import Settings, SmtpTls

WORKER_ROLE = "siklus_worker"
WEB_ROLE = "siklus_web"


class DatabaseAccess(BaseModel):
    """One way into the database.

    Attributes:
        url: a ``postgresql://`` address with its password; kept out of ``repr``.
        role: the role to take on after log-in
            (asyncpg: ``server_settings={"role": role}``), or None if the log-in has it already.
    """

    model_config = ConfigDict(frozen=True)

    url: str = Field(repr=False)
    role: str | None = None

    @property
    def server_settings(self) -> dict[str, str]:
        """The settings to connect with, as asyncpg takes them."""
        return {"role": self.role} if self.role else {}


class MailAccess(BaseModel):
    """How mail is handed over: the server, how it is spoken to, and as whom."""

    model_config = ConfigDict(frozen=True)

    host: str
    port: int
    tls: SmtpTls
    ca_file: Path | None = None
    user: str | None = None
    password: SecretStr | None = None

    @classmethod
    def of(cls, settings: Settings) -> "MailAccess | None":
        """The server that the settings name; None where mail is not sent."""
        if settings.smtp_host is None or settings.profile == "demo":
            return None
        return cls(
            host=settings.smtp_host,
            port=settings.smtp_port,
            tls=settings.smtp_tls,
            ca_file=settings.smtp_ca_file,
            user=settings.smtp_user,
            password=settings.smtp_password,
        )

    @field_serializer("password", when_used="json-unless-none")
    def _reveal(self, password: SecretStr) -> str:
        # As for the key of Temporal: the file is its owner's, and the worker has to log in.
        return password.get_secret_value()


class StackAddresses(BaseModel):
    """Everything a process needs to take part; the content of ``<data>/stack.json``.

    Attributes:
        administrator: the owner of the schema; None where only the other two are known.
        worker: writes facts.
        web: reads, and inserts commands.
        mail: the server that takes mail; None where none is sent.
        supervisor: the process that runs the stack, None if nothing is run by us.
        processes: its children by name.
    """

    model_config = ConfigDict(frozen=True)

    administrator: DatabaseAccess | None
    worker: DatabaseAccess
    web: DatabaseAccess
    temporal_address: str
    temporal_namespace: str
    temporal_tls: bool = False
    temporal_api_key: SecretStr | None = None
    mail: MailAccess | None = None
    profile: Literal["standard", "demo"]
    started_at: datetime | None = None
    supervisor: ProcessRecord | None = None
    processes: dict[str, ProcessRecord] = Field(default_factory=dict)

    @property
    def owner(self) -> DatabaseAccess:
        """The access of whoever migrates and administers.

        Raises:
            InvalidSetting: if only the roles of workers and web are known.
        """
        if self.administrator is None:
            raise InvalidSetting("DATABASE_URL is not set: that is for the owner of the schema")
        return self.administrator

    @field_serializer("temporal_api_key", when_used="json-unless-none")
    def _reveal(self, key: SecretStr) -> str:
        # The file is readable by its owner only; without the key a child could not connect.
        return key.get_secret_value()


def stack_file(data: Path) -> Path:
    """Where a running stack says how it is reached."""
    return data / "stack.json"


def read_addresses(settings: Settings) -> StackAddresses:
    """Say where the databases and Temporal are.

    With a database and ``TEMPORAL_ADDRESS`` set, they are the answer; otherwise the stack that
    runs on the data directory is asked. What a killed stack left is not believed.

    Raises:
        NotRunning: if no stack runs there.
    """
    if settings.temporal_address and _names_databases(settings):
        return external_addresses(settings)
    addresses = _read(settings.data)
    if addresses.supervisor is None or addresses.supervisor.find() is None:
        raise NotRunning(settings.data, "the stack that ran here has ended")
    return addresses


def external_addresses(settings: Settings) -> StackAddresses:
    """The addresses of servers that others run, taken from the settings alone."""
    if settings.temporal_address is None:
        raise InvalidSetting("TEMPORAL_ADDRESS is not set")
    owner, worker, web = external_databases(settings)
    return StackAddresses(
        administrator=owner,
        worker=worker,
        web=web,
        temporal_address=settings.temporal_address,
        temporal_namespace=settings.temporal_namespace,
        temporal_tls=settings.temporal_tls,
        temporal_api_key=settings.temporal_api_key,
        mail=MailAccess.of(settings),
        profile=settings.profile,
    )


def external_databases(
    settings: Settings,
) -> tuple[DatabaseAccess | None, DatabaseAccess, DatabaseAccess]:
    """Owner, worker and web access to a database that others run.

    A role without a log-in of its own uses the owner's and steps down to the role. Where both have
    one, the owner's is not needed.

    Raises:
        InvalidSetting: if the settings name no database.
    """
    owner = settings.database_url
    return (
        None if owner is None else DatabaseAccess(url=owner.get_secret_value()),
        _access(settings.worker_database_url, owner, WORKER_ROLE),
        _access(settings.web_database_url, owner, WEB_ROLE),
    )


def _names_databases(settings: Settings) -> bool:
    both = settings.worker_database_url is not None and settings.web_database_url is not None
    return settings.database_url is not None or both


def _access(own: SecretStr | None, owner: SecretStr | None, role: str) -> DatabaseAccess:
    if own is not None:
        return DatabaseAccess(url=own.get_secret_value())
    if owner is None:
        raise InvalidSetting("DATABASE_URL is not set")
    return DatabaseAccess(url=owner.get_secret_value(), role=role)


def _read(data: Path) -> StackAddresses:
    path = stack_file(data)
    try:
        return StackAddresses.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise NotRunning(data) from None
    except PermissionError:
        raise NotRunning(data, f"{path} belongs to another user") from None
    except ValidationError:
        raise NotRunning(data, f"{path} is not readable as a stack's file") from None
