import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from runtime.addresses import MailAccess
from runtime.errors import InvalidSetting
from runtime.settings import Settings, child_environment, known_variables, tool_environment


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch):
    for name in list(os.environ):
        if name.startswith("SIKLUS_") or name in known_variables():
            monkeypatch.delenv(name)


def test_defaults_need_no_environment():
    settings = Settings.load()
    assert settings.org == "pangkalpinang"
    assert settings.profile == "standard"
    assert settings.data.is_absolute()
    assert settings.database_url is None


def test_data_lies_in_the_users_home_unless_root(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert Settings.load().data == tmp_path / ".local" / "share" / "siklus"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    assert Settings.load().data == tmp_path / "share" / "siklus"


def test_data_of_root_lies_in_var_lib(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert Settings.load().data == Path("/var/lib/siklus")


def test_environment_is_read(monkeypatch, tmp_path):
    monkeypatch.setenv("SIKLUS_DATA", str(tmp_path))
    monkeypatch.setenv("SIKLUS_LOG_LEVEL", "debug")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@h/d")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "h:7233")
    settings = Settings.load()
    assert settings.data == tmp_path
    assert settings.log_level == "DEBUG"
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://u:p@h/d"
    assert settings.temporal_address == "h:7233"


def test_unknown_variable_names_the_nearest_known_one(monkeypatch):
    monkeypatch.setenv("SIKLUS_PROFIL", "demo")
    with pytest.raises(InvalidSetting, match=r"SIKLUS_PROFIL; did you mean SIKLUS_PROFILE\?"):
        Settings.load()


def test_empty_variable_is_as_good_as_none(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "")
    assert Settings.load().database_url is None


def test_invalid_value_names_the_variable_and_hides_the_value(monkeypatch):
    monkeypatch.setenv("SIKLUS_WORKERS", "secret-text")
    with pytest.raises(InvalidSetting, match="SIKLUS_WORKERS: ") as caught:
        Settings.load()
    assert "secret-text" not in str(caught.value)


def test_secrets_are_not_printed(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hidden@h/d")
    monkeypatch.setenv("SIKLUS_TEMPORAL_API_KEY", "hidden")
    monkeypatch.setenv("SIKLUS_WORKER_DATABASE_URL", "postgresql://w:hidden@h/d")
    settings = Settings.load()
    assert "hidden" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_settings_are_frozen():
    with pytest.raises(ValidationError):
        Settings.load().org = "other"  # type: ignore[misc]


def test_fields_can_be_given_by_name(tmp_path):
    settings = Settings(data=tmp_path, temporal_address="h:1", pg_bin=tmp_path)
    assert (settings.temporal_address, settings.pg_bin) == ("h:1", tmp_path)


def test_child_gets_settings_but_no_secrets(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hidden@h/d")
    monkeypatch.setenv("SIKLUS_TEMPORAL_API_KEY", "hidden")
    monkeypatch.setenv("SIKLUS_DATA", "/elsewhere")
    environment = child_environment(Settings(data=tmp_path, language="en"))
    assert "hidden" not in str(environment)
    assert environment["SIKLUS_DATA"] == str(tmp_path)
    assert environment["SIKLUS_LANGUAGE"] == "en"
    assert environment["PATH"] == os.environ["PATH"]
    assert {name for name in environment if name.startswith("SIKLUS_")} <= known_variables()


def test_tools_get_nothing_of_ours(monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "hidden")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hidden@h/d")
    assert "hidden" not in str(tool_environment())


def test_a_secret_may_be_a_file_named_like_its_variable(tmp_path):
    (tmp_path / "DATABASE_URL").write_text("postgresql://o:p@h/d\n")
    (tmp_path / "SIKLUS_WEB_DATABASE_URL").write_text("postgresql://w:p@h/d")
    found = Settings(_secrets_dir=tmp_path)
    assert found.database_url is not None
    assert found.database_url.get_secret_value() == "postgresql://o:p@h/d"
    assert found.web_database_url is not None
    assert found.web_database_url.get_secret_value() == "postgresql://w:p@h/d"


class TestMail:
    def test_a_password_is_never_sent_in_clear(self, monkeypatch) -> None:
        monkeypatch.setenv("SIKLUS_SMTP_USER", "siklus")
        with pytest.raises(InvalidSetting, match="SIKLUS_SMTP_TLS=starttls or tls"):
            Settings.load()
        monkeypatch.setenv("SIKLUS_SMTP_TLS", "starttls")
        assert Settings.load().smtp_user == "siklus"

    def test_roles_are_parted_by_commas(self, monkeypatch) -> None:
        monkeypatch.setenv("SIKLUS_ROLES", "notify, cycle")
        assert Settings.load().roles == ("notify", "cycle")
        monkeypatch.setenv("SIKLUS_ROLES", "nobody")
        with pytest.raises(InvalidSetting, match="SIKLUS_ROLES"):
            Settings.load()

    def test_a_demonstration_sends_none(self) -> None:
        assert MailAccess.of(Settings(smtp_host="mail.example")) is not None
        assert MailAccess.of(Settings(smtp_host="mail.example", profile="demo")) is None
