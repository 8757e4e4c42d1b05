"""Ports and passwords of one data directory, made at its first start and kept."""

import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runtime.embedded import port
from runtime.errors import UnusableDirectory
from runtime.files import write_private


def _password() -> str:
    return secrets.token_hex(24)


class LocalState(BaseModel):
    """The content of ``<data>/secrets.json`` (0600)."""

    model_config = ConfigDict(frozen=True)

    postgres_port: int = 0
    temporal_port: int = 0
    superuser_password: str = Field(default_factory=_password, repr=False)
    owner_password: str = Field(default_factory=_password, repr=False)
    worker_password: str = Field(default_factory=_password, repr=False)
    web_password: str = Field(default_factory=_password, repr=False)


def load(data: Path, cluster_exists: bool) -> LocalState:
    """Read the state of a data directory, or make it; its ports are free now.

    A port that another program took meanwhile is replaced. The file is on disk before it is
    used, so no crash can lose a password that a cluster was made with.

    Raises:
        UnusableDirectory: if the file is damaged, or gone although a cluster was made with it.
    """
    path = data / "secrets.json"
    try:
        known = LocalState.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        if cluster_exists:
            reason = f"{path}, which holds the passwords of the cluster beside it, is gone"
            raise UnusableDirectory(f"{reason}; restore it from a backup") from None
        known = LocalState()
    except ValidationError:
        raise UnusableDirectory(f"{path} is damaged; restore it from a backup") from None
    state = _with_free_ports(known)
    if state != known or not path.exists():
        write_private(path, state.model_dump_json(indent=1))
    return state


def _with_free_ports(state: LocalState) -> LocalState:
    postgres = port.choose(state.postgres_port)
    temporal = port.choose(state.temporal_port, frozenset({postgres}))
    return state.model_copy(update={"postgres_port": postgres, "temporal_port": temporal})
