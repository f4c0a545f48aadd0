"""Every setting can lie in a file, in the shapes in which managers of secrets mount them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import SecretStr

from engine.errors import SettingsInvalid
from engine.settings import Settings, load_settings, setting_names
from engine.settings_sources import CONVENTIONAL_NAMES, Origin, read_sources

VALUE = "hunter2-topsecret"


def secret_settings() -> list[str]:
    """Every setting whose value no text of the settings shows."""
    found = []
    for name, group in Settings.model_fields.items():
        for inner, field in getattr(group.annotation, "model_fields", {}).items():
            if "SecretStr" in str(field.annotation):
                found.append(f"DESKHAND_{name}__{inner}".upper())
    return found


def value_of(settings: Settings, name: str) -> str:
    group, _, inner = name.removeprefix("DESKHAND_").lower().partition("__")
    given = getattr(getattr(settings, group), inner)
    assert isinstance(given, SecretStr)
    return given.get_secret_value()


def test_there_are_secret_settings_to_look_at() -> None:
    assert {"DESKHAND_DATABASE__URL", "DESKHAND_SLACK__BOT_TOKEN"} <= set(secret_settings())


@pytest.mark.parametrize("name", secret_settings())
def test_every_secret_can_be_named_as_a_file_under_each_of_its_names(
    name: str, tmp_path: Path
) -> None:
    file = tmp_path / "mounted"
    file.write_text(f"{VALUE}\n", encoding="utf-8")
    others = [known for known, ours in CONVENTIONAL_NAMES.items() if ours == name]
    for given in [name, *others]:
        settings = load_settings({f"{given}_FILE": str(file)}, working_directory=tmp_path)
        assert value_of(settings, name) == VALUE, given


def docker(folder: Path) -> Mapping[str, str]:
    (folder / "SLACK_BOT_TOKEN").write_text(VALUE, encoding="utf-8")
    return {"DESKHAND_SECRETS_DIR": str(folder)}


def kubernetes(folder: Path) -> Mapping[str, str]:
    """A link to a folder that is exchanged in one step, as the kubelet does."""
    (folder / "..2026_11_23").mkdir()
    (folder / "..2026_11_23" / "SLACK_BOT_TOKEN").write_text(VALUE, encoding="utf-8")
    (folder / "..data").symlink_to("..2026_11_23")
    (folder / "SLACK_BOT_TOKEN").symlink_to("..data/SLACK_BOT_TOKEN")
    return {"DESKHAND_SECRETS_DIR": str(folder)}


def azure(folder: Path) -> Mapping[str, str]:
    """Key Vault and Container Apps know no underscore in a secret's name."""
    (folder / "slack-bot-token").write_text(VALUE, encoding="utf-8")
    return {"DESKHAND_SECRETS_DIR": str(folder)}


def google(folder: Path) -> Mapping[str, str]:
    """Secret Manager mounts each into a folder of its own, by its version."""
    (folder / "slack-bot-token").mkdir()
    (folder / "slack-bot-token" / "latest").write_text(VALUE, encoding="utf-8")
    return {"SLACK_BOT_TOKEN_FILE": str(folder / "slack-bot-token" / "latest")}


def vault_agent(folder: Path) -> Mapping[str, str]:
    (folder / "deskhand.txt").write_text(f"\n{VALUE}\n", encoding="utf-8")
    return {"SLACK_BOT_TOKEN_FILE": "vault/deskhand.txt"}


@pytest.mark.parametrize("mount", [docker, kubernetes, azure, google, vault_agent])
def test_a_secret_is_read_as_each_manager_mounts_it(mount: object, tmp_path: Path) -> None:
    assert callable(mount)
    folder = tmp_path / "vault"
    folder.mkdir()
    environ = mount(folder)
    settings = load_settings(environ, working_directory=tmp_path)
    assert value_of(settings, "DESKHAND_SLACK__BOT_TOKEN") == VALUE
    given = read_sources(environ, tmp_path, setting_names())
    assert given.origins == {"DESKHAND_SLACK__BOT_TOKEN": Origin.FILE}


def test_the_environments_value_beats_a_file_of_the_folder_and_dotenv(tmp_path: Path) -> None:
    (tmp_path / "SLACK_BOT_TOKEN").write_text("from the folder", encoding="utf-8")
    (tmp_path / "named").write_text(VALUE, encoding="utf-8")
    (tmp_path / ".env").write_text(
        f"SLACK_BOT_TOKEN=from-dotenv\nDESKHAND_SECRETS_DIR={tmp_path}\n", encoding="utf-8"
    )
    named = load_settings({"SLACK_BOT_TOKEN_FILE": "named"}, working_directory=tmp_path)
    assert value_of(named, "DESKHAND_SLACK__BOT_TOKEN") == VALUE
    plain = load_settings({}, working_directory=tmp_path)
    assert value_of(plain, "DESKHAND_SLACK__BOT_TOKEN") == "from-dotenv"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, r"SLACK_BOT_TOKEN_FILE names .*/mounted, which is no file; mount the secret there"),
        (b" \n", r"SLACK_BOT_TOKEN_FILE names .*/mounted, which is empty; put the value into it"),
        (b"\xff\xfe", r"the secret file .*/mounted cannot be read as text; let this user read it"),
        (b"x" * 70_000, r"the secret file .*/mounted is too long for a secret; name another"),
    ],
)
def test_a_file_that_holds_no_secret_is_named_in_one_sentence(
    content: bytes | None, said: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "mounted").write_bytes(content)
    environ = {"SLACK_BOT_TOKEN_FILE": str(tmp_path / "mounted")}
    with pytest.raises(SettingsInvalid, match=f"^{said}$"):
        load_settings(environ, working_directory=tmp_path)


def test_both_forms_of_one_setting_are_refused_without_their_values(tmp_path: Path) -> None:
    (tmp_path / "mounted").write_text(VALUE, encoding="utf-8")
    environ = {"SLACK_BOT_TOKEN": VALUE, "SLACK_BOT_TOKEN_FILE": str(tmp_path / "mounted")}
    with pytest.raises(SettingsInvalid) as refused:
        load_settings(environ, working_directory=tmp_path)
    assert str(refused.value) == (
        "SLACK_BOT_TOKEN and SLACK_BOT_TOKEN_FILE are both set; keep one of them"
    )


def test_the_file_form_of_what_is_no_setting_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="DESKHAND_SLACK__BOT_TOKN_FILE is not a setting"):
        load_settings({"DESKHAND_SLACK__BOT_TOKN_FILE": "x"}, working_directory=tmp_path)
