from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from engine.errors import SettingsInvalid
from engine.price_setting import TokenPrice
from engine.settings import Settings, load_settings, setting_names
from engine.settings_sources import CONVENTIONAL_NAMES

ROOT = Path(__file__).parents[2]
SECRET = "hunter2-topsecret"
ADDRESS = "http://127.0.0.1:9/v1"


def load(cwd: Path, env: dict[str, str] | None = None) -> Settings:
    return load_settings(env or {}, working_directory=cwd)


def write_dotenv(cwd: Path, text: str) -> None:
    (cwd / ".env").write_text(text, encoding="utf-8")


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    folder = tmp_path / "secrets"
    folder.mkdir()
    return folder


def test_an_empty_environment_gives_the_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.home == tmp_path / ".deskhand"
    assert settings.tenant == "default"
    assert settings.database.url is None
    assert settings.retrieval.top_k == 8


def test_the_environment_beats_dotenv_which_beats_the_secrets_folder(
    tmp_path: Path, secrets: Path
) -> None:
    for name in ("DESKHAND_TENANT", "DESKHAND_RETRIEVAL__TOP_K", "DESKHAND_PARSE__WORKERS"):
        (secrets / name).write_text({"DESKHAND_TENANT": "secret"}.get(name, "3"))
    write_dotenv(tmp_path, "DESKHAND_TENANT=dotenv\nDESKHAND_RETRIEVAL__TOP_K=4\n")
    env = {"DESKHAND_SECRETS_DIR": str(secrets), "DESKHAND_TENANT": "env"}
    settings = load(tmp_path, env)
    assert settings.tenant == "env"
    assert settings.retrieval.top_k == 4
    assert settings.parse.workers == 3


def test_a_stronger_source_wins_whichever_name_it_uses(tmp_path: Path) -> None:
    write_dotenv(tmp_path, "DESKHAND_DATABASE__URL=postgresql://dotenv/d\n")
    settings = load(tmp_path, {"DATABASE_URL": "postgresql://env/d"})
    assert settings.database.url is not None
    assert settings.database.url.get_secret_value() == "postgresql://env/d"


def test_in_one_source_deskhands_own_name_beats_the_conventional_one(tmp_path: Path) -> None:
    env = {"OPENAI_MODEL": "theirs", "DESKHAND_OPENAI__MODEL": "ours"}
    assert load(tmp_path, env).openai.model == "ours"


@pytest.mark.parametrize(("conventional", "ours"), CONVENTIONAL_NAMES.items())
def test_every_conventional_name_stands_for_its_setting(
    tmp_path: Path, conventional: str, ours: str
) -> None:
    assert ours in setting_names()
    assert load(tmp_path, {conventional: ADDRESS}) == load(tmp_path, {ours: ADDRESS})
    assert load(tmp_path, {conventional: ADDRESS}) != load(tmp_path)


@pytest.mark.parametrize("name", [*CONVENTIONAL_NAMES, "DESKHAND_OPENAI__API_KEY"])
def test_an_empty_value_counts_as_not_set(tmp_path: Path, name: str) -> None:
    write_dotenv(tmp_path, f"{name}={ADDRESS}")
    assert load(tmp_path, {name: ""}) == load(tmp_path)
    write_dotenv(tmp_path, f"{name}=")
    assert load(tmp_path, {}) == load(tmp_path / "elsewhere", {}).model_copy(
        update={"home": tmp_path / ".deskhand"}
    )


def test_an_unknown_name_comes_with_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="did you mean DESKHAND_RETRIEVAL__TOP_K"):
        load(tmp_path, {"DESKHAND_RETRIEVAL__TOPK": "4"})
    with pytest.raises(SettingsInvalid, match=r"DESKHAND_ZZZZ is not .* README\.md"):
        load(tmp_path, {"DESKHAND_ZZZZ": "4"})


@pytest.mark.parametrize("name", ["DESKHAND_DATABASE", "DESKHAND_DATABASE__URL__X", "DESKHAND_"])
def test_a_name_of_the_wrong_depth_is_unknown(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsInvalid, match="is not a setting"):
        load(tmp_path, {name: SECRET})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DESKHAND_SERVICE_HOST", "10.0.0.1"),
        ("DESKHAND_SERVICE_PORT_HTTP", "3000"),
        ("DESKHAND_PORT", "tcp://10.0.0.1:3000"),
        ("DESKHAND_PORT_3000_TCP_ADDR", "10.0.0.1"),
        ("DESKHAND_BOT_SERVICE_PORT", "3000"),
        ("DESKHAND_BOT_PORT_3000_TCP", "tcp://10.0.0.1:3000"),
    ],
)
def test_what_kubernetes_says_of_a_service_named_deskhand_is_no_setting(
    tmp_path: Path, name: str, value: str
) -> None:
    assert load(tmp_path, {name: value}) == load(tmp_path)


def test_names_of_other_programs_are_left_alone(tmp_path: Path) -> None:
    write_dotenv(tmp_path, "OTHER=1\n")
    assert load(tmp_path, {"PATH": "/bin", "DESKHAND": "x"}) == load(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DESKHAND_RETRIEVAL__TOP_K", SECRET),
        ("DESKHAND_RETRIEVAL__TOP_K", "21"),
        ("DESKHAND_ANSWER__MIN_CONFIDENCE", "1.5"),
        ("DESKHAND_PARSE__TIMEOUT_S", "-7.5"),
        ("DESKHAND_TENANT", f"no blanks {SECRET}"),
        ("DESKHAND_EMBEDDER", SECRET),
    ],
)
def test_a_bad_value_is_named_without_being_shown(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsInvalid, match=f"{name} has a bad value: ") as caught:
        load(tmp_path, {name: value})
    assert value not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None


ADDRESSED = ("OPENAI_BASE_URL", "QDRANT_URL", "UNSTRUCTURED_API_URL", "DESKHAND_SLACK__API_URL")


@pytest.mark.parametrize("name", [*ADDRESSED, *(CONVENTIONAL_NAMES[n] for n in ADDRESSED[:3])])
@pytest.mark.parametrize(
    "value", [SECRET, f"{SECRET}:8000/v1", f"ftp://{SECRET}", "http://", f"http://a {SECRET}"]
)
def test_an_address_that_is_none_is_named_as_it_was_given_with_what_to_do(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load(tmp_path, {name: value})
    assert str(caught.value) == f"{name} is no address; use http://HOST or https://HOST"


@pytest.mark.parametrize("name", ADDRESSED)
def test_blanks_around_an_address_do_not_matter(tmp_path: Path, name: str) -> None:
    assert load(tmp_path, {name: f" {ADDRESS} "}) == load(tmp_path, {name: ADDRESS})


def test_the_home_of_an_unknown_user_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="DESKHAND_HOME"):
        load(tmp_path, {"DESKHAND_HOME": "~nobody-of-this-name/x"})


def test_home_is_relative_to_the_working_directory(tmp_path: Path) -> None:
    assert load(tmp_path, {"DESKHAND_HOME": "state"}).home == tmp_path / "state"
    assert load(tmp_path, {"DESKHAND_HOME": "/srv/x"}).home == Path("/srv/x")
    assert load(tmp_path, {"DESKHAND_HOME": "~/x"}).home == Path.home() / "x"


@pytest.mark.parametrize("name", ["DATABASE_URL", "OPENAI_API_KEY", "QDRANT_API_KEY"])
def test_a_secret_stands_in_no_text_of_the_settings(tmp_path: Path, name: str) -> None:
    settings = load(tmp_path, {name: SECRET})
    assert SECRET not in f"{settings} {settings!r} {settings.model_dump()}"
    assert SECRET not in settings.model_dump_json()


def test_a_secret_stands_in_no_error_of_another_setting(tmp_path: Path) -> None:
    env = {"OPENAI_API_KEY": SECRET, "DESKHAND_RETRIEVAL__TOP_K": "x"}
    with pytest.raises(SettingsInvalid) as caught:
        load(tmp_path, env)
    assert SECRET not in f"{caught.value!r}"


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    settings = load(tmp_path)
    with pytest.raises(ValidationError):
        settings.tenant = "other"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        settings.retrieval.top_k = 1  # type: ignore[misc]


def test_the_process_is_not_asked_when_an_environment_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKHAND_TENANT", "machine")
    assert load(tmp_path).tenant == "default"
    assert load_settings(working_directory=tmp_path).tenant == "machine"


def test_a_secrets_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=f"DESKHAND_SECRETS_DIR names {tmp_path}/none"):
        load(tmp_path, {"DESKHAND_SECRETS_DIR": f"{tmp_path}/none"})


def test_files_of_the_secrets_folder_are_settings_whatever_their_case(
    tmp_path: Path, secrets: Path
) -> None:
    (secrets / "..data").mkdir()
    (secrets / "..data" / "openai-api-key").write_text(f"{SECRET}\n")
    (secrets / "openai-api-key").symlink_to("..data/openai-api-key")
    (secrets / "deskhand_tenant").write_text("acme\n")
    (secrets / "unrelated").write_bytes(b"\xff\xfe")
    settings = load(tmp_path, {"DESKHAND_SECRETS_DIR": str(secrets)})
    assert settings.openai.api_key is not None
    assert settings.openai.api_key.get_secret_value() == SECRET
    assert settings.tenant == "acme"


def test_the_secrets_folder_can_be_named_in_dotenv(tmp_path: Path, secrets: Path) -> None:
    (secrets / "DESKHAND_TENANT").write_text("acme")
    write_dotenv(tmp_path, f"DESKHAND_SECRETS_DIR={secrets}\n")
    assert load(tmp_path).tenant == "acme"


def test_a_secret_file_that_is_no_text_is_named_without_its_content(
    tmp_path: Path, secrets: Path
) -> None:
    (secrets / "OPENAI_API_KEY").write_bytes(b"\xff\xfe" + SECRET.encode())
    with pytest.raises(SettingsInvalid, match="OPENAI_API_KEY cannot be read") as caught:
        load(tmp_path, {"DESKHAND_SECRETS_DIR": str(secrets)})
    assert SECRET not in str(caught.value)


def test_a_dotenv_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"DESKHAND_TENANT=\xff\xfe")
    with pytest.raises(SettingsInvalid, match=r"\.env cannot be read as text"):
        load(tmp_path)


def test_a_byte_order_mark_does_not_hide_the_first_line(tmp_path: Path, secrets: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xef\xbb\xbfDESKHAND_TENANT=acme\r\n")
    (secrets / "OPENAI_MODEL").write_bytes(b"\xef\xbb\xbfm\r\n")
    settings = load(tmp_path, {"DESKHAND_SECRETS_DIR": str(secrets)})
    assert settings.tenant == "acme"
    assert settings.openai.model == "m"


def test_a_dollar_in_dotenv_is_a_dollar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("word", "expanded")
    write_dotenv(tmp_path, "OPENAI_MODEL=pa${word}ss\n")
    assert load(tmp_path).openai.model == "pa${word}ss"


def test_the_readmes_table_holds_every_setting_and_no_other() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(DESKHAND_[A-Z_]+)`[^|]*\|[^|]*\|([^|]+)\|", readme, re.MULTILINE)
    assert rows, "README.md has no settings table"
    assert sorted(name for name, _ in rows if name != "DESKHAND_SECRETS_DIR") == sorted(
        setting_names()
    )
    assert [name for name, meaning in rows if not meaning.strip()] == []


def test_every_setting_says_what_it_is() -> None:
    assert [name for name, meaning in setting_names().items() if not meaning] == []


def test_channels_of_knowledge_stand_with_commas_between() -> None:
    given = load_settings({"DESKHAND_SLACK__KNOWLEDGE_CHANNELS": "C01, G02"})
    assert given.slack.knowledge_channels == ("C01", "G02")
    assert load_settings({}).slack.knowledge_channels == ()
    with pytest.raises(SettingsInvalid, match=r"^DESKHAND_SLACK__KNOWLEDGE_CHANNELS has a bad"):
        load_settings({"DESKHAND_SLACK__KNOWLEDGE_CHANNELS": "C01,#help"})


def test_prices_stand_by_the_name_of_the_model(tmp_path: Path) -> None:
    given = load(tmp_path, {"DESKHAND_OPENAI__PRICES": "org/llama:8b=0.4/1.6, words=0.02"})
    assert given.openai.prices == {
        "org/llama:8b": TokenPrice(input_usd=0.4, output_usd=1.6),
        "words": TokenPrice(input_usd=0.02, output_usd=0.0),
    }
    assert given.openai.prices["words"].cost_usd(prompt=500_000, completion=9) == 0.01


@pytest.mark.parametrize("value", ["0.4/1.6", "=1", "m=", "m=1/x", "m=-1", "m=nan", "m=inf/1", "m"])
def test_what_is_no_price_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"^DESKHAND_OPENAI__PRICES is not prices; write"):
        load(tmp_path, {"DESKHAND_OPENAI__PRICES": value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DESKHAND_LIMITS__PERSON", "0"),
        ("DESKHAND_LIMITS__WINDOW_S", "0"),
        ("DESKHAND_BUDGET__DAY_USD", "-1"),
        ("DESKHAND_BUDGET__MONTH_USD", "inf"),
        ("DESKHAND_BUDGET__PERSON_DAY_USD", "nan"),
    ],
)
def test_a_limit_that_would_let_nobody_in_or_hold_nothing_back_is_refused(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(SettingsInvalid, match=f"^{name} has a bad value"):
        load(tmp_path, {name: value})
